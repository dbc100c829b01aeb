"""The `tsh` tables: what is stored in one transaction."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

import msgspec

from tsh_sync_gui.core.values import Calls, Counts, Phase, RunId
from tsh_sync_gui.engine.ports.zoho import ListOrder
from tsh_sync_gui.entities.spec import Entity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A record that cannot be taken: which field, which value, why, and its text."""

    record_id: str
    field: str
    value: str
    reason: str
    payload: bytes


@dataclass(slots=True, kw_only=True)
class Lines:
    r"""Rows of one table as lines of PostgreSQL's COPY text format, each ending in a newline.

    *keys* run parallel to *lines*: the record's id for list rows and details (for spread rows `id\x1fkey…`,
    for children the parent's id). Doubles of a key within one Lines are allowed, the last wins.
    """

    columns: tuple[str, ...]
    keys: list[str] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Batch:
    """The list rows of one entity from one page. *ids* are all good records' ids in Zoho's order."""

    entity: Entity
    ids: list[str]
    lines: Lines
    rejected: list[Rejected]
    oldest: datetime | None = None
    newest: datetime | None = None
    before_since: int = 0


@dataclass(slots=True, kw_only=True)
class DetailBatch:
    """Details of one entity: its own detail columns, children by table, and spread rows (in list-row columns)."""

    entity: Entity
    ids: list[str]
    lines: Lines
    children: dict[str, Lines]
    spread: Lines | None
    rejected: list[Rejected]


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Where a walk stands: what it asked for, the page to ask next, and the number of the step that was committed.

    *started* is Zoho's clock (`Date` header) when the walk began; *since* bounds a filter, *stop* ends a walk from
    newest to oldest; *done* means that the walk reached its end, *is_tail* that it reads what changed meanwhile.
    """

    order: ListOrder = ListOrder.FULL
    params: tuple[tuple[str, str], ...] = ()
    next_page: int = 1
    step: int = 0
    started: datetime | None = None
    since: datetime | None = None
    stop: datetime | None = None
    done: bool = False
    is_tail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """Everything that commits together: rows, details, gone ids, and the walk's checkpoint and figures.

    *runs* maps entity name to run id (the runs this walk serves). *page_ids* maps page number to the page's ids
    (kept for the sweep). *calls* are new calls, booked to *leader*. *gone* are confirmed vanished ids.
    """

    leader: RunId
    runs: dict[str, RunId]
    phase: Phase
    batches: tuple[Batch, ...] = ()
    details: tuple[DetailBatch, ...] = ()
    gone: dict[str, tuple[str, ...]] = field(default_factory=dict)
    page_ids: dict[int, list[str]] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None
    calls: Calls = field(default_factory=Calls)

    @property
    def details_done(self) -> int:
        """Return with how many records a step of the details phase is done: stored, refused or gone."""
        if self.phase is not Phase.DETAILS:
            return 0
        ids: set[str] = set().union(*self.gone.values())
        for batch in self.details:
            ids.update(batch.ids)
            ids.update(one.record_id for one in batch.rejected)
        return len(ids)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a committed step did, by entity; *totals* are the runs' figures after it."""

    counts: dict[str, Counts]
    totals: dict[str, Counts]


class Foreseen(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would do with one record: *action* is `create`, `update`, `skip` or `delete`.

    *fields* are the columns that would change; *reason* says why a record is skipped, empty where nothing differs.
    """

    entity: str
    id: str
    action: Literal["create", "update", "skip", "delete"]
    label: str = ""
    fields: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """Ids that the mirror has and a complete walk has not seen; *live* is the number of living rows."""

    ids: tuple[str, ...]
    live: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the mirror knows of one record: its change stamp, whether it is gone.

    At *detailed_at*, or after it, all that is stored of it was asked for; None where its detail is missing, or older
    than the row.
    """

    modified_at: datetime | None
    detailed_at: datetime | None
    is_deleted: bool


class Mirror(Protocol):
    """The `tsh` tables."""

    async def store(self, step: Step) -> Stored:
        """Commit *step* in one transaction; raises UnreachableError, LostOwnershipError when the run is not ours."""
        ...

    async def preview(self, batches: Sequence[Batch], *, into: list[Foreseen] | None = None) -> dict[str, Counts]:
        """Return what storing *batches* would do, record by record *into* a list; nothing is written."""
        ...

    async def vanished(self, entity: Entity, leader: RunId, *, limit: int = 100_000) -> Vanished:
        """Return the ids that the finished walk of *leader* did not meet."""
        ...

    def outstanding(self, entities: Sequence[Entity], *, size: int) -> AsyncGenerator[list[str], None]:
        """Yield chunks of *size* ids whose detail is missing or older than the row, newest first, each id once."""
        ...

    async def outstanding_count(self, entities: Sequence[Entity]) -> int:
        """Return how many records of *entities* (one walk's) lack a current detail."""
        ...

    def living(self, entity: Entity) -> AsyncGenerator[list[str], None]:
        """Yield the ids of all living rows in chunks (for a dry run's deletes)."""
        ...

    async def expire_details(self, entity: Entity, before: datetime) -> None:
        """Make details fetched before *before* outstanding again."""
        ...

    async def labels(self, entity: Entity, ids: Sequence[str]) -> dict[str, str]:
        """Return what a person knows the records by (the spec's label column), by id."""
        ...

    async def seen(self, entity: Entity, record_id: str) -> Seen | None:
        """Return how well a record is known, None when it is not."""
        ...

    async def raw(self, entity: Entity, record_id: str) -> bytes | None:
        """Return the stored list row's text, None when the record is not known."""
        ...
