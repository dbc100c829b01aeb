"""The demo's folder: its size, its one simulator, and the clients that keep both up.

All processes of one demo (a window, a terminal) share one simulator and one database. The simulator runs in a keeper, a
process of its own (keeper.py); who comes starts it where it is missing, who leaves last ends it, and where all were
killed it ends itself.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import psutil

from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.core.paths import LISTENER_TICKET
from tsh_sync_gui.core.replacing import put_in_place
from tsh_sync_gui.simulator.config import SimulatorConfig
from tsh_sync_gui.store.embedded import EmbeddedServer, stop_all_below
from tsh_sync_gui.store.embedded.leases import Lease, anyone_left

PER_MINUTE: Final = 6_000
PER_DAY: Final = 1_000_000
_BESIDE_ITEMS: Final = ("customers", "orders", "invoices", "payments", "credit_notes")
_FEWEST: Final = 5
_READY_S = 120.0
_END_S = 5.0
_PAUSE = 0.05
_CREATE_NO_WINDOW = 0x08000000
_CREATE_NEW_PROCESS_GROUP = 0x00000200

Progress = Callable[[str], None]
Found = TypeVar("Found", bound=msgspec.Struct)


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much data the demo has, and from which seed it was made up."""

    items: int = SimulatorConfig().items
    seed: int = SimulatorConfig().seed


class Keeper(msgspec.Struct, frozen=True, kw_only=True):
    """The process that serves the simulator, and where; a pid alone may be another program's by now."""

    pid: int
    created: float
    url: str

    @property
    def port(self) -> int:
        """Return the simulator's port."""
        return int(self.url.rpartition(":")[2])

    def process(self) -> psutil.Process | None:
        """Return the process if it lives."""
        try:
            found = psutil.Process(self.pid)
            same = abs(found.create_time() - self.created) < 1.0
            return found if same and found.status() != psutil.STATUS_ZOMBIE else None
        except psutil.NoSuchProcess:
            return None


