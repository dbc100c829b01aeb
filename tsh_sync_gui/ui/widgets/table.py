"""A table as all tables are here: sorted, searched, filtered by column, copied, its widths kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from PySide6.QtCore import QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.models.rows import RowFilter, RowModel
from tsh_sync_gui.ui.state.columns import Column, Keyed, as_tabs
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import label, set_text
from tsh_sync_gui.ui.widgets.filter_header import FilterHeader
from tsh_sync_gui.ui.widgets.table_fit import TableFit
from tsh_sync_gui.ui.widgets.table_foot import TableFoot
from tsh_sync_gui.ui.widgets.table_menus import add, column_menu, copy_actions, drop_above, new_menu, view_menu
from tsh_sync_gui.ui.widgets.table_views import TableViews

Row = TypeVar("Row", bound=Keyed)
_ROW_HEIGHT: Final = 30


class _View(QTableView):
    opened = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.opened.emit()
            return
        super().keyPressEvent(event)


class DataTable(QWidget, Generic[Row]):
    """Shows rows of declared columns; *opened* says that the row in focus was chosen (Enter, double click)."""

    opened = Signal()
    export_wanted = Signal()

    def __init__(
        self, columns: Sequence[Column[Row]], name: str, *, empty: str, settings: QSettings | None = None
    ) -> None:
        super().__init__()
        self.name = name
        self.model: RowModel[Row] = RowModel(columns)
        self.filtered: RowFilter[Row] = RowFilter(self.model)
        self.view = _View()
        self._header = FilterHeader([column.title for column in columns])
        self._empty = label(empty, "muted", wrap=True)
        self.foot = TableFoot()
        self.view.setHorizontalHeader(self._header)
        self.fit = TableFit(self.view, columns)
        self.views: TableViews[Row] = TableViews(self._header, self.filtered, settings, self.fit)
        self._build()
        self.views.recall()
        self._header.sectionResized.connect(self._arranged)
        self._header.sectionMoved.connect(self._arranged)

    def _build(self) -> None:
        view = self.view
        view.setModel(self.filtered)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setAccessibleName(self.name)
        view.setTabKeyNavigation(False)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        view.customContextMenuRequested.connect(self._open_menu)
        view.doubleClicked.connect(self.opened)
        view.opened.connect(self.opened)
        self._header.setSectionsMovable(True)
        self._header.setStretchLastSection(True)
        self._header.sectionClicked.connect(self._sort)
        self._header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self._header.customContextMenuRequested.connect(
            lambda where: self._column_menu().popup(self._header.mapToGlobal(where))
        )
        self._header.filtered.connect(self._filter)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        inside = QVBoxLayout(view.viewport())
        inside.setContentsMargins(16, 8, 16, 8)
        inside.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(view, 1)
        column.addWidget(self.foot)
        self._connect_foot()
        self.filtered.rowsInserted.connect(self._count)
        self.filtered.rowsRemoved.connect(self._count)
        self.filtered.modelReset.connect(self._count)
        theme.current().changed.connect(self.model.recolor)
        self._count()

    def _connect_foot(self) -> None:
        foot = self.foot
        foot.all_wanted.connect(self.view.selectAll)
        foot.none_wanted.connect(self.view.clearSelection)
        foot.copy.clicked.connect(self.copy_cells)
        foot.export.clicked.connect(self.export_wanted)
        foot.columns.clicked.connect(lambda: drop_above(self._column_menu(), foot.columns))
        foot.views.clicked.connect(lambda: drop_above(view_menu(self, self.views), foot.views))
        self.view.selectionModel().selectionChanged.connect(self._count)
        self.views.changed.connect(self._viewed)

    def _viewed(self) -> None:
        self._show_order()
        self._count()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show *rows*; selection, order and filters stay."""
        self.model.set_rows(rows)
        self._count()

    def say_empty(self, words: str) -> None:
        """Say something else where there are no rows."""
        set_text(self._empty, words)

    def sort_by(self, key: str, *, descending: bool = False) -> None:
        """Begin with the order of column *key*, where no other was kept."""
        self.views.begin_with(key, descending=descending)

    def search(self, text: str) -> None:
        """Keep rows that hold all words of *text* anywhere."""
        self.filtered.search(text)
        self._keep()
        self._count()

    def set_filter(self, key: str, text: str) -> None:
        """Write *text* into the filter row above column *key*."""
        self._header.set_filter([column.key for column in self.model.columns].index(key), text)

    def keep_small(self) -> None:
        """Leave out the filter row and the views: this table lists a few rows beside other things."""
        self._header.hide_fields()
        self.foot.views.hide()

    def focus_filter(self) -> None:
        """Go to the filter row."""
        self._header.focus_first()

    def clear_filters(self) -> bool:
        """Empty the filter row; False when it was empty."""
        return self._header.clear()

    def chosen(self) -> list[Row]:
        """Return the selected rows as sorted on screen."""
        indexes = self.view.selectionModel().selectedRows()
        return [self.filtered.row_at(index) for index in sorted(indexes, key=lambda one: one.row())]

    def current_row(self) -> Row | None:
        """Return the row in focus."""
        index = self.view.currentIndex()
        return self.filtered.row_at(index) if index.isValid() else None

    def visible_rows(self) -> list[Row]:
        """Return all rows that the filters let through, as sorted."""
        return [self.filtered.row_at(self.filtered.index(place, 0)) for place in range(self.filtered.rowCount())]

    def visible_columns(self) -> list[Column[Row]]:
        """Return the columns as they stand on screen."""
        places = (self._header.logicalIndex(visual) for visual in range(len(self.model.columns)))
        return [self.model.columns[place] for place in places if self._is_chosen(place)]

    def _is_chosen(self, place: int) -> bool:
        """Tell whether a column is to be seen, be there room for it or not."""
        return not self._header.isSectionHidden(place) or self.fit.has_yielded(place)

    def _filter(self, place: int, text: str) -> None:
        self.filtered.filter(self.model.columns[place].key, text)
        self._keep()
        self._count()

    def _sort(self, place: int) -> None:
        shifted = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.filtered.sort_by(place, add=shifted)
        self._show_order()
        self._keep()

    def _show_order(self) -> None:
        self._header.setSortIndicatorShown(bool(self.filtered.order))
        if not self.filtered.order:
            return
        place, descending = self.filtered.order[0]
        self._header.setSortIndicator(
            place, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        )

    def _count(self) -> None:
        whole = self.model.rowCount()
        if self._empty.isHidden() is not whole > 0:
            self._empty.setVisible(not whole)
        many = self.view.selectionMode() is not QAbstractItemView.SelectionMode.SingleSelection
        chosen = len(self.view.selectionModel().selectedRows()) if many else 0
        self.foot.show_counts(chosen, self.filtered.rowCount(), whole)

    def _open_menu(self, where: QPoint) -> None:
        menu = new_menu(self)
        menu.addActions(copy_actions(menu, self.copy))
        menu.addSeparator()
        add(menu, tr("Export as shown…"), self.export_wanted.emit, QKeySequence("Ctrl+E"))
        menu.popup(self.view.viewport().mapToGlobal(where))

    def copy(self, render: Callable[[Sequence[Column[Row]], Sequence[Row]], str]) -> None:
        """Copy the selected rows, else all that the filters let through, in the columns and order on screen."""
        QGuiApplication.clipboard().setText(render(self.visible_columns(), self.chosen() or self.visible_rows()))

    def copy_cells(self) -> None:
        """Copy the selected rows as spreadsheets take them."""
        self.copy(as_tabs)

    def _column_menu(self) -> QMenu:
        return column_menu(
            self, self.model.columns, self._header, lambda place, shown: self.show_column(place, shown=shown)
        )

    def show_column(self, place: int, *, shown: bool) -> None:
        """Show or hide a column; the last one stays."""
        if shown or len(self.visible_columns()) > 1:
            self.fit.arranged()
            self._header.setSectionHidden(place, not shown)
            self._keep()

    def _arranged(self) -> None:
        if not self.fit.is_moving:
            self.fit.arranged()
            self._keep()

    def _keep(self) -> None:
        self.views.keep()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_cells()
            return
        super().keyPressEvent(event)
