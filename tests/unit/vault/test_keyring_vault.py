"""The keychain: entries of one home, whole at any moment, asked no more than needed."""

import os
import threading
from contextlib import suppress

import pytest

from tests.support.keychains import SilentKeychain, WindowsKeychain
from tsh_sync_gui.core.errors import VaultDamagedError, VaultError, VaultLockedError
from tsh_sync_gui.vault import KeyringVault


@pytest.fixture
def keychain():
    return WindowsKeychain()


def texts(vault):
    return {name: secret.get_secret_value() for name, secret in vault.read().items()}


def test_two_homes_do_not_mix(tmp_path, keychain):
    one, other = (KeyringVault(tmp_path / name, keychain) for name in ("one", "other"))

    one.put("refresh_token", "1")
    other.put("refresh_token", "2")
    other.remove("refresh_token")

    assert (texts(one), texts(other)) == ({"refresh_token": "1"}, {})


def test_a_home_that_kept_nothing_asks_nothing(tmp_path, keychain):
    vault = KeyringVault(tmp_path, keychain)

    assert texts(vault) == {}
    vault.remove("refresh_token")

    assert keychain.asked == 0


def test_usual_secrets_take_one_entry_and_one_question(tmp_path, keychain):
    vault = KeyringVault(tmp_path, keychain)
    for name, length in (("client_id", 35), ("client_secret", 42), ("refresh_token", 70), ("database_url", 90)):
        vault.put(name, "x" * length)
    keychain.asked = 0

    vault.read()

    assert keychain.asked == 1
    assert len(keychain.entries) == 1


def test_a_shorter_document_leaves_no_pieces(tmp_path, keychain):
    vault = KeyringVault(tmp_path, keychain)
    for length in (9000, 4000, 1):
        vault.put("refresh_token", "x" * length)

    assert len(keychain.entries) == 1


def test_a_program_killed_at_any_write_leaves_the_old_secrets_or_the_new(tmp_path, keychain):
    vault = KeyringVault(tmp_path, keychain)
    vault.put("refresh_token", "a" * 3000)
    before = dict(keychain.entries)

    for allowed in range(12):
        keychain.entries = dict(before)
        _let_through(keychain, allowed)
        with suppress(VaultError):
            vault.put("refresh_token", "b" * 3500)
        del keychain.set_password, keychain.delete_password

        assert texts(vault)["refresh_token"] in {"a" * 3000, "b" * 3500}
        vault.put("refresh_token", "c")
        assert texts(vault) == {"refresh_token": "c"}


def _let_through(keychain, allowed):
    left = [allowed]

    def counted(deed):
        def call(*given):
            if not left[0]:
                raise RuntimeError("killed")
            left[0] -= 1
            return deed(*given)

        return call

    keychain.set_password = counted(WindowsKeychain.set_password.__get__(keychain))
    keychain.delete_password = counted(WindowsKeychain.delete_password.__get__(keychain))


def test_readers_see_old_or_new_while_another_writes(tmp_path, keychain):
    writer, reader = KeyringVault(tmp_path, keychain), KeyringVault(tmp_path, keychain)
    writer.put("refresh_token", "a" * 4000)
    done = threading.Event()

    def write():
        for number in range(30):
            writer.put("refresh_token", "ab"[number % 2] * (3000 + 500 * (number % 3)))
        done.set()

    thread = threading.Thread(target=write)
    thread.start()
    seen = set()
    while not done.is_set():
        seen.add(texts(reader)["refresh_token"][0])
    thread.join()

    assert seen <= {"a", "b"}


def test_damaged_entries_are_told_and_replaced(tmp_path, keychain):
    vault = KeyringVault(tmp_path, keychain)
    vault.put("refresh_token", "a" * 3000)
    piece = next(key for key in keychain.entries if key[1] != "secrets")

    keychain.entries[piece] = "damaged"
    with pytest.raises(VaultDamagedError, match="not whole"):
        vault.read()
    vault.put("client_id", "new")

    assert texts(vault) == {"client_id": "new"}


def test_entries_of_a_newer_version_are_told_and_not_replaced(tmp_path, keychain):
    vault = KeyringVault(tmp_path, keychain)
    vault.put("refresh_token", "a")
    (key,) = keychain.entries
    keychain.entries[key] = newer = '{"v": 9, "generation": "a", "pieces": 1, "sha256": ""}\nof tomorrow'

    for deed in (vault.read, lambda: vault.put("client_id", "new"), lambda: vault.remove("client_id")):
        with pytest.raises(VaultError, match="version 9"):
            deed()

    assert keychain.entries == {key: newer}


def test_a_disk_that_takes_no_name_for_the_home_is_told(tmp_path, keychain, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(VaultError, match="cannot be written"):
        KeyringVault(tmp_path, keychain).put("refresh_token", "a")

    assert keychain.entries == {}


@pytest.mark.parametrize("head", ["", "{}", "rubbish\n"])
def test_a_head_of_another_kind_is_told(tmp_path, keychain, head):
    vault = KeyringVault(tmp_path, keychain)
    vault.put("refresh_token", "a")
    for key in keychain.entries:
        keychain.entries[key] = head

    with pytest.raises(VaultDamagedError):
        vault.read()


def test_while_one_question_waits_no_second_prompt_is_opened(tmp_path):
    silent, asked = SilentKeychain(), WindowsKeychain()
    (tmp_path / "vault.id").write_text("0123", encoding="ascii")

    for keychain in (silent, asked):
        with pytest.raises(VaultLockedError, match="does not answer"):
            KeyringVault(tmp_path, keychain, seconds=0.05).read()
    silent.answer()

    assert asked.asked == 0
    assert texts(KeyringVault(tmp_path, asked, seconds=5)) == {}


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"two words"])
def test_a_damaged_name_of_the_home_is_told(tmp_path, keychain, content):
    (tmp_path / "vault.id").write_bytes(content)

    with pytest.raises(VaultDamagedError, match=r"vault\.id cannot be read"):
        KeyringVault(tmp_path, keychain).read()

    assert keychain.asked == 0


@pytest.mark.parametrize("call", ["get_password", "set_password"])
def test_a_keychain_that_is_opened_too_late_keeps_nothing_new(tmp_path, call):
    keychain, opened, done = WindowsKeychain(), threading.Event(), threading.Event()
    KeyringVault(tmp_path, keychain).put("refresh_token", "old")
    real = getattr(keychain, call)

    def late(service, username, *password):
        opened.wait(10)
        found = real(service, username, *password)
        if opened.is_set():
            done.set()
        return found

    setattr(keychain, call, late)
    with pytest.raises(VaultLockedError):
        KeyringVault(tmp_path, keychain, seconds=0.05).put("refresh_token", "new")
    opened.set()  # a person has come back and unlocks it
    assert done.wait(10)

    assert KeyringVault(tmp_path, keychain).read()["refresh_token"].get_secret_value() == "old"
