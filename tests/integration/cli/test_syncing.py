import os
import signal
import time

import httpx
import psycopg
import pytest

from tests.integration.cli.conftest import SIZES
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.simulator.config import reconfigured


def _ids(zoho, entity) -> list[str]:
    return httpx.get(f"{zoho.url}/__sim/ids?entity={entity}").json()["ids"]


def _calls(zoho) -> dict:
    return httpx.get(f"{zoho.url}/__sim/requests").json()


def _rows(tsh_sync, table: str) -> list[str]:
    url = tsh_sync.environment["TSH_DATABASE_URL"].replace("postgresql+psycopg://", "postgresql://")
    with psycopg.connect(url) as connection:
        rows = connection.execute(f"SELECT zoho_id FROM tsh.{table} WHERE deleted_at IS NULL").fetchall()
    return sorted(row[0] for row in rows)


def test_everything_arrives_and_the_second_time_nothing_is_written(tsh_sync, zoho):
    first = tsh_sync("sync", "--json", "--details", "none")
    before = _calls(zoho)["total"]
    second = tsh_sync("sync", "--json", "--details", "none")

    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert [run["entity"] for run in first.document["runs"]] == [entity.name for entity in REGISTRY]
    assert {run["state"] for run in first.document["runs"]} == {"up_to_date"}
    for name, zohos in (("products", "items"), ("customers", "contacts"), ("invoices", "invoices")):
        known = set(_ids(zoho, zohos))
        assert set(_rows(tsh_sync, name)) <= known
        assert len(_rows(tsh_sync, name)) == SIZES[{"contacts": "customers"}.get(zohos, zohos)]
    assert all(run["created"] == run["updated"] == 0 for run in second.document["runs"])
    assert _calls(zoho)["total"] - before <= 8
    assert second.document["total_synced"] >= 0


def test_an_estimate_asks_what_nobody_knows_and_the_sync_uses_what_was_read(tsh_sync, zoho):
    told = tsh_sync("sync", "products", "--details", "none", "--estimate", "--json")
    nothing = _rows(tsh_sync, "products")
    done = tsh_sync("sync", "products", "--details", "none", "--json")

    [cost] = told.document["forecasts"]
    [run] = done.document["runs"]
    assert (told.code, nothing) == (0, [])
    assert (cost["known"], cost["records"]) == (True, SIZES["items"])
    assert 1 <= told.document["asked"] <= _calls(zoho)["total"]
    assert cost["calls"]["most"] == run["calls"]["list"]
    assert run["created"] == SIZES["items"]


def test_status_runs_quota_and_stats_tell_what_was_done(tsh_sync):
    tsh_sync("sync", "products", "--details", "none")

    status = tsh_sync("status", "--json").document
    runs = tsh_sync("runs", "list", "--json").document["runs"]
    shown = tsh_sync("runs", "show", runs[0]["run_id"], "--json").document
    quota = tsh_sync("quota", "--json").document
    stats = tsh_sync("stats", "--json").document
    words = tsh_sync("status")

    products = next(one for one in status["entities"] if one["entity"] == "products")
    assert products["state"] == "up_to_date"
    assert products["local"] == SIZES["items"]
    assert status["database"]["kind"] == "server"
    assert shown["run"]["entity"] == runs[0]["entity"]
    assert quota["day"]["used"] >= 3
    assert stats["entities_synced"]["products"] == SIZES["items"]
    assert "Up to date" in words.out


