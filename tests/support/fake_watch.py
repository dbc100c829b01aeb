"""Schedules and alerts in memory for widget tests: the engine's own planning over rows a test may change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from tsh_sync_gui.core.settings import validated
from tsh_sync_gui.engine.alerts import Alert, AlertState, Cause, Severity
from tsh_sync_gui.engine.ports.schedules import Book, Mark, ScheduleRow, Walk
from tsh_sync_gui.engine.schedules import Schedules, ScheduleView
from tsh_sync_gui.engine.views import Forecast, SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 10, 24, 30, tzinfo=UTC)


@dataclass
class MemorySchedules:
    """Fulfils `engine.ports.schedules.ScheduleStore`, but that nothing is claimed."""

    rows: dict[tuple[str, Walk], ScheduleRow] = field(default_factory=dict)
    marks: dict[str, Mark] = field(default_factory=dict)
    now: datetime = NOW

    async def read(self) -> Book:
        """Return the rows; all is well known."""
        sizes = zip(REGISTRY, (1250, 6, 1250, 340, 2000, 2000, 1500, 100), strict=False)
        marks = {one.name: _mark(self.now, size) for one, size in sizes} | self.marks
        return Book(now=self.now, rows=tuple(self.rows.values()), zone="Asia/Baghdad", marks=marks)

    async def arm(self, schedules: Sequence[tuple[str, Walk]]) -> None:
        """Arm nothing."""

    async def claim(self, *_what: Any) -> bool:
        """Claim nothing."""
        return False

    async def keep(self, row: ScheduleRow, *, by: str) -> None:
        """Keep *row*."""
        self.rows[row.entity, row.walk] = replace(row, updated_by=by, armed_at=self.now)

    async def pause(self, schedules: Sequence[tuple[str, Walk]], until: datetime | None, *, by: str) -> None:
        """Hold schedules."""
        for key in schedules:
            row = self.rows.get(key) or ScheduleRow(entity=key[0], walk=key[1], armed_at=self.now)
            self.rows[key] = replace(row, paused_at=self.now, paused_until=until, paused_by=by or "Sara")

    async def resume(self, schedules: Sequence[tuple[str, Walk]]) -> None:
        """Let schedules go on."""
        for key in schedules:
            if key in self.rows:
                self.rows[key] = replace(self.rows[key], paused_at=None, paused_until=None, paused_by="")


def _mark(now: datetime, size: int) -> Mark:
    return Mark(since=now - timedelta(days=2), last_good_at=now - timedelta(minutes=8), remote=size)


async def _price(request: SyncRequest) -> list[Forecast]:
    calls = 7 if request.full or len(request.entities) > 1 else 1
    return [Forecast(entity=request.entities[0], calls_low=calls, calls_high=calls)]


@dataclass
class FakeSchedules:
    """Fulfils `ui.watch_service.SchedulesDesk` by the engine's own, over a store in memory."""

    store: MemorySchedules = field(default_factory=MemorySchedules)
    settings: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, Any]] = field(default_factory=list)
    locked: frozenset[str] = frozenset()

    @property
    def _desk(self) -> Schedules:
        async def none(_entity: str) -> list[Any]:
            return []

        async def save(name: str, value: str | None) -> None:
            self.settings = self.settings | {name: value} if value else {}

        return Schedules(
            REGISTRY,
            self.store,
            settings=lambda: validated(self.settings),
            price=_price,
            history=none,
            save=save,
            locked=lambda name: name in self.locked,
        )

    async def view(self) -> ScheduleView:
        """Return all schedules."""
        return await self._desk.view()

    async def set(self, entity: str, walk: Walk = Walk.CHANGES, **given: Any) -> None:
        """Remember it and do it."""
        self.asked.append(("set", (entity, walk, given)))
        await self._desk.set(entity, walk, **given)

    async def pause(self, entities: Sequence[str] = (), *, until: datetime | None = None) -> None:
        """Remember it and do it."""
        self.asked.append(("pause", (tuple(entities), until)))
        await self._desk.pause(entities, until=until)

    async def resume(self, entities: Sequence[str] = ()) -> None:
        """Remember it and do it."""
        self.asked.append(("resume", tuple(entities)))
        await self._desk.resume(entities)


def alert_of(number: int, cause: Cause = Cause.RUN_FAILED, **changes: Any) -> Alert:
    """Return an alert as it is kept."""
    given: dict[str, Any] = {
        "id": number,
        "cause": cause,
        "subject": "invoices" if cause is Cause.RUN_FAILED else "",
        "title": "Invoices: Zoho has trouble",
        "remedy": "Nothing is lost; the next run goes on from there.",
        "severity": Severity.GRAVE,
        "first_at": NOW - timedelta(minutes=50),
        "last_at": NOW - timedelta(minutes=3),
    }
    return Alert(**(given | changes))


@dataclass
class FakeAlerts:
    """Fulfils `ui.watch_service.AlertsDesk`."""

    found: list[Alert] = field(default_factory=list)

    async def all(self, *, limit: int = 200) -> Sequence[Alert]:
        """Return what the test has put in."""
        return tuple(self.found[:limit])

    async def silence(self, which: str, *, seconds: float | None = None) -> Alert | Cause:  # noqa: ARG002 -- the port's
        """Silence one."""
        return self._change(which, is_silenced=True, silenced_by="Sara")

    async def lift(self, which: str) -> bool:
        """Tell of it again."""
        self._change(which, is_silenced=False, silenced_by="")
        return True

    def clear(self, number: int) -> None:
        """Let one be over."""
        self._change(str(number), state=AlertState.CLEARED, cleared_at=NOW)

    def _change(self, which: str, **changes: Any) -> Alert:
        place = next(place for place, one in enumerate(self.found) if str(one.id) == which)
        self.found[place] = replace(self.found[place], **changes)
        return self.found[place]
