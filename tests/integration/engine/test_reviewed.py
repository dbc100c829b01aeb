"""Bulk answers that fail or lack something, dry runs, and forecasts: what is told is what Zoho answered."""

import dataclasses
from datetime import UTC, datetime

import msgspec
import pytest

from tests.support.worlds import SERIAL, counts, states
from tsh_sync_gui.core.errors import AuthorisationError, RecordGoneError, UnreachableError
from tsh_sync_gui.core.events import Notice
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.overview import WINDOW_ONLY
from tsh_sync_gui.engine.ports import Which
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY

pytestmark = pytest.mark.asyncio


def answer_bulk(world, change):
    """Let *change* turn every true bulk answer into another, or into an error."""
    ask = world.wiring.source.bulk

    async def bulk(api, kind, ids, caller):
        return change(await ask(api, kind, ids, caller))

    world.wiring.source.bulk = bulk


def shorter(reply):
    """Return *reply* without its first two records."""
    return _with(reply, reply.records[2:])


def _with(reply, records):
    return dataclasses.replace(reply, records=records)


def all_gone(_reply):
    """Answer as if the whole bulk call were for one record that is gone."""
    raise RecordGoneError("A record is no longer in Zoho")


async def detailed(world):
    """Return how many products have their details."""
    return world.query("select count(*) from tsh.products where detailed_at is not null")[0][0]


