"""What is scheduled: each entity's own timing where a person set one, else the default; and what it serves. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Final
from zoneinfo import ZoneInfo

from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.engine.plan import pages_of
from tsh_sync_gui.engine.ports.schedules import Book, ScheduleRow, Walk
from tsh_sync_gui.engine.schedule import Quiet, Timing, a_day, between, late_from, upcoming, zone_of
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity, Product

NIGHTLY_CALLS: Final = 20
"""A full walk of so many calls is made each night, a dearer one each week (design.md 5, Deletes)."""
_A_DAY: Final = 1440
_AT_NIGHT: Final = "0 3 * * *"
_CLOCK_WENT_BACK: Final = timedelta(hours=1)


class Standing(StrEnum):
    """Whether a schedule goes. Blocked: something else has to come first, and *why* says what."""

    ON = "on"
    OFF = "off"
    PAUSED = "paused"
    BLOCKED = "blocked"


class Block(StrEnum):
    """What has to come before a schedule goes."""

    FIRST_SYNC = "first_sync"
    SIGN_IN = "sign_in"
    SWITCHED_OFF = "switched_off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """One schedule as it goes: *timing* None is none; then *served_by* may name the entity whose runs do it, too.

    *pulls* are the entities a run walks, *is_own* tells that a person set the timing, *setting* names the setting that
    an interval comes from.
    """

    entity: str
    title: str
    walk: Walk
    timing: Timing | None
    quiet: Quiet | None = None
    is_own: bool = False
    served_by: str = ""
    pulls: tuple[str, ...] = ()
    setting: str = ""
    row: ScheduleRow
    why: Block | None = None

    @property
    def key(self) -> tuple[str, Walk]:
        """Return what the schedule is kept under."""
        return self.entity, self.walk

    def standing(self, now: datetime) -> Standing:
        """Return whether the schedule goes at *now*."""
        if self.timing is None:
            return Standing.OFF
        if is_paused(self.row, now):
            return Standing.PAUSED
        return Standing.BLOCKED if self.why else Standing.ON

    def since(self, now: datetime) -> datetime | None:
        """Return after which moment due times count, None before they count at all."""
        row = self.row
        if row.armed_at is None:
            return None
        pause = row.paused_until if row.paused_at and row.paused_until and row.paused_until <= now else None
        return max(one for one in (row.armed_at, row.last_due, pause) if one is not None)

    def needs_arming(self, now: datetime) -> bool:
        """Tell whether the schedule is new, or was due in a future that the clock has since gone back from."""
        since = self.since(now)
        return since is None or since > now + _CLOCK_WENT_BACK

    def due(self, now: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
        """Return what has come due and nobody has acted on."""
        since = self.since(now)
        if self.timing is None or since is None or is_paused(self.row, now):
            return ()
        return between(self.timing, since, now, zone, self.quiet)

    def next(self, now: datetime, zone: ZoneInfo, number: int = 1) -> tuple[datetime, ...]:
        """Return when it runs next; nothing while somebody holds it without an end."""
        if self.timing is None:
            return ()
        if is_paused(self.row, now):
            until = self.row.paused_until
            return () if until is None else upcoming(self.timing, until, zone, self.quiet, number=number)
        return upcoming(self.timing, now, zone, self.quiet, number=number)

    def is_late(self, last_good: datetime | None, now: datetime, zone: ZoneInfo) -> bool:
        """Tell whether there was no good run inside twice the interval, though nobody holds the schedule."""
        if last_good is None or self.standing(now) is not Standing.ON or self.timing is None:
            return False
        row = self.row
        armed = row.armed_at or now
        resumed = row.paused_until if row.paused_at and row.paused_until else armed
        late = late_from(self.timing, max(last_good, armed, min(resumed, now)), zone, self.quiet)
        return late is not None and now >= late


def is_paused(row: ScheduleRow, now: datetime) -> bool:
    """Tell whether somebody holds the schedule at *now*."""
    return row.paused_at is not None and (row.paused_until is None or row.paused_until > now)


def schedules(registry: Registry, settings: Settings, book: Book) -> tuple[Schedule, ...]:
    """Return all schedules of what this organization has, in dependency order."""
    products = frozenset(Product(one) for one in settings.products)
    found = []
    for entity in registry.all:
        if entity.api(products) is None:
            continue
        members = [one for one in registry.walk(entity.walk) if one.api(products)]
        carrier = _carrier(entity, members, book)
        found.append(_changes(entity, members, carrier, settings, book))
        if not entity.pull.by_interval and not entity.pull.whole:
            found.append(_full(entity, carrier, settings, book))
    return tuple(replace(one, why=_why(one, settings, book)) for one in found)


def serving(found: Sequence[Schedule], entity: str) -> Schedule | None:
    """Return the schedule that keeps *entity* up to date, its own or another's; None when there is none."""
    own = next((one for one in found if one.key == (entity, Walk.CHANGES)), None)
    if own is not None and own.timing is None and own.served_by:
        return next((one for one in found if one.key == (own.served_by, Walk.CHANGES)), None)
    return own if own is not None and own.timing is not None else None


