"""The real command in a process of its own, on a real database and a simulated Zoho."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.stores import with_tables
from tsh_sync_gui.cli.app import main
from tsh_sync_gui.core import log
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

    def __init__(self, environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> None:
        kept = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "HOME", "LANG")
        self.environment = {name: os.environ[name] for name in kept if name in os.environ} | environment
        self._capsys = capsys

    def __call__(self, *arguments: str, typed: str = "", **changes: str) -> Ended:
        """Run a command to its end in this process, which saves the second that a start takes."""
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryFile("w+", encoding="utf-8") as stdin:
            stdin.write(typed)
            stdin.seek(0)
            patch.setattr(sys, "stdin", stdin)
            for name in os.environ.keys() - self.environment.keys():
                if name.startswith(("ZOHO_", "TSH_", "TDS_")):
                    patch.delenv(name)
            for name, value in (self.environment | changes).items():
                patch.setenv(name, value)
            patch.chdir(self.environment["TSH_HOME"])
            self._capsys.readouterr()
            code = main(arguments)
        told = self._capsys.readouterr()
        log.configure(None)
        return Ended(code, told.out, told.err)

    def begin(self, *arguments: str) -> "subprocess.Popen[str]":
        """Start a command in a process of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "tsh_sync_gui", *arguments],
            env=self.environment | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            cwd=self.environment["TSH_HOME"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )

    def alone(self, *arguments: str, timeout: float = 110) -> Ended:
        """Run a command to its end in a process of its own."""
        program = self.begin(*arguments)
        out, err = program.communicate(timeout=timeout)
        return Ended(program.returncode, out, err)


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
        "ZOHO_RATE_LIMIT_PER_MINUTE": "6000",
        "ZOHO_DAILY_LIMIT": "1000000",
    }


@pytest.fixture
def tsh_sync(settings, home, database_url, capsys):
    return Program(settings | {"TSH_HOME": str(home), "TSH_DATABASE_URL": database_url(with_tables)}, capsys)


@pytest.fixture
def at_home(settings, home, capsys):
    """The program with its embedded database."""
    return Program(settings | {"TSH_HOME": str(home)}, capsys)
