"""Whether webhooks come for what changes: per event when it was last heard, and what syncs found that nobody told of.

A change counts as missed when Zoho stamped it after the event was last heard, a sync brought it, and no delivery
named its record since. An event is silent when changes were missed and it was not heard for a while.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from tsh_sync_gui.engine.ports.deliveries import Heard, Missed
from tsh_sync_gui.engine.ports.inbox import Change
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity

SILENT_AFTER: Final = timedelta(hours=6)
"""So long nothing is heard of an event, though it happened, until that is an alarm."""
GRACE: Final = timedelta(minutes=10)
"""A delivery may come later than the sync that finds the same change: Zoho tries again for a while."""
LOOK_BACK: Final = timedelta(days=7)
GAP_MARGIN: Final = timedelta(minutes=5)
_CHANGES: Final = (Change.CREATED, Change.UPDATED, Change.DELETED)
_DONE: Final = {Change.CREATED: "were created", Change.UPDATED: "changed", Change.DELETED: "were deleted"}


class Hearing(StrEnum):
    """How an event stands: heard of late, not heard though it happened, never heard, or nothing to hear."""

    HEARD = "heard"
    SILENT = "silent"
    NEVER = "never"
    IDLE = "idle"


@dataclass(frozen=True, slots=True, kw_only=True)
class EventCoverage:
    """One event of one kind of record; *week* counts deliveries of seven days, *missed* changes nobody told of.

    *is_planned* says that the set-up asks for a workflow rule for it.
    """

    entity: str
    title: str
    change: Change
    is_planned: bool
    hearing: Hearing
    last: datetime | None
    week: int
    missed: int
    missed_since: datetime | None

    @property
    def per_day(self) -> float:
        """Return how many come a day, by the last seven."""
        return round(self.week / 7, 1)

    def as_json(self) -> dict[str, Any]:
        """Return it as the command line and the HTTP API print it."""
        return {
            "entity": self.entity,
            "change": self.change.value,
            "planned": self.is_planned,
            "hearing": self.hearing.value,
            "last": self.last.isoformat() if self.last else None,
            "per_day": self.per_day,
            "missed": self.missed,
            "missed_since": self.missed_since.isoformat() if self.missed_since else None,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """An alarm: *entity* changes in Zoho and no webhook tells of it; *since* is where the gap begins."""

    entity: str
    since: datetime
    missed: int
    title: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How webhooks cover what changes. Not *in_use*: no webhook was ever set up or came, and nothing is an alarm."""

    at: datetime
    in_use: bool
    events: tuple[EventCoverage, ...]
    silences: tuple[Silence, ...]

    def as_json(self) -> dict[str, Any]:
        """Return it as the command line and the HTTP API print it."""
        return {
            "in_use": self.in_use,
            "events": [event.as_json() for event in self.events],
            "silences": [
                {
                    "entity": one.entity,
                    "since": one.since.isoformat(),
                    "missed": one.missed,
                    "title": one.title,
                    "advice": one.advice,
                }
                for one in self.silences
            ],
        }


def told_by_webhooks(registry: Registry) -> tuple[Entity, ...]:
    """Return the entities that Zoho has events of; rows that are only part of another record have none."""
    return tuple(entity for entity in registry if entity.spread is None)


def horizons(
    registry: Registry,
    heard: Sequence[Heard],
    *,
    watched: Mapping[str, datetime],
    fetched: Mapping[str, datetime],
    now: datetime,
) -> dict[str, datetime]:
    """Return from when on missed changes are looked for, by entity; entities that were never synced are left out."""
    found = {}
    for entity in told_by_webhooks(registry):
        if entity.name not in watched:
            continue
        last = [one for one in (_last(heard, entity.name, change) for change in _CHANGES) if one is not None]
        begins = [now - LOOK_BACK, watched[entity.name], fetched.get(entity.name)]
        begins.append(min(last) if len(last) == len(_CHANGES) else None)
        found[entity.name] = max(one for one in begins if one is not None)
    return found


