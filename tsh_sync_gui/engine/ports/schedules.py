"""Schedules as they are kept: what a person set, when each was due last, and who may claim a due time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from tsh_sync_gui.engine.ports.jobs import JobId


class Walk(StrEnum):
    """What a schedule runs: what changed, or everything, which also finds what was deleted."""

    CHANGES = "changes"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """One schedule as it is kept; without *minutes* and *cron* the default holds, *off* means none.

    *armed_at* is from when on due times count; *note* says what came of the last one. A pause without *paused_until*
    ends when somebody resumes.
    """

    entity: str
    walk: Walk
    minutes: int | None = None
    cron: str = ""
    off: bool = False
    quiet: str = ""
    armed_at: datetime | None = None
    last_due: datetime | None = None
    fired_at: datetime | None = None
    machine: str = ""
    note: str = ""
    missed: int = 0
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    paused_by: str = ""
    updated_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How far one entity is known: *since* None says that it never ran to a good end.

    *is_refused* says that Zoho refused its last run's sign-in a short while ago and nobody has signed in since.
    """

    since: datetime | None = None
    last_good_at: datetime | None = None
    remote: int = 0
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All rows at the database's own moment, the organization's time zone, and what is known of the entities."""

    now: datetime
    rows: Sequence[ScheduleRow] = ()
    zone: str = ""
    marks: Mapping[str, Mark] = field(default_factory=dict)

    def mark(self, entity: str) -> Mark:
        """Return how far *entity* is known."""
        return self.marks.get(entity, Mark())

    def row(self, entity: str, walk: Walk) -> ScheduleRow:
        """Return the row of a schedule; an empty one where none is kept."""
        found = (one for one in self.rows if (one.entity, one.walk) == (entity, walk))
        return next(found, ScheduleRow(entity=entity, walk=walk))


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A due time that somebody wants to act on: once, whoever else sees it."""

    entity: str
    walk: Walk
    due: datetime
    machine: str
    note: str = ""
    missed: int = 0
    fires: bool = True


Put = Callable[[Any], Awaitable[JobId | None]]
"""Puts work into the queue in the open transaction it is given."""


class ScheduleStore(Protocol):
    """Keeps schedules for all machines."""

    async def read(self) -> Book:
        """Return all rows, the database's time and what else decides."""
        ...

    async def arm(self, schedules: Sequence[tuple[str, Walk]]) -> None:
        """Let due times count from now on: for schedules not known yet, and for those due in a future that went."""
        ...

    async def claim(self, claim: Claim, put: Put | None) -> bool:
        """Take a due time for this process and do *put* in the same transaction; False when somebody else has it."""
        ...

    async def keep(self, row: ScheduleRow, *, by: str) -> None:
        """Keep what a person set of *row* (timing, off, quiet hours); due times count anew from now on."""
        ...

    async def pause(self, schedules: Sequence[tuple[str, Walk]], until: datetime | None, *, by: str) -> None:
        """Hold schedules until a moment, or until somebody resumes them."""
        ...

    async def resume(self, schedules: Sequence[tuple[str, Walk]]) -> None:
        """Let schedules go on; what was due meanwhile is not made up for."""
        ...
