"""What the engine needs from outside, as small protocols; adapters in zoho/ and store/ fulfil them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from tsh_sync_gui.core.values import CallKind, Calls, Counts, Lane, Mode, Phase, RunId, RunState
from tsh_sync_gui.entities.spec import Api, Bulk, Entity

# ---------------------------------------------------------------------------------------------- asking Zoho


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Why a call may not leave yet: `minute_limit`, `concurrency` or `daily_quota`, and until when."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """On whose behalf a call is made.

    *on_wait* hears of waits of over half a second, and None when they end; *on_sent* of every request that really
    left (also repeated ones), so that calls are booked honestly.
    """

    lane: Lane
    kind: CallKind
    run: RunId | None = None
    entity: str = ""
    on_wait: Callable[[Wait | None], None] = lambda _wait: None
    on_sent: Callable[[CallKind], None] = lambda _kind: None


@dataclass(frozen=True, slots=True, kw_only=True)
class PageQuery:
    """One page of a list: *params* are filters and sort, already in Zoho's words."""

    page: int
    per_page: int
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PageReply:
    """A list page, its records undecoded. *sent_at* is our clock when the request left, *server_date* Zoho's."""

    page: int
    records: list[msgspec.Raw]
    has_more: bool
    sent_at: datetime
    server_date: datetime | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Organization:
    """What `GET /organizations` says of the organization the settings name (zoho-api.md 3.1)."""

    id: str
    name: str
    currency_code: str
    time_zone: str


class ListOrder(StrEnum):
    """What a list is asked for: all in an order that edits do not move, what changed since, or newest changes first."""

    FULL = "full"
    FILTERED = "filtered"
    NEWEST = "newest"


class Source(Protocol):
    """Zoho, as the engine sees it.

    All methods raise the errors of core.errors: TransientError after the adapter's own tries are used up,
    QuotaExhaustedError, AuthorisationError, EndpointAbsentError, RecordGoneError, SchemaMismatchError.
    """

    def params(self, api: Api, order: ListOrder, since: datetime | None = None) -> tuple[tuple[str, str], ...]:
        """Return filters and sort in Zoho's words (without paging); *since* is used by FILTERED."""
        ...

    async def page(self, api: Api, query: PageQuery, caller: Caller) -> PageReply:
        """Return one page of a list."""
        ...

    async def detail(self, api: Api, record_id: str, caller: Caller) -> PageReply:
        """Return one record's detail as a reply of one record."""
        ...

    async def bulk(self, api: Api, bulk: Bulk, ids: Sequence[str], caller: Caller) -> PageReply:
        """Return the details of up to `bulk.size` records; ids that are gone are simply missing."""
        ...

    async def organizations(self, caller: Caller) -> list[Organization]:
        """Return the organizations the sign-in may see."""
        ...


# ---------------------------------------------------------------------------------------------- the budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The right to send one request now."""

    id: int
    lane: Lane
    granted_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RateHeaders:
    """Zoho's `X-Rate-Limit-*` of a reply: the day's limit, what is left of it, seconds to its reset."""

    limit: int
    remaining: int
    reset_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaStatus:
    """The day's and the minute's use, over all processes."""

    day_used: int
    day_limit: int
    resets_at: datetime
    minute_used: int
    minute_limit: int
    by_lane: dict[str, int] = field(default_factory=dict)
    source: str = "own count"