def coverage(
    registry: Registry,
    heard: Sequence[Heard],
    missed: Sequence[Missed],
    *,
    in_use: bool,
    now: datetime,
    fetched: Mapping[str, datetime] | None = None,
    silent_after: timedelta = SILENT_AFTER,
) -> Coverage:
    """Return what is heard of each event, and the silences; *missed* are the changes since the entities' horizons."""
    fetched = fetched or {}
    events: list[EventCoverage] = []
    silences: list[Silence] = []
    for entity in told_by_webhooks(registry):
        here = [
            _event(entity, change, heard, missed, now=now, silent_after=silent_after, fetched=fetched)
            for change in _CHANGES
        ]
        events += here
        if in_use and (found := _silence(entity, here, now=now, silent_after=silent_after)) is not None:
            silences.append(found)
    return Coverage(at=now, in_use=in_use, events=tuple(events), silences=tuple(silences))


def _event(
    entity: Entity,
    change: Change,
    heard: Sequence[Heard],
    missed: Sequence[Missed],
    *,
    now: datetime,
    silent_after: timedelta,
    fetched: Mapping[str, datetime],
) -> EventCoverage:
    last = _last(heard, entity.name, change)
    begins = max((one for one in (last, fetched.get(entity.name)) if one is not None), default=None)
    lost = [
        one.changed_at
        for one in missed
        if (one.entity, one.change) == (entity.name, change)
        and (begins is None or one.changed_at > begins)
        and now - one.found_at >= GRACE
    ]
    if last is None:
        hearing = Hearing.NEVER if lost else Hearing.IDLE
    elif lost and now - last >= silent_after:
        hearing = Hearing.SILENT
    else:
        hearing = Hearing.HEARD if now - last < LOOK_BACK else Hearing.IDLE
    week = sum(one.week for one in heard if one.entity == entity.name and one.change in {change, Change.UNKNOWN})
    return EventCoverage(
        entity=entity.name,
        title=f"{entity.one[0].upper()}{entity.one[1:]} {change.value}",
        change=change,
        is_planned=change.value in entity.events,
        hearing=hearing,
        last=last,
        week=week,
        missed=len(lost),
        missed_since=min(lost, default=None),
    )


def _last(heard: Sequence[Heard], entity: str, change: Change) -> datetime | None:
    """Return when *change* was last heard of; a delivery that does not say which it is may be any but a delete."""
    kinds = {change} if change is Change.DELETED else {change, Change.UNKNOWN}
    return max((one.last for one in heard if one.entity == entity and one.change in kinds), default=None)


def _silence(
    entity: Entity, events: Sequence[EventCoverage], *, now: datetime, silent_after: timedelta
) -> Silence | None:
    loud = [one for one in events if one.missed_since is not None and one.hearing in {Hearing.SILENT, Hearing.NEVER}]
    # What was never heard and is no part of the set-up may never have been wanted.
    loud = [one for one in loud if one.hearing is Hearing.SILENT or one.is_planned]
    if not loud:
        return None
    last = max((one.last for one in loud if one.last is not None), default=None)
    since = min(one.last or one.missed_since or now for one in loud)
    if now - since < silent_after:
        return None
    number = sum(one.missed for one in loud)
    kind = f"{entity.one} events" if len(loud) > 1 else f"“{loud[0].title}” events"
    many = f"{entity.title[0].lower()}{entity.title[1:]}" if number != 1 else entity.one
    done = _DONE[loud[0].change] if len(loud) == 1 else "changed"
    done = done.replace("were", "was") if number == 1 else done
    begun = f"No {kind} for {duration(now - last)}" if last else f"No {kind} have ever come"
    return Silence(
        entity=entity.name,
        since=since,
        missed=number,
        title=f"{begun}, though {number:,} {many} {done} in Zoho",
        advice="See whether the workflow rule in Zoho is active and calls the right address; then fetch the gap.",
    )


def duration(time: timedelta) -> str:
    """Return *time* in words as short as 40 min, 6 h, 3 days."""
    minutes = int(time.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} days"
