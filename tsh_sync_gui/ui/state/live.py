"""What is known right now: the last overview, and the events since then folded over it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import assert_never

import msgspec

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
    RecordsRejected,
    RunContinued,
    RunEvent,
    RunFinished,
    RunPaused,
    RunStarted,
    RunWaiting,
)
from tsh_sync_gui.core.values import Phase, RunState
from tsh_sync_gui.engine.letters.values import LetterFigures
from tsh_sync_gui.engine.ports import QuotaStatus, RunInfo
from tsh_sync_gui.engine.views import EntityStatus, Overview
from tsh_sync_gui.ui.state.pace import Pace

_NOTICES_KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class RunView:
    """One run as the window follows it; *share* of the phase never falls, *here* is None until it is known."""

    info: RunInfo
    done: int = 0
    expected: int | None = None
    share: float | None = None
    pace: Pace = field(default_factory=Pace)
    here: bool | None = None
    rejected: int = 0
    outstanding: int | None = None
    seen_at: float = 0.0

    @property
    def is_live(self) -> bool:
        """Tell whether the run is still being worked on."""
        return self.info.state.is_live and self.info.ended_at is None

    @property
    def paused_by(self) -> str:
        """Return who holds the run, "" when nobody does or nobody knows."""
        return self.info.waiting_for if self.info.state is RunState.PAUSED else ""


@dataclass(frozen=True, slots=True)
class Connection:
    """Whether a server answers, and the words where it does not."""

    up: bool = True
    title: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppState:
    """Everything the screens render. *pending* are entities a person asked for that have not begun."""

    overview: Overview | None = None
    runs: Mapping[str, RunView] = field(default_factory=dict)
    pending: frozenset[str] = frozenset()
    connections: Mapping[str, Connection] = field(default_factory=dict)
    quota: QuotaStatus | None = None
    notices: tuple[Notice, ...] = ()
    letters: LetterFigures | None = None

    def status(self, entity: str) -> EntityStatus | None:
        """Return the entity's last read status."""
        entities = self.overview.entities if self.overview else ()
        return next((one for one in entities if one.entity == entity), None)

    def letters_of(self, entity: str) -> int:
        """Return how many dead letters of *entity* wait, as far as that is known."""
        return self.letters.by_entity.get(entity, 0) if self.letters else 0

    @property
    def zone(self) -> str:
        """Return the organization's time zone, "" while none is known."""
        return self.overview.time_zone if self.overview else ""

    @property
    def live(self) -> tuple[RunView, ...]:
        """Return the runs being worked on, in the order of the cards."""
        order = {one.entity: place for place, one in enumerate(self.overview.entities)} if self.overview else {}
        runs = (run for run in self.runs.values() if run.is_live)
        return tuple(sorted(runs, key=lambda run: order.get(run.info.entity, len(order))))


def advance(state: AppState, event: Event, *, at: float) -> AppState:
    """Return the state after *event*, heard at the monotonic moment *at*."""
    match event:
        case QuotaChanged():
            return replace(state, quota=_quota(state.quota, event))
        case ConnectionChanged(what=what, up=up, title=title, advice=advice):
            return replace(state, connections={**state.connections, what: Connection(up, title, advice)})
        case Notice():
            return replace(state, notices=(event, *state.notices)[:_NOTICES_KEPT])
        case LettersChanged() | DeliveriesChanged() | AlertRaised():
            return state
        case _:
            return _after_run_event(state, event, at)


def _quota(old: QuotaStatus | None, event: QuotaChanged) -> QuotaStatus:
    return QuotaStatus(
        day_used=event.day_used,
        day_limit=event.day_limit,
        resets_at=event.resets_at,
        minute_used=event.minute_used,
        minute_limit=event.minute_limit,
        by_lane=old.by_lane if old else {},
        source=old.source if old else "own count",
    )


def _after_run_event(state: AppState, event: RunEvent, at: float) -> AppState:
    entity, old = event.entity, state.runs.get(event.entity)
    if isinstance(event, RunStarted):
        run = _opened(event, here=True if entity in state.pending else None)
        pending = state.pending - {entity}
        return replace(state, runs={**state.runs, entity: replace(run, seen_at=at)}, pending=pending)
    if old is None or old.info.id != event.run:
        return state
    return replace(state, runs={**state.runs, entity: replace(_moved(old, event, at), seen_at=at)})


def _opened(event: RunStarted, *, here: bool | None) -> RunView:
    info = RunInfo(
        id=event.run,
        leader=event.run,
        entity=event.entity,
        mode=event.mode,
        state=RunState.RUNNING,
        phase=Phase.LIST,
        trigger=event.trigger,
        machine=event.machine,
        user=event.user,
        started_at=event.at,
        heartbeat_at=event.at,
        counts=event.counts,
        calls=event.calls,
        expected=event.expected,
        forecast_calls=event.forecast_calls,
    )
    return _measured(RunView(info=info, here=here), event.counts.seen, event.expected)


