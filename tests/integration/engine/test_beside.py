"""Syncs that meet another one of the same entity: what they follow, what they do beside it or after it."""

import asyncio

import pytest

from tests.support.worlds import SERIAL, counts, states
from tsh_sync_gui.core.events import PageStored, RunPaused, RunWaiting
from tsh_sync_gui.core.values import Mode

pytestmark = pytest.mark.asyncio

ITEMS = "/inventory/v1/items"


@pytest.fixture
def slow(make_simulator):
    """A simulator whose lists take a while."""
    return make_simulator(items=3000, latency_ms=30)


async def held(world):
    """Hold the walk under way after its first pages; returns its run."""
    await world.until(PageStored, 2)
    run = world.seen(PageStored)[0].run
    await world.service.pause(run)
    await world.until(RunPaused)
    return run


async def test_a_record_is_fetched_while_another_process_walks_all(open_world, fresh_url, slow):
    async with (
        open_world(url=fresh_url, server=slow, **SERIAL) as first,
        open_world(url=fresh_url, server=slow, **SERIAL) as second,
    ):
        walk = asyncio.create_task(first.sync("products"))
        run = await held(first)
        met = set(second.living("products"))
        wanted = next(one for one in reversed(second.ids("items")) if one not in met)

        report = await second.sync("products", record_id=wanted)
        was_walking = not walk.done()
        shown = (await second.service.overview()).entities[0]
        await first.service.resume(run)
        walked = await walk

        assert was_walking
        assert (report.runs[0].mode, states(report), counts(report)["products"][0]) == (Mode.RECORD, {"up_to_date"}, 1)
        assert shown.live.id == walked.runs[0].id
        assert states(walked) == {"up_to_date"}
        assert second.query("select count(*), count(distinct zoho_id) from tsh.products") == [(3000, 3000)]
        assert second.query("select detailed_at is not null from tsh.products where zoho_id = %s", wanted) == [(True,)]
        assert second.query("select live from sync.watermarks where entity = 'products'") == [(3000,)]


async def test_a_record_is_fetched_while_the_same_program_walks_all(open_world, slow):
    async with open_world(server=slow, **SERIAL) as world:
        walk = asyncio.create_task(world.sync("products"))
        run = await held(world)

        report = await world.sync("products", record_id=world.ids("items")[-1])
        was_walking = not walk.done()
        await world.service.cancel(run)
        walked = await walk

        assert was_walking
        assert states(report) == {"up_to_date"}
        assert states(walked) == {"cancelled"}


async def test_one_record_asked_for_twice_at_once_is_fetched_by_one_after_the_other(open_world, fresh_url):
    async with open_world(url=fresh_url, **SERIAL) as first, open_world(url=fresh_url, **SERIAL) as second:
        wanted = first.ids("items")[0]

        reports = await asyncio.gather(*(one.sync("products", record_id=wanted) for one in (first, second)))

        assert sorted(counts(report)["products"][0] for report in reports) == [0, 1]
        assert first.query("select count(*) from sync.runs where state = 'up_to_date'") == [(2,)]


async def test_what_the_followed_process_does_not_serve_is_synced_afterwards(open_world, fresh_url, slow):
    async with (
        open_world(url=fresh_url, server=slow, **SERIAL) as first,
        open_world(url=fresh_url, server=slow, **SERIAL) as second,
    ):
        walk = asyncio.create_task(first.sync("products"))
        await first.until(PageStored, 2)

        report = await second.sync("products", "stock_levels")
        walked = await walk

        products, stock = report.runs
        assert (products.id, products.entity) == (walked.runs[0].id, "products")
        assert (stock.entity, stock.state) == ("stock_levels", "up_to_date")
        assert stock.counts.created > 0
        assert first.asked()[ITEMS] == 15 + 15


async def test_two_first_syncs_at_once_in_one_process_share_one_run(open_world, slow):
    async with open_world(server=slow, **SERIAL) as world:
        one, other = await asyncio.gather(world.sync("products"), world.sync("products"))

        assert {run.id for report in (one, other) for run in report.runs} == {one.runs[0].id}
        assert states(one) == states(other) == {"up_to_date"}
        assert world.asked()[ITEMS] == 15
        assert [event.reason for event in world.seen(RunWaiting)].count("other_machine") == 1


async def test_two_first_syncs_of_everything_at_once_in_two_processes_share_their_runs(open_world, fresh_url):
    async with open_world(url=fresh_url, **SERIAL) as first, open_world(url=fresh_url, **SERIAL) as second:
        one, other = await asyncio.gather(first.sync(), second.sync())

        assert states(one) == states(other) == {"up_to_date"}
        assert first.query("select count(*), count(distinct zoho_id) from tsh.invoices") == [(90, 90)]
        assert first.query("select count(*) from sync.runs where ended_at is null") == [(0,)]
