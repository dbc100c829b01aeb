"""The form of settings is made from their declarations."""

from dataclasses import replace

from tsh_sync_gui.core.settings import DECLARED, load
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.ui.state.settings_form import FieldState, caution, fault, sections


def fields(tmp_path, *, has_database: bool = True, saved=None, **overrides) -> dict[str, FieldState]:
    loaded = load(home=tmp_path, overrides=overrides, environment=False)
    made = sections(loaded, has_database=has_database, saved=saved)
    return {one.field: one for section in made for one in section.fields}


def test_every_setting_that_is_read_is_in_the_form(tmp_path):
    assert set(fields(tmp_path)) == {one.field for one in DECLARED if not one.is_later}


def test_the_connection_comes_first(tmp_path):
    loaded = load(home=tmp_path, environment=False)

    assert [one.key for one in sections(loaded, has_database=True)][:3] == ["Connection", "Database", "Limits"]


def test_a_value_from_the_command_line_is_locked_and_says_so(tmp_path):
    shown = fields(tmp_path, per_minute=60)["per_minute"]

    assert shown.value == "60"
    assert shown.source == "From the command line"
    assert shown.locked


def test_shared_settings_wait_for_the_database(tmp_path):
    assert fields(tmp_path, has_database=False)["per_day"].locked
    assert not fields(tmp_path)["per_day"].locked
    assert not fields(tmp_path, has_database=False)["database_url"].locked


def test_a_saved_value_can_be_reset(tmp_path):
    saved = fields(tmp_path, saved={"per_day": "2500"})["per_day"]
    again = fields(tmp_path, saved={"per_day": None})["per_day"]

    assert (saved.value, saved.source, saved.can_reset) == ("2500", "Saved for all machines", True)
    assert (again.value, again.source, again.can_reset) == ("1000", "Default", False)


def test_a_secret_is_dots_and_never_in_the_field(tmp_path):
    shown = fields(tmp_path, saved={"client_secret": "abcdefghijklmnop1234"})["client_secret"]

    assert (shown.shown, shown.value) == ("••••1234", "")
    assert shown.can_reveal
    assert not shown.locked
    assert fields(tmp_path)["client_secret"].shown == "not set"
    assert not fields(tmp_path)["client_secret"].can_reveal


def test_a_secret_says_where_it_rests(tmp_path):
    loaded = load(home=tmp_path, environment=False, secrets={"client_secret": "abcdefghijklmnop1234"})
    told = {
        kind: next(
            one.source
            for section in sections(replace(loaded, vault=kind), has_database=True)
            for one in section.fields
            if one.field == "client_secret"
        )
        for kind in (VaultKind.KEYCHAIN, VaultKind.FILE)
    }

    assert told == {VaultKind.KEYCHAIN: "In the keychain", VaultKind.FILE: "In the encrypted file"}


def test_a_closed_vault_locks_secrets_and_says_why(tmp_path):
    loaded = replace(load(home=tmp_path, environment=False), vault=VaultKind.FILE, vault_problem="It is closed.")
    made = {one.field: one for section in sections(loaded, has_database=True) for one in section.fields}

    assert made["client_secret"].locked == "It is closed."
    assert not made["theme"].locked


def test_an_address_is_shown_with_dots_for_its_password(tmp_path):
    shown = fields(tmp_path, saved={"database_url": "postgresql://sara:geheim@db:5432/tsh"})["database_url"]

    assert shown.value == "postgresql://sara:••••@db:5432/tsh"
    assert shown.can_reveal
    assert fault("database_url", "postgresql://sara:••••@other/tsh") == "Write the password in place of the dots."
    assert not fields(tmp_path, saved={"database_url": "postgresql://sara@db/tsh"})["database_url"].can_reveal


def test_what_is_allowed_and_unwise_is_said():
    assert "blocks" in caution("per_minute", "101")
    assert caution("per_minute", "100") == ""
    assert caution("per_day", "5000") == ""


def test_a_bad_value_is_told_its_range():
    assert fault("per_minute", "0") == "Allowed: 1 to 1,000,000."
    assert fault("per_minute", "20") == ""
    assert fault("products", "") != ""
    assert fault("database_url", "mysql://x") != ""
