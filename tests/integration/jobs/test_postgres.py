"""What only a real database can show: transactions, lost connections, dead workers, several of them."""

import asyncio
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.integration.jobs.conftest import SOON, bench_on
from tests.support.stores import eventually, query
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports.jobs import Kind
from tsh_sync_gui.engine.retrying import Retrying, Verdict
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.jobs_keeper import Keeper
from tsh_sync_gui.store.jobs_manager import Hand
from tsh_sync_gui.store.jobs_worker import Pace, PgWorker

pytestmark = pytest.mark.asyncio


LAST_TRIES = [(SOON.waits, ["lost", "done"], "done"), ((), ["given_up"], "failed")]


class Done:
    """A handler that notes what it did."""

    def __init__(self, seconds=0.0):
        self.did, self.now, self.seconds, self.most = [], [], seconds, {}

    async def __call__(self, arguments, context):
        key = context.job.key
        self.now.append(key)
        self.most[key] = max(self.most.get(key, 0), self.now.count(key))
        try:
            await asyncio.sleep(self.seconds)
            self.did.append(arguments.get("n"))
        finally:
            self.now.remove(key)


async def put(bench, n=0, **options):
    return await bench.jobs.enqueue("k", {"n": n}, **{"lane": Lane.WEBHOOKS, **options})


async def test_a_job_of_a_transaction_that_is_undone_never_was(bench):
    async def undone():
        async with bench.database.raw() as connection:
            await put(bench, connection=connection)
            raise KeyError

    with pytest.raises(KeyError):
        await undone()

    async with bench.database.raw() as connection:
        job = await put(bench, connection=connection)
        before = await bench.jobs.find(job)

    assert before is None
    assert (await bench.jobs.waiting()).depth == 1


async def test_duplicates_inside_a_transaction_leave_it_whole(bench):
    async with bench.database.raw() as connection:
        jobs = [await put(bench, n, key="a", connection=connection) for n in range(5)]
        await connection.execute("INSERT INTO sync.events (payload) VALUES ('kept')")

    assert [job is None for job in jobs] == [False, True, True, True, True]
    assert await query(bench.database, "SELECT payload FROM sync.events") == [("kept",)]


async def test_a_job_that_a_transaction_coalesced_with_starts_when_that_has_ended(bench):
    """It would not see what the transaction writes, and that trigger would be lost."""
    await put(bench, 1, key="a")
    done = Done()

    async with bench.database.raw() as connection:
        assert await put(bench, 2, key="a", connection=connection) is None
        async with bench.working(("k", done)):
            await asyncio.sleep(0.3)
            before = list(done.did)
    async with bench.working(("k", done)):
        await bench.settled()

    assert before == []
    assert done.did == [1]


async def test_two_workers_share_a_queue_and_no_key_runs_twice_at_once(bench, database):
    other = await Database.open(_url(database), registry=REGISTRY)
    done = Done(0.01)
    for n in range(60):
        await put(bench, n, key=f"r:{n % 6}" if n % 2 else "")

    async with bench.working(("k", done)), bench_on(other).working(("k", done)):
        for n in range(60, 90):
            await put(bench, n, key=f"r:{n % 6}")
        await bench.settled()
    await other.close()

    assert {n for n in range(60) if n % 2 == 0} <= set(done.did)
    assert len(done.did) == len(set(done.did))
    assert {most for key, most in done.most.items() if key} == {1}


async def test_connections_lost_again_and_again_lose_no_job(bench, database):
    """Also none whose fetch was committed and whose answer never came: the worker asks what it is said to hold."""
    done, slow = Done(0.005), Pace(poll_s=0.05, heartbeat_s=0.2, stalled_s=600, grace_s=0.1)
    bench.make = lambda kinds, **options: PgWorker(database, kinds, pace=slow, **options)
    jobs = [await put(bench, n) for n in range(150)]

    async with bench.working(("k", done)):
        for _ in range(12):
            await asyncio.sleep(0.1)
            _cut_all(database)
        assert await eventually(lambda: _all_over(database), 40)

    assert set(done.did) == set(range(150))
    assert {await bench.state(job) for job in jobs} == {"done"}


