"""The listener as a process of its own, started and ended from a window; it goes on when the window closes.

A ticket, a file in the home, says which process it is. The listener ends when its ticket goes: that works alike on all
systems, and never ends another program that got the same number.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

from tsh_sync_gui.bootstrap.identity import mirror_of
from tsh_sync_gui.bootstrap.secrets import passphrase_of
from tsh_sync_gui.core.errors import ConfigurationError, SyncError, UnreachableError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.core.paths import LISTENER_TICKET
from tsh_sync_gui.core.replacing import put_in_place, take_away
from tsh_sync_gui.core.settings import Loaded, Settings
from tsh_sync_gui.vault.choice import KEY_VARIABLE
from tsh_sync_gui.zoho import reach

TICKET: Final = LISTENER_TICKET
WEBHOOKS: Final = "/api/webhooks/zoho"
_READY_S: Final = 40.0
_END_S: Final = 15.0
_PAUSE_S: Final = 0.1
_LOOK_S: Final = 0.5
_LOG_SHOWN: Final = 1500
_CHILDREN: Final[list[subprocess.Popen[bytes]]] = []
_EVERYWHERE: Final = ("0.0.0.0", "[::]", "")  # noqa: S104 -- compared, not bound
_CREATE_NO_WINDOW: Final = 0x08000000
_CREATE_NEW_PROCESS_GROUP: Final = 0x00000200


class Ticket(msgspec.Struct, frozen=True, kw_only=True):
    """The process that listens for this home, and where; a pid alone may be another program's by now."""

    pid: int
    created: float
    url: str

    @property
    def is_alive(self) -> bool:
        """Tell whether that very process still runs."""
        try:
            found = psutil.Process(self.pid)
            return abs(found.create_time() - self.created) < 1.0 and found.status() != psutil.STATUS_ZOMBIE
        except psutil.Error:
            return False


class ListenerFound(msgspec.Struct, frozen=True, kw_only=True):
    """How the listener stands. *is_ours*: it was started from a window, so that one can end it.

    *title* and *advice* say why none answers at *address*, *is_taken* that another program does. *moved_to* is where it
    should answer by the settings of now, "" where it does.
    """

    address: str
    is_up: bool = False
    is_ours: bool = False
    is_taken: bool = False
    moved_to: str = ""
    since: datetime | None = None
    has_database: bool = True
    spooled: int = 0
    title: str = ""
    advice: str = ""


def listener_of(settings: Settings) -> str:
    """Return where the listener of these settings answers on this computer."""
    return _answering(_url(settings.listener_host, settings.listener_port))


def _url(host: str, port: int) -> str:
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _answering(url: str) -> str:
    """Return where a listener bound to *url* answers: one on all addresses of this computer does so here, too."""
    for everywhere in _EVERYWHERE:
        url = url.replace(f"//{everywhere}:", "//127.0.0.1:")
    return url


