"""A lock on a file that the operating system takes back when its holder dies."""

from __future__ import annotations

import errno
import importlib
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from tsh_sync_gui.core.errors import UnreachableError

_PAUSE = 0.02


class FileLock:
    """Excludes every other holder, in this process or another; not to be taken twice by one holder."""

    def __init__(
        self, path: Path, *, timeout: float = 300.0, windows: bool = os.name == "nt", what: str = "database"
    ) -> None:
        self._path = path
        self._what = what
        self._timeout = timeout
        self._windows = windows
        self._descriptor: int | None = None

    def try_acquire(self) -> bool:
        """Take the lock if it is free."""
        # Not inherited by children (PEP 446): a server we start must not hold our lock.
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            taken = _try_lock(descriptor, windows=self._windows) and (self._windows or _names(self._path, descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        if taken:
            self._descriptor = descriptor
        else:
            os.close(descriptor)
        return taken

    def acquire(self) -> None:
        """Take the lock, waiting for whoever holds it."""
        deadline = time.monotonic() + self._timeout
        while not self.try_acquire():
            if time.monotonic() > deadline:
                raise UnreachableError(
                    f"Another program is busy with the {self._what}",
                    what=self._what,
                    advice="Try again in a minute; if it goes on, restart the computer.",
                    cause=f"no lock on {self._path} within {self._timeout:.0f} s",
                )
            time.sleep(_PAUSE)

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._descriptor is not None:
            # Closing unlocks on every system.
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _names(path: Path, descriptor: int) -> bool:
    """Tell whether the file we locked is still the one of that name, and not one just removed by its last user."""
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _try_lock(descriptor: int, *, windows: bool) -> bool:
    # Imported by name: each module exists on its own system only.
    try:
        if windows:
            msvcrt = importlib.import_module("msvcrt")
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            fcntl = importlib.import_module("fcntl")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError as error:
        if windows and error.errno == errno.EDEADLK:  # what Windows may answer for a lock that is taken
            return False
        raise
    return True
