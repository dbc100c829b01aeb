"""One setting: title, field, where the value comes from, reset, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from typing_extensions import override

from tsh_sync_gui.ui.state.settings_form import FieldState, caution, fault
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, glyph, label, set_picture, set_property, set_text, tool
from tsh_sync_gui.ui.widgets.flow import FlowLayout

_TITLE_WIDTH = 216
_REVEALED_MS = 30_000


class _Line(QLineEdit):
    """A line whose Ctrl+Z is the row's: it goes back to what is saved, not to the letter before."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo):
            event.ignore()
        else:
            super().keyPressEvent(event)


class SettingRow(QWidget):
    """Shows a FieldState.

    *edited* says that its text is another now, *reset* that the default is wanted, *reveal* that a secret shall be
    shown.
    """

    edited = Signal(str)
    reset = Signal(str)
    reveal = Signal(str)

    def __init__(self, state: FieldState) -> None:
        super().__init__()
        self.state = state
        self._line: QLineEdit | None = None
        self._boxes: list[tuple[str, QCheckBox | QRadioButton]] = []
        self._source = label("", "faint")
        self._lock = glyph("lock", "faint", side=13)
        self._reset = tool("reset", tr("Forget it") if state.kind == "secret" else tr("Back to the default"))
        self._reset.clicked.connect(lambda: self.reset.emit(self.state.field))
        self.eye: QToolButton = tool("preview", tr("Show it for half a minute; this is written down"))
        self.eye.setCheckable(True)
        self.eye.clicked.connect(self._look)
        self._hide = QTimer(self)
        self._hide.setSingleShot(True)
        self._hide.timeout.connect(self.conceal)
        self._fault = label("", "caption", wrap=True)
        self._field = self._make_field()
        self._build()
        self.show_state(state)

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(self.state.title, "strong", wrap=True))
        words.addWidget(ElidedLabel(self.state.variable, "faint"))
        title = QWidget()
        title.setFixedWidth(_TITLE_WIDTH)
        title.setLayout(words)
        words.setContentsMargins(0, 0, 0, 0)
        under = QHBoxLayout()
        under.setSpacing(5)
        under.addWidget(label(self.state.help, "caption", wrap=True), 1)
        under.addWidget(self._lock)
        under.addWidget(self._source)
        tools = QHBoxLayout()
        tools.setSpacing(2)
        for one in (self.eye, self._reset):  # all fields end at one line, with and without these
            kept = one.sizePolicy()
            kept.setRetainSizeWhenHidden(True)
            one.setSizePolicy(kept)
            tools.addWidget(one)
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 10, 12, 10)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.addWidget(title, 0, 0, 3, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._field, 0, 1)
        grid.addLayout(tools, 0, 2)
        grid.addWidget(self._fault, 1, 1)
        grid.addLayout(under, 2, 1)
        grid.setColumnStretch(1, 1)

    def _make_field(self) -> QWidget:
        if self.state.kind in {"flag", "choice", "several"}:
            return self._make_boxes()
        self._line = _Line()
        self._line.setAccessibleName(self.state.title)
        self._line.setAccessibleDescription(self.state.help)
        self._line.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._line.setPlaceholderText(self.state.range)
        if self.state.kind == "number":
            self._line.setMaximumWidth(160)
        if self.state.kind == "address":
            self._line.setPlaceholderText(tr("embedded PostgreSQL"))
        self._line.textEdited.connect(self._edited)
        return self._line

    def _make_boxes(self) -> QWidget:
        box = QWidget()
        row = FlowLayout(gap=14)
        row.setContentsMargins(0, 2, 0, 2)
        box.setLayout(row)
        choices = self.state.choices or (("true", tr("On")),)
        for value, text in choices:
            made = QRadioButton(text) if self.state.kind == "choice" else QCheckBox(text)
            made.setAccessibleName(f"{self.state.title}: {text}")
            made.setAccessibleDescription(self.state.help)
            made.clicked.connect(self._edited)
            self._boxes.append((value, made))
            row.addWidget(made)
        return box

    @property
    def text(self) -> str:
        """Return the value as it stands in the field; a secret that is only shown does not stand there."""
        if self._line is not None:
            return self.state.value if self.eye.isChecked() else self._line.text().strip()
        chosen = [value for value, box in self._boxes if box.isChecked()]
        if self.state.kind == "flag":
            return "true" if chosen else "false"
        return ",".join(chosen)

    @property
    def is_changed(self) -> bool:
        """Tell whether the field holds something else than is saved."""
        return self.text != self.state.value

    @property
    def fault(self) -> str:
        """Return what is wrong with the field, empty when nothing is."""
        return self._fault.text() if self._fault.property("tone") == "red" else ""

    @property
    def note(self) -> str:
        """Return what stands below the field: what is wrong, or what a person should know."""
        return self._fault.text()

    def set_text(self, text: str) -> None:
        """Put *text* into the field as a person would."""
        self.conceal()
        self._fill(text)
        self._edited()

    def revert(self) -> None:
        """Go back to what is saved."""
        self.set_text(self.state.value)

    def show_state(self, state: FieldState) -> None:
        """Show *state*; what was typed is dropped."""
        self.conceal()
        self.state = state
        self._fill(state.value)
        if self._line is not None and state.kind == "secret":
            self._line.setPlaceholderText(state.shown)
        self._field.setEnabled(not state.locked)
        self._field.setToolTip(state.locked)
        self._lock.setVisible(bool(state.locked))
        self._lock.setToolTip(state.locked)
        set_text(self._source, state.source)
        self._source.setToolTip(state.locked)
        self._reset.setVisible(state.can_reset and not state.locked)
        self.eye.setVisible(state.can_reveal)
        self.show_fault("")

    def show_fault(self, text: str) -> None:
        """Show what is wrong next to the field; where nothing is, what a person should know of the value."""
        note = text or caution(self.state.field, self.text)
        set_property(self._fault, "tone", "red" if text else "amber")
        self._fault.setText(note)
        self._fault.setVisible(bool(note))
        if self._line is not None:
            set_property(self._line, "bad", "true" if text else "")

    def show_secret(self, text: str) -> None:
        """Show the secret itself for half a minute; it can't be edited meanwhile."""
        if self._line is not None:
            self.eye.setChecked(True)
            set_picture(self.eye, "preview", "blue", self.eye.iconSize())
            self._line.setReadOnly(True)
            self._line.setEnabled(True)
            self._line.setEchoMode(QLineEdit.EchoMode.Normal)
            self._line.setText(text)
            self._hide.start(_REVEALED_MS)

    def conceal(self) -> None:
        """Hide a secret that is shown."""
        self._hide.stop()
        if self._line is None:
            return
        if self.state.kind == "secret":
            self._line.setEchoMode(QLineEdit.EchoMode.Password)
        if self.eye.isChecked():
            self.eye.setChecked(False)
            set_picture(self.eye, "preview", size=self.eye.iconSize())
            self._line.setText(self.state.value)
        self._line.setReadOnly(False)
        self._line.setEnabled(not self.state.locked)

    def _look(self, wanted: bool) -> None:
        if wanted:
            self.eye.setChecked(False)  # until the value is there
            self.reveal.emit(self.state.field)
        else:
            self.eye.setChecked(True)
            self.conceal()

    def _fill(self, text: str) -> None:
        if self._line is not None:
            self._line.setText(text)
        chosen = text.split(",")
        for value, box in self._boxes:
            box.setChecked(value in chosen)

    def _edited(self) -> None:
        self.show_fault(fault(self.state.field, self.text) if self.is_changed else "")
        self.edited.emit(self.state.field)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Undo) and self.is_changed:
            self.revert()
        else:
            super().keyPressEvent(event)

    def focus_field(self) -> None:
        """Go to the field."""
        target = self._line or (self._boxes[0][1] if self._boxes else self)
        target.setFocus(Qt.FocusReason.OtherFocusReason)
