"""Kill -9 of the program, of PostgreSQL and of the simulator at random moments of full syncs.

`python -m tests.resilience.kill_loop --kills 100` prints what it did and, as its last line, JSON. It fails when a row
is missing, doubled or wrong, when a run was not gone on with, or when more calls were spent than 2 pages a kill.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.benchmarks.world import environment, home
from tsh_sync_gui.entities.registry import REGISTRY

ROOT = Path(__file__).parents[2]
SIZES = {"items": 8000, "customers": 700, "orders": 1500, "invoices": 1500, "payments": 900, "credit_notes": 300}
LIMITS = {"per_minute": 6000, "per_day": 100_000_000, "concurrency": 64}
LISTS = ("items", "contacts", "salesorders", "invoices", "customerpayments", "pricebooks", "creditnotes")


class SimulatorProcess:
    """A simulator on one port that can be killed and started again; its counters survive here."""

    def __init__(self, state: Path) -> None:
        self._state = state
        self.port = 0
        self.counted = 0
        self.url = self._start()

    def _start(self) -> str:
        options = [
            part for name, value in (SIZES | LIMITS).items() for part in (f"--{name.replace('_', '-')}", str(value))
        ]
        command = [
            sys.executable,
            "-m",
            "tsh_sync_gui.simulator",
            "--port",
            str(self.port),
            "--state",
            str(self._state),
        ]
        self._process = subprocess.Popen([*command, *options], stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert self._process.stdout is not None
        url = self._process.stdout.readline().strip()
        self.port = int(url.rsplit(":", 1)[1])
        return url

    def kill(self) -> None:
        """Kill -9 and start again."""
        self.counted += self.calls()
        self._process.kill()
        self._process.wait()
        self._start()

    def calls(self) -> int:
        """Return the list calls since the last start."""
        paths = httpx.get(f"{self.url}/__sim/requests", timeout=30).json()["by_path"]
        return sum(number for path, number in paths.items() if path.rstrip("/").rsplit("/", 1)[-1] in LISTS)

    def ids(self, zoho: str) -> list[str]:
        """Return what a complete mirror holds."""
        found: list[str] = httpx.get(f"{self.url}/__sim/ids", params={"entity": zoho}, timeout=60).json()["ids"]
        return found

    def stop(self) -> None:
        """End the simulator."""
        self._process.kill()
        self._process.wait()


@dataclass
class Tally:
    """What was done and what was seen."""

    kills: dict[str, int] = field(default_factory=lambda: {"program": 0, "postgres": 0, "simulator": 0})
    rounds: int = 0
    calls: int = 0
    least: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """Return all kills."""
        return sum(self.kills.values())


def _program(env: dict[str, str], *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tsh_sync_gui", *words]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)


def _url(env: dict[str, str]) -> str:
    process = _program(env, "db", "url")
    out, errors = process.communicate(timeout=120)
    if process.returncode:
        raise SystemExit(errors)
    return out.strip()


def _kill_postgres(url: str) -> None:
    with suppress(psycopg.OperationalError, ProcessLookupError, FileNotFoundError):
        with psycopg.connect(url) as connection:
            row = connection.execute("select setting from pg_settings where name = 'data_directory'").fetchone()
        assert row is not None
        pid = int((Path(row[0]) / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)


def _round(folder: Path, simulator: SimulatorProcess, tally: Tally, *, kills: int, chance: random.Random) -> None:
    """Do one full sync of everything under *kills* kills, then hold the result against the simulator."""
    env = environment(folder, simulator.url, per_minute=LIMITS["per_minute"])
    url = _url(env)
    words = ("sync", "all", "--details", "none", "--json")
    process = _program(env, *words)
    left = kills
    while left:
        with suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.1, 2.0))
        if process.poll() is not None:
            break
        left -= 1
        victim = chance.choice(("program", "postgres", "simulator"))
        tally.kills[victim] += 1
        if victim == "program":
            process.kill()
            process.wait()
            process = _program(env, *words)
        elif victim == "postgres":
            _kill_postgres(url)
        else:
            simulator.kill()
    out, errors = process.communicate(timeout=600)
    if process.returncode != 0:
        tally.faults.append(f"exit code {process.returncode}: {out[-1500:]} {errors[-1500:]}")
        return
    _check(_url(env), simulator, tally)


def _check(url: str, simulator: SimulatorProcess, tally: Tally) -> None:
    tally.rounds += 1
    with psycopg.connect(url) as connection:
        for entity in REGISTRY:
            if entity.spread:
                continue
            rows = connection.execute(
                f'select zoho_id from tsh.{entity.name} where deleted_at is null order by zoho_id collate "C"'
            ).fetchall()
            found = [row[0] for row in rows]
            expected = _expected(simulator, entity.zoho)
            if found != sorted(expected):
                tally.faults.append(f"{entity.name}: {len(found)} rows for {len(expected)} records")
            runs = connection.execute(
                "select count(*) filter (where mode = 'full'), min(state), max(state) from sync.runs where entity = %s",
                [entity.name],
            ).fetchone()
            if runs != (1, "up_to_date", "up_to_date"):
                tally.faults.append(f"{entity.name}: full runs {runs}, one that was gone on with is expected")
            tally.least += -(-len(expected) // 200)
        doubled = connection.execute(
            "select entity, row_key from sync.audit where action = 'create' group by 1, 2 having count(*) > 1"
        ).fetchall()
        if doubled:
            tally.faults.append(f"created twice: {doubled[:5]}")


def _expected(simulator: SimulatorProcess, zoho: str) -> list[str]:
    ids = simulator.ids(zoho)
    if zoho != "contacts":
        return ids
    with httpx.Client(base_url=simulator.url, timeout=60) as client:
        kinds = {
            one: client.get("/__sim/record", params={"entity": zoho, "id": one}).json()["contact_type"] for one in ids
        }
    return [one for one, kind in kinds.items() if kind == "customer"]


def loop(kills: int, seed: int) -> dict[str, Any]:
    """Return what *kills* kills came to."""
    tally, chance = Tally(), random.Random(seed)
    started = time.monotonic()
    with home() as folder:
        simulator = SimulatorProcess(folder / "simulator.jsonl")
        try:
            number = 0
            while tally.total < kills and not tally.faults:
                number += 1
                before = tally.total
                _round(folder / f"round {number}", simulator, tally, kills=min(8, kills - tally.total), chance=chance)
                print(f"round {number}: {tally.total - before} kills, {len(tally.faults)} faults", flush=True)
            tally.calls = simulator.counted + simulator.calls()
        finally:
            simulator.stop()
    allowed = tally.least + 2 * tally.total
    if not tally.faults and tally.calls > allowed:
        tally.faults.append(f"{tally.calls} list calls, {allowed} are allowed")
    return {
        "kills": tally.kills,
        "rounds": tally.rounds,
        "list_calls": tally.calls,
        "least": tally.least,
        "allowed": allowed,
        "faults": tally.faults,
        "seconds": round(time.monotonic() - started),
    }


def main() -> None:
    """Run the loop; exit code 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = loop(options.kills, options.seed)
    print(json.dumps(result))
    sys.exit(1 if result["faults"] else 0)


if __name__ == "__main__":
    main()
