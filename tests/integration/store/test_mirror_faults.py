"""Killed, cut off or cancelled at any instant, the mirror loses nothing and doubles nothing."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys

import pytest

from tests.integration.store.mirroring import PRODUCTS, item, page
from tests.integration.store.storing import A_PAGE
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.core.values import Counts
from tsh_sync_gui.engine.ports import Checkpoint

pytestmark = pytest.mark.asyncio

_CUT = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


async def check_books(world):
    """Rows, pages, checkpoint, audit, dead letters and figures tell one story."""
    [(next_page, created, seen, failed, pages)] = await world.ask(
        "SELECT coalesce((checkpoint ->> 'next_page')::int, 1), created::int, seen::int, failed::int, pages"
        " FROM sync.runs"
    )
    done = next_page - 1
    assert (created, seen, failed, pages) == (done * A_PAGE, done * (A_PAGE + 1), done, done)
    for table in ("tsh.products", "sync.audit"):
        assert await world.ask(f"SELECT count(*)::int FROM {table}") == [(created,)]
    assert await world.ask("SELECT count(*)::int FROM sync.walk_pages") == [(done,)]
    assert await world.ask("SELECT count(*)::int FROM sync.dead_letters WHERE tries = 1") == [(done,)]
    assert await world.ask("SELECT coalesce(sum(live), 0)::int FROM sync.watermarks") == [(created,)]
    return done


async def test_a_process_killed_at_any_instant_leaves_whole_steps(world, migrated_url):
    await world.start(PRODUCTS)
    chance = random.Random(7)
    done = 0
    for _ in range(4):
        process = subprocess.Popen(  # noqa: ASYNC220 -- the selector loop has no subprocesses on Windows
            [sys.executable, "-m", "tests.integration.store.storing", migrated_url, world.leader],
            stdout=subprocess.PIPE,
        )
        await asyncio.to_thread(process.stdout.readline)
        await asyncio.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.communicate()

        now = await check_books(world)

        assert now > done
        done = now


async def test_a_step_cut_off_by_the_server_is_rolled_back_and_can_be_stored_again(world):
    await world.start(PRODUCTS)
    step = world.step(page(PRODUCTS, *(item(one) for one in range(A_PAGE))), checkpoint=Checkpoint(next_page=2))
    async with world.database.raw() as holder:
        # The step waits for its run, and is cut off there.
        await holder.execute("SELECT 1 FROM sync.runs FOR UPDATE")
        waiting = asyncio.create_task(world.mirror.store(step))
        await world.until_somebody_waits()
        await holder.execute(f"{_CUT} AND wait_event = 'transactionid'")
        with pytest.raises(UnreachableError) as caught:
            await waiting
    nothing = await world.ask("SELECT count(*)::int FROM tsh.products")

    stored = await world.mirror.store(step)

    assert caught.value.what == "database"
    assert nothing == [(0,)]
    assert stored.totals["products"] == Counts(seen=A_PAGE, created=A_PAGE)


async def test_a_cancelled_step_leaves_nothing_and_the_connection_is_usable(world):
    await world.start(PRODUCTS)
    step = world.step(page(PRODUCTS, *(item(one) for one in range(2000))))
    for pause in (0, 0.001, 0.01, 0.03):
        task = asyncio.create_task(world.mirror.store(step))
        await asyncio.sleep(pause)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    await world.mirror.store(step)

    assert await world.ask("SELECT count(*)::int FROM tsh.products") == [(2000,)]
    assert world.database.engine.pool.checkedout() == 0


async def test_connections_that_died_while_idle_are_replaced_unnoticed(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1)))
    async with await world.database.dedicated("cutter") as cutter:
        await cutter.execute(_CUT)

    stored = await world.store(page(PRODUCTS, item(2)))

    assert stored.counts["products"] == Counts(seen=1, created=1)
