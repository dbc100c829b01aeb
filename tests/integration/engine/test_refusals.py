"""Records that Zoho refuses or no longer has: what is asked again, what is taken away, and what the figures say."""

import dataclasses

import pytest

from tests.support.worlds import SERIAL, counts, states
from tsh_sync_gui.core.errors import RecordRejectedError, UnreachableError
from tsh_sync_gui.core.events import PageStored, RunFinished
from tsh_sync_gui.core.values import Phase

pytestmark = pytest.mark.asyncio


def refuse(world, *ids):
    """Let Zoho refuse the details of *ids*; returns the ids asked for one by one."""
    ask = world.wiring.source.detail
    asked = []

    async def detail(api, record_id, caller):
        asked.append(record_id)
        if record_id in ids:
            raise RecordRejectedError("Not allowed to read one record", field="id")
        return await ask(api, record_id, caller)

    world.wiring.source.detail = detail
    return asked


async def test_a_refused_detail_is_asked_again_only_when_the_record_changes(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        refused = world.ids("invoices")[3]
        asked = refuse(world, refused)

        first = await world.sync("invoices", details="all")
        asked.clear()
        second = await world.sync("invoices", details="all")
        untouched = list(asked)
        world.control("change", entity="invoices", id=refused)
        await world.sync("invoices", details="all")

        assert states(first) == {"partly_done"}
        assert states(second) == {"up_to_date"}
        assert untouched == []
        assert asked == [refused]


async def test_an_answer_that_names_no_record_is_kept_as_a_letter_and_not_asked_again(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        world.fault("/books/v3/invoices/*", "bad_record", times=1)

        first = await world.sync("invoices", details="all")
        world.control("reset")
        await world.sync("invoices", details="all")

        assert states(first) == {"partly_done"}
        assert sum(world.asked().values()) == 1
        assert world.query("select count(*) from tsh.invoices where detailed_at is null") == [(1,)]


async def test_many_records_gone_in_the_details_stop_and_ask(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        world.control("delete", entity="invoices", count=20)

        asked = await world.sync("invoices", details="all")
        kept = len(world.living("invoices"))
        approved = await world.sync("invoices", details="all", approve=True)

        run = asked.runs[0]
        assert states(asked) == {"needs_you"}
        assert (asked.exit_code, run.counts.deleted, kept) == (4, 0, 90)
        assert "are gone in Zoho" in run.title
        assert (await world.service.run_detail(run.id)).gone == ()
        assert counts(approved)["invoices"][3] == 20
        assert sorted(world.living("invoices")) == world.ids("invoices")


async def test_few_records_gone_in_the_details_are_tombstoned(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        world.control("delete", entity="invoices", count=4)

        report = await world.sync("invoices", details="all")

        assert states(report) == {"up_to_date"}
        assert counts(report)["invoices"][3] == 4
        assert (report.runs[0].details_done, report.runs[0].details_total) == (90, 90)


async def test_the_screen_and_the_ledger_count_the_same_details(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        ask = world.wiring.source.bulk

        async def bulk(api, kind, ids, caller):
            reply = await ask(api, kind, ids, caller)
            return dataclasses.replace(reply, records=reply.records[2:])

        async def detail(_api, _record_id, _caller):
            raise UnreachableError("Zoho does not answer", what="zoho")

        world.wiring.source.bulk, world.wiring.source.detail = bulk, detail

        report = await world.sync("products", details=100)

        shown = [event for event in world.seen(PageStored) if event.phase is Phase.DETAILS]
        assert report.runs[0].details_done == 98
        assert shown[-1].done == 98


async def test_a_bulk_answer_with_a_record_doubled_does_not_hide_the_one_it_lacks(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        ask = world.wiring.source.bulk

        async def bulk(api, kind, ids, caller):
            reply = await ask(api, kind, ids, caller)
            return dataclasses.replace(reply, records=[reply.records[1], *reply.records[1:]])

        world.wiring.source.bulk = bulk

        await world.sync("products", details=100)

        assert world.query("select count(*) from tsh.products where detailed_at is not null") == [(100,)]


async def test_a_record_that_may_not_be_read_does_not_end_a_sweep(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        gone = world.control("delete", entity="invoices", count=3)["ids"]
        refuse(world, gone[0])

        report = await world.sync("invoices", sweep=True)

        assert states(report) == {"partly_done"}
        assert counts(report)["invoices"][3:] == (2, 1)
        assert gone[0] in world.living("invoices")
        assert [one.record_id for one in (await world.service.run_detail(report.runs[0].id)).rejected] == [gone[0]]


async def test_a_dry_run_falls_back_to_the_other_product_as_a_run_does(open_world, make_simulator):
    server = make_simulator(books_only=True)
    async with open_world(server=server) as world:
        preview = await world.sync("products", dry_run=True)
        real = await world.sync("products")

        assert states(preview) == {"up_to_date"}
        assert counts(preview)["products"] == counts(real)["products"] == (430, 0, 0, 0, 0)


@pytest.mark.parametrize(("details", "outstanding"), [("none", None), (5, 425), ("all", 0)])
async def test_the_end_of_a_run_tells_the_details_left_or_that_nobody_looked(open_world, details, outstanding):
    async with open_world(**SERIAL) as world:
        await world.sync("products", details=details)

        assert [event.details_outstanding for event in world.seen(RunFinished)] == [outstanding]
