"""Two versions of a record, value by value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tsh_sync_gui.engine.letters.values import Difference
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.dead_letters_payload import value_text
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import label, set_text
from tsh_sync_gui.ui.widgets.table import DataTable


@dataclass(frozen=True, slots=True)
class DifferenceRow:
    """A value that differs."""

    difference: Difference

    @property
    def key(self) -> str:
        """Return where the value stands."""
        return self.difference.path


def difference_columns(before: str, after: str) -> tuple[Column[DifferenceRow], ...]:
    """Return the columns of two versions called *before* and *after*."""
    return (
        Column(
            key="path",
            title=tr("Field"),
            text=lambda row: row.difference.path,
            value=lambda row: row.difference.path,
            hint=lambda row: row.difference.path,
            width=110,
            grows=1,
        ),
        Column(
            key="before",
            title=before,
            text=lambda row: value_text(row.difference.before),
            value=lambda row: row.difference.before,
            hint=lambda row: row.difference.before or "",
            width=96,
            grows=1,
        ),
        Column(
            key="after",
            title=after,
            text=lambda row: value_text(row.difference.after),
            value=lambda row: row.difference.after,
            hint=lambda row: row.difference.after or "",
            tone=lambda _row: "amber",
            width=96,
            grows=1,
        ),
    )


class DifferenceView(QWidget):
    """A line of words above the values that differ."""

    def __init__(self, name: str, *, before: str, after: str, empty: str) -> None:
        super().__init__()
        self._empty = empty
        self._words = label("", "caption", wrap=True)
        self.table: DataTable[DifferenceRow] = DataTable(difference_columns(before, after), name, empty="")
        self.table.view.setLayoutDirection(Qt.LayoutDirection.LeftToRight)  # paths and values are code
        self.table.keep_small()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._words)
        column.addWidget(self.table, 1)
        column.addStretch(0)

    def show_differences(self, differences: Sequence[Difference], words: str) -> None:
        """Show *differences* below *words*."""
        shown = words if differences else self._empty
        set_text(self._words, shown)
        self._words.setVisible(bool(shown))
        self.table.set_rows([DifferenceRow(one) for one in differences])
        self.table.setVisible(bool(differences))
