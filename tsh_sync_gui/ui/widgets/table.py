"""A table as all tables are here: sorted, searched, filtered by column, copied, its widths kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from PySide6.QtCore import QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QMenu, QTableView, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.models.rows import RowFilter, RowModel
from tsh_sync_gui.ui.state.columns import Column, Keyed, as_csv, as_json, as_markdown, as_tabs
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import label
from tsh_sync_gui.ui.widgets.filter_header import FilterHeader

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

    def __init__(
        self, columns: Sequence[Column[Row]], name: str, *, empty: str, settings: QSettings | None = None
    ) -> None:
        super().__init__()
        self._name = name
        self._settings = settings
        self.model: RowModel[Row] = RowModel(columns)
        self.filtered: RowFilter[Row] = RowFilter(self.model)
        self.view = _View()
        self._header = FilterHeader([column.title for column in columns])
        self._empty = label(empty, "muted", wrap=True)
        self._build()
        self._restore()
        self._header.sectionResized.connect(self._keep)
        self._header.sectionMoved.connect(self._keep)

    def _build(self) -> None:
        view = self.view
        view.setModel(self.filtered)
        view.setHorizontalHeader(self._header)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setAccessibleName(self._name)
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
        self._header.customContextMenuRequested.connect(self._choose_columns)
        self._header.filtered.connect(self._filter)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(view, 1)
        column.addWidget(self._empty)
        self.filtered.rowsInserted.connect(self._count)
        self.filtered.rowsRemoved.connect(self._count)
        self.filtered.modelReset.connect(self._count)
        theme.current().changed.connect(self.model.recolor)
        self._count()

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show *rows*; selection, order and filters stay."""
        self.model.set_rows(rows)

    def sort_by(self, key: str, *, descending: bool = False) -> None:
        """Begin with the order of column *key*."""
        place = [column.key for column in self.model.columns].index(key)
        self.filtered.sort_by(place, add=False)
        if dict(self.filtered.order)[place] != descending:
            self.filtered.sort_by(place, add=False)
        self._show_order()

    def search(self, text: str) -> None:
        """Keep rows that hold all words of *text* anywhere."""
        self.filtered.search(text)
        self._count()

    def set_filter(self, key: str, text: str) -> None:
        """Write *text* into the filter row above column *key*."""
        self._header.set_filter([column.key for column in self.model.columns].index(key), text)

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

    def _visible_columns(self) -> list[Column[Row]]:
        places = (self._header.logicalIndex(visual) for visual in range(len(self.model.columns)))
        return [self.model.columns[place] for place in places if not self._header.isSectionHidden(place)]

    def _filter(self, place: int, text: str) -> None:
        self.filtered.filter(self.model.columns[place].key, text)
        self._count()

    def _sort(self, place: int) -> None:
        shifted = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.filtered.sort_by(place, add=shifted)
        self._show_order()

    def _show_order(self) -> None:
        place, descending = self.filtered.order[0]
        self._header.setSortIndicatorShown(True)
        self._header.setSortIndicator(
            place, Qt.SortOrder.DescendingOrder if descending else Qt.SortOrder.AscendingOrder
        )

    def _count(self) -> None:
        self._empty.setVisible(not self.model.rowCount())

    def _open_menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._add(menu, tr("Copy"), self.copy_cells, QKeySequence(QKeySequence.StandardKey.Copy))
        for text, render in (
            (tr("Copy as CSV"), as_csv),
            (tr("Copy as JSON"), as_json),
            (tr("Copy as Markdown"), as_markdown),
        ):
            self._add(menu, text, lambda _=False, render=render: self.copy(render))
        menu.popup(self.view.viewport().mapToGlobal(where))

    @staticmethod
    def _add(menu: QMenu, text: str, deed: Callable[..., object], key: QKeySequence | None = None) -> None:
        action = QAction(text, menu)
        action.triggered.connect(deed)
        if key is not None:
            action.setShortcut(key)
        menu.addAction(action)

    def copy(self, render: Callable[[Sequence[Column[Row]], Sequence[Row]], str]) -> None:
        """Copy the selected rows, else all that the filters let through, in the columns and order on screen."""
        QGuiApplication.clipboard().setText(render(self._visible_columns(), self.chosen() or self.visible_rows()))

    def copy_cells(self) -> None:
        """Copy the selected rows as spreadsheets take them."""
        self.copy(as_tabs)

    def _choose_columns(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for place, column in enumerate(self.model.columns):
            action = QAction(column.title, menu)
            action.setCheckable(True)
            action.setChecked(not self._header.isSectionHidden(place))
            action.toggled.connect(lambda shown, place=place: self._show_column(place, shown=shown))
            menu.addAction(action)
        menu.popup(self._header.mapToGlobal(where))

    def _show_column(self, place: int, *, shown: bool) -> None:
        if shown or len(self._visible_columns()) > 1:
            self._header.setSectionHidden(place, not shown)
            self._keep()

    def _keep(self) -> None:
        if self._settings is not None:
            self._settings.setValue(f"tables/{self._key}", self._header.saveState())

    @property
    def _key(self) -> str:
        return "-".join(column.key for column in self.model.columns)

    def _restore(self) -> None:
        for place, column in enumerate(self.model.columns):
            self._header.resizeSection(place, column.width)
        kept = self._settings.value(f"tables/{self._key}") if self._settings is not None else None
        if kept is not None:
            self._header.restoreState(kept)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_cells()
            return
        super().keyPressEvent(event)

    @property
    def empty_label(self) -> QLabel:
        """Return the line that says why there are no rows."""
        return self._empty
