"""What runs count: each record once, however often its page was read."""

import asyncio
from datetime import timedelta

import pytest

from tests.support.worlds import SERIAL, counts, states
from tsh_sync_gui.core.events import PageStored
from tsh_sync_gui.engine import walk

pytestmark = pytest.mark.asyncio


def seen_of(report):
    """Return how many records the first run met."""
    return report.runs[0].counts.seen


async def test_the_tail_of_a_long_walk_counts_no_record_again(open_world, monkeypatch):
    monkeypatch.setattr(walk, "TAIL_AFTER", timedelta(seconds=-1))
    async with open_world(**SERIAL) as world:
        world.control("change", entity="items", count=7)

        report = await world.sync("products")

        assert report.runs[0].calls.list == 4
        assert seen_of(report) == 430
        assert counts(report)["products"] == (430, 0, 0, 0, 0)
        assert world.query("select remote from sync.watermarks where entity = 'products'") == [(430,)]


async def test_a_walk_that_steps_back_counts_no_record_again(open_world, fresh_url, make_simulator):
    server = make_simulator(items=3000, latency_ms=20)
    async with open_world(url=fresh_url, server=server, **SERIAL) as world:
        task = asyncio.create_task(world.sync("products"))
        await world.until(PageStored, 6)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        first = world.query("select zoho_id from tsh.products order by id limit 1")[0][0]
        world.control("delete", entity="items", id=first)
    async with open_world(url=fresh_url, server=server, **SERIAL) as world:
        resumed = await world.sync("products")

        run = resumed.runs[0]
        assert states(resumed) == {"up_to_date"}
        assert run.counts.created in {2999, 3000}
        assert run.counts.seen == run.counts.created
        assert run.counts.unchanged == 0


async def test_a_walk_that_goes_on_without_its_filter_counts_no_record_again(open_world):
    async with open_world(**SERIAL, batch_size=20) as world:
        await world.sync("invoices")
        # The first two pages lie within the window; that the filter is ignored shows on the third.
        first = [row[0] for row in world.query("select zoho_id from tsh.invoices order by id limit 40")]
        for one in first:
            world.control("change", entity="invoices", id=one)
        world.control("config", {"ignore_time_filters": True})

        report = await world.sync("invoices")

        assert report.runs[0].calls.list == 3 + 5
        assert report.runs[0].counts.seen == 90
        assert counts(report)["invoices"] == (0, 40, 50, 0, 0)
