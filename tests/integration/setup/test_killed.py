"""Killing the program at each step of the set-up: the next start goes on there, and asks no secret twice."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.setups import PASSPHRASE, facts
from tsh_sync_gui.bootstrap.setup.values import Step


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the steps run in forks of one process, which saves a start each")
def test_a_set_up_that_is_killed_at_every_step_goes_on_where_it_was(vaulted, url, simulator):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ZOHO_", "TSH_", "TDS_"))}
    environment = kept | {"TSH_SECRET_KEY": PASSPHRASE, "PYTHONPATH": str(Path(__file__).parents[3])}

    done = subprocess.run(
        [sys.executable, "-m", "tests.support.killed_setup", str(vaulted), url, simulator.url],
        capture_output=True,
        text=True,
        cwd=vaulted,
        env=environment,
        timeout=100,
        check=False,
    )

    starts = [json.loads(line) for line in done.stdout.splitlines() if line]
    steps = list(Step)
    assert len(starts) == len(steps) + 1, done.stderr
    # The first start is at the first step; each later one at the step whose work the one before was killed in.
    assert [start["current"] for start in starts] == [Step.START, *steps]
    for step, later in (("app", Step.APP), ("database", Step.DATABASE)):
        assert [start[step] for start in starts] == [number > steps.index(later) for number in range(len(starts))]
    assert [start["signed_in"] for start in starts] == ["none"] * 4 + ["ok"] * 6
    assert [start["organization"] for start in starts] == [""] * 5 + ["TSH Trading"] * 5
    assert [start["batch_size"] for start in starts] == [200] * 8 + [150] * 2
    for before, after in itertools.pairwise(starts):
        assert before["secrets"].items() <= after["secrets"].items()
    assert set(starts[-1]["secrets"]) == {
        "database_url",
        "client_id",
        "client_secret",
        "refresh_token",
        "webhook_secret",
    }
    assert (facts(simulator)["codes_redeemed"], facts(simulator)["refresh_tokens"]) == (1, 1)
