"""Schedules as screens and commands see and change them: how each stands, what is next, what a day costs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from heapq import merge
from itertools import islice
from math import ceil
from statistics import median
from typing import Any, Final
from zoneinfo import ZoneInfo

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import Mode, RunState
from tsh_sync_gui.engine.outcomes import user_name
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.ports.schedules import Book, ScheduleRow, ScheduleStore, Walk
from tsh_sync_gui.engine.schedule import Quiet, Timing, a_day, zone_of
from tsh_sync_gui.engine.schedule_book import Block, Schedule, Standing, schedules, serving
from tsh_sync_gui.engine.views import Forecast, Planned, SyncRequest
from tsh_sync_gui.entities.registry import Registry

SHARE: Final = 0.65
"""What is left of a day's calls for schedules: the rest is kept for people, orders and webhooks (design.md 5)."""
_AHEAD: Final = 5

Price = Callable[[SyncRequest], Awaitable[list[Forecast]]]
History = Callable[[str], Awaitable[Sequence[RunInfo]]]
Save = Callable[[str, str | None], Awaitable[None]]
Locked = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The calls of one run, fewest and most; *is_known* is False where that is only what is known."""

    least: int
    most: int
    is_known: bool = True

    def as_json(self) -> dict[str, Any]:
        """Return the cost as the command line prints it."""
        return {"least": self.least, "most": self.most, "known": self.is_known}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleItem:
    """One schedule with what it comes to: *nexts* are its next runs, *a_day* how often it runs, *calls* a day's."""

    schedule: Schedule
    standing: Standing
    nexts: tuple[datetime, ...]
    cost: Cost
    a_day: float
    calls: int
    is_late: bool = False
    is_locked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One run to come."""

    at: datetime
    entity: str
    title: str
    walk: Walk
    cost: Cost


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleView:
    """All schedules at *now*; *calls* are those of a day, of *limit*, of which *share* are the schedules'."""

    now: datetime
    zone: str
    items: tuple[ScheduleItem, ...]
    coming: tuple[Coming, ...]
    calls: int
    limit: int

    @property
    def share(self) -> int:
        """Return how many calls of a day schedules may use."""
        return int(self.limit * SHARE)

    @property
    def fits(self) -> bool:
        """Tell whether a day's runs fit in what is theirs."""
        return self.calls <= self.share


