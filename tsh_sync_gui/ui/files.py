"""Where the window's themes and icons are, in a checkout, an installed package and a frozen program."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def resources() -> Path:
    """Return the folder of themes and icons."""
    installed = _PACKAGE / "resources"
    return installed if installed.is_dir() else _PACKAGE.parent / "resources"


@cache
def read_text(name: str) -> str:
    """Return the text of a resource such as `icons/sync.svg`."""
    return (resources() / name).read_text(encoding="utf-8")
