"""Keychains for tests. None is a KeyringBackend: each subclass of that registers itself with keyring."""
# ruff: noqa: ARG002 -- the signatures are keyring's

import threading

from keyring.errors import KeyringLocked, PasswordDeleteError


class WindowsKeychain:
    """In memory, with Windows' limit of 2,560 bytes of UTF-16 an entry; counts what it is asked."""

    LIMIT = 2_560

    def __init__(self):
        self.entries = {}
        self.asked = 0

    def get_password(self, service, username):
        self.asked += 1
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.asked += 1
        if len(password.encode("utf-16-le")) > self.LIMIT:
            raise OSError(1783, "CredWrite", "The stub received bad data")
        self.entries[service, username] = password

    def delete_password(self, service, username):
        self.asked += 1
        if (service, username) not in self.entries:
            raise PasswordDeleteError(username)
        del self.entries[service, username]


class _Broken:
    def get_password(self, service, username):
        self.fail()

    def set_password(self, service, username, password):
        self.fail(password)

    def delete_password(self, service, username):
        self.fail()

    def answer(self):
        """Let go of who waits."""


class LockedKeychain(_Broken):
    """A person has closed the question for the password."""

    def fail(self, password=""):
        raise KeyringLocked("Failed to unlock the collection!")


class FailingKeychain(_Broken):
    """Its error quotes what was to be kept."""

    def fail(self, password=""):
        raise RuntimeError(f"cannot store {password}")


class SilentKeychain(_Broken):
    """Waits for a person who is not there."""

    def __init__(self):
        self._answered = threading.Event()

    def fail(self, password=""):
        self._answered.wait(30)

    def answer(self):
        self._answered.set()
