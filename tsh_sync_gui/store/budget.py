"""The one budget of calls to Zoho, shared by all processes of all machines, on the database's clock.

Up to 600 calls a minute each call asks the database. Above that a process takes small batches ahead and, with them,
a share of the concurrency, so that the limiter costs nothing; what it does not use goes back.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, TypeVar

import structlog
from psycopg.types.json import Jsonb

from tsh_sync_gui.core.errors import SchemaMismatchError, SyncError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports import QuotaStatus, RateHeaders, Slot, Wait
from tsh_sync_gui.store.budget_line import BudgetLine, Limits, Shares
from tsh_sync_gui.store.database import Database

__all__ = ["BATCHES_ABOVE", "RELEASE_S", "RESERVES", "UNUSED_S", "WINDOW_S", "Limits", "PgBudget"]

RESERVES: Final[Mapping[Lane, float]] = {Lane.PERSON: 0.05, Lane.ORDERS: 0.15, Lane.WEBHOOKS: 0.15, Lane.STOCK: 0.35}
# Zoho counts a call when it arrives: half a second more than its minute covers the ways' different lengths.
WINDOW_S: Final = 60.5
RELEASE_S: Final = 7200.0
BATCHES_ABOVE: Final = 600
# Batches are used within half a second, or given back when nothing used them for one; nobody holds one for longer.
UNUSED_S: Final = 5.0

_LARGEST_BATCH: Final = 5000
_RENEW_S: Final = 0.5
_RENEW_SQUEEZED_S: Final = 0.1
_IDLE_S: Final = 1.0
_OWN_POLL_S: Final = 0.01
_REMEMBER_S: Final = 1.0

_STATUS: Final = """
SELECT CASE WHEN t.day_refused THEN greatest(t.own + t.elsewhere, d.calls) ELSE t.own + t.elsewhere END, d.calls,
       t.resets_at, t.by_lane, t.day_refused OR t.heard_at IS NOT NULL,
       coalesce((SELECT sum(number) FROM sync.call_slots WHERE counts_until > n.moment), 0)::bigint
FROM (SELECT clock_timestamp() AS moment) n, sync.quota q, LATERAL sync.turned(q, n.moment) t,
     LATERAL (SELECT least(%(per_day)s, coalesce(t.heard_limit, %(per_day)s)) AS calls) d
"""
# Calls that are planned fill the reserves of their own lanes first; only the rest takes from the lane that asks.
_LEFT: Final = """
SELECT CASE WHEN t.day_refused THEN 0 ELSE greatest(0, sync.day_room(t, d.calls, %(ahead)s, r.released)
    - p.calls + CASE WHEN r.released THEN 0 ELSE coalesce((
        SELECT sum(least(coalesce((%(planned)s::jsonb ->> a.key)::bigint, 0), greatest(0,
            floor(d.calls * a.value::float8)::bigint - coalesce((t.by_lane ->> a.key)::bigint, 0))))
        FROM jsonb_each_text(%(ahead)s) AS a), 0) END)::bigint END
FROM (SELECT clock_timestamp() AS moment) n, sync.quota q, LATERAL sync.turned(q, n.moment) t,
    LATERAL (SELECT least(%(per_day)s, coalesce(t.heard_limit, %(per_day)s)) AS calls) d,
    LATERAL (SELECT t.resets_at <= n.moment + %(release)s * interval '1 s' AS released) r,
    (SELECT coalesce(sum(value::bigint), 0) AS calls FROM jsonb_each_text(%(planned)s)) p
