"""The short form of the storm: what `python -m tests.resilience.webhook_storm` does at length."""

import os

import pytest

from tests.resilience.webhook_storm import storm


@pytest.mark.skipif(os.name == "nt", reason="the storm kills PostgreSQL by its pid file, as on POSIX")
def test_a_kill_of_postgresql_under_webhooks_of_all_forms_loses_nothing_and_the_mirror_follows():
    found = storm(changes=25, seconds=1.5, kills=1, workers=0, victims=("postgres",), webhook_gap_ms=300)

    assert found.faults == []
    assert found.kills == {"postgres": 1}
    assert (found.given_up, found.fetches <= found.changes) == (0, True)
