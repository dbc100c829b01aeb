"""A queue with its worker, on PostgreSQL or in memory, that tests fill and watch."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio

from tests.support.memory_jobs import MemoryJobs, MemoryWorker
from tests.support.stores import eventually, with_tables
from tsh_sync_gui.core.clock import SystemClock
from tsh_sync_gui.engine.ports.jobs import JOB, Kind
from tsh_sync_gui.engine.retrying import Retrying
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.attempts import PgAttempts
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.jobs_worker import Pace, PgWorker

QUICK = Pace(poll_s=0.05, heartbeat_s=0.2, stalled_s=1.5, grace_s=0.1)
SOON = Retrying(waits=(0.05, 0.05, 0.05, 0.05))


@dataclass
class Bench:
    """A queue, its attempts, and how a worker on it is made."""

    jobs: Any
    attempts: Any
    make: Any
    database: Any = None
    allowed: bool = True
    given_up: list[Any] = field(default_factory=list)
    news: list[Any] = field(default_factory=list)

    async def _give_up(self, job, attempt, connection):
        self.given_up.append((job, attempt))
        if connection is not None:
            await connection.execute("SELECT 1")

    @asynccontextmanager
    async def working(self, *kinds, concurrency=4, retrying=SOON):
        """Let a worker do jobs of *kinds* (name and handler) for as long as the context lasts."""
        made = [one if isinstance(one, Kind) else Kind(name=one[0], handler=one[1]) for one in kinds]
        worker = self.make(made, retrying=retrying, on_given_up=self._give_up, may_call=lambda: self.allowed)
        task = asyncio.create_task(worker.run(concurrency=concurrency))
        try:
            yield worker
        finally:
            task.cancel()
            await asyncio.wait({task})
            assert task.cancelled() or task.exception() is None, task.exception()

    async def settled(self):
        """Wait until nothing waits and nothing runs."""

        async def still():
            status = await self.jobs.waiting()
            return status.depth + status.running == 0

        assert await eventually(still), await self.jobs.waiting()

    async def state(self, job):
        """Return a job's state."""
        return (await self.jobs.find(job)).state.value

    async def outcomes(self, job):
        """Return how a job's attempts ended."""
        return [one.outcome.value for one in await self.attempts.of(JOB, job)]


@pytest_asyncio.fixture
async def database(database_url):
    """A fresh database with all tables."""
    opened = await Database.open(database_url(with_tables), registry=REGISTRY)
    yield opened
    await opened.close()


def bench_on(database):
    """Return a bench on PostgreSQL."""
    bench = Bench(PgJobs(database), PgAttempts(database), None, database)
    bench.make = lambda kinds, **options: PgWorker(database, kinds, pace=QUICK, tell=bench.news.append, **options)
    return bench


@pytest.fixture
def bench(database):
    """The queue on PostgreSQL."""
    return bench_on(database)


@pytest.fixture(params=["postgres", "memory"])
def any_bench(request):
    """The queue on every adapter."""
    if request.param == "postgres":
        return request.getfixturevalue("bench")
    jobs = MemoryJobs(SystemClock())
    return Bench(jobs, jobs, lambda kinds, **options: MemoryWorker(jobs, kinds, **options))