class Budget(Protocol):
    """The one ledger of calls, shared by all processes through the database."""

    async def reserve(self, lane: Lane) -> Slot | Wait:
        """Take a slot, or say why not and until when; never waits itself."""
        ...

    async def settle(self, slot: Slot, headers: RateHeaders | None) -> None:
        """Close the slot: the answer to its request has come, or will not come."""
        ...

    async def give_back(self, slot: Slot) -> None:
        """Return a slot whose request was never sent."""
        ...

    async def refused(self, code: int) -> None:
        """Zoho answered 429 with *code* (44 minute, 45 day, 1070 concurrency): hold all processes back accordingly."""
        ...

    async def left(self, lane: Lane) -> int:
        """Return how many calls *lane* may still make today."""
        ...

    async def status(self) -> QuotaStatus:
        """Return today's figures."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One request to Zoho as the ledger keeps it."""

    run: RunId | None
    entity: str
    lane: Lane
    kind: CallKind
    method: str
    path: str
    status: int
    code: int | None
    milliseconds: int
    size: int
    sent_at: datetime
    error: str = ""
    request: str = ""
    answer: str = ""


class CallLog(Protocol):
    """Keeps every request made; buffered, so that it never slows a sync."""

    def add(self, record: CallRecord) -> None:
        """Keep *record*."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token and the moment (our shared clock) after which Zoho refuses it. The text has no repr."""

    text: str = field(repr=False)
    expires_at: datetime
    api_domain: str = ""


class LockedToken(Protocol):
    """The shared token while all other processes wait for us."""

    current: AccessToken | None
    refreshed: tuple[datetime, ...]

    async def save(self, token: AccessToken) -> None:
        """Store *token* for all processes; committed when the lock is left."""
        ...


class TokenStore(Protocol):
    """The shared, encrypted access token; single flight across processes and machines."""

    async def load(self) -> AccessToken | None:
        """Return the shared token, None when there is none or it was made for other credentials."""
        ...

    def locked(self) -> AbstractAsyncContextManager[LockedToken]:
        """Hold the token's row; the others wait. `refreshed` are the refreshes of the last 10 minutes."""
        ...


# ---------------------------------------------------------------------------------------------- the mirror


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
    """Where a walk stands: what it asked for, the page to ask next, the ids at the edges of the last stored page.

    *started* is Zoho's clock (`Date` header) when the walk began; *since* bounds a filter, *stop* ends a walk from
    newest to oldest; *done* means that the walk reached its end, *is_tail* that it reads what changed meanwhile.
    """

    order: ListOrder = ListOrder.FULL
    params: tuple[tuple[str, str], ...] = ()
    next_page: int = 1
    first_id: str = ""
    last_id: str = ""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What a committed step did, by entity; *totals* are the runs' figures after it."""

    counts: dict[str, Counts]
    totals: dict[str, Counts]


@dataclass(frozen=True, slots=True, kw_only=True)
class Vanished:
    """Ids that the mirror has and a complete walk has not seen; *live* is the number of living rows."""

    ids: tuple[str, ...]
    live: int


class Mirror(Protocol):
    """The `tsh` tables."""

    async def store(self, step: Step) -> Stored:
        """Commit *step* in one transaction; raises UnreachableError, LostOwnershipError when the run is not ours."""
        ...

    async def preview(self, batches: Sequence[Batch]) -> dict[str, Counts]:
        """Return what storing *batches* would do; nothing is written."""
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

    async def raw(self, entity: Entity, record_id: str) -> bytes | None:
        """Return the stored list row's text, None when the record is not known."""
        ...


# ---------------------------------------------------------------------------------------------- the ledger


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One run as the ledger has it."""

    id: RunId
    leader: RunId
    entity: str
    mode: Mode
    state: RunState
    phase: Phase
    trigger: str
    machine: str
    user: str
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None = None
    request: dict[str, Any] = {}
    counts: Counts = Counts()
    calls: Calls = Calls()
    pages: int = 0
    expected: int | None = None
    details_done: int = 0
    details_total: int = 0
    forecast_calls: int | None = None
    waiting_for: str = ""
    waiting_until: datetime | None = None
    seconds: float = 0.0
    error_kind: str = ""
    title: str = ""
    advice: str = ""
    cause: str = ""
    dry_run: bool = False


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """How far an entity is known: Zoho's clock at the start of the last good walk, and the last totals.

    *live* counts living rows in the mirror, kept exact in every page's transaction; *remote* is what the last
    complete walk met; *filter_absent* that an undocumented time filter was found to be ignored.
    """

    entity: str
    since: datetime | None = None
    walked_at: datetime | None = None
    full_walk_at: datetime | None = None
    last_good_at: datetime | None = None
    last_run: RunId | None = None
    live: int = 0
    remote: int | None = None
    filter_absent: bool = False
    details_at: datetime | None = None


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint this organization answers with 404 code 5; asked again after *until*."""

    path: str
    until: datetime


