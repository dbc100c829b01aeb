"""Who still uses a server that is to end with its last client."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tsh_sync_gui.core.locks import FileLock


class Lease:
    """One client's file, locked as long as the client lives; a killed client's lock ends with it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock = FileLock(self._path)
        self._lock.acquire()

    def give_back(self) -> None:
        """End the lease."""
        self._lock.release()
        self._path.unlink(missing_ok=True)


def anyone_left(folder: Path) -> bool:
    """Tell whether a living client holds a lease, and clear away those of the dead; called under the place's lock."""
    living = False
    for path in sorted(folder.iterdir()):
        lock = FileLock(path)
        if lock.try_acquire():
            lock.release()
            path.unlink(missing_ok=True)
        else:
            living = True
    return living
