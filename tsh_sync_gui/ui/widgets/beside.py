"""A screen with a panel at its end, which takes room from it or lies over it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget
from typing_extensions import override


class Beside(QWidget):
    """Shows *main*, and *side* at its end while that is open.

    The panel takes room from a screen that *yields*; over any other it lies, so that nothing a person looks at moves.
    """

    def __init__(self, main: QWidget, side: QWidget, yields: Callable[[int], bool]) -> None:
        super().__init__()
        self._main = main
        self._side = side
        self._yields = yields
        main.setParent(self)
        side.setParent(self)
        side.installEventFilter(self)

    def place(self) -> None:
        """Give both their room: another screen is in front, or the panel opens or closes."""
        width, height = self.width(), self.height()
        taken = 0 if self._side.isHidden() else self._side.width()
        room = width - taken if taken and self._yields(width - taken) else width
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        self._main.setGeometry(width - room if mirrored else 0, 0, room, height)
        self._side.setGeometry(0 if mirrored else width - taken, 0, taken or self._side.width(), height)
        self._side.raise_()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._side and event.type() in {QEvent.Type.ShowToParent, QEvent.Type.HideToParent}:
            self.place()
        return super().eventFilter(watched, event)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.place()

    @override
    def minimumSizeHint(self) -> QSize:
        return self._main.minimumSizeHint()

    @override
    def sizeHint(self) -> QSize:
        return self._main.sizeHint()
