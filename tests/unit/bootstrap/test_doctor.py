import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tsh_sync_gui.bootstrap import doctor_machine, doctor_zoho
from tsh_sync_gui.bootstrap.doctor import Grade, document, examine, exit_code, read
from tsh_sync_gui.bootstrap.doctor_findings import Check, say
from tsh_sync_gui.bootstrap.setup.values import EntityCheck
from tsh_sync_gui.core.settings import Settings, load
from tsh_sync_gui.store.heard import QuotaFacts

NOBODY = {"database_url": "postgresql://nobody@127.0.0.1:1/none"}
CREDENTIALS = {"client_id": "1000.X", "client_secret": "x", "refresh_token": "1000.a.b", "organization_id": "1"}
NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CHECK = Check("one", "One")


def _findings(tmp_path, overrides):
    async def gather():
        return {one.check: one async for one in examine(load(home=tmp_path, environment=False, overrides=overrides))}

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(gather())


def test_a_database_that_cannot_be_reached_hides_nothing_that_does_not_need_it(tmp_path):
    findings = _findings(tmp_path, NOBODY | CREDENTIALS)

    assert list(findings) == ["disk", "images", "vault", "database", "settings", "listener", "public-address"]
    assert findings["settings"].grade is Grade.OK
    assert findings["database"].exit_code == 1
    assert "127.0.0.1:1" in findings["database"].advice


def test_the_sign_in_is_tried_without_a_database_where_its_region_is_known(tmp_path):
    here = {"accounts_url": "http://127.0.0.1:9", "api_base_url": "http://127.0.0.1:9"}

    findings = _findings(tmp_path, NOBODY | CREDENTIALS | here)

    assert findings["sign-in"].sentence == "Zoho's sign-in at http://127.0.0.1:9 does not answer as it should."
    assert "ZOHO_ACCOUNTS_URL" in findings["sign-in"].advice
    assert findings["organization"].sentence.startswith("This was not looked at")


def test_missing_credentials_are_named_one_by_one(tmp_path):
    findings = _findings(tmp_path, NOBODY | {"client_id": "1000.X", "organization_id": "1"})

    assert findings["settings"].sentence == "ZOHO_CLIENT_SECRET and ZOHO_REFRESH_TOKEN are not set."
    assert findings["settings"].exit_code == 4  # nobody is signed in: a person must


def test_every_bad_value_is_named_and_the_rest_is_read(tmp_path):
    said = {"batch_size": "500", "debug": "perhaps", "organization_id": "77"}

    found = read(lambda defaults: load(home=tmp_path, environment=False, overrides=said | dict(defaults)))

    assert [one.sentence.split()[0] for one in found.faults] == ["ZOHO_BATCH_SIZE", "ZOHO_DEBUG"]
    assert [one.deed for one in found.faults] == ["settings:batch_size", "settings:debug"]
    assert found.loaded is not None
    assert found.loaded.settings.organization_id == "77"
    assert found.loaded.settings.batch_size == 200


def test_settings_that_no_one_can_read_are_all_there_is_to_say(tmp_path):
    (tmp_path / ".env").write_bytes(b"ZOHO_CLIENT_ID=\xff\xfe")

    found = read(lambda defaults: load(home=tmp_path, overrides=dict(defaults)))

    assert found.loaded is None
    assert "cannot be read" in found.faults[0].sentence


def test_deliveries_that_cannot_be_read_are_told(tmp_path):
    assert list(doctor_machine.spooled(tmp_path)) == []
    (tmp_path / "spool").mkdir()
    (tmp_path / "spool" / "1.bad").write_bytes(b"x")

    (finding,) = doctor_machine.spooled(tmp_path)

    assert finding.grade is Grade.WARNING
    assert str(tmp_path) in finding.sentence


