"""What the engine asks the mirror: outstanding details, vanished and living records, labels, texts."""

from __future__ import annotations

from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.store.mirroring import PRODUCTS, STOCK, at, details, item, page
from tsh_sync_gui.engine.ports import Vanished

pytestmark = pytest.mark.asyncio


def stamped(number, minute):
    """Return an item that was changed at *minute* in Zoho, None for an item without a stamp."""
    stamp = "" if minute is None else (datetime(2026, 10, 7, tzinfo=UTC) + timedelta(minutes=minute)).isoformat()
    return item(number, last_modified_time=stamp)


async def chunks_of(world, *entities, size=2):
    async with aclosing(world.mirror.outstanding(entities, size=size)) as chunks:
        return [chunk async for chunk in chunks]


async def test_outstanding_details_come_newest_first_in_chunks(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, stamped(1, 1), stamped(2, 5), stamped(3, None), stamped(4, 3), stamped(5, 9)))
    await world.store(details(PRODUCTS, stamped(4, 3), minute=61))
    await world.store(gone={"products": ("5",)})

    assert await chunks_of(world, PRODUCTS) == [["2", "1"], ["3"]]
    assert await world.mirror.outstanding_count((PRODUCTS,)) == 3


async def test_an_id_is_given_out_once_though_its_detail_never_comes(world):
    """Hundreds of records may share a stamp; some are stored while the stream runs, some change."""
    await world.start(PRODUCTS)
    numbers = range(1000)
    await world.store(page(PRODUCTS, *(stamped(number, number // 400) for number in numbers)))
    given: list[str] = []

    async with aclosing(world.mirror.outstanding((PRODUCTS,), size=7)) as chunks:
        async for chunk in chunks:
            if not given:
                await world.store(page(PRODUCTS, stamped(999, 99) | {"name": "moved"}, minute=5))
            given += chunk
            await world.store(details(PRODUCTS, stamped(int(chunk[0]), 0), minute=61))

    assert sorted(given, key=int) == [str(number) for number in numbers]


async def test_a_record_of_two_entities_is_asked_for_once(world):
    await world.start(PRODUCTS, STOCK)
    records = [stamped(number, number) for number in range(6)]
    await world.store(page(PRODUCTS, *records), page(STOCK, *records))
    # Both entities' rows and the details they have are older than the stream.
    for table, number in (("products", "5"), ("stock_levels", "0")):
        await world.ask(f"UPDATE tsh.{table} SET synced_at = synced_at - interval '1 minute'")
        await world.ask(f"UPDATE tsh.{table} SET detailed_at = synced_at WHERE zoho_id = %s", number)
    given = []

    async with aclosing(world.mirror.outstanding((PRODUCTS, STOCK), size=1)) as chunks:
        async for chunk in chunks:
            given += chunk
            await world.store(details(PRODUCTS, stamped(int(chunk[0]), 9), minute=65))

    assert given == ["5", "4", "3", "2", "1", "0"]
    assert await world.mirror.outstanding_count((PRODUCTS, STOCK)) == 5, "only products' details were stored"


async def test_a_changed_row_is_outstanding_again_and_a_moved_figure_is_not(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1), item(2)))
    await world.store(details(PRODUCTS, item(1), item(2), minute=59))
    await world.mirror.expire_details(PRODUCTS, at(0))

    await world.store(page(PRODUCTS, item(1, rate=3), item(2, stock_on_hand=1), minute=61))

    assert await chunks_of(world, PRODUCTS) == [["1"]]


async def test_expired_details_are_outstanding_and_still_known(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1), item(2)))
    await world.store(details(PRODUCTS, item(1, minimum_order_quantity=2), minute=61))
    await world.store(details(PRODUCTS, item(2), minute=63))

    await world.mirror.expire_details(PRODUCTS, at(62))
    await world.start(PRODUCTS)
    stored = await world.store(details(PRODUCTS, item(1, minimum_order_quantity=4), minute=64))

    assert stored.counts["products"].updated == 1


async def test_vanished_are_the_living_records_a_walk_did_not_meet(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, *(item(number) for number in range(1, 7))))
    await world.store(gone={"products": ("6",)})
    await world.start(PRODUCTS)
    batch = page(PRODUCTS, item(1), item(2), item(3, name=""), minute=5)
    await world.store(batch, page_ids={1: ["1"], 2: ["2"]})
    await world.store(page(PRODUCTS, item(4, rate=1), minute=70), page_ids={3: []})

    vanished = await world.mirror.vanished(PRODUCTS, world.leader)

    # 3 was met but rejected, 4 was met by somebody since the walk began, 6 is gone already.
    assert vanished == Vanished(ids=("5",), live=5)


async def test_living_records_come_whole_and_labels_name_them(world):
    await world.start(PRODUCTS, STOCK)
    await world.store(page(PRODUCTS, item(1), item(2), item(3)), page(STOCK, item(1)))
    await world.store(details(STOCK, item(1, locations=[{"location_id": "a"}]), minute=61))
    await world.store(gone={"products": ("2",)})

    assert [chunk async for chunk in world.mirror.living(PRODUCTS)] == [["1", "3"]]
    assert [chunk async for chunk in world.mirror.living(STOCK)] == [["1"]]
    assert await world.mirror.labels(PRODUCTS, ["1", "3", "9"]) == {"1": "Item 1", "3": "Item 3"}


async def test_the_stored_text_of_a_record_is_zohos(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, b'{"item_id": "1",  "name": "a \\u0628"}'))

    assert await world.mirror.raw(PRODUCTS, "1") == b'{"item_id": "1",  "name": "a \\u0628"}'
    assert await world.mirror.raw(PRODUCTS, "2") is None
