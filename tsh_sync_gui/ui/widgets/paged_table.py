"""A list that is read page by page, whose rows are marked by hand or all that match."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Generic, TypeVar

from PySide6.QtCore import QByteArray, QItemSelectionModel, QPoint, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QMenu, QTableView, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.models.paged import PagedModel
from tsh_sync_gui.ui.state.columns import MARK, Column, Keyed, as_tabs
from tsh_sync_gui.ui.state.dead_letters import Marks
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import label
from tsh_sync_gui.ui.widgets.table_fit import TableFit
from tsh_sync_gui.ui.widgets.table_foot import TableFoot
from tsh_sync_gui.ui.widgets.table_menus import column_menu, copy_actions, drop_above

Row = TypeVar("Row", bound=Keyed)
_ROW_HEIGHT: Final = 30
_AHEAD: Final = 40
_FIXED: Final = frozenset({MARK, "record"})


class _View(QTableView):
    """*opened* Enter, *turned* Space."""

    opened = Signal()
    turned = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.opened.emit()
        elif event.key() == Qt.Key.Key_Space:
            self.turned.emit()
        else:
            super().keyPressEvent(event)


class PagedTable(QWidget, Generic[Row]):
    """Shows rows of a model. *current_changed* carries the key of the row in focus, *more* asks for the next page.

    *all_wanted* asks to mark all that match, *menu_wanted* for the menu there, *turned* says that Space was pressed.
    """

    current_changed = Signal(str)
    opened = Signal()
    more = Signal()
    turned = Signal()
    all_wanted = Signal()
    export_wanted = Signal()
    menu_wanted = Signal(QPoint)

    def __init__(self, model: PagedModel[Row], name: str, *, kept_as: str, settings: QSettings | None) -> None:
        super().__init__()
        self._settings = settings
        self._kept_as = f"table/{kept_as}/header"
        self._is_asking = False
        self._place = 0
        self._last_marked = ""
        self.model = model
        self.view = _View()
        self.foot = TableFoot()
        self._empty = label(tr("None is left. Esc shows the others."), "muted", wrap=True)
        self.fit = TableFit(self.view, model.columns)
        self._build(name)
        self._connect()
        self._count()

    def _build(self, name: str) -> None:
        view = self.view
        view.setModel(self.model)
        view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        view.setShowGrid(False)
        view.setWordWrap(False)
        view.setAccessibleName(name)
        view.setTabKeyNavigation(False)
        view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        view.verticalHeader().hide()
        view.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        view.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = view.horizontalHeader()
        header.setSectionsMovable(True)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        for place, spec in enumerate(self.model.columns):
            header.resizeSection(place, spec.width)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Fixed)
        if self._settings is not None:
            kept = self._settings.value(self._kept_as)
            if isinstance(kept, QByteArray):
                header.restoreState(kept)
                self.fit.arranged()
        self.foot.views.hide()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        QVBoxLayout(view.viewport()).addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(view, 1)
        column.addWidget(self.foot)

    def _connect(self) -> None:
        view, foot, header = self.view, self.foot, self.view.horizontalHeader()
        view.opened.connect(self.opened)
        view.doubleClicked.connect(self.opened)
        view.turned.connect(self.turned)
        view.customContextMenuRequested.connect(self.menu_wanted)
        view.selectionModel().currentRowChanged.connect(lambda now, _before: self._moved(now.row()))
        view.verticalScrollBar().valueChanged.connect(self._look_ahead)
        header.sectionClicked.connect(self._head_clicked)
        header.sectionResized.connect(self._arranged)
        header.sectionMoved.connect(self._arranged)
        foot.all_wanted.connect(self.all_wanted)
        foot.none_wanted.connect(lambda: self.model.use_marks(Marks()))
        foot.copy.clicked.connect(lambda: self.copy_as(as_tabs))
        foot.export.clicked.connect(self.export_wanted)
        foot.columns.clicked.connect(self._drop_columns)
        self.model.marked.connect(self._count)
        theme.current().changed.connect(self.model.repaint_all)

    # Rows

    def restart(self, rows: Sequence[Row], *, total: int, after: str) -> None:
        """Show another list from its beginning."""
        self._is_asking = False
        self._quietly(lambda: self.model.restart(rows, total=total, after=after))
        self._place = 0
        self.view.scrollToTop()
        self._count()

    def renew(self, rows: Sequence[Row], *, total: int, after: str) -> None:
        """Show the same list as it is now; the row in focus stays in focus as long as it is there."""
        key, scrolled = self.current, self.view.verticalScrollBar().value()
        self._is_asking = False
        self._quietly(lambda: self.model.renew(rows, total=total, after=after))
        place = self.model.place_of(key) if key else -1
        if place >= 0:
            self._go(place, quietly=True)
        else:
            self._quietly(self._leave_row)
        self.view.verticalScrollBar().setValue(scrolled)
        self._count()

    def append(self, rows: Sequence[Row], *, total: int, after: str) -> None:
        """Add the next page."""
        self._is_asking = False
        self.model.append(rows, total=total, after=after)
        self._count()

    def failed(self) -> None:
        """Say that the next page did not come: it may be asked for again."""
        self._is_asking = False

    def _leave_row(self) -> None:
        self.view.selectionModel().clear()

    def _quietly(self, deed: Callable[[], object]) -> None:
        """Do what moves the focus without telling: nobody chose another row."""
        chosen = self.view.selectionModel()
        chosen.blockSignals(True)
        deed()
        chosen.blockSignals(False)
        self.view.viewport().update()

    def _look_ahead(self) -> None:
        bar = self.view.verticalScrollBar()
        if self.model.after and not self._is_asking and bar.value() >= bar.maximum() - _AHEAD * _ROW_HEIGHT:
            self._is_asking = True
            self.more.emit()

    # The row in focus

    @property
    def current(self) -> str:
        """Return the key of the row in focus, "" for none."""
        index = self.view.currentIndex()
        return self.model.rows[index.row()].key if index.isValid() and index.row() < len(self.model.rows) else ""

    def row(self, key: str) -> Row | None:
        """Return a row by its key, None when it is not among those read."""
        place = self.model.place_of(key)
        return self.model.rows[place] if place >= 0 else None

    def _moved(self, place: int) -> None:
        if 0 <= place < len(self.model.rows):
            self._place = place
            self.current_changed.emit(self.model.rows[place].key)

    def step(self, by: int) -> None:
        """Go to a neighbour of the row in focus; where that row is gone, to the one in its place."""
        if not self.model.rows:
            return
        index = self.view.currentIndex()
        wanted = index.row() + by if index.isValid() else self._place + min(by, 0)
        self._go(max(0, min(wanted, len(self.model.rows) - 1)))

    def go_to(self, key: str) -> None:
        """Bring a row into focus."""
        place = self.model.place_of(key)
        if place >= 0:
            self._go(place)

    def _go(self, place: int, *, quietly: bool = False) -> None:
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        index = self.model.index(place, 1)

        def go() -> None:
            self.view.selectionModel().setCurrentIndex(index, flags)

        if quietly:
            self._quietly(go)
            self._place = place
        else:
            go()
            self.view.scrollTo(index)

    # Marks

    def mark_current(self) -> None:
        """Mark the row in focus, or take its mark back; with Shift all from the last marked one."""
        key = self.current
        if not key:
            return
        shifted = bool(QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier)
        start = self.model.place_of(self._last_marked) if shifted and self._last_marked else -1
        if start >= 0:
            low, high = sorted((start, self.view.currentIndex().row()))
            between = tuple(row.key for row in self.model.rows[low : high + 1])
            self.model.use_marks(self.model.marks.added(between))
        else:
            self.model.use_marks(self.model.marks.toggled(key))
        self._last_marked = key

    def mark_read(self) -> None:
        """Mark all rows that were read, or none when they are marked."""
        keys = tuple(row.key for row in self.model.rows)
        is_all = bool(keys) and all(self.model.has_mark(key) for key in keys)
        self.model.use_marks(Marks() if is_all else Marks(keys))

    def _count(self) -> None:
        self._empty.setVisible(not self.model.rows)
        self.foot.show_counts(len(self.model.marks), self.model.total, self.model.total)
        if self.model.marks.everything is not None:
            self.foot.choose_all.hide()
        self.foot.choose_none.setVisible(len(self.model.marks) > 0)

    # Order, columns, copies

    def _head_clicked(self, place: int) -> None:
        if self.model.columns[place].key == MARK:
            self.mark_read()

    def _keep(self) -> None:
        if self._settings is not None:
            self._settings.setValue(self._kept_as, self.view.horizontalHeader().saveState())

    def _drop_columns(self) -> None:
        columns, header = self.model.columns, self.view.horizontalHeader()
        menu = column_menu(self, columns, header, self._show_column, fixed=_FIXED)
        drop_above(menu, self.foot.columns)

    def _arranged(self) -> None:
        if not self.fit.is_moving:
            self.fit.arranged()
            self._keep()

    def _show_column(self, place: int, shown: bool) -> None:
        self.fit.arranged()
        self.view.horizontalHeader().setSectionHidden(place, not shown)
        self._keep()

    def copy_actions(self, menu: QMenu) -> list[QAction]:
        """Return the ways to copy, for a menu."""
        return copy_actions(menu, self.copy_as)

    def copy_as(self, way: Callable[[Sequence[Column[Row]], Sequence[Row]], str]) -> None:
        """Copy the marked rows that were read, else the row in focus, else all rows read."""
        rows = [row for row in self.model.rows if self.model.has_mark(row.key)]
        here = self.row(self.current)
        chosen = rows or ([here] if here is not None else self.model.rows)
        QGuiApplication.clipboard().setText(way([one for one in self.shown_columns() if one.key != MARK], chosen))

    def shown_columns(self) -> list[Column[Row]]:
        """Return the columns as they stand on screen, with those that have no room there."""
        header = self.view.horizontalHeader()
        places = (header.logicalIndex(visual) for visual in range(len(self.model.columns)))
        return [
            self.model.columns[place]
            for place in places
            if not header.isSectionHidden(place) or self.fit.has_yielded(place)
        ]

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_as(as_tabs)
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.mark_read()
        else:
            super().keyPressEvent(event)
