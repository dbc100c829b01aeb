"""procrastinate on our own connections: it waits where the database is away, and loses no job by it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import psycopg
import structlog
from procrastinate import jobs as theirs
from procrastinate import sql as their_sql
from procrastinate.connector import BaseAsyncConnector, Notify
from procrastinate.manager import JobManager, NotificationCallback
from psycopg.rows import dict_row

from tsh_sync_gui.core.errors import SyncError, TransientError, UnwritableError
from tsh_sync_gui.store import jobs_sql as sql
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.errors import translate

_WAITS: Final = (0.2, 0.5, 1.0, 2.0, 5.0)
_LAST_TRIES_S: Final = 3.0
_PING_S: Final = 20.0

T = TypeVar("T")


class OurConnections(BaseAsyncConnector):
    """Runs procrastinate's statements on *database*'s pool, again and again while it is away.

    Once *stopping* is set, a statement is given up after some seconds: what it would have said, the rescue finds out.
    *lost* hears of each outage.
    """

    def __init__(self, database: Database, *, lost: Callable[[], None]) -> None:
        self._database = database
        self._lost = lost
        self.stopping = False

    async def open_async(self, pool: Any | None = None) -> None:
        """Do nothing: the database is open."""

    async def close_async(self) -> None:
        """Do nothing: the database is closed by who opened it."""

    async def patiently(self, work: Callable[[Driver], Awaitable[T]]) -> T:
        """Return what *work* returns in a transaction of its own, again and again while the database can't."""
        tries, since_stop = 0, None
        clock = self._database.clock
        while True:
            try:
                async with self._database.raw() as connection:
                    return await work(connection)
            except (TransientError, UnwritableError) as error:
                self._lost()
                if self.stopping:
                    since_stop = since_stop or clock.monotonic()
                    if clock.monotonic() - since_stop > _LAST_TRIES_S:
                        raise
                if tries == 0:
                    structlog.get_logger(__name__).warning("the queue waits for the database", cause=error.cause)
                await clock.sleep(_WAITS[min(tries, len(_WAITS) - 1)])
                tries += 1

    async def execute_query_async(self, query: str, **arguments: Any) -> None:
        """Run *query*."""
        await self.execute_query_all_async(query, **arguments)

    async def execute_query_one_async(self, query: str, **arguments: Any) -> dict[str, Any]:
        """Return the first row."""
        return (await self.execute_query_all_async(query, **arguments))[0]

    async def execute_query_all_async(self, query: str, **arguments: Any) -> list[dict[str, Any]]:
        """Return all rows."""
        return await self.patiently(lambda connection: _rows(connection, query, arguments))

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        """Hear of new jobs and stop requests; what is missed while nobody listens, polling finds."""
        tries = 0
        while True:
            try:
                connection = await self._database.dedicated("jobs")
                try:
                    for channel in channels:
                        await connection.execute(f'LISTEN "{channel}"'.encode())
                    tries = 0
                    await self._hear(connection, on_notification)
                finally:
                    await connection.close()
            except (SyncError, psycopg.Error) as error:
                cause = error.cause if isinstance(error, SyncError) else translate(error).cause
                structlog.get_logger(__name__).info("the queue is not heard", cause=cause)
            await self._database.clock.sleep(_WAITS[min(tries, len(_WAITS) - 1)])
            tries += 1

    async def _hear(self, connection: Driver, on_notification: Notify) -> None:
        while True:
            async for heard in connection.notifies(timeout=_PING_S):
                await on_notification(channel=heard.channel, payload=heard.payload)
            await connection.execute("SELECT 1")


async def _rows(connection: Driver, query: str, arguments: dict[str, Any]) -> list[dict[str, Any]]:
    async with connection.cursor(row_factory=dict_row) as cursor:
        await cursor.execute(query.encode(), arguments)
        return await cursor.fetchall() if cursor.description else []


