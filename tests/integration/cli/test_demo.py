"""README's first command, without its window: everything from nothing, and nothing left behind."""

import psutil
import pytest

from tests.integration.cli.conftest import Program
from tsh_sync_gui.entities.registry import REGISTRY


@pytest.mark.timeout(300)
def test_the_demo_syncs_everything_from_nothing_and_the_second_time_only_looks(home, capsys):
    """The person's own settings are ignored, both servers end with the demo, and what was synced stays."""
    own = {"ZOHO_ORGANIZATION_ID": "1", "TSH_DATABASE_URL": "postgresql://127.0.0.1:1/none", "ZOHO_BATCH_SIZE": "x"}
    program = Program({"TSH_HOME": str(home)} | own, capsys)

    first = program.alone("demo", "--headless", "--items", "50", "--json", timeout=280)
    second = program.alone("demo", "--headless", "--json", timeout=280)

    assert first.code == 0, first.err
    assert "a simulated Zoho with 50 products (seed 1), at 6,000 calls a minute" in first.err
    assert {run["entity"]: run["state"] for run in first.document["runs"]} == {
        entity.name: "up_to_date" for entity in REGISTRY
    }
    spent = sum(run["calls"]["total"] for run in first.document["runs"])
    assert f"This will take about {spent} calls, " in first.err
    assert next(run for run in first.document["runs"] if run["entity"] == "products")["created"] == 50
    assert second.code == 0, second.err
    for run in second.document["runs"]:
        assert (run["created"], run["updated"], run["deleted"], run["failed"]) == (0, 0, 0, 0)
        assert run["calls"]["list"] <= 1
        assert run["calls"]["total"] == run["calls"]["list"]
    commands = [" ".join(one.info["cmdline"] or ()) for one in psutil.process_iter(["cmdline"])]
    assert not [command for command in commands if str(home) in command]
    by_hand = Program({"TSH_HOME": str(home / "demo")}, capsys)
    figures = by_hand("quota", "--json").document
    assert (figures["day"]["limit"], figures["minute"]["limit"]) == (1_000_000, 6_000)
    assert by_hand("db", "stop").code == 0
