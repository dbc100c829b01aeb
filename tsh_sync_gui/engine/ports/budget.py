"""The budget of calls, the log of calls and the shared access token."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from tsh_sync_gui.core.values import CallKind, Lane, RunId
from tsh_sync_gui.engine.ports.zoho import Wait


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

    async def left(self, lane: Lane, *, planned: Mapping[Lane, int] | None = None) -> int:
        """Return how many calls *lane* may still make today, after those that are *planned*, by lane."""
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

    @property
    def went_well(self) -> bool:
        """Tell whether Zoho did what it was asked for."""
        return 200 <= self.status < 300 and not self.error

    @property
    def asked(self) -> str:
        """Return what was sent, as far as it is kept."""
        return self.request or f"{self.method} {self.path}"

    @property
    def answered(self) -> str:
        """Return what came back, as far as it is kept."""
        status = f"HTTP {self.status}" if self.status else "no answer"
        head = ", ".join(filter(None, (status, f"code {self.code}" if self.code else "", self.error)))
        return f"{head}\n{self.answer}".rstrip()


class CallLog(Protocol):
    """Keeps every request made; buffered, so that it never slows a sync."""

    def add(self, record: CallRecord) -> None:
        """Keep *record*."""
        ...

    def last(self, run: RunId) -> CallRecord | None:
        """Return the last request of a *run* of this process, one that failed before others; None if unknown."""
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

    async def forget(self) -> None:
        """Let nobody use this sign-in's token any more: Zoho has refused the sign-in."""
        ...


class TokenStore(Protocol):
    """The shared, encrypted access token; single flight across processes and machines."""

    async def load(self) -> AccessToken | None:
        """Return the shared token, None when there is none or it was made for other credentials."""
        ...

    def locked(self) -> AbstractAsyncContextManager[LockedToken]:
        """Hold the token's row; the others wait. `refreshed` are the refreshes of the last 10 minutes."""
        ...
