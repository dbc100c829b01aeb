"""Budgets of several processes on one database, for tests."""

from __future__ import annotations

import pytest_asyncio

from tests.support.stores import opened, query
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports import Slot
from tsh_sync_gui.store.budget import Limits, PgBudget


@pytest_asyncio.fixture
async def processes(tables_url):
    """Budgets of any number of processes on one database: `processes(n, per_minute=…)`."""
    url = tables_url
    made = []
    async with opened(url) as (looking,):

        async def make(number=1, *, per_minute=600, per_day=1000, concurrency=5, **more):
            limits = Limits(per_minute=per_minute, per_day=per_day, concurrency=concurrency)
            context = opened(url, number)
            databases = await context.__aenter__()
            budgets = [PgBudget(database, limits, **more) for database in databases]
            made.append((context, budgets))
            return budgets

        make.url, make.database = url, looking
        yield make
        for context, budgets in made:
            for budget in budgets:
                await budget.close()
            await context.__aexit__(None, None, None)


async def call(budget, lane=Lane.PULLS):
    """Reserve and settle one call, and return its slot."""
    slot = await budget.reserve(lane)
    assert isinstance(slot, Slot), slot
    await budget.settle(slot, None)
    return slot


async def granted(budget, lane=Lane.PULLS):
    """Return a slot, None when the budget refuses one."""
    got = await budget.reserve(lane)
    return got if isinstance(got, Slot) else None


async def set_day(processes, used, *, elsewhere=0, hours=12.0):
    """Let the day stand where *used* by lane, and *elsewhere*, were called already."""
    lanes = "{" + ", ".join(f'"{lane}": {number}' for lane, number in used.items()) + "}"
    await query(
        processes.database,
        "UPDATE sync.quota SET own = %s, elsewhere = %s, by_lane = %s::jsonb,"
        " resets_at = now() + %s * interval '1 hour'",
        sum(used.values()),
        elsewhere,
        lanes,
        hours,
    )
