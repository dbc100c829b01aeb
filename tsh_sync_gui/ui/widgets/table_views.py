"""Keeps how a table is looked at, and brings it back: by itself at the next start, or by a name."""

from __future__ import annotations

from typing import Generic, TypeVar

from PySide6.QtCore import QByteArray, QObject, QSettings, Signal

from tsh_sync_gui.ui.models.rows import RowFilter
from tsh_sync_gui.ui.state.columns import Keyed
from tsh_sync_gui.ui.state.table_view import TableView, decoded_view, decoded_views, encoded, header_text
from tsh_sync_gui.ui.widgets.filter_header import FilterHeader
from tsh_sync_gui.ui.widgets.table_fit import TableFit

Row = TypeVar("Row", bound=Keyed)


class TableViews(QObject, Generic[Row]):
    """Widths, places and visibility of columns, order, filters and search of one table.

    *changed* says that another view is shown, *searched* carries the search it has.
    """

    changed = Signal()
    searched = Signal(str)

    def __init__(
        self, header: FilterHeader, filtered: RowFilter[Row], settings: QSettings | None, fit: TableFit
    ) -> None:
        super().__init__(header)
        self._header = header
        self._filtered = filtered
        self._settings = settings
        self._fit = fit
        self._columns = filtered.columns
        self._first = TableView()
        self._using = False

    @property
    def _key(self) -> str:
        return "tables/" + "-".join(column.key for column in self._columns)

    def recall(self) -> None:
        """Show the table as it was left."""
        for place, column in enumerate(self._columns):
            self._header.resizeSection(place, column.width)
        self._first = self.current()
        kept = decoded_view(self._settings.value(f"{self._key}/last")) if self._settings is not None else None
        if kept is not None:
            self.show_view(kept)

    def begin_with(self, key: str, *, descending: bool) -> None:
        """Sort by *key* where no other order was kept."""
        self._first = TableView(header=self._first.header, order=((key, descending),))
        if not self._filtered.order:
            self._filtered.use_order(self._places(self._first))
            self.changed.emit()

    def current(self) -> TableView:
        """Return how the table is looked at now."""
        texts = zip(self._columns, self._header.filters, strict=True)
        return TableView(
            header=header_text(bytes(self._header.saveState().data())) if self._fit.by_hand else "",
            filters={column.key: text for column, text in texts if text},
            order=tuple((self._columns[place].key, descending) for place, descending in self._filtered.order),
            search=self._filtered.searched,
        )

    def show_view(self, view: TableView) -> None:
        """Look at the table as *view* says; columns it does not know are left as they are."""
        self._using = True
        try:
            if view.header_bytes:
                self._header.restoreState(QByteArray(view.header_bytes))
                self._fit.arranged()
            else:
                self._fit.begin_anew()
            for place, column in enumerate(self._columns):
                self._header.set_filter(place, view.filters.get(column.key, ""))
            self._filtered.use_order(self._places(view))
            self._filtered.search(view.search)
        finally:
            self._using = False
        self.searched.emit(view.search)
        self.keep()
        self.changed.emit()

    def _places(self, view: TableView) -> list[tuple[int, bool]]:
        places = {column.key: place for place, column in enumerate(self._columns)}
        return [(places[key], descending) for key, descending in view.order if key in places]

    def keep(self) -> None:
        """Keep the present view for the next start."""
        if self._settings is not None and not self._using:
            self._settings.setValue(f"{self._key}/last", encoded(self.current()))

    def names(self) -> tuple[str, ...]:
        """Return the names of the saved views."""
        return tuple(self._saved())

    def save(self, name: str) -> None:
        """Save the present view as *name*; one of that name is replaced."""
        self._write({**self._saved(), name: self.current()})

    def use(self, name: str) -> None:
        """Show the saved view *name*."""
        view = self._saved().get(name)
        if view is not None:
            self.show_view(view)

    def forget(self, name: str) -> None:
        """Drop the saved view *name*."""
        self._write({one: view for one, view in self._saved().items() if one != name})

    def reset(self) -> None:
        """Show the table as it was before anybody changed it."""
        self.show_view(self._first)

    def _saved(self) -> dict[str, TableView]:
        return decoded_views(self._settings.value(f"{self._key}/views")) if self._settings is not None else {}

    def _write(self, views: dict[str, TableView]) -> None:
        if self._settings is not None:
            self._settings.setValue(f"{self._key}/views", encoded(views))
