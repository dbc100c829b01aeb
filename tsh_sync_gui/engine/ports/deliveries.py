"""The inbox as people look at it: lists, one delivery, what a replay would do, and what was heard of each event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tsh_sync_gui.engine.ports.inbox import Change, Delivery, Diagnosis, EventState, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxQuery:
    """Which deliveries are wanted; what is empty leaves nothing out. *text* is looked for in record, event, address."""

    verdicts: tuple[Verdict, ...] = ()
    states: tuple[EventState, ...] = ()
    entities: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxRow:
    """One delivery as the list shows it; *delay* is the seconds from receipt to the end of the work."""

    id: int
    received_at: datetime
    entity: str
    event: str
    change: Change
    record_id: str
    verdict: Verdict
    state: EventState
    outcome: str
    title: str
    delay: float | None
    source: str
    scheme: str
    replay_of: int | None
    run_id: str
    job_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxPage:
    """Deliveries, newest first; *after* asks for the next page, None when there is none."""

    rows: tuple[InboxRow, ...]
    after: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChange:
    """One line of the audit of a delivery's record: who did what to it, and which *fields* are others since."""

    at: datetime
    action: str
    fields: tuple[str, ...]
    actor: str
    origin: str
    run_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the work of a waiting delivery stands: try *number* of *most* is made *next_at* (None: at once, or now).

    *title* and *advice* say why the try before went wrong, "" where there was none.
    """

    job: str
    number: int
    most: int
    next_at: datetime | None
    is_running: bool
    title: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxDetail:
    """One delivery opened: as it came in (secret headers hidden), why it was refused, and its later replays.

    *label* is what its record is called here, "" while it is not known. *changes* is the audit of the record from the
    delivery on, newest first. *work* is how the work stands while it waits.
    """

    row: InboxRow
    kept_at: datetime
    done_at: datetime | None
    modified_at: datetime | None
    organization_id: str
    delivery: Delivery
    diagnosis: Diagnosis
    replays: tuple[int, ...] = ()
    changes: tuple[RecordChange, ...] = ()
    label: str = ""
    work: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPlan:
    """What a replay would do: *deliveries* of *records*; left out are duplicates (unless forced) and the refused.

    Each record costs at most one call.
    """

    deliveries: int = 0
    records: int = 0
    duplicates: int = 0
    left_out: int = 0
    ids: tuple[int, ...] = field(default=(), repr=False)

    @property
    def calls_at_most(self) -> int:
        """Return how many calls to Zoho it costs at most."""
        return self.records


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxFigures:
    """Today's deliveries, *received* those that were signed; the delays are seconds from receipt to the work's end."""

    received: int = 0
    refused: int = 0
    waiting: int = 0
    last: datetime | None = None
    delay_p50: float | None = None
    delay_p95: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Deliveries of the last day whose signature does not match, while there are some in its last hour.

    *newest* is the last one's number, with its *cause* and *advice*.
    """

    count: int = 0
    since: datetime | None = None
    newest: int | None = None
    cause: str = ""
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What came in of one event: the last one, and how many in the last seven days."""

    entity: str
    change: Change
    last: datetime
    week: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Missed:
    """A change in Zoho that a sync found and no delivery told of; *changed_at* is Zoho's stamp where it has one."""

    entity: str
    record_id: str
    change: Change
    changed_at: datetime
    found_at: datetime


class Deliveries(Protocol):
    """The inbox, to look at and to do again."""

    async def page(self, query: InboxQuery, *, after: int | None = None, limit: int = 100) -> InboxPage:
        """Return deliveries that match, newest first, from below the id *after*."""
        ...

    async def count(self, query: InboxQuery) -> int:
        """Return how many deliveries match."""
        ...

    async def ids(self, query: InboxQuery) -> Sequence[int]:
        """Return the numbers of all deliveries that match, newest first."""
        ...

    async def detail(self, number: int) -> InboxDetail | None:
        """Return one delivery, None when it is not (or no longer) known."""
        ...

    async def plan(
        self, ids: Sequence[int] | None, *, since: datetime | None = None, force: bool = False
    ) -> ReplayPlan:
        """Return what a replay of *ids*, or of everything received *since*, would do."""
        ...

    async def replay(self, ids: Sequence[int], *, force: bool = False) -> list[int]:
        """Do once more what *ids* asked for, as new rows; returns those."""
        ...

    async def figures(self) -> InboxFigures:
        """Return today's figures."""
        ...

    async def let_go(self, ids: Sequence[int], record: tuple[str, str] | None) -> int:
        """End waiting deliveries, those *ids* or of a *record*, as cancelled; returns how many."""
        ...

    async def refusals(self) -> Refusals:
        """Return what is being refused of late."""
        ...

    async def heard(self, *, counted: bool = True) -> Sequence[Heard]:
        """Return what came in of each event, replays left out; the week is 0 where it is not *counted*."""
        ...

    async def missed(self, since: Mapping[str, datetime]) -> Sequence[Missed]:
        """Return what changed in Zoho after *since* (by entity) and was found by a sync alone."""
        ...

    async def watched_since(self) -> Mapping[str, datetime]:
        """Return since when each entity is synced at all."""
        ...

    async def gaps_fetched(self) -> Mapping[str, datetime]:
        """Return up to when each entity's gap was fetched last."""
        ...


class Secret(Protocol):
    """The webhook's secret, as a person changes it."""

    async def change(self, secret: str | None) -> SecretState:
        """Keep *secret* (None: a new one is made); the one before stays valid for a day."""
        ...

    async def state(self) -> SecretState:
        """Return what is known of the secrets."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretState:
    """Whether a secret is set, whether it can be changed here, and until when the one before is valid.

    *fresh* is the new secret in the clear, once, after a change that made one.
    """

    is_set: bool
    locked_by: str = ""
    previous_until: datetime | None = None
    fresh: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenerState:
    """The listener on this computer: *spooled* deliveries are on its disk because the database is away."""

    address: str
    milliseconds: int
    since: datetime | None = None
    has_database: bool = True
    spooled: int = 0
    version: str = ""


class Reach(Protocol):
    """Whether deliveries would arrive."""

    async def listener(self) -> ListenerState:
        """Return how the listener on this computer stands; UnreachableError says why it does not answer."""
        ...

    async def public(self, address: str) -> int:
        """Return after how many milliseconds a ping to the public *address* is answered; UnreachableError says why."""
        ...
