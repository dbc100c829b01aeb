"""The budget's own connection: known to the others as a caller that lives as long as its session does."""

from __future__ import annotations

import asyncio
import os
import platform
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import psycopg
from psycopg.types.json import Jsonb

from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.engine.ports import RateHeaders
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.errors import translate

# Class of the advisory locks (class, caller id) that `sync.drop_dead_callers` looks for.
CALLER_LOCKS: Final = 1_953_721_443

_REGISTER: Final = """
WITH made AS (INSERT INTO sync.callers (machine, pid) VALUES (%s, %s) RETURNING id)
SELECT id, pg_try_advisory_lock(%s, id) FROM made
"""
_RESERVE: Final = """
SELECT got, allowed, slot, own_floor, day, reason, wait_for FROM sync.reserve_calls(
    %(caller)s, %(lane)s, %(number)s, %(in_flight)s, %(permits)s, %(per_minute)s, %(per_day)s, %(concurrency)s,
    %(window)s, %(hold)s, %(ahead)s, %(release)s)
"""
# Zoho counts a call when it arrives, which is some time before the answer: a call that was slow on its way counts from
# its answer on, though no later than a fiftieth of the window after it was granted, or slow answers would cost calls.
_ARRIVED: Final = 0.9926
_SLOWEST: Final = 0.02
# Losing what follows in a crash of the server does no harm, so it need not wait for the disk.
_TELL: Final = f"""
WITH told AS (UPDATE sync.callers SET permits = %(in_flight)s, seen_at = clock_timestamp() WHERE id = %(caller)s),
settled AS (
    UPDATE sync.call_slots SET counts_until = greatest(counts_until,
        least(clock_timestamp(), granted_at + {_SLOWEST} * %(window)s * interval '1 s')
        + {_ARRIVED} * %(window)s * interval '1 s')
    WHERE id = %(answered)s AND counts_until > clock_timestamp())
SELECT set_config('synchronous_commit', 'off', true)
"""
_HEAR: Final = f"{_TELL}, sync.hear_headers(%(limit)s, %(remaining)s, %(reset)s, %(floor)s, %(later)s, %(day)s)"
_CLOSE: Final = f"{_TELL}, sync.close_slot(%(slot)s, %(used)s, %(age)s, %(window)s, %(day)s)"