@pytest.mark.parametrize(
    ("free", "grade"),
    [(100_000_000, Grade.FAULT), (1_000_000_000, Grade.WARNING), (9_000_000_000, Grade.OK)],
)
def test_a_disk_that_fills_up_is_seen_before_it_is_full(tmp_path, monkeypatch, free, grade):
    monkeypatch.setattr(doctor_machine.shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": free}))

    finding = doctor_machine.disk(tmp_path / "not" / "there")

    assert finding.grade is grade
    assert bool(finding.advice) is (grade is not Grade.OK)


def test_an_image_folder_below_a_file_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    loaded = load(home=tmp_path, environment=False, overrides={"image_cache_dir": str(tmp_path / "file" / "images")})

    finding = doctor_machine.images(loaded)

    assert finding.grade is Grade.FAULT
    assert "ZOHO_IMAGE_CACHE_DIR" in finding.sentence
    assert finding.deed == "settings:image_cache_dir"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "agree"), (300, "300 s ahead of the database's"), (-7200, "7,200 s behind the database's")],
)
def test_a_clock_that_is_off_is_told_with_its_direction(seconds, words):
    finding = doctor_machine.clock(doctor_machine.CLOCK, say("the database's"), timedelta(seconds=seconds))

    assert words in finding.sentence
    assert finding.exit_code == 0


@pytest.mark.parametrize(
    ("zone", "grade", "words"),
    [
        ("Asia/Baghdad", Grade.OK, "Asia/Baghdad (UTC+0300)"),
        ("Asia/Bagdad-West", Grade.WARNING, "“Asia/Bagdad-West”, which this computer does not know"),
        ("../etc/passwd", Grade.WARNING, "does not know"),
        ("", Grade.WARNING, "names no time zone"),
    ],
)
def test_a_time_zone_nobody_knows_is_told(zone, grade, words):
    finding = doctor_zoho.time_zone(zone, NOW)

    assert finding.grade is grade
    assert words in finding.sentence


@pytest.mark.parametrize(
    ("facts", "grade", "words"),
    [
        (
            {"limit": None, "heard_at": None},
            Grade.OK,
            "Zoho sent no figures of its quota. By our own count 612 of 1,000",
        ),
        ({}, Grade.OK, "Zoho counts 624 of 1,000 calls until 21:00 UTC; 612 of them are ours."),
        ({"limit": 500}, Grade.WARNING, "Zoho allows 500 calls a day; ZOHO_DAILY_LIMIT is 1,000."),
        ({"limit": 5000}, Grade.OK, "612 of them are ours, which may be 1,000."),
        ({"is_used_up": True}, Grade.FAULT, "used up until 21:00 UTC"),
    ],
)
def test_what_zoho_says_of_the_quota_is_held_against_what_we_think(facts, grade, words):
    told = {"own": 612, "limit": 1000, "heard_at": NOW, "resets_at": NOW + timedelta(hours=11), "is_used_up": False}
    elsewhere = 0 if facts.get("limit", 1) is None else 12

    finding = doctor_zoho.quota(QuotaFacts(elsewhere=elsewhere, **(told | facts)), Settings())

    assert finding.grade is grade
    assert words in finding.sentence


def test_a_missing_right_to_change_is_a_warning_that_names_the_permission():
    line = EntityCheck(
        entity="customers",
        title="Customers",
        may_read=True,
        may_write=False,
        missing_scope="ZohoBooks.contacts.UPDATE",
        advice="The sign-in does not include ZohoBooks.contacts.UPDATE.",
    )

    finding = doctor_zoho.entity_finding(line, may_write_at_all=True)

    assert finding.grade is Grade.WARNING
    assert finding.sentence == "Customers may be read, but not changed."
    assert "ZohoBooks.contacts.UPDATE" in finding.advice
    assert finding.deed == "setup:check"


def test_the_whole_is_as_bad_as_its_worst_part_and_ends_with_the_first_code():
    findings = [
        CHECK.fine(say("Well.")),
        CHECK.warning(say("Hm.")),
        CHECK.fault(say("{n} of it.", n=1200), code=5),
        CHECK.fault(say("Bad."), code=4),
    ]

    told = document(findings)

    assert (told["ok"], told["grade"], exit_code(findings)) == (False, "fault", 4)
    assert told["checks"][2] == {"check": "one", "grade": "fault", "sentence": "1,200 of it.", "advice": ""}
    assert document(findings[:2])["grade"] == "warning"
    assert exit_code(findings[:2]) == 0