"""

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class _Batch:
    """Calls taken ahead: how many are left, until when they may be used, when the last one left."""

    slot: int
    floor: int
    day: int
    left: int
    renew_at: float
    used_at: float
    used: int = 0


@dataclass(frozen=True, slots=True)
class _Grant:
    """A call under way, as the ledger knows it; *batch* is what it was taken from."""

    floor: int
    day: int
    batch: _Batch | None = None


class PgBudget:
    """The budget in PostgreSQL. One object a process; `close` gives back what was taken ahead.

    *window* is how long a call counts against the minute, *release* how long before the reset the lanes' reserves
    are free for all. *limits* may be replaced at any time.
    """

    def __init__(
        self,
        database: Database,
        limits: Limits,
        *,
        window: float = WINDOW_S,
        release: float = RELEASE_S,
        reserves: Mapping[Lane, float] = RESERVES,
    ) -> None:
        self.limits = limits
        self._database = database
        self._clock = database.clock
        self._line = BudgetLine(database, window=window)
        self._shares = {lane: Shares(_ahead_of(lane, reserves), release) for lane in Lane}
        self._open: dict[int, _Grant] = {}
        self._batches: dict[Lane, _Batch] = {}
        self._refusals: dict[Lane | None, tuple[float, Wait]] = {}
        self._permits = 0
        self._squeezed = False
        self._heard: tuple[RateHeaders, _Grant, int] | None = None
        self._made = 0
        self._numbers = itertools.count(-1, -1)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._keeper: asyncio.Task[None] | None = None

    async def reserve(self, lane: Lane) -> Slot | Wait:
        """Take a slot, or say why not and until when; never waits for one."""
        found = self._at_hand(lane)
        if found is not None:
            return found
        asking = self._spawn(self._ask(lane))
        try:
            return await asyncio.shield(asking)
        except asyncio.CancelledError:
            # The database may already have granted what nobody will send now.
            asking.add_done_callback(self._unwanted)
            raise

    async def settle(self, slot: Slot, headers: RateHeaders | None) -> None:
        """Close the slot: its request was answered, or will not be."""
        grant = self._open.pop(slot.id, None)
        if grant is None:
            return
        self._refusals.clear()
        if grant.batch is None:
            await asyncio.shield(self._spawn(self._quietly(self._tell(headers, grant, answered=slot.id))))
            return
        if headers is not None:
            self._heard = (headers, grant, self._made)
        if self._squeezed and len(self._open) <= self._permits:
            self._squeezed = False
            self._spawn(self._quietly(self._tell(None, grant)))

    async def give_back(self, slot: Slot) -> None:
        """Return a slot whose request was never sent."""
        grant = self._open.pop(slot.id, None)
        if grant is None:
            return
        self._refusals.clear()
        if grant.batch is None:
            await asyncio.shield(self._spawn(self._quietly(self._return(slot.id, grant))))
        elif self._batches.get(slot.lane) is grant.batch:
            grant.batch.left += 1
            grant.batch.used -= 1

    async def refused(self, code: int) -> None:
        """Hold all processes back: 44 until the minute is out, 45 until the day turns, 1070 with fewer at once."""
        async with self._line.lock:
            for lane in list(self._batches):
                await self._close_batch(lane)
            self._refusals.clear()
            await self._line.refused(code, self.limits)

    async def left(self, lane: Lane, *, planned: Mapping[Lane, int] | None = None) -> int:
        """Return how many calls *lane* may still make today, after those that are *planned*, by lane."""
        shares = self._shares[lane]
        params = {
            "per_day": self.limits.per_day,
            "ahead": Jsonb(shares.ahead),
            "release": shares.release,
            "planned": Jsonb({one.value: calls for one, calls in (planned or {}).items()}),
        }
        found = await self._look(_LEFT, params)
        batch = self._batches.get(lane)
        return int(found[0]) + (batch.left if batch else 0)

    async def status(self) -> QuotaStatus:
        """Return today's figures over all processes; calls this process took ahead and has not made are left out."""
        used, limit, resets_at, by_lane, heard, minute = await self._look(_STATUS, {"per_day": self.limits.per_day})
        for lane, batch in self._batches.items():
            by_lane[lane.value] = by_lane.get(lane.value, 0) - batch.left
            used -= batch.left
            minute -= batch.left
        return QuotaStatus(
            day_used=max(0, used),
            day_limit=limit,
            resets_at=resets_at,
            minute_used=max(0, minute),
            minute_limit=self.limits.per_minute,
            by_lane={lane: number for lane, number in by_lane.items() if number > 0},
            source="Zoho" if heard else "own count",
        )

    async def close(self) -> None:
        """Give back what was taken ahead and leave."""
        if self._keeper is not None:
            self._keeper.cancel()
        while self._tasks:
            await asyncio.wait(self._tasks)
        async with self._line.lock:
            await self._quietly(self._give_back_unused(None))
            await self._line.close()

    # What follows does not wait, or runs under the line's lock.

    def _at_hand(self, lane: Lane) -> Slot | Wait | None:
        now = self._clock.monotonic()
        for key in (None, lane):
            refusal = self._refusals.get(key)
            if refusal is not None and now < refusal[0]:
                return refusal[1]
        if len(self._open) >= self.limits.concurrency:
            return self._wait("concurrency", _OWN_POLL_S)
        batch = self._batches.get(lane)
        if batch is None or not batch.left or now >= batch.renew_at:
            return None
        if len(self._open) >= self._permits:
            return self._wait("concurrency", _OWN_POLL_S)
        batch.left -= 1
        batch.used += 1
        batch.used_at = now
        self._made += 1
        return self._granted(next(self._numbers), lane, _Grant(batch.floor, batch.day, batch))

    async def _ask(self, lane: Lane) -> Slot | Wait:
        async with self._line.lock:
            found = self._at_hand(lane)
            if found is not None:
                return found
            await self._close_batch(lane)
            limits = self.limits
            batched = limits.per_minute > BATCHES_ABOVE
            answer = await self._line.reserve(
                lane.value,
                limits,
                number=max(1, min(_LARGEST_BATCH, limits.per_minute // 240)) if batched else 1,
                in_flight=len(self._open),
                permits=limits.concurrency if batched else len(self._open) + 1,
                hold=UNUSED_S if batched else 0.0,
                shares=self._shares[lane],
            )
            if batched:
                self._permits = answer.allowed if answer.got else min(answer.allowed, len(self._open))
                self._squeezed = self._permits < len(self._open)
            if answer.reason:
                wait = self._wait(answer.reason, answer.wait_for)
                remember = self._clock.monotonic() + min(answer.wait_for, _REMEMBER_S)
                self._refusals[lane if answer.reason == "daily_quota" else None] = (remember, wait)
                return wait
            if not batched:
                return self._granted(answer.slot, lane, _Grant(answer.floor, answer.day))
            now = self._clock.monotonic()
            self._batches[lane] = _Batch(
                slot=answer.slot,
                floor=answer.floor,
                day=answer.day,
                left=answer.got,
                renew_at=now + (_RENEW_SQUEEZED_S if answer.allowed < limits.concurrency else _RENEW_S),
                used_at=now,
            )
            if self._keeper is None or self._keeper.done():
                self._keeper = asyncio.get_running_loop().create_task(self._keep())
            return self._at_hand(lane) or self._wait("concurrency", _OWN_POLL_S)

    async def _close_batch(self, lane: Lane) -> None:
        batch = self._batches.pop(lane, None)
        if batch is not None:
            age = self._clock.monotonic() - batch.used_at
            await self._line.close_slot(batch.slot, self._claimed, used=batch.used, age=age, day=batch.day)

    async def _tell(self, headers: RateHeaders | None, grant: _Grant, *, answered: int = 0) -> None:
        async with self._line.lock:
            await self._tell_locked(headers, grant, answered=answered)

    async def _tell_locked(
        self, headers: RateHeaders | None, grant: _Grant, made: int | None = None, *, answered: int = 0
    ) -> None:
        if headers is None or not _credible(headers):
            await self._line.tell(self._claimed, answered=answered)
        else:
            later = sum(batch.left for batch in self._batches.values()) + (0 if made is None else self._made - made)
            await self._line.hear(
                headers, self._claimed, floor=grant.floor, later=later, day=grant.day, answered=answered
            )

    async def _return(self, slot: int, grant: _Grant) -> None:
        async with self._line.lock:
            await self._line.close_slot(slot, self._claimed, used=0, age=0.0, day=grant.day)

    async def _keep(self) -> None:
        """Give back what is taken ahead and not used, and tell what Zoho's headers said."""
        while self._batches or self._permits:
            await self._clock.sleep(_IDLE_S)
            async with self._line.lock:
                await self._quietly(self._give_back_unused(self._clock.monotonic() - _IDLE_S))

    async def _give_back_unused(self, since: float | None) -> None:
        """Close the batches not used since the moment *since* (None: all), and the share of concurrency with them."""
        heard, self._heard = self._heard, None
        if heard is not None:
            await self._tell_locked(*heard)
        for lane, batch in list(self._batches.items()):
            if since is None or batch.used_at < since:
                await self._close_batch(lane)
        if not self._batches and self._permits:
            self._permits = 0
            await self._line.tell(self._claimed)

    @property
    def _claimed(self) -> int:
        """Return how much of the concurrency this process holds: calls under way, or its share if that is more."""
        return max(len(self._open), self._permits)

    def _granted(self, number: int, lane: Lane, grant: _Grant) -> Slot:
        self._open[number] = grant
        return Slot(id=number, lane=lane, granted_at=self._clock.now())

    def _wait(self, reason: str, seconds: float) -> Wait:
        return Wait(reason=reason, until=self._clock.now() + timedelta(seconds=seconds))

    def _unwanted(self, asking: asyncio.Task[Slot | Wait]) -> None:
        if not asking.cancelled() and asking.exception() is None and isinstance(slot := asking.result(), Slot):
            self._spawn(self.give_back(slot))

    async def _look(self, statement: str, params: dict[str, Any]) -> tuple[Any, ...]:
        async with self._database.raw() as connection:
            found: tuple[Any, ...] | None = await (await connection.execute(statement, params)).fetchone()
        if found is None:
            raise SchemaMismatchError(
                "The database has lost the row of its call quota", advice="Restore a backup, or report this."
            )
        return found

    async def _quietly(self, work: Coroutine[Any, Any, None]) -> None:
        """Do *work*; a failure is logged only, for the answer in hand is worth more and the next statement mends it."""
        try:
            await work
        except SyncError as error:
            structlog.get_logger(__name__).warning("the budget was not told", title=error.title, cause=error.cause)

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _ahead_of(lane: Lane, reserves: Mapping[Lane, float]) -> dict[str, float]:
    """Return the reserves of the lanes that take precedence over *lane*."""
    lanes = list(Lane)
    return {one.value: reserves[one] for one in lanes[: lanes.index(lane)] if one in reserves}


def _credible(headers: RateHeaders) -> bool:
    return headers.limit > 0 and 0 <= headers.remaining <= headers.limit and 0 <= headers.reset_seconds <= 2_678_400
