"""Puts a complete new file in the place of an old one, in one step."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

_TRIES: Final = 50
_PAUSE: Final = 0.02


def put_in_place(fresh: Path, path: Path, *, windows: bool = os.name == "nt") -> None:
    """Give *fresh* the name *path*; on Windows a reader of the old file is waited for, up to a second."""
    for _ in range(_TRIES if windows else 0):
        try:
            fresh.replace(path)
        except PermissionError:  # Windows refuses while another process reads the old file
            time.sleep(_PAUSE)
        else:
            return
    fresh.replace(path)
