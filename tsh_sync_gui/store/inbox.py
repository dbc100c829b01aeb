"""The inbox of webhook deliveries: many that come in together are written by one commit, with the job they need."""

from __future__ import annotations

import asyncio
import struct
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
import structlog

from tsh_sync_gui.core.errors import SyncError, UnreachableError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.handlers import FETCH
from tsh_sync_gui.engine.ports.deliveries import InboxFigures
from tsh_sync_gui.engine.ports.inbox import DELIVER, Arrival, EventState, Handled, InboxEvent, Verdict
from tsh_sync_gui.engine.ports.jobs import Jobs
from tsh_sync_gui.store import inbox_sql as sql
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.errors import is_value_error, translated
from tsh_sync_gui.store.jobs_sql import lock_of

_MOST_AT_ONCE: Final = 256
_ENOUGH: Final = 16
_STILL: Final = 1
_HANDS: Final = 2
_PATIENCE_S: Final = 3.0
_TIDY_EVERY: Final = 500
_VALUES: Final = (psycopg.Error, ValueError, OverflowError, struct.error)
"""What a value that cannot be kept may raise, here or at the server."""


class PgInbox:
    """Fulfils `engine.ports.inbox.Inbox`, and keeps what comes in."""

    def __init__(self, database: Database, jobs: Jobs) -> None:
        self._database = database
        self._jobs = jobs

    async def records(self, ids: Sequence[int]) -> list[tuple[str, str]]:
        """Return entity and record id of the waiting rows among *ids*, each once, sorted."""
        async with self._database.raw() as connection:
            rows = await (await connection.execute(sql.RECORDS, (list(ids),))).fetchall()
        return [(row[0], row[1]) for row in rows]

    async def waiting(self, entity: str, record_id: str) -> list[InboxEvent]:
        """Return the waiting rows of one record, oldest first."""
        async with self._database.raw() as connection:
            rows = await (await connection.execute(sql.WAITING, (entity, record_id))).fetchall()
        return [sql.event_of(row) for row in rows]

    async def told_deleted(self, entity: str, record_id: str) -> bool:
        """Tell whether a delivery said that the record was deleted, whatever became of it."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(sql.TOLD_DELETED, (entity, record_id))).fetchone()
        return bool(row and row[0])

    async def handled(self, *how: Handled) -> None:
        """Write how the work ended."""
        async with self._database.raw() as connection:
            for one in how:
                values = {
                    "ids": list(one.ids),
                    "state": one.state.value,
                    "verdict": one.verdict.value if one.verdict else None,
                    "outcome": sql.text(one.outcome),
                    "title": sql.text(one.title),
                    "job": one.job_id or None,
                    "run": one.run_id or None,
                }
                await connection.execute(sql.HANDLED, values)

    async def fail(self, entity: str, record_id: str, *, title: str, job_id: str, connection: Any) -> None:
        """Write, in the open transaction of *connection*, that the work for a record's waiting rows was given up.

        Rows that came in while it was tried, and have a job of their own, go on waiting for that.
        """
        lock = lock_of(FETCH, f"{entity}:{record_id}")
        values = {"entity": entity, "record": record_id, "lock": lock, "title": sql.text(title), "job": job_id}
        await connection.execute(sql.FAIL, values)

    async def replay(self, ids: Sequence[int], *, force: bool = False) -> list[int]:
        """Do once more what the deliveries *ids* asked for, as new rows; duplicates and refused ones are left out.

        *force* takes duplicates too.
        """
        async with self._database.raw() as connection:
            cursor = await connection.execute(sql.REPLAY, {"ids": list(ids), "force": force})
            made = [int(row[0]) for row in await cursor.fetchall()]
            if made:
                await self._jobs.enqueue(DELIVER, {"ids": made}, lane=Lane.WEBHOOKS, connection=connection)
        return made

    async def figures(self) -> InboxFigures:
        """Return today's figures."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(sql.FIGURES)).fetchone()
        if row is None:
            return InboxFigures()
        return InboxFigures(
            received=row[0], refused=row[1], waiting=row[2], last=row[3], delay_p50=row[4], delay_p95=row[5]
        )


