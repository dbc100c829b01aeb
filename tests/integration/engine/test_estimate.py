"""What a sync is said to cost, against what it then takes; and lengths that are found out when a person asks."""

import asyncio
import dataclasses

import pytest

from tests.support.worlds import SERIAL, lists, states
from tsh_sync_gui.core.events import PageStored, RunWaiting
from tsh_sync_gui.engine.estimate import Estimate
from tsh_sync_gui.engine.plan import group
from tsh_sync_gui.engine.recall import list_name
from tsh_sync_gui.engine.views import SyncRequest

pytestmark = pytest.mark.asyncio

ITEMS = "/inventory/v1/items"


def request(*entities, **more):
    """Return a request for lists only, unless told otherwise."""
    return SyncRequest(entities=entities, **{"details": "none", **more})


def near(told, used):
    """Tell whether *told* is within 10 % of *used*."""
    return abs(told - used) <= 0.1 * used


async def test_an_estimate_finds_the_last_page_and_the_sync_reads_only_the_others(open_world, make_simulator):
    server = make_simulator(items=2950)
    async with open_world(server=server, **SERIAL) as world:
        unknown = (await world.service.forecast(request("products")))[0]
        estimated = (await world.service.estimate(request("products")))[0]
        searched = world.asked()[ITEMS]
        again = (await world.service.estimate(request("products")))[0]
        told = (await world.service.forecast(request("products")))[0]
        report = await world.sync("products")

        assert (unknown.known, unknown.calls_low) == (False, 1)
        assert (estimated.known, estimated.records) == (True, 2950)
        assert searched <= 9
        assert again == told == estimated
        assert lists(report)["products"] == estimated.calls_high
        assert world.asked()[ITEMS] <= 15 + 1
        assert sorted(world.living("products")) == world.ids("items")
        assert report.runs[0].expected == 2950
        assert world.query("select count(*) from sync.kept_pages") == [(0,)]


async def test_a_record_deleted_after_the_estimate_costs_a_new_walk_and_no_record(open_world, make_simulator):
    server = make_simulator(items=2950)
    async with open_world(server=server, **SERIAL) as world:
        await world.service.estimate(request("products"))
        first = world.query("select convert_from(body, 'utf8')::json -> 0 ->> 'item_id' from sync.kept_pages")[0][0]
        world.control("delete", entity="items", id=first)

        report = await world.sync("products")

        assert states(report) == {"up_to_date"}
        assert set(world.ids("items")) <= set(world.living("products"))
        assert report.runs[0].counts.seen <= 2950


async def test_pages_kept_for_long_are_not_used(open_world):
    async with open_world(**SERIAL) as world:
        await world.service.estimate(request("products"))
        world.query("update sync.kept_pages set kept_at = now() - interval '16 minutes'")
        world.control("reset")

        told = (await world.service.forecast(request("products")))[0]
        report = await world.sync("products")

        assert (told.known, told.records, told.calls_high) == (True, 430, 3)
        assert lists(report)["products"] == 3


async def test_an_estimate_of_a_list_that_one_product_lacks_asks_the_other(open_world, make_simulator):
    server = make_simulator(books_only=True)
    async with open_world(server=server, **SERIAL) as world:
        estimated = (await world.service.estimate(request("products")))[0]
        report = await world.sync("products")

        assert (estimated.known, estimated.records) == (True, 430)
        assert lists(report)["products"] == estimated.calls_high


async def test_an_empty_list_is_one_page(open_world, make_simulator):
    server = make_simulator(credit_notes=0)
    async with open_world(server=server, **SERIAL) as world:
        estimated = (await world.service.estimate(request("credit_notes")))[0]
        report = await world.sync("credit_notes")

        assert (estimated.known, estimated.records, estimated.calls_high) == (True, 0, 0)
        assert (states(report), lists(report)["credit_notes"]) == ({"up_to_date"}, 0)


async def test_a_dry_run_is_priced_without_details_and_tells_what_the_real_run_costs(open_world):
    async with open_world(**SERIAL) as world:
        await world.service.estimate(SyncRequest(entities=("customers",), details="all"))
        told = (await world.service.forecast(SyncRequest(entities=("customers",), details="all", dry_run=True)))[0]
        world.control("reset")

        report = await world.sync("customers", details="all", dry_run=True)

        assert told.calls_high == sum(world.asked().values()) == report.runs[0].calls.total
        assert (told.detail_calls, told.details_later, told.kept_pages) == (0, 0, 0)
        assert report.runs[0].forecast_calls > told.calls_high


