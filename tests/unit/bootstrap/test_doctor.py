import asyncio
from datetime import timedelta

import pytest

from tsh_sync_gui.bootstrap import doctor
from tsh_sync_gui.bootstrap.doctor import Grade, examine
from tsh_sync_gui.core.settings import load

NOBODY = {"database_url": "postgresql://nobody@127.0.0.1:1/none"}
CREDENTIALS = {"client_id": "1000.X", "client_secret": "x", "refresh_token": "1000.a.b", "organization_id": "1"}


def _findings(tmp_path, overrides):
    async def gather():
        return {one.check: one async for one in examine(load(home=tmp_path, environment=False, overrides=overrides))}

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(gather())


def test_a_database_that_cannot_be_reached_ends_the_examination(tmp_path):
    findings = _findings(tmp_path, NOBODY | CREDENTIALS)

    assert list(findings) == ["disk", "settings", "database"]
    assert findings["settings"].grade is Grade.OK
    assert findings["database"].exit_code == 1
    assert "127.0.0.1:1" in findings["database"].advice


def test_missing_credentials_are_named_one_by_one(tmp_path):
    findings = _findings(tmp_path, NOBODY | {"client_id": "1000.X", "organization_id": "1"})

    assert findings["settings"].sentence == "ZOHO_CLIENT_SECRET and ZOHO_REFRESH_TOKEN are not set."
    assert findings["settings"].exit_code == 2


@pytest.mark.parametrize(
    ("free", "grade"),
    [(100_000_000, Grade.FAULT), (1_000_000_000, Grade.WARNING), (9_000_000_000, Grade.OK)],
)
def test_a_disk_that_fills_up_is_seen_before_it_is_full(tmp_path, monkeypatch, free, grade):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": free}))

    finding = doctor._disk(tmp_path / "not" / "there")

    assert finding.grade is grade
    assert bool(finding.advice) is (grade is not Grade.OK)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "agree"), (300, "300 s ahead of the database's"), (-7200, "7,200 s behind the database's")],
)
def test_a_clock_that_is_off_is_told_with_its_direction(seconds, words):
    finding = doctor._clock("clock", "the database's", timedelta(seconds=seconds))

    assert words in finding.sentence
    assert finding.exit_code == 0
