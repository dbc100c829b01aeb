"""The window's side of the service: what is known, kept fresh, and the person's commands."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PySide6.QtCore import QObject, QTimer, Signal

from tsh_sync_gui.core.errors import SyncError, VaultLockedError
from tsh_sync_gui.core.events import (
    AlertRaised,
    ConnectionChanged,
    DeliveriesChanged,
    Event,
    LettersChanged,
    RecordsRejected,
    RunFinished,
    RunStarted,
)
from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.letters.values import LetterFigures
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.views import NOT_DUE, EntityStatus, Forecast, Overview, SyncReport, SyncRequest
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.bridge import Mailbox
from tsh_sync_gui.ui.service import Service
from tsh_sync_gui.ui.state.cards import CardState, card_state
from tsh_sync_gui.ui.state.live import AppState, Connection, advance, answered, asked, rebase
from tsh_sync_gui.ui.state.prices import Prices, details_sentence, price, total
from tsh_sync_gui.ui.state.problems import Problem, not_due
from tsh_sync_gui.ui.state.texts import tr

TICK_MS = 100
_REFRESH_IDLE, _REFRESH_LIVE, _REPAINT = 15.0, 5.0, 1.0
_REPRICE, _REPRICE_LIVE = 60.0, 5.0
_HISTORY = 500


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of the service brought; *asked_at* is when it began."""

    asked_at: float
    overview: Overview
    runs: list[RunInfo]


async def read_overview(service: Service) -> Reading:
    """Return overview and runs."""
    asked_at = time.monotonic()
    return Reading(asked_at, await service.overview(), await service.runs(limit=_HISTORY))


async def read_prices(service: Service, entities: tuple[str, ...]) -> Prices:
    """Return what each entity alone and all together would cost."""
    changes = [await service.forecast(SyncRequest(entities=(one,), force=True)) for one in entities]
    full = [await service.forecast(SyncRequest(entities=(one,), full=True)) for one in entities]
    return Prices(
        changes={name: costs[0] for name, costs in zip(entities, changes, strict=True) if costs},
        full={name: costs[0] for name, costs in zip(entities, full, strict=True) if costs},
        all_changes=total(await service.forecast(SyncRequest())),
        all_full=total(await service.forecast(SyncRequest(full=True))),
    )


async def begun(service: Service, *, demo: bool) -> SyncRequest | None:
    """Return what begins by itself: what the service says, else the runs that waited for secrets that are open now."""
    request = await service.at_start(demo=demo)
    if request is not None or service.loaded.vault_problem or not service.settings.sync_enabled:
        return request
    entities = (await service.overview()).entities
    names = tuple(
        one.entity
        for one in entities
        if one.live is None and one.last is not None and one.last.error_kind == VaultLockedError.kind
    )
    return SyncRequest(entities=names, goes_on=True, trigger="goes on after the secrets were opened") if names else None


