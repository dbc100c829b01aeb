"""Small parts of the wizard's pages: tiles, values to copy, fields with their fault, facts with a tick."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.state.texts import number, span, tr
from tsh_sync_gui.ui.widgets.bar import ProgressLine
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, set_glyph, set_property, set_text, tool
from tsh_sync_gui.ui.wizard.state.cells import Fact

_TILE_HEIGHT = 74
_COPIED_MS = 1600


class Tile(QPushButton):
    """A big choice: icon, title and a line; can be marked as chosen."""

    def __init__(self, title: str, line: str, icon_name: str, *, checkable: bool = False) -> None:
        super().__init__()
        self.setProperty("kind", "tile")
        self.setCheckable(checkable)
        self.setAutoDefault(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._icon = glyph(icon_name, "blue", side=24)
        self._title = label(title, "strong")
        self._line = label(line, "small", wrap=True)
        self._mark = glyph("chevron-right", "faint")
        self._side: QWidget | None = None
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._title)
        words.addWidget(self._line)
        words.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(16, 8, 14, 8)
        self._row.setSpacing(14)
        self._row.addWidget(self._icon)
        self._row.addLayout(words, 1)
        self._row.addWidget(self._mark)
        for part in (self._icon, self._title, self._line, self._mark):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName(title)
        self.setAccessibleDescription(line)
        self.toggled.connect(self._marked)
        self._marked()

    def show_mark(self, icon_name: str, tint: str) -> None:
        """Show another mark at the end."""
        set_glyph(self._mark, icon_name, tint)

    def _marked(self) -> None:
        if self.isCheckable():
            set_glyph(self._mark, "check" if self.isChecked() else "circle", "blue" if self.isChecked() else "faint")

    @override
    def sizeHint(self) -> QSize:
        return QSize(360, _TILE_HEIGHT)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.EnabledChange:
            name = str(self._icon.property("glyph")).partition("/")[0]
            set_glyph(self._icon, name, "blue" if self.isEnabled() else "faint")
            set_property(self._title, "role", "strong" if self.isEnabled() else "muted")


class ValueField(QLineEdit):
    """A value to copy; *copied* says that all of it is wanted: Ctrl+C means that unless a part is marked."""

    copied = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setReadOnly(True)
        self.setFont(theme.fixed_font())
        self.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.setAccessibleName(name)
        self.value = ""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy) and (not self.hasSelectedText() or self.text() != self.value):
            self.copied.emit()
            return
        super().keyPressEvent(event)


class ValueRow(QWidget):
    """A name, a value, and a button that copies it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = label(name, "strong")
        self.field = ValueField(name)
        self.copy = button(tr("Copy"), icon_name="copy")
        self.copy.setAccessibleName(tr("Copy: {name}").format(name=name))
        self.copy.clicked.connect(self.take)
        self.field.copied.connect(self.take)
        self._hint = label("", "caption", wrap=True, selectable=True)
        self._hint.hide()
        self._row = QHBoxLayout()
        self._row.setSpacing(6)
        self._row.addWidget(self.field, 1)
        self._row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self._name)
        column.addLayout(self._row)
        column.addWidget(self._hint)

    def add(self, widget: QWidget) -> None:
        """Add a button behind the others."""
        self._row.addWidget(widget)

    def show_value(self, value: str, hint: str = "", *, name: str = "") -> None:
        """Show *value*."""
        self.field.value = value
        if name:
            set_text(self._name, name)
            self.field.setAccessibleName(name)
            self.copy.setAccessibleName(tr("Copy: {name}").format(name=name))
        self.field.setText(value)
        self.field.setCursorPosition(0)
        set_text(self._hint, hint)
        self._hint.setVisible(bool(hint))
        self.copy.setEnabled(bool(value))

    def take(self) -> None:
        """Put the value on the clipboard."""
        QGuiApplication.clipboard().setText(self.field.value)
        flash(self.copy, tr("Copied"))


def flash(target: QPushButton, words: str) -> None:
    """Show for a moment on the button that its deed is done."""
    if target.property("flashing"):
        return
    before, name = target.text(), target.accessibleName()
    target.setProperty("flashing", True)
    target.setMinimumWidth(target.width())
    target.setText(words)
    target.setAccessibleName(words)
    target.setIcon(icon("check", "green"))

    def back() -> None:
        target.setProperty("flashing", False)
        target.setText(before)
        target.setAccessibleName(name)
        target.setIcon(icon("copy"))

    QTimer.singleShot(_COPIED_MS, target, back)


def hold_back(target: QPushButton | None, seconds: float) -> None:
    """Keep a button still as long as pressing it would be refused anyway."""
    if target is None:
        return
    before = target.text()
    target.setEnabled(False)
    target.setText(tr("Try again in {time}").format(time=span(seconds)))

    def free() -> None:
        target.setEnabled(True)
        target.setText(before)

    QTimer.singleShot(round(seconds * 1000), target, free)


