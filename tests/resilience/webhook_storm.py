"""Webhooks under kill -9: nothing acknowledged is lost, and the mirror follows Zoho with no sync.

`python -m tests.resilience.webhook_storm` lets a simulated Zoho make 500 changes in 60 seconds and deliver them in all
forms of body to a listener, while two workers fetch (now and then slowly), and kills listener, workers and PostgreSQL
50 times at random. It prints, as its last line, JSON, and fails when the mirror is not what Zoho has, an acknowledged
delivery is not in the inbox, a list was walked, or more records were fetched than changed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.benchmarks.world import environment, home
from tsh_sync_gui.simulator import ORGANIZATION_ID, Simulator, SimulatorConfig

ROOT = Path(__file__).parents[2]
SECRET = "Storm2026secretABC"
SIZES = {"items": 300, "customers": 60, "orders": 120, "invoices": 120, "payments": 40, "credit_notes": 20}
WIDE = {"per_minute": 1_000_000, "per_day": 100_000_000, "concurrency": 64, "token_refreshes": 1_000_000}
# Zoho's own gaps are minutes; a storm has not so long.
RETRIES = {
    "webhook_tries": 20,
    "webhook_gap_ms": 8000,
    "webhook_gap_growth": "fixed",
    "webhooks_per_day": 1_000_000,
}
HOOKS = (
    ("items", "products", "default", "hex"),
    ("contacts", "customers", "event", "base64"),
    ("salesorders", "sales_orders", "form", "hex"),
    ("invoices", "invoices", "form_json", "base64"),
    ("customerpayments", "payments", "raw", "hex"),
)
"""Zoho's list, our table, and how its changes are told."""


@dataclass
class Result:
    """What was done and what was seen."""

    changes: int = 0
    deletes: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    delivered: int = 0
    given_up: int = 0
    tries: int = 0
    in_inbox: int = 0
    fetches: int = 0
    settled_s: float = 0.0
    faults: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return it for the last line."""
        return {**self.__dict__, "kills": dict(self.kills)}


class Programs:
    """Programs that are begun again as soon as they are killed."""

    def __init__(self, env: dict[str, str]) -> None:
        self._env = env
        self._commands: dict[str, tuple[str, ...]] = {}
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 -- closed with the programs

    def begin(self, name: str, *words: str) -> None:
        """Begin one."""
        self._commands[name] = words
        command = [sys.executable, "-m", "tsh_sync_gui", *words]
        self._running[name] = subprocess.Popen(command, env=self._env, cwd=ROOT, stdout=self._log, stderr=self._log)

    def kill(self, name: str) -> None:
        """Kill -9 and begin again."""
        self._running[name].kill()
        self._running[name].wait()
        self.begin(name, *self._commands[name])

    def close(self) -> str:
        """End all; returns what they said."""
        for process in self._running.values():
            process.terminate()
        for process in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)
            process.kill()
            process.wait()
        self._log.seek(0)
        said = self._log.read().decode(errors="replace")
        self._log.close()
        return said


def kill_postgres(folder: Path) -> bool:
    """Kill -9 the server below *folder*; False when none runs just now."""
    for file in folder.rglob("postmaster.pid"):
        with suppress(OSError, ValueError, IndexError):
            os.kill(int(file.read_text().split()[0]), signal.SIGKILL)
            return True
    return False


def free_port() -> int:
    """Return a port that nobody has."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def organization(port: int, **changes: Any) -> Iterator[tuple[Simulator, httpx.Client]]:
    """Serve a small organization that delivers to the listener at *port*."""
    with (
        Simulator(SimulatorConfig(**{**SIZES, **WIDE, **RETRIES, **changes})) as simulator,
        httpx.Client(base_url=simulator.url, timeout=60) as zoho,
    ):
        base = f"http://127.0.0.1:{port}/api"
        hooks = []
        for zoho_name, entity, form, digest in HOOKS:
            module = zoho_name.removesuffix("s")
            common: dict[str, Any] = {
                "form": form,
                "digest": digest,
                "secret": SECRET,
                "organization_id": ORGANIZATION_ID,
            }
            common |= {"numeric_ids": form != "form"}
            address = f"{base}/tds/webhooks/{entity}" if form == "raw" else f"{base}/webhooks/zoho"
            edits, deletes = [f"{module}.created", f"{module}.edited"], [f"{module}.deleted"]
            hooks += [
                {"id": f"{zoho_name} changed", "url": address, "events": edits, **common},
                {"id": f"{zoho_name} gone", "url": f"{address}?event=deleted", "events": deletes, **common},
            ]
        zoho.post("/__sim/webhooks", json={"webhooks": hooks}).raise_for_status()
        yield simulator, zoho