class Session(QObject):
    """Folds events and overviews into one state, read ten times a second.

    *changed* says that the state is another, *history_changed* that the list of runs is, *letters_changed* that dead
    letters are (and by which retries). *previewed* carries a dry run's report, *told* something to tell the person.
    """

    changed = Signal()
    history_changed = Signal()
    letters_changed = Signal(object)
    deliveries_changed = Signal()
    previewed = Signal(object)
    told = Signal(object)

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.actions = actions
        self.service: Service | None = None
        self.state = AppState()
        self.prices = Prices()
        self.runs: list[RunInfo] = []
        self.modes: dict[str, str] = {}
        self._mailbox = Mailbox()
        self._cards: tuple[CardState, ...] = ()
        self._made: dict[str, tuple[tuple[object, ...], CardState]] = {}
        self._cut: Callable[[], None] | None = None
        self._asking = False
        self._stale = True
        self._refreshed_at = self._shown_at = 0.0
        self._priced_at = -_REPRICE
        self._priced_for: object = None
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.tick)

    def attach(self, service: Service, *, demo: bool = False) -> None:
        """Show *service* from now on, and begin what it says is to begin by itself."""
        self.detach()
        self.service = service
        self.state, self.prices, self.runs, self._made = AppState(), Prices(), [], {}
        self._cut = service.bus.subscribe(self._mailbox.post)
        self._asking, self._stale, self._priced_at, self._priced_for = False, True, -_REPRICE, None
        self._timer.start()
        self.tick()
        self.actions.run(begun(service, demo=demo), then=self._begin)

    def _begin(self, request: SyncRequest | None) -> None:
        if request is not None:
            self.start(request)

    def detach(self) -> None:
        """Let go of the service: it is about to close."""
        self._timer.stop()
        if self._cut is not None:
            self._cut()
        self._cut = self.service = None
        self._mailbox.take()

    @property
    def now(self) -> datetime:
        """Return the present moment on the shared clock."""
        return self.service.clock.now() if self.service else datetime.now(UTC)

    @property
    def cards(self) -> tuple[CardState, ...]:
        """Return all cards in dependency order, as of the last change."""
        return self._cards

    def _make_cards(self, at: float) -> tuple[CardState, ...]:
        now = self.now
        entities = self.state.overview.entities if self.state.overview else ()
        return tuple(self._make_card(one, now, at) for one in entities)

    def _make_card(self, status: EntityStatus, now: datetime, at: float) -> CardState:
        """Return the card as it was made last, unless something it shows has changed."""
        entity = status.entity
        run = self.state.runs.get(entity)
        step = 1.0 if run is not None or status.silent else 10.0
        away = not self.state.connections.get("database", Connection()).up
        key = (
            status,
            run,
            entity in self.state.pending and (away or "asked"),
            self.prices,
            self.modes.get(entity, ""),
            int(at / step),
        )
        known = self._made.get(entity)
        if known is not None and all(old is new or old == new for old, new in zip(known[0], key, strict=True)):
            return known[1]
        card = card_state(self.state, self.prices, entity, now=now, at=at, mode=self.modes.get(entity, ""))
        self._made[entity] = (key, card)
        return card

    def tick(self) -> None:
        """Fold what has come, and read the overview anew when it is stale or old."""
        at = time.monotonic()
        events = self._mailbox.take()
        for event in events:
            self.state = advance(self.state, event, at=at)
            self._stale = self._stale or self._makes_stale(event)
        self._tell_letters(events)
        busy = bool(self.state.live or self.state.pending)
        age = at - self._refreshed_at
        if self._stale or age > (_REFRESH_LIVE if busy else _REFRESH_IDLE):
            self.refresh()
        if events or at - self._shown_at > (_REPAINT if busy else _REFRESH_IDLE):
            self._show(at)

    def _tell_letters(self, events: Iterable[Event]) -> None:
        """Say that dead letters have changed: by a deed, or because a run brought or refused records."""
        if any(isinstance(one, DeliveriesChanged) for one in events):
            self.deliveries_changed.emit()
        news = [one for one in events if isinstance(one, (LettersChanged, RecordsRejected, RunFinished))]
        if news:
            self.letters_changed.emit(
                frozenset(one.work for one in news if isinstance(one, LettersChanged) and one.work)
            )

    @staticmethod
    def _makes_stale(event: Event) -> bool:
        news = isinstance(event, (RunStarted, RunFinished, AlertRaised))
        return news or (isinstance(event, ConnectionChanged) and event.up)

    def _show(self, at: float) -> None:
        self._shown_at = at
        self._cards = self._make_cards(at)
        self.changed.emit()

    def refresh(self) -> None:
        """Read overview, prices and runs; one reading at a time."""
        if self.service is None or self._asking:
            return
        self._asking, self._stale, self._refreshed_at = True, False, time.monotonic()
        self.actions.run(read_overview(self.service), then=self._take, otherwise=self._unread)

    def _take(self, read: Reading) -> None:
        self._asking = False
        at = time.monotonic()
        self.state = rebase(self.state, read.overview, asked_at=read.asked_at, at=at)
        self.runs = read.runs
        if self._is_price_old(at):
            self.price()
        self._show(at)
        self.history_changed.emit()

    def _is_price_old(self, at: float) -> bool:
        """Tell whether something a price stands on is another: settings, the day's quota, what the last runs found."""
        busy = bool(self.state.pending or self.state.live)
        age = at - self._priced_at
        if self._basis() != self._priced_for:
            return not busy or age > _REPRICE_LIVE
        return not busy and age > _REPRICE

    def _basis(self) -> object:
        overview = self.state.overview
        if self.service is None or overview is None:
            return None
        runs = tuple((one.last.id if one.last else "", one.last_good, one.unavailable) for one in overview.entities)
        return self.service.settings, overview.quota.day_limit, overview.quota.resets_at, runs

    def price(self) -> None:
        """Ask anew what runs would cost; it takes no calls, but reads the ledger."""
        if self.service is not None and self.state.overview is not None:
            self._priced_at, self._priced_for = time.monotonic(), self._basis()
            entities = tuple(one.entity for one in self.state.overview.entities if not one.unavailable)
            self.actions.run(read_prices(self.service, entities), then=self._priced)

    def estimate(self, entity: str) -> None:
        """Ask Zoho how much *entity* holds, in a few calls, and price it and everything anew."""
        if self.service is None:
            return
        self.told.emit(Problem(title=tr("Asking Zoho how many records there are…"), tone="blue"))
        known = self.prices.full.get(entity)
        full = known is not None and not known.known
        self.actions.run(
            self.service.estimate(SyncRequest(entities=(entity,), full=full, force=self.service.settings.sync_enabled)),
            then=self._estimated,
            is_long=True,
        )

    def _estimated(self, found: list[Forecast]) -> None:
        if found:
            cost, waits = price(found[0]), details_sentence(found[0])
            text = tr("A full sync takes {price}; {waits}.") if waits else tr("A full sync takes {price}.")
            self.told.emit(Problem(title=text.format(price=cost, waits=waits), tone="blue"))
        self.price()

    def _priced(self, prices: Prices) -> None:
        self.prices = prices
        self._show(time.monotonic())

    def _unread(self, error: BaseException) -> None:
        self._asking = False
        problem = problem_from(error)
        if isinstance(error, SyncError):
            down = ConnectionChanged(what="database", up=False, title=problem.title, advice=problem.meaning)
            self.state = advance(self.state, down, at=time.monotonic())
            self._show(time.monotonic())
        else:
            self.actions.failed.emit(problem)

    def start(self, request: SyncRequest) -> None:
        """Begin *request*; its cards answer at once."""
        if self.service is None:
            return
        database = self.state.connections.get("database", Connection())
        if not database.up:
            self._stale = True  # it may be back: the next press, or the schedule, finds that out
            title = tr("Not synced: {why}").format(why=database.title or tr("Database not reachable"))
            self.told.emit(Problem(title=title, meaning=database.advice, is_grave=True))
            return
        entities = request.entities or tuple(card.entity for card in self.cards)
        if not request.dry_run:
            self.state = asked(self.state, entities)
            self._show(time.monotonic())
        self.actions.run(
            self.service.sync(request),
            then=lambda report: self._done(entities, report),
            otherwise=lambda error: self._refused(entities, error),
            is_long=True,
        )

    def _done(self, entities: Iterable[str], report: SyncReport) -> None:
        self.state = answered(self.state, entities)
        self._stale = True
        dry = tuple(run for run in report.runs if run.dry_run)
        if dry:
            self.previewed.emit(SyncReport(runs=dry))
        idle = [run for run in report.runs if run.trigger == NOT_DUE]
        if idle and len(idle) < len(report.runs):
            zone = self.state.overview.time_zone if self.state.overview else ""
            titles = {card.entity: card.title for card in self.cards}
            self.told.emit(not_due(idle, titles, datetime.now(UTC), zone))
        elif idle:
            note = Problem(
                title=tr("Nothing is due"), meaning=tr("All of it was fetched a short while ago."), tone="blue"
            )
            self.told.emit(note)
        self._show(time.monotonic())

    def _refused(self, entities: Iterable[str], error: BaseException) -> None:
        self.state = answered(self.state, entities)
        self._stale = True
        self._show(time.monotonic())
        self.actions.failed.emit(problem_from(error))

    def use_letters(self, figures: LetterFigures) -> None:
        """Know how the dead letters stand."""
        if figures != self.state.letters:
            self.state = replace(self.state, letters=figures)
            self._show(time.monotonic())

    def pause(self, run: RunId) -> None:
        """Pause a run of any process."""
        if self.service is not None:
            self.actions.run(self.service.pause(run), then=self._soon)

    def resume(self, run: RunId) -> None:
        """Resume a paused run."""
        if self.service is not None:
            self.actions.run(self.service.resume(run), then=self._soon)

    def cancel(self, run: RunId) -> None:
        """Stop a run within one page."""
        if self.service is not None:
            self.actions.run(self.service.cancel(run), then=self._soon)

    def _soon(self, _nothing: None) -> None:
        self._stale = True
