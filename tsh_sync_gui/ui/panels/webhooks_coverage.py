"""The coverage of webhooks: per event when it was last heard, what was not told of, and the gap to fetch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Final

from PySide6.QtCore import QSettings, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from tsh_sync_gui.engine.coverage import Coverage
from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.ui.service import Service
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state import webhooks_coverage as state
from tsh_sync_gui.ui.state.prices import price
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.webhook_service import WebhookService
from tsh_sync_gui.ui.widgets.basics import button, label, set_text, set_tip
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox
from tsh_sync_gui.ui.widgets.table import DataTable

ALL: Final = "*"
"""The price of all gaps together, among those by entity."""


async def read_coverage(service: WebhookService, whole: Service) -> tuple[Coverage, dict[str, Forecast]]:
    """Return the coverage, and what fetching each silent entity's gap costs."""
    found = await service.coverage()
    costs: dict[str, Forecast] = {}
    for one in found.silences:
        forecasts = await whole.forecast(await service.gap_request(one.entity))
        if forecasts:
            costs[one.entity] = forecasts[0]
    return found, costs


class CoveragePage(QWidget):
    """*gap_wanted* carries the entity whose gap is to be fetched and whether its price was shown.

    *export_wanted* carries the table, *shown* how many silences there are and whether anything was not told of.
    """

    gap_wanted = Signal(str, bool)
    export_wanted = Signal(object)
    shown = Signal(int, bool)

    def __init__(self, now: Callable[[], datetime], zone: Callable[[], str], settings: QSettings | None) -> None:
        super().__init__()
        self._lead = label("", "muted", wrap=True)
        self.fetch = button(tr("Fetch the gap"), "", icon_name="refresh")
        self._alarms = QVBoxLayout()
        self._shown: tuple[object, ...] = ()
        self._is_reading = False
        self.boxes: list[ProblemBox] = []
        self.found: Coverage | None = None
        self.table: DataTable[state.CoverageRow] = DataTable(
            state.coverage_columns(now, zone), tr("Coverage"), empty=tr("No event is planned."), settings=settings
        )
        self._build()
        self.show_reading()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._lead, 1)
        head.addWidget(self.fetch)
        box = QFrame()
        box.setObjectName("panelbox")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(self.table)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(self._alarms)
        column.addLayout(head)
        column.addWidget(box, 1)
        self._alarms.setSpacing(8)
        self.fetch.clicked.connect(self._fetch_chosen)
        self.table.view.selectionModel().selectionChanged.connect(self._offer)
        self.table.export_wanted.connect(lambda: self.export_wanted.emit(self.table))

    def show_reading(self) -> None:
        """Say that it is being read."""
        self._is_reading = False
        set_text(self._lead, state.coverage_lead(None))
        self._offer()

    def read(self, session: Session, service: WebhookService | None, titles: Mapping[str, str]) -> None:
        """Read the coverage and show it; what cannot be read leaves what was read last."""
        whole = session.service
        if service is None or whole is None or self._is_reading:
            return
        self._is_reading = True
        alarm = whole.settings.webhook_silence_minutes

        def missed(_error: BaseException) -> None:
            self._is_reading = False

        def show(read: tuple[Coverage, dict[str, Forecast]]) -> None:
            self._is_reading = False
            prices = {name: price(cost) for name, cost in read[1].items()}
            if prices and len(prices) == len(read[0].silences):
                prices[ALL] = price(state.together(list(read[1].values())))
            self.show_coverage(read[0], titles, prices, alarm=alarm)

        session.actions.run(read_coverage(service, whole), then=show, otherwise=missed)

    def show_coverage(
        self, found: Coverage, titles: Mapping[str, str], prices: Mapping[str, str], *, alarm: int
    ) -> None:
        """Show *found*; *prices* are of fetching an entity's gap, *alarm* the minutes of silence that are one."""
        self.found = found
        set_text(self._lead, state.coverage_lead(found))
        self.table.set_rows(state.coverage_rows(found, titles, alarm=alarm))
        problems = state.silence_problems(found, titles, prices)
        if problems != self._shown:
            self._shown = problems
            for box in self.boxes:
                self._alarms.removeWidget(box)
                box.hide()
                box.deleteLater()
            self.boxes = []
            if len(problems) > 1:  # one box: three leave no room for the table
                words = tr("Fetch all gaps")
                words = f"{words} · {prices[ALL]}" if ALL in prices else words
                shown = [(words, state.silences_problem(found, titles), self._fetch_all)]
            else:
                shown = [(words, one, partial(self.gap_wanted.emit, entity, True)) for entity, words, one in problems]
            for words, problem, deed in shown:
                made = ProblemBox(problem, (words, deed))
                self.boxes.append(made)
                self._alarms.addWidget(made)
        self._offer()
        self.shown.emit(len(found.silences), state.needs_gap(self.table.visible_rows()))

    def _offer(self) -> None:
        row = self.table.current_row()
        chosen = row is not None and self.table.view.selectionModel().hasSelection()
        self.fetch.setEnabled(bool(chosen and row is not None and row.event.missed))
        ready, idle = tr("Fetch what no delivery told of"), tr("Choose an event with changes that nobody told of.")
        set_tip(self.fetch, ready if self.fetch.isEnabled() else idle)

    def _fetch_all(self) -> None:
        for one in self.found.silences if self.found is not None else ():
            self.gap_wanted.emit(one.entity, True)

    def _fetch_chosen(self) -> None:
        row = self.table.current_row()
        if row is not None:
            self.gap_wanted.emit(row.event.entity, False)
