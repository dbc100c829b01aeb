"""What a person wishes for an entity, turned into requests: asks first where it must."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
from PySide6.QtCore import QObject, QSettings, Signal
from PySide6.QtWidgets import QDialog, QWidget

from tsh_sync_gui.engine.views import Forecast, SyncRequest
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.offers import REMEMBERED, Do
from tsh_sync_gui.ui.state.prices import fits, price
from tsh_sync_gui.ui.state.texts import clock, number, tr
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question, RecordQuestion, WindowQuestion

_MODES = "modes"


class Wishes(QObject):
    """Carries out actions.

    *review* carries a run to open, *settings* says that the settings are needed, *sign_in* that a new sign-in is,
    *unlock* that the place of the secrets is to be opened, *letters* carries a run whose dead letters are wanted,
    *schedule* an entity whose schedule is.
    """

    review = Signal(str)
    settings = Signal()
    sign_in = Signal()
    unlock = Signal()
    letters = Signal(str)
    letters_of = Signal(str)
    schedule = Signal(str)

    def __init__(self, session: Session, window: QWidget, kept: QSettings | None) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._kept = kept
        self._recall()

    def _recall(self) -> None:
        if self._kept is not None:
            self._kept.beginGroup(_MODES)
            self._session.modes = {name: str(self._kept.value(name)) for name in self._kept.childKeys()}
            self._kept.endGroup()

    def _remember(self, entity: str, do: Do) -> None:
        self._session.modes[entity] = do.value
        if self._kept is not None:
            self._kept.setValue(f"{_MODES}/{entity}", do.value)

    def fulfil(self, entity: str, choice: str) -> None:
        """Do *choice* for *entity*."""
        do = Do(choice)
        if do in REMEMBERED:
            self._remember(entity, do)
            self._begin(entity, do)
            return
        run = self._session.state.runs.get(entity)
        status = self._session.state.status(entity)
        match do:
            case Do.ESTIMATE:
                self._session.estimate(entity)
            case Do.TAKE_OVER:
                self._session.start(SyncRequest(entities=(entity,), take_over=True))
            case Do.SETTINGS:
                self.settings.emit()
            case Do.SIGN_IN:
                self.sign_in.emit()
            case Do.UNLOCK:
                self.unlock.emit()
            case Do.SCHEDULE:
                self.schedule.emit(entity)
            case Do.REVIEW | Do.LETTERS:
                info = run.info if run else (status.last if status else None)
                if do is Do.LETTERS and (info is None or not info.counts.failed):
                    self.letters_of.emit(entity)
                elif info is not None:
                    (self.review if do is Do.REVIEW else self.letters).emit(info.id)
            case Do.PAUSE | Do.RESUME | Do.CANCEL if run is not None:
                deeds = {
                    Do.PAUSE: self._session.pause,
                    Do.RESUME: self._session.resume,
                    Do.CANCEL: self._session.cancel,
                }
                deeds[do](run.info.id)
            case _:
                return

    def _begin(self, entity: str, do: Do) -> None:
        status = self._session.state.status(entity)
        title = tr(status.title) if status else entity
        prices = self._session.prices
        changes, full = prices.changes.get(entity), prices.full.get(entity)
        one = SyncRequest(entities=(entity,), force=True)
        match do:
            case Do.FULL:
                self._ask_cost(SyncRequest(entities=(entity,), full=True, force=True), full)
            case Do.SWEEP:
                self._ask_cost(SyncRequest(entities=(entity,), sweep=True, force=True), full)
            case Do.PREVIEW:
                self._ask_cost(msgspec.structs.replace(one, dry_run=True), changes)
            case Do.WINDOW:
                self._open(WindowQuestion(self._window, title, lambda since: self.window(entity, since)))
            case Do.RECORD:
                self._open(RecordQuestion(self._window, title, lambda record: self.record(entity, record)))
            case _:
                self._ask_cost(one, changes)

    def window(self, entity: str, since: datetime) -> None:
        """Fetch what changed since a moment."""
        self._ask_enabled(SyncRequest(entities=(entity,), since=since, force=True))

    def record(self, entity: str, record_id: str) -> None:
        """Fetch one record."""
        self._ask_enabled(SyncRequest(entities=(entity,), record_id=record_id, force=True))

    def everything(self, *, full: bool = False, dry_run: bool = False) -> None:
        """Sync all entities in dependency order."""
        prices = self._session.prices
        self._ask_cost(SyncRequest(full=full, dry_run=dry_run), prices.all_full if full else prices.all_changes)

    def approve(self, entity: str) -> None:
        """Let the stopped run of *entity* delete what it listed."""
        self._ask_cost(SyncRequest(entities=(entity,), sweep=True, approve=True, force=True), None)

    def pause_all(self) -> None:
        """Pause every run that is not paused."""
        for run in self._session.state.live:
            if str(run.info.state) != "paused":
                self._session.pause(run.info.id)

    def resume_all(self) -> None:
        """Resume every paused run."""
        for run in self._session.state.live:
            if str(run.info.state) == "paused":
                self._session.resume(run.info.id)

    def _ask_cost(self, request: SyncRequest, cost: Forecast | None) -> None:
        quota = self._session.state.quota
        left = max(0, quota.day_limit - quota.day_used) if quota else None
        if cost is None or fits(cost, left):
            self._ask_enabled(request)
            return
        resets = clock(quota.resets_at, self._session.now) if quota else ""
        text = tr(
            "It takes {price}; {left} are left today. What does not fit waits until {time} and goes on from there."
        ).format(price=price(cost), left=number(left or 0), time=resets)
        go: Callable[[], None] = lambda: self._ask_enabled(request)  # noqa: E731 -- a deed, not a function
        choices = (Choice(tr("Run now until the quota ends"), "primary", go), Choice(tr("Cancel")))
        self._open(Question(self._window, tr("This does not fit in today's calls"), text, choices))

    def _ask_enabled(self, request: SyncRequest) -> None:
        service = self._session.service
        if service is None or service.settings.sync_enabled:
            self._session.start(request)
            return
        forced = msgspec.structs.replace(request, force=True)
        choices = (
            Choice(tr("Sync once all the same"), "primary", lambda: self._session.start(forced)),
            Choice(tr("Cancel")),
        )
        text = tr("Sync enabled is off in the settings: nothing is sent to Zoho by itself.")
        self._open(Question(self._window, tr("Syncing is switched off"), text, choices))

    @staticmethod
    def _open(dialog: QDialog) -> None:
        dialog.open()