def _moved(run: RunView, event: RunEvent, at: float) -> RunView:
    change = msgspec.structs.replace
    match event:
        case RunStarted():
            return run
        case PhaseStarted(phase=phase, expected=expected):
            info = change(run.info, phase=phase, state=RunState.RUNNING, waiting_for="", waiting_until=None)
            return _measured(replace(run, info=info, share=None, pace=Pace().moved(at, 0)), 0, expected)
        case PageStored(phase=phase, counts=counts, calls=calls, done=done, expected=expected):
            fresh = run if run.info.phase == phase else replace(run, share=None, pace=Pace())
            info = change(run.info, phase=phase, counts=counts, calls=calls)
            if not _waits_for_calls(info):
                info = change(info, state=RunState.RUNNING, waiting_for="", waiting_until=None)
            return _measured(replace(fresh, info=info, pace=fresh.pace.moved(at, done)), done, expected)
        case RunWaiting(reason=reason, until=until):
            info = change(run.info, state=RunState.WAITING, waiting_for=reason, waiting_until=until)
            return replace(run, info=info)
        case RunContinued():
            info = change(run.info, state=RunState.RUNNING, waiting_for="", waiting_until=None)
            return replace(run, info=info, pace=Pace().moved(at, run.done))
        case RunPaused(by=by):
            info = change(run.info, state=RunState.PAUSED, waiting_for=by, waiting_until=None)
            return replace(run, info=info)
        case RecordsRejected(number=number):
            return replace(run, rejected=run.rejected + number)
        case RunFinished():
            return _ended(run, event)
        case _:
            assert_never(event)


def _waits_for_calls(info: RunInfo) -> bool:
    """Tell whether the next page waits to be asked for: one that came before it may be stored meanwhile."""
    return info.state is RunState.WAITING and info.waiting_for in {"minute_limit", "concurrency", "network"}


def _ended(run: RunView, event: RunFinished) -> RunView:
    info = msgspec.structs.replace(
        run.info,
        state=event.state,
        counts=event.counts,
        calls=event.calls,
        seconds=event.seconds,
        ended_at=event.at,
        title=event.title,
        advice=event.advice,
    )
    return replace(run, info=info, outstanding=event.details_outstanding)


def _measured(run: RunView, done: int, expected: int | None) -> RunView:
    """Keep the bar from jumping back: *share* only grows within a phase."""
    share = min(1.0, done / expected) if expected else None
    if run.share is not None:
        share = run.share if share is None else max(run.share, share)
    return replace(run, done=done, expected=expected or None, share=share)


def rebase(state: AppState, overview: Overview, *, asked_at: float, at: float) -> AppState:
    """Return the state over a fresh *overview* that was asked for at *asked_at*; what is newer than that stays."""
    runs: dict[str, RunView] = {}
    for status in overview.entities:
        old = state.runs.get(status.entity)
        if old is not None and old.seen_at >= asked_at:
            runs[status.entity] = replace(old, here=_here(old, status))
        elif status.live is not None:
            runs[status.entity] = _read(status, _as_heard(status.live, old, overview.at), old, at)
    connections = {**state.connections, "database": Connection()}
    return replace(state, overview=overview, runs=runs, quota=overview.quota, connections=connections)


def _here(run: RunView, status: EntityStatus) -> bool | None:
    return status.here if status.live is not None and status.live.id == run.info.id else run.here


def _as_heard(info: RunInfo, old: RunView | None, now: datetime) -> RunInfo:
    """Return *info* with the wait that was heard of: the database does not know of short ones."""
    heard = old.info if old is not None else None
    if heard is None or heard.id != info.id or info.state is not RunState.RUNNING or not _waits_for_calls(heard):
        return info
    if heard.waiting_until is None or heard.waiting_until <= now:
        return info
    return msgspec.structs.replace(
        info, state=RunState.WAITING, waiting_for=heard.waiting_for, waiting_until=heard.waiting_until
    )


def _read(status: EntityStatus, info: RunInfo, old: RunView | None, at: float) -> RunView:
    in_details = info.phase is Phase.DETAILS
    done = info.details_done if in_details else info.counts.seen
    expected = (info.details_total or None) if in_details else info.expected
    same = old is not None and old.info.id == info.id and old.info.phase is info.phase
    run = replace(old, info=info) if same and old is not None else RunView(info=info)
    run = replace(run, here=status.here, pace=run.pace.moved(at, done), seen_at=at)
    return _measured(run, max(done, run.done) if same else done, expected)


def asked(state: AppState, entities: Iterable[str]) -> AppState:
    """Return the state after a person asked for *entities*: their cards answer at once."""
    return replace(state, pending=state.pending | frozenset(entities))


def answered(state: AppState, entities: Iterable[str]) -> AppState:
    """Return the state after the call for *entities* came back, with or without a run."""
    return replace(state, pending=state.pending - frozenset(entities))
