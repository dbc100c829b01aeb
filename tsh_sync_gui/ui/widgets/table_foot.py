"""The line below a table: how many rows, how many are chosen, and what can be done with them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout

from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, set_text, tool


class TableFoot(QFrame):
    """Stands there always, so that choosing a row moves nothing."""

    all_wanted = Signal()
    none_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("tablefoot")
        self._words = ElidedLabel("", "caption")
        self.choose_all = button("", "link")
        self.choose_none = button(tr("Clear selection"), "link")
        self.copy = tool("copy", tr("Copy the chosen rows, or all that are shown"))
        self.views = tool("preview", tr("Views of this table"))
        self.columns = tool("columns", tr("Columns"))
        self.export = tool("import", tr("Export as shown (Ctrl+E)"))
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 1, 6, 1)
        row.setSpacing(4)
        row.addWidget(self._words, 1)
        row.addWidget(self.choose_all)
        row.addWidget(self.choose_none)
        for one in (self.copy, self.views, self.columns, self.export):
            row.addWidget(one)
        self.choose_all.clicked.connect(self.all_wanted)
        self.choose_none.clicked.connect(self.none_wanted)
        self.show_counts(0, 0, 0)

    @property
    def text(self) -> str:
        """Return what the line says."""
        return self._words.text()

    def show_counts(self, chosen: int, shown: int, whole: int) -> None:
        """Show how many rows are *chosen*, pass the filters (*shown*), and are there at all (*whole*)."""
        if shown == whole:
            rows = tr("%Ln row(s)", None, whole)
        else:
            rows = tr("{shown} of %Ln row(s)", None, whole).format(shown=number(shown))
        self._words.setText(tr("{number} chosen · {rows}").format(number=number(chosen), rows=rows) if chosen else rows)
        offered = 0 < chosen < shown
        if offered:
            set_text(self.choose_all, tr("Select all %Ln that match", None, shown))
        if self.choose_all.isHidden() is offered:
            self.choose_all.setVisible(offered)
        if self.choose_none.isHidden() is (chosen > 1):
            self.choose_none.setVisible(chosen > 1)
        self.export.setEnabled(shown > 0)
        self.copy.setEnabled(shown > 0)
