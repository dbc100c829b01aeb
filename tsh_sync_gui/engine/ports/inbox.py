"""Webhooks as the engine sees them: a delivery, what it is worth, what it says, and the inbox that keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Protocol

DELIVER: Final = "deliver"
"""The job that hands kept deliveries on; its arguments are the `ids` of their rows."""

Diagnosis = Mapping[str, Any]


class Verdict(StrEnum):
    """What a delivery was found to be."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    OUT_OF_ORDER = "out_of_order"
    PING = "ping"
    REFUSED = "refused"


class EventState(StrEnum):
    """How far the work that a delivery asks for has come."""

    WAITING = "waiting"
    DONE = "done"
    FAILED = "failed"
    IGNORED = "ignored"


class Change(StrEnum):
    """What happened to the record, as far as the delivery says."""

    CREATED = "created"
    UPDATED = "updated"
    DELETED = "deleted"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One request as it came in: nothing decoded. Header names are in small letters."""

    address: str
    body: bytes
    content_type: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a delivery says: which record of which entity (its name) changed how.

    *record* is the record's own text where the body carries one, *modified_at* its change stamp. A hint without
    *record_id* says that something changed; *is_ping* that nothing did.
    """

    entity: str = ""
    record_id: str = ""
    change: Change = Change.UNKNOWN
    event: str = ""
    organization_id: str = ""
    record: bytes | None = None
    modified_at: datetime | None = None
    is_ping: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A delivery as it is kept: *key* tells it from every other one, also after it went through the spool."""

    key: str
    received_at: datetime
    delivery: Delivery
    verdict: Verdict
    hint: Hint
    scheme: str = ""
    diagnosis: Diagnosis = field(default_factory=dict)
    replay_of: int | None = None

    @property
    def asks_for_work(self) -> bool:
        """Tell whether a record is to be looked at."""
        return self.verdict is Verdict.ACCEPTED and bool(self.hint.entity and self.hint.record_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxEvent:
    """One row of the inbox as the engine works on it."""

    id: int
    received_at: datetime
    entity: str
    record_id: str
    change: Change
    modified_at: datetime | None
    delivery: Delivery


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """How the work for some rows of the inbox ended; *verdict* is changed only where it is given."""

    ids: tuple[int, ...]
    state: EventState
    verdict: Verdict | None = None
    outcome: str = ""
    title: str = ""
    job_id: str = ""
    run_id: str = ""


class Inbox(Protocol):
    """The table of deliveries, as the engine works it off."""

    async def records(self, ids: Sequence[int]) -> list[tuple[str, str]]:
        """Return entity and record id of the waiting rows among *ids*, each once, sorted."""
        ...

    async def waiting(self, entity: str, record_id: str) -> list[InboxEvent]:
        """Return the waiting rows of one record, oldest first."""
        ...

    async def told_deleted(self, entity: str, record_id: str) -> bool:
        """Tell whether a delivery said that the record was deleted, whatever became of it."""
        ...

    async def handled(self, *how: Handled) -> None:
        """Write how the work ended."""
        ...

    async def fail(self, entity: str, record_id: str, *, title: str, job_id: str, connection: Any) -> None:
        """Write, in the open transaction of *connection*, that the work for a record's waiting rows was given up.

        Rows that came in while it was tried, and have a job of their own, go on waiting for that.
        """
        ...
