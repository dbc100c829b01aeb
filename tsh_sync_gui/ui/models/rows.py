"""A table model of rows and declared columns: rows are updated in place, so selection and order survive."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from typing_extensions import override

from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.state.columns import Column, Keyed, matches
from tsh_sync_gui.ui.theme import current

Row = TypeVar("Row", bound=Keyed)
Index = QModelIndex | QPersistentModelIndex

SORT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_TRAILING = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
_LEADING = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
_NOWHERE = QModelIndex()


class RowModel(QAbstractTableModel, Generic[Row]):
    """Rows with a key each."""

    def __init__(self, columns: Sequence[Column[Row]]) -> None:
        super().__init__()
        self.columns = tuple(columns)
        self._rows: list[Row] = []

    @property
    def rows(self) -> list[Row]:
        """Return the rows as they are."""
        return self._rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show *rows*: those with a known key are changed in place, others come and go."""
        wanted = {row.key for row in rows}
        for place in range(len(self._rows) - 1, -1, -1):
            if self._rows[place].key not in wanted:
                self.beginRemoveRows(QModelIndex(), place, place)
                del self._rows[place]
                self.endRemoveRows()
        places = {row.key: place for place, row in enumerate(self._rows)}
        new = [row for row in rows if row.key not in places]
        for row in rows:
            self._change(places.get(row.key), row)
        if new:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(new) - 1)
            self._rows += new
            self.endInsertRows()

    def _change(self, place: int | None, row: Row) -> None:
        if place is not None and self._rows[place] != row:
            self._rows[place] = row
            self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _TRAILING if self.columns[section].is_number else _LEADING
        return None

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        column, row = self.columns[index.column()], self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.AccessibleTextRole:
                return column.text(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                return _TRAILING if column.is_number else _LEADING
            case Qt.ItemDataRole.ToolTipRole:
                return column.hint(row) if column.hint else None
            case Qt.ItemDataRole.ForegroundRole:
                tone = column.tone(row).partition("_")[0] if column.tone else ""
                return current().color(tone) if tone else None
            case Qt.ItemDataRole.DecorationRole if column.icon is not None:
                tone = column.tone(row).partition("_")[0] if column.tone else ""
                return icon(column.icon(row), tone or "muted")
            case _:
                return column.value(row) if role == SORT_ROLE else None


class RowFilter(QSortFilterProxyModel, Generic[Row]):
    """Sorts by several columns and keeps what the search and the filter row say."""

    def __init__(self, model: RowModel[Row]) -> None:
        super().__init__()
        self._model = model
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
