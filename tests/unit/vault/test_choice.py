"""Which vault serves a home."""

import types

import keyring
import pytest

from tests.support.keychains import WindowsKeychain
from tsh_sync_gui.core.errors import NoVaultError
from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.vault import FileVault, choose, has_keychain
from tsh_sync_gui.vault.env_vault import EnvironmentVault


@pytest.fixture
def system(monkeypatch):
    """Say which keychain the machine has, by its priority; an error is what its priority raises."""

    def has(priority):
        class Found(WindowsKeychain):
            @property
            def priority(self):
                if isinstance(priority, Exception):
                    raise priority
                return priority

        found = Found()
        monkeypatch.setattr(keyring, "get_keyring", lambda: found)
        return found

    monkeypatch.delenv("TSH_SECRET_KEY", raising=False)
    return has


def test_a_real_keychain_is_taken(system, tmp_path):
    keychain = system(5)

    vault = choose(tmp_path)
    vault.put("refresh_token", "x")

    assert vault.kind is VaultKind.KEYCHAIN
    assert len(keychain.entries) == 1


@pytest.mark.parametrize("priority", [0, -1, 0.5, RuntimeError("no D-Bus")])
def test_what_is_no_real_keychain_is_never_asked(system, tmp_path, priority):
    keychain = system(priority)

    vault = choose(tmp_path)

    assert not has_keychain()
    assert vault.kind is VaultKind.ENVIRONMENT
    assert not vault.is_writable
    with pytest.raises(NoVaultError, match="tsh-sync config vault file"):
        vault.put("refresh_token", "x")
    with pytest.raises(NoVaultError):
        vault.remove("refresh_token")
    assert keychain.asked == 0


def test_secrets_in_a_keychain_that_is_out_of_reach_are_said_to_be_there(system, tmp_path):
    """As under cron, where there is no session at the desktop: nothing must look as if it was never kept."""
    keychain = system(5)
    choose(tmp_path).put("refresh_token", "x")
    system(0)

    with pytest.raises(NoVaultError, match="reached from here"):
        choose(tmp_path).read()

    assert len(keychain.entries) == 1


def test_without_a_keychain_the_file_is_taken_if_it_was_made(system, tmp_path, monkeypatch):
    system(0)
    FileVault(tmp_path, "correct horse").make({"client_id": "x"})

    monkeypatch.setenv("TSH_SECRET_KEY", "correct horse")

    assert choose(tmp_path).kind is VaultKind.FILE
    assert set(choose(tmp_path).read()) == {"client_id"}
    assert set(choose(tmp_path, passphrase="correct horse").read()) == {"client_id"}


def test_a_wish_goes_before_what_is_there(system, tmp_path):
    system(5)
    FileVault(tmp_path, "correct horse").make()

    assert choose(tmp_path).kind is VaultKind.KEYCHAIN
    assert choose(tmp_path, kind="file").kind is VaultKind.FILE
    system(0)
    with pytest.raises(NoVaultError, match="TSH_VAULT says keychain"):
        choose(tmp_path, kind="keychain").put("a", "b")
    with pytest.raises(NoVaultError, match="not made yet"):
        choose(tmp_path / "other", kind="file").put("a", "b")


def test_the_environment_is_read_by_its_variables():
    vault = EnvironmentVault({"ZOHO_CLIENT_ID": "1000.X", "ZOHO_CLIENT_SECRET": "", "ZOHO_DAILY_LIMIT": "5"})

    assert {name: secret.get_secret_value() for name, secret in vault.read().items()} == {"client_id": "1000.X"}


def test_the_systems_null_keychain_is_none(monkeypatch):
    monkeypatch.setattr(keyring, "get_keyring", lambda: types.SimpleNamespace(priority=-1))

    assert not has_keychain()