async def test_details_that_a_bulk_answer_lacks_are_stored_from_their_single_calls(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        answer_bulk(world, shorter)

        report = await world.sync("products", details=100)

        assert states(report) == {"up_to_date"}
        assert await detailed(world) == 100
        assert counts(report)["products"][3] == 0


async def test_a_single_call_that_fails_after_a_bulk_answer_keeps_the_answer_and_ends_the_run(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        answer_bulk(world, shorter)

        async def detail(_api, _record_id, _caller):
            raise UnreachableError("Zoho does not answer", what="zoho")

        world.wiring.source.detail = detail

        report = await world.sync("products", details=100)

        assert "up_to_date" not in states(report)
        assert await detailed(world) == 98


async def test_a_bulk_call_that_says_gone_takes_no_record_for_gone_in_details(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        gone = world.control("delete", entity="items", count=1)["ids"]
        answer_bulk(world, all_gone)

        report = await world.sync("products", details="all")

        assert states(report) == {"up_to_date"}
        assert counts(report)["products"][3] == 1
        assert sorted(world.living("products")) == world.ids("items")
        assert not set(gone) & set(world.living("products"))


async def test_a_bulk_call_that_says_gone_takes_no_record_for_gone_in_a_sweep(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        world.control("delete", entity="items", count=3)
        # A record that the list does not show is not gone while its own call answers.
        hidden = world.ids("items")[0]
        page = world.wiring.source.page
        world.wiring.source.page = hiding(page, hidden)
        answer_bulk(world, all_gone)

        report = await world.sync("products", sweep=True)

        assert counts(report)["products"][3] == 3
        assert hidden in world.living("products")


async def test_an_unreadable_record_in_a_bulk_answer_is_not_taken_for_gone_in_a_sweep(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        world.control("delete", entity="items", count=2)
        hidden = world.ids("items")[0]
        world.wiring.source.page = hiding(world.wiring.source.page, hidden)
        answer_bulk(world, lambda reply: _with(reply, [msgspec.Raw(b'{"item_id": {}}') for _ in reply.records]))

        report = await world.sync("products", sweep=True)

        assert counts(report)["products"][3] == 2
        assert hidden in world.living("products")


def hiding(ask, record_id):
    """Return *ask* with the one record left out of the pages."""

    async def page(api, query, caller):
        reply = await ask(api, query, caller)
        kept = [
            one for one in reply.records if f'"item_id":"{record_id}"'.encode() not in bytes(one).replace(b" ", b"")
        ]
        return _with(reply, kept)

    return page


async def test_a_dry_run_of_a_list_that_ignores_its_filter_tells_what_the_run_does(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        world.control("config", {"ignore_time_filters": True})
        world.control("change", entity="invoices", count=4)

        preview = await world.sync("invoices", dry_run=True)
        real = await world.sync("invoices")

        assert states(preview) == {"up_to_date"}
        assert counts(preview)["invoices"][:2] == counts(real)["invoices"][:2]
        assert counts(real)["invoices"][1] == 4


async def test_a_dry_run_of_one_record_asks_for_that_record_only(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        changed = world.control("change", entity="invoices", count=1)["ids"][0]
        world.control("reset")

        report = await world.sync("invoices", record_id=changed, dry_run=True)

        assert counts(report) == {"invoices": (0, 1, 0, 0, 0)}
        assert sum(world.asked().values()) == 1
        assert (report.runs[0].calls.total, report.runs[0].forecast_calls, report.runs[0].dry_run) == (1, 1, True)


async def test_a_dry_run_of_one_record_that_is_gone_tells_its_delete(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")
        gone = world.control("delete", entity="invoices", count=1)["ids"][0]

        report = await world.sync("invoices", record_id=gone, dry_run=True)

        assert counts(report) == {"invoices": (0, 0, 0, 1, 0)}
        assert gone in world.living("invoices")


async def test_a_dry_run_of_a_record_that_nobody_knows_says_so_in_words(open_world):
    async with open_world(**SERIAL) as world:
        report = await world.sync("invoices", record_id="4600000000000000001", dry_run=True)

        assert states(report) == {"failed"}
        assert report.runs[0].error_kind == RecordGoneError.kind
        assert report.runs[0].title == "Invoices 4600000000000000001 is not in Zoho (it never was, or is gone)"


async def test_a_record_that_was_never_there_leaves_the_entity_as_its_walks_left_it(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("products")
        before = (await world.service.overview()).entities[0]

        report = await world.sync("products", record_id="123")
        after = (await world.service.overview()).entities[0]
        assert report.runs[0].title == "Products 123 is not in Zoho (it never was, or is gone)"
        assert (states(report), before.state, after.state) == ({"failed"}, "up_to_date", "up_to_date")
        assert (after.last.id, after.last_good) == (before.last.id, before.last_good)
        assert len(await world.service._parts.ledger.runs(entity="products")) == 2
        assert [one.id for one in await world.service._parts.ledger.runs(entity="products", which=Which.WALKS)] == [
            before.last.id
        ]


async def test_an_entity_of_which_only_a_window_was_synced_is_not_up_to_date(open_world):
    async with open_world(**SERIAL) as world:
        report = await world.sync("sales_orders", since=datetime(2025, 1, 1, tzinfo=UTC))
        part = next(one for one in (await world.service.overview()).entities if one.entity == "sales_orders")
        await world.sync("sales_orders")
        whole = next(one for one in (await world.service.overview()).entities if one.entity == "sales_orders")

        assert states(report) == {"up_to_date"}
        assert (part.state, part.last_good, part.note) == ("never_run", None, WINDOW_ONLY)
        assert (whole.state, whole.note) == ("up_to_date", "")


async def test_a_run_that_needs_a_sign_in_lists_no_record_as_gone(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("invoices")

        async def page(_api, _query, _caller):
            raise AuthorisationError("The sign-in ended")

        world.wiring.source.page = page

        report = await world.sync("invoices", full=True)
        detail = await world.service.run_detail(report.runs[0].id)

        assert states(report) == {"needs_you"}
        assert detail.gone == ()


async def test_a_forecast_in_a_new_process_knows_what_is_absent(open_world, fresh_url):
    async with open_world(**SERIAL) as world:
        world.control("config", {"bulk_missing": True})
        await world.sync("products", details=5)
    async with open_world(url=fresh_url, **SERIAL) as world:
        cost = (await world.service.forecast(SyncRequest(entities=("products",), details=20)))[0]

        assert cost.detail_calls == 20


async def test_a_forecast_counts_details_by_the_share_that_pays_for_them(open_world):
    async with open_world(**SERIAL) as world:
        await world.sync("customers")
        asked = []
        left = world.service._parts.budget.left

        async def remembered(lane, **planned):
            asked.append(lane)
            return await left(lane, **planned)

        world.service._parts.budget.left = remembered

        await world.service.forecast(SyncRequest(entities=("customers",)))
        await world.service.forecast(SyncRequest(entities=("customers",), details="all"))
        await world.service.forecast(SyncRequest(entities=("customers",), details="all", trigger="schedule"))

        assert asked == [Lane.DETAILS, Lane.PERSON, REGISTRY.get("customers").pull.lane]


async def test_a_forecast_says_nothing_and_a_sync_says_what_is_left_out(open_world):
    async with open_world(products=("books",), **SERIAL) as world:
        await world.service.forecast(SyncRequest(details="none"))
        told = len(world.seen(Notice))
        await world.sync()

        assert told == 0
        assert {one.entity for one in world.seen(Notice)} >= {"stock_levels"}
