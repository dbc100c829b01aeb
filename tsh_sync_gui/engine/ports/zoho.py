"""Zoho as the engine sees it: what is asked for and what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from tsh_sync_gui.core.values import CallKind, Lane, RunId
from tsh_sync_gui.entities.spec import Api, Bulk


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Why a call may not leave yet, and until when.

    *reason* is `minute_limit`, `concurrency`, `daily_quota`, `daily_share` (the rest is for others) or `network`.

    *detail* names what is in trouble, and how.
    """

    reason: str
    until: datetime
    detail: str = ""


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