_CHILD = """
import asyncio, sys
from tsh_sync_gui.engine.ports.jobs import Kind
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.jobs_worker import Pace, PgWorker

async def hang(arguments, context):
    print("begun", flush=True)
    await asyncio.sleep(600)

async def main():
    database = await Database.open(sys.argv[1], registry=())
    await PgWorker(database, [Kind(name="k", handler=hang)], pace=Pace(heartbeat_s=0.2)).run(concurrency=1)

with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
    runner.run(main())
"""


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
async def test_a_database_that_is_read_only_for_a_while_costs_no_job_a_try(bench, database):
    begun, ends = asyncio.Event(), asyncio.Event()

    async def handler(_arguments, _context):
        begun.set()
        await ends.wait()

    job = await bench.jobs.enqueue("k", {}, lane=Lane.WEBHOOKS)
    async with bench.working(("k", handler)):
        await begun.wait()
        _read_only(database, "on")
        ends.set()
        await asyncio.sleep(0.5)
        _read_only(database, "off")
        await bench.settled()

    assert await bench.outcomes(job) == ["done"]


def _read_only(database, switch):
    with psycopg.connect(_url(database), autocommit=True) as connection:
        ((name,),) = connection.execute("SELECT current_database()").fetchall()
        connection.execute("SET default_transaction_read_only = off")
        connection.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {switch}')
    _cut_all(database)


