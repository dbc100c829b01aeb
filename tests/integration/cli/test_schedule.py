"""Schedules and alerts by the command line, on a real database and a simulated Zoho."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest

from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.wiring import open_wiring
from tsh_sync_gui.engine.alerts import Cause


def by_key(document):
    return {(one["entity"], one["walk"]): one for one in document["schedules"]}


def test_schedules_are_listed_changed_held_and_tell_what_they_cost(tsh_sync):
    before = by_key(tsh_sync("schedule", "list", "--json").document)
    assert tsh_sync("sync", "all", "--details", "none").code == 0
    view = tsh_sync("schedule", "list", "--json").document
    after = by_key(view)

    # A first sync is a person's decision; then all goes by itself.
    assert before["stock_levels", "changes"]["waits_for"] == "first_sync"
    assert before["stock_levels", "changes"]["next"] == []
    stock = after["stock_levels", "changes"]
    assert (stock["standing"], stock["minutes"], stock["runs_a_day"], len(stock["next"])) == ("on", 30, 48, 5)
    assert stock["calls"] == {"least": 3, "most": 3, "known": True}
    assert after["products", "changes"]["served_by"] == "stock_levels"
    assert after["price_lists", "changes"]["cron"] == "0 3 * * *"
    assert after["customers", "full"]["runs_a_day"] == 1
    assert view["a_day"]["calls"] == sum(one["calls_a_day"] for one in after.values())
    assert [one["at"] for one in view["next"]] == sorted(one["at"] for one in view["next"])

    shown = tsh_sync("status", "--json").document["entities"]
    nexts = {one["entity"]: one["next"] for one in shown}
    assert nexts["products"] == nexts["stock_levels"] == stock["next"][0]

    tsh_sync("schedule", "set", "stock", "--every", "1h", "--quiet", "22:00-06:00")
    tsh_sync("schedule", "set", "invoices", "--cron", "0 9 * * 1-5")
    changed = by_key(tsh_sync("schedule", "set", "payments", "--off", "--json").document)
    assert (changed["stock_levels", "changes"]["minutes"], changed["stock_levels", "changes"]["quiet"]) == (
        60,
        "22:00-06:00",
    )
    assert "60" in tsh_sync("config", "get", "TDS_STOCK_SYNC_INTERVAL_MINUTES").out
    assert (changed["invoices", "changes"]["cron"], changed["invoices", "changes"]["own"]) == ("0 9 * * 1-5", True)
    assert (changed["payments", "changes"]["standing"], changed["payments", "changes"]["next"]) == ("off", [])

    held = by_key(tsh_sync("schedule", "pause", "products", "--for", "2h", "--json").document)
    # Products have no runs of their own: to hold them is to hold the runs that serve them.
    assert held["stock_levels", "changes"]["standing"] == "paused"
    assert held["customers", "changes"]["standing"] == "on"
    assert datetime.fromisoformat(held["stock_levels", "changes"]["next"][0]) > datetime.now(UTC) + timedelta(hours=1.9)
    resumed = by_key(tsh_sync("schedule", "resume", "--json").document)
    assert resumed["stock_levels", "changes"]["paused"] is None


@pytest.mark.parametrize(
    "arguments",
    [
        ("set", "stock"),
        ("set", "stock", "--every", "0"),
        ("set", "stock", "--every", "99999d"),
        ("set", "stock", "--every", "5", "--cron", "0 3 * * *"),
        ("set", "stock", "--cron", ""),
        ("set", "stock", "--cron", "61 * * * *"),
        ("set", "stock", "--quiet", "soon"),
        ("set", "stock", "--full", "--every", "60"),
        ("set", "nothing", "--off"),
        ("pause", "--for", "1h", "--until", "2099-01-01"),
        ("pause", "--until", "2020-01-01"),
        ("pause", "--for", "-1h"),
        ("pause", "nothing"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(tsh_sync, arguments):
    refused = tsh_sync("schedule", *arguments, "--json")

    assert refused.code == 2, refused.out
    assert refused.document["error"]["title"]


def test_an_interval_that_the_environment_sets_is_not_changed_behind_its_back(tsh_sync):
    refused = tsh_sync("schedule", "set", "stock", "--every", "60", TDS_STOCK_SYNC_INTERVAL_MINUTES="15")
    listed = tsh_sync("schedule", "list", "--json", TDS_STOCK_SYNC_INTERVAL_MINUTES="15").document

    assert refused.code == 2
    assert by_key(listed)["stock_levels", "changes"]["minutes"] == 15


def test_a_schedule_that_is_due_syncs_once_though_two_processes_see_it_and_what_fails_is_told(tsh_sync, monkeypatch):
    assert tsh_sync("sync", "stock", "products", "--details", "none").code == 0
    for name, value in tsh_sync.environment.items():
        monkeypatch.setenv(name, value)

    async def play():
        loaded = gather()
        async with open_wiring(loaded) as one, open_wiring(loaded) as other:
            await one.scheduler.look()
            async with one.database.raw() as connection:
                await connection.execute("UPDATE sync.schedules SET armed_at = now() - interval '2 hours'")
                await connection.execute("UPDATE sync.watermarks SET last_good_at = now() - interval '2 hours'")
            late = {status.entity: status.state.value for status in (await one.service.overview()).entities}
            working = [asyncio.create_task(wiring.work(2)) for wiring in (one, other)]
            for _ in range(400):
                runs = await one.service.runs(entity="stock_levels")
                if runs[0].trigger == "schedule" and runs[0].ended_at:
                    break
                await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
            for task in working:
                task.cancel()
            await asyncio.wait(working)
            after = {status.entity: status.state.value for status in (await one.service.overview()).entities}
            return await one.service.runs(entity="stock_levels"), await one.service.alerts.all(), late, after

    runs, alerts, late, after = asyncio.run(play())

    scheduled = [run for run in runs if run.trigger == "schedule"]
    assert [(run.state.value, run.mode.value) for run in scheduled] == [("up_to_date", "full")]
    assert late["products"] == late["stock_levels"] == "late"
    assert after["products"] == after["stock_levels"] == "up_to_date"
    missed = {one.subject: one.title for one in alerts}
    assert "missed between" in missed["stock_levels"]
    assert tsh_sync("alerts", "list", "--json").document["alerts"][0]["cause"] == "runs_missed"


def test_alerts_are_silenced_by_cause_and_sending_needs_an_address(tsh_sync):
    silenced = tsh_sync("alerts", "silence", "dead_letters", "--for", "2h", "--json").document
    lifted = [tsh_sync("alerts", "silence", "dead_letters", "--lift", "--json").document["lifted"] for _ in range(2)]

    assert silenced == {"which": "dead_letters", "silenced": "dead_letters", "seconds": 7200.0}
    assert lifted == [True, False]
    assert tsh_sync("alerts", "silence", "17", "--json").code == 2
    untold = tsh_sync("alerts", "test")
    assert untold.code == 2
    assert "•" not in untold.err
    assert tsh_sync("alerts", "list").out.strip() == "No alerts."


def test_an_alert_leaves_as_a_job_and_reaches_its_address_once_though_two_computers_have_it(tsh_sync, monkeypatch):
    got = []

    async def answer(reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-le")
        )
        got.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async def play():
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("TSH_ALERTS_TO", f"json://127.0.0.1:{port}/a-secret-token")
        for name, value in tsh_sync.environment.items():
            monkeypatch.setenv(name, value)
        loaded = gather()
        async with server, open_wiring(loaded) as one, open_wiring(loaded) as other:
            await one.service.alerts.raise_(Cause.RUN_FAILED, "elsewhere", title="A run failed")
            working = [asyncio.create_task(wiring.work(2)) for wiring in (one, other)]
            for _ in range(400):
                await asyncio.sleep(0.05)
                if got and (await one.service.jobs.waiting()).running == 0:
                    break
            for task in working:
                task.cancel()
            await asyncio.wait(working)
            async with one.database.raw() as connection:
                told = await (await connection.execute("SELECT target, count FROM sync.alerts_told")).fetchall()
                tried = await (await connection.execute("SELECT outcome, request FROM sync.attempts")).fetchall()
            return told, tried

    told, tried = asyncio.run(play())

    assert [one["title"] for one in got] == ["TSH Sync: A run failed"]
    assert [count for _, count in told] == [1]
    assert "a-secret-token" not in f"{told} {tried}"
    assert [outcome for outcome, _ in tried] == ["done"]
