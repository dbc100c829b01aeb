"""One contract for every place where secrets rest."""

import pytest

from tests.support.keychains import FailingKeychain, LockedKeychain, SilentKeychain, WindowsKeychain
from tsh_sync_gui.core.errors import VaultError, VaultLockedError
from tsh_sync_gui.vault import FileVault, KeyringVault, MemoryVault


@pytest.fixture(params=["memory", "file", "keychain"])
def vault(request, tmp_path):
    if request.param == "memory":
        return MemoryVault()
    if request.param == "keychain":
        return KeyringVault(tmp_path, WindowsKeychain())
    made = FileVault(tmp_path, "correct horse")
    made.make()
    return made


def texts(vault):
    return {name: secret.get_secret_value() for name, secret in vault.read().items()}


def test_a_new_vault_is_empty(vault):
    assert texts(vault) == {}
    assert vault.is_writable


@pytest.mark.parametrize("secret", ["x", "1000." + "0a" * 32, "سرّ 🔑\n\x00 ends", "y" * 999, "y" * 1000, "y" * 7321])
def test_what_was_put_is_read_again(vault, secret):
    vault.put("client_id", "1000.OTHER")
    vault.put("refresh_token", secret)

    assert texts(vault) == {"client_id": "1000.OTHER", "refresh_token": secret}


def test_a_secret_is_replaced_by_longer_and_shorter_ones(vault):
    for length in (10, 5000, 20, 3000, 0):
        vault.put("refresh_token", "z" * length)

        assert texts(vault) == {"refresh_token": "z" * length}


def test_what_was_removed_is_gone_and_removing_again_is_harmless(vault):
    vault.put("refresh_token", "old")
    vault.put("refresh_token.previous", "older")

    vault.remove("refresh_token")
    vault.remove("refresh_token")
    vault.remove("never there")

    assert texts(vault) == {"refresh_token.previous": "older"}


def test_no_vault_shows_a_secret(vault):
    vault.put("refresh_token", "marked-secret-0815")

    assert "marked-secret" not in repr(vault) + repr(vault.read()) + str(vault.__dict__.get("_secrets"))


@pytest.mark.parametrize(
    ("keychain", "error", "words"),
    [
        (LockedKeychain(), VaultLockedError, "locked"),
        (FailingKeychain(), VaultError, "refused"),
        (SilentKeychain(), VaultLockedError, "does not answer"),
    ],
)
def test_a_keychain_that_fails_says_so_and_does_not_hang(tmp_path, keychain, error, words):
    vault = KeyringVault(tmp_path, keychain, seconds=0.05)

    with pytest.raises(error, match=words) as caught:
        vault.put("refresh_token", "marked-secret-0815")
    with pytest.raises(error, match=words):
        vault.read()

    assert "marked-secret" not in f"{caught.value} {caught.value.cause} {caught.value.__context__}"
    keychain.answer()


@pytest.mark.parametrize("made", [lambda home: FileVault(home, "correct horse"), KeyringVault])
def test_a_home_that_cannot_be_written_is_told(tmp_path, made):
    (tmp_path / "file").write_text("", encoding="utf-8")

    with pytest.raises(VaultError, match="cannot be written"):
        made(tmp_path / "file" / "home").put("refresh_token", "marked-secret-0815")


def test_what_changes_together_is_whole(vault):
    vault.put("refresh_token", "old")

    vault.change({"refresh_token": "new", "refresh_token.previous": "old", "never there": None})
    vault.change({"refresh_token.previous": None})

    assert texts(vault) == {"refresh_token": "new"}
