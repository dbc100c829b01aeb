"""One line of the check-up: state, title, sentence, remedy, and the button that mends it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui.state.doctor import Line, line_text
from tsh_sync_gui.ui.widgets.basics import button, label, set_text
from tsh_sync_gui.ui.widgets.pill import StatePill

_TITLE_WIDTH = 132
_PILL_WIDTH = 116
_FIRST_LINE = 22


class CheckRow(QFrame):
    """Shows a Line; *wanted* carries its deed. In focus it is read aloud whole, and Ctrl+C copies it."""

    wanted = Signal(str)

    def __init__(self, line: Line) -> None:
        super().__init__()
        self.setObjectName("checkrow")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.line = line
        self._pill = StatePill(line.look)
        self._title = label(line.title, "strong", wrap=True)
        self._title.setFixedWidth(_TITLE_WIDTH)
        self._sentence = label("", "body", wrap=True)
        for one in (self._title, self._sentence):
            one.setMinimumHeight(_FIRST_LINE)
        self._advice = label("", "small", wrap=True)
        self.button = button("")
        self.button.clicked.connect(lambda: self.wanted.emit(self.line.deed))
        holder = QWidget()
        holder.setFixedWidth(_PILL_WIDTH)
        inside = QHBoxLayout(holder)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.addWidget(self._pill)
        inside.addStretch(1)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._sentence)
        words.addWidget(self._advice)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 7, 12, 7)
        row.setSpacing(10)
        top = Qt.AlignmentFlag.AlignTop
        row.addWidget(holder, 0, top)
        row.addWidget(self._title, 0, top)
        row.addLayout(words, 1)
        row.addWidget(self.button, 0, top)
        self.show_line(line)

    def show_line(self, line: Line) -> None:
        """Show another state of the same thing."""
        self.line = line
        self._pill.show_look(line.look)
        set_text(self._title, line.title)
        for part, text in ((self._sentence, line.sentence), (self._advice, line.advice)):
            set_text(part, text)
            part.setVisible(bool(text))
        set_text(self.button, line.button)
        self.button.setVisible(bool(line.button))
        self.setAccessibleName(line_text(line))
        self.button.setAccessibleName(f"{line.title}: {line.button}")

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QGuiApplication.clipboard().setText(line_text(self.line))
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and self.line.deed:
            self.wanted.emit(self.line.deed)
        else:
            super().keyPressEvent(event)