@dataclass(slots=True)
class _Wanted:
    arrival: Arrival
    kept: asyncio.Future[Verdict]


class InboxWriter:
    """Writes deliveries as they come in: what gathers while a commit is under way shares the next.

    Two hands with connections of their own, so that no sync keeps them waiting, and the one gathers while the other
    writes.
    """

    def __init__(self, database: Database, *, patience: float = _PATIENCE_S, hands: int = _HANDS) -> None:
        self._database = database
        self._patience = patience
        self._hands = [_Hand(database) for _ in range(hands)]
        self._wanted: deque[_Wanted] = deque()
        self._any = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self._since_tidied = _TIDY_EVERY
        self.flushes = 0

    async def keep(self, arrival: Arrival) -> Verdict:
        """Return the verdict as kept, once it is on the server's disk; UnreachableError when that fails in time."""
        if self._closing:
            raise _away("the listener is ending")
        if not self._tasks:
            self._tasks = {asyncio.create_task(self._work(hand), name="inbox") for hand in self._hands}
        wanted = _Wanted(arrival, asyncio.get_running_loop().create_future())
        self._wanted.append(wanted)
        self._any.set()
        return await wanted.kept

    async def keep_all(self, arrivals: Sequence[Arrival]) -> None:
        """Write *arrivals* in their order, as one commit each of a few hundred; those that are kept already stay."""
        for start in range(0, len(arrivals), _MOST_AT_ONCE):
            part = arrivals[start : start + _MOST_AT_ONCE]
            async with self._database.raw() as connection:
                try:
                    async with connection.transaction():
                        await _write(connection, part)
                except _VALUES as error:
                    await _write_apart(connection, part, error)

    async def close(self) -> None:
        """Write what waits and end."""
        self._closing = True
        self._any.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=self._patience + 1.0)
            for task in self._tasks:
                task.cancel()
            await asyncio.wait(self._tasks)
        for one in self._wanted:
            _refuse(one, _away("the listener is ending"))
        for hand in self._hands:
            await hand.drop()

    async def _work(self, hand: _Hand) -> None:
        while True:
            await self._any.wait()
            await self._gather()
            # Half of many is left to the other hand: the one's commit and the other's gathering then go on together.
            number = min(len(self._wanted), max(_ENOUGH, len(self._wanted) // 2), _MOST_AT_ONCE)
            batch = [self._wanted.popleft() for _ in range(number)]
            if not self._wanted and not self._closing:
                self._any.clear()
            if batch:
                await self._flush(hand, batch)
            elif self._closing:
                return

    async def _gather(self) -> None:
        """Let what is on its way at this moment come in, so that it shares the commit; nothing is waited for."""
        number, still = len(self._wanted), 0
        while still < _STILL and len(self._wanted) < _ENOUGH:
            await asyncio.sleep(0)
            still = still + 1 if len(self._wanted) == number else 0
            number = len(self._wanted)

    async def _flush(self, hand: _Hand, batch: list[_Wanted]) -> None:
        try:
            async with asyncio.timeout(self._patience):
                verdicts = await hand.write([one.arrival for one in batch])
        except (SyncError, TimeoutError, OSError) as error:
            await hand.drop()
            found = error if isinstance(error, UnreachableError) else _away(repr(error))
            for one in batch:
                _refuse(one, found)
            return
        except Exception as error:  # noqa: BLE001 -- a hand that ends leaves all later deliveries waiting
            structlog.get_logger(__name__).error("deliveries are not kept", exc_info=error)
            await hand.drop()
            for one in batch:
                _refuse(one, _away(repr(error)))
            return
        except BaseException:
            for one in batch:
                _refuse(one, _away("the listener is ending"))
            raise
        self.flushes += 1
        for one in batch:
            if not one.kept.done():
                one.kept.set_result(verdicts.get(one.arrival.key, one.arrival.verdict))
        refused = sum(one.arrival.verdict in {Verdict.REFUSED, Verdict.PING} for one in batch)
        self._since_tidied += max(refused, 1)
        if self._since_tidied >= _TIDY_EVERY and not self._wanted:
            self._since_tidied = 0
            await hand.tidy()


class _Hand:
    """One connection that writes deliveries."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Driver | None = None

    async def write(self, arrivals: Sequence[Arrival]) -> dict[str, Verdict]:
        """Commit *arrivals*, over a new connection where the old one was lost: their keys keep them from doubling."""
        is_new = self._connection is None
        try:
            return await self._commit(arrivals)
        except UnreachableError:
            if is_new:
                raise
            await self.drop()
            return await self._commit(arrivals)

    async def tidy(self) -> None:
        """Forget what is old, and of what was refused all but the newest."""
        if self._connection is None:
            return
        try:
            with translated():
                await self._connection.execute(sql.FORGET_REFUSED)
                await self._connection.execute(sql.FORGET_OLD)
        except SyncError as error:
            structlog.get_logger(__name__).warning("old deliveries not removed", title=error.title, cause=error.cause)
            await self.drop()

    async def drop(self) -> None:
        """Close the connection; the next delivery opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(Exception):  # whatever it says, it is not used again
                await connection.close()

    async def _commit(self, arrivals: Sequence[Arrival]) -> dict[str, Verdict]:
        if self._connection is None or self._connection.closed:
            self._connection = await self._database.dedicated("inbox")
            with translated():
                # The statement is long; planning it anew takes as long as carrying it out.
                await self._connection.execute("SET plan_cache_mode = force_generic_plan")
        with translated():
            try:
                return await _write(self._connection, arrivals)
            except _VALUES as error:
                return await _write_apart(self._connection, arrivals, error)


async def _write_apart(connection: Driver, arrivals: Sequence[Arrival], error: Exception) -> dict[str, Verdict]:
    """Write *arrivals*, which PostgreSQL refused together, one by one: one that it refuses must not hold up others.

    That one is kept without what surrounds its body.
    """
    if isinstance(error, psycopg.Error) and not is_value_error(error):
        raise error
    found: dict[str, Verdict] = {}
    for one in arrivals:
        try:
            async with connection.transaction():
                found |= await _write(connection, [one])
        except _VALUES as refused:
            structlog.get_logger(__name__).error("a delivery is kept without its headers", cause=str(refused))
            plain = replace(one.delivery, query=(), headers={})
            async with connection.transaction():
                found |= await _write(connection, [replace(one, delivery=plain, diagnosis={})])
    return found


async def _write(connection: Driver, arrivals: Sequence[Arrival]) -> dict[str, Verdict]:
    """Write rows and job; returns the verdicts by key."""
    last: dict[tuple[str, str], bytes | None] = {}
    values = sql.columns(arrivals)
    digests, verdicts, states = (values[sql.PLACES[name]] for name in ("digest", "verdict", "state"))
    for at, arrival in enumerate(arrivals):
        # The statement sees what was there before it; what repeats within it is found here.
        name = (arrival.hint.entity, arrival.hint.record_id)
        if arrival.asks_for_work:
            if digests[at] is not None and last.get(name) == digests[at]:
                verdicts[at], states[at] = Verdict.DUPLICATE.value, EventState.IGNORED.value
            last[name] = digests[at]
    rows = await (await connection.execute(sql.KEEP, sql.packed_columns(values), prepare=True)).fetchall()
    return {row[1]: Verdict(row[2]) for row in rows}


def _refuse(wanted: _Wanted, error: SyncError) -> None:
    if not wanted.kept.done():
        wanted.kept.set_exception(error)


def _away(cause: str) -> UnreachableError:
    return UnreachableError(
        "Database not reachable", what="database", advice="Deliveries are kept in a local spool.", cause=cause
    )
