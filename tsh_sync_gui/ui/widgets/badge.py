"""A number in a small round field."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.state.texts import number


class Badge(QWidget):
    """Hidden at zero; what it counts is said by the control it stands in."""

    def __init__(self) -> None:
        super().__init__()
        self._text, self._tone = "", "blue"
        self.setFont(theme.font("caption"))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_count(self, count: int, tone: str) -> None:
        """Show *count* in the colours of *tone*."""
        text = number(count) if count else ""
        if (text, tone) != (self._text, self._tone):
            self._text, self._tone = text, tone
            self.updateGeometry()
            self.update()
        self.setVisible(bool(count))

    @override
    def sizeHint(self) -> QSize:
        return QSize(max(20, self.fontMetrics().horizontalAdvance(self._text) + 12), 18)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.current().color(f"{self._tone}_soft"))
        area = QRectF(self.rect())
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)
        painter.setPen(theme.current().color(self._tone))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignCenter), self._text)
