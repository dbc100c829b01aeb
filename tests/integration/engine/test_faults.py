"""Bad records, faults of Zoho, limits, and other processes: each ends in its state and words, neighbours safe."""

import asyncio

import pytest

from tests.support.worlds import SERIAL, counts, lists, states
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.events import Notice, PageStored, RunFinished, RunWaiting
from tsh_sync_gui.core.values import RunState
from tsh_sync_gui.engine.views import SyncRequest

pytestmark = pytest.mark.asyncio

ITEMS = "/inventory/v1/items"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("bad_record", "id"),
        ("bad_value", "cannot read"),
        ("bad_date", "cannot read"),
        ("huge_field", "long"),
    ],
)
async def test_a_bad_record_goes_to_the_dead_letters_and_its_neighbours_arrive(open_world, kind, words):
    async with open_world() as world:
        world.fault(ITEMS, kind, times=1)

        report = await world.sync("products")

        run = report.runs[0]
        assert run.state is RunState.PARTLY_DONE
        assert (run.counts.created, run.counts.failed) == (429, 1)
        rejected = (await world.service.run_detail(run.id)).rejected
        assert len(rejected) == 1
        assert words in rejected[0].reason
        assert report.exit_code == 3


async def test_a_rejected_record_is_not_taken_for_deleted_and_heals_later(open_world):
    async with open_world() as world:
        await world.sync("products")
        world.fault(ITEMS, "bad_value", times=1)

        partly = await world.sync("products", full=True)
        healed = await world.sync("products", full=True)

        assert counts(partly)["products"][3:] == (0, 1)
        assert states(healed) == {"up_to_date"}
        assert world.query("select state from sync.dead_letters where entity = 'products'") == [("resolved",)]


async def test_a_row_doubled_within_a_page_arrives_once(open_world):
    async with open_world() as world:
        world.fault(ITEMS, "duplicate", times=1)

        report = await world.sync("products")

        assert states(report) == {"up_to_date"}
        assert world.query("select count(*), count(distinct zoho_id) from tsh.products") == [(430, 430)]


@pytest.mark.parametrize("kind", ["500", "cut", "truncated", "html", "lost_answer", "429_1070", "401"])
async def test_a_passing_fault_costs_a_repeated_call_and_nothing_else(open_world, kind):
    async with open_world(**SERIAL) as world:
        world.fault(ITEMS, kind, times=1)

        report = await world.sync("products")

        assert states(report) == {"up_to_date"}
        assert len(world.living("products")) == 430
        assert lists(report)["products"] == 4


async def test_an_ignored_time_filter_is_noticed_and_done_without(open_world, simulator):
    async with open_world() as world:
        await world.sync("invoices")
        world.control("config", {"ignore_time_filters": True})
        changed = world.control("change", entity="invoices", count=4)["ids"]

        report = await world.sync("invoices")

        assert counts(report)["invoices"][1] == len(changed)
        assert world.query("select filter_absent from sync.watermarks where entity = 'invoices'") == [(True,)]


async def test_a_missing_bulk_endpoint_is_asked_once_said_once_and_lived_without(open_world):
    async with open_world() as world:
        world.control("config", {"bulk_missing": True})

        await world.sync("products", details=5)
        await world.sync("products", details=5)

        assert world.asked().get("/inventory/v1/itemdetails") == 1
        assert len(world.seen(Notice)) == 1
        assert world.query("select count(*) from tsh.products where detailed_at is not null") == [(10,)]


async def test_another_key_in_the_reply_fails_the_run_in_words(open_world):
    async with open_world() as world:
        world.fault("/books/v3/invoices", "wrong_key", times=1)

        report = await world.sync("invoices")

        assert states(report) == {"failed"}
        assert "invoices" in report.runs[0].title + report.runs[0].advice
        assert world.living("invoices") == []


async def test_a_revoked_sign_in_needs_a_person_and_the_run_goes_on_afterwards(open_world, fresh_url):
    async with open_world(refresh_token="revoked") as world:
        assert states(await world.sync("products")) == {"needs_you"}
    async with open_world(url=fresh_url) as world:
        assert states(await world.sync("products")) == {"up_to_date"}


async def test_another_organization_is_refused_in_words(open_world, fresh_url):
    async with open_world(url=fresh_url) as world:
        await world.sync("price_lists")
    async with open_world(url=fresh_url, organization_id="999") as world:
        with pytest.raises(ConfigurationError, match=r"This database mirrors TSH Trading \(748369814\)"):
            await world.sync("price_lists")


async def test_a_used_up_day_waits_and_the_next_sync_goes_on_where_it_stopped(open_world, fresh_url):
    async with open_world(url=fresh_url, per_day=3, per_minute=6000) as world:
        stopped = await world.sync("products")
    async with open_world(url=fresh_url, **SERIAL) as world:
        resumed = await world.sync("products")

    assert states(stopped) == {"waiting"}
    assert stopped.exit_code == 5
    assert stopped.runs[0].waiting_until is not None
    assert resumed.runs[0].id == stopped.runs[0].id
    assert counts(resumed)["products"][0] == 430


