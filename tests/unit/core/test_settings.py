"""Settings: sources in their order, ranges in words, nothing half-saved."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tsh_sync_gui.core import settings
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.saved import read_saved
from tsh_sync_gui.core.settings import DECLARED, Origin, load, save


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch, tmp_path):
    for one in DECLARED:
        monkeypatch.delenv(one.variable, raising=False)
    monkeypatch.chdir(tmp_path)


def test_without_any_source_the_defaults_of_the_design_hold(tmp_path):
    loaded = load(home=tmp_path)

    assert (loaded.settings.per_minute, loaded.settings.per_day, loaded.settings.concurrency) == (20, 1000, 5)
    assert set(loaded.origins.values()) == {Origin.DEFAULT}


def test_command_line_beats_environment_beats_env_files_beats_saved(tmp_path, monkeypatch):
    home = tmp_path / "home"
    save(home, "per_minute", "11")
    (home / ".env").write_text("ZOHO_RATE_LIMIT_PER_MINUTE=12\nZOHO_DAILY_LIMIT=120\n", encoding="utf-8")
    seen = [load(home=home).settings.per_minute]
    (tmp_path / ".env").write_text("ZOHO_RATE_LIMIT_PER_MINUTE=13\n", encoding="utf-8")
    seen.append(load(home=home).settings.per_minute)
    monkeypatch.setenv("ZOHO_RATE_LIMIT_PER_MINUTE", "14")
    loaded = load(home=home)
    seen.append(loaded.settings.per_minute)
    seen.append(load(home=home, overrides={"per_minute": 15}).settings.per_minute)

    assert seen == [12, 13, 14, 15]
    assert loaded.origins["per_minute"] is Origin.ENVIRONMENT
    assert loaded.origins["per_day"] is Origin.ENV_FILE


def test_the_demo_hears_nothing_of_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("ZOHO_RATE_LIMIT_PER_MINUTE", "14")
    (tmp_path / ".env").write_text("ZOHO_DAILY_LIMIT=7\n", encoding="utf-8")

    loaded = load(home=tmp_path, environment=False)

    assert (loaded.settings.per_minute, loaded.settings.per_day) == (20, 1000)


@pytest.mark.parametrize(
    ("variable", "value", "words"),
    [
        ("ZOHO_RATE_LIMIT_PER_MINUTE", "0", "1 to 1,000,000"),
        ("ZOHO_RATE_LIMIT_PER_MINUTE", "many", "1 to 1,000,000"),
        ("ZOHO_CONCURRENCY", "65", "1 to 64"),
        ("ZOHO_BATCH_SIZE", "201", "1 to 200"),
        ("TDS_STOCK_SYNC_INTERVAL_MINUTES", "1441", "1 to 1,440"),
        ("ZOHO_API_BASE_URL", "http://zohoapis.com", "https://"),
        ("ZOHO_PRODUCTS", "crm", "books, inventory"),
        ("ZOHO_ORGANIZATION_ID", "TSH", "19 digits"),
        ("ZOHO_SYNC_ENABLED", "maybe", "true or false"),
    ],
)
def test_a_bad_value_names_variable_value_and_range(tmp_path, monkeypatch, variable, value, words):
    monkeypatch.setenv(variable, value)

    with pytest.raises(ConfigurationError) as caught:
        load(home=tmp_path)

    assert variable in caught.value.title
    assert value in caught.value.title
    assert words in caught.value.advice


def test_a_bad_database_address_does_not_show_its_password(tmp_path, monkeypatch):
    monkeypatch.setenv("TSH_DATABASE_URL", "mysql://root:hunter2@db/x")

    with pytest.raises(ConfigurationError) as caught:
        load(home=tmp_path)

    assert "hunter2" not in str(caught.value) + caught.value.cause


def test_a_bad_value_is_not_saved(tmp_path):
    save(tmp_path, "per_minute", "30")

    with pytest.raises(ConfigurationError):
        save(tmp_path, "ZOHO_RATE_LIMIT_PER_MINUTE", "-1")

    assert read_saved(tmp_path) == {"per_minute": "30"}


def test_a_reset_goes_back_to_the_default(tmp_path):
    save(tmp_path, "theme", "dark")
    save(tmp_path, "theme", None)

    assert load(home=tmp_path).settings.theme == "system"


def test_secrets_are_not_saved_in_the_clear(tmp_path):
    with pytest.raises(ConfigurationError, match="secret"):
        save(tmp_path, "ZOHO_CLIENT_SECRET", "abc")


def test_a_broken_settings_file_is_named(tmp_path):
    (tmp_path / "settings.toml").write_text("theme = ", encoding="utf-8")

    with pytest.raises(ConfigurationError, match=r"settings\.toml"):
        load(home=tmp_path)


def test_every_setting_is_declared_with_title_help_and_section():
    assert all(one.title and one.help and one.section for one in DECLARED)
    assert settings.find("ZOHO_DAILY_LIMIT") is settings.find("per_day")


def test_an_env_file_that_is_no_utf8_is_named(tmp_path):
    (tmp_path / ".env").write_bytes("ZOHO_DAILY_LIMIT=7\n".encode("utf-16"))

    with pytest.raises(ConfigurationError, match=r"\.env"):
        load(home=tmp_path / "home")


def test_a_home_that_is_a_file_is_named(tmp_path):
    (tmp_path / "home").write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="TSH_HOME"):
        load(home=tmp_path / "home")


def test_settings_saved_by_several_at_once_are_all_kept(tmp_path):
    fields = {"theme": "dark", "debug": "true", "log_api_calls": "true", "image_cache_dir": "/x"}

    with ThreadPoolExecutor(8) as pool:
        for _ in range(5):
            list(pool.map(lambda pair: save(tmp_path, *pair), fields.items()))

    assert read_saved(tmp_path) == fields


def test_a_home_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(ConfigurationError, match="cannot be written"):
        save(tmp_path / "file" / "home", "theme", "dark")