def read_ticket(path: Path) -> Ticket | None:
    """Return who listens, None when nobody was started from a window."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Ticket)
    except (OSError, msgspec.DecodeError):
        return None


async def look(loaded: Loaded) -> ListenerFound:
    """Ask the listener how it is."""
    address = listener_of(loaded.settings)
    ticket = await asyncio.to_thread(read_ticket, loaded.home / TICKET)
    is_ours = ticket is not None and ticket.is_alive
    if ticket is not None and is_ours:
        address = _answering(ticket.url)
    elif loaded.is_demo:  # what answers at the settings' address is the person's own
        advice = "Start it: then the simulated Zoho delivers what changes."
        return ListenerFound(address="", title="The demo's listener does not run", advice=advice)
    try:
        _, told = await reach.ask_state(address, mirror=mirror_of(loaded))
    except SyncError as error:
        is_taken = isinstance(error, reach.OccupiedError)
        return ListenerFound(
            address=address, is_ours=is_ours, is_taken=is_taken, title=error.title, advice=error.advice
        )
    since, wanted = told.get("since"), _url(loaded.settings.listener_host, loaded.settings.listener_port)
    return ListenerFound(
        address=address,
        is_up=True,
        is_ours=is_ours,
        moved_to=wanted if ticket is not None and is_ours and not loaded.is_demo and ticket.url != wanted else "",
        since=datetime.fromisoformat(since).astimezone(UTC) if isinstance(since, str) else None,
        has_database=told.get("database", "up") == "up",
        spooled=int(told.get("spool") or 0),
    )


async def send_test(loaded: Loaded) -> str:
    """Send a ping to the listener here, as Zoho would a delivery; it appears in the inbox. Returns what was seen."""
    found = await look(loaded)
    if not found.is_up:
        raise UnreachableError(found.title, what="network", advice=found.advice)
    return f"{found.address}{WEBHOOKS} ({await reach.ping(found.address + WEBHOOKS)} ms)"


async def start(loaded: Loaded) -> ListenerFound:
    """Start the listener, unless one answers; returns once it does. UnreachableError says why it does not start."""
    found = await look(loaded)
    if not found.is_up:
        await asyncio.to_thread(_started, loaded)
        found = await look(loaded)
    if loaded.is_demo and found.is_up:
        await _demo().announce(loaded.settings.api_base_url, found.address + WEBHOOKS)
    return found


async def stir(loaded: Loaded) -> int:
    """Let the demo's simulated Zoho change some records, and its listener hear of them; returns how many."""
    await start(loaded)
    changed: int = await _demo().stir(loaded.settings.api_base_url)
    return changed


async def send_wrong(loaded: Loaded) -> None:
    """Let the demo's listener get a delivery whose signature does not match."""
    await _demo().send_wrong((await start(loaded)).address + WEBHOOKS)


def _demo() -> Any:
    from tsh_sync_gui.simulator import webhooks_demo  # noqa: PLC0415 -- the simulator comes with it

    return webhooks_demo


async def restart(loaded: Loaded) -> ListenerFound:
    """End the listener that a window has started, and start it where the settings say now.

    It stays as it is where that address is not free: UnreachableError says so.
    """
    if (await look(loaded)).moved_to:
        _check_free(loaded.settings)
    await asyncio.to_thread(_stopped, loaded.home)
    return await start(loaded)


def _check_free(settings: Settings) -> None:
    from tsh_sync_gui.serving import bound_to  # noqa: PLC0415 -- a web server comes with it, which few need

    host, port = settings.listener_host, settings.listener_port
    try:
        with bound_to(host, port):
            return
    except OSError as error:
        raise UnreachableError(
            "The listener cannot move",
            what="network",
            advice=f"{host} port {port} cannot be used; it stays where it is. Choose another port in the settings.",
            cause=str(error),
        ) from error


async def stop(loaded: Loaded) -> ListenerFound:
    """End the listener that a window has started: what it answers at this moment is answered first."""
    if loaded.is_demo:
        await _demo().announce(loaded.settings.api_base_url, "")
    await asyncio.to_thread(_stopped, loaded.home)
    return await look(loaded)


