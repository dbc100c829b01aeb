"""The form of settings is made from their declarations."""

from tsh_sync_gui.core.settings import DECLARED, load
from tsh_sync_gui.ui.state.settings_form import FieldState, fault, masked, sections


def fields(tmp_path, *, has_database: bool = True, saved=None, **overrides) -> dict[str, FieldState]:
    loaded = load(home=tmp_path, overrides=overrides, environment=False)
    made = sections(loaded, has_database=has_database, saved=saved)
    return {one.field: one for section in made for one in section.fields}


def test_every_declared_setting_is_in_the_form(tmp_path):
    assert set(fields(tmp_path)) == {one.field for one in DECLARED}


def test_the_database_comes_first(tmp_path):
    loaded = load(home=tmp_path, environment=False)

    assert sections(loaded, has_database=True)[0].key == "Database"


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


def test_secrets_are_dots_and_never_editable(tmp_path):
    shown = fields(tmp_path, client_secret="abcdefghijklmnop1234")["client_secret"]

    assert shown.value == "••••••••1234"
    assert shown.locked
    assert masked("short") == "••••••••"
    assert masked("") == "not set"


def test_a_bad_value_is_told_its_range():
    assert fault("per_minute", "0") == "Allowed: 1 to 1,000,000."
    assert fault("per_minute", "20") == ""
    assert fault("products", "") != ""
    assert fault("database_url", "mysql://x") != ""
