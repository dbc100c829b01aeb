"""The panel at the side: details of what was chosen; Esc closes it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, tool

WIDTH = 412


class SidePanel(QFrame):
    """Shows one widget under a heading."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("side")
        self.setFixedWidth(WIDTH)
        self._heading = ElidedLabel("", "title")
        self._close = tool("close", tr("Close (Esc)"))
        self._close.clicked.connect(self.close_panel)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head = QHBoxLayout()
        head.setContentsMargins(18, 12, 10, 8)
        head.addWidget(self._heading, 1)
        head.addWidget(self._close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        self.hide()

    def open_panel(self, heading: str, content: QWidget) -> None:
        """Show *content*; what was shown before goes."""
        self._heading.setText(heading)
        content.setObjectName("scrolled")
        content.setAutoFillBackground(False)
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        self._scroll.setWidget(content)
        self.setAccessibleName(heading)
        self.show()

    @property
    def content(self) -> QWidget | None:
        """Return what is shown, None when the panel is closed."""
        return self._scroll.widget() if not self.isHidden() else None

    def close_panel(self) -> bool:
        """Close; False when it was closed."""
        if self.isHidden():
            return False
        self.hide()
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        self.closed.emit()
        return True
