"""Each delivery fetches its record by a run of its own: what people look at does not drown in them."""

import json

import pytest

from tsh_sync_gui.engine.alert_rules import judge
from tsh_sync_gui.engine.ports.alerts import Cause
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.store.alerts import PgAlerts

pytestmark = pytest.mark.asyncio

_RUN = """
INSERT INTO sync.runs (id, leader, entity, mode, state, phase, started_at, heartbeat_at, ended_at, request, trigger,
    error_kind, calls_list)
SELECT %s || n, %s || n, 'invoices', %s, %s, 'list', begun.at, now(), CASE WHEN %s THEN begun.at END, %s, %s, %s, 3
FROM generate_series(1, %s) n, LATERAL (SELECT now() - make_interval(mins => %s, secs => n)) begun (at)
"""


def put(world, run, mode, ago, *, state="up_to_date", ended=True, kind="", trigger="schedule", number=1, **request):
    """Keep *number* runs of the invoices that began *ago* minutes ago."""
    world.query(_RUN, run, run, mode, state, ended, json.dumps(request), trigger, kind, number, ago)


def flood(world, ago):
    """Keep the runs of 600 deliveries, two hundred of them cut off in mid-way long ago."""
    put(world, "hook-", "record", ago, trigger="webhook", number=600)
    put(world, "cut-", "record", ago, trigger="webhook", number=200, ended=False, state="running")
    world.query("UPDATE sync.runs SET heartbeat_at = now() - interval '10 minutes' WHERE id LIKE 'cut-%%'")


async def status(world):
    return next(one for one in (await world.service.overview()).entities if one.entity == "invoices")


async def test_a_walk_that_runs_is_shown_as_running_and_a_question_stays_until_it_is_answered(open_world):
    async with open_world() as world:
        put(world, "old", "full", 600)
        put(world, "asked", "sweep", 300, state="needs_you", kind="confirmation")
        put(world, "walks", "incremental", 200, number=60)
        flood(world, 30)

        asked = await status(world)
        assert (asked.state, asked.last.id, asked.live) == ("needs_you", "asked1", None)
        facts = await PgAlerts(world.wiring.database).facts(("invoices",))
        raised = judge(facts, await world.wiring.service.quota(), {"invoices": "Invoices"}).raised
        assert [(one.cause, one.subject, one.evidence) for one in raised] == [(Cause.NEEDS_YOU, "invoices", "asked1")]

        put(world, "walk", "full", 20, ended=False, state="running")
        put(world, "later-", "record", 1, trigger="webhook", number=60)
        owned = await world.wiring.ledger.own("invoices")
        running = await status(world)
        await owned.release()
        assert (running.state, running.live.id) == ("running", "walk1")

        put(world, "answer", "sweep", 1)
        world.query("UPDATE sync.runs SET ended_at = now(), state = 'up_to_date' WHERE id = 'walk1'")
        assert (await status(world)).state == "up_to_date"


async def test_the_history_shows_walks_and_what_people_asked_for_and_any_run_is_found_by_its_id(open_world):
    async with open_world() as world:
        put(world, "walk", "full", 600)
        put(world, "person", "record", 500, trigger="person")
        flood(world, 30)

        shown = await world.service.runs(limit=500)
        every = await world.service.runs(limit=500, fetches=True)
        (found,) = await world.service.find_runs("walk")
        stats = await world.service.stats()

        assert [one.id for one in shown] == ["person1", "walk1"]
        assert len(every) == 500
        assert found.id == "walk1"
        assert stats["total_syncs_today"] <= 2


@pytest.mark.parametrize("cut_off", [False, True])
async def test_what_goes_on_after_a_kill_is_the_walk_with_all_it_was_asked_for(open_world, cut_off):
    asked = {"entities": ["invoices"], "full": True, "details": "all"}
    async with open_world() as world:
        put(world, "walk", "full", 30, state="failed", kind="interrupted", trigger="person", **asked)
        record = {"entities": ["invoices"], "record_id": "123"}
        state = "running" if cut_off else "up_to_date"
        put(world, "record", "record", 1, ended=not cut_off, state=state, trigger="webhook", **record)

        assert await world.service.interrupted() == ["invoices"]
        report = await world.service.sync(SyncRequest(entities=("invoices",), goes_on=True, details="none"))
        (run,) = [one for one in report.runs if one.entity == "invoices"]

        assert (run.mode, run.details_done) == ("full", run.counts.created)
        assert run.details_done > 0
