"""Letters as PostgreSQL keeps them: found, grouped, dealt with by several people, retried in a kept order."""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.letters import rejected, write
from tests.support.stores import opened, query
from tsh_sync_gui.core.errors import ConfigurationError, LostOwnershipError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.letters.search import parse
from tsh_sync_gui.engine.letters.values import (
    Deed,
    GivenUpLetter,
    LetterOrder,
    LetterState,
    LetterWork,
    Part,
    WorkState,
)
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.jobs_keeper import Keeper
from tsh_sync_gui.store.letter_deeds import PgLetterDeeds
from tsh_sync_gui.store.letter_works import PgLetterWorks
from tsh_sync_gui.store.letters import PgLetters
from tsh_sync_gui.store.mirror_letters import write_letters

pytestmark = pytest.mark.asyncio


@pytest_asyncio.fixture
async def database(tables_url):
    async with opened(tables_url) as (database,):
        await write(
            database,
            "products",
            rejected("11", name="Lamp 100%", sku="ABC-1", rate="ten"),
            rejected("12", name="شاحن", sku="abc_2", rate="elf"),
            rejected("13", name="Cable", field="created_time", reason="“created_time” is not a time", created_time="x"),
        )
        await write(database, "customers", rejected("21", field="contact_name", reason="Customer needs a name"))
        yield database


@pytest.fixture
def letters(database):
    return PgLetters(database, REGISTRY)


@pytest.fixture
def deeds(database):
    return PgLetterDeeds(database)


@pytest.fixture
def works(database):
    return PgLetterWorks(database, REGISTRY)


def search(text="", me="sara"):
    return parse(text, now=datetime.now(UTC), me=me)


async def found(letters, text="", person="sara"):
    page = await letters.page(search(text, person), person=person, order=LetterOrder.FIRST_SEEN, is_descending=False)
    assert page.total == len(page.letters) == await letters.count(search(text, person), person=person)
    return [one.record_id for one in page.letters]


@pytest.mark.parametrize("order", LetterOrder)
async def test_a_page_that_never_was_is_refused_in_words(letters, order):
    for after in (
        "x",
        "[" * 5000,
        "[1]",
        '["x", "1"]',
        "[null, 1]",
        f'["2026-01-01T00:00:00+00:00", {10**30}]',
        "[[], 1]",
    ):
        with pytest.raises(ConfigurationError, match="no such page"):
            await letters.page(search(), person="sara", order=order, is_descending=True, after=after)
    for value in ("2026-01-01", "\0", "x", 10**30):
        with suppress(ConfigurationError):
            page = json.dumps([value, 1])
            assert await letters.page(search(), person="sara", order=order, is_descending=True, after=page)


@pytest.mark.parametrize("value", ['"\0"', "\ud800", "%\\_\0", '"\\""', "(" * 5000])
async def test_no_character_breaks_a_search(letters, value):
    for field in ("", "cause:=", "error:", "id:", "assignee:", "run:", "kind:=", "note:=", "sku:", "sku:=", "-name:"):
        assert await found(letters, f"nothing {field}{value}") == []


async def test_a_search_finds_what_it_says_and_nothing_else(letters):
    for text, expected in {
        "": ["11", "12", "13", "21"],
        "lamp": ["11"],
        "LAMP 100%": ["11"],
        "100_": [],
        "شاحن": ["12"],
        "-lamp entity:products": ["12", "13"],
        "sku:ABC": ["11", "12"],
        "sku:=abc-1": ["11"],
        "sku:=abc": [],
        "sku:2": ["12"],
        "name:abc": [],
        "sku:abc.1": [],
        "name:cable error:time": ["13"],
        "error:number": ["11", "12"],
        "cause:rate": ["11", "12"],
        "id:1": ["11", "12", "13"],
        "entity:customers": ["21"],
        "part:detail": [],
        "tries>1": [],
        "tries:1 since:1h": ["11", "12", "13", "21"],
        "age>1h": [],
        "run:run-": ["11", "12", "13", "21"],
        "is:new": ["11", "12", "13", "21"],
        "is:mine": [],
        "is:unassigned id:21": ["21"],
        "state:resolved": [],
        "state:all": ["11", "12", "13", "21"],
        "letter:999999999999999999999": [],
        "letter:" + "9" * 5000: [],
        "\\\\": [],
        "kind:validation customer": ["21"],
    }.items():
        assert await found(letters, text) == expected, text