async def test_a_cancelled_task_stops_within_a_page_and_the_next_sync_goes_on(open_world, fresh_url, make_simulator):
    server = make_simulator(items=3000, latency_ms=20)
    async with open_world(url=fresh_url, server=server, **SERIAL) as world:
        task = asyncio.create_task(world.sync("products"))
        await world.until(PageStored, 4)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        ended = world.seen(RunFinished)
    async with open_world(url=fresh_url, server=server, **SERIAL) as world:
        resumed = await world.sync("products")
        asked = world.asked()[ITEMS]

        assert {event.state for event in ended} == {RunState.CANCELLED}
        assert states(resumed) == {"up_to_date"}
        assert resumed.runs[0].id == next(event.run for event in ended if event.entity == "products")
        assert len(world.living("products")) == 3000
        assert asked <= 15 + 2
        assert await world.service.interrupted() == []


async def test_a_paused_run_holds_and_goes_on(open_world, make_simulator):
    server = make_simulator(items=3000, latency_ms=10)
    async with open_world(server=server, **SERIAL) as world:
        task = asyncio.create_task(world.sync("products"))
        await world.until(PageStored)
        run = world.seen(PageStored)[0].run
        await world.service.pause(run)
        await asyncio.sleep(0.3)
        held = world.asked()[ITEMS]
        await asyncio.sleep(0.3)
        still = world.asked()[ITEMS]
        overview = await world.service.overview()
        await world.service.resume(run)
        report = await task

        assert held == still
        assert overview.entities[0].state == "paused"
        assert states(report) == {"up_to_date"}


async def test_a_run_cancelled_by_a_person_says_so(open_world, make_simulator):
    server = make_simulator(items=3000, latency_ms=20)
    async with open_world(server=server, **SERIAL) as world:
        task = asyncio.create_task(world.sync("products"))
        await world.until(PageStored)
        await world.service.cancel(world.seen(PageStored)[0].run)
        report = await task

        assert states(report) == {"cancelled"}
        assert report.exit_code == 130
        assert await world.service.interrupted() == []


async def test_a_second_process_follows_the_first_and_reports_its_outcome(open_world, fresh_url, make_simulator):
    server = make_simulator(items=2000, latency_ms=20)
    async with (
        open_world(url=fresh_url, server=server, **SERIAL) as first,
        open_world(url=fresh_url, server=server, **SERIAL) as second,
    ):
        running = asyncio.create_task(first.sync("products"))
        await first.until(PageStored)
        followed = await second.sync("products")
        own = await running

        assert followed.runs[0].id == own.runs[0].id
        assert states(followed) == {"up_to_date"}
        assert [event.reason for event in second.seen(RunWaiting)][:1] == ["other_machine"]
        assert first.asked()[ITEMS] == 10


async def test_books_alone_serves_products_and_says_that_stock_is_missing(open_world, make_simulator):
    server = make_simulator(books_only=True)
    async with open_world(server=server, products="books") as world:
        report = await world.sync()

        assert "stock_levels" not in counts(report)
        assert states(report) == {"up_to_date"}
        assert len(world.living("products")) == 430
        assert "Zoho Inventory" in world.seen(Notice)[0].title
        overview = await world.service.overview()
        assert "Zoho Inventory" in next(one.unavailable for one in overview.entities if one.entity == "stock_levels")


async def test_inventory_alone_serves_what_it_has(open_world, make_simulator):
    server = make_simulator(inventory_only=True)
    async with open_world(server=server, products="inventory") as world:
        report = await world.sync()

        assert states(report) == {"up_to_date"}
        assert {"payments", "credit_notes"}.isdisjoint(counts(report))
        assert len(world.living("sales_orders")) == 90


async def test_an_organization_that_lacks_a_product_unasked_is_lived_with(open_world, make_simulator):
    server = make_simulator(books_only=True)
    async with open_world(server=server) as world:
        report = await world.sync("products")

        assert len(world.living("products")) == 430
        assert states(report) == {"up_to_date"}


async def test_a_switched_off_sync_makes_no_call(open_world):
    async with open_world(sync_enabled=False) as world:
        with pytest.raises(ConfigurationError, match="switched off"):
            await world.service.sync(SyncRequest(entities=("products",)))

        assert world.asked() == {}


async def test_a_window_goes_on_with_what_was_broken_off_and_begins_a_new_demo(open_world, make_simulator):
    server = make_simulator(items=3000, latency_ms=20)
    async with open_world(server=server, **SERIAL) as world:
        first = await world.service.at_start(demo=True)
        task = asyncio.create_task(world.sync("products"))
        await world.until(PageStored)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        broken = await world.service.at_start()
        await world.service.sync(broken)

        assert first.entities == ()
        assert broken.entities == ("products",)
        assert len(world.living("products")) == 3000
        assert await world.service.at_start(demo=True) is None
