"""9 First sync: what it costs, now or tonight."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.port import SetupPort
from tsh_sync_gui.bootstrap.setup.values import LimitsForm, OrganizationChoice, Step
from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.state.prices import priced, total
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Note
from tsh_sync_gui.ui.wizard.state.first_sync import estimate_rows, quota_text, tonight, tonight_text
from tsh_sync_gui.ui.wizard.table import FactTable

Read = tuple[list[Forecast], OrganizationChoice | None, LimitsForm]


async def _read(setup: SetupPort) -> Read:
    return await setup.estimate(), await setup.organization(), await setup.limits()


class FirstSyncPage(Page):
    """The end of the set-up; *run_now* says that the first sync begins at once, *run_later* that it waits.

    *check_up* says that everything shall be looked at once more before.
    """

    step = Step.FIRST_SYNC
    run_now = Signal()
    run_later = Signal()
    check_up = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.table = FactTable(
            tr("What the first sync takes"),
            (
                (tr("Records"), 160),
                (tr("In Zoho"), 90),
                (tr("Calls"), 140),
                (tr("Details that wait"), 130),
                (tr("Time"), 100),
            ),
            wide=0,
            ends=(1, 2, 3, 4),
        )
        self.quota = Note()
        self.tonight = button(tr("Run tonight"), icon_name="moon")
        self.estimate = button(tr("Estimate again"), icon_name="refresh")
        self.check = button(tr("Check everything"), icon_name="check")
        self._forecasts: list[Forecast] | None = None
        self._zone = ""
        box = QFrame()
        box.setObjectName("panelbox")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(6, 4, 6, 6)
        inside.addWidget(self.table)
        self.body.addWidget(box)
        self.body.addWidget(self.quota)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.tonight)
        row.addWidget(self.check)
        row.addStretch(1)
        row.addWidget(self.estimate)
        self.body.addLayout(row)
        self.tonight.clicked.connect(self._tonight)
        self.estimate.clicked.connect(self._estimate)
        self.check.clicked.connect(self.check_up)
        self.quota.show_note("")

    @override
    def enter(self) -> None:
        if self._forecasts is None:
            self._estimate()

    def _estimate(self) -> None:
        self.run(
            _read(self.setup),
            tr("Estimating from what Zoho answered…"),
            self._show,
            can_cancel=True,
        )

    def _show(self, read: Read) -> None:
        forecasts, organization, limits = read
        self._forecasts = forecasts
        self._zone = organization.time_zone if organization else ""
        self.table.set_rows(estimate_rows(forecasts, tuple(REGISTRY)))
        words, fits = quota_text(forecasts, limits.per_day)
        self.quota.show_note(words, "green" if fits else "amber")
        self.tonight.setText(tonight_text(tonight(datetime.now(UTC), self._zone), self._zone))

    @property
    @override
    def next_text(self) -> str:
        return priced(tr("Run now"), total(self._forecasts or ()))

    @override
    def focus_first(self) -> None:
        self.settled.emit()

    @override
    def again(self) -> None:
        self._estimate()

    @override
    def submit(self) -> None:
        # Kept like one for tonight: should the program end before the run has begun, its next start begins it.
        self.run(self._keep(datetime.now(UTC)), tr("Finishing the set-up…"), lambda _nothing: self.run_now.emit())

    def _tonight(self) -> None:
        when = tonight(datetime.now(UTC), self._zone)
        self.run(self._keep(when), tr("Finishing the set-up…"), lambda _nothing: self.run_later.emit())

    async def _keep(self, when: datetime) -> None:
        await self.setup.first_sync_at(when)
        await self.setup.mark(Step.FIRST_SYNC)

    @override
    def recolor(self) -> None:
        self.table.repaint_colors()