async def test_letters_of_one_cause_are_a_group_and_its_search_finds_them(letters):
    groups = await letters.groups(search(), person="sara")

    assert next((one.entity, one.count, one.new, one.last_day) for one in groups) == ("products", 2, 2, 2)
    assert {one.title for one in groups} == {
        "Zoho sent a value we cannot read: “rate” is not a number",
        "“created_time” is not a time",
        "Customer needs a name (contact_name)",
    }
    for one in groups:
        assert len(await found(letters, one.search)) == one.count


async def test_pages_follow_each_other_in_every_order_without_gap_or_double(letters):
    for order in LetterOrder:
        for is_descending in (True, False):
            seen, after = [], ""
            while True:
                page = await letters.page(
                    search(), person="", order=order, is_descending=is_descending, after=after, limit=1
                )
                seen += [one.record_id for one in page.letters]
                after = page.after
                if not after:
                    break
            assert sorted(seen) == ["11", "12", "13", "21"], order
    with pytest.raises(ConfigurationError):
        await letters.page(search(), person="", after="[[]]")


async def test_what_is_put_away_comes_back_and_each_deed_stands_in_the_history(letters, deeds):
    chosen = search("entity:products")

    assert await deeds.do(chosen, Deed.DISCARD, by="sara", words="old stock") == 3
    assert await found(letters) == ["21"]
    assert await deeds.do(search("state:discarded id:11"), Deed.RESTORE, by="omar") == 1
    assert await deeds.do(search("id:11"), Deed.SNOOZE, by="omar", until=datetime.now(UTC) + timedelta(hours=1)) == 1
    assert await found(letters) == ["21"]
    assert await found(letters, "is:snoozed") == ["11"]
    assert await deeds.do(search("is:snoozed"), Deed.ASSIGN, by="omar", words="Sara") == 1
    assert await deeds.do(search("state:all id:11"), Deed.NOTE, by="omar", words="asked the\x00 shop") == 1
    assert await deeds.do(search("is:snoozed"), Deed.SNOOZE, by="omar") == 1
    assert await found(letters, "is:mine note:shop") == ["11"]

    (letter,) = (await letters.page(search("id:11"), person="sara")).letters
    assert (letter.assigned_to, letter.state, letter.label) == ("Sara", LetterState.OPEN, "Lamp 100%")
    history = await letters.history(letter.id)
    assert [one.deed.value for one in history] == ["snooze", "note", "assign", "snooze", "restore", "discard"]
    assert (history[-1].by, history[-1].words) == ("sara", "old stock")


async def test_what_was_put_away_comes_back_with_another_fault_and_a_job_that_is_given_up_again(
    letters, deeds, database
):
    def lost(reason):
        return GivenUpLetter(
            entity="products",
            part=Part.JOB,
            record_id="",
            record_key="pull:products",
            kind="unreachable",
            reason=reason,
            advice="",
            payload=b"{}",
        )

    async with database.raw() as connection:
        await deeds.give_up(lost("Zoho was down"), connection)
    await deeds.do(search("id:21"), Deed.SNOOZE, by="sara", until=datetime.now(UTC) + timedelta(hours=1))
    for chosen in ("id:11", "part:job"):
        assert await deeds.do(search(chosen), Deed.DISCARD, by="sara", words="known") == 1

    await write(database, "products", rejected("11", name="Lamp", rate="ten"))
    assert await found(letters, "id:11") == []

    await write(database, "products", rejected("11", name="Lamp", field="name", reason="Product needs a name"))
    await write(database, "customers", rejected("21", field="phone", reason="“phone” is too long"))
    async with database.raw() as connection:
        await deeds.give_up(lost("Zoho was down"), connection)

    assert sorted(await found(letters)) == ["", "11", "12", "13", "21"]
    (letter,) = (await letters.page(search("id:11"), person="sara")).letters
    assert (letter.discard_reason, letter.tries) == ("", 3)
    assert [(one.by, one.deed) for one in await letters.history(letter.id)] == [
        ("", Deed.RESTORE),
        ("sara", Deed.DISCARD),
    ]


