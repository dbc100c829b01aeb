"""Fixtures that every part of the suite may use."""

import os
import sys

# No test, and no process that a test starts, may reach the keychain of the person who runs it.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"

# Nor does any of them speak TLS; reading the authorities that httpx trusts would take 30 ms for each client.
os.environ.pop("SSL_CERT_FILE", None)
os.environ["SSL_CERT_DIR"] = os.devnull

from hypothesis import settings

from tests.support.garbage import leave_out_what_is_there, pytest_runtest_protocol
from tests.support.postgres import database_url, databases, home, postgres
from tests.support.workers import pytest_xdist_auto_num_workers, pytest_xdist_make_scheduler

# Without kept bytecode each worker would rewrite all tests anew, and each process that a test starts compile all of the
# program: five seconds of work for the one, a third for the other. It is kept where the environment forbids it, too.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

__all__ = [
    "database_url",
    "databases",
    "home",
    "postgres",
    "pytest_runtest_protocol",
    "pytest_xdist_auto_num_workers",
    "pytest_xdist_make_scheduler",
]


# Enough to find what a change has broken; `--hypothesis-profile thorough` looks for what nobody has met yet.
settings.register_profile("suite", max_examples=40, deadline=None)
settings.register_profile("thorough", max_examples=2000, deadline=None)
settings.load_profile("suite")


def pytest_collection_finish() -> None:
    leave_out_what_is_there()
