"""What the settings screen does beyond saving, on a real home."""

import asyncio
from types import SimpleNamespace

import pytest

from tsh_sync_gui.bootstrap import secrets
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import ConfigurationError, VaultLockedError
from tsh_sync_gui.core.settings import DECLARED
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.ui.settings_deeds import ProgramDeeds


@pytest.fixture
def home(tmp_path, monkeypatch):
    for one in DECLARED:
        monkeypatch.delenv(one.variable, raising=False)
    monkeypatch.delenv("TSH_SECRET_KEY", raising=False)
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})
    monkeypatch.setattr(log, "_CONCEALED", set())
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


def deeds(home, service=None):
    return ProgramDeeds(lambda: gather(home=home), lambda: service)


def test_a_file_is_made_used_and_opened_again(home, monkeypatch):
    asyncio.run(deeds(home).make_file("correct horse"))
    secrets.keep_secrets(home, {"client_secret": "0123456789abcdef"})
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})

    assert "closed" in asyncio.run(deeds(home).vault()).problem
    with pytest.raises(VaultLockedError):
        asyncio.run(deeds(home).unlock("wrong horse"))
    asyncio.run(deeds(home).unlock("correct horse"))

    assert asyncio.run(deeds(home).vault()).kind is VaultKind.FILE
    assert asyncio.run(deeds(home).now()).text("client_secret") == "0123456789abcdef"


def test_a_secret_is_shown_through_the_service_which_writes_it_down(home):
    asked = []

    async def reveal_setting(name):
        asked.append(name)
        return "from the service"

    service = SimpleNamespace(reveal_setting=reveal_setting)

    assert asyncio.run(deeds(home, service).reveal("client_secret")) == "from the service"
    assert asked == ["client_secret"]


def test_without_a_database_the_log_says_who_looked(home, tmp_path):
    log.configure(tmp_path)
    asyncio.run(deeds(home).make_file("correct horse"))
    secrets.keep_secrets(home, {"client_secret": "0123456789abcdef"})

    shown = asyncio.run(deeds(home).reveal("client_secret"))
    log.configure(None)

    written = (tmp_path / "logs" / "tsh-sync.log").read_text(encoding="utf-8")
    assert shown == "0123456789abcdef"
    assert "ZOHO_CLIENT_SECRET" in written
    assert "0123456789abcdef" not in written


def test_what_was_exported_is_read_again(home, tmp_path):
    secrets.keep(home, "theme", "dark")

    count = asyncio.run(deeds(home).export(tmp_path / "out.toml", ""))

    assert count == 1
    assert asyncio.run(deeds(home).read(tmp_path / "out.toml")).values == {"theme": "dark"}


def test_settings_that_cannot_be_read_are_told(home):
    with pytest.raises(ConfigurationError, match="cannot be read"):
        asyncio.run(ProgramDeeds(lambda: None, lambda: None).now())