@pytest.mark.skipif(os.name == "nt", reason="sends POSIX signals")
def test_ctrl_c_stops_within_a_page_and_the_next_sync_goes_on(tsh_sync, zoho):
    zoho.simulation.config = reconfigured(zoho.config, {"latency_ms": 400})
    program = tsh_sync.begin("sync", "products", "--details", "none", "--json")
    while _calls(zoho)["total"] < 2:
        time.sleep(0.02)

    program.send_signal(signal.SIGINT)
    out, err = program.communicate(timeout=60)
    zoho.simulation.config = reconfigured(zoho.config, {"latency_ms": 0})
    again = tsh_sync("sync", "products", "--details", "none", "--json")

    assert program.returncode == 130, err
    assert '"state": "cancelled"' in out
    assert again.code == 0, again.err
    assert again.document["runs"][0]["state"] == "up_to_date"
    assert _rows(tsh_sync, "products") == sorted(_ids(zoho, "items"))
    assert _calls(zoho)["by_path"]["/inventory/v1/items"] <= 3 + 2


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"ZOHO_RATE_LIMIT_PER_MINUTE": "many"}, 2, "ZOHO_RATE_LIMIT_PER_MINUTE"),
        ({"ZOHO_BATCH_SIZE": "500"}, 2, "1 to 200"),
        ({"ZOHO_ORGANIZATION_ID": "1"}, 2, "ZOHO_ORGANIZATION_ID"),
        ({"ZOHO_REFRESH_TOKEN": ""}, 4, "ZOHO_REFRESH_TOKEN"),
        ({"ZOHO_REFRESH_TOKEN": "wrong"}, 4, "sign"),
        ({"TSH_DATABASE_URL": "mysql://x"}, 2, "TSH_DATABASE_URL"),
        ({"TSH_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, 1, "127.0.0.1:1"),
        ({"ZOHO_SYNC_ENABLED": "false"}, 2, "ZOHO_SYNC_ENABLED"),
    ],
    ids=str,
)
def test_what_a_person_set_wrong_is_named(tsh_sync, changes, code, words):
    ended = tsh_sync("sync", "products", "--details", "none", "--json", **changes)

    assert ended.code == code, ended.err
    assert words in ended.err
    assert "geheim" not in ended.out + ended.err
    assert ended.document


def test_the_end_of_the_quota_ends_with_5_and_what_is_stored_stays(tsh_sync, zoho):
    zoho.simulation.config = reconfigured(zoho.config, {"per_day": 2})

    ended = tsh_sync("sync", "products", "--details", "none", "--json")

    assert ended.code == 5, ended.err
    assert ended.document["runs"][0]["state"] == "waiting"


def test_settings_shared_through_the_database_are_seen_by_all(tsh_sync):
    set_ = tsh_sync("config", "set", "ZOHO_BATCH_SIZE", "100", "--json")
    tsh_sync("sync", "products", "--details", "none")

    calls = tsh_sync("runs", "list", "products", "--json").document["runs"][0]["calls"]

    assert set_.document["from"] == "saved"
    assert tsh_sync("config", "get", "ZOHO_BATCH_SIZE").out == "100\n"
    assert calls["list"] >= 5


def test_a_first_sync_with_a_refused_sign_in_needs_a_person_and_status_says_so(tsh_sync):
    ended = tsh_sync("sync", "products", "--json", ZOHO_REFRESH_TOKEN="revoked")
    words = tsh_sync("status")
    status = tsh_sync("status", "--json").document

    assert ended.code == 4
    assert [(run["entity"], run["state"]) for run in ended.document["runs"]] == [("products", "needs_you")]
    assert "Zoho no longer accepts our sign-in" in " ".join(words.out.split())
    assert {one["entity"]: one["state"] for one in status["entities"]}["products"] == "needs_you"


def test_an_organization_that_is_not_set_is_wrong_use_and_named(tsh_sync, zoho):
    ended = tsh_sync("sync", "products", "--json", ZOHO_ORGANIZATION_ID="")
    nobody = tsh_sync("sync", "products", "--json", ZOHO_REFRESH_TOKEN="")

    assert "This will take" not in ended.err + nobody.err
    assert ended.code == 2
    assert "ZOHO_ORGANIZATION_ID is not set" in ended.err
    assert "tsh-sync auth login" in ended.err
    assert "tsh-sync demo" in ended.err
    assert _calls(zoho)["total"] == 0


def test_who_has_not_signed_in_is_told_so_and_needs_a_person(tsh_sync):
    nothing = dict.fromkeys(("ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN", "ZOHO_ORGANIZATION_ID"), "")

    ended = tsh_sync("sync", "products", "--json", **nothing)
    named = tsh_sync("sync", "products", "--json", **(nothing | {"ZOHO_ORGANIZATION_ID": "748369814"}))
    doctor = tsh_sync("doctor", "--json", **nothing)

    assert (ended.code, named.code, doctor.code) == (4, 4, 4)
    assert ended.document["error"]["title"] == "Nobody is signed in to Zoho"
    assert "tsh-sync auth login" in ended.err


def test_a_day_that_zoho_says_is_used_up_shows_no_room(tsh_sync, zoho):
    httpx.post(f"{zoho.url}/__sim/faults", json={"rules": [{"path": "*/items", "kind": "429_45", "times": 1}]})

    ended = tsh_sync("sync", "products", "--json")
    day = tsh_sync("status", "--json").document["quota"]["day"]

    assert ended.code == 5
    assert day["used"] == day["limit"]