class DemoHome:
    """The files of one demo, in `TSH_HOME/demo`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clients = folder / "clients"
        self.journal = folder / "simulator.state"
        self._size = folder / "size.json"
        self._address = folder / "simulator.json"
        self._log = folder / "simulator.log"
        self._children: list[subprocess.Popen[bytes]] = []

    def lock(self) -> FileLock:
        """Return the lock under which simulator and size change."""
        try:
            self.clients.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(
                f"The demo's folder {self.folder} cannot be written",
                advice="Allow writing to it, or set TSH_HOME to another folder.",
                cause=str(error),
            ) from error
        return FileLock(self.folder / "demo.lock")

    @property
    def size(self) -> Size:
        """Return the remembered size, the default where there is none."""
        return _read(self._size, Size) or Size()

    @property
    def organization(self) -> SimulatorConfig:
        """Return the simulated organization: the remembered size, limits wide enough not to wait, changes kept.

        Fewer products than usual have fewer orders and payments, too: who asks for a small demo wants to see its end
        soon.
        """
        size, usual = self.size, SimulatorConfig()
        part = min(1.0, size.items / usual.items)
        numbers = {name: max(_FEWEST, round(getattr(usual, name) * part)) for name in _BESIDE_ITEMS}
        return replace(
            usual,
            **numbers,
            items=size.items,
            seed=size.seed,
            per_minute=PER_MINUTE,
            per_day=PER_DAY,
            state_file=self.journal,
        )

    def enter(self, items: int | None, seed: int | None, progress: Progress) -> tuple[Lease, str]:
        """Come as a client; returns what keeps the demo up, and the simulator's address."""
        with self.lock():
            self._resize(items, seed, progress)
            lease = Lease(self.clients)
            try:
                return lease, self._served(progress)
            except BaseException:
                lease.give_back()
                raise

    def resize(self, items: int | None, seed: int | None, progress: Progress) -> None:
        """Remember the size a person asked for; another one than before begins with fresh data."""
        with self.lock():
            self._resize(items, seed, progress)

    def revive(self) -> None:
        """Start the simulator again, at its old address and with its old data, if it was killed."""
        keeper = self.keeper()
        if keeper is not None and keeper.process() is not None:
            return
        with self.lock():
            self._served(lambda _words: None)

    def leave(self, lease: Lease) -> None:
        """Go; the last to go ends the simulator."""
        with self.lock():
            lease.give_back()
            if not anyone_left(self.clients):
                self.end_listener()
                self._end_keeper()

    def end_listener(self) -> None:
        """Have the demo's listener end, which does so by itself when its ticket goes."""
        (self.folder / LISTENER_TICKET).unlink(missing_ok=True)

    def keeper(self) -> Keeper | None:
        """Return what is written about the simulator's process."""
        return _read(self._address, Keeper)

    def announce(self, url: str) -> None:
        """Write where this process serves the simulator."""
        _write(self._address, Keeper(pid=os.getpid(), created=psutil.Process().create_time(), url=url))

    def _resize(self, items: int | None, seed: int | None, progress: Progress) -> None:
        known = _read(self._size, Size)
        before = known or Size()
        wanted = Size(items=before.items if items is None else items, seed=before.seed if seed is None else seed)
        if wanted == known:
            return
        if known is not None and wanted != known:
            self._begin_anew(before, wanted, progress)
        _write(self._size, wanted)

    def _begin_anew(self, before: Size, wanted: Size, progress: Progress) -> None:
        if anyone_left(self.clients):
            raise ConfigurationError(
                f"The demo is open with {before.items:,} products (seed {before.seed})",
                advice=f"Close it to begin one with {wanted.items:,} (seed {wanted.seed}).",
            )
        progress(
            f"The demo had {before.items:,} products (seed {before.seed}); it begins anew with {wanted.items:,}"
            f" (seed {wanted.seed})."
        )
        self._end_keeper()
        stop_all_below(self.folder)
        cluster = EmbeddedServer(self.folder).status().folder
        if cluster is not None:
            shutil.rmtree(cluster)
        self.journal.unlink(missing_ok=True)

    def _served(self, progress: Progress) -> str:
        keeper = self.keeper()
        if keeper is not None and keeper.process() is not None:
            return keeper.url
        progress("Starting the simulated Zoho")
        with self._log.open("wb") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", "tsh_sync_gui.bootstrap.keeper", str(self.folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env=_environment(),
                **_detached(windows=os.name == "nt"),
            )
        self._children.append(child)
        deadline = time.monotonic() + _READY_S
        while child.poll() is None and time.monotonic() < deadline:
            keeper = self.keeper()
            process = None if keeper is None else keeper.process()
            # Under Windows' venv the child is a launcher, and the keeper its child.
            if keeper is not None and process is not None and child.pid in {process.pid, process.ppid()}:
                return keeper.url
            time.sleep(_PAUSE)
        if child.poll() is None:
            child.kill()
        raise UnreachableError(
            "The simulated Zoho does not start",
            what="zoho",
            advice=f"See {self._log}; `tsh-sync simulate` starts it on its own.",
            cause=self._log.read_text(encoding="utf-8", errors="replace")[-2000:],
        )

    def _end_keeper(self) -> None:
        keeper = self.keeper()
        process = None if keeper is None else keeper.process()
        if process is not None:
            process.terminate()
            _, alive = psutil.wait_procs([process], timeout=_END_S)
            for stubborn in alive:
                stubborn.kill()
        self._reap()

    def _reap(self) -> None:
        for child in self._children:
            if child.poll() is None:
                try:
                    child.wait(_END_S)
                except subprocess.TimeoutExpired:
                    child.kill()
                    child.wait()
        self._children.clear()


def _environment() -> dict[str, str]:
    """Return this process's environment without the person's own Zoho and database, and able to import this package."""
    kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("ZOHO_", "TSH_DATABASE"))}
    package = str(Path(__file__).parents[2])
    path = os.environ.get("PYTHONPATH", "")
    return kept | {"PYTHONPATH": os.pathsep.join(part for part in (package, path) if part)}


def _detached(*, windows: bool) -> dict[str, Any]:
    """Return what keeps a Ctrl+C of the terminal, and a console window, away from a child."""
    if windows:
        return {"creationflags": _CREATE_NO_WINDOW | _CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}


def _read(path: Path, kind: type[Found]) -> Found | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def _write(path: Path, value: msgspec.Struct) -> None:
    partial = path.with_name(f"{path.name}.{os.getpid()}.new")
    partial.write_text(json.dumps(msgspec.to_builtins(value)), encoding="utf-8")
    put_in_place(partial, path)
