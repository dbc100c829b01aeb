"""A progress bar that never lies: a share, or a moving piece while the total is not known.

It is a frame within a frame, both drawn and moved by Qt alone: while the engine works, each step of Python in the
window's thread waits for the interpreter.
"""

from __future__ import annotations

from PySide6.QtCore import QPropertyAnimation, QRect, QSize, Qt
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QSizePolicy
from typing_extensions import override

from tsh_sync_gui.ui.widgets.basics import set_property

_HEIGHT = 6
_ROUND_MS = 1600
_PIECE = 0.28


class ProgressLine(QFrame):
    """A thin rounded bar; its text stands beside it and is its accessible description."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("track")
        self._share: float | None = 0.0
        self._calm = False
        self._text = ""
        self._piece = QFrame(self)
        self._piece.setObjectName("piece")
        self._moving = QPropertyAnimation(self._piece, b"geometry", self)
        self._moving.setDuration(_ROUND_MS)
        self._moving.setLoopCount(-1)
        self.setAccessibleName(name)
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def share(self) -> float | None:
        """Return what is shown: None while the total is not known."""
        return self._share

    def show_share(self, share: float | None, text: str, *, calm: bool = False) -> None:
        """Show *share* of the whole; *calm* when nothing moves just now."""
        if text != self._text:
            self._text = text
            self.setAccessibleDescription(text)
        if (share, calm) != (self._share, self._calm):
            self._share, self._calm = share, calm
            set_property(self._piece, "calm", "true" if calm else "")
            self._place()

    def _place(self) -> None:
        """Put the piece where it belongs, or let it move."""
        moving = self._share is None and not self._calm
        if self._moving.state() is not QPropertyAnimation.State.Stopped:
            self._moving.stop()
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        whole = self.width()
        if self._share is None:
            width = round(whole * _PIECE)
            start, end = QRect(-width, 0, width, _HEIGHT), QRect(whole, 0, width, _HEIGHT)
            self._piece.setGeometry(QRect((whole - width) // 2, 0, width, _HEIGHT))
            self._moving.setStartValue(end if mirrored else start)
            self._moving.setEndValue(start if mirrored else end)
            if moving and self.isVisible():
                self._moving.start()
            return
        width = round(whole * self._share)
        width = max(width, _HEIGHT) if self._share > 0 else 0
        self._piece.setGeometry(QRect(whole - width if mirrored else 0, 0, width, _HEIGHT))

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._place()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    @override
    def sizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)