async def test_new_is_what_came_since_a_person_looked(letters, database):
    seen = await letters.figures(person="sara")
    async with database.raw() as connection, connection.cursor() as cursor:  # begun before she looked, seen only after
        await write_letters(cursor, REGISTRY.get("products"), [rejected("14", name="Bulb")], part="list", run="")
        seen_meanwhile = await letters.figures(person="sara")
    await letters.looked("sara", as_of=seen.as_of)
    await letters.looked("sara", as_of=seen_meanwhile.as_of)

    assert await found(letters, "is:new", "sara") == ["14"]
    assert len(await found(letters, "is:new", "omar")) == 5
    figures = await letters.figures(person="sara")
    assert (figures.waiting, figures.new, figures.mine, figures.snoozed) == (5, 1, 0, 0)
    assert figures.by_entity == {"products": 4, "customers": 1}
    assert [one.new for one in await letters.groups(search("bulb"), person="sara")] == [1]


async def test_one_person_edits_a_letter_at_a_time(letters, deeds):
    (letter,) = (await letters.page(search("id:11"), person="")).letters

    assert await deeds.lock(letter.id, by="sara", seconds=60)
    assert not await deeds.lock(letter.id, by="omar", seconds=60)
    assert await deeds.lock(letter.id, by="sara", seconds=60)
    assert await deeds.do((letter.id,), Deed.DISCARD, by="omar", words="x") == 0
    assert (await letters.letters([letter.id]))[0].locked_by == "sara"
    await deeds.unlock(letter.id, by="omar")
    assert not await deeds.lock(letter.id, by="omar", seconds=60)
    assert not await deeds.renew(letter.id, by="omar", seconds=60)
    assert await deeds.renew(letter.id, by="sara", seconds=600)
    (now,) = await letters.letters([letter.id])
    assert now.locked_until - letter.last_seen_at > timedelta(seconds=500)
    await deeds.unlock(letter.id, by="sara")
    assert not await deeds.renew(letter.id, by="sara", seconds=60)
    assert await deeds.lock(letter.id, by="omar", seconds=60)
    assert await deeds.keep_edit(letter.id, by="omar", key="press-1", payload=b"{}")
    assert not await deeds.keep_edit(letter.id, by="omar", key="press-1", payload=b"{}")


async def test_a_retry_keeps_its_letters_their_order_and_its_progress(works, letters, database):
    enqueued = []

    async def enqueue(work, connection):
        enqueued.append(work)
        await connection.execute("SELECT 1")

    asked = LetterWork(
        id="",
        by="sara",
        written="",
        is_careful=True,
        pace=None,
        lane=Lane.PULLS,
        state=WorkState.WAITING,
        total=0,
        started_at=datetime.now(UTC),
    )
    await write(database, "stock_levels", rejected("11", rate="ten"), rejected("", rate="x"))
    chosen, outlines = await works.outline(search("state:all"), person="sara")
    assert chosen == 6
    assert [(one.walk, one.is_asked_for, one.letters, one.records) for one in outlines] == [
        ("customers", True, 1, 1),
        ("items", False, 1, 1),
        ("items", True, 4, 3),
    ]
    work = await works.begin(search("-entity:stock_levels"), asked, enqueue=enqueue)

    assert enqueued == [work.id]
    assert work.total == 4
    order = await works.next_of(work.id, 10)
    assert [one.record_id for one in await letters.letters(order)] == ["21", "11", "12", "13"]
    begun = await works.set_state(work.id, WorkState.RUNNING)
    at = await works.advance(begun, succeeded=1, failed=1, skipped=0, calls=2)
    with pytest.raises(LostOwnershipError):
        await works.advance(begun, succeeded=1, failed=0, skipped=0, calls=1)
    assert (at.done, at.succeeded, at.failed, at.calls) == (2, 1, 1, 2)
    assert await works.next_of(work.id, 1) == order[2:3]
    await write(database, "products", rejected("99", rate="x"))
    assert (await works.work(work.id)).new_failures == 1
    assert (await works.set_state(work.id, WorkState.CANCELLED)).state is WorkState.CANCELLED
    assert (await works.set_state(work.id, WorkState.DONE)).state is WorkState.CANCELLED
    assert [one.id for one in await works.works()] == [work.id]
    assert await works.work("nonsense") is None


