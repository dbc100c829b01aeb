"""What is done with deliveries, the listener and the secret: asked first where it costs, told afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from tsh_sync_gui.engine.ports.deliveries import InboxDetail, SecretState
from tsh_sync_gui.engine.ports.jobs import JobId
from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.panels.webhooks_listener import ListenerDeeds
from tsh_sync_gui.ui.panels.webhooks_questions import FreshSecret, ReplayQuestion, SecretQuestion
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.prices import priced
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhook_address import is_only_here, only_here_words
from tsh_sync_gui.ui.state.webhooks_detail import as_request
from tsh_sync_gui.ui.state.webhooks_replay import replayed_problem
from tsh_sync_gui.ui.webhook_service import WebhookService
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question


class WebhookDeeds(ListenerDeeds):
    """Adds to the listener's deeds those with deliveries and the secret."""

    def __init__(self, owner: QWidget, session: Session) -> None:
        super().__init__(owner, session)
        self.service: WebhookService | None = None

    # Replays

    def replay(self, ids: Sequence[int] | None) -> None:
        """Ask whether *ids*, or everything since a time, is to be done once more."""
        service = self.service
        if service is None or (ids is not None and not ids):
            return
        question = ReplayQuestion(self._owner.window(), ids, self._session.now, self._replay)

        def plan(since: datetime | None, force: bool) -> None:
            self._actions.run(
                service.replay_plan(ids, since=since, force=force),
                then=lambda found: (
                    question.show_plan(found, self._session.state.quota)
                    if isValid(question) and (since, force) == (question.moment, question.force.isChecked())
                    else None
                ),
                otherwise=lambda error: question.show_error(problem_from(error).title) if isValid(question) else None,
            )

        question.asked.connect(plan)
        question.open()
        question.ask()

    def _replay(self, ids: Sequence[int] | None, since: datetime | None, force: bool) -> None:
        if self.service is not None:
            self._actions.run(self.service.replay(ids, since=since, force=force), then=self._replayed)

    def _replayed(self, made: list[int]) -> None:
        self.told.emit(replayed_problem(len(made)))
        self.changed.emit()

    # What waits

    def hurry(self, detail: InboxDetail | None) -> None:
        """Have the work of a delivery that waits tried at once."""
        if self.service is not None and detail is not None and detail.work is not None:
            self._actions.run(self.service.try_now(detail.work.job), then=lambda _done: self.changed.emit())

    def cancel(self, detail: InboxDetail | None) -> None:
        """Do not do what a delivery that waits asks for."""
        if self.service is not None and detail is not None and detail.work is not None:
            asked = self.service.cancel(detail.work.job, detail.row.entity, detail.row.record_id)
            self._actions.run(asked, then=self._cancelled)

    def _cancelled(self, is_done: bool) -> None:
        words = tr("The next sync finds the change.") if is_done else ""
        title = tr("The delivery was cancelled") if is_done else tr("The delivery was done already")
        self.told.emit(Problem(title=title, meaning=words, tone="blue"))
        self.changed.emit()

    # Tests

    def copy_request(self, detail: InboxDetail | None, base: str) -> None:
        """Copy a delivery as a request, without its secrets."""
        if detail is not None:
            QGuiApplication.clipboard().setText(as_request(detail, base))
            self.told.emit(
                Problem(
                    title=tr("Copied as a request"),
                    meaning=tr("Its signature and secrets are dots: sent as it is, it will be rejected."),
                    tone="blue",
                )
            )

    def test_public(self) -> None:
        """Ping the public address as Zoho would call it."""
        if self.service is not None:
            self.told.emit(Problem(title=tr("Calling the public address…"), tone="blue"))
            self._actions.run(self.service.reachability(public=True), then=self._reached, otherwise=self._failed)

    def _reached(self, words: str) -> None:
        whole = self._session.service
        if whole is not None and is_only_here(whole.settings.webhook_url):
            words, tone = f"{words} {only_here_words()}", "amber"
        else:
            tone = "green"
        self.told.emit(Problem(title=tr("The public address answers"), meaning=words, tone=tone))
        self.changed.emit()

    # Processing

    def pause(self, *, paused: bool) -> None:
        """Only keep deliveries, or do what they ask for again."""
        if self.service is not None:
            self._actions.run(
                self.service.pause() if paused else self.service.resume(), then=lambda _done: self.changed.emit()
            )

    # The gap

    def fetch_gap(self, entity: str, title: str) -> None:
        """Ask whether the gap is to be fetched, with its price."""
        service, whole = self.service, self._session.service
        if service is None or whole is None:
            return

        async def forecast() -> list[Forecast]:
            return await whole.forecast(await service.gap_request(entity))

        self._actions.run(forecast(), then=lambda found: self._ask_gap(entity, title, found))

    def _ask_gap(self, entity: str, title: str, found: list[Forecast]) -> None:
        words = priced(tr("Fetch the gap"), found[0] if found else None)
        Question(
            self._owner.window(),
            tr("{entity}: fetch what no delivery told of?").format(entity=title),
            tr("Everything that changed in Zoho since the last delivery is fetched."),
            (Choice(words, "primary", lambda: self.fetch_now(entity, title)), Choice(tr("Cancel"))),
        ).open()

    def fetch_now(self, entity: str, title: str) -> None:
        """Have the gap fetched; the price was shown on the button."""
        if self.service is not None:
            self._actions.run(self.service.fetch_gap(entity), then=lambda job: self._fetching(job, title))

    def _fetching(self, job: JobId | None, title: str) -> None:
        words = (
            tr("The gap of {entity} is being fetched") if job else tr("The gap of {entity} waits to be fetched already")
        )
        self.told.emit(Problem(title=words.format(entity=title), tone="blue"))
        self.changed.emit()

    # The secret

    def change_secret(self) -> None:
        """Ask for another secret."""
        if self.service is None:
            return
        question = SecretQuestion(self._owner.window(), self._session.now, self._change_secret)
        question.open()
        self._actions.run(
            self.service.secret_state(),
            then=lambda found: question.show_state(found) if isValid(question) else None,
            otherwise=self._failed,
        )

    def _change_secret(self, secret: str | None) -> None:
        if self.service is not None:
            self._actions.run(self.service.change_secret(secret), then=self._changed_secret, otherwise=self._failed)

    def _changed_secret(self, found: SecretState) -> None:
        if found.fresh:
            FreshSecret(self._owner.window(), found, self._session.now).open()
        else:
            words = tr("The one before stays valid for 24 hours.") if found.previous_until else ""
            self.told.emit(Problem(title=tr("The secret was changed"), meaning=words, tone="green"))
