"""The processes of a cluster: which postmaster is alive, and what one that was killed has left behind."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from tsh_sync_gui.store.embedded.location import Place, is_same

_NAMES = frozenset(("postgres", "postmaster", "postgres.exe"))
_TOOLS = _NAMES | {"initdb", "initdb.exe"}
# The stamp in postmaster.pid and the system's own for the same process differ by a moment, or by a set clock.
_SAME_START_S = 30.0
_PAUSE = 0.01


@dataclass(frozen=True, slots=True)
class Postmaster:
    """What postmaster.pid says."""

    pid: int
    started: float
    port: int
    state: str

    @property
    def is_ready(self) -> bool:
        """Whether it has announced that it takes connections."""
        return self.state == "ready"


def recorded(place: Place) -> Postmaster | None:
    """Read postmaster.pid; None where there is none or it is not written to the end."""
    try:
        lines = (place.data / "postmaster.pid").read_text(encoding="utf-8", errors="replace").splitlines()
        return Postmaster(int(lines[0]), float(lines[2]), int(lines[3]), lines[7].strip() if len(lines) > 7 else "")
    except (FileNotFoundError, ValueError, IndexError):
        return None


def alive(place: Place) -> Postmaster | None:
    """Return the cluster's postmaster if it lives.

    A zombie does not, nor does another program that got the pid of a dead one.
    """
    postmaster = recorded(place)
    if postmaster is None:
        return None
    try:
        process = psutil.Process(postmaster.pid)
        if process.status() == psutil.STATUS_ZOMBIE or process.name().lower() not in _NAMES:
            return None
        return postmaster if _works_in(process, place.data, started=postmaster.started) else None
    except psutil.NoSuchProcess:
        return None


def leftovers(place: Place) -> list[psutil.Process]:
    """Return every living process of PostgreSQL that works in this cluster, and in no other."""
    return [process for process in _processes(_NAMES) if _works_in(process, place.data, started=None)]


def end_leftovers(place: Place, *, timeout: float = 10.0) -> int:
    """End what a killed postmaster left behind, so that its shared memory is free; return how many there were.

    Nothing is lost: what they had not committed is undone, what they had is in the write-ahead log.
    """
    return _end(leftovers(place), timeout)


def end_unfinished(folder: Path, *, timeout: float = 10.0) -> int:
    """End the initdb that a killed client left at work in *folder*, with its children."""
    found = []
    for process in _processes(_TOOLS):
        try:
            if is_same(process.cwd(), folder) or str(folder) in process.cmdline():
                found.append(process)
        except psutil.Error:
            continue
    return _end(found, timeout)


def _end(processes: list[psutil.Process], timeout: float) -> int:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    for process in processes:
        has_ended(process.pid, timeout=timeout)
    return len(processes)


def has_ended(pid: int, *, timeout: float = 5.0) -> bool:
    """Wait for a process to end; a zombie has, though its parent may leave it standing for seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(_PAUSE)
    return False


def _processes(names: frozenset[str]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter(["name", "status"]):
        info = process.info
        if (info["name"] or "").lower() in names and info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


def _works_in(process: psutil.Process, data: Path, *, started: float | None) -> bool:
    """Tell whether *process* works in *data*: every process of a server has its cluster as working folder."""
    try:
        return is_same(process.cwd(), data)
    except psutil.NoSuchProcess:
        # Ended while we looked; a zombie counts as that, too.
        return False
    except psutil.AccessDenied:
        # Ours are always ours to look at, but for a server that an administrator started on Windows.
        return started is not None and psutil.WINDOWS and abs(process.create_time() - started) < _SAME_START_S