async def test_a_letter_says_when_its_work_is_tried_again_by_itself(letters, deeds, database):
    jobs, at = PgJobs(database), datetime.now(UTC) + timedelta(minutes=9)
    await jobs.enqueue("fetch", {}, key="products:11", lane=Lane.WEBHOOKS, run_at=at)
    await jobs.enqueue("fetch", {}, key="products:12", lane=Lane.WEBHOOKS)

    page = (await letters.page(search(), person="sara")).letters

    assert {one.record_id: one.next_try_at for one in page if one.next_try_at} == {"11": at}
    (resolved,) = [one.id for one in page if one.record_id == "11"]
    await deeds.resolve([resolved], run="run-1")
    assert [one.next_try_at for one in await letters.letters([resolved])] == [None]


async def test_a_record_without_a_name_is_called_as_its_last_good_version_was(letters, database):
    await query(
        database,
        "INSERT INTO tsh.customers (zoho_id, name, observed_at, raw) VALUES ('22', 'Al-Noor', now(), '{}')",
    )
    await write(database, "customers", rejected("22", field="contact_name", reason="Customer needs a name"))
    await write(database, "customers", rejected("23", field="contact_name", reason="Customer needs a name"))

    page = await letters.page(search("entity:customers"), person="sara")

    assert {one.record_id: one.label for one in page.letters} == {"21": "", "22": "Al-Noor", "23": ""}


async def test_both_sides_of_a_record_and_its_other_letters(letters, database):
    await query(
        database,
        "INSERT INTO tsh.products (zoho_id, name, observed_at, raw) VALUES ('11', 'Lamp', now(), '{\"rate\": 1}')",
    )
    await write(database, "products", rejected("11", rate="ten"), part="detail")

    (letter,) = (await letters.page(search("id:11 part:list"), person="")).letters
    sides = await letters.sides(letter)

    assert sides.zoho_row == '{"rate": 1}'
    assert sides.ours is not None
    assert "Lamp" in sides.ours
    assert "content_hash" not in sides.ours
    assert [one.part.value for one in await letters.others(letter)] == ["detail"]
    assert (await letters.payload(letter.id)).startswith(b'{"item_id": "11"')


async def test_letters_that_are_over_for_long_are_forgotten_with_what_was_done(letters, deeds, database):
    await deeds.do(search("entity:products"), Deed.DISCARD, by="sara", words="old")
    old = "now() - interval '91 days'"
    await query(database, f"UPDATE sync.dead_letters SET discarded_at = {old}")
    await query(database, f"UPDATE sync.dead_letters SET last_seen_at = {old} WHERE record_id = '11'")
    await query(database, f"UPDATE sync.letter_history SET at = {old}")

    await Keeper(database, stalled_s=30, lost=None).purge()

    assert await found(letters, "state:all") == ["12", "13", "21"]
    assert await query(database, "SELECT count(*)::int FROM sync.letter_history") == [(2,)]
