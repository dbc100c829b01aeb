"""Collects garbage in the window's thread only: an object of Qt must not end in the engine's."""

from __future__ import annotations

import gc
from typing import Final

from PySide6.QtCore import QObject, QTimer

_LOOK_MS: Final = 200
# Far above Python's own: a page in work is thousands of objects, and goes without any collection.
_LIMITS: Final = (20_000, 10, 10)


def keep_what_is_there() -> None:
    """Leave out of all later collections what has come so far: modules, specs, compiled parts.

    Without a collection first: it would hold the window for some 40 to 80 ms and finds a few hundred objects.
    """
    gc.freeze()


class Collector(QObject):
    """Takes the place of Python's own trigger, which collects in whichever thread allocates."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)

    def begin(self) -> None:
        """Take over."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def end(self) -> None:
        """Hand back to Python."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def look(self) -> None:
        """Collect the youngest generation that is over its threshold."""
        for generation, (count, limit) in enumerate(zip(gc.get_count(), _LIMITS, strict=False)):
            if count <= limit:
                return
            gc.collect(generation)