class Ownership(Protocol):
    """The session advisory lock on one walk; a killed owner's goes with its connection."""

    async def held(self) -> bool:
        """Tell whether the lock is still ours; takes it again after a lost connection if nobody else has."""
        ...

    async def release(self) -> None:
        """Let the walk go."""
        ...


class Ledger(Protocol):
    """The `sync` tables: runs, watermarks, ownership, what is known about the organization."""

    async def bind_organization(self, organization: Organization) -> None:
        """Bind the database to *organization*; ConfigurationError when it mirrors another."""
        ...

    async def organization(self) -> Organization | None:
        """Return the organization this database mirrors."""
        ...

    async def own(self, walk: str, *, take_over: bool = False) -> Ownership | None:
        """Take the walk's lock; None when another process has it. *take_over* ends a silent owner's connection."""
        ...

    async def live_run(self, entity: str) -> RunInfo | None:
        """Return the newest run of *entity* that is not at an end."""
        ...

    async def unfinished(self, walk: Sequence[str]) -> list[RunInfo]:
        """Return the unfinished runs of the newest unfinished walk over the entities *walk*, leader first."""
        ...

    async def open_runs(self, runs: Sequence[RunInfo], checkpoint: Checkpoint) -> None:
        """Write new runs of one walk; the first is the leader and carries the checkpoint."""
        ...

    async def checkpoint(self, leader: RunId) -> Checkpoint | None:
        """Return the walk's checkpoint as committed last."""
        ...

    async def page_ids(self, leader: RunId, page: int) -> list[str] | None:
        """Return the ids stored for *page* of the walk, None when that page is not stored."""
        ...

    async def beat(self, runs: Sequence[RunId]) -> str:
        """Write the heartbeat; returns what a person asked meanwhile: '', 'pause', 'resume' or 'cancel'."""
        ...

    async def ask(self, run: RunId, word: str) -> None:
        """Leave *word* (`pause`, `resume`, `cancel`) for whoever works on *run*."""
        ...

    async def mark(self, run: RunId, **changes: Any) -> None:
        """Change fields of a run (RunInfo's names)."""
        ...

    async def finish(self, run: RunInfo, watermark: Watermark | None) -> RunInfo:
        """End *run* with its state and words, moving *watermark* in the same transaction; returns it as stored."""
        ...

    async def watermark(self, entity: str) -> Watermark:
        """Return the entity's watermark, an empty one when there is none."""
        ...

    async def absences(self) -> list[Absence]:
        """Return the endpoints known to be absent now."""
        ...

    async def mark_absent(self, absence: Absence) -> None:
        """Remember that an endpoint is absent."""
        ...

    async def runs(self, *, entity: str = "", limit: int = 100, before: datetime | None = None) -> list[RunInfo]:
        """Return runs, newest first."""
        ...

    async def run(self, run: RunId) -> RunInfo | None:
        """Return one run."""
        ...

    async def calls(self, run: RunId, *, limit: int = 1000) -> list[CallRecord]:
        """Return a run's requests, newest first."""
        ...

    async def rejected(self, run: RunId, *, limit: int = 1000) -> list[Rejected]:
        """Return the records this run put into the dead letters."""
        ...

    async def totals(self) -> dict[str, tuple[int, int]]:
        """Return (living rows, rows with a current detail) by entity, in records."""
        ...

    async def stats(self) -> dict[str, Any]:
        """Return the figures of `GET /api/zoho/sync/stats` (design.md 6)."""
        ...
