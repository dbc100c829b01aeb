"""The list of dead letters: paged, sorted by the database, marked by hand or all that match."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QSettings, Qt, Signal

from tsh_sync_gui.engine.letters.values import LetterOrder
from tsh_sync_gui.ui.models.letters import LetterModel
from tsh_sync_gui.ui.state.dead_letters_rows import ORDERS, TURNED, LetterRow, letter_columns
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.paged_table import PagedTable


class LetterTable(PagedTable[LetterRow]):
    """Shows letters; *sorted* carries order and direction."""

    sorted = Signal(object, bool)

    def __init__(self, now: Callable[[], datetime], zone: Callable[[], str], settings: QSettings | None) -> None:
        model = LetterModel(letter_columns(now, zone))
        super().__init__(model, tr("Dead letters"), kept_as="letters", settings=settings)
        self.order, self.is_descending = LetterOrder.LAST_SEEN, True
        self.turned.connect(self.mark_current)
        self.view.horizontalHeader().sectionClicked.connect(self._sort)
        self._show_order()

    def _sort(self, place: int) -> None:
        key = self.model.columns[place].key
        if key in ORDERS:
            same = ORDERS[key] is self.order
            self.is_descending = not self.is_descending if same else key in {"last", "tries"}
            self.order = ORDERS[key]
            self.sorted.emit(self.order, self.is_descending)
        self._show_order()

    def _show_order(self) -> None:
        keys = [column.key for column in self.model.columns]
        key = next(one for one, order in ORDERS.items() if order is self.order)
        is_down = self.is_descending is not (key in TURNED)
        way = Qt.SortOrder.DescendingOrder if is_down else Qt.SortOrder.AscendingOrder
        header = self.view.horizontalHeader()
        header.setSortIndicatorShown(True)
        header.setSortIndicator(keys.index(key), way)
