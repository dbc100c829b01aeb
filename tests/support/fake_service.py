"""A double of our own facade for widget tests: its overview is given, its events are played by the test."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from tests.support.fake_letters import FakeLetters
from tests.support.fake_watch import FakeAlerts, FakeSchedules
from tests.support.fake_webhooks import FakeWebhooks
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.events import (
    AlertRaised,
    ConnectionChanged,
    DeliveriesChanged,
    Event,
    LettersChanged,
    Notice,
    PageStored,
    PhaseStarted,
    QuotaChanged,
    RunContinued,
    RunFinished,
    RunPaused,
    RunStarted,
    RunWaiting,
)
from tsh_sync_gui.core.settings import DECLARED, Loaded, Origin, Settings, validated
from tsh_sync_gui.core.values import Calls, Counts, EntityState, Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.ports import Organization, QuotaStatus, RunInfo
from tsh_sync_gui.engine.views import (
    DatabaseInfo,
    EntityStatus,
    Forecast,
    Overview,
    RunDetail,
    SyncReport,
    SyncRequest,
)
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 10, 24, 30, tzinfo=UTC)
_SIZES = (1250, 6, 1250, 340, 2000, 2000, 1500, 100)


def run_info(entity: str, state: RunState = RunState.UP_TO_DATE, **changes: Any) -> RunInfo:
    """Return a run as the ledger would have it."""
    run = RunId(str(changes.pop("id", f"run-{entity}")))
    started = changes.pop("started_at", NOW - timedelta(minutes=4))
    given: dict[str, Any] = {
        "id": run,
        "leader": run,
        "entity": entity,
        "mode": Mode.FULL,
        "state": state,
        "phase": Phase.LIST,
        "trigger": "person",
        "machine": "ACCOUNTS-PC",
        "user": "Sara",
        "started_at": started,
        "heartbeat_at": NOW,
        "ended_at": None if state.is_live else started + timedelta(seconds=8.4),
        "seconds": 0.0 if state.is_live else 8.4,
    }
    return RunInfo(**(given | changes))


def status_of(entity: str, **changes: Any) -> EntityStatus:
    """Return an entity's status; up to date unless said otherwise."""
    spec = REGISTRY.get(entity)
    place = [one.name for one in REGISTRY].index(entity)
    size = _SIZES[place % len(_SIZES)]
    counts = Counts(seen=size, created=size // 100, updated=size // 25, unchanged=size - size // 100 - size // 25)
    given: dict[str, Any] = {
        "entity": spec.name,
        "title": spec.title,
        "direction": spec.direction.value,
        "state": EntityState.UP_TO_DATE,
        "local": size,
        "detailed": size if place < 3 else size * 3 // 10,
        "remote": size,
        "last_good": NOW - timedelta(minutes=4 + place),
        "last": run_info(entity, counts=counts, calls=Calls(list=-(-size // 200))),
        "has_details": spec.has_details,
    }
    return EntityStatus(**(given | changes))


def overview(*changed: EntityStatus, quota: QuotaStatus | None = None, at: datetime = NOW) -> Overview:
    """Return an overview of all entities, all up to date but those *changed*."""
    other = {one.entity: one for one in changed}
    return Overview(
        entities=tuple(other.get(one.name) or status_of(one.name) for one in REGISTRY),
        quota=quota or quota_of(612),
        database=DatabaseInfo(kind="embedded", version="18.6"),
        organization="TSH Trading",
        organization_id="748369814",
        time_zone="Asia/Baghdad",
        at=at,
    )


def quota_of(used: int, limit: int = 1000) -> QuotaStatus:
    """Return today's quota."""
    resets = datetime(2026, 11, 22, 21, 0, tzinfo=UTC)
    return QuotaStatus(day_used=used, day_limit=limit, resets_at=resets, minute_used=4, minute_limit=20)


def _walked(live: RunInfo, event: PageStored | PhaseStarted) -> RunInfo:
    in_details = event.phase is Phase.DETAILS
    changes: dict[str, Any] = {"details_total": event.expected or 0} if in_details else {"expected": event.expected}
    if isinstance(event, PageStored):
        changes |= {"counts": event.counts, "calls": event.calls}
        changes |= {"details_done": event.done} if in_details else {}
    return msgspec.structs.replace(live, phase=event.phase, state=RunState.RUNNING, **changes)


@dataclass
class FakeService:
    """Fulfils `ui.service.Service`; remembers what it was asked."""

    view: Overview = field(default_factory=overview)
    history: list[RunInfo] = field(default_factory=list)
    details: dict[str, RunDetail] = field(default_factory=dict)
    prices: dict[str, Forecast] = field(default_factory=dict)
    bus: Bus = field(default_factory=Bus)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    settings: Settings = field(default_factory=lambda: validated({}))
    asked: list[tuple[str, Any]] = field(default_factory=list)
    report: SyncReport = field(default_factory=lambda: SyncReport(runs=()))
    error: Exception | None = None
    hold: bool = False
    first: SyncRequest | None = None
    cancelled: int = 0
    machine: str = "SALES-PC"
    is_demo: bool = False
    letters: FakeLetters = field(default_factory=FakeLetters)
    webhooks: FakeWebhooks = field(default_factory=FakeWebhooks)
    schedules: FakeSchedules = field(default_factory=FakeSchedules)
    alerts: FakeAlerts = field(default_factory=FakeAlerts)

    def __post_init__(self) -> None:
        """Let the letters tell on the same bus."""
        self.letters.bus = self.bus

    def tell(self, *events: Event) -> None:
        """Publish *events* as the engine would."""
        for event in events:
            self._follow(event)
            self.bus.publish(event)

    def _follow(self, event: Event) -> None:
        """Let the next overview know what the event says, as the ledger would."""
        if isinstance(event, (QuotaChanged, ConnectionChanged, Notice, LettersChanged, DeliveriesChanged, AlertRaised)):
            return
        statuses = {one.entity: one for one in self.view.entities}
        status = statuses[event.entity]
        change = msgspec.structs.replace
        if isinstance(event, RunStarted):
            live = run_info(
                event.entity,
                RunState.RUNNING,
                id=event.run,
                mode=event.mode,
                machine=event.machine,
                user=event.user,
                started_at=event.at,
            )
            here = event.machine == self.machine
            statuses[event.entity] = change(status, live=live, state=EntityState.RUNNING, here=here)
        elif isinstance(event, (PageStored, PhaseStarted)) and status.live is not None:
            statuses[event.entity] = change(status, live=_walked(status.live, event))
        elif isinstance(event, RunWaiting) and status.live is not None:
            live = change(status.live, state=RunState.WAITING, waiting_for=event.reason, waiting_until=event.until)
            statuses[event.entity] = change(status, live=live)
        elif isinstance(event, RunPaused) and status.live is not None:
            statuses[event.entity] = change(status, live=change(status.live, state=RunState.PAUSED))
        elif isinstance(event, RunContinued) and status.live is not None:
            live = change(status.live, state=RunState.RUNNING, waiting_for="", waiting_until=None)
            statuses[event.entity] = change(status, live=live)
        elif isinstance(event, RunFinished) and status.live is not None:
            last = change(
                status.live,
                state=event.state,
                counts=event.counts,
                ended_at=event.at,
                seconds=event.seconds,
                title=event.title,
                advice=event.advice,
            )
            state = EntityState.PAUSED if event.state is RunState.CANCELLED else EntityState(event.state.value)
            statuses[event.entity] = change(status, live=None, last=last, state=state)
        self.view = change(self.view, entities=tuple(statuses.values()))

    def show(self, *changed: EntityStatus, at: datetime = NOW) -> None:
        """Let the next overview differ."""
        self.view = overview(*changed, at=at)

    async def sync(self, request: SyncRequest) -> SyncReport:
        """Remember *request*; ends at once unless *hold*."""
        self.asked.append(("sync", request))
        if self.error is not None:
            raise self.error
        try:
            if self.hold:
                await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.report

    async def at_start(self, *, demo: bool = False) -> SyncRequest | None:  # noqa: ARG002 -- as the facade has it
        """Return what it was told to begin with."""
        return self.first

    async def forecast(self, request: SyncRequest, **_options: bool) -> list[Forecast]:
        """Return the given price, else pages of 200."""
        names = request.entities or tuple(one.name for one in REGISTRY)
        return [self._price(name, full=request.full) for name in names]

    async def estimate(self, request: SyncRequest) -> list[Forecast]:
        """Remember it; the price is known then."""
        self.asked.append(("estimate", request))
        if self.error is not None:
            raise self.error
        return [msgspec.structs.replace(one, known=True) for one in await self.forecast(request)]

    def _price(self, name: str, *, full: bool) -> Forecast:
        given = self.prices.get(name)
        if given is not None:
            return given
        status = next(one for one in self.view.entities if one.entity == name)
        pages = max(1, -(-(status.remote or 0) // 200))
        low, high = (pages, pages) if full else (1, 3)
        return Forecast(entity=name, calls_low=low, calls_high=high, share_of_day=high / 1000, seconds=high * 3.0)

    async def overview(self) -> Overview:
        """Return the given view."""
        if isinstance(self.error, ConnectionError):
            raise self.error
        return msgspec.structs.replace(self.view, at=self.clock.now())

    async def pause(self, run: RunId) -> None:
        """Remember it."""
        self.asked.append(("pause", run))

    async def resume(self, run: RunId) -> None:
        """Remember it."""
        self.asked.append(("resume", run))

    async def cancel(self, run: RunId) -> None:
        """Remember it."""
        self.asked.append(("cancel", run))

    async def runs(self, *, entity: str = "", limit: int = 100) -> list[RunInfo]:
        """Return the given history, else each entity's last run."""
        lasts = [one.last for one in self.view.entities if one.last is not None]
        return [run for run in (self.history or lasts) if not entity or run.entity == entity][:limit]

    async def run_detail(self, run: RunId) -> RunDetail | None:
        """Return the given detail, else the bare run."""
        if run in self.details:
            return self.details[run]
        found = next((one for one in await self.runs() if one.id == run), None)
        return RunDetail(run=found, calls=(), rejected=()) if found else None

    async def check_connection(self) -> Organization:
        """Return the sample organization."""
        return Organization(id="748369814", name="TSH Trading", currency_code="IQD", time_zone="Asia/Baghdad")

    async def save_setting(self, name: str, value: str | None) -> None:
        """Check and remember."""
        if value is not None:
            validated({name: value})
        self.asked.append(("save", (name, value)))

    @property
    def loaded(self) -> Loaded:
        """Return the defaults."""
        origins = {one.field: Origin.DEFAULT for one in DECLARED}
        return Loaded(settings=validated({}), home=Path("nowhere"), origins=origins, is_demo=self.is_demo)

    async def reveal_setting(self, name: str) -> str:
        """Return a made-up secret and remember who asked."""
        self.asked.append(("reveal", name))
        return f"revealed-{name}"

    def requests(self) -> list[SyncRequest]:
        """Return the syncs that were asked for."""
        return [what for word, what in self.asked if word == "sync"]
