"""The queue on procrastinate's tables (schema `jobs`): what is put in, taken out, looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
from psycopg.types.json import Jsonb

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports.jobs import AT_ONCE, JOB, Attempt, Job, JobId, JobState, QueueStatus
from tsh_sync_gui.store import jobs_sql as sql
from tsh_sync_gui.store.attempts import PgAttempts
from tsh_sync_gui.store.database import Database

_LARGEST: Final = 2**63 - 1


class PgJobs:
    """Fulfils `engine.ports.jobs.Jobs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def enqueue(
        self,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        lane: Lane,
        key: str = "",
        run_at: datetime | None = None,
        settle: timedelta = AT_ONCE,
        connection: Any | None = None,
    ) -> JobId | None:
        """Put work into the queue; None when one of the same *key* waits already, which then does it."""
        values = {
            "kind": kind,
            "args": Jsonb({"arguments": dict(arguments)}),
            "lock": sql.lock_of(kind, key),
            "priority": sql.PRIORITY[lane],
            "run_at": run_at,
            "settle": settle,
        }
        if connection is not None:
            return await _put(connection, values)
        async with self._database.raw() as own:
            return await _put(own, values)

    async def cancel(self, job: JobId) -> bool:
        """Take *job* out of the queue, or stop it where it runs; False when it is over already, or unknown."""
        return await self._one(sql.CANCEL, _number(job)) not in {None, (None,)}

    async def retry(self, job: JobId) -> None:
        """Put an ended *job* back, as if it had never been tried; ConfigurationError when there is none."""
        if await self.find(job) is None:
            raise ConfigurationError(
                f"There is no job {job}", advice="Jobs that are done are forgotten after a day, failed ones after 30."
            )

        async def put_back(connection: psycopg.AsyncConnection[Any]) -> None:
            try:
                async with connection.transaction():
                    await connection.execute(sql.RETRY, (_number(job),))
            except psycopg.errors.UniqueViolation:
                # Another one of its key came to wait in this very moment; it does the work.
                return

        await self._database.again(put_back)

    async def hurry(self, job: JobId) -> bool:
        """Have a *job* that waits for a later moment done now; False when it does not wait."""
        return await self._one(sql.HURRY, _number(job)) is not None

    async def waits(self, kind: str, key: str) -> Job | None:
        """Return the job of this kind and *key* that runs, else the one that waits; None when there is neither."""
        row = await self._one(sql.WAITS, sql.lock_of(kind, key))
        return sql.job_of(row) if row else None

    async def tries(self, *jobs: JobId) -> Mapping[JobId, Sequence[Attempt]]:
        """Return the attempts of each of *jobs* that was tried, oldest first."""
        found: dict[JobId, list[Attempt]] = {}
        for one in await PgAttempts(self._database).of(JOB, *jobs) if jobs else ():
            found.setdefault(JobId(one.subject_id), []).append(one)
        return found

    async def find(self, job: JobId) -> Job | None:
        """Return *job*, None when it is not (or no longer) known."""
        row = await self._one(sql.FIND, _number(job))
        return sql.job_of(row) if row else None

    async def jobs(self, *states: JobState, limit: int = 100) -> Sequence[Job]:
        """Return the newest jobs, of these *states* when some are given."""
        statuses = [status for state in states for status in sql.STATUS[state]]
        async with self._database.raw() as connection:
            rows = await (await connection.execute(sql.NEWEST, (statuses, statuses, limit))).fetchall()
        return [sql.job_of(row) for row in rows]

    async def waiting(self) -> QueueStatus:
        """Return the queue in figures."""
        async with self._database.raw() as connection:
            # Both statements see one moment: a job that is taken in between would be counted by neither.
            await connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            running, failed, oldest = await (await connection.execute(sql.FIGURES)).fetchone() or (0, 0, None)
            depths = await (await connection.execute(sql.DEPTHS)).fetchall()
        by_lane = {lane.value: 0 for lane in Lane}
        for priority, number in depths:
            by_lane[sql.lane_of(priority).value] += number
        return QueueStatus(
            depth=sum(by_lane.values()),
            oldest_seconds=oldest or 0.0,
            running=running,
            failed=failed,
            by_lane={lane: number for lane, number in by_lane.items() if number},
        )

    async def _one(self, statement: str, value: Any) -> tuple[Any, ...] | None:
        async with self._database.raw() as connection:
            return await (await connection.execute(statement.encode(), (value,))).fetchone()


async def _put(connection: psycopg.AsyncConnection[Any], values: dict[str, Any]) -> JobId | None:
    row = await (await connection.execute(sql.ENQUEUE, values)).fetchone()
    if row is None or not row[1]:
        return None
    if values["settle"] > AT_ONCE and values["lock"] and values["run_at"] is None:
        await connection.execute(sql.SETTLE, values | {"id": row[0]})
    return JobId(str(row[0]))


def _number(job: JobId) -> int:
    """Return the row's number; what is none, as a person may type it, is no job's."""
    number = int(job) if job.isascii() and job.isdigit() else -1
    return number if number <= _LARGEST else -1