def wait_for(look: Callable[[], bool], seconds: float, *, every: float = 0.25) -> bool:
    """Return whether *look* became true in time; a database that is away is looked at again."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        with suppress(psycopg.Error, httpx.HTTPError):
            if look():
                return True
        time.sleep(every)
    return False


def storm(
    *,
    changes: int,
    seconds: float,
    kills: int,
    workers: int = 2,
    victims: Sequence[str] = ("listener", "worker 1", "worker 2", "postgres"),
    seed: int = 1,
    patience: float = 180,
    slow: int = 0,
    **zoho_options: Any,
) -> Result:
    """Return what *changes* in *seconds* under *kills* came to; without *workers* the listener does the jobs itself."""
    result, port = Result(), free_port()
    with home() as folder, organization(port, **zoho_options) as (simulator, zoho):
        env = environment(folder, simulator.url) | {"ZOHO_WEBHOOK_SECRET": SECRET}
        command = [sys.executable, "-m", "tsh_sync_gui", "sync", "all", "--details", "none", "--json"]
        subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True)
        url = subprocess.run(
            [*command[:3], "db", "url"], env=env, cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.strip()
        programs = Programs(env)
        try:
            own = "0" if workers else "2"
            programs.begin("listener", "listen", "--port", str(port), "--workers", own)
            for number in range(workers):
                programs.begin(f"worker {number + 1}", "work", "--concurrency", "2")
            health = f"http://127.0.0.1:{port}/health"
            assert wait_for(lambda: httpx.get(health).json()["status"] == "ok", 60)
            zoho.post("/__sim/reset").raise_for_status()
            # What is told while its record is being fetched must be fetched again: now and then Zoho takes its time.
            rules = [{"path": "*", "kind": "slow", "delay_ms": 2500, "times": 1, "after": 15 * n} for n in range(slow)]
            zoho.post("/__sim/faults", json={"rules": rules}).raise_for_status()
            storming: dict[str, Any] = {"changes": changes, "seconds": seconds, "kills": kills, "victims": victims}
            _shake(result, programs, zoho, folder=folder, seed=seed, **storming)
            begun = time.monotonic()
            if not wait_for(lambda: _is_settled(zoho, url), patience):
                result.faults.append(f"not settled within {patience:.0f} s: {_standing(url)}")
            result.settled_s = round(time.monotonic() - begun, 1)
            _check(result, zoho, url)
        finally:
            said = programs.close()
        if result.faults:
            print(said[-6000:], file=sys.stderr)
    return result


def _shake(
    result: Result,
    programs: Programs,
    zoho: httpx.Client,
    *,
    folder: Path,
    changes: int,
    seconds: float,
    kills: int,
    victims: Sequence[str],
    seed: int,
) -> None:
    """Make the changes and the kills, both spread over the time."""
    begun, chance = time.monotonic(), random.Random(seed)
    moments = sorted(chance.uniform(0, seconds) for _ in range(kills))
    while result.changes < changes or moments:
        now = time.monotonic() - begun
        due = min(changes, int(changes * now / seconds) + 1)
        while result.changes < due:
            name = chance.choice(HOOKS)[0]
            if chance.random() < 0.02:
                zoho.post("/__sim/delete", params={"entity": name, "count": 1}).raise_for_status()
                result.deletes += 1
            else:
                zoho.post("/__sim/change", params={"entity": name, "count": 1}).raise_for_status()
            result.changes += 1
        if moments and moments[0] <= now:
            moments.pop(0)
            victim = chance.choice(victims) if kills > len(victims) else victims[len(moments) % len(victims)]
            if victim == "postgres":
                while not kill_postgres(folder):
                    time.sleep(0.05)
            else:
                programs.kill(victim)
            result.kills[victim] += 1
        time.sleep(0.02)


def _is_settled(zoho: httpx.Client, url: str) -> bool:
    if any(hook["waiting"] for hook in zoho.get("/__sim/webhooks").json()["webhooks"]):
        return False
    return _standing(url) == (0, 0)


def _standing(url: str) -> tuple[int, int]:
    """Return how many deliveries and jobs wait or run."""
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM sync.webhook_events WHERE state = 'waiting'),"
            " (SELECT count(*) FROM jobs.procrastinate_jobs WHERE status IN ('todo', 'doing'))"
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def _check(result: Result, zoho: httpx.Client, url: str) -> None:
    with psycopg.connect(url) as connection:
        for name, table, *_ in HOOKS:
            _check_rows(result, zoho, connection, name, table)
        walked = connection.execute(
            "SELECT mode, count(*) FROM sync.runs WHERE trigger = 'webhook' AND mode <> 'record' OR"
            " (trigger <> 'webhook' AND mode = 'record') GROUP BY mode"
        ).fetchall()
        lists = connection.execute("SELECT count(*) FROM sync.runs WHERE mode <> 'record'").fetchone()
        # A body says which change it tells of, but a delete's may be the last change's: its address tells them apart.
        kept = connection.execute(
            "SELECT encode(sha256(body), 'hex'), query::text LIKE '%deleted%' FROM sync.webhook_events"
            " WHERE verdict <> 'refused'"
        ).fetchall()
        failed = connection.execute(
            "SELECT record_id, title FROM sync.webhook_events WHERE state = 'failed' OR verdict = 'refused'"
        ).fetchall()
    if walked or lists != (8,):
        result.faults.append(f"lists were walked: {walked} {lists}")
    if failed:
        result.faults.append(f"failed or refused: {failed[:5]}")
    told: dict[tuple[str, bool], str] = {}
    for delivery in _deliveries(zoho):
        result.tries += delivery["tries"]
        if delivery["state"] == "delivered":
            told[delivery["sha256"], delivery["event"].endswith(".deleted")] = delivery["record_id"]
            result.delivered += 1
        else:
            result.given_up += 1
            result.faults.append(f"Zoho gave up: {delivery}")
    result.in_inbox = len(kept)
    if lost := sorted(told[one] for one in told.keys() - set(kept)):
        result.faults.append(f"acknowledged and lost, of the records: {lost}")
    paths = zoho.get("/__sim/requests").json()["by_path"]
    result.fetches = sum(
        number for path, number in paths.items() if not path.startswith("/oauth") and "/organizations" not in path
    )
    if result.fetches > result.changes:
        result.faults.append(f"{result.fetches} fetches for {result.changes} changes")


def _check_rows(result: Result, zoho: httpx.Client, connection: Any, name: str, table: str) -> None:
    ids = zoho.get("/__sim/ids", params={"entity": name}).json()["ids"]
    living = dict(
        connection.execute(f"SELECT zoho_id, zoho_modified_at FROM tsh.{table} WHERE deleted_at IS NULL").fetchall()
    )
    if sorted(living) != sorted(ids):
        result.faults.append(f"{table}: {len(living)} rows for {len(ids)} records")
        return
    for one in ids:
        record = zoho.get("/__sim/record", params={"entity": name, "id": one}).json()
        row = connection.execute("SELECT %s::timestamptz", (record["last_modified_time"],)).fetchone()
        if row[0] != living[one]:
            told = connection.execute(
                "SELECT id, received_at, verdict, state, outcome, modified_at FROM sync.webhook_events"
                " WHERE record_id = %s ORDER BY id",
                (one,),
            ).fetchall()
            result.faults.append(f"{table} {one}: {living[one]} here, {row[0]} in Zoho; told {told}")


def _deliveries(zoho: httpx.Client) -> Iterator[dict[str, Any]]:
    page = 1
    while True:
        found = zoho.get("/__sim/webhooks/deliveries", params={"page": page, "per_page": 1000}).json()
        yield from found["deliveries"]
        if not found["has_more_page"]:
            return
        page += 1


def main() -> None:
    """Run it; exit code 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    result = storm(changes=options.changes, seconds=options.seconds, kills=options.kills, seed=options.seed, slow=12)
    print(json.dumps(result.as_json()))
    sys.exit(1 if result.faults else 0)


if __name__ == "__main__":
    main()
