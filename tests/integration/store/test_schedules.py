"""Schedules on PostgreSQL: what is due is acted on once among all machines, and its work is in the queue as surely."""

import asyncio
import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio

from tests.support.memory import MemoryBudget
from tests.support.stores import a_run, opened, query, session_url, tables_url
from tsh_sync_gui.bootstrap.watching import watching
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.settings import validated
from tsh_sync_gui.engine.ports.schedules import ScheduleRow, Walk
from tsh_sync_gui.engine.schedule_book import Block, schedules
from tsh_sync_gui.engine.scheduler import Scheduler
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.schedules import PgSchedules

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]

STOCK = ("stock_levels", Walk.CHANGES)


@pytest_asyncio.fixture
async def machines(tables_url):
    """Two processes of a database in which everything has been synced once."""
    async with opened(tables_url, 2) as databases:
        names = [one.name for one in REGISTRY]
        await query(
            databases[0],
            "INSERT INTO sync.watermarks (entity, since, last_good_at, remote)"
            " SELECT name, now() - interval '3 days', now() - interval '3 days', 400 FROM unnest(%s::text[]) AS name",
            names,
        )
        await query(
            databases[0],
            "INSERT INTO sync.organization (id, name, currency_code, time_zone)"
            " VALUES ('1', 'TSH', 'IQD', 'Asia/Baghdad')",
        )
        yield databases


def scheduler(database, missed=None, **settings):
    async def tell(schedule, dues):
        if missed is not None:
            missed.append((schedule.entity, schedule.walk.value, len(dues)))

    return Scheduler(
        REGISTRY,
        PgSchedules(database),
        PgJobs(database),
        settings=lambda: validated(settings),
        clock=ManualClock(datetime.now(UTC)),
        missed=tell,
    )


async def slept(database, hours):
    """Let all schedules have been watched last so many hours ago."""
    await query(database, "UPDATE sync.schedules SET armed_at = now() - make_interval(hours => %s)", hours)


async def pulls(database):
    rows = await query(database, "SELECT args->'arguments' FROM jobs.procrastinate_jobs WHERE task_name = 'pull'")
    return sorted((",".join(one["entities"]), one["mode"]) for (one,) in rows)


async def test_a_new_schedule_is_due_from_now_on_and_makes_up_for_nothing(machines):
    first = scheduler(machines[0])

    seconds = await first.look()
    await first.look()

    assert 0 < seconds <= 15
    assert await pulls(machines[0]) == []
    kept = {(row.entity, row.walk) for row in (await PgSchedules(machines[0]).read()).rows}
    assert STOCK in kept


async def test_after_sleep_two_machines_make_one_run_for_each_schedule_and_tell_of_the_missed_ones_once(machines):
    told = []
    schedulers = [scheduler(one, told) for one in machines]
    await schedulers[0].look()
    await slept(machines[0], 30)

    await asyncio.gather(*(one.look() for one in schedulers for _ in range(3)))

    done = await pulls(machines[0])
    assert len(done) == len(set(done))
    assert ("products,stock_levels", "changes") in done
    # Cheap ones are read in full each night, which brings their changes, too.
    assert ("customers", "full") in done
    assert ("customers", "changes") not in done
    stock = [number for entity, _, number in told if entity == "stock_levels"]
    assert stock in ([60], [61])
    assert len(told) == len(done)
    rows = {(row.entity, row.walk): row for row in (await PgSchedules(machines[0]).read()).rows}
    assert rows[STOCK].missed == stock[0]
    assert rows[STOCK].fired_at is not None
    assert rows["customers", Walk.CHANGES].note == "the full walk does it"


async def test_a_pause_holds_until_its_moment_and_what_was_due_meanwhile_is_not_made_up_for(machines):
    store, first = PgSchedules(machines[0]), scheduler(machines[0])
    await first.look()
    await store.pause([STOCK], None, by="Sara")
    await slept(machines[0], 2)
    await first.look()
    held = await pulls(machines[0])

    await store.resume([STOCK])
    await first.look()

    assert ("products,stock_levels", "changes") not in held
    assert ("products,stock_levels", "changes") not in await pulls(machines[0])
    row = (await store.read()).row(*STOCK)
    assert (row.paused_at, row.paused_by) == (None, "")


async def test_a_pause_ends_by_itself(machines):
    store, first = PgSchedules(machines[0]), scheduler(machines[0])
    await first.look()
    await store.pause([STOCK], datetime.now(UTC) - timedelta(hours=2), by="Sara")
    await slept(machines[0], 5)

    await first.look()

    assert ("products,stock_levels", "changes") in await pulls(machines[0])
    assert (await store.read()).row(*STOCK).missed in {4, 5}


