"""Details: columns and children of their own, rows by location, replaced only where they differ."""

from __future__ import annotations

import pytest

from tests.integration.store.mirroring import INVOICES, PRODUCTS, STOCK, at, details, item, page, raws
from tsh_sync_gui.core.values import Counts
from tsh_sync_gui.engine.normalize import Normalizer

pytestmark = pytest.mark.asyncio


def invoice(number, *lines, **changes):
    """Return an invoice; each of *lines* is a quantity."""
    return {
        "invoice_id": str(number),
        "invoice_number": f"INV-{number}",
        "customer_id": "7",
        "total": 100,
        "notes": "thanks",
        "last_modified_time": "2026-10-07T10:24:19+0300",
        "line_items": [
            {"line_item_id": str(place), "item_id": "1", "name": f"line {place}", "quantity": quantity}
            for place, quantity in enumerate(lines)
        ],
    } | changes


def places(number, **figures):
    """Return an item's detail with stock by location."""
    locations = [
        {"location_id": key, "location_name": key.upper(), "location_stock_on_hand": figure}
        for key, figure in figures.items()
    ]
    return item(number, locations=locations)


async def lines_of(world):
    return await world.ask(
        "SELECT i.zoho_id, c.position, c.quantity::int"
        " FROM tsh.invoice_lines c JOIN tsh.invoices i ON i.id = c.parent_id ORDER BY 1, 2"
    )


async def test_a_detail_fills_what_only_it_carries_and_is_no_update_the_first_time(world):
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1), invoice(2)))

    stored = await world.store(details(INVOICES, invoice(1, 5, 6), minute=61))

    assert stored.counts["invoices"] == Counts()
    assert await lines_of(world) == [("1", 1, 5), ("1", 2, 6)]
    rows = await world.ask("SELECT notes, raw_detail ->> 'notes', detailed_at FROM tsh.invoices ORDER BY zoho_id")
    assert rows == [("thanks", "thanks", at(61)), (None, None, None)]
    assert await world.ask("SELECT action FROM sync.audit WHERE action <> 'create'") == []


async def test_a_detail_is_known_from_when_it_was_asked_for_and_not_from_when_it_was_stored(world):
    """What a delivery told in between is not in it."""
    await world.start(INVOICES)
    both = Normalizer(INVOICES).record(raws([invoice(1, 5)])[0], stored_raw=None, observed_at=at(50))

    await world.store(*both)
    seen = await world.mirror.seen(INVOICES, "1")
    await world.store(page(INVOICES, invoice(1, total=120), minute=55))

    assert seen.detailed_at == at(50)
    assert (await world.mirror.seen(INVOICES, "1")).detailed_at is None
    # A walk's detail brings only what its list has not: what the list has is as old as the list.
    await world.store(details(INVOICES, invoice(1, 5), minute=61))
    assert (await world.mirror.seen(INVOICES, "1")).detailed_at == at(55)


async def test_a_list_row_never_blanks_what_only_a_detail_carries(world):
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1)), details(INVOICES, invoice(1, 5)))

    await world.store(page(INVOICES, invoice(1, total=120), minute=5))

    assert await world.ask("SELECT total::int, notes FROM tsh.invoices") == [(120, "thanks")]
    assert await lines_of(world) == [("1", 1, 5)]


async def test_a_later_detail_is_an_update_and_only_what_differs_is_replaced(world):
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1)))
    await world.store(details(INVOICES, invoice(1, 5, 6, 7), minute=61))
    before = dict(await world.ask("SELECT position, id FROM tsh.invoice_lines"))
    await world.start(INVOICES)

    stored = await world.store(details(INVOICES, invoice(1, 5, 9, notes="new"), minute=62))

    assert stored.counts["invoices"] == Counts(updated=1)
    after = dict(await world.ask("SELECT position, id FROM tsh.invoice_lines"))
    assert await lines_of(world) == [("1", 1, 5), ("1", 2, 9)]
    assert (after[1] == before[1], after[2] == before[2]) == (True, False)
    [(old, new)] = await world.ask("SELECT before, after FROM sync.audit WHERE action = 'update'")
    assert (old["notes"], new["notes"]) == ("thanks", "new")
    assert [(line["position"], line["quantity"]) for line in old["invoice_lines"]] == [(2, 6), (3, 7)]
    assert [(line["position"], line["quantity"]) for line in new["invoice_lines"]] == [(2, 9)]


async def test_the_same_detail_again_writes_no_child_and_no_audit(world):
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1)))
    await world.store(details(INVOICES, invoice(1, 5, 6), minute=61))
    before = await world.ask("SELECT xmin::text, * FROM tsh.invoice_lines")
    await world.start(INVOICES)

    stored = await world.store(details(INVOICES, invoice(1, 5, 6), minute=62))

    assert stored.counts["invoices"] == Counts()
    assert await world.ask("SELECT xmin::text, * FROM tsh.invoice_lines") == before
    assert await world.ask("SELECT detailed_at FROM tsh.invoices") == [(at(62),)]


async def test_a_record_that_changed_in_list_and_detail_is_one_update_of_the_run(world):
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1)))
    await world.store(details(INVOICES, invoice(1, 5), minute=61))
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1, total=7), minute=5))

    stored = await world.store(details(INVOICES, invoice(1, 6, total=7), minute=62))

    assert stored.totals["invoices"] == Counts(seen=1, updated=1)
    assert await world.ask("SELECT count(*)::int FROM sync.audit WHERE action = 'update'") == [(2,)]