class Field(QWidget):
    """A title, a line to type in, a hint, and below what is wrong with it."""

    edited = Signal()

    def __init__(self, title: str, *, hint: str = "", secret: bool = False, code: bool = True) -> None:
        super().__init__()
        self.line = QLineEdit()
        self.line.setAccessibleName(title)
        self.line.setPlaceholderText(hint)
        if code:
            self.line.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self.line.textEdited.connect(lambda _text: self.edited.emit())
        self._title = label(title, "strong")
        self._title.setBuddy(self.line)
        self._fault = label("", "caption", wrap=True)
        set_property(self._fault, "tone", "red")
        self._fault.hide()
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.line, 1)
        if secret:
            self.line.setEchoMode(QLineEdit.EchoMode.Password)
            row.addWidget(_revealing(self.line, title))
        self.row = row
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(self._title)
        column.addLayout(row)
        column.addWidget(self._fault)

    @property
    def text(self) -> str:
        """Return what is typed, without spaces around it."""
        return self.line.text().strip()

    @property
    def fault(self) -> str:
        """Return what is shown to be wrong; empty when nothing is."""
        return self._fault.text() if not self._fault.isHidden() else ""

    def set_text(self, text: str) -> None:
        """Fill the field."""
        if self.line.text() != text:
            self.line.setText(text)

    def show_fault(self, words: str) -> None:
        """Show what is wrong below the field; nothing for an empty text."""
        set_text(self._fault, words)
        self._fault.setVisible(bool(words))
        set_property(self.line, "bad", "true" if words else "")
        self.line.setAccessibleDescription(words)


def _revealing(line: QLineEdit, title: str) -> QToolButton:
    eye = tool("preview", tr("Show: {name}").format(name=title))
    eye.setCheckable(True)
    modes = {True: QLineEdit.EchoMode.Normal, False: QLineEdit.EchoMode.Password}
    eye.toggled.connect(lambda on: line.setEchoMode(modes[on]))
    return eye


class Facts(QFrame):
    """Lines with a tick, a warning or a fault."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panelbox")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(16, 12, 16, 12)
        self._column.setSpacing(8)
        self._lines: list[tuple[QWidget, QLabel]] = []
        self._shown: tuple[Fact, ...] = ()
        self.hide()

    @property
    def texts(self) -> tuple[str, ...]:
        """Return what is shown."""
        return tuple(fact.text for fact in self._shown)

    def show_facts(self, facts: Sequence[Fact]) -> None:
        """Show *facts*; hidden when there are none."""
        for holder, _text in self._lines:
            self._column.removeWidget(holder)
            holder.hide()
            holder.deleteLater()
        self._lines = []
        self._shown = tuple(facts)
        for fact in facts:
            holder = QWidget()
            row = QHBoxLayout(holder)
            row.setContentsMargins(0, 0, 0, 0)
            row.setSpacing(8)
            mark = glyph(fact.icon, fact.tone or "muted")
            words = label(fact.text, "body", wrap=True, selectable=True)
            row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(words, 1)
            self._column.addWidget(holder)
            self._lines.append((holder, words))
        self.setVisible(bool(facts))


class Note(QFrame):
    """A soft box with a sentence."""

    def __init__(self, text: str = "", tone: str = "") -> None:
        super().__init__()
        self.setObjectName("note")
        self._icon = glyph("info", tone or "muted")
        self._words = label("", "body", wrap=True, selectable=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 9, 12, 9)
        row.setSpacing(9)
        row.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        self.show_note(text, tone)

    @property
    def text(self) -> str:
        """Return what is said."""
        return self._words.text()

    def show_note(self, text: str, tone: str = "") -> None:
        """Say *text*; hidden when it is empty."""
        set_property(self, "tone", tone)
        set_glyph(self._icon, {"green": "check", "amber": "partly", "red": "failed"}.get(tone, "info"), tone or "muted")
        set_text(self._words, text)
        self.setVisible(bool(text))


class BusyLine(QWidget):
    """What is being done, with a moving bar and, where something is waited for, a way to stop it."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._bar = ProgressLine(tr("At work"))
        self._bar.setFixedWidth(120)
        self._words = label("", "muted", wrap=True)
        self.cancel = button(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(self._bar)
        row.addWidget(self._words, 1)
        row.addWidget(self.cancel)
        self.hide()

    @property
    def text(self) -> str:
        """Return what is being done."""
        return self._words.text() if not self.isHidden() else ""

    def show_busy(self, words: str, *, can_cancel: bool = False) -> None:
        """Say what is being done; nothing for no words."""
        set_text(self._words, words)
        self.setAccessibleName(words)
        self.cancel.setVisible(can_cancel)
        self._bar.show_share(None if words else 0.0, words)
        self.setVisible(bool(words))


def section(title: str, hint: str = "") -> QWidget:
    """Return a heading within a page."""
    box = QWidget()
    column = QVBoxLayout(box)
    column.setContentsMargins(0, 6, 0, 0)
    column.setSpacing(1)
    column.addWidget(label(title, "title"))
    if hint:
        column.addWidget(label(hint, "small", wrap=True))
    return box


def numbered(place: int, title: str, words: str) -> QWidget:
    """Return one line of what happens one after the other."""
    box = QWidget()
    mark = QLabel(number(place))
    mark.setObjectName("stepmark")
    mark.setFixedSize(22, 22)
    mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
    row = QHBoxLayout(box)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(12)
    row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
    column = QVBoxLayout()
    column.setSpacing(1)
    column.addWidget(label(title, "strong", wrap=True))
    column.addWidget(label(words, "small", wrap=True))
    row.addLayout(column, 1)
    return box
