"""The simulator as a program: addresses, signals, a kill, a ninth list."""

import json
import os
import signal
import subprocess
import sys

import httpx
import pytest

from tests.support.simulator import SMALL, SimulatedZoho
from tsh_sync_gui.simulator import Collection, SimpleSource, Simulator, SimulatorConfig


def started(*arguments):
    process = subprocess.Popen(
        [sys.executable, "-m", "tsh_sync_gui.simulator", "--items", "30", "--customers", "12", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.skipif(os.name != "posix", reason="these signals are POSIX's")
def test_the_program_prints_its_address_first_and_ends_quietly(number):
    process, url = started()

    with httpx.Client(base_url=url) as client:
        ids = client.get("/__sim/ids", params={"entity": "items"}).json()["ids"]
    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    assert len(ids) == 30
    assert (process.returncode, out, err) == (0, "", "")


def test_a_kill_loses_nothing_that_was_answered(tmp_path):
    state = tmp_path / "with space" / "حالة.jsonl"
    process, url = started("--state", str(state))
    changed = httpx.post(f"{url}/__sim/change", params={"entity": "items", "count": 4}).json()["ids"]
    rates = [httpx.get(f"{url}/__sim/record", params={"entity": "items", "id": one}).json() for one in changed]
    process.kill()
    process.communicate()

    again, url = started("--state", str(state))
    found = [httpx.get(f"{url}/__sim/record", params={"entity": "items", "id": one}).json() for one in changed]
    again.kill()
    again.communicate()

    assert found == rates


def test_faults_and_switches_can_be_given_at_the_start(tmp_path):
    faults = tmp_path / "faults.json"
    faults.write_text(json.dumps({"rules": [{"path": "*", "kind": "html", "times": 1}]}), encoding="utf-8")
    process, url = started("--faults", str(faults), "--strict", "--per-minute", "7")

    first = httpx.get(f"{url}/books/v3/items")
    config = httpx.get(f"{url}/__sim/config").json()
    process.kill()
    process.communicate()

    assert first.text.startswith("<!DOCTYPE")
    assert (config["strict"], config["per_minute"]) == (True, 7)


def brand(index: int) -> dict[str, object]:
    return {"brand_id": str(5461471200000000000 + index * 3), "name": f"Brand {index:03}", "status": "active"}


BRANDS = Collection(
    name="brands",
    record_key="brand",
    id_key="brand_id",
    label="Brand",
    report="Brands",
    series=12,
    size=lambda _config: 45,
    source=lambda _world: SimpleSource(45, brand),
    default_sort=("name", False),
    time_filter=frozenset({"inventory"}),
    change=lambda row, serial: {"name": f"{row['name']} {serial}"},
)


def test_a_ninth_list_is_one_object(make_simulator):
    with SimulatedZoho(make_simulator(extra=[BRANDS])) as zoho:
        rows = zoho.walk("/inventory/v1/brands", "brands", per_page=20)
        deleted = zoho.control("delete", entity="brands", count=1)["ids"][0]
        changed = zoho.control("change", entity="brands", count=1)["ids"][0]
        since = zoho.read("/inventory/v1/brands", last_modified_time="2026-10-31T23:59:59+0300")["brands"]
        detail = zoho.ask(f"/inventory/v1/brands/{changed}").json()
        gone = zoho.ask(f"/inventory/v1/brands/{deleted}").json()

    assert [row["name"] for row in rows] == [f"Brand {number:03}" for number in range(45)]
    assert gone["code"] == 1002
    assert [row["brand_id"] for row in since] == [changed]
    assert detail["brand"]["name"].endswith(" 1")


def test_a_simulator_is_a_context_manager_with_an_address():
    with Simulator(SimulatorConfig(**SMALL)) as simulator:
        assert httpx.get(f"{simulator.url}/__sim/requests").json()["total"] == 0
        url = simulator.url

    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/__sim/requests")


def test_a_taken_port_is_an_error_in_the_caller(simulator):
    port = int(simulator.url.rsplit(":", 1)[1])

    with pytest.raises(OSError, match="in use"):
        Simulator(SimulatorConfig(**SMALL)).start(port=port)
