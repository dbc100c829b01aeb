"""7 Webhooks: address, secret and events, each ticking itself when its first delivery arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.port import SetupPort
from tsh_sync_gui.bootstrap.setup.values import ScheduleCost, Step, WebhookPlan
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhook_address import is_only_here, only_here_words
from tsh_sync_gui.ui.widgets.basics import button, label, set_text
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Field, Note, section
from tsh_sync_gui.ui.wizard.secret_row import SecretRow
from tsh_sync_gui.ui.wizard.state.webhooks import ADDRESS, dots, event_rows, seen_text, skip_text
from tsh_sync_gui.ui.wizard.table import FactTable

_LOOK_MS = 2000


async def _costs(setup: SetupPort) -> tuple[ScheduleCost, ...]:
    return await setup.schedule_cost(await setup.limits())


class WebhooksPage(Page):
    """Looks every two seconds what has arrived, while it is in front."""

    step = Step.WEBHOOKS

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.address = Field(tr("Address Zoho calls"), hint="https://erp.example.com/api/webhooks/zoho")
        self.keep = button(tr("Keep"))
        self.copy_address = button(tr("Copy"), icon_name="copy")
        self.secret = SecretRow(tr("Secret"), self._fetch)
        self.renew = button(tr("New"), icon_name="refresh")
        self.table = FactTable(
            tr("Events to set up in Zoho"),
            ((tr("Event"), 200), (tr("Module"), 130), (tr("Address"), 180), (tr("Seen"), 160)),
            wide=3,
        )
        self._seen = label("", "small")
        self.listener = Note()
        self.start = button(tr("Start the listener"), "soft", icon_name="play")
        self.test_here = button(tr("Test from this computer"), icon_name="play")
        self.test_public = button(tr("Test public address"), icon_name="cloud")
        self.result = Note()
        self.without = Note()
        self._plan: WebhookPlan | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._is_looking = False
        self._build()

    def _build(self) -> None:
        self.body.addWidget(self.listener)
        self.body.addWidget(self.start, 0, Qt.AlignmentFlag.AlignLeading)
        self.address.row.addWidget(self.keep)
        self.body.addWidget(self.address)
        self.secret.add(self.renew)
        self.renew.setAccessibleName(tr("New secret"))
        self.body.addWidget(self.secret)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.test_here)
        row.addWidget(self.test_public)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self.result)
        self.body.addWidget(self.without)
        head = QHBoxLayout()
        hint = tr(
            "In Zoho: Settings → Automation → Workflow Actions → Webhooks. One for each line with its address (click it"
            " to copy), this secret, POST and “Default payload”; and a workflow rule for the event that calls it."
        )
        head.addWidget(section(tr("Events"), hint), 1)
        head.addWidget(self._seen, 0, Qt.AlignmentFlag.AlignBottom)
        self.body.addLayout(head)
        box = QFrame()
        box.setObjectName("panelbox")
        inside = QVBoxLayout(box)
        inside.setContentsMargins(6, 4, 6, 6)
        inside.addWidget(self.table)
        self.body.addWidget(box)
        self.keep.clicked.connect(lambda: self._keep(then=lambda: None))
        self.renew.clicked.connect(self._renew)
        self.start.clicked.connect(self._start)
        self.start.hide()
        self.test_here.clicked.connect(lambda: self._test(public=False))
        self.test_public.clicked.connect(lambda: self._test(public=True))
        self.address.edited.connect(self._typed)
        self.table.cellClicked.connect(self._copy_address)
        for note in (self.listener, self.result, self.without):
            note.show_note("")

    # Shown

    @override
    def enter(self) -> None:
        self.quietly(self.setup.webhooks(), self._show)
        self.quietly(_costs(self.setup), lambda costs: self.without.show_note(skip_text(costs)))
        self._timer.start()

    @override
    def leave(self) -> None:
        self._timer.stop()
        self._is_looking = False
        self.secret.conceal()
        super().leave()

    def _look(self) -> None:
        if not self._is_looking and self.isVisible() and self.problem_box is None:
            self._is_looking = True
            self.quietly(self.setup.webhooks(), self._looked)

    def _looked(self, plan: WebhookPlan) -> None:
        self._is_looking = False
        self._show(plan)

    def _show(self, plan: WebhookPlan) -> None:
        is_first = self._plan is None
        self._plan = plan
        if is_first or (not self.address.line.hasFocus() and not self._is_typed):
            self.address.set_text(plan.address)
        self.secret.show_dots(dots(plan.secret))
        self.table.set_rows(event_rows(plan.events, datetime.now(UTC), plan.address))
        if plan.is_fresh:
            self.result.show_note(tr("A secret was made and is kept here. Enter it in Zoho's webhooks."), "blue")
        set_text(self._seen, seen_text(plan))
        down = tr(
            "No listener runs on this computer yet: deliveries are not received. It goes on when the window closes."
        )
        self.listener.show_note("" if plan.is_listening else down, "blue")
        self.start.setVisible(not plan.is_listening)
        self._offer()

    @property
    def _is_typed(self) -> bool:
        return self._plan is not None and self.address.text != self._plan.address

    def _typed(self) -> None:
        self.address.show_fault("")
        self.result.show_note("")
        self._offer()

    def _offer(self) -> None:
        self.keep.setVisible(self._is_typed)
        self.test_public.setEnabled(bool(self.address.text))
        self.test_public.setToolTip("" if self.address.text else tr("Enter the address first."))
        self.changed.emit()

    @property
    @override
    def skip_text(self) -> str:
        return tr("Skip: poll instead")

    @property
    @override
    def can_go_on(self) -> bool:
        return not self.is_busy and bool(self.address.text)

    @property
    @override
    def missing(self) -> str:
        return tr("Enter the address that Zoho calls, or skip the step")

    @override
    def focus_first(self) -> None:
        self.address.line.setFocus(Qt.FocusReason.TabFocusReason)

    def _fetch(self, then: Callable[[str], object]) -> None:
        self.quietly(self.setup.reveal_webhook_secret(), then)

    # Done

    def _keep(self, then: object) -> None:
        deed = then if callable(then) else None

        def kept(plan: WebhookPlan) -> None:
            self._plan = None
            self._show(plan)
            if deed is not None:
                deed()

        self.run(
            self.setup.keep_webhook_address(self.address.text), tr("Keeping the address…"), kept, otherwise=self._bad
        )

    def _bad(self, error: BaseException) -> None:
        problem = problem_from(error)
        self.address.show_fault(f"{problem.title}. {problem.meaning}" if problem.meaning else problem.title)
        self.address.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _renew(self) -> None:
        def renewed(plan: WebhookPlan) -> None:
            self._show(plan)
            self.result.show_note(
                tr("A new secret. Enter it in Zoho as well: the old one no longer counts there."), "blue"
            )

        self.run(self.setup.new_webhook_secret(), tr("Making a new secret…"), renewed)

    def _start(self) -> None:
        def started(plan: WebhookPlan) -> None:
            self._show(plan)
            self.result.show_note(tr("The listener runs. Its first delivery ticks a line below."), "green")

        self.run(
            self.setup.start_listener(),
            tr("Starting the listener…"),
            started,
            otherwise=lambda error: self.show_error(error, (tr("Try again"), self._start)),
        )

    def _test(self, *, public: bool) -> None:
        self.result.show_note("")
        if public and self._is_typed:
            self._keep(then=lambda: self._test(public=True))
            return
        words = tr("Calling the public address…") if public else tr("Calling the listener on this computer…")
        self.run(
            self.setup.test_webhook(public=public),
            words,
            lambda seen: self._tested(seen, public=public),
            otherwise=lambda error: self.show_error(error, (tr("Test again"), lambda: self._test(public=public))),
            can_cancel=True,
        )

    def _tested(self, seen: str, *, public: bool) -> None:
        is_no_use = public and is_only_here(self.address.text)
        self.result.show_note(f"{seen} {only_here_words()}" if is_no_use else seen, "amber" if is_no_use else "green")

    def _copy_address(self, place: int, column: int) -> None:
        row = self.table.rows[place]
        if column == ADDRESS and row.cells[ADDRESS].copied:
            QGuiApplication.clipboard().setText(row.cells[ADDRESS].copied)
            self.result.show_note(tr("Copied: {address}").format(address=row.cells[ADDRESS].copied), "blue")

    @override
    def submit(self) -> None:
        if self._is_typed:
            self._keep(then=self.finished.emit)
        else:
            self.finished.emit()

    @override
    def recolor(self) -> None:
        self.table.repaint_colors()
