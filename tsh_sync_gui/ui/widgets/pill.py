"""A state as icon, word and colour."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.icons import paint_icon
from tsh_sync_gui.ui.state.words import Look

_ICON, _GAP, _SIDE, _HEIGHT = 13, 5, 9, 22


class StatePill(QWidget):
    """A rounded badge; "outline" tones have a border and no fill."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.setFont(theme.font("small"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(look.word)

    def show_look(self, look: Look) -> None:
        """Show another state."""
        if look != self._look:
            self._look = look
            self.setAccessibleName(look.word)
            self.updateGeometry()
            self.update()

    @override
    def sizeHint(self) -> QSize:
        words = self.fontMetrics().horizontalAdvance(self._look.word)
        return QSize(words + _ICON + _GAP + 2 * _SIDE, _HEIGHT)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        colors = theme.current()
        tone, _, outline = self._look.tone.value.partition("_")
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        radius = area.height() / 2
        if outline:
            painter.setPen(QPen(colors.color(tone), 1.4))
            painter.setBrush(Qt.BrushStyle.NoBrush)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colors.color(f"{tone}_soft"))
        painter.drawRoundedRect(area, radius, radius)
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        left = self.width() - _SIDE - _ICON if mirrored else _SIDE
        paint_icon(
            painter, self._look.icon, colors.tokens[tone], QRectF(left, (self.height() - _ICON) / 2, _ICON, _ICON)
        )
        painter.setPen(colors.color(tone))
        start = _SIDE if mirrored else _SIDE + _ICON + _GAP
        words = QRectF(start, 0, self.width() - _ICON - _GAP - 2 * _SIDE + 2, self.height())
        painter.drawText(words, int(Qt.AlignmentFlag.AlignCenter), self._look.word)
