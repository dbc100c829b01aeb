"""List rows: counted honestly, never overwritten by an older state, audited, harmless to repeat."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.store.mirroring import PRODUCTS, STOCK, at, item, page
from tsh_sync_gui.core.errors import LostOwnershipError
from tsh_sync_gui.core.values import Calls, Counts
from tsh_sync_gui.engine.ports import Checkpoint, Lines

pytestmark = pytest.mark.asyncio


async def test_new_rows_arrive_with_zohos_own_text(world):
    await world.start(PRODUCTS)

    stored = await world.store(page(PRODUCTS, item(1), item(2, name="كابل")))

    assert stored.counts["products"] == Counts(seen=2, created=2)
    rows = await world.ask("SELECT zoho_id, name, rate::text, raw ->> 'name' FROM tsh.products ORDER BY zoho_id")
    assert rows == [("1", "Item 1", "10.5", "Item 1"), ("2", "كابل", "10.5", "كابل")]


async def test_a_row_met_again_unchanged_is_not_written(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1)))
    before = await world.ask("SELECT xmin::text, * FROM tsh.products")

    stored = await world.store(page(PRODUCTS, item(1), minute=5))

    assert stored.counts["products"] == Counts(seen=1, unchanged=1)
    assert await world.ask("SELECT xmin::text, * FROM tsh.products") == before


async def test_a_changed_row_is_an_update_with_before_and_after(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1)))

    stored = await world.store(page(PRODUCTS, item(1, rate=11, sku=""), minute=5))

    assert stored.counts["products"] == Counts(seen=1, updated=1)
    audit = await world.ask("SELECT action, before, after, run_id FROM sync.audit ORDER BY id")
    assert audit == [
        ("create", None, None, world.leader),
        ("update", {"rate": 10.5, "sku": "S-1"}, {"rate": 11, "sku": None}, world.leader),
    ]


async def test_a_figure_that_moves_without_an_edit_is_stored_but_is_no_update(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1)))
    before = await world.ask("SELECT synced_at FROM tsh.products")

    stored = await world.store(page(PRODUCTS, item(1, stock_on_hand=4), minute=5))

    assert stored.counts["products"] == Counts(seen=1, unchanged=1)
    rows = await world.ask("SELECT stock_on_hand::int, observed_at, raw ->> 'stock_on_hand' FROM tsh.products")
    assert rows == [(4, at(5), "4")]
    assert await world.ask("SELECT synced_at FROM tsh.products") == before
    assert await world.ask("SELECT count(*)::int FROM sync.audit") == [(1,)]


@pytest.mark.parametrize(
    ("stamp", "minute", "expected"),
    [
        ("2026-10-07T10:24:20+0300", -5, "newer"),
        ("2026-10-07T10:24:18+0300", 5, "first"),
        ("2026-10-07T10:24:19+0300", 5, "newer"),
        ("2026-10-07T10:24:19+0300", -5, "first"),
        ("", 5, "newer"),
        ("", -5, "first"),
    ],
    ids=["newer stamp", "older stamp", "asked later", "asked earlier", "no stamp, later", "no stamp, earlier"],
)
async def test_an_older_state_never_overwrites_a_newer_one(world, stamp, minute, expected):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1, name="first")))

    await world.store(page(PRODUCTS, item(1, name="newer", last_modified_time=stamp), minute=minute))

    assert await world.ask("SELECT name FROM tsh.products") == [(expected,)]


async def test_of_doubles_in_one_step_the_last_wins(world):
    await world.start(PRODUCTS)

    stored = await world.store(page(PRODUCTS, item(1, name="a")), page(PRODUCTS, item(1, name="b"), item(2)))

    assert stored.counts["products"] == Counts(seen=2, created=2)
    assert await world.ask("SELECT name FROM tsh.products ORDER BY zoho_id") == [("b",), ("Item 2",)]


async def test_a_gone_record_is_tombstoned_and_revived_when_met_again(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1), item(2)))

    gone = await world.store(gone={"products": ("1", "unknown")})
    again = await world.store(gone={"products": ("1",)})
    late = await world.store(page(PRODUCTS, item(1), minute=1))
    back = await world.store(page(PRODUCTS, item(1), minute=120))

    assert gone.counts["products"] == Counts(deleted=1)
    assert again.counts["products"] == Counts()
    assert late.counts["products"] == Counts(seen=1, unchanged=1), "this page was asked for before the record went"
    assert back.counts["products"] == Counts(seen=1, updated=1)
    actions = await world.ask("SELECT action FROM sync.audit WHERE row_key = '1' ORDER BY id")
    assert actions == [("create",), ("delete",), ("revive",)]
    assert await world.ask("SELECT live::int FROM sync.watermarks") == [(2,)]


async def test_rows_checkpoint_pages_and_figures_commit_together(world):
    await world.start(PRODUCTS, STOCK)
    batches = (page(PRODUCTS, item(1), item(2)), page(STOCK, item(1), item(2, stock_on_hand="")))

    stored = await world.store(
        *batches, page_ids={1: ["1", "2"]}, checkpoint=Checkpoint(next_page=2, step=1), calls=Calls(list=1)
    )

    assert stored.totals == {"products": Counts(seen=2, created=2), "stock_levels": Counts(seen=1, created=1)}
    runs = await world.ask(
        "SELECT entity, created::int, calls_list, pages, checkpoint ->> 'next_page' FROM sync.runs ORDER BY entity"
    )
    assert runs == [("products", 2, 1, 1, "2"), ("stock_levels", 1, 0, 1, None)]
    assert await world.ask("SELECT page, ids FROM sync.walk_pages") == [(1, ["1", "2"])]
    assert await world.ask("SELECT entity, live::int FROM sync.watermarks ORDER BY 1") == [
        ("products", 2),
        ("stock_levels", 1),
    ]


async def test_a_step_stored_twice_doubles_no_row_and_no_audit(world):
    await world.start(PRODUCTS)
    step = world.step(page(PRODUCTS, item(1), item(2)), page_ids={1: ["1", "2"]})

    await world.mirror.store(step)
    stored = await world.mirror.store(step)

    assert stored.counts["products"] == Counts()
    assert await world.ask("SELECT count(*)::int FROM sync.audit") == [(2,)]
    assert await world.ask("SELECT live::int FROM sync.watermarks") == [(2,)]


async def test_a_rejected_record_becomes_a_dead_letter_and_its_neighbours_arrive(world):
    await world.start(PRODUCTS)

    stored = await world.store(page(PRODUCTS, item(1), item(2, name=""), {"name": "no id"}))

    assert stored.counts["products"] == Counts(seen=3, created=1, failed=2)
    letters = await world.ask("SELECT record_id, field, state, tries, payload FROM sync.dead_letters ORDER BY id")
    assert [letter[:4] for letter in letters] == [("2", "name", "open", 1), ("", "item_id", "open", 1)]
    assert b'"item_id": "2"' in letters[0][4]


async def test_a_dead_letter_is_one_letter_however_often_it_is_met_and_heals_by_itself(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(2, name=""), {"name": "no id"}))
    await world.store(page(PRODUCTS, item(2, name=""), {"name": "no id"}, minute=1))
    tries = await world.ask("SELECT tries FROM sync.dead_letters")

    await world.store(page(PRODUCTS, item(2), minute=2))

    assert tries == [(2,), (2,)]
    letters = await world.ask("SELECT record_id, state, resolved_by FROM sync.dead_letters ORDER BY record_id")
    assert letters == [("", "open", ""), ("2", "resolved", world.leader)]


@pytest.mark.parametrize("known", [False, True], ids=["new rows", "known rows"])
async def test_what_only_postgresql_refuses_is_found_among_its_neighbours(world, known):
    await world.start(PRODUCTS)
    if known:
        await world.store(page(PRODUCTS, *(item(number) for number in range(100))))
    batch = page(PRODUCTS, *(item(number, name="new") for number in range(100)), minute=5)
    for place in (17, 60):
        batch.lines.lines[place] = batch.lines.lines[place].replace(b"\t10.5\t", b"\tten\t")

    stored = await world.store(batch)

    good = {"updated": 98} if known else {"created": 98}
    assert stored.counts["products"] == Counts(seen=100, failed=2, **good)
    letters = await world.ask("SELECT record_id, payload FROM sync.dead_letters ORDER BY record_id")
    assert [letter[0] for letter in letters] == ["17", "60"]
    assert letters[0][1].startswith(b'{"item_id": "17"')
    assert await world.ask("SELECT count(*)::int FROM tsh.products WHERE name = 'new'") == [(98,)]


async def test_a_field_of_a_megabyte_and_odd_letters_come_back_as_they_were(world):
    await world.start(PRODUCTS)
    text = "tab\t newline\n backslash\\ \\N quote' « » 😀" + "x" * 1_000_000

    await world.store(page(PRODUCTS, item(1, extra=text)))

    assert await world.ask("SELECT raw ->> 'extra' FROM tsh.products") == [(text,)]


async def test_a_record_stored_by_another_process_in_between_is_merged(world):
    """The other process commits while ours waits for the same id."""
    await world.start(PRODUCTS)
    mine = world.step(page(PRODUCTS, item(1), item(2, name="newer"), minute=5))
    async with world.database.raw() as other:
        await other.execute("INSERT INTO tsh.products (zoho_id, name, observed_at) VALUES ('2', 'older', %s)", (at(0),))
        waiting = asyncio.create_task(world.mirror.store(mine))
        await world.until_somebody_waits()

    stored = await waiting

    assert stored.counts["products"] == Counts(seen=2, created=1, updated=1)
    assert await world.ask("SELECT name FROM tsh.products ORDER BY zoho_id") == [("Item 1",), ("newer",)]


async def test_the_audit_shows_the_state_another_process_left_while_we_waited(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1, name="first")))
    mine = world.step(page(PRODUCTS, item(1, name="third"), minute=9))
    async with world.database.raw() as other:
        await other.execute("UPDATE tsh.products SET name = 'second', content_hash = 'x', observed_at = %s", (at(5),))
        waiting = asyncio.create_task(world.mirror.store(mine))
        await world.until_somebody_waits()

    await waiting

    audit = await world.ask("SELECT before, after FROM sync.audit WHERE action = 'update'")
    assert audit == [({"name": "second"}, {"name": "third"})]


async def test_two_processes_storing_the_same_records_both_end_well(world):
    await world.start(PRODUCTS)
    numbers = list(range(300))
    steps = [
        world.step(page(PRODUCTS, *(item(number, name=name) for number in numbers[:: 1 if name == "a" else -1])))
        for name in ("a", "b")
    ]

    stored = await asyncio.gather(*(world.mirror.store(step) for step in steps))

    assert sum(one.counts["products"].created for one in stored) == 300
    assert await world.ask("SELECT count(*)::int FROM tsh.products") == [(300,)]
    assert await world.ask("SELECT live::int FROM sync.watermarks") == [(300,)]


async def test_a_run_that_was_ended_or_taken_over_writes_nothing(world):
    await world.start(PRODUCTS, owner="somebody else")
    with pytest.raises(LostOwnershipError):
        await world.store(page(PRODUCTS, item(1)))
    await world.start(PRODUCTS)
    await world.ask("UPDATE sync.runs SET ended_at = now()")
    with pytest.raises(LostOwnershipError):
        await world.store(page(PRODUCTS, item(1)))

    assert await world.ask("SELECT count(*)::int FROM tsh.products") == [(0,)]


async def test_lines_in_other_columns_than_the_tables_are_refused(world):
    await world.start(PRODUCTS)
    batch = page(PRODUCTS, item(1))
    batch.lines = Lines(columns=("zoho_id",), keys=["1"], lines=[b"1\n"])

    with pytest.raises(ValueError, match="columns"):
        await world.store(batch)


async def test_a_preview_counts_and_writes_nothing(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1), item(2), item(3)))
    batch = page(PRODUCTS, item(1), item(2, rate=1), item(4), item(5, name=""), minute=5)

    counts = await world.mirror.preview([batch])

    assert counts["products"] == Counts(seen=4, created=1, updated=1, unchanged=1, failed=1)
    assert await world.ask("SELECT count(*)::int FROM tsh.products") == [(3,)]
    assert await world.ask("SELECT count(*)::int FROM sync.dead_letters") == [(0,)]


async def test_a_preview_says_of_each_record_what_would_become_of_it(world):
    await world.start(PRODUCTS)
    await world.store(page(PRODUCTS, item(1), item(2), item(3)))
    batch = page(PRODUCTS, item(1), item(2, rate=1), item(4), item(5, name=""), minute=5)
    found = []

    await world.mirror.preview([batch], into=found)

    actions = [(one.action, one.fields, bool(one.reason)) for one in sorted(found, key=lambda one: one.id)]
    assert actions == [
        ("skip", (), False),
        ("update", ("rate",), False),
        ("create", (), False),
        ("skip", (), True),
    ]
    assert {one.label for one in found if one.action != "skip"} == {item(2)["name"], item(4)["name"]}