async def test_nothing_runs_before_the_first_sync_without_a_sign_in_or_while_somebody_has_just_synced(machines):
    first = scheduler(machines[0])
    await first.look()
    await query(machines[0], "UPDATE sync.watermarks SET since = NULL WHERE entity = 'invoices'")
    await query(machines[0], "UPDATE sync.watermarks SET last_good_at = now() WHERE entity = 'stock_levels'")
    run = a_run(entity="payments", state="needs_you", error_kind="authorisation")
    await query(
        machines[0],
        "INSERT INTO sync.runs (id, leader, entity, mode, state, phase, started_at, heartbeat_at, ended_at, error_kind)"
        " VALUES (%s, %s, 'payments', 'full', 'needs_you', 'list', now(), now(), now(), 'authorisation')",
        run.id,
        run.id,
    )
    await slept(machines[0], 30)

    await first.look()

    notes = {(row.entity, row.walk.value): row.note for row in (await PgSchedules(machines[0]).read()).rows}
    assert notes["invoices", "changes"] == notes["invoices", "full"] == "waits for the first sync"
    assert notes["payments", "changes"] == "waits for a sign-in"
    assert notes["stock_levels", "changes"] == "synced a short while ago"
    assert {entity for entity, _ in await pulls(machines[0])}.isdisjoint({"invoices", "payments", "stock_levels"})

    await query(machines[0], "INSERT INTO sync.sign_ins (mark, accounts_url, client_id) VALUES ('x', '', '')")
    await slept(machines[0], 30)
    await query(machines[0], "UPDATE sync.schedules SET last_due = NULL")
    await first.look()
    assert {"payments"} <= {entity for entity, _ in await pulls(machines[0])}


async def test_a_process_in_which_syncing_is_switched_off_leaves_what_is_due_to_the_others(machines):
    await scheduler(machines[0]).look()
    await slept(machines[0], 2)

    await scheduler(machines[0], sync_enabled=False).look()
    before = await pulls(machines[0])
    await scheduler(machines[1]).look()

    assert before == []
    assert await pulls(machines[1]) != []


async def test_a_clock_that_went_back_a_day_stops_nothing_for_a_day(machines):
    store, first = PgSchedules(machines[0]), scheduler(machines[0])
    await first.look()
    await query(machines[0], "UPDATE sync.schedules SET last_due = now() + interval '1 day'")

    await first.look()

    row = (await store.read()).row(*STOCK)
    assert row.last_due is None
    assert row.armed_at <= (await store.read()).now


async def test_what_a_person_sets_counts_from_now_on_and_off_is_off(machines):
    store, first = PgSchedules(machines[0]), scheduler(machines[0])
    await first.look()
    await slept(machines[0], 30)
    await store.keep(ScheduleRow(entity="stock_levels", walk=Walk.CHANGES, off=True), by="Sara")
    await store.keep(ScheduleRow(entity="invoices", walk=Walk.CHANGES, minutes=15, quiet="22:00-06:00"), by="Sara")

    await first.look()

    done = await pulls(machines[0])
    assert ("products,stock_levels", "changes") not in done
    assert ("invoices", "changes") not in done
    # Nobody reads the whole list for them any more, so they are read by themselves.
    assert ("products", "changes") not in done
    row = (await store.read()).row("invoices", Walk.CHANGES)
    assert (row.minutes, row.quiet, row.updated_by) == (15, "22:00-06:00", "Sara")


async def test_what_was_missed_is_told_by_the_organizations_clock(machines):
    live = SimpleNamespace(now=validated({}))
    budget = MemoryBudget(ManualClock(datetime.now(UTC)))
    watch = watching(machines[0], REGISTRY, PgJobs(machines[0]), budget=budget, live=live, bus=Bus())
    await watch.scheduler.look()
    await slept(machines[0], 30)

    await watch.scheduler.look()

    [told] = [one for one in await watch.alerts.all() if one.subject == "stock_levels"]
    first = re.search(r"between (.{16}) and .{16} \(Asia/Baghdad\)$", told.title)[1]
    since = datetime.now(ZoneInfo("Asia/Baghdad")).replace(tzinfo=None) - datetime.fromisoformat(first)
    assert timedelta(hours=29) < since < timedelta(hours=30, minutes=2)


async def test_one_that_is_synced_is_not_left_to_a_walk_that_waits_for_its_first_sync(machines):
    store = PgSchedules(machines[0])
    await query(machines[0], "UPDATE sync.watermarks SET since = NULL WHERE entity = 'stock_levels'")

    found = {one.key: one for one in schedules(REGISTRY, validated({}), await store.read())}

    alone, stock = found["products", Walk.CHANGES], found[STOCK]
    assert (alone.timing is not None, alone.served_by, alone.why) == (True, "", None)
    assert stock.why is Block.FIRST_SYNC
    await query(machines[0], "UPDATE sync.watermarks SET since = now()")
    found = {one.key: one for one in schedules(REGISTRY, validated({}), await store.read())}
    assert found["products", Walk.CHANGES].served_by == "stock_levels"