_REFUSED: Final[dict[int, str]] = {
    44: "UPDATE sync.quota SET held_until = clock_timestamp() + %(window)s * interval '1 s'",
    45: """
        UPDATE sync.quota q SET day_refused = true, own = t.own, elsewhere = t.elsewhere, by_lane = t.by_lane,
            resets_at = t.resets_at, epoch = t.epoch
        FROM sync.quota s, LATERAL sync.turned(s, clock_timestamp()) t""",
    1070: """
        UPDATE sync.quota q SET lowered_at = clock_timestamp(), concurrency = greatest(1, least(%(concurrency)s,
            q.concurrency + floor(extract(epoch FROM clock_timestamp() - q.lowered_at) / %(window)s)) - 1)
        WHERE q.lowered_at IS NULL OR q.lowered_at < clock_timestamp() - interval '1 s'""",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What this process allows itself; the common ledger counts all processes' calls against it."""

    per_minute: int
    per_day: int
    concurrency: int


@dataclass(frozen=True, slots=True)
class Shares:
    """The reserves a lane must leave to others, and how long before the reset they are free for all."""

    ahead: dict[str, float]
    release: float


class Reservation(NamedTuple):
    """The database's answer: *got* calls, *allowed* at once, or the *reason* why not and the seconds to wait.

    *floor* is what Zoho must have counted of our calls at least, *day* the number of the day they are booked to.
    """

    got: int
    allowed: int
    slot: int
    floor: int
    day: int
    reason: str
    wait_for: float


class BudgetLine:
    """Asks one statement at a time; whoever asks holds *lock*, so that what it tells is true when it is told."""

    def __init__(self, database: Database, *, window: float) -> None:
        self.lock = asyncio.Lock()
        self._database = database
        self._window = window
        self._connection: Driver | None = None
        self._caller = 0

    async def reserve(
        self, lane: str, limits: Limits, *, number: int, in_flight: int, permits: int, hold: float, shares: Shares
    ) -> Reservation:
        """Ask for *number* calls that leave within *hold* seconds, and for *permits* of them at once."""
        params = {
            "lane": lane,
            "number": number,
            "in_flight": in_flight,
            "permits": permits,
            "per_minute": limits.per_minute,
            "per_day": limits.per_day,
            "concurrency": limits.concurrency,
            "window": self._window,
            "hold": hold,
            "ahead": Jsonb(shares.ahead),
            "release": shares.release,
        }
        found = Reservation(*await self._ask(_RESERVE, params))
        if found.reason == "unknown_caller":
            await self._drop()
            found = Reservation(*await self._ask(_RESERVE, params))
        return found

    async def tell(self, in_flight: int, *, answered: int = 0) -> None:
        """Tell how many calls this process has under way, and which slot's call was *answered*."""
        await self._ask(_TELL, {"in_flight": in_flight, "answered": answered, "window": self._window})

    async def hear(
        self, headers: RateHeaders, in_flight: int, *, floor: int, later: int, day: int, answered: int = 0
    ) -> None:
        """Correct the day's figures by what Zoho said of it; *later* of our calls it cannot have counted then."""
        figures = {"limit": headers.limit, "remaining": headers.remaining, "reset": float(headers.reset_seconds)}
        told = {"in_flight": in_flight, "answered": answered, "window": self._window}
        await self._ask(_HEAR, {**told, "floor": floor, "later": later, "day": day, **figures})

    async def close_slot(self, slot: int, in_flight: int, *, used: int, age: float, day: int) -> None:
        """End a slot of which *used* calls were made, the last one *age* seconds ago; the others go back."""
        params = {"slot": slot, "used": used, "age": age, "day": day, "window": self._window}
        params |= {"in_flight": in_flight, "answered": 0}
        await self._ask(_CLOSE, params)

    async def refused(self, code: int, limits: Limits) -> None:
        """Hold all processes back as Zoho's *code* demands; nobody for a code that is none of a limit."""
        if statement := _REFUSED.get(code):
            params = {"window": self._window, "concurrency": limits.concurrency}
            await self._ask(f"WITH held AS ({statement}) SELECT 1", params)

    async def close(self) -> None:
        """Leave: the caller's row goes, then the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(psycopg.Error):
                await connection.execute("DELETE FROM sync.callers WHERE id = %s", (self._caller,))
            await connection.close()

    async def _ask(self, statement: str, params: dict[str, Any]) -> tuple[Any, ...]:
        """Return the one row of *statement*; a lost connection is made anew once."""
        try:
            return await self._execute(statement, params)
        except UnreachableError:
            await self._drop()
            return await self._execute(statement, params)

    async def _execute(self, statement: str, params: dict[str, Any]) -> tuple[Any, ...]:
        connection = await self._connected()
        try:
            cursor = await connection.execute(statement, {"caller": self._caller, **params}, prepare=True)
            row: tuple[Any, ...] | None = await cursor.fetchone()
        except psycopg.Error as error:
            raise translate(error) from error
        return row or ()

    async def _connected(self) -> Driver:
        if self._connection is None or self._connection.closed:
            connection = await self._database.dedicated("budget")
            try:
                await connection.execute("SET lock_timeout = '10s'")
                await connection.execute("SELECT sync.drop_dead_callers(clock_timestamp())")
                cursor = await connection.execute(_REGISTER, (platform.node(), os.getpid(), CALLER_LOCKS))
                row = await cursor.fetchone()
            except psycopg.Error as error:
                await connection.close()
                raise translate(error) from error
            self._caller = row[0] if row else 0
            self._connection = connection
        return self._connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
