"""Memory adapters of the engine's ports: honest, small, for tests that need no database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.values import Lane, RunId
from tsh_sync_gui.engine.ports import AccessToken, CallRecord, QuotaStatus, RateHeaders, Slot, Wait

SLOT_LIFE = timedelta(seconds=60.5)
TOKEN_WINDOW = timedelta(minutes=10)


class MemoryBudget:
    """A budget of one process: a minute that slides, a day, a number of requests at once."""

    def __init__(
        self, clock: Clock, *, per_minute: int = 1_000_000, per_day: int = 100_000_000, concurrency: int = 64
    ) -> None:
        self._clock = clock
        self.per_minute = per_minute
        self.per_day = per_day
        self.concurrency = concurrency
        self.resets_at = (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        self.used = 0
        self.sent: list[datetime] = []
        self.open: set[int] = set()
        self.settled: list[RateHeaders | None] = []
        self.given_back = 0
        self.refusals: list[int] = []
        self._blocked_until = clock.now()
        self._next = 0

    async def reserve(self, lane: Lane) -> Slot | Wait:
        now = self._clock.now()
        if now >= self.resets_at:
            self.used, self.resets_at = 0, self.resets_at + timedelta(days=1)
        if self.used >= self.per_day:
            return Wait(reason="daily_quota", until=self.resets_at)
        if now < self._blocked_until:
            return Wait(reason="minute_limit", until=self._blocked_until)
        self.sent = [moment for moment in self.sent if moment + SLOT_LIFE > now]
        if len(self.sent) >= self.per_minute:
            return Wait(reason="minute_limit", until=self.sent[-self.per_minute] + SLOT_LIFE)
        if len(self.open) >= self.concurrency:
            return Wait(reason="concurrency", until=now + timedelta(seconds=0.05))
        self._next += 1
        self.used += 1
        self.sent.append(now)
        self.open.add(self._next)
        return Slot(id=self._next, lane=lane, granted_at=now)

    async def settle(self, slot: Slot, headers: RateHeaders | None) -> None:
        self.open.remove(slot.id)
        self.settled.append(headers)

    async def give_back(self, slot: Slot) -> None:
        self.open.remove(slot.id)
        self.used -= 1
        self.given_back += 1
        self.sent.remove(slot.granted_at)

    async def refused(self, code: int) -> None:
        self.refusals.append(code)
        if code == 44:
            self._blocked_until = self._clock.now() + timedelta(minutes=1)
        elif code == 45:
            self.used = max(self.used, self.per_day)
        elif code == 1070:
            self.concurrency = max(1, self.concurrency - 1)

    async def left(self, lane: Lane) -> int:
        del lane
        return max(0, self.per_day - self.used)

    async def status(self) -> QuotaStatus:
        return QuotaStatus(
            day_used=self.used,
            day_limit=self.per_day,
            resets_at=self.resets_at,
            minute_used=len(self.sent),
            minute_limit=self.per_minute,
        )


class MemoryLockedToken:
    """The shared token while others wait."""

    def __init__(self, store: MemoryTokenStore) -> None:
        self._store = store
        self.current = store.current
        self.refreshed = store.refreshed()

    async def save(self, token: AccessToken) -> None:
        self._store.current = token
        self._store.saved.append(self._store.clock.now())

    async def forget(self) -> None:
        self._store.current = None


class MemoryTokenStore:
    """What several keepers share in place of a database row."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.current: AccessToken | None = None
        self.saved: list[datetime] = []
        self._lock = asyncio.Lock()

    def refreshed(self) -> tuple[datetime, ...]:
        return tuple(moment for moment in self.saved if moment > self.clock.now() - TOKEN_WINDOW)

    async def load(self) -> AccessToken | None:
        return self.current

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[MemoryLockedToken]:
        async with self._lock:
            yield MemoryLockedToken(self)


class MemoryCallLog:
    """Keeps records in a list."""

    def __init__(self) -> None:
        self.records: list[CallRecord] = []

    def add(self, record: CallRecord) -> None:
        self.records.append(record)

    def last(self, run: RunId) -> CallRecord | None:
        return next((one for one in reversed(self.records) if one.run == run), None)
