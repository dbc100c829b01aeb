"""Text as it is: read and copied, not changed; and a record shown in one of several ways."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextOption
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.widgets.basics import button, set_text


def code_view(name: str, *, wraps: bool = False) -> QPlainTextEdit:
    """Return a field that shows text as it is, to be read and copied; it *wraps* what has no lines of its own."""
    made = QPlainTextEdit()
    made.setReadOnly(True)
    made.setFont(theme.fixed_font())
    made.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    made.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth if wraps else QPlainTextEdit.LineWrapMode.NoWrap)
    made.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    made.setAccessibleName(name)
    made.setTabChangesFocus(True)
    made.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return made


class Ways(QWidget):
    """Shows one of several views of the same thing, chosen by the buttons above them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stack = QStackedWidget()
        self._buttons: dict[str, QPushButton] = {}
        self._views: dict[str, QWidget] = {}
        self._row = QHBoxLayout()
        self._row.setSpacing(4)
        self._row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._row)
        column.addWidget(self._stack, 1)

    def add(self, key: str, words: str, view: QWidget) -> None:
        """Offer a further *view* under *words*; the first one is in front."""
        made = button(words, "flat")
        made.setCheckable(True)
        made.setAutoExclusive(True)
        made.setChecked(not self._buttons)
        made.clicked.connect(lambda: self._stack.setCurrentWidget(view))
        self._row.insertWidget(len(self._buttons), made)
        self._buttons[key], self._views[key] = made, view
        self._stack.addWidget(view)

    def name(self, words: Mapping[str, str]) -> None:
        """Write other words on buttons."""
        for key, text in words.items():
            set_text(self._buttons[key], text)

    def offer(self, key: str, *, is_open: bool) -> None:
        """Offer the view *key*, or take it away; one that was in front leaves it to the next."""
        self._buttons[key].setVisible(is_open)
        if not is_open and self._stack.currentWidget() is self._views[key]:
            self.show_way(next(one for one in self._buttons if one != key))

    def show_way(self, key: str) -> None:
        """Bring the view *key* to the front."""
        self._buttons[key].click()
