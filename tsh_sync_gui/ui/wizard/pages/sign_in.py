"""4 Sign in: the browser comes back by itself, or an address or a code is pasted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.values import Attempt, SignedIn, Step, TokenHealth, ZohoApp
from tsh_sync_gui.core.errors import RateLimitedError
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_text
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Facts, Field, Note, ValueRow, flash
from tsh_sync_gui.ui.wizard.state.sign_in import (
    CODE_MINUTES,
    Countdown,
    Phase,
    Remedy,
    code_countdown,
    health_facts,
    remedy_of,
    remedy_texts,
    scope_words,
    signed_in_facts,
)

_TICK_MS = 500


class SignInPage(Page):
    """Holds one attempt at a time; what it waits for can always be stopped."""

    step = Step.SIGN_IN

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.facts = Facts()
        self.asks = Note()
        self.open = button(tr("Sign in at Zoho"), "primary", icon_name="person")
        self.by_code = button(tr("I have a self-client code"), "flat")
        self.countdown = label("", "figure")
        self._waiting_words = label("", "body", wrap=True)
        self.reopen = button(tr("Open the browser again"), icon_name="refresh")
        self.copy_link = button(tr("Copy link"), icon_name="copy")
        self.stop = button(tr("Cancel"))
        self.address = Field(tr("Or paste the address you landed on"), hint="http://localhost:8976/callback?…")
        self.use_address = button(tr("Use this address"))
        self.scopes = ValueRow(tr("Scope to paste in Zoho's console"))
        self.console = button(tr("Open Zoho's API console"), icon_name="cloud")
        self.minutes = QComboBox()
        self.code = Field(tr("Code"), hint="1000.…")
        self.use_code = button(tr("Use this code"), "primary")
        self.back = button(tr("Sign in with the browser instead"), "flat")
        self._code_words = label("", "small", wrap=True)
        self._idle, self._waiting, self._coding = QWidget(), QFrame(), QWidget()
        self._phase = Phase.IDLE
        self._attempt: Attempt | None = None
        self._browser: asyncio.Task[None] | None = None
        self._left: Countdown | None = None
        self._app: ZohoApp | None = None
        self._health: TokenHealth | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self._build()

    def _build(self) -> None:
        self.body.addWidget(self.facts)
        self.body.addWidget(self.asks)
        self._build_idle()
        self._build_waiting()
        self._build_code()
        for part in (self._idle, self._waiting, self._coding):
            self.body.addWidget(part)
        self.open.clicked.connect(self.begin)
        self.by_code.clicked.connect(self.show_code)
        self.back.clicked.connect(lambda: self._show(Phase.IDLE))
        self.reopen.clicked.connect(self._open_browser)
        self.copy_link.clicked.connect(self._copy_link)
        self.stop.clicked.connect(self.cancel)
        self.use_address.clicked.connect(self._finish_with_address)
        self.use_code.clicked.connect(self._finish_with_code)
        self.console.clicked.connect(self._open_console)
        self.code.edited.connect(self._code_typed)
        self.address.edited.connect(self._address_typed)
        self.asks.show_note("")
        self._show(Phase.IDLE)

    def _build_idle(self) -> None:
        row = QHBoxLayout(self._idle)
        row.setContentsMargins(0, 4, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.open)
        row.addWidget(self.by_code)
        row.addStretch(1)

    def _build_waiting(self) -> None:
        self._waiting.setObjectName("panelbox")
        column = QVBoxLayout(self._waiting)
        column.setContentsMargins(20, 18, 20, 18)
        column.setSpacing(12)
        head = QHBoxLayout()
        head.setSpacing(18)
        self.countdown.setAccessibleName(tr("Time left"))
        head.addWidget(self.countdown)
        head.addWidget(self._waiting_words, 1)
        column.addLayout(head)
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self.reopen, self.copy_link):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.stop)
        column.addLayout(row)
        self.address.row.addWidget(self.use_address)
        column.addWidget(self.address)

    def _build_code(self) -> None:
        for minutes in CODE_MINUTES:
            self.minutes.addItem(tr("valid for %Ln minutes", None, minutes), minutes)
        self.minutes.setAccessibleName(tr("How long the code is valid"))
        self.minutes.currentIndexChanged.connect(self._code_started)
        column = QVBoxLayout(self._coding)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        words = tr(
            "In Zoho's console open your self client, choose “Generate code”, paste the scope, and create the code. "
            "Then paste it here at once: it works one time, for a few minutes."
        )
        column.addWidget(label(words, "body", wrap=True))
        column.addWidget(self.scopes)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.console)
        row.addWidget(self.minutes)
        row.addStretch(1)
        column.addLayout(row)
        self.code.row.addWidget(self.use_code)
        column.addWidget(self.code)
        column.addWidget(self._code_words)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeading)

    # Shown

    @override
    def enter(self) -> None:
        wanted = self.desk.extra_scopes
        self.asks.show_note(
            tr("Zoho will be asked for this as well: {scopes}").format(scopes=scope_words(wanted)) if wanted else "",
            "blue",
        )
        self._show(Phase.IDLE)
        self.quietly(self.setup.app(), self._show_app)
        self.quietly(self.setup.health(), self._show_health)

    def _show_app(self, app: ZohoApp | None) -> None:
        self._app = app
        if app is not None and app.client_type == "self" and self._phase is Phase.IDLE:
            self.show_code()

    def _show_health(self, health: TokenHealth) -> None:
        self._health = health
        if self._phase is Phase.DONE or self.is_busy:
            return
        self.facts.show_facts(() if health.state == "none" else health_facts(health))
        set_text(self.open, tr("Sign in at Zoho") if health.state == "none" else tr("Sign in again"))
        self.changed.emit()

    @property
    def phase(self) -> Phase:
        """Return where the sign-in stands."""
        return self._phase

    @property
    def is_signed_in(self) -> bool:
        """Tell whether there is a sign-in that works and nothing more is asked for."""
        if self._phase is Phase.DONE:
            return True
        return self._health is not None and self._health.state == "ok" and not self.desk.extra_scopes

    @property
    @override
    def next_text(self) -> str:
        if self.is_signed_in and self._phase is not Phase.WAITING:
            return tr("Next")
        if self._phase is Phase.CODE:
            return tr("Use this code")
        return tr("Use this address") if self._phase is Phase.WAITING else tr("Sign in at Zoho")

    @property
    @override
    def can_go_on(self) -> bool:
        if self._phase is Phase.WAITING:
            return bool(self.address.text) and not self.is_busy
        return not self.is_busy

    @override
    def focus_first(self) -> None:
        target = self.code.line if self._phase is Phase.CODE else self.open
        target.setFocus(Qt.FocusReason.TabFocusReason)

    def _show(self, phase: Phase) -> None:
        self._phase = phase
        self._idle.setVisible(phase in {Phase.IDLE, Phase.DONE})
        self._waiting.setVisible(phase is Phase.WAITING)
        self._coding.setVisible(phase is Phase.CODE)
        if phase in {Phase.IDLE, Phase.DONE}:
            self._timer.stop()
            self._left = None
        self.changed.emit()

    def _tick(self) -> None:
        if self._left is None:
            return
        now = datetime.now(UTC)
        left = self._left.text(now)
        if self._phase is Phase.WAITING:
            set_text(self.countdown, left)
            return
        gone = self._left.left(now) == 0
        words = tr("It has probably run out: create a new one.") if gone else tr("The code runs out in {time}.")
        set_text(self._code_words, words.format(time=left))

    # With the browser

    def begin(self) -> None:
        """Open the receiver and the browser, and wait."""
        self.facts.show_facts(())
        coroutine = self.setup.begin_sign_in(extra_scopes=self.desk.extra_scopes)
        self.run(coroutine, tr("Getting ready for the browser…"), self._begun, otherwise=self._refused)

    def _begun(self, attempt: Attempt) -> None:
        self._attempt, self._left = attempt, Countdown(attempt.until)
        set_text(
            self._waiting_words,
            tr("Your browser shows Zoho's page. Sign in there and choose “Accept”; this window goes on by itself."),
        )
        self.address.line.clear()
        self._show(Phase.WAITING)
        self._tick()
        self._timer.start()
        self._open_browser()
        self.stop.setFocus(Qt.FocusReason.OtherFocusReason)
        self.wait_for_browser()

    def wait_for_browser(self) -> None:
        """Wait for the browser in the background; the page stays usable."""
        mine = self._attempt
        self._browser = self.desk.actions.run(
            self.setup.await_browser(),
            then=lambda signed: self._came_back(mine, signed),
            otherwise=lambda error: self._stayed_away(mine, error),
            is_long=True,
        )

    def _came_back(self, attempt: Attempt | None, signed: SignedIn) -> None:
        if attempt is self._attempt and self._phase is Phase.WAITING:
            self.give_up()
            self._signed_in(signed)

    def _stayed_away(self, attempt: Attempt | None, error: BaseException) -> None:
        if attempt is self._attempt and self._phase is Phase.WAITING and not self.is_busy:
            self._refused(error)

    def _open_browser(self) -> None:
        if self._attempt is not None and not QDesktopServices.openUrl(QUrl(self._attempt.url)):
            set_text(
                self._waiting_words,
                tr("No browser could be opened. Copy the link, open it in any browser, and sign in there."),
            )

    def _copy_link(self) -> None:
        if self._attempt is not None:
            QGuiApplication.clipboard().setText(self._attempt.url)
            flash(self.copy_link, tr("Copied"))

    def cancel(self) -> None:
        """Stop waiting for the browser."""
        self._drop_attempt()
        self._show(Phase.IDLE)
        self.open.setFocus(Qt.FocusReason.OtherFocusReason)

    def _drop_attempt(self) -> None:
        """End the attempt under way, here and in the engine."""
        if self._browser is not None:
            self._browser.cancel()
            self._browser = None
        if self._attempt is not None and self.desk.setup is not None:
            self._attempt = None
            self.quietly(self.setup.cancel_sign_in(), lambda _nothing: None)

    def _finish_with_address(self) -> None:
        if self.address.text and not self.is_busy:
            coroutine = self.setup.finish_with_address(self.address.text)
            self.run(coroutine, tr("Redeeming the code…"), self._signed_in, otherwise=self._bad_address)

    def _address_typed(self) -> None:
        self.address.show_fault("")
        self.changed.emit()

    def _bad_address(self, error: BaseException) -> None:
        """Show what is wrong with a pasted address, and go on waiting."""
        problem = problem_from(error)
        self.address.show_fault(f"{problem.title}. {problem.meaning}" if problem.meaning else problem.title)
        self.address.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.address.line.selectAll()
        if self._browser is None or self._browser.done():
            self.wait_for_browser()

    # With a code

    def show_code(self) -> None:
        """Show where a self-client code is pasted."""
        app = self._app
        location, products = (app.location, app.products) if app else ("us", frozenset({"books", "inventory"}))
        scopes = self.setup.console_values(location, products).scopes
        self.scopes.show_value(",".join([scopes, *sorted(self.desk.extra_scopes)]))
        self._show(Phase.CODE)
        self._code_words.clear()
        self.code.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _open_console(self) -> None:
        app = self._app
        location, products = (app.location, app.products) if app else ("us", frozenset({"books"}))
        QDesktopServices.openUrl(QUrl(self.setup.console_values(location, products).console_url))
        self._code_started()

    def _code_started(self) -> None:
        self._left = code_countdown(int(self.minutes.currentData()), datetime.now(UTC))
        self._tick()
        self._timer.start()

    def _code_typed(self) -> None:
        self.code.show_fault("")
        self.drop_problem()
        if self._left is None and self.code.text:
            self._code_started()
        self.changed.emit()

    def _finish_with_code(self) -> None:
        if not self.code.text:
            self.code.show_fault(tr("Paste the code that Zoho shows."))
            self.code.line.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        coroutine = self.setup.finish_with_code(self.code.text)
        self.run(coroutine, tr("Redeeming the code…"), self._signed_in, otherwise=self._refused)

    # The end of it

    def _signed_in(self, signed: SignedIn) -> None:
        self._attempt = None
        if self._browser is not None:
            self._browser.cancel()
            self._browser = None
        self.code.line.clear()
        self.desk.extra_scopes = frozenset()
        self.asks.show_note("")
        self._show(Phase.DONE)
        self.facts.show_facts(signed_in_facts(signed, self.setup.data_centres()))
        set_text(self.open, tr("Sign in again"))
        self.window().activateWindow()
        if not signed.moved_from:
            self.finished.emit()

    def _refused(self, error: BaseException) -> None:
        by_code = self._phase is Phase.CODE
        remedy = remedy_of(error, by_code=by_code)
        if not by_code:
            self._attempt = None
            self._show(Phase.IDLE)
        deeds = {
            Remedy.AGAIN: self.begin,
            Remedy.WAIT: self.begin if not by_code else self._finish_with_code,
            Remedy.NEW_CODE: self._new_code,
            Remedy.APP: lambda: self.wanted.emit(Step.APP),
        }
        self.show_problem(problem_from(error), (remedy_texts()[remedy], deeds[remedy]))
        if isinstance(error, RateLimitedError) and error.retry_after and self.problem_box is not None:
            self._hold_back(error.retry_after)

    def _hold_back(self, seconds: float) -> None:
        """Keep the button still as long as Zoho would refuse anyway."""
        box = self.problem_box
        choice = box.choice if box is not None else None
        if choice is None:
            return
        choice.setEnabled(False)
        choice.setText(tr("Try again in {seconds} s").format(seconds=number(round(seconds))))

        def free() -> None:
            choice.setEnabled(True)
            choice.setText(remedy_texts()[Remedy.WAIT])

        QTimer.singleShot(round(seconds * 1000), choice, free)

    def _new_code(self) -> None:
        self.drop_problem()
        self.code.line.clear()
        self._open_console()
        self.code.line.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def submit(self) -> None:
        if self._phase is Phase.WAITING:
            self._finish_with_address()
        elif self.is_signed_in and not (self._phase is Phase.CODE and self.code.text):
            self.finished.emit()
        elif self._phase is Phase.CODE:
            self._finish_with_code()
        else:
            self.begin()

    @override
    def leave(self) -> None:
        self._drop_attempt()
        super().leave()
        self._timer.stop()
