"""Secrets of a home: kept in its vault, gathered from it, moved between vaults."""

import keyring
import pytest

from tests.support.keychains import LockedKeychain, WindowsKeychain
from tsh_sync_gui.bootstrap import secrets
from tsh_sync_gui.bootstrap.databases import public_address
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.secrets import (
    home_vault,
    keep,
    keep_secrets,
    make_file_vault,
    unlock,
    use_keychain,
    vault_state,
)
from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import ConfigurationError, NoVaultError, VaultLockedError
from tsh_sync_gui.core.saved import read_saved
from tsh_sync_gui.core.settings import DECLARED, Origin
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.vault import FileVault, MemoryVault

PHRASE = "correct horse"
TOKEN = "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"


@pytest.fixture(autouse=True)
def _nothing_around(monkeypatch, tmp_path):
    for one in DECLARED:
        monkeypatch.delenv(one.variable, raising=False)
    monkeypatch.delenv("TSH_SECRET_KEY", raising=False)
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})
    monkeypatch.setattr(log, "_CONCEALED", set())
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


@pytest.fixture
def keychain(monkeypatch):
    """A machine with a keychain."""
    found = WindowsKeychain()
    found.priority = 5
    monkeypatch.setattr(keyring, "get_keyring", lambda: found)
    return found


@pytest.mark.usefixtures("keychain")
def test_what_was_kept_is_gathered(home):
    keep_secrets(home, {"client_id": "1000.X", "refresh_token": TOKEN, "refresh_token.previous": "older"})

    loaded = gather(home=home)

    assert loaded.settings.refresh_token.get_secret_value() == TOKEN
    assert loaded.origins["refresh_token"] is Origin.SAVED
    assert (loaded.vault, loaded.vault_problem) == (VaultKind.KEYCHAIN, "")
    assert home_vault(home).read()["refresh_token.previous"].get_secret_value() == "older"


@pytest.mark.usefixtures("keychain")
def test_the_environment_goes_before_the_vault(home, monkeypatch):
    keep_secrets(home, {"refresh_token": TOKEN})
    monkeypatch.setenv("ZOHO_REFRESH_TOKEN", "1000.other")

    loaded = gather(home=home)

    assert loaded.settings.refresh_token.get_secret_value() == "1000.other"
    assert loaded.origins["refresh_token"] is Origin.ENVIRONMENT


def test_gathering_is_not_stopped_by_a_locked_keychain(home, monkeypatch):
    locked = LockedKeychain()
    locked.priority = 5
    monkeypatch.setattr(keyring, "get_keyring", lambda: locked)
    home.mkdir()
    (home / "vault.id").write_text("0123", encoding="ascii")

    loaded = gather(home=home)

    assert "locked" in loaded.vault_problem
    assert loaded.vault is VaultKind.KEYCHAIN


def test_a_home_that_kept_no_secret_asks_no_keychain(home, keychain):
    assert gather(home=home).vault is None
    assert keychain.asked == 0


def test_a_bad_value_keeps_nothing_of_all(home, keychain):
    with pytest.raises(ConfigurationError, match="ZOHO_WEBHOOK_SECRET"):
        keep_secrets(home, {"client_id": "1000.X", "webhook_secret": "short"})

    assert keychain.entries == {}


@pytest.mark.usefixtures("keychain")
def test_none_forgets(home):
    keep_secrets(home, {"client_id": "1000.X", "refresh_token": TOKEN})

    keep_secrets(home, {"refresh_token": None})

    assert set(home_vault(home).read()) == {"client_id"}


@pytest.mark.usefixtures("keychain")
def test_an_address_with_its_password_goes_into_the_vault_and_out_of_the_settings_file(home):
    home.mkdir()
    (home / "settings.toml").write_text('database_url = "postgresql://old@db/tsh"\n', encoding="utf-8")

    keep_secrets(home, {"database_url": "postgresql://sara:geheim@db/tsh"})

    assert read_saved(home) == {"database_url_in_vault": "true"}
    assert gather(home=home).settings.database_url.get_secret_value() == "postgresql://sara:geheim@db/tsh"
    assert "geheim" not in log.redact("geheim ist es")


@pytest.mark.parametrize("end", ["locked", "gone"])
def test_an_address_in_a_vault_that_cannot_be_read_is_withheld_and_no_other_database_is_taken(home, monkeypatch, end):
    monkeypatch.setenv("TSH_SECRET_KEY", PHRASE)
    FileVault(home, PHRASE).make()
    keep_secrets(home, {"database_url": "postgresql://sara:geheim@db/tsh"})
    if end == "locked":
        monkeypatch.setenv("TSH_SECRET_KEY", "another passphrase")
    else:
        (home / "vault.tsh").unlink()

    loaded = gather(home=home)

    assert loaded.database_withheld
    with pytest.raises(VaultLockedError, match="address of the database is among the secrets"):
        public_address(loaded)
    assert not (home / "postgres").exists()


