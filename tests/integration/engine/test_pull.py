"""Full, incremental, sweep, window, single record, dry run: the main job on real parts."""

import pytest

from tests.support.worlds import SERIAL, counts, lists, states
from tsh_sync_gui.core.values import parse_stamp
from tsh_sync_gui.entities.registry import REGISTRY

pytestmark = pytest.mark.asyncio


async def test_a_first_sync_brings_every_record_of_every_entity(open_world):
    async with open_world(**SERIAL) as world:
        report = await world.sync(details="all")

        assert states(report) == {"up_to_date"}
        for entity in REGISTRY:
            zoho = "items" if entity.spread else entity.zoho
            expected = world.ids(zoho)
            if entity.spread:
                expected = [one for one in expected if "stock_on_hand" in world.record(zoho, one)]
            assert world.living(entity.name) == sorted(expected), entity.name
        assert lists(report) == {
            "products": 3,
            "price_lists": 1,
            "stock_levels": 0,
            "customers": 1,
            "sales_orders": 1,
            "invoices": 1,
            "payments": 1,
            "credit_notes": 1,
        }


async def test_details_fill_lines_addresses_and_stock_per_location(open_world):
    async with open_world() as world:
        await world.sync(details="all")

        order = world.living("sales_orders")[0]
        lines = world.query(
            "select l.item_total from tsh.sales_order_lines l join tsh.sales_orders o on o.id = l.parent_id"
            " where o.zoho_id = %s order by position",
            order,
        )
        expected = [line["item_total"] for line in world.record("salesorders", order)["line_items"]]
        assert [float(row[0]) for row in lines] == expected
        assert world.query("select count(*) from tsh.sales_orders where detailed_at is null") == [(0,)]
        assert world.query("select count(distinct location_id) from tsh.stock_levels") == [(4,)]
        assert world.query("select count(*) > 0 from tsh.customer_addresses") == [(True,)]
        assert world.query("select count(*) > 0 from tsh.price_list_items") == [(True,)]


async def test_a_second_sync_writes_nothing_and_costs_at_most_one_list_call_an_entity(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync(details="all")
        audited = world.query("select count(*) from sync.audit")
        written = world.query("select max(xmin::text::bigint) from tsh.products")
        world.control("reset")

        report = await world.sync(details="all")

        assert states(report) == {"up_to_date"}
        assert world.query("select count(*) from sync.audit") == audited
        assert world.query("select max(xmin::text::bigint) from tsh.products") == written
        assert all(number <= 1 for number in lists(report).values())
        assert sum(world.asked().values()) == 7
        assert all(made == (0, 0, unchanged, 0, 0) for made in counts(report).values() for unchanged in [made[2]])


async def test_changes_and_deletes_arrive_exactly_and_are_audited(open_world):
    async with open_world() as world:
        await world.sync()
        changed = world.control("change", entity="items", count=100)["ids"]
        gone = world.control("delete", entity="items", count=5)["ids"]
        updated = set(changed) - set(gone)
        before = world.query("select count(*) from sync.audit")[0][0]

        incremental = await world.sync("products")
        swept = await world.sync("products", sweep=True)

        assert counts(incremental)["products"][:2] == (0, len(updated))
        assert counts(swept)["products"][3] == 5
        assert sorted(world.living("products")) == world.ids("items")
        trail = world.query(
            "select action, row_key, before, after from sync.audit where entity = 'products' and action <> 'create'"
        )
        assert {row[1] for row in trail if row[0] == "update"} == updated
        assert {row[1] for row in trail if row[0] == "delete"} == set(gone)
        assert all(row[2] and row[3] and row[2] != row[3] for row in trail if row[0] == "update")
        assert before < before + len(trail)


async def test_a_deleted_record_seen_again_is_revived(open_world):
    async with open_world() as world:
        await world.sync("customers")
        one = world.living("customers")[0]
        world.query("update tsh.customers set deleted_at = now() where zoho_id = %s", one)

        await world.sync("customers", full=True)

        assert one in world.living("customers")
        assert world.query("select count(*) from sync.audit where row_key = %s and action = 'revive'", one) == [(1,)]


async def test_a_mass_delete_stops_and_asks_and_goes_on_when_approved(open_world):
    async with open_world() as world:
        await world.sync("invoices")
        gone = world.control("delete", entity="invoices", count=20)["ids"]

        stopped = await world.sync("invoices", sweep=True)
        kept = len(world.living("invoices"))
        detail = await world.service.run_detail(stopped.runs[0].id)
        approved = await world.sync("invoices", sweep=True, approve=True)

        assert states(stopped) == {"needs_you"}
        assert stopped.runs[0].title == "20 invoices are gone in Zoho"
        assert {one.id for one in detail.gone} == set(gone)
        assert kept == 90
        assert counts(approved)["invoices"][3] == 20
        assert len(world.living("invoices")) == 70
        assert lists(approved)["invoices"] <= 1


async def test_a_window_fetches_what_changed_in_it_and_moves_no_watermark(open_world):
    async with open_world() as world:
        await world.sync("sales_orders")
        mark = world.query("select since from sync.watermarks where entity = 'sales_orders'")
        stamps = sorted(
            parse_stamp(world.record("salesorders", one)["last_modified_time"]) for one in world.ids("salesorders")
        )

        report = await world.sync("sales_orders", since=stamps[-10])

        assert counts(report)["sales_orders"][2] >= 10
        assert counts(report)["sales_orders"][2] < 90
        assert world.query("select since from sync.watermarks where entity = 'sales_orders'") == mark


async def test_one_record_is_fetched_by_its_id_with_its_lines(open_world):
    async with open_world() as world:
        one = world.ids("salesorders")[3]

        report = await world.sync("sales_orders", record_id=one, force=True)

        assert states(report) == {"up_to_date"}
        assert report.runs[0].calls.total == 1
        assert world.living("sales_orders") == [one]
        assert world.query("select count(*) > 0 from tsh.sales_order_lines") == [(True,)]


async def test_one_record_that_is_gone_is_tombstoned(open_world):
    async with open_world() as world:
        await world.sync("invoices")
        gone = world.control("delete", entity="invoices", count=1)["ids"][0]

        report = await world.sync("invoices", record_id=gone, force=True)

        assert counts(report)["invoices"][3] == 1
        assert gone not in world.living("invoices")


async def test_a_dry_run_tells_what_would_happen_and_writes_nothing(open_world):
    async with open_world() as world:
        await world.sync("products")
        world.control("change", entity="items", count=7)
        world.control("delete", entity="items", count=3)
        before = world.query("select count(*) from sync.runs"), world.query("select count(*) from sync.audit")

        report = await world.sync("products", full=True, dry_run=True)
        real = await world.sync("products", full=True)

        assert report.runs[0].dry_run
        assert counts(report)["products"] == counts(real)["products"]
        assert counts(real)["products"][3] == 3
        assert before[0] != world.query("select count(*) from sync.runs")
        assert before[1] != world.query("select count(*) from sync.audit")


async def test_stock_moves_without_a_stamp_and_the_stock_walk_brings_it(open_world):
    async with open_world() as world:
        await world.sync("products", "stock_levels", details="all")
        early = await world.sync("stock_levels")
        forced = await world.sync("stock_levels", force=True)

        assert early.runs[0].calls.total == 0
        assert forced.runs[0].calls.list == 3
        assert counts(forced)["stock_levels"][:2] == (0, 0)
