"""Jobs against a simulated Zoho: what is fetched, who pays, and that many workers keep one limit."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from tests.integration.engine.conftest import fresh_url, make_simulator, open_world, simulator
from tests.support.stores import eventually
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.handlers import enqueue_fetch, enqueue_pull

pytestmark = pytest.mark.asyncio
__all__ = ["fresh_url", "make_simulator", "open_world", "simulator"]


@asynccontextmanager
async def working(*worlds, concurrency=4):
    tasks = [asyncio.create_task(one.wiring.worker().run(concurrency=concurrency)) for one in worlds]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)


async def still(world):
    status = await world.service.jobs.waiting()
    return status.depth + status.running == 0


async def test_twenty_triggers_for_a_record_cost_at_most_two_calls_and_bring_its_last_state(open_world):
    async with open_world() as world:
        record = world.control("change", entity="items", count=1)["ids"][0]
        async with working(world):
            for _ in range(20):
                await enqueue_fetch(world.service.jobs, "products", record)
                await asyncio.sleep(0.02)
            assert await eventually(lambda: still(world), 30)

        assert world.living("products") == [record]
        attempts = world.query("SELECT outcome FROM sync.attempts")
        assert attempts == [("done",)] * len(attempts)
        assert 1 <= len(attempts) <= 2
    assert world.query("SELECT DISTINCT lane FROM sync.api_calls WHERE path LIKE %s", f"%{record}%") == [("webhooks",)]
    assert world.query("SELECT count(*) FROM sync.api_calls WHERE path LIKE %s", f"%{record}%") == [(len(attempts),)]


async def test_a_pull_job_walks_and_its_attempt_names_its_run(open_world):
    async with open_world() as world, working(world):
        job = await enqueue_pull(world.service.jobs, ["price_lists"], lane=Lane.PULLS)
        assert await eventually(lambda: still(world), 30)

        assert (await world.service.jobs.find(job)).state.value == "done"
        [(run,)] = world.query("SELECT run_id FROM sync.attempts WHERE subject_id = %s", job)
        assert [one.id for one in await world.service.runs(entity="price_lists")] == [run]


async def test_two_workers_keep_one_minute_limit(open_world, make_simulator, fresh_url):
    limit = 30
    zoho = make_simulator(per_minute=limit)
    async with (
        open_world(server=zoho, per_minute=limit) as one,
        open_world(server=zoho, per_minute=limit) as other,
    ):
        records = one.ids("items")[:50]
        for record in records:
            await enqueue_fetch(one.service.jobs, "products", record)
        async with working(one, other):
            assert await eventually(lambda: asyncio.sleep(0, sum(one.asked().values()) >= limit), 40)
            await asyncio.sleep(1)
            status = one.http.get("/__sim/requests").json()["by_status"]

    assert "429" not in status
    assert sum(one_status for code, one_status in status.items() if code == "200") >= limit
