"""One setting: title, field, where the value comes from, reset, and what is wrong with it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLineEdit, QRadioButton, QVBoxLayout, QWidget

from tsh_sync_gui.ui.state.settings_form import FieldState, fault
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, glyph, label, set_property, set_text, tool

_TITLE_WIDTH = 250


class SettingRow(QWidget):
    """Shows a FieldState; *edited* says that its text is another now, *reset* that the default is wanted."""

    edited = Signal(str)
    reset = Signal(str)

    def __init__(self, state: FieldState) -> None:
        super().__init__()
        self.state = state
        self._line: QLineEdit | None = None
        self._boxes: list[tuple[str, QCheckBox | QRadioButton]] = []
        self._source = label("", "faint")
        self._lock = glyph("lock", "faint", side=13)
        self._reset = tool("reset", tr("Back to the default"))
        self._reset.clicked.connect(lambda: self.reset.emit(self.state.field))
        self._fault = label("", "caption", wrap=True)
        set_property(self._fault, "tone", "red")
        self._field = self._make_field()
        self._build()
        self.show_state(state)

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(self.state.title, "strong"))
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
        grid = QGridLayout(self)
        grid.setContentsMargins(16, 10, 12, 10)
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        grid.addWidget(title, 0, 0, 3, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._field, 0, 1)
        grid.addWidget(self._reset, 0, 2)
        grid.addWidget(self._fault, 1, 1)
        grid.addLayout(under, 2, 1)
        grid.setColumnStretch(1, 1)

    def _make_field(self) -> QWidget:
        if self.state.kind in {"flag", "choice", "several"}:
            return self._make_boxes()
        self._line = QLineEdit()
        self._line.setAccessibleName(self.state.title)
        self._line.setAccessibleDescription(self.state.help)
        self._line.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        self._line.setPlaceholderText(self.state.range)
        if self.state.kind == "number":
            self._line.setMaximumWidth(160)
        if self.state.field == "database_url":
            self._line.setPlaceholderText(tr("embedded PostgreSQL"))
        self._line.textEdited.connect(self._edited)
        return self._line

    def _make_boxes(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(0, 2, 0, 2)
        row.setSpacing(18)
        choices = self.state.choices or (("true", tr("On")),)
        for value, text in choices:
            made = QRadioButton(text) if self.state.kind == "choice" else QCheckBox(text)
            made.setAccessibleName(f"{self.state.title}: {text}")
            made.setAccessibleDescription(self.state.help)
            made.clicked.connect(self._edited)
            self._boxes.append((value, made))
            row.addWidget(made)
        row.addStretch(1)
        return box

    @property
    def text(self) -> str:
        """Return the value as it stands in the field."""
        if self._line is not None:
            return self._line.text().strip()
        chosen = [value for value, box in self._boxes if box.isChecked()]
        if self.state.kind == "flag":
            return "true" if chosen else "false"
        return ",".join(chosen)

    @property
    def is_changed(self) -> bool:
        """Tell whether the field holds something else than is saved."""
        return self.state.kind != "secret" and self.text != self.state.value

    @property
    def fault(self) -> str:
        """Return what is wrong with the field, empty when nothing is."""
        return self._fault.text() if not self._fault.isHidden() else ""

    def set_text(self, text: str) -> None:
        """Put *text* into the field as a person would."""
        self._fill(text)
        self._edited()

    def show_state(self, state: FieldState) -> None:
        """Show *state*; what was typed is dropped."""
        self.state = state
        self._fill(state.value)
        self._field.setEnabled(not state.locked)
        self._field.setToolTip(state.locked)
        self._lock.setVisible(bool(state.locked))
        self._lock.setToolTip(state.locked)
        set_text(self._source, state.source)
        self._source.setToolTip(state.locked)
        self._reset.setVisible(state.can_reset and not state.locked)
        self.show_fault("")

    def show_fault(self, text: str) -> None:
        """Show what is wrong next to the field."""
        self._fault.setText(text)
        self._fault.setVisible(bool(text))
        if self._line is not None:
            set_property(self._line, "bad", "true" if text else "")

    def _fill(self, text: str) -> None:
        if self._line is not None:
            self._line.setText(text)
        chosen = text.split(",")
        for value, box in self._boxes:
            box.setChecked(value in chosen)

    def _edited(self) -> None:
        self.show_fault(fault(self.state.field, self.text) if self.is_changed else "")
        self.edited.emit(self.state.field)

    def focus_field(self) -> None:
        """Go to the field."""
        target = self._line or (self._boxes[0][1] if self._boxes else self)
        target.setFocus(Qt.FocusReason.OtherFocusReason)