def test_an_address_from_outside_or_none_at_all_is_not_withheld(home, monkeypatch):
    monkeypatch.setenv("TSH_SECRET_KEY", PHRASE)
    FileVault(home, PHRASE).make()
    keep_secrets(home, {"refresh_token": TOKEN})
    monkeypatch.setenv("TSH_SECRET_KEY", "another passphrase")

    embedded = gather(home=home)
    monkeypatch.setenv("TSH_SECRET_KEY", PHRASE)
    keep_secrets(home, {"database_url": "postgresql://sara:geheim@db/tsh"})
    monkeypatch.setenv("TSH_DATABASE_URL", "postgresql://other/tsh")
    monkeypatch.setenv("TSH_SECRET_KEY", "another passphrase")

    assert (embedded.database_withheld, bool(embedded.vault_problem)) == ("", True)
    assert gather(home=home).database_withheld == ""


def test_an_address_that_was_forgotten_is_not_withheld(home, monkeypatch):
    monkeypatch.setenv("TSH_SECRET_KEY", PHRASE)
    FileVault(home, PHRASE).make()
    keep_secrets(home, {"database_url": "postgresql://sara:geheim@db/tsh"})

    keep_secrets(home, {"database_url": None})
    monkeypatch.setenv("TSH_SECRET_KEY", "another passphrase")

    assert gather(home=home).database_withheld == ""


def test_without_a_vault_an_address_is_kept_only_without_a_password(home):
    with pytest.raises(NoVaultError, match="has a password") as caught:
        keep_secrets(home, {"database_url": "postgresql://sara:geheim@db/tsh"})
    keep_secrets(home, {"database_url": "postgresql://sara@db/tsh"})

    assert "geheim" not in f"{caught.value} {caught.value.cause} {caught.value.__cause__}"
    assert gather(home=home).settings.database_url.get_secret_value() == "postgresql://sara@db/tsh"
    keep_secrets(home, {"database_url": None})
    assert read_saved(home) == {}


def test_a_file_is_used_as_soon_as_it_is_made_and_again_with_its_key(home, monkeypatch):
    make_file_vault(home, PHRASE)
    keep_secrets(home, {"refresh_token": TOKEN})

    assert gather(home=home).settings.refresh_token.get_secret_value() == TOKEN
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})
    assert "closed" in gather(home=home).vault_problem
    monkeypatch.setenv("TSH_SECRET_KEY", "wrong horse")
    assert "does not open" in vault_state(home).problem
    monkeypatch.setenv("TSH_SECRET_KEY", PHRASE)
    assert gather(home=home).settings.refresh_token.get_secret_value() == TOKEN


def test_the_key_may_stand_in_an_env_file(home, tmp_path, monkeypatch):
    make_file_vault(home, PHRASE)
    keep_secrets(home, {"refresh_token": TOKEN})
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})
    (tmp_path / "work" / ".env").write_text(f"TSH_SECRET_KEY={PHRASE}\n", encoding="utf-8")

    assert gather(home=home).settings.refresh_token.get_secret_value() == TOKEN


def test_a_person_opens_the_file_once_for_the_process(home, monkeypatch):
    make_file_vault(home, PHRASE)
    monkeypatch.setattr(secrets, "_PASSPHRASES", {})

    with pytest.raises(VaultLockedError):
        unlock(home, "wrong horse")
    unlock(home, PHRASE)

    assert vault_state(home).problem == ""


def test_secrets_move_from_the_keychain_to_a_file_and_back(home, keychain):
    keep_secrets(home, {"refresh_token": TOKEN})

    make_file_vault(home, PHRASE)

    assert gather(home=home).vault is VaultKind.FILE
    assert gather(home=home).settings.refresh_token.get_secret_value() == TOKEN
    assert TOKEN not in str(keychain.entries)
    use_keychain(home)
    assert gather(home=home).vault is VaultKind.KEYCHAIN
    assert gather(home=home).settings.refresh_token.get_secret_value() == TOKEN
    assert not (home / "vault.tsh").exists()


def test_another_kind_of_vault_never_leaves_secrets_behind(home, keychain):
    keep_secrets(home, {"refresh_token": TOKEN})
    with pytest.raises(NoVaultError, match="no encrypted file"):
        keep(home, "vault", "file")
    make_file_vault(home, PHRASE)

    keep(home, "vault", "keychain")

    assert read_saved(home) == {"vault": "keychain"}
    assert gather(home=home).settings.refresh_token.get_secret_value() == TOKEN


def test_a_keychain_that_is_not_there_is_refused(home):
    with pytest.raises(NoVaultError, match="no keychain"):
        keep(home, "vault", "keychain")
    with pytest.raises(NoVaultError, match="has none"):
        use_keychain(home)


def test_a_given_vault_is_used(home):
    vault = MemoryVault()

    keep_secrets(home, {"refresh_token": TOKEN}, vault=vault)

    assert gather(home=home, vault=vault).settings.refresh_token.get_secret_value() == TOKEN
    assert gather(home=home).settings.refresh_token.get_secret_value() == ""


def test_gathered_secrets_are_known_to_the_log(home, monkeypatch):
    monkeypatch.setenv("ZOHO_CLIENT_SECRET", "hunter2-hunter2")
    monkeypatch.setenv("TSH_DATABASE_URL", "postgresql://sara:ge%40heim@db/tsh")

    gather(home=home)

    assert log.redact("hunter2-hunter2 ge@heim ge%40heim") == "•••• •••• ••••"
