"""Puts a complete new file in the place of an old one, in one step, or takes a file away that others look at."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_TRIES: Final = 50
_PAUSE: Final = 0.02


def put_in_place(fresh: Path, path: Path, *, windows: bool = os.name == "nt") -> None:
    """Give *fresh* the name *path*; on Windows a reader of the old file is waited for, up to a second."""
    _patiently(lambda: fresh.replace(path), windows=windows)


def take_away(path: Path, *, windows: bool = os.name == "nt") -> None:
    """Remove the file *path* if it is there; on Windows a reader of it is waited for, up to a second."""
    _patiently(lambda: path.unlink(missing_ok=True), windows=windows)


def _patiently(act: Callable[[], object], *, windows: bool) -> None:
    for _ in range(_TRIES if windows else 0):
        try:
            act()
        except PermissionError:  # Windows refuses while another process reads the file
            time.sleep(_PAUSE)
        else:
            return
    act()
