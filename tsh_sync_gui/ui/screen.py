"""What a person reads where no window can be shown, in place of Qt's own words and an abort."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QtMsgType, qInstallMessageHandler

if TYPE_CHECKING:
    from PySide6.QtCore import QMessageLogContext

_TERMINAL: Final = "or use `tsh-sync` in this terminal (`tsh-sync demo --headless` for the demo)."


@contextmanager
def needed() -> Iterator[None]:
    """Within it Qt may look for a screen; where it finds none, the program says so and ends with exit code 1."""

    def hear(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if kind is QtMsgType.QtFatalMsg:
            # Qt aborts as soon as this returns.
            sys.stderr.write(f"{told()}\n")
            sys.stderr.flush()
            os._exit(1)
        if not str(context.category or "").startswith("qt.qpa"):
            sys.stderr.write(f"{message}\n")

    before = qInstallMessageHandler(hear)
    try:
        yield
    finally:
        qInstallMessageHandler(before)


def told() -> str:
    """Return what is wrong and what to do, in a sentence."""
    name = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
    if not name:
        return f"There is no screen to show the window on: start it on a desktop, {_TERMINAL}"
    return (
        f"The screen {name} cannot be opened: start the program on a desktop, install libxcb-cursor0 where that is"
        f" missing, {_TERMINAL}"
    )
