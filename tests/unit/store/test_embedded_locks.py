"""The lock of a server, on both kinds of systems."""

import errno
import subprocess
import sys
import types

import pytest

from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.store.embedded.leases import Lease, anyone_left

HOLDER = """
import sys, time
from pathlib import Path
from tsh_sync_gui.store.embedded.leases import Lease
lease = Lease(Path(sys.argv[1]))
print("held", flush=True)
time.sleep(600)
"""


def test_one_lock_excludes_the_next_until_it_is_released(tmp_path):
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    with first:
        assert not second.try_acquire()

    assert second.try_acquire()
    second.release()


def test_waiting_for_a_lock_ends_in_words(tmp_path):
    with FileLock(tmp_path / "lock"), pytest.raises(UnreachableError, match="busy with the database"):
        FileLock(tmp_path / "lock", timeout=0.05).acquire()


def test_a_lock_whose_file_was_removed_counts_for_nobody(tmp_path):
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    first.acquire()

    (tmp_path / "lock").unlink()

    assert second.try_acquire()
    first.release()
    second.release()


def test_a_killed_client_leaves_no_lease(tmp_path):
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as client:
        client.stdout.readline()
        assert anyone_left(tmp_path)
        client.kill()

    assert not anyone_left(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_lease_given_back_is_gone_while_others_stay(tmp_path):
    one, other = Lease(tmp_path), Lease(tmp_path)

    one.give_back()

    assert anyone_left(tmp_path)
    other.give_back()
    assert not anyone_left(tmp_path)


class WindowsLocks(types.ModuleType):
    """What the msvcrt module does with locks: the second holder of a byte gets an error."""

    LK_NBLCK = 2

    def __init__(self, refusal):
        super().__init__("msvcrt")
        self.refusal = refusal
        self.taken = False

    def locking(self, *byte):
        assert byte[1:] == (self.LK_NBLCK, 1)
        if self.taken:
            raise self.refusal
        self.taken = True


@pytest.mark.parametrize("refusal", [PermissionError(errno.EACCES, "denied"), OSError(errno.EDEADLK, "deadlock")])
def test_on_windows_a_taken_byte_means_a_taken_lock(tmp_path, monkeypatch, refusal):
    monkeypatch.setitem(sys.modules, "msvcrt", WindowsLocks(refusal))

    first, second = FileLock(tmp_path / "lock", windows=True), FileLock(tmp_path / "lock", windows=True)

    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
