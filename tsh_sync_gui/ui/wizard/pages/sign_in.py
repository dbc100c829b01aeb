"""4 Sign in: the browser comes back by itself, or an address or a code is pasted."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.values import Attempt, SignedIn, Step, TokenHealth, ZohoApp
from tsh_sync_gui.core.errors import TransientError
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Facts, Note, hold_back
from tsh_sync_gui.ui.wizard.sign_in_boxes import CodeBox, HowBox, WaitingBox
from tsh_sync_gui.ui.wizard.state.sign_in import (
    Phase,
    Remedy,
    health_facts,
    remedy_of,
    remedy_texts,
    scope_words,
    signed_in_facts,
)


class SignInPage(Page):
    """Holds one attempt at a time; what it waits for can always be stopped."""

    step = Step.SIGN_IN

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.facts = Facts()
        self.asks = Note()
        self.how, self.waiting, self.coding = HowBox(), WaitingBox(), CodeBox()
        self.open = button(tr("Sign in again"), icon_name="person")
        self.by_code = button(tr("I have a self-client code"), "flat")
        self._idle = QWidget()
        self._phase = Phase.IDLE
        self._attempt: Attempt | None = None
        self._browser: asyncio.Task[None] | None = None
        self._app: ZohoApp | None = None
        self._health: TokenHealth | None = None
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self._idle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.how)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.open)
        row.addWidget(self.by_code)
        row.addStretch(1)
        column.addLayout(row)
        for part in (self.facts, self.asks, self._idle, self.waiting, self.coding):
            self.body.addWidget(part)
        self.open.clicked.connect(self.begin)
        self.by_code.clicked.connect(self.show_code)
        self.coding.back.connect(self.cancel)
        self.coding.code.edited.connect(self._typed)
        self.waiting.stop.clicked.connect(self.cancel)
        self.waiting.address.edited.connect(self._typed)
        self.asks.show_note("")
        self._show(Phase.IDLE)

    # Shown

    @override
    def enter(self) -> None:
        wanted = self.desk.extra_scopes
        words = tr("Zoho will be asked for this as well: {scopes}").format(scopes=scope_words(wanted))
        renewed = tr("The old sign-in is kept until the new one has worked; then it is ended at Zoho.")
        self.asks.show_note(words if wanted else renewed if self.desk.replaces else "", "blue")
        self._health = None
        self.facts.show_facts(())
        self._show(Phase.IDLE)
        self.quietly(self.setup.app(), self._show_app)
        self.quietly(self.setup.health(), self._show_health)

    def _show_app(self, app: ZohoApp | None) -> None:
        self._app = app
        if app is not None and app.client_type == "self" and self._phase is Phase.IDLE and not self.is_signed_in:
            self.show_code()

    def _show_health(self, health: TokenHealth) -> None:
        self._health = health
        if self._phase is not Phase.DONE and not self.is_busy:
            self.facts.show_facts(() if health.state == "none" else health_facts(health))
            self._offer()

    @property
    def phase(self) -> Phase:
        """Return where the sign-in stands."""
        return self._phase

    @property
    def is_signed_in(self) -> bool:
        """Tell whether there is a sign-in that works and nothing more is asked for."""
        if self._phase is Phase.DONE:
            return True
        is_asked = bool(self.desk.extra_scopes) or self.desk.replaces
        return self._health is not None and self._health.state == "ok" and not is_asked

    @property
    @override
    def next_text(self) -> str:
        if self._phase is Phase.WAITING:
            return tr("Use this address")
        if self._phase is Phase.CODE and (self.coding.code.text or not self.is_signed_in):
            return tr("Use this code")
        return tr("Next") if self.is_signed_in else tr("Sign in at Zoho")

    @property
    @override
    def can_go_on(self) -> bool:
        return not self.is_busy and (self._phase is not Phase.WAITING or bool(self.waiting.address.text))

    @property
    @override
    def missing(self) -> str:
        return tr("Goes on by itself once you have agreed in the browser")

    @override
    def focus_first(self) -> None:
        if self._phase is Phase.CODE:
            self.coding.code.line.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            self.settled.emit()

    def _show(self, phase: Phase) -> None:
        self._phase = phase
        self._idle.setVisible(phase in {Phase.IDLE, Phase.DONE})
        self.waiting.setVisible(phase is Phase.WAITING)
        self.coding.setVisible(phase is Phase.CODE)
        if phase is not Phase.WAITING:
            self.waiting.end()
        if phase is not Phase.CODE:
            self.coding.end()
        self._offer()

    def _offer(self) -> None:
        """Explain the way where there is no sign-in, and offer another where there is one."""
        self.how.setVisible(not self.is_signed_in)
        self.open.setVisible(self.is_signed_in)
        self.changed.emit()

    def _typed(self) -> None:
        self.waiting.address.show_fault("")
        self.coding.typed()
        self.drop_problem()
        self.changed.emit()

    # With the browser

    def begin(self) -> None:
        """Open the receiver and the browser, and wait."""
        self.facts.show_facts(())
        coroutine = self.setup.begin_sign_in(extra_scopes=self.desk.extra_scopes, replaces=self.desk.replaces)
        self.run(coroutine, tr("Getting ready for the browser…"), self._begun, otherwise=self._refused)

    def _begun(self, attempt: Attempt) -> None:
        self._attempt = attempt
        self._show(Phase.WAITING)
        self.waiting.begin(attempt)
        self.waiting.stop.setFocus(Qt.FocusReason.OtherFocusReason)
        self._await_browser()

    def _await_browser(self) -> None:
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

    def cancel(self) -> None:
        """Stop waiting for the browser or a code."""
        self.give_up()
        self.drop_problem()
        self._drop_attempt()
        self._show(Phase.IDLE)
        self.settled.emit()

    def _drop_attempt(self) -> None:
        """End the attempt under way, here and in the engine."""
        self._drop_browser()
        if self._attempt is not None and self.desk.setup is not None:
            self._attempt = None
            self.quietly(self.setup.cancel_sign_in(), lambda _nothing: None)

    def _drop_browser(self) -> None:
        if self._browser is not None:
            self._browser.cancel()
            self._browser = None

    def _finish_with_address(self) -> None:
        if self.waiting.address.text and not self.is_busy:
            coroutine = self.setup.finish_with_address(self.waiting.address.text)
            self.run(coroutine, tr("Redeeming the code…"), self._signed_in, otherwise=self._bad_address)

    def _bad_address(self, error: BaseException) -> None:
        """Show what is wrong with a pasted address, and go on waiting."""
        problem = problem_from(error)
        field = self.waiting.address
        field.show_fault(f"{problem.title}. {problem.meaning}" if problem.meaning else problem.title)
        field.line.setFocus(Qt.FocusReason.OtherFocusReason)
        field.line.selectAll()
        if self._browser is None or self._browser.done():
            self._await_browser()

    # With a code

    def show_code(self) -> None:
        """Show where a self-client code is pasted."""
        self._show(Phase.CODE)
        app = self._app
        values = self.setup.console_values(app.location if app else "us", app.products if app else frozenset({"books"}))
        self.coding.open_with(values, self.desk.extra_scopes)

    def _finish_with_code(self) -> None:
        field = self.coding.code
        if not field.text:
            field.show_fault(tr("Paste the code that Zoho shows."))
            field.line.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        coroutine = self.setup.finish_with_code(field.text, replaces=self.desk.replaces)
        self.run(coroutine, tr("Redeeming the code…"), self._signed_in, otherwise=self._refused)

    # The end of it

    def _signed_in(self, signed: SignedIn) -> None:
        self._attempt = None
        self._drop_browser()
        self.coding.code.line.clear()
        self.desk.extra_scopes, self.desk.replaces = frozenset(), False
        self.asks.show_note("")
        self._show(Phase.DONE)
        self.facts.show_facts(signed_in_facts(signed, self.setup.data_centres()))
        self.window().activateWindow()
        if signed.moved_from:
            self.settled.emit()
        else:
            self.finished.emit()

    def _refused(self, error: BaseException) -> None:
        by_code = self._phase is Phase.CODE
        remedy = remedy_of(error, by_code=by_code)
        if not by_code:
            self._attempt = None
            self._show(Phase.IDLE)
        once_more = self._finish_with_code if by_code else self.begin
        deeds = {
            Remedy.AGAIN: once_more,
            Remedy.WAIT: once_more,
            Remedy.NEW_CODE: self.coding.renew,
            Remedy.APP: lambda: self.wanted.emit(Step.APP),
        }
        self.show_error(error, (remedy_texts()[remedy], deeds[remedy]))
        if isinstance(error, TransientError) and error.retry_after and self.problem_box is not None:
            hold_back(self.problem_box.choice, error.retry_after)

    @override
    def submit(self) -> None:
        if self._phase is Phase.WAITING:
            self._finish_with_address()
        elif self._phase is Phase.CODE and (self.coding.code.text or not self.is_signed_in):
            self._finish_with_code()
        elif self.is_signed_in:
            self.finished.emit()
        else:
            self.begin()

    @override
    def leave(self) -> None:
        self._drop_attempt()
        super().leave()
        self.waiting.end()
        self.coding.end()
