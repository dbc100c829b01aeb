"""A table model of rows and declared columns: rows are updated in place, so selection and order survive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from typing_extensions import override

from tsh_sync_gui.ui.icons import fixed_icon
from tsh_sync_gui.ui.state.columns import Column, Keyed, matches
from tsh_sync_gui.ui.theme import current

Row = TypeVar("Row", bound=Keyed)
Index = QModelIndex | QPersistentModelIndex

_TRAILING = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
_LEADING = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter


class RowModel(QStandardItemModel, Generic[Row]):
    """Rows with a key each. The cells are Qt's own items, so that painting them runs no Python."""

    def __init__(self, columns: Sequence[Column[Row]]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self._rows: list[Row] = []
        for place, column in enumerate(self.columns):
            head = QStandardItem(column.title)
            head.setTextAlignment(_TRAILING if column.is_number else _LEADING)
            self.setHorizontalHeaderItem(place, head)

    @property
    def rows(self) -> list[Row]:
        """Return the rows as they are."""
        return self._rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show *rows*: those with a known key are changed in place, others come and go."""
        wanted = {row.key for row in rows}
        for place in range(len(self._rows) - 1, -1, -1):
            if self._rows[place].key not in wanted:
                self.removeRow(place)
                del self._rows[place]
        places = {row.key: place for place, row in enumerate(self._rows)}
        for row in rows:
            known = places.get(row.key)
            if known is None:
                self._rows.append(row)
                self.appendRow([self._filled(QStandardItem(), column, row) for column in self.columns])
            else:
                self._change(known, row)

    def recolor(self) -> None:
        """Take the colours of a new theme."""
        for place, row in enumerate(self._rows):
            for column, spec in enumerate(self.columns):
                self._filled(self.item(place, column), spec, row)

    def _change(self, place: int, row: Row) -> None:
        """Change a row's cells, and tell of it once; a row that is the same may still show time that passes."""
        same = self._rows[place] == row
        self._rows[place] = row
        changed = False
        self.blockSignals(True)
        for column, spec in enumerate(self.columns):
            if same and not spec.is_passing:
                continue
            item = self.item(place, column)
            if not same or item.text() != spec.text(row):
                self._filled(item, spec, row)
                changed = True
        self.blockSignals(False)
        if changed:
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))

    @staticmethod
    def _filled(item: QStandardItem, column: Column[Row], row: Row) -> QStandardItem:
        tone = column.tone(row).partition("_")[0] if column.tone else ""
        item.setText(column.text(row))
        item.setEditable(False)
        item.setTextAlignment(_TRAILING if column.is_number else _LEADING)
        if column.hint is not None:
            item.setToolTip(column.hint(row))
        if column.icon is not None:
            item.setIcon(fixed_icon(column.icon(row), tone or "muted"))
        if column.tone is not None:
            item.setForeground(current().color(tone or "text"))
        return item


class RowFilter(QSortFilterProxyModel, Generic[Row]):
    """Sorts by several columns and keeps what the search and the filter row say."""

    def __init__(self, model: RowModel[Row]) -> None:
        super().__init__()
        self._model = model
        self.columns = model.columns
        self._search = ""
        self._filters: dict[str, str] = {}
        self._order: list[tuple[int, bool]] = []
        self.setSourceModel(model)
        self.setDynamicSortFilter(True)

    def search(self, text: str) -> None:
        """Keep the rows that hold all words of *text*."""
        self.beginFilterChange()
        self._search = text
        self.endFilterChange()

    def filter(self, key: str, text: str) -> None:
        """Keep the rows whose column *key* holds *text*; numbers take <, > and =."""
        self.beginFilterChange()
        self._filters[key] = text.strip()
        self.endFilterChange()

    def sort_by(self, column: int, *, add: bool) -> None:
        """Sort by *column*, turning the order when it is sorted already; *add* keeps the other columns before it."""
        known = dict(self._order)
        descending = not known[column] if column in known else self._model.columns[column].is_number
        if add and column in known:
            self._order = [(one, descending if one == column else way) for one, way in self._order]
        else:
            self._order = [*self._order, (column, descending)] if add else [(column, descending)]
        self.invalidate()
        self.sort(0)

    def use_order(self, order: Sequence[tuple[int, bool]]) -> None:
        """Sort by columns, each with whether it is descending, the first one first."""
        self._order = list(order)
        self.invalidate()
        self.sort(0)

    @property
    def searched(self) -> str:
        """Return what is searched for."""
        return self._search

    @property
    def order(self) -> list[tuple[int, bool]]:
        """Return the sorted columns, each with whether it is descending."""
        return self._order

    def row_at(self, index: Index) -> Row:
        """Return the row behind an index of this model."""
        return self._model.rows[self.mapToSource(index).row()]

    @override
    def filterAcceptsRow(self, source_row: int, source_parent: Index) -> bool:
        row = self._model.rows[source_row]
        return matches(self._model.columns, row, search=self._search, filters=self._filters)

    @override
    def lessThan(self, source_left: Index, source_right: Index) -> bool:
        left, right = self._model.rows[source_left.row()], self._model.rows[source_right.row()]
        for place, descending in self._order:
            value = self._model.columns[place].value
            one, other = value(left), value(right)
            if one != other:
                smaller = bool(other is not None and (one is None or one < other))
                return smaller != descending
        return source_left.row() < source_right.row()
