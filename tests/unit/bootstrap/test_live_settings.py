import asyncio
from dataclasses import replace

import pytest

from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.core.settings import Origin, load, validated
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.vault import FileVault


class Shared:
    """Shared settings in memory."""

    def __init__(self):
        self.values = {}
        self.looked = []

    async def note_revealed(self, name, by):
        assert by
        self.looked.append(name)

    async def get_shared(self):
        return self.values

    async def set_shared(self, name, value, by):
        assert by
        self.values = {key: kept for key, kept in (self.values | {name: value}).items() if kept is not None}


@pytest.fixture
def live(tmp_path):
    return LiveSettings(load(home=tmp_path, environment=False, overrides={"concurrency": 3}), Shared())


def test_a_shared_setting_applies_at_once_and_is_told(live):
    heard = []
    live.on_change(lambda settings: heard.append(settings.per_day))

    asyncio.run(live.save("ZOHO_DAILY_LIMIT", "5000"))
    asyncio.run(live.save("per_day", None))

    assert heard == [5000, 1000]
    assert live.loaded.origins["per_day"] is Origin.DEFAULT


def test_a_machine_setting_is_kept_in_the_home(live, tmp_path):
    asyncio.run(live.save("theme", "dark"))

    assert live.now.theme == "dark"
    assert live.now.concurrency == 3
    assert load(home=tmp_path, environment=False).settings.theme == "dark"


def test_a_bad_value_changes_nothing(live):
    with pytest.raises(ConfigurationError, match="ZOHO_DAILY_LIMIT"):
        asyncio.run(live.save("per_day", "many"))

    assert live.now.per_day == 1000


def test_what_the_command_line_says_stays(live):
    asyncio.run(live.save("concurrency", "9"))

    assert live.now.concurrency == 3


def test_a_secret_is_shown_only_after_it_was_written_down(live, monkeypatch):
    live.loaded = replace(live.loaded, settings=validated({"refresh_token": "1000.a.b"}))

    assert asyncio.run(live.reveal("ZOHO_REFRESH_TOKEN")) == "1000.a.b"
    assert live._shared.looked == ["refresh_token"]

    async def gone(_name, by):
        raise UnreachableError("The database does not answer", what="database")

    monkeypatch.setattr(live._shared, "note_revealed", gone)
    with pytest.raises(UnreachableError):
        asyncio.run(live.reveal("ZOHO_REFRESH_TOKEN"))


def test_a_secret_goes_into_the_vault_and_is_in_force_at_once(live, tmp_path, monkeypatch):
    monkeypatch.setenv("TSH_SECRET_KEY", "correct horse")
    monkeypatch.chdir(tmp_path)
    FileVault(tmp_path, "correct horse").make()

    asyncio.run(live.save("client_secret", "0123456789abcdef"))

    assert live.now.client_secret.get_secret_value() == "0123456789abcdef"
    assert live.loaded.vault is VaultKind.FILE
    assert not (tmp_path / "settings.toml").exists()


def test_settings_saved_at_once_are_all_kept_and_all_in_force(live, tmp_path):
    async def save():
        await asyncio.gather(live.save("theme", "dark"), live.save("debug", "true"), live.save("log_api_calls", "true"))

    asyncio.run(save())

    assert (live.now.theme, live.now.debug, live.now.log_api_calls) == ("dark", True, True)
    assert load(home=tmp_path, environment=False).settings == live.now.model_copy(update={"concurrency": 5})


def test_a_vault_that_is_closed_meanwhile_takes_no_secret_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TSH_SECRET_KEY", "correct horse")
    FileVault(tmp_path, "correct horse").make({"refresh_token": "1000.a.b"})
    live = LiveSettings(gather(home=tmp_path, environment=False), Shared())
    monkeypatch.delenv("TSH_SECRET_KEY")

    asyncio.run(live.look_again(("refresh_token",)))
    asyncio.run(live.save("theme", "dark"))

    assert live.now.refresh_token.get_secret_value() == "1000.a.b"
    assert live.now.theme == "dark"
    assert "closed" in live.loaded.vault_problem


def test_what_was_read_first_is_not_taken_over_last(live):
    first, later = {"per_day": "1"}, {"per_day": "2"}
    answers = [first, later]
    delays = [0.05, 0]

    async def slow():
        found, delay = answers.pop(0), delays.pop(0)
        await asyncio.sleep(delay)
        return found

    live._shared.get_shared = slow

    async def both():
        await asyncio.gather(live.refresh(), live.refresh())

    asyncio.run(both())

    assert live.now.per_day == 2


def test_a_demo_reads_nothing_of_the_environment_when_it_looks_again(live, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TSH_VAULT", "file")
    monkeypatch.setenv("ZOHO_BATCH_SIZE", "many")
    live._machine = replace(live._machine, is_demo=True)

    asyncio.run(live.save("theme", "dark"))
    asyncio.run(live.look_again(["refresh_token"]))

    assert live.now.theme == "dark"
    live._machine = replace(live._machine, is_demo=False)
    with pytest.raises(ConfigurationError, match="ZOHO_BATCH_SIZE"):
        asyncio.run(live.look_again(["refresh_token"]))