async def test_the_job_of_a_worker_that_was_killed_is_done_by_another(bench, database):
    job, done = await put(bench, 7, key="a"), Done()
    child = subprocess.Popen(  # noqa: ASYNC220 -- it is killed, not waited for
        [sys.executable, "-c", _CHILD, _url(database)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    assert await asyncio.to_thread(child.stdout.readline) == "begun\n"

    async with bench.working(("k", done)):
        await put(bench, 8, key="a")
        child.send_signal(signal.SIGKILL)
        await asyncio.to_thread(child.wait)
        assert await eventually(lambda: bench.outcomes(job))
        await bench.settled()

    assert await bench.outcomes(job) == ["lost"]
    assert done.did == [8], "the follow-up that waited does the work of both"


@pytest.mark.parametrize(
    ("waits", "outcomes", "state"), [(SOON.waits, ["lost", "done"], "done"), ((), ["given_up"], "failed")]
)
async def test_a_job_without_a_living_worker_is_taken_up_and_after_its_last_try_given_up(bench, waits, outcomes, state):
    job, done = await put(bench, 7), Done()
    await query(bench.database, "UPDATE jobs.procrastinate_jobs SET status = 'doing'")

    async with bench.working(("k", done), retrying=Retrying(waits=waits)):
        await bench.settled()

    assert await bench.outcomes(job) == outcomes
    assert await bench.state(job) == state
    assert [one.id for one, _ in bench.given_up] == ([job] if state == "failed" else [])


async def test_a_worker_that_was_taken_for_dead_says_it_lives_and_goes_on(bench):
    done = Done()
    async with bench.working(("k", done)):
        await put(bench, 1)
        await bench.settled()
        await query(bench.database, "DELETE FROM jobs.procrastinate_workers")
        await put(bench, 2)
        await bench.settled()

    assert done.did == [1, 2]


async def test_what_another_worker_took_over_is_not_ended_by_the_first(bench):
    gate = asyncio.Event()

    async def handler(arguments, context):
        await gate.wait()

    job = await put(bench)
    async with bench.working(("k", handler)):
        assert await eventually(lambda: _status(bench.database, "doing"))
        await query(
            bench.database,
            "WITH w AS (INSERT INTO jobs.procrastinate_workers DEFAULT VALUES RETURNING id)"
            " UPDATE jobs.procrastinate_jobs SET worker_id = w.id FROM w",
        )
        gate.set()
        assert await eventually(lambda: bench.outcomes(job))
        await asyncio.sleep(0.2)

        assert await bench.state(job) == "running"


async def test_long_jobs_leave_a_place_for_short_ones(bench):
    gate, short = asyncio.Event(), Done()

    async def long(arguments, context):
        await gate.wait()

    for n in range(6):
        await bench.jobs.enqueue("long", {"n": n}, lane=Lane.PERSON)
    async with bench.working(Kind(name="long", handler=long, is_long=True), ("k", short), concurrency=3):
        assert await eventually(lambda: _status(bench.database, "doing", 2))
        await put(bench, 1)
        assert await eventually(lambda: asyncio.sleep(0, short.did))
        only_two = await eventually(lambda: _status(bench.database, "doing", 2))  # the short one is soon noted as done
        gate.set()
        await bench.settled()

    assert only_two


async def test_what_is_long_over_is_forgotten_and_what_failed_is_kept_longer(bench):
    await put(bench, 1)
    await put(bench, 2)
    done = Done()
    async with bench.working(("k", done)):
        await bench.settled()
    fresh = await put(bench, 3)
    await query(
        bench.database, "UPDATE jobs.procrastinate_jobs SET status = 'failed' WHERE args->'arguments'->>'n' = '2'"
    )
    await query(
        bench.database,
        "INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, priority, status)"
        " SELECT 'k', 'k', 50, 'succeeded' FROM generate_series(1, 5001)",
    )
    await query(
        bench.database,
        "INSERT INTO sync.runs (id, leader, entity, mode, state, phase, started_at, heartbeat_at, ended_at)"
        " SELECT mode, mode, 'products', mode, 'up_to_date', 'list', old, old, old"
        " FROM unnest(ARRAY['record', 'full']) mode, (SELECT now() - interval '91 days' AS old) moment",
    )
    for days, left in ((0, 3), (2, 2), (40, 1)):
        await query(bench.database, "UPDATE jobs.procrastinate_events SET at = now() - make_interval(days => %s)", days)
        await query(bench.database, "UPDATE sync.attempts SET ended_at = now() - make_interval(days => %s)", days)
        await Keeper(bench.database, stalled_s=30, lost=_nobody_lost).purge()
        assert await query(bench.database, "SELECT count(*) FROM jobs.procrastinate_jobs") == [(left,)]

    assert await bench.state(fresh) == "waiting"
    assert await query(bench.database, "SELECT count(*) FROM sync.attempts") == [(0,)]
    assert await query(bench.database, "SELECT mode FROM sync.runs") == [("full",)]


async def test_a_dead_workers_job_that_cannot_be_taken_up_keeps_none_behind_it(bench):
    first, second = await put(bench, 1), await put(bench, 2)
    await query(bench.database, "UPDATE jobs.procrastinate_jobs SET status = 'doing'")

    async def lost(connection, job, _started):
        if job.id == first:
            await connection.execute("INSERT INTO sync.attempts (subject) VALUES (NULL)")
        return Verdict(None)

    number = await Keeper(bench.database, stalled_s=30, lost=lost).rescue()

    assert number == 1
    assert (await bench.state(first), await bench.state(second)) == ("running", "failed")


async def test_one_that_only_looks_needs_no_search_path(bench, database):
    await put(bench)
    with psycopg.connect(_url(database).replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("SET search_path = ''")
        connection.execute("UPDATE jobs.procrastinate_jobs SET status = 'doing'")
        events = connection.execute("SELECT type::text FROM jobs.procrastinate_events ORDER BY id").fetchall()

    assert events == [("deferred",), ("started",)]


async def _nobody_lost(_connection, _job, _started):
    return Verdict(None)


async def _status(database, status, number=1):
    found = await query(database, "SELECT count(*) FROM jobs.procrastinate_jobs WHERE status::text = %s", status)
    return found == [(number,)]


async def _all_over(database):
    return await query(
        database, "SELECT 1 WHERE NOT EXISTS (SELECT FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing'))"
    )


def _url(database):
    return psycopg.conninfo.make_conninfo(**database.address.params)


def _cut_all(database):
    with psycopg.connect(_url(database), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


async def test_a_trigger_that_meets_the_start_of_a_run_settles_too(bench, database):
    """Its insert waits for the worker's transaction, whose start it cannot see when it began."""
    settle = timedelta(minutes=1)
    first = await put(bench, 1, key="a", settle=settle)
    async with await psycopg.AsyncConnection.connect(_url(database)) as worker:
        await worker.execute("UPDATE jobs.procrastinate_jobs SET status = 'doing'")
        putting = asyncio.create_task(put(bench, 2, key="a", settle=settle))
        waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        assert await eventually(lambda: query(database, waits))
        await worker.commit()
    second = await bench.jobs.find(await putting)

    assert second.id != first
    assert second.scheduled_at is not None


async def test_a_job_that_comes_while_the_worker_looks_in_vain_does_not_wait_for_the_next_look(bench, monkeypatch):
    looked, did = Hand._take, Done()

    async def slowly(hand, connection, **values):
        found = await looked(hand, connection, **values)
        if bench.given_up == []:
            bench.given_up.append("the look in which the job came")

            async def is_listening():
                return await query(bench.database, "SELECT 1 FROM pg_stat_activity WHERE starts_with(query, 'LISTEN')")

            assert await eventually(is_listening)
            await put(bench, n=1)

            async def is_heard():
                return hand._heard > 0

            assert await eventually(is_heard)
        return found

    monkeypatch.setattr(Hand, "_take", slowly)
    worker = PgWorker(bench.database, [Kind(name="k", handler=did)], pace=Pace(poll_s=60))

    working = asyncio.create_task(worker.run(concurrency=2))
    assert await eventually(lambda: asyncio.sleep(0, did.did == [1]))

    working.cancel()
    await asyncio.wait({working})
