"""Rows page by page: as many as were scrolled to are held, changed rows are changed in place, any can be marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from typing_extensions import override

from tsh_sync_gui.ui.icons import fixed_icon
from tsh_sync_gui.ui.state.columns import MARK, Column, Keyed
from tsh_sync_gui.ui.state.dead_letters import Marks
from tsh_sync_gui.ui.state.texts import tr

Row = TypeVar("Row", bound=Keyed)
Index = QModelIndex | QPersistentModelIndex
_NOWHERE: Final = QModelIndex()
_TRAILING: Final = Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter
_LEADING: Final = Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter
_Role = Qt.ItemDataRole


class PagedModel(QAbstractTableModel, Generic[Row]):
    """Holds the rows read so far and what is marked; *marked* says that the marks are others.

    *total* is how many match in all, *after* asks for the next page ("" at the end); *named* says what a row is called.
    """

    marked = Signal()

    def __init__(self, columns: Sequence[Column[Row]], named: Callable[[Row], str]) -> None:
        super().__init__()
        self._named = named
        self.columns = tuple(columns)
        self.rows: list[Row] = []
        self.total = 0
        self.after = ""
        self.marks = Marks()
        self._ids: frozenset[str] = frozenset()

    @override
    def rowCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.rows)

    @override
    def columnCount(self, parent: Index = _NOWHERE) -> int:
        return 0 if parent.isValid() else len(self.columns)

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        found = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren
        if index.isValid() and self.columns[index.column()].key == MARK:
            found |= Qt.ItemFlag.ItemIsUserCheckable
        return found

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        column = self.columns[section]
        if role == _Role.DisplayRole:
            return column.title
        if role == _Role.TextAlignmentRole:
            return _TRAILING if column.is_number else _LEADING
        if role == _Role.ToolTipRole and column.key == MARK:
            return tr("Mark all that are read, or none")
        return None

    @override
    def data(self, index: Index, role: int = _Role.DisplayRole) -> Any:
        if not index.isValid() or index.row() >= len(self.rows):
            return None
        row, column = self.rows[index.row()], self.columns[index.column()]
        if column.key == MARK:
            return self._mark_data(row, role)
        match role:
            case _Role.DisplayRole | _Role.AccessibleTextRole:
                return column.text(row).replace("\n", " ")
            case _Role.TextAlignmentRole:
                return _TRAILING if column.is_number else _LEADING
            case _Role.ToolTipRole:
                return column.hint(row) if column.hint else None
            case _Role.DecorationRole if column.icon is not None:
                return fixed_icon(column.icon(row), column.tone(row).partition("_")[0] if column.tone else "muted")
            case _:
                return None

    def _mark_data(self, row: Row, role: int) -> Any:
        if role == _Role.CheckStateRole:
            return Qt.CheckState.Checked if self.has_mark(row.key) else Qt.CheckState.Unchecked
        if role == _Role.AccessibleTextRole:
            return tr("Mark {record}").format(record=self._named(row))
        return None

    def has_mark(self, key: str) -> bool:
        """Tell whether the row *key* is marked."""
        return (key in self._ids) is (self.marks.everything is None)

    @override
    def setData(self, index: Index, value: Any, role: int = _Role.EditRole) -> bool:
        del value
        if role != _Role.CheckStateRole or not index.isValid():
            return False
        self.use_marks(self.marks.toggled(self.rows[index.row()].key))
        return True

    def use_marks(self, marks: Marks) -> None:
        """Mark others."""
        self.marks, self._ids = marks, frozenset(marks.ids)
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, 0), [_Role.CheckStateRole])
        self.marked.emit()

    def place_of(self, key: str) -> int:
        """Return the place of a row, -1 when it is not here."""
        return next((place for place, row in enumerate(self.rows) if row.key == key), -1)

    def restart(self, rows: Sequence[Row], *, total: int, after: str) -> None:
        """Show another list from its beginning."""
        self.beginResetModel()
        self.rows, self.total, self.after = list(rows), total, after
        self.endResetModel()

    def append(self, rows: Sequence[Row], *, total: int, after: str) -> None:
        """Add the next page; a row that moved down meanwhile is not shown twice."""
        known = {row.key for row in self.rows}
        fresh = [row for row in rows if row.key not in known]
        self.total, self.after = total, after
        if fresh:
            self.beginInsertRows(QModelIndex(), len(self.rows), len(self.rows) + len(fresh) - 1)
            self.rows.extend(fresh)
            self.endInsertRows()

    def renew(self, rows: Sequence[Row], *, total: int, after: str) -> bool:
        """Show the same list as it is now, row by row; False when its order is another and it was shown anew."""
        self.total, self.after = total, after
        wanted = {row.key for row in rows}
        for first, last in _ranges([place for place, row in enumerate(self.rows) if row.key not in wanted]):
            self.beginRemoveRows(QModelIndex(), first, last)
            del self.rows[first : last + 1]
            self.endRemoveRows()
        known = {row.key for row in self.rows}
        if [row.key for row in self.rows] != [row.key for row in rows if row.key in known]:
            self.restart(rows, total=total, after=after)
            return False
        for place, row in enumerate(rows):
            if row.key not in known:
                self.beginInsertRows(QModelIndex(), place, place)
                self.rows.insert(place, row)
                self.endInsertRows()
            elif self.rows[place] != row:
                self.rows[place] = row
                self.dataChanged.emit(self.index(place, 0), self.index(place, len(self.columns) - 1))
        return True

    def repaint_all(self) -> None:
        """Take the colours of a new theme, and ages as they are now."""
        if self.rows:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.rows) - 1, len(self.columns) - 1))


def _ranges(places: Sequence[int]) -> list[tuple[int, int]]:
    """Return runs of neighbouring places as (first, last), the last run first, so that removing moves none before."""
    found: list[tuple[int, int]] = []
    for place in places:
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found[::-1]
