"""The database stops for a minute while deliveries come in: all that were acknowledged arrive afterwards, in order.

`python -m tests.resilience.webhook_outage` prints, as its last line, JSON; it fails when one acknowledged is missing.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.benchmarks.listener import ADDRESS, SECRET, request
from tests.support.postgres import reachable_home
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.store.embedded import EmbeddedServer

ROOT = Path(__file__).parents[2]
ID = re.compile(rb'"item_id": (\d+)')


@dataclass
class Load:
    """Deliveries over a few connections, each with its own record, until told to stop."""

    url: str
    per_second: float
    connections: int = 8
    acknowledged: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    slowest: float = 0.0
    _next: int = 1
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ended: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def begin(self) -> None:
        """Begin to send."""
        self._threads = [threading.Thread(target=self._send) for _ in range(self.connections)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Stop sending."""
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as http:
            while not self._ended.wait(self.connections / self.per_second):
                with self._lock:
                    number, self._next = self._next, self._next + 1
                head, _, body = request(number, "127.0.0.1").partition(b"\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[2:-1])
                began = time.perf_counter()
                answer = http.post(ADDRESS, content=body, headers=headers)
                with self._lock:
                    self.slowest = max(self.slowest, time.perf_counter() - began)
                    (self.acknowledged if answer.status_code == 200 else self.refused).append(number)


def outage(*, before: float, away: float, after: float, per_second: float) -> dict[str, Any]:
    """Return what came of a database that is away for so many seconds."""
    with reachable_home("outage-") as folder:
        server = EmbeddedServer(folder)
        # Known by its address only, so that nobody but this script starts it again.
        url = server.ensure().sqlalchemy_url
        env = os.environ | {
            "TSH_HOME": str(folder / "home"),
            "TSH_DATABASE_URL": url,
            "ZOHO_WEBHOOK_SECRET": SECRET,
            "ZOHO_ORGANIZATION_ID": ORGANIZATION_ID,
        }
        command = [sys.executable, "-m", "tsh_sync_gui", "listen", "--port", "0", "--workers", "0", "--json"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, cwd=ROOT) as listener:
            try:
                assert listener.stdout is not None
                text = ""
                while not text.endswith("}\n"):
                    text += listener.stdout.readline()
                load = Load(json.loads(text)["url"], per_second)
                load.begin()
                time.sleep(before)
                server.stop()
                time.sleep(away)
                spooled = httpx.get(f"{load.url}/health", timeout=30).json()["spool"]
                server.ensure()
                back = time.monotonic()
                while httpx.get(f"{load.url}/health", timeout=30).json()["status"] != "ok":
                    time.sleep(0.1)
                    assert time.monotonic() - back < 60, "the listener does not find the database again"
                found_again = time.monotonic() - back
                time.sleep(after)
                load.end()
            finally:
                listener.terminate()
                listener.wait(timeout=30)
        try:
            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                rows = connection.execute(
                    "SELECT id, body, received_at FROM sync.webhook_events ORDER BY id"
                ).fetchall()
        finally:
            server.stop()
    kept = [int(found[1]) - 4_600_000_000_000_000_000 for _, body, _ in rows if (found := ID.search(bytes(body)))]
    return {
        "acknowledged": len(load.acknowledged),
        "refused": len(load.refused),
        "spooled": spooled,
        "kept": len(set(kept)),
        "lost": len(set(load.acknowledged) - set(kept)),
        "twice": len(kept) - len(set(kept)),
        "back_after_s": round(found_again, 2),
        "slowest_answer_s": round(load.slowest, 2),
    }


def main() -> None:
    """Run it; exit code 1 when something acknowledged is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--away", type=float, default=60)
    parser.add_argument("--per-second", type=float, default=100)
    options = parser.parse_args()
    found = outage(before=5, away=options.away, after=5, per_second=options.per_second)
    print(json.dumps(found))
    sys.exit(1 if found["lost"] or found["refused"] else 0)


if __name__ == "__main__":
    main()
