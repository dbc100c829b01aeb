"""The steps at the wizard's side."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_property, set_text
from tsh_sync_gui.ui.wizard.state.rail import RailEntry

_WIDTH = 196
_ICONS = {"done": ("check", "green"), "skipped": ("chevron-right", "faint"), "now": ("", ""), "open": ("", "")}


class Rail(QFrame):
    """Shows which steps are done, now, open or skipped; *chosen* carries a step to go to, *later* leaves."""

    chosen = Signal(object)
    later = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setFixedWidth(_WIDTH)
        self.setAccessibleName(tr("Steps of the set-up"))
        self.buttons: dict[Step, QPushButton] = {}
        self._marks: dict[Step, QLabel] = {}
        self.leave = button(tr("Finish later"), "flat")
        self.leave.clicked.connect(self.later)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, 18, 12, 14)
        self._column.setSpacing(2)
        self._column.addWidget(label(tr("Set-up"), "section"))
        self._column.addSpacing(6)
        self._column.addStretch(1)
        self._column.addWidget(self.leave, 0, Qt.AlignmentFlag.AlignLeading)

    def show_entries(self, entries: Sequence[RailEntry], *, is_complete: bool) -> None:
        """Show *entries*."""
        for entry in entries:
            if entry.step not in self.buttons:
                self._add(entry)
            self._show(entry)
        set_text(self.leave, tr("Close the set-up") if is_complete else tr("Finish later"))

    def _add(self, entry: RailEntry) -> None:
        made = button(entry.title, "step")
        made.clicked.connect(lambda: self.chosen.emit(entry.step))
        mark = QLabel(number(entry.number))
        mark.setObjectName("stepmark")
        mark.setFixedSize(22, 22)
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        row = QHBoxLayout(made)
        row.setContentsMargins(8, 0, 8, 0)
        row.addWidget(mark)
        row.addStretch(1)
        self.buttons[entry.step], self._marks[entry.step] = made, mark
        self._column.insertWidget(self._column.count() - 2, made)

    def _show(self, entry: RailEntry) -> None:
        made, mark = self.buttons[entry.step], self._marks[entry.step]
        made.setEnabled(not entry.reason)
        made.setToolTip(entry.reason or entry.word)
        made.setAccessibleName(tr("Step {number}: {title}").format(number=number(entry.number), title=entry.title))
        made.setAccessibleDescription(entry.reason or entry.word)
        set_property(made, "look", entry.look)
        set_property(mark, "look", entry.look)
        name, tint = _ICONS[entry.look]
        if name:
            mark.setPixmap(icon(name, tint).pixmap(QSize(14, 14), mark.devicePixelRatioF()))
        else:
            mark.setText(number(entry.number))