def calls_a_day(found: Sequence[Schedule], registry: Registry, book: Book, per_page: int) -> dict[str, int]:
    """Return the calls of a day without unusual changes, by the entity whose schedule makes them.

    A walk of changes mostly fits one page; one that reads all has as many as the longest list it serves.
    """
    calls: dict[str, float] = {}
    zone = zone_of(book.zone)
    for one in found:
        if one.timing is None:
            continue
        pull, total = registry.get(one.entity).pull, max(book.mark(name).remote for name in one.pulls)
        reads_all = one.walk is Walk.FULL or pull.whole or pull.by_interval
        pages = pages_of(total, per_page) if reads_all else 1
        details = total / pull.details_age_days if pull.details_age_days and one.walk is Walk.CHANGES else 0.0
        often = a_day(one.timing, book.now, zone, one.quiet)
        calls[one.entity] = calls.get(one.entity, 0.0) + often * pages + details
    return {entity: ceil(number) for entity, number in calls.items()}


def default_timing(entity: Entity, settings: Settings) -> Timing:
    """Return how often changes of *entity* are fetched unless a person says otherwise."""
    name = entity.pull.interval_setting
    minutes = int(getattr(settings, name)) if name else entity.pull.interval_minutes
    return Timing(cron=_AT_NIGHT) if minutes >= _A_DAY and not name else Timing(minutes)


def nightly_timing(entity: Entity, records: int, per_page: int) -> Timing:
    """Return when the full walk of *entity* comes: each night where it is cheap, else one night of the week."""
    minute = entity.rank * 5 % 60
    if records and pages_of(records, per_page) <= NIGHTLY_CALLS:
        return Timing(cron=f"{minute} 2 * * *")
    return Timing(cron=f"{minute} 2 * * {entity.rank % 7}")


def _carrier(entity: Entity, members: Sequence[Entity], book: Book) -> str:
    """Return the entity whose walks are complete and serve *entity*, too; '' for none."""
    is_synced = book.mark(entity.name).since is not None
    for one in members:
        row = book.row(one.name, Walk.CHANGES)
        # One that waits for its first sync keeps nobody up to date.
        waits = is_synced and book.mark(one.name).since is None
        if one is not entity and one.pull.by_interval and not row.off and not waits:
            return one.name
    return ""


def _changes(entity: Entity, members: Sequence[Entity], carrier: str, settings: Settings, book: Book) -> Schedule:
    row = book.row(entity.name, Walk.CHANGES)
    pulls = tuple(one.name for one in members) if entity.pull.by_interval else (entity.name,)
    made = Schedule(
        entity=entity.name,
        title=entity.title,
        walk=Walk.CHANGES,
        timing=default_timing(entity, settings),
        pulls=pulls,
        setting=entity.pull.interval_setting,
        row=row,
    )
    return _as_kept(made, carrier)


def _why(schedule: Schedule, settings: Settings, book: Book) -> Block | None:
    if not settings.sync_enabled:
        return Block.SWITCHED_OFF
    # A first sync is dear, and a person's decision.
    if book.mark(schedule.entity).since is None:
        return Block.FIRST_SYNC
    return Block.SIGN_IN if book.mark(schedule.entity).is_refused else None


def _full(entity: Entity, carrier: str, settings: Settings, book: Book) -> Schedule:
    made = Schedule(
        entity=entity.name,
        title=entity.title,
        walk=Walk.FULL,
        timing=nightly_timing(entity, book.mark(entity.name).remote, settings.batch_size),
        pulls=(entity.name,),
        row=book.row(entity.name, Walk.FULL),
    )
    return _as_kept(made, carrier)


def _as_kept(made: Schedule, carrier: str) -> Schedule:
    """Return the default *made* as a person has changed it; without change another's runs may make it needless."""
    row = made.row
    made = replace(made, quiet=Quiet.parse(row.quiet))
    if row.off:
        return replace(made, timing=None, is_own=True)
    if row.cron or row.minutes:
        return replace(made, timing=Timing(row.minutes or 0, row.cron), is_own=True)
    return replace(made, timing=None, served_by=carrier) if carrier else made