async def test_what_is_known_is_not_asked_for(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        world.control("reset")

        estimated = (await world.service.estimate(request("products", full=True)))[0]

        assert (estimated.known, estimated.calls_high) == (True, 3)
        assert world.asked() == {}


async def test_the_forecast_of_a_run_that_goes_on_is_the_rest(open_world, fresh_url, make_simulator):
    server = make_simulator(items=3000, latency_ms=20)
    async with open_world(url=fresh_url, server=server, **SERIAL) as world:
        await world.sync("products")
        task = asyncio.create_task(world.sync("products", full=True))
        await world.until(PageStored, 15 + 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with open_world(url=fresh_url, server=server, **SERIAL) as world:
        world.control("reset")
        told = (await world.service.forecast(request("products", full=True)))[0]
        await world.sync("products", full=True)
        used = world.asked()[ITEMS]

        assert told.calls_high <= 7
        assert abs(told.calls_high - used) <= 1


async def test_several_walks_share_what_a_day_has_left(open_world, fresh_url):
    async with open_world(url=fresh_url, **SERIAL) as world:
        await world.sync()
        used = (await world.service.quota()).day_used
    async with open_world(url=fresh_url, per_day=300 + used, per_minute=6000) as world:
        left = await world.service.quota()
        costs = await world.service.forecast(SyncRequest())
        alone = [(await world.service.forecast(SyncRequest(entities=(one.entity,))))[0] for one in costs]

        assert sum(one.calls_high for one in costs) <= left.day_limit - left.day_used
        assert sum(one.detail_calls for one in alone) > sum(one.detail_calls for one in costs)


async def test_what_all_is_said_to_cost_with_details_is_what_it_takes(open_world, fresh_url):
    async with open_world(url=fresh_url, **SERIAL) as world:
        await world.sync()
        world.control("reset")
        told = await world.service.forecast(SyncRequest(full=True, details="all"))

        report = await world.sync(full=True, details="all")

        used = sum(world.asked().values())
        assert states(report) == {"up_to_date"}
        assert near(sum(one.calls_high for one in told), used)
        assert near(sum(run.forecast_calls or 0 for run in report.runs), used)


async def test_three_thousand_details_cost_what_is_said(open_world, make_simulator):
    server = make_simulator(items=3000, orders=0, invoices=300)
    async with open_world(server=server, **SERIAL) as world:
        told = await world.service.estimate(SyncRequest(entities=("products", "invoices"), details="all"))
        world.control("reset")

        await world.sync("products", "invoices", details="all")

        used = sum(world.asked().values())
        assert used > 300
        assert near(sum(one.calls_high for one in told), used)


async def test_details_by_the_lanes_share_stop_where_the_forecast_says(open_world, fresh_url):
    async with open_world(url=fresh_url, **SERIAL) as world:
        await world.sync("invoices", "sales_orders")
        used = (await world.service.quota()).day_used
    async with open_world(url=fresh_url, per_day=100 + used, per_minute=6000) as world:
        budget = world.service._parts.budget
        # In the last hours before the reset reserves are let go: not in this test, whenever it runs.
        budget._shares = {lane: dataclasses.replace(one, release=0.0) for lane, one in budget._shares.items()}
        told = await world.service.forecast(SyncRequest(entities=("invoices", "sales_orders")))
        world.control("reset")

        report = await world.sync("invoices", "sales_orders", details=None)

        used = sum(world.asked().values())
        assert states(report) == {"up_to_date"}
        assert used < 100
        assert near(sum(one.calls_high for one in told), used)
        assert near(sum(run.forecast_calls for run in report.runs), used)


async def test_the_time_that_is_told_includes_the_waits_for_the_limit(open_world, fresh_url, make_simulator):
    server = make_simulator(items=430, invoices=18)
    async with open_world(url=fresh_url, server=server, **SERIAL) as world:
        await world.sync("invoices")
    async with open_world(url=fresh_url, server=server, per_minute=6, per_day=1000) as world:
        # A minute's limit that counts a call for a moment only, as if time went faster.
        world.service._parts.budget._line._window = 2.0
        told = (await world.service.forecast(SyncRequest(entities=("invoices",), details="all")))[0]

        report = await world.sync("invoices", details="all")

        waits = sum(event.reason == "minute_limit" for event in world.seen(RunWaiting))
        assert near(told.calls_high, report.runs[0].calls.total)
        assert waits >= 2
        assert 60 * (waits - 1) <= told.seconds <= 60 * (waits + 1)


async def test_the_length_is_found_though_the_run_that_goes_on_has_stored_the_last_page(open_world):
    async with open_world(**SERIAL) as world:
        starter, parts = world.service._starter, world.service._parts
        walk, requested = group([world.service.registry.get("products")])[0]
        wanted = SyncRequest(entities=("products",), full=True)
        plan = starter.plan(walk, requested, wanted, await starter.marks(walk))

        await Estimate(plan, parts, behind=3).find()
        kept = await parts.kept.look(list_name(plan, parts.source, parts.pace().per_page))

        assert (kept.last, kept.records(200)) == (3, 430)
        assert world.asked() == {ITEMS: 2}
