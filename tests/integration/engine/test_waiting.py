"""A sync that waits for the daily quota in place: it goes on by itself, and does no more than it was asked to."""

import asyncio

import pytest

from tests.support.worlds import states
from tsh_sync_gui.core.events import PageStored, RunWaiting

pytestmark = pytest.mark.asyncio


async def test_details_by_number_stay_that_number_though_the_day_turns_between(open_world, make_simulator, fresh_url):
    server = make_simulator(orders=400, no_rate_headers=True)
    async with open_world(server=server, url=fresh_url, concurrency=1, per_minute=90, per_day=6) as world:
        syncing = asyncio.create_task(world.sync("sales_orders", full=True, details=6, wait=True))
        await world.until(PageStored)
        world.query("update sync.quota set resets_at = clock_timestamp() + interval '3 s' returning 1")
        await world.until(RunWaiting)
        before = world.query("select count(*) from tsh.sales_orders where detailed_at is not null")[0][0]
        report = await syncing

        assert [one.reason for one in world.seen(RunWaiting)] == ["daily_quota"]
        assert 0 < before < 6
        assert states(report) == {"up_to_date"}
        assert world.query("select count(*) from tsh.sales_orders where detailed_at is not null") == [(6,)]
