"""8 Limits: plan, rate and page size, and what the schedule costs a day."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.values import LimitsForm, PlanQuota, ScheduleCost, Step
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.bar import ProgressLine
from tsh_sync_gui.ui.widgets.basics import label, set_property, set_text
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Field, Note, section
from tsh_sync_gui.ui.wizard.state.limits import (
    FIELDS,
    cost_rows,
    cost_sum,
    field_texts,
    plan_of,
    plan_title,
    rate_warning,
    read_form,
)
from tsh_sync_gui.ui.wizard.table import FactTable

_PAUSE_MS = 250


class LimitsPage(Page):
    """The schedule's cost follows what is typed."""

    step = Step.LIMITS

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.plan = QComboBox()
        self.fields = {name: Field(title) for name, (title, _hint) in field_texts().items()}
        self.warning = Note()
        self.table = FactTable(
            tr("What the schedule costs"),
            ((tr("Records"), 220), (tr("Fetched"), 160), (tr("Calls a day"), 120)),
            wide=0,
            ends=(2,),
        )
        self.bar = ProgressLine(tr("Share of the daily quota"))
        self.sum = label("", "body", wrap=True)
        self._plans: tuple[PlanQuota, ...] = ()
        self._costs: tuple[ScheduleCost, ...] = ()
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE_MS)
        self._soon.timeout.connect(self._price)
        self._is_filled = False
        self._build()

    def _build(self) -> None:
        self.plan.setAccessibleName(tr("Zoho plan"))
        holder = QWidget()
        top = QVBoxLayout(holder)
        top.setContentsMargins(0, 0, 0, 0)
        top.setSpacing(3)
        top.addWidget(label(tr("Your Zoho plan"), "strong"))
        top.addWidget(self.plan)
        self.body.addWidget(holder)
        grid = QGridLayout()
        grid.setHorizontalSpacing(18)
        grid.setVerticalSpacing(12)
        for place, name in enumerate(FIELDS):
            box = QWidget()
            column = QVBoxLayout(box)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(2)
            column.addWidget(self.fields[name])
            column.addWidget(label(field_texts()[name][1], "caption", wrap=True))
            column.addStretch(1)
            grid.addWidget(box, place // 2, place % 2, Qt.AlignmentFlag.AlignTop)
            self.fields[name].edited.connect(self._edited)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)
        self.body.addWidget(self.warning)
        self.body.addWidget(section(tr("What the proposed schedule costs a day")))
        self.body.addWidget(self.sum)
        self.body.addWidget(self.bar)
        box = QFrame()
        box.setObjectName("panelbox")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(6, 4, 6, 6)
        inside.addWidget(self.table)
        self.body.addWidget(box)
        self.warning.show_note("")

    # Shown

    @override
    def enter(self) -> None:
        if not self._plans:
            self._plans = self.setup.plans()
            for plan in self._plans:
                self.plan.addItem(plan_title(plan))
            self.plan.addItem(tr("Another quota"))
            self.plan.currentIndexChanged.connect(self._plan_chosen)
        if not self._is_filled:
            self.run(self.setup.limits(), tr("Reading the limits…"), self._fill)

    def _fill(self, limits: LimitsForm) -> None:
        self._is_filled = True
        for name in FIELDS:
            self.fields[name].set_text(str(getattr(limits, name)))
        self._edited()
        self._price()

    @override
    def again(self) -> None:
        if self._is_filled:
            self.submit()
        else:
            self.enter()

    def _plan_chosen(self, place: int) -> None:
        if 0 <= place < len(self._plans):
            self.fields["per_day"].set_text(str(self._plans[place].per_day))
            self.fields["concurrency"].set_text(str(self._plans[place].concurrency))
            self._edited()

    @property
    def form(self) -> LimitsForm | None:
        """Return the limits as typed, None while something is wrong."""
        return read_form({name: field.text for name, field in self.fields.items()})[0]

    def _edited(self) -> None:
        self.drop_problem()
        form, faults = read_form({name: field.text for name, field in self.fields.items()})
        for name, field in self.fields.items():
            field.show_fault(faults.get(name, ""))
        if form is not None:
            self.warning.show_note(rate_warning(form), "amber")
            place = plan_of(form, self._plans)
            self.plan.blockSignals(True)
            self.plan.setCurrentIndex(place if place >= 0 else len(self._plans))
            self.plan.blockSignals(False)
            self._soon.start()
        self.changed.emit()

    def _price(self) -> None:
        form = self.form
        if form is not None and self.desk.setup is not None:
            self.quietly(self.setup.schedule_cost(form), self._show_costs)

    def _show_costs(self, costs: tuple[ScheduleCost, ...]) -> None:
        self._costs = costs
        self.table.set_rows(cost_rows(costs))
        form = self.form
        if form is not None:
            found = cost_sum(costs, form.per_day)
            set_text(self.sum, found.text)
            set_property(self.sum, "tone", found.tone if found.tone != "green" else "")
            self.bar.show_share(found.share, found.text)

    @property
    @override
    def can_go_on(self) -> bool:
        return not self.is_busy and self.form is not None

    @override
    def focus_first(self) -> None:
        self.plan.setFocus(Qt.FocusReason.TabFocusReason)

    @override
    def submit(self) -> None:
        form = self.form
        if form is not None:
            self.desk.found["per_day"] = form.per_day
            self.run(self.setup.keep_limits(form), tr("Keeping the limits…"), lambda _nothing: self.finished.emit())

    @override
    def leave(self) -> None:
        self._soon.stop()
        super().leave()

    @override
    def recolor(self) -> None:
        self.table.repaint_colors()