class Hand(JobManager):
    """What one worker has in hand. Takes only *offers* (names of kinds), and ends only jobs that are still its own.

    *uncounted* are jobs that go back without a try of theirs being counted.
    """

    def __init__(self, connections: OurConnections, offers: Callable[[Sequence[str]], list[str]]) -> None:
        super().__init__(connections)
        self._connections = connections
        self._offers = offers
        self._held: dict[int, str] = {}
        self._in_doubt = False
        self._heard = 0
        self.uncounted: set[int] = set()
        self.worker: int | None = None

    async def patiently(self, work: Callable[[Driver], Awaitable[T]]) -> T:
        """Do *work* in a transaction of its own, waiting for the database."""
        return await self._connections.patiently(work)

    async def register_worker(self) -> int:
        """Make this worker known."""
        self.worker = await super().register_worker()
        self._held.clear()
        return self.worker

    async def update_heartbeat(self, worker_id: int) -> None:
        """Say that the worker lives, also after others took it for dead."""
        try:
            await self._connections.patiently(lambda connection: connection.execute(sql.HEARTBEAT, (worker_id,)))
        except SyncError as error:
            # procrastinate would stop beating for good.
            structlog.get_logger(__name__).warning("no heartbeat", cause=error.cause)

    async def prune_stalled_workers(self, seconds_since_heartbeat: float) -> list[int]:
        """Forget nobody: after an outage all look dead, until each has had its moment. The keeper forgets them."""
        del seconds_since_heartbeat
        return []

    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> theirs.Job | None:
        """Take the next job of a kind that is on offer now; *queues* is how procrastinate would choose."""
        del queues
        while True:
            heard = self._heard
            offered = self._offers(list(self._held.values()))
            if not offered:
                return None
            row = await self._connections.patiently(partial(self._take, offered=offered, worker_id=worker_id))
            self._in_doubt = False
            if row is not None and row["id"] is not None:
                self._held[row["id"]] = row["task_name"]
                return theirs.Job.from_row(row)
            # procrastinate forgets what it heard while it looked; a job that came too late for the look would wait for
            # the next poll.
            if heard == self._heard:
                return None

    async def _take(self, connection: Driver, *, offered: list[str], worker_id: int) -> dict[str, Any] | None:
        if self._in_doubt:
            missed = await _first(connection, sql.MISSED, (worker_id, list(self._held)))
            if missed is not None:
                return missed
        # Until the answer is here, the job may be taken without our knowing which.
        self._in_doubt = True
        try:
            async with connection.transaction():
                row = await _first(
                    connection, their_sql.queries["fetch_job"], {"queues": offered, "worker_id": worker_id}
                )
        except psycopg.errors.ForeignKeyViolation:
            await connection.execute(sql.HEARTBEAT, (worker_id,))
            return None
        return row

    async def finish_job(self, job: theirs.Job, status: theirs.Status, delete_job: bool) -> None:
        """End *job*, unless another worker has taken it over meanwhile."""
        del delete_job
        await self._end(job, sql.FINISH, status=status.value)

    async def retry_job(
        self,
        job: theirs.Job,
        retry_at: datetime | None = None,
        priority: int | None = None,
        queue: str | None = None,
        lock: str | None = None,
    ) -> None:
        """Put *job* back for *retry_at*, unless one of its key waits already."""
        del priority, queue, lock
        counted = 0 if job.id in self.uncounted else 1
        self.uncounted.discard(job.id or 0)
        await self._end(job, sql.GO_BACK, at=retry_at, counted=counted)

    async def _end(self, job: theirs.Job, statement: str, **values: Any) -> None:
        values |= {"id": job.id, "worker": job.worker_id}

        async def end(connection: Driver) -> int:
            while True:
                try:
                    async with connection.transaction():
                        return (await connection.execute(statement.encode(), values)).rowcount
                except psycopg.errors.UniqueViolation:
                    # A follow-up came to wait between look and write; the next look sees it.
                    await asyncio.sleep(0)

        try:
            if await self._connections.patiently(end) == 0:
                structlog.get_logger(__name__).warning("a job was taken over", job=job.id, kind=job.task_name)
        except BaseException:
            # It is still written down as this worker's; the next look for jobs finds it again.
            self._in_doubt = True
            raise
        finally:
            self._held.pop(job.id or 0, None)

    async def listen_for_jobs(
        self, *, on_notification: NotificationCallback, queues: Iterable[str] | None = None
    ) -> None:
        """Hear of jobs of every kind."""
        del queues

        async def hear(*, channel: str, notification: theirs.Notification) -> None:
            self._heard += 1
            await on_notification(channel=channel, notification=notification)

        await super().listen_for_jobs(on_notification=hear, queues=None)


async def _first(connection: Driver, statement: str, values: Any) -> dict[str, Any] | None:
    rows = await _rows(connection, statement, values)
    return rows[0] if rows else None