def _started(loaded: Loaded) -> Ticket:
    """Start the process and wait for its ticket; of two windows one starts it."""
    home, settings = loaded.home, loaded.settings
    with FileLock(home / "listener.lock", timeout=2 * _READY_S, what="listener"):
        known = read_ticket(home / TICKET)
        if known is not None and known.is_alive:
            return known
        take_away(home / TICKET)
        (home / "logs").mkdir(parents=True, exist_ok=True)
        log = home / "logs" / "listener.log"
        place = ["--host", settings.listener_host, "--port", str(settings.listener_port)]
        if loaded.is_demo:  # a free port, for the person's own may be taken; and the window does the work
            place = ["--demo", settings.api_base_url, "--host", "127.0.0.1", "--port", "0", "--workers", "0"]
        with log.open("wb") as out:
            child = subprocess.Popen(
                [*_program(), "listen", *place, "--ticket", str(home / TICKET)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                env=_environment(loaded),
                **_detached(windows=os.name == "nt"),
            )
        _CHILDREN.append(child)
        deadline = time.monotonic() + _READY_S
        while child.poll() is None and time.monotonic() < deadline:
            known = read_ticket(home / TICKET)
            if known is not None and known.is_alive:
                return known
            time.sleep(_PAUSE_S)
        if child.poll() is None:
            child.kill()
            child.wait()
    told = log.read_text(encoding="utf-8", errors="replace").strip()
    raise UnreachableError(
        "The listener does not start",
        what="network",
        advice=" ".join([line.strip() for line in told.splitlines() if line.strip()][:2]) or f"{log} may say why.",
        cause=told[-_LOG_SHOWN:],
    )


def _stopped(home: Path) -> None:
    ticket = read_ticket(home / TICKET)
    take_away(home / TICKET)
    if ticket is None:
        raise ConfigurationError(
            "This listener was not started from a window",
            advice="End it where it was started: its terminal, or the service that keeps it.",
        )
    deadline = time.monotonic() + _END_S
    while ticket.is_alive and time.monotonic() < deadline:
        for child in _CHILDREN:
            child.poll()  # one of ours that has ended is a zombie until it is asked
        time.sleep(_PAUSE_S)


class TicketHolder:
    """Shows this process's ticket once it listens, and ends the listening when the ticket is taken away."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._ticket: Ticket | None = None
        self._listening: asyncio.Task[Any] | None = None
        self._watch: asyncio.Task[None] | None = None

    @contextmanager
    def until_taken(self) -> Iterator[None]:
        """Cancel the task of the context's body when the ticket goes; without a path nothing is shown or watched."""
        self._listening = asyncio.current_task()
        try:
            yield
        finally:
            if self._watch is not None:
                self._watch.cancel()
            if self._path is not None and self._ticket is not None and read_ticket(self._path) == self._ticket:
                take_away(self._path)

    def show(self, url: str) -> None:
        """Write the ticket: this process listens at *url*."""
        if self._path is None:
            return
        self._ticket = Ticket(pid=os.getpid(), created=psutil.Process().create_time(), url=url)
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
        partial.write_bytes(msgspec.json.encode(self._ticket))
        put_in_place(partial, self._path)
        self._watch = asyncio.create_task(self._look(self._path), name="ticket")

    async def _look(self, path: Path) -> None:
        while await asyncio.to_thread(self._is_there, path):  # noqa: ASYNC110 -- a file has no event
            await asyncio.sleep(_LOOK_S)
        if self._listening is not None:
            self._listening.cancel()

    def _is_there(self, path: Path) -> bool:
        known = read_ticket(path)
        # A file that cannot be read just now is no wish; one that is gone or another's is.
        return known == self._ticket if known is not None else path.exists()


def _program() -> list[str]:
    """Return what runs `tsh-sync`: in a bundle the program beside this one."""
    if getattr(sys, "frozen", False):
        own = Path(sys.executable)
        return [str(own.with_name(f"tsh-sync{own.suffix}"))]
    return [sys.executable, "-m", "tsh_sync_gui"]


def _environment(loaded: Loaded) -> dict[str, str]:
    """Return this process's environment with what a person told the window, and able to import this package."""
    package = str(Path(__file__).parents[2])
    path = os.environ.get("PYTHONPATH", "")
    found = dict(os.environ) | {
        "TSH_HOME": str(loaded.home),
        "PYTHONPATH": os.pathsep.join(part for part in (package, path) if part),
    }
    key = passphrase_of(loaded.home)
    return found | {KEY_VARIABLE: key} if key else found


def _detached(*, windows: bool) -> dict[str, Any]:
    """Return what lets a child outlive the window, without a console window of its own."""
    if windows:
        return {"creationflags": _CREATE_NO_WINDOW | _CREATE_NEW_PROCESS_GROUP}
    return {"start_new_session": True}
