"""A person's words reach a run that waits for its database."""

import asyncio
from contextlib import asynccontextmanager
from functools import partial

import pytest

from tests.support.gate import gated
from tests.support.stores import eventually
from tests.support.worlds import SERIAL, states
from tsh_sync_gui.core.events import PageStored, RunPaused, RunWaiting
from tsh_sync_gui.core.values import RunState
from tsh_sync_gui.engine import runs

pytestmark = pytest.mark.asyncio


@pytest.fixture
def running_behind_a_gate(open_world, fresh_url, make_simulator):
    """Begin a sync of 3,000 products whose way to the database can be shut."""
    server = make_simulator(items=3000, latency_ms=10)

    @asynccontextmanager
    async def begin():
        async with gated(fresh_url) as gate, open_world(url=gate.url, server=server, **SERIAL) as world:
            task = asyncio.create_task(world.sync("products"))
            await world.until(PageStored, 2)
            run = world.seen(PageStored)[0].run
            await gate.shut()
            await eventually(partial(misses_its_database, world))
            yield world, gate, task, run
            await gate.open()

    return begin


async def misses_its_database(world):
    """Tell whether the run has said that it waits for its database."""
    return any(event.reason == "database" for event in world.seen(RunWaiting))


async def paused(world):
    """Return the run of products when the ledger has it as paused."""
    first = (await world.service.overview()).entities[0]
    return first.live if first.state == "paused" else None


async def test_a_run_without_its_database_can_be_cancelled(running_behind_a_gate, monkeypatch):
    monkeypatch.setattr(runs, "_LAST_WORDS_SECONDS", 0.2)
    async with running_behind_a_gate() as (world, _gate, task, run):
        await world.service.cancel(run)
        report = await task

        assert states(report) == {"cancelled"}


async def test_a_cancel_is_written_when_the_database_comes_back_at_once(running_behind_a_gate):
    async with running_behind_a_gate() as (world, gate, task, run):
        await world.service.cancel(run)
        await gate.open()
        await task

        assert (await world.service.run_detail(run)).run.state is RunState.CANCELLED


async def test_a_pause_is_told_without_the_database_and_kept_with_it(running_behind_a_gate):
    async with running_behind_a_gate() as (world, gate, task, run):
        await world.service.pause(run)
        await world.until(RunPaused)
        await gate.open()
        shown = await eventually(partial(paused, world))
        await world.service.resume(run)
        report = await task

        assert shown.waiting_for == world.seen(RunPaused)[0].by != ""
        assert states(report) == {"up_to_date"}
        assert (await world.service.overview()).entities[0].local == 3000
