"""What a later sync makes of an earlier one that was cut off, asked, or left details behind."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.worlds import SERIAL, counts, states
from tsh_sync_gui.core.events import PageStored
from tsh_sync_gui.core.values import Mode
from tsh_sync_gui.engine import walk
from tsh_sync_gui.engine.views import run_json

pytestmark = pytest.mark.asyncio

ORDERS = "/books/v3/salesorders"


async def test_lists_are_safe_though_the_quota_ends_in_the_details(open_world, fresh_url):
    async with open_world(url=fresh_url, per_day=10, per_minute=6000) as world:
        stopped = await world.sync("sales_orders", details="all")
    async with open_world(url=fresh_url, **SERIAL) as world:
        world.control("change", entity="salesorders", count=2)
        world.control("reset")
        later = await world.sync("sales_orders", details="all")

        assert states(stopped) == {"waiting"}
        assert later.runs[0].mode is Mode.INCREMENTAL
        assert counts(later)["sales_orders"][1] == 2
        assert world.asked()[ORDERS] == 1
        assert world.query("select count(*) from tsh.sales_orders where detailed_at is null") == [(0,)]


async def test_a_broken_off_walk_of_products_does_not_stand_for_stock_that_is_due(open_world, make_simulator):
    server = make_simulator(items=2000, latency_ms=20)
    async with open_world(server=server, **SERIAL) as world:
        task = asyncio.create_task(world.sync("products"))
        await world.until(PageStored)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        report = await world.sync("stock_levels")

        assert [run.entity for run in report.runs] == ["stock_levels"]
        assert report.runs[0].counts.created > 0


@pytest.mark.parametrize("details", ["none", 7])
async def test_what_a_window_goes_on_with_keeps_the_limit_it_began_with(open_world, make_simulator, details):
    server = make_simulator(orders=2000, latency_ms=20)
    async with open_world(server=server, **SERIAL) as world:
        broken = await broken_off(world, "sales_orders", details=details)

        report = await world.service.sync(await world.service.at_start())

        assert [run.id for run in report.runs] == [broken]
        assert states(report) == {"up_to_date"}
        fetched = world.query("select count(*) from tsh.sales_orders where detailed_at is not null")
        assert fetched == [(0 if details == "none" else 7,)]


async def test_a_broken_off_window_of_days_is_gone_on_with_as_that_window(open_world, make_simulator):
    server = make_simulator(orders=2000, latency_ms=20)
    async with open_world(server=server, **SERIAL) as world:
        since = datetime(2001, 1, 1, tzinfo=UTC)
        await broken_off(world, "sales_orders", since=since)

        report = await world.service.sync(await world.service.at_start())

        assert (report.runs[0].mode, states(report)) == (Mode.WINDOW, {"up_to_date"})
        assert report.runs[0].request["since"].startswith("2001-01-01")
        assert await world.service.at_start() is None


async def test_details_that_were_broken_off_go_on_with_the_number_that_is_left(open_world, make_simulator):
    server = make_simulator(orders=400, latency_ms=20)
    async with open_world(server=server, concurrency=1, per_minute=90, per_day=100_000) as world:
        task = asyncio.create_task(world.sync("sales_orders", full=True, details=6))
        await world.until(PageStored, 2 + 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

        report = await world.service.sync(await world.service.at_start())

        assert (report.runs[0].mode, states(report)) == (Mode.INCREMENTAL, {"up_to_date"})
        assert world.query("select count(*) from tsh.sales_orders where detailed_at is not null") == [(6,)]


async def test_what_was_broken_off_after_its_list_and_is_not_due_does_not_stand_there_as_stopped(
    open_world, make_simulator
):
    server = make_simulator(items=1500, latency_ms=20)
    async with open_world(server=server, concurrency=1, per_minute=6000, per_day=100_000) as world:
        task = asyncio.create_task(world.sync("products", "stock_levels", details="all"))
        await world.until(PageStored, 8 + 3)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        before = {one.entity: one.state for one in (await world.service.overview()).entities}

        report = await world.service.sync(await world.service.at_start())

        after = {
            one.entity: (one.state, one.last_good is not None) for one in (await world.service.overview()).entities
        }
        assert before["stock_levels"] == before["products"] == "paused"
        assert states(report) == {"up_to_date"}
        assert after["stock_levels"] == after["products"] == ("up_to_date", True)
        assert await world.service.at_start() is None


async def test_a_demo_that_was_closed_at_once_goes_on_with_all_it_had_not_come_to(open_world, make_simulator):
    async with open_world(server=make_simulator(items=3000, latency_ms=20), **SERIAL) as world:
        await broken_off(world, "products")

        asked = await world.service.at_start(demo=True)

        assert set(asked.entities) == {one.name for one in world.service.registry}
        assert asked.entities[0] == "products"


async def broken_off(world, entity, **request):
    """Begin a sync and end it in mid-list, as the end of a program does; returns its run."""
    task = asyncio.create_task(world.sync(entity, **request))
    await world.until(PageStored)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    return world.seen(PageStored)[0].run


async def test_a_mass_delete_can_be_approved_after_other_syncs(open_world):
    async with open_world() as world:
        await world.sync("invoices")
        world.control("delete", entity="invoices", count=20)
        asked = await world.sync("invoices", sweep=True)
        between = await world.sync("invoices")
        shown = next(one for one in (await world.service.overview()).entities if one.entity == "invoices")

        approved = await world.sync("invoices", sweep=True, approve=True)

        assert states(asked) == {"needs_you"}
        assert states(between) == {"up_to_date"}
        assert shown.state == "needs_you"
        assert shown.last.id == asked.runs[0].id
        assert counts(approved)["invoices"][3] == 20


async def test_a_long_walk_ends_with_what_changed_meanwhile(open_world, monkeypatch):
    monkeypatch.setattr(walk, "TAIL_AFTER", timedelta(seconds=-1))
    async with open_world(**SERIAL) as world:
        report = await world.sync("products")

        assert states(report) == {"up_to_date"}
        assert report.runs[0].calls.list == 4


async def test_a_long_walk_whose_tail_filter_is_ignored_ends_all_the_same(open_world, monkeypatch):
    monkeypatch.setattr(walk, "TAIL_AFTER", timedelta(seconds=-1))
    async with open_world(**SERIAL) as world:
        world.control("config", {"ignore_time_filters": True})

        report = await world.sync("invoices")

        assert states(report) == {"up_to_date"}
        assert report.runs[0].calls.list <= 2
        assert len(world.living("invoices")) == 90


async def test_an_entity_with_an_interval_is_due_by_the_setting_its_spec_names(open_world, fresh_url):
    async with open_world(url=fresh_url, stock_interval_minutes=1, **SERIAL) as world:
        await world.sync("stock_levels")
        world.query("update sync.watermarks set walked_at = walked_at - interval '2 minutes'")
        due = await world.sync("stock_levels")
    async with open_world(url=fresh_url, stock_interval_minutes=60, **SERIAL) as world:
        world.query("update sync.watermarks set walked_at = walked_at - interval '2 minutes'")
        idle = await world.sync("stock_levels")

    assert [run.trigger for run in (*due.runs, *idle.runs)] == ["person", "not due"]
    left = (idle.runs[0].waiting_until - idle.runs[0].started_at).total_seconds()
    assert 55 * 60 < left < 59 * 60
    assert (run_json(idle.runs[0])["not_due_until"], "not_due_until" in run_json(due.runs[0])) == (
        idle.runs[0].waiting_until.isoformat(),
        False,
    )
