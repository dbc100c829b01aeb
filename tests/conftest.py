"""Fixtures that every part of the suite may use."""

import os

# No test, and no process that a test starts, may reach the keychain of the person who runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

from tests.support.postgres import database_url, databases, home, postgres

__all__ = ["database_url", "databases", "home", "postgres"]
