"""A progress bar that never lies: a share, or a moving piece while the total is not known."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from tsh_sync_gui.ui import theme

_HEIGHT = 6
_FRAME_MS = 40
_PIECE = 0.28


class ProgressLine(QWidget):
    """A thin rounded bar; its text stands beside it and is its accessible description."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._share: float | None = 0.0
        self._calm = False
        self._offset = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self._move)
        self.setAccessibleName(name)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    @property
    def share(self) -> float | None:
        """Return what is shown: None while the total is not known."""
        return self._share

    def show_share(self, share: float | None, text: str, *, calm: bool = False) -> None:
        """Show *share* of the whole; *calm* when nothing moves just now."""
        if (share, calm) == (self._share, self._calm) and self.accessibleDescription() == text:
            return
        self._share, self._calm = share, calm
        self.setAccessibleDescription(text)
        self._animate()
        self.update()

    def _animate(self) -> None:
        if self._share is None and not self._calm and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def _move(self) -> None:
        self._offset = (self._offset + 0.018) % (1 + _PIECE)
        self.update()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._animate()

    @override
    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    @override
    def sizeHint(self) -> QSize:
        return QSize(120, _HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            painter.translate(self.width(), 0)
            painter.scale(-1, 1)
        whole = QRectF(0, (self.height() - _HEIGHT) / 2, self.width(), _HEIGHT)
        painter.setBrush(colors.color("track"))
        painter.drawRoundedRect(whole, _HEIGHT / 2, _HEIGHT / 2)
        painter.setBrush(colors.color("faint" if self._calm else "accent"))
        left, width = self._piece(whole)
        if width > 0:
            piece = QRectF(whole.left() + left, whole.top(), max(width, _HEIGHT), _HEIGHT)
            painter.drawRoundedRect(piece, _HEIGHT / 2, _HEIGHT / 2)

    def _piece(self, whole: QRectF) -> tuple[float, float]:
        if self._share is not None:
            return 0.0, whole.width() * self._share
        start = max(0.0, self._offset - _PIECE)
        end = min(1.0, self._offset)
        return start * whole.width(), (end - start) * whole.width()
