"""What each worker does for the queue beside its jobs: takes up the jobs of dead workers, forgets what is long over.

It is no job itself: jobs that last for hours may fill all places of all workers, and the dead would wait for them.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import psycopg
import structlog

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.engine.ports.jobs import Job
from tsh_sync_gui.engine.retrying import Verdict
from tsh_sync_gui.store import jobs_sql as sql
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.letters_sql import FORGET

_PURGE_EVERY_S: Final = 3600.0
# Each webhook's fetch is a run; walks stay.
_PURGE_FETCHES: Final = b"""
DELETE FROM sync.runs WHERE id IN (SELECT id FROM sync.runs
    WHERE started_at < now() - interval '90 days' AND mode = 'record' AND ended_at IS NOT NULL
    ORDER BY started_at LIMIT 5000)
"""
_ENDED: Final = timedelta(days=1)
_FAILED: Final = timedelta(days=30)
# An arbitrary number: one worker at a time forgets.
_PURGE_LOCK: Final = 0x7453_4805

Lost = Callable[[Driver, Job, datetime], Awaitable[Verdict]]


class Keeper:
    """Looks for dead workers every *stalled_s* / 3; *lost* keeps the attempt that died and decides on its job."""

    def __init__(self, database: Database, *, stalled_s: float, lost: Lost) -> None:
        self._database = database
        self._stalled_s = stalled_s
        self._lost = lost
        self._quiet_until = 0.0
        self._purge_at = 0.0

    def outage(self) -> None:
        """Note that the database was away: until the living had time to beat again, all look dead."""
        self._quiet_until = self._database.clock.monotonic() + self._stalled_s / 2

    async def run(self) -> None:
        """Keep the queue until cancelled."""
        clock = self._database.clock
        # A database that was just started again knows only old heartbeats.
        self.outage()
        while True:
            await clock.sleep(self._stalled_s / 3)
            try:
                if clock.monotonic() >= self._quiet_until:
                    await self.rescue()
                if clock.monotonic() >= self._purge_at:
                    await self.purge()
                    self._purge_at = clock.monotonic() + _PURGE_EVERY_S
            except SyncError as error:
                self.outage()
                structlog.get_logger(__name__).info("the queue is not kept", cause=error.cause)
            except Exception:  # noqa: BLE001 -- whatever it was, the jobs of dead workers wait for the next look
                structlog.get_logger(__name__).exception("the queue is not kept")

    async def rescue(self) -> int:
        """Take up the jobs of workers that died; returns how many. One that cannot be keeps none behind it."""
        seen: list[int] = []
        number = 0
        while (is_taken := await self._database.again(partial(self._rescue_one, seen=seen))) is not None:
            number += is_taken
        async with self._database.raw() as connection:
            await connection.execute(sql.PRUNE, (self._stalled_s * 2,))
        return number

    async def _rescue_one(self, connection: Driver, *, seen: list[int]) -> bool | None:
        """Take up one job that is not *seen* yet; None when there is none, False when it cannot be taken up."""
        row = await (await connection.execute(sql.LOST, (seen, self._stalled_s))).fetchone()
        if row is None:
            return None
        job, worker, started = sql.job_of(row), row[-2], row[-1]
        seen.append(int(job.id))
        try:
            async with connection.transaction():
                verdict = await self._lost(connection, job, started)
                values = {"id": int(job.id), "worker": worker, "at": verdict.again_at, "counted": 1, "status": "failed"}
                statement = sql.FINISH if verdict.again_at is None else sql.GO_BACK
                await connection.execute(statement.encode(), values)
        except (psycopg.OperationalError, SyncError):
            seen.remove(int(job.id))  # the database's trouble, not the job's
            raise
        except Exception:  # noqa: BLE001 -- see `rescue`
            structlog.get_logger(__name__).exception("a dead worker's job is not taken up", job=job.id, kind=job.kind)
            return False
        structlog.get_logger(__name__).warning("a worker died", job=job.id, kind=job.kind, worker=worker)
        return True

    async def purge(self) -> None:
        """Forget ended jobs after a day, failed ones and attempts after 30, fetches and letters after 90."""
        while await self._purge_some():
            pass

    async def _purge_some(self) -> bool:
        """Forget some thousands of each; tells whether there were any."""
        async with self._database.raw() as connection:
            cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_PURGE_LOCK,))
            if (await cursor.fetchone()) != (True,):
                return False
            gone = [
                (await connection.execute(sql.PURGE, {"failed": _FAILED, "ended": _ENDED})).rowcount,
                (await connection.execute(sql.PURGE_ATTEMPTS, (_FAILED,))).rowcount,
                (await connection.execute(_PURGE_FETCHES)).rowcount,
                *[(await connection.execute(statement.encode())).rowcount for statement in FORGET],
            ]
        return any(gone)
