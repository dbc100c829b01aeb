"""The encrypted file: opened by its passphrase only, whole at any moment, readable by its owner alone."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tsh_sync_gui.core.errors import ConfigurationError, NoVaultError, VaultDamagedError, VaultError, VaultLockedError
from tsh_sync_gui.vault import FileVault, file_vault
from tsh_sync_gui.vault.private_file import owner_only, write_private
from tsh_sync_gui.vault.sealed import Header

PHRASE = "correct horse"
WRITER = """
import sys
from pathlib import Path
from tsh_sync_gui.vault import FileVault
vault = FileVault(Path(sys.argv[1]), "correct horse")
for number in range(20):
    vault.put(f"{sys.argv[2]}-{number}", sys.argv[2] * 50)
"""


@pytest.fixture
def vault(tmp_path):
    made = FileVault(tmp_path, PHRASE)
    made.make({"refresh_token": "marked-secret"})
    return made


def test_the_file_is_not_made_by_reading_or_writing(tmp_path):
    vault = FileVault(tmp_path, PHRASE)

    with pytest.raises(NoVaultError, match="not made yet"):
        vault.read()
    with pytest.raises(NoVaultError, match="config vault file"):
        vault.put("refresh_token", "x")

    assert not vault.exists


def test_the_file_holds_no_secret_in_the_clear(vault):
    content = vault.path.read_bytes()

    assert b"marked-secret" not in content
    assert b"refresh_token" not in content
    assert json.loads(content.splitlines()[0])["version"] == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has other rights; see the test of its command")
def test_only_the_owner_may_read_the_file_also_after_a_change(vault):
    vault.put("client_id", "x")

    assert stat.S_IMODE(vault.path.stat().st_mode) == 0o600


def test_on_windows_all_rights_of_others_are_taken_before_the_content_is_written(tmp_path):
    seen = []

    def run(command):
        seen.append((command, Path(command[1]).stat().st_size))

    write_private(tmp_path / "vault.tsh", b"content", windows=True, run=run)

    ((command, size),) = seen
    assert command[0] == "icacls"
    assert command[2:] == owner_only(tmp_path, command[-1].removesuffix(":F"))[2:]
    assert "/inheritance:r" in command
    assert size == 0
    assert (tmp_path / "vault.tsh").read_bytes() == b"content"


def test_on_windows_a_file_whose_rights_cannot_be_taken_is_not_written(tmp_path):
    (tmp_path / "vault.tsh").write_bytes(b"before")

    def run(command):
        raise OSError("icacls ended with 5")

    with pytest.raises(OSError, match="icacls"):
        write_private(tmp_path / "vault.tsh", b"content", windows=True, run=run)

    assert [path.name for path in tmp_path.iterdir()] == ["vault.tsh"]
    assert (tmp_path / "vault.tsh").read_bytes() == b"before"


def test_another_passphrase_is_told_in_words(vault, tmp_path):
    for phrase in ("wrong horse", PHRASE + " "):
        with pytest.raises(VaultLockedError, match="does not open"):
            FileVault(tmp_path, phrase).read()
    with pytest.raises(VaultLockedError, match="closed"):
        FileVault(tmp_path).read()
    with pytest.raises(VaultLockedError):
        FileVault(tmp_path, "wrong horse").put("refresh_token", "lost")

    assert vault.read()["refresh_token"].get_secret_value() == "marked-secret"


@pytest.mark.parametrize("phrase", ["", "short", "       7"])
def test_a_short_passphrase_is_refused(tmp_path, phrase):
    with pytest.raises(ConfigurationError, match="too short"):
        FileVault(tmp_path, phrase).make()


def test_a_second_file_is_refused(vault):
    with pytest.raises(ConfigurationError, match="already"):
        vault.make()


def test_the_header_is_bound_to_the_secrets(vault, tmp_path):
    """Neither a weaker header nor another file's can be put before the secrets."""
    header, body = vault.path.read_bytes().splitlines()
    (tmp_path / "other").mkdir()
    other = FileVault(tmp_path / "other", PHRASE)
    other.make()

    for forged in (other.path.read_bytes().splitlines()[0], header.replace(b'"n":32768', b'"n":16384'), header + b" "):
        vault.path.write_bytes(forged + b"\n" + body)
        with pytest.raises(VaultLockedError):
            vault.read()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"format":"other","version":1,"salt":"","n":2,"r":8,"p":1}\nAAAA',
        b'{"format":"tsh-sync vault","version":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","n":1073741824,"r":8,"p":1}\nAAAA',
        b'{"format":"tsh-sync vault","version":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","n":32768,"r":8,"p":1}\nAAAA',
        b'{"format":"tsh-sync vault","version":1,"salt":"AAAAAAAAAAAAAAAAAAAAAA==","n":32768,"r":8,"p":1}\n!!!!',
    ],
)
def test_a_file_that_is_no_vault_is_named(tmp_path, content):
    vault = FileVault(tmp_path, PHRASE)
    vault.path.write_bytes(content)

    with pytest.raises(VaultDamagedError, match=r"vault\.tsh is not whole"):
        vault.read()


