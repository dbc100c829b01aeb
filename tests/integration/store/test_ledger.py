"""Runs and watermarks as the ledger keeps them."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import pytest_asyncio

from tests.support.stores import a_run, opened, query, session_url, tables_url
from tsh_sync_gui.core.errors import ConfigurationError, LostOwnershipError
from tsh_sync_gui.core.values import CallKind, Calls, Counts, Lane, Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.ports import Absence, Asked, Checkpoint, ListOrder, Organization, Watermark
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.ledger import PgLedger

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]

TSH = Organization(id="748369814", name="TSH Trading", currency_code="IQD", time_zone="Asia/Baghdad")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest_asyncio.fixture
async def stores(tables_url):
    async with opened(tables_url, 2) as both:
        yield both


@pytest.fixture
def ledger(stores):
    return PgLedger(stores[0], REGISTRY, TSH.id)


@pytest.fixture
def other(stores):
    """The ledger as another process sees it."""
    return PgLedger(stores[1], REGISTRY, TSH.id)


# ---------------------------------------------------------------------------------------------- the organization


async def test_the_database_is_bound_to_the_first_organization(ledger):
    assert await ledger.organization() is None

    await ledger.bind_organization(TSH)
    await ledger.bind_organization(TSH)

    assert await ledger.organization() == TSH


async def test_another_organization_is_refused_in_words(stores, ledger):
    await ledger.bind_organization(TSH)
    stranger = Organization(id="42", name="Another", currency_code="USD", time_zone="UTC")

    with pytest.raises(ConfigurationError, match=r"mirrors TSH Trading \(748369814\); the settings name 42"):
        await PgLedger(stores[0], REGISTRY, "42").bind_organization(stranger)
    with pytest.raises(ConfigurationError, match="the settings name 42"):
        await PgLedger(stores[0], REGISTRY, "42").open_runs([a_run()], Checkpoint())
    assert await ledger.organization() == TSH
    assert await ledger.run(RunId("run-1")) is None


async def test_a_time_zone_nobody_knows_does_no_harm(ledger):
    await ledger.bind_organization(Organization(id=TSH.id, name="TSH", currency_code="IQD", time_zone="Mars/Olympus"))

    assert (await ledger.stats())["total_syncs_today"] == 0


# ---------------------------------------------------------------------------------------------- runs


async def test_a_run_comes_back_as_it_was_written(ledger, other):
    run = a_run(
        counts=Counts(seen=7, created=1, updated=2, unchanged=3, deleted=4, failed=5),
        calls=Calls(list=1, bulk=2, detail=3),
        expected=1250,
        forecast_calls=7,
        request={"entities": ["invoices"], "since": "2026-11-01"},
    )

    await ledger.open_runs([run], Checkpoint())

    assert await other.run(run.id) == run
    assert await other.live_run("invoices") == run
    assert await other.live_run("payments") is None
    assert await other.run(RunId("none")) is None


async def test_the_leader_carries_the_checkpoint(ledger, other):
    checkpoint = Checkpoint(
        order=ListOrder.FILTERED,
        params=(("sort_column", "created_time"),),
        next_page=3,
        step=2,
        started=NOW,
        since=NOW - timedelta(microseconds=1),
    )
    leader, rider = a_run("lead", entity="products"), a_run("ride", entity="stock_levels", leader="lead")

    await ledger.open_runs([leader, rider], checkpoint)

    assert await other.checkpoint(leader.id) == checkpoint
    assert await other.checkpoint(rider.id) is None
    assert await other.unfinished(["stock_levels", "products"]) == [leader, rider]


async def test_marks_change_what_they_name(ledger):
    run = a_run()
    await ledger.open_runs([run], Checkpoint())

    await ledger.mark(
        run.id,
        state=RunState.WAITING,
        phase=Phase.DETAILS,
        waiting_for="minute_limit",
        waiting_until=NOW,
        calls=Calls(list=9),
        counts=Counts(seen=200, created=200),
    )

    found = await ledger.run(run.id)
    assert (found.state, found.phase, found.waiting_for) == (RunState.WAITING, Phase.DETAILS, "minute_limit")
    assert (found.waiting_until, found.calls, found.counts) == (NOW, Calls(list=9), Counts(seen=200, created=200))
    assert found.entity == "invoices"
    with pytest.raises(KeyError):
        await ledger.mark(run.id, nonsense=1)


async def test_a_heartbeat_moves_and_hears_what_was_asked_once(ledger, other):
    run = a_run(heartbeat_at=NOW)
    await ledger.open_runs([run], Checkpoint())

    await other.ask(run.id, "pause", by="Sara Ali")

    assert await ledger.beat([run.id]) == Asked("pause", "Sara Ali")
    assert await ledger.beat([run.id]) is None
    assert (await other.run(run.id)).heartbeat_at > NOW


async def test_an_end_is_stored_with_its_words_and_moves_the_watermark(ledger, other):
    run = a_run()
    await ledger.open_runs([run], Checkpoint())
    ended = msgspec.structs.replace(
        run,
        state=RunState.PARTLY_DONE,
        ended_at=NOW,
        seconds=12.5,
        calls=Calls(list=7, detail=2),
        title="3 records were rejected",
        advice="Look at the dead letters.",
        details_done=2,
        details_total=9,
    )
    mark = Watermark(
        entity="invoices", since=NOW, walked_at=NOW, last_good_at=NOW, last_run=run.id, remote=1250, filter_absent=True
    )

    stored = await ledger.finish(ended, mark)

    assert msgspec.structs.replace(stored, heartbeat_at=ended.heartbeat_at) == ended
    assert await other.watermark("invoices") == mark
    assert await other.live_run("invoices") is None
    assert await other.unfinished(["invoices"]) == []


async def test_a_watermark_leaves_the_number_of_living_rows_to_the_mirror(stores, ledger):
    await query(stores[0], "INSERT INTO sync.watermarks (entity, live) VALUES ('invoices', 12)")
    run = a_run()
    await ledger.open_runs([run], Checkpoint())

    await ledger.finish(
        msgspec.structs.replace(run, state=RunState.UP_TO_DATE), Watermark(entity="invoices", since=NOW, live=3)
    )

    found = await ledger.watermark("invoices")
    assert (found.live, found.since) == (12, NOW)
    assert await ledger.watermark("payments") == Watermark(entity="payments")


async def test_a_run_that_was_taken_over_cannot_be_ended_or_changed(ledger, other):
    run = a_run()
    await ledger.open_runs([run], Checkpoint())

    await other.mark(run.id, state=RunState.RUNNING, ended_at=None)

    await ledger.mark(run.id, title="mine")
    assert (await other.run(run.id)).title == ""
    assert await ledger.beat([run.id]) is None
    with pytest.raises(LostOwnershipError):
        await ledger.finish(
            msgspec.structs.replace(run, state=RunState.FAILED), Watermark(entity="invoices", since=NOW)
        )
    assert (await other.watermark("invoices")).since is None
    assert (await other.run(run.id)).state is RunState.RUNNING


async def test_a_failed_run_can_be_gone_on_with_and_ended_well(ledger, other):
    run = a_run()
    await ledger.open_runs([run], Checkpoint(next_page=4))
    await ledger.finish(msgspec.structs.replace(run, state=RunState.FAILED, ended_at=NOW, title="Zoho is away"), None)

    (unfinished,) = await other.unfinished(["invoices"])
    await other.mark(unfinished.id, state=RunState.RUNNING, ended_at=None, title="", advice="", error_kind="")

    assert (await other.live_run("invoices")).id == run.id
    assert (await other.checkpoint(run.id)).next_page == 4
    done = await other.finish(msgspec.structs.replace(unfinished, state=RunState.UP_TO_DATE, title=""), None)
    assert (done.state, done.title) == (RunState.UP_TO_DATE, "")


async def test_the_newest_unfinished_walk_is_gone_on_with_single_records_aside(ledger):
    old = a_run("old", started_at=NOW - timedelta(hours=2))
    new = a_run("new", started_at=NOW - timedelta(hours=1))
    single = a_run("single", started_at=NOW, mode=Mode.RECORD)
    rehearsal = a_run("rehearsal", started_at=NOW, dry_run=True)
    for run in (old, new, single, rehearsal):
        await ledger.open_runs([run], Checkpoint())

    assert [run.id for run in await ledger.unfinished(["invoices"])] == ["new"]


async def test_who_opens_runs_ends_those_that_lost_their_program(ledger, other):
    lost = a_run("lost", entity="stock_levels")
    elsewhere = a_run("elsewhere", entity="invoices")
    await other.open_runs([lost], Checkpoint())
    await other.open_runs([elsewhere], Checkpoint())

    await ledger.open_runs([a_run("new", entity="products")], Checkpoint())

    found = await ledger.run(lost.id)
    assert (found.state, found.error_kind, found.ended_at is None) == (RunState.FAILED, "interrupted", False)
    assert (await ledger.run(elsewhere.id)).ended_at is None


async def test_runs_are_listed_newest_first(ledger):
    for hour in range(4):
        entity = "payments" if hour == 2 else "invoices"
        await ledger.open_runs([a_run(f"r{hour}", entity=entity, started_at=NOW + timedelta(hours=hour))], Checkpoint())

    assert [run.id for run in await ledger.runs()] == ["r3", "r2", "r1", "r0"]
    assert [run.id for run in await ledger.runs(entity="invoices", limit=2)] == ["r3", "r1"]


async def test_pages_of_a_walk_are_kept_until_it_is_done(stores, ledger):
    first, second = a_run("first", started_at=NOW), a_run("second")
    await ledger.open_runs([first], Checkpoint())
    await query(stores[0], "INSERT INTO sync.walk_pages VALUES ('first', 1, '{\"1\",\"2\"}'), ('first', 2, '{}')")

    assert await ledger.page_ids(first.id, 1) == ["1", "2"]
    assert await ledger.page_ids(first.id, 2) == []
    assert await ledger.page_ids(first.id, 3) is None

    await ledger.finish(msgspec.structs.replace(first, state=RunState.NEEDS_YOU), None)
    assert await ledger.page_ids(first.id, 1) == ["1", "2"]
    await ledger.open_runs([second], Checkpoint())
    await ledger.finish(msgspec.structs.replace(second, state=RunState.UP_TO_DATE), None)
    assert await ledger.page_ids(first.id, 1) is None


# ---------------------------------------------------------------------------------------------- what is known


async def test_absences_are_known_to_all_until_they_are_asked_again(ledger, other):
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    await ledger.mark_absent(Absence(path="inventory/itemdetails", until=NOW))
    await ledger.mark_absent(Absence(path="inventory/itemdetails", until=tomorrow))
    await ledger.mark_absent(Absence(path="books/pricebooks", until=datetime.now(UTC) - timedelta(minutes=1)))

    assert await other.absences() == [Absence(path="inventory/itemdetails", until=tomorrow)]


async def test_rejected_records_are_found_by_their_run(stores, ledger):
    await query(
        stores[0],
        "INSERT INTO sync.dead_letters (entity, record_id, record_key, state, field, value, reason, payload, run_id)"
        " VALUES ('invoices', '7', '7', 'open', 'total', 'abc', 'is no number', '{\"x\":1}', 'run-1')",
    )

    (one,) = await ledger.rejected(RunId("run-1"))

    assert (one.record_id, one.field, one.value, one.reason, one.payload) == (
        "7",
        "total",
        "abc",
        "is no number",
        b'{"x":1}',
    )
    assert await ledger.rejected(RunId("run-2")) == []


async def test_requests_of_a_run_are_listed_newest_first(stores, ledger):
    for second in range(3):
        await query(
            stores[0],
            "INSERT INTO sync.api_calls (run_id, entity, lane, kind, method, path, status, sent_at)"
            " VALUES ('run-1', 'invoices', 'pulls', 'list', 'GET', '/invoices', %s, %s)",
            200 + second,
            NOW + timedelta(seconds=second),
        )

    found = await ledger.calls(RunId("run-1"), limit=2)

    assert [one.status for one in found] == [202, 201]
    assert (found[0].lane, found[0].kind, found[0].run) == (Lane.PULLS, CallKind.LIST, "run-1")


async def test_totals_count_records_and_current_details(stores, ledger):
    await query(
        stores[0],
        "INSERT INTO tsh.invoices (zoho_id, observed_at, synced_at, detailed_at, deleted_at) VALUES"
        " ('1', now(), now(), now(), null), ('2', now(), now(), null, null),"
        " ('3', now(), now(), now() - interval '1 day', null), ('4', now(), now(), null, now())",
    )
    await query(stores[0], "INSERT INTO sync.watermarks (entity, live) VALUES ('invoices', 3)")

    totals = await ledger.totals()

    assert totals["invoices"] == (3, 1)
    assert totals["payments"] == (0, 0)


async def test_statistics_keep_their_shape(stores, ledger):
    await ledger.bind_organization(TSH)
    await query(
        stores[0],
        "INSERT INTO sync.watermarks (entity, live)"
        " VALUES ('products', 1250), ('customers', 340), ('sales_orders', 89)",
    )
    moment = datetime.now(UTC)
    ends = [RunState.UP_TO_DATE] * 2 + [RunState.PARTLY_DONE, RunState.FAILED]
    for number, state in enumerate(ends):
        run = a_run(f"r{number}", started_at=moment)
        await ledger.open_runs([run], Checkpoint())
        await ledger.finish(msgspec.structs.replace(run, state=state, seconds=10.0 + number), None)
    await ledger.open_runs([a_run("yesterday", started_at=moment - timedelta(hours=25))], Checkpoint())
    await ledger.open_runs([a_run("rehearsal", dry_run=True)], Checkpoint())

    figures = await ledger.stats()

    assert figures["total_syncs_today"] == 4
    assert figures["success_rate"] == 75.0
    assert figures["avg_sync_time_seconds"] == 11.5
    assert {key: figures["entities_synced"][key] for key in ("products", "contacts", "orders")} == {
        "products": 1250,
        "contacts": 340,
        "orders": 89,
    }


async def test_statistics_of_a_day_without_runs(ledger):
    figures = await ledger.stats()

    assert (figures["total_syncs_today"], figures["success_rate"], figures["avg_sync_time_seconds"]) == (0, 100.0, 0.0)
