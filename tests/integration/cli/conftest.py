"""The real command in a process of its own, on a real database and a simulated Zoho."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

import pytest

from tsh_sync_gui.simulator import Simulator, SimulatorConfig

# Small, so that a full sync takes a second.
SIZES = {"items": 450, "customers": 30, "orders": 20, "invoices": 20, "payments": 20, "credit_notes": 10}


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


class Program:
    """`tsh-sync` with an environment of its own: nothing of the person's who runs the tests."""

    def __init__(self, environment: dict[str, str]) -> None:
        kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "HOME", "LANG")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ} | environment
        self.environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))

    def __call__(self, *arguments: str, timeout: float = 100, **changes: str) -> Ended:
        ended = subprocess.run(
            [sys.executable, "-m", "tsh_sync_gui", *arguments],
            env=self.environment | changes,
            cwd=self.environment["TSH_HOME"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=timeout,
            check=False,
        )
        return Ended(ended.returncode, ended.stdout, ended.stderr)

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "tsh_sync_gui", *arguments],
            env=self.environment,
            cwd=self.environment["TSH_HOME"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )


@pytest.fixture
def zoho():
    with Simulator(SimulatorConfig(**SIZES, per_minute=1_000_000, per_day=1_000_000)) as simulator:
        yield simulator


@pytest.fixture
def settings(zoho):
    return {
        "ZOHO_CLIENT_ID": "1000.TEST",
        "ZOHO_CLIENT_SECRET": "geheim-geheim",
        "ZOHO_REFRESH_TOKEN": "1000.geheim.geheim",
        "ZOHO_ORGANIZATION_ID": "748369814",
        "ZOHO_API_BASE_URL": zoho.url,
        "ZOHO_ACCOUNTS_URL": zoho.url,
        "ZOHO_RATE_LIMIT_PER_MINUTE": "1000000",
        "ZOHO_DAILY_LIMIT": "1000000",
    }


@pytest.fixture
def tsh_sync(settings, home, database_url):
    return Program(settings | {"TSH_HOME": str(home), "TSH_DATABASE_URL": database_url()})