def test_a_newer_version_is_named(tmp_path):
    vault = FileVault(tmp_path, PHRASE)
    vault.path.write_bytes(b'{"format":"tsh-sync vault","version":2,"salt":"AAAAAAAAAAAAAAAAAAAAAA=="}\nAAAA')

    with pytest.raises(VaultDamagedError, match="version 2"):
        vault.read()


def test_a_header_that_asks_for_more_memory_than_there_is_is_called_damage(vault, monkeypatch):
    def exhausted(*_):
        raise MemoryError

    monkeypatch.setattr(Header, "key", exhausted)

    with pytest.raises(VaultDamagedError, match="not whole"):
        vault.read()


def test_every_flipped_byte_is_noticed(vault):
    content = vault.path.read_bytes()
    for place in range(0, len(content), 7):
        changed = bytearray(content)
        changed[place] ^= 1
        vault.path.write_bytes(bytes(changed))

        with pytest.raises(VaultError):
            vault.read()


def test_two_processes_that_write_at_once_lose_nothing(vault, tmp_path):
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), name], stderr=subprocess.PIPE) for name in "ab"
    ]
    while any(one.poll() is None for one in writers):
        assert "refresh_token" in vault.read()

    assert [one.communicate()[1] for one in writers] == [b"", b""]
    assert len(vault.read()) == 41
    assert sorted(path.name for path in tmp_path.iterdir()) == ["vault.lock", "vault.tsh"]


def test_a_write_that_fails_leaves_the_old_file(vault, monkeypatch):
    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(VaultError, match="cannot be written"):
        vault.put("refresh_token", "lost")

    monkeypatch.undo()
    assert vault.read()["refresh_token"].get_secret_value() == "marked-secret"
    assert sorted(path.name for path in vault.path.parent.iterdir()) == ["vault.lock", "vault.tsh"]


def test_on_windows_a_reader_is_waited_for(tmp_path, monkeypatch):
    (tmp_path / "vault.tsh").write_bytes(b"before")
    refusals = [PermissionError(13, "in use"), PermissionError(13, "in use")]
    replace = Path.replace

    def busy(self, target):
        if refusals:
            raise refusals.pop()
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", busy)

    write_private(tmp_path / "vault.tsh", b"content", windows=True, run=lambda _command: None)

    assert (tmp_path / "vault.tsh").read_bytes() == b"content"


def test_a_folder_that_cannot_be_synced_keeps_what_was_written(tmp_path, monkeypatch):
    fsync = os.fsync

    def files_only(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(22, "Invalid argument")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)

    write_private(tmp_path / "vault.tsh", b"content")

    assert (tmp_path / "vault.tsh").read_bytes() == b"content"


def test_several_secrets_are_one_write_and_nothing_new_is_none(tmp_path, monkeypatch):
    vault, writes = FileVault(tmp_path, "correct horse"), []
    vault.make()
    monkeypatch.setattr(file_vault, "write_private", lambda path, _text: writes.append(path))

    vault.change({"client_id": "1000.X", "client_secret": "y", "refresh_token": "z"})
    vault.change({"never there": None})

    assert len(writes) == 1