async def test_an_older_detail_does_not_overwrite_a_newer_one(world):
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1)))
    await world.store(details(INVOICES, invoice(1, 9, notes="newer"), minute=62))

    await world.store(details(INVOICES, invoice(1, 5, notes="older"), minute=61))
    stamped = invoice(1, 6, notes="stale", last_modified_time="2026-10-07T10:00:00+0300")
    await world.store(details(INVOICES, stamped, minute=63))

    assert await world.ask("SELECT notes FROM tsh.invoices") == [("newer",)]
    assert await lines_of(world) == [("1", 1, 9)]


async def test_a_detail_without_a_row_is_left_alone(world):
    await world.start(INVOICES)

    stored = await world.store(details(INVOICES, invoice(1, 5), minute=61))

    assert stored.counts["invoices"] == Counts()
    assert await lines_of(world) == []


async def test_a_detail_whose_line_postgresql_refuses_is_a_dead_letter_and_its_neighbours_arrive(world):
    await world.start(INVOICES)
    numbers = [str(number) for number in range(10)]
    await world.store(page(INVOICES, *(invoice(number) for number in numbers)))
    batch = details(INVOICES, *(invoice(number, 5) for number in numbers), minute=61)
    lines = batch.children["invoice_lines"].lines
    lines[4] = lines[4].replace(b"\t5\t", b"\tfive\t")

    stored = await world.store(batch)

    assert stored.counts["invoices"] == Counts(failed=1)
    assert len(await lines_of(world)) == 9
    assert await world.ask("SELECT record_id, part FROM sync.dead_letters") == [("4", "detail")]
    # What was refused is asked for again only when the record changes.
    assert await world.mirror.outstanding_count((INVOICES,)) == 0


async def test_a_good_list_row_does_not_close_the_letter_of_a_bad_detail(world):
    await world.start(INVOICES)
    await world.store(page(INVOICES, invoice(1)))
    await world.store(details(INVOICES, invoice(1, "much"), minute=61))

    await world.store(page(INVOICES, invoice(1), minute=5))
    still = await world.ask("SELECT state FROM sync.dead_letters")
    await world.store(details(INVOICES, invoice(1, 5), minute=62))

    assert still == [("open",)]
    assert await world.ask("SELECT state FROM sync.dead_letters") == [("resolved",)]


async def test_stock_by_location_comes_with_the_detail_and_counts_items(world):
    await world.start(PRODUCTS, STOCK)
    await world.store(page(PRODUCTS, item(1)), page(STOCK, item(1)))

    detail = places(1, baghdad=3, basra=2)
    stored = await world.store(details(PRODUCTS, detail, minute=61), details(STOCK, detail, minute=61))

    assert stored.totals["stock_levels"] == Counts(seen=1, created=1)
    rows = await world.ask("SELECT location_id, location_name, stock_on_hand::int FROM tsh.stock_levels ORDER BY 1")
    assert rows == [("", None, 5), ("baghdad", "BAGHDAD", 3), ("basra", "BASRA", 2)]
    assert await world.ask("SELECT live::int FROM sync.watermarks WHERE entity = 'stock_levels'") == [(1,)]
    assert await world.mirror.outstanding_count((PRODUCTS, STOCK)) == 0


async def test_stock_that_moves_between_locations_is_one_update_of_the_item(world):
    await world.start(PRODUCTS, STOCK)
    await world.store(page(STOCK, item(1)))
    await world.store(details(STOCK, places(1, baghdad=3, basra=2), minute=61))
    await world.start(PRODUCTS, STOCK)

    stored = await world.store(details(STOCK, places(1, baghdad=1, erbil=4), minute=62))

    assert stored.counts["stock_levels"] == Counts(updated=1)
    rows = await world.ask(
        "SELECT location_id, stock_on_hand::int FROM tsh.stock_levels"
        " WHERE deleted_at IS NULL AND location_id <> '' ORDER BY 1"
    )
    assert rows == [("baghdad", 1), ("erbil", 4)]
    audit = await world.ask(
        "SELECT row_key, action, before FROM sync.audit WHERE run_id = %s ORDER BY row_key, action",
        world.runs["stock_levels"],
    )
    assert audit == [
        ("1/baghdad", "update", {"stock_on_hand": 3}),
        ("1/basra", "delete", None),
        ("1/erbil", "create", None),
    ]


async def test_a_location_that_comes_back_is_revived(world):
    await world.start(STOCK)
    await world.store(page(STOCK, item(1)))
    for minute, figures in ((61, {"basra": 2}), (62, {}), (63, {"basra": 2})):
        await world.store(details(STOCK, places(1, **figures), minute=minute))

    rows = await world.ask("SELECT deleted_at FROM tsh.stock_levels WHERE location_id = 'basra'")
    assert rows == [(None,)]


async def test_a_record_fetched_alone_has_row_and_current_detail_at_once(world):
    await world.start(INVOICES)

    stored = await world.store(page(INVOICES, invoice(1)), details(INVOICES, invoice(1, 5)))

    assert stored.counts["invoices"] == Counts(seen=1, created=1)
    assert await world.mirror.outstanding_count((INVOICES,)) == 0