class Schedules:
    """The schedules of all machines, seen and changed from one of them."""

    def __init__(
        self,
        registry: Registry,
        store: ScheduleStore,
        *,
        settings: Callable[[], Settings],
        price: Price,
        history: History,
        save: Save,
        locked: Locked,
    ) -> None:
        self._registry = registry
        self._store = store
        self._settings = settings
        self._price = price
        self._history = history
        self._save = save
        self._locked = locked

    async def view(self) -> ScheduleView:
        """Return all schedules with their next runs and costs; makes no call to Zoho."""
        book = await self._store.read()
        zone, settings = zone_of(book.zone), self._settings()
        items = tuple([await self._item(one, book, zone) for one in schedules(self._registry, settings, book)])
        return ScheduleView(
            now=book.now,
            zone=book.zone,
            items=items,
            coming=_coming(items, _AHEAD),
            calls=sum(one.calls for one in items),
            limit=settings.per_day,
        )

    async def coming(self, number: int = _AHEAD) -> tuple[Coming, ...]:
        """Return the next runs of all schedules, in order, with their costs."""
        book = await self._store.read()
        zone = zone_of(book.zone)
        found = schedules(self._registry, self._settings(), book)
        return _coming([await self._item(one, book, zone, ahead=number) for one in found], number)

    async def planned(self) -> Mapping[str, Planned]:
        """Return by entity when it is synced next, or why it is not; for cards and `status`."""
        book = await self._store.read()
        zone = zone_of(book.zone)
        found = schedules(self._registry, self._settings(), book)
        planned = {}
        for entity in {one.entity for one in found}:
            schedule = serving(found, entity)
            if schedule is None:
                planned[entity] = Planned()
                continue
            standing = schedule.standing(book.now)
            goes = standing in {Standing.ON, Standing.PAUSED}
            nexts = schedule.next(book.now, zone) if goes else ()
            planned[entity] = Planned(
                standing=standing.value,
                at=nexts[0] if nexts else None,
                until=schedule.row.paused_until if standing is Standing.PAUSED else None,
                by=schedule.row.paused_by if standing is Standing.PAUSED else "",
                why=schedule.why.value if standing is Standing.BLOCKED and schedule.why else "",
                is_late=schedule.is_late(book.mark(entity).last_good_at, book.now, zone),
            )
        return planned

    async def set(
        self,
        entity: str,
        walk: Walk = Walk.CHANGES,
        *,
        timing: Timing | None = None,
        off: bool = False,
        default: bool = False,
        quiet: str | None = None,
    ) -> None:
        """Change one schedule: its *timing*, *off* for none, *default* for what holds without; *quiet* hours or ''.

        What is not given stays. ConfigurationError names what cannot be.
        """
        spec = self._registry.get(entity)
        if walk is Walk.FULL and (spec.pull.by_interval or spec.pull.whole):
            raise ConfigurationError(
                f"{spec.title} has no full walks of its own", advice="Each of its runs reads everything already."
            )
        if quiet is not None:
            quiet = str(Quiet.parse(quiet) or "")
        book = await self._store.read()
        row = replace(book.row(spec.name, walk))
        setting = spec.pull.interval_setting if walk is Walk.CHANGES else ""
        if timing is not None:
            row = replace(row, minutes=timing.minutes or None, cron=timing.cron, off=False)
            if setting and timing.minutes:
                await self._set_interval(setting, timing.minutes)
                row = replace(row, minutes=None)
        elif off or default:
            row = replace(row, minutes=None, cron="", off=off)
            if setting and default and not self._locked(setting):
                await self._save(setting, None)
        await self._store.keep(replace(row, quiet=row.quiet if quiet is None else quiet), by=user_name())

    async def _set_interval(self, setting: str, minutes: int) -> None:
        """Keep an interval where its setting is: the environment may go before it."""
        if self._locked(setting):
            raise ConfigurationError(
                f"This interval is set outside the program, to {getattr(self._settings(), setting)} minutes",
                advice="Change it in the environment or the .env file, or set a cron line.",
            )
        await self._save(setting, str(minutes))

    async def pause(self, entities: Sequence[str] = (), *, until: datetime | None = None) -> None:
        """Hold the schedules of *entities* (none: of all) until a moment, or until somebody resumes them."""
        await self._store.pause(await self._keys(entities), until, by=user_name())

    async def resume(self, entities: Sequence[str] = ()) -> None:
        """Let schedules go on."""
        await self._store.resume(await self._keys(entities))

    async def _keys(self, entities: Sequence[str]) -> list[tuple[str, Walk]]:
        """Return the schedules of *entities*, and of the others that a run of one of them serves."""
        found = schedules(self._registry, self._settings(), await self._store.read())
        names = {self._registry.get(one).name for one in entities} or {one.entity for one in found}
        carriers = {one.served_by for one in found if one.entity in names and one.served_by}
        return [one.key for one in found if one.entity in names | carriers]

    async def _item(self, schedule: Schedule, book: Book, zone: ZoneInfo, *, ahead: int = _AHEAD) -> ScheduleItem:
        standing = schedule.standing(book.now)
        goes = standing in {Standing.ON, Standing.PAUSED}
        cost = await self._cost(schedule, book) if schedule.timing is not None else Cost(least=0, most=0)
        often = 0.0 if schedule.timing is None else a_day(schedule.timing, book.now, zone, schedule.quiet)
        last_good = book.mark(schedule.entity).last_good_at
        return ScheduleItem(
            schedule=schedule,
            standing=standing,
            nexts=schedule.next(book.now, zone, ahead) if goes else (),
            cost=cost,
            a_day=often,
            calls=ceil(often * cost.most),
            is_late=schedule.walk is Walk.CHANGES and schedule.is_late(last_good, book.now, zone),
            is_locked=bool(schedule.setting) and self._locked(schedule.setting),
        )

    async def _cost(self, schedule: Schedule, book: Book) -> Cost:
        """Return what a run costs: its lists as forecast, and the details that such runs usually fetch."""
        is_full = schedule.walk is Walk.FULL
        request = SyncRequest(entities=schedule.pulls, full=is_full, force=True, details="none", trigger="schedule")
        found = await self._price(request)
        mode = Mode.FULL if is_full else None
        details = usual_details(await self._history(schedule.entity), mode)
        age = self._registry.get(schedule.entity).pull.details_age_days
        if details is None:
            # Nothing has run by schedule yet: what is read anew for its age is known all the same.
            runs = a_day(schedule.timing, book.now, zone_of(book.zone)) if schedule.timing and age else 0.0
            details = ceil(book.mark(schedule.entity).remote / age / runs) if runs else 0
        return Cost(
            # What an estimate has read just now saves a run today its calls, but none of those to come.
            least=sum(max(1, one.calls_low + one.kept_pages) for one in found),
            most=sum(max(1, one.calls_low + one.kept_pages, one.calls_high + one.kept_pages) for one in found)
            + details,
            is_known=all(one.known for one in found),
        )


def usual_details(runs: Sequence[RunInfo], mode: Mode | None) -> int | None:
    """Return how many calls for details scheduled runs make, half of them fewer; None where none has run.

    *mode* None is any.
    """
    good = {RunState.UP_TO_DATE, RunState.PARTLY_DONE}
    past = [
        run.calls.bulk + run.calls.detail
        for run in runs
        if run.trigger == "schedule" and run.state in good and (mode is None or run.mode is mode)
    ]
    return round(median(past)) if past else None


def _coming(items: Sequence[ScheduleItem], number: int) -> tuple[Coming, ...]:
    runs = (
        [
            Coming(at=at, entity=one.schedule.entity, title=one.schedule.title, walk=one.schedule.walk, cost=one.cost)
            for at in one.nexts
        ]
        for one in items
    )
    return tuple(islice(merge(*runs, key=lambda run: run.at), number))


__all__ = ["Block", "Coming", "Cost", "ScheduleItem", "ScheduleRow", "ScheduleView", "Schedules", "Standing", "Walk"]
