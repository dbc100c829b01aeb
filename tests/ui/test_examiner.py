"""The check-up's way down: the real doctor on a real database and a simulated Zoho, told as the screen hears it."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.simulator import make_simulator, simulator
from tests.support.stores import with_tables
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.ui.examining import Examiner
from tsh_sync_gui.ui.state.doctor import CheckUp, heading, lines

__all__ = ["make_simulator", "simulator"]


def _told(examiner):
    heard = []
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(examiner.examine(heard.append))
    return heard


def test_the_doctor_tells_its_outline_first_and_then_every_finding(simulator, database_url, tmp_path, monkeypatch):
    environment = {
        "TSH_HOME": str(tmp_path),
        "TSH_DATABASE_URL": database_url(with_tables),
        "ZOHO_CLIENT_ID": "1000.TEST",
        "ZOHO_CLIENT_SECRET": "geheim-geheim",
        "ZOHO_REFRESH_TOKEN": "1000.geheim.geheim",
        "ZOHO_ORGANIZATION_ID": "748369814",
        "ZOHO_API_BASE_URL": simulator.url,
        "ZOHO_ACCOUNTS_URL": simulator.url,
        "ZOHO_RATE_LIMIT_PER_MINUTE": "6000",
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)

    outline, *findings = [one for one in _told(Examiner(lambda: None, demo=False)) if not isinstance(one, str)]

    state = CheckUp(outline=outline, findings=tuple(findings))
    shown = lines(state)
    assert heading(state) == "All is well", [(one.title, one.sentence) for one in shown if one.look.word != "Fine"]
    assert [one.check for one in findings] == [check.key for check in outline]


def test_a_demo_that_is_not_open_says_so(tmp_path):
    with pytest.raises(ConfigurationError, match="The demo is not open yet"):
        _told(Examiner(lambda: None, demo=True))
