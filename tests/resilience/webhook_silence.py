"""Webhooks fall silent while records change: an alarm within its time, and fetching the gap closes it.

`python -m tests.resilience.webhook_silence` takes some twelve minutes, most of them waiting; its last line is JSON. The
suite has the same with a clock that is set ahead (tests/integration/listener/test_inbox.py).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from typing import Any

import httpx
import psycopg

from tests.benchmarks.world import environment, home
from tests.resilience.webhook_storm import ROOT, SECRET, Programs, free_port, organization, wait_for
from tsh_sync_gui.engine.coverage import GRACE

PROGRAM = (sys.executable, "-m", "tsh_sync_gui")
_MINUTES = 5
"""The shortest silence that may be set; a change also has to be known for longer than deliveries may be late."""


def silence(*, changes: int) -> dict[str, Any]:
    """Return after how long the alarm came, and what closed it."""
    port = free_port()
    with home() as folder, organization(port) as (simulator, zoho):
        env = environment(folder, simulator.url)
        env |= {"ZOHO_WEBHOOK_SECRET": SECRET, "ZOHO_WEBHOOK_SILENCE_MINUTES": str(_MINUTES)}

        def run(*words: str) -> str:
            done = subprocess.run([*PROGRAM, *words], env=env, cwd=ROOT, check=False, capture_output=True, text=True)
            assert done.returncode in {0, 3}, done.stdout + done.stderr
            return done.stdout

        run("sync", "products", "--details", "none", "--json")
        url = run("db", "url").strip()
        programs = Programs(env)
        try:
            programs.begin("listener", "listen", "--port", str(port), "--workers", "2")
            assert wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/health").json()["status"] == "ok", 60)
            zoho.post("/__sim/change", params={"entity": "items", "count": 2}).raise_for_status()
            assert wait_for(lambda: _one(url, "SELECT count(*) FROM sync.webhook_events WHERE state = 'done'") >= 2, 60)
            zoho.post("/__sim/webhooks/mode", json={"silent": True}).raise_for_status()
            time.sleep(2)
            changed = zoho.post("/__sim/change", params={"entity": "items", "count": changes}).json()["ids"]
            run("sync", "products", "--details", "none", "--json")
            found = time.monotonic()
            due = max(_MINUTES * 60.0, GRACE.total_seconds())
            alarmed = wait_for(lambda: _state(url) == "open", due + 120, every=1)
            after = time.monotonic() - found
            title = _one(url, "SELECT title FROM sync.alerts WHERE cause = 'webhooks_silent'") if alarmed else ""
            gap = json.loads(run("webhooks", "fetch-gap", "products", "--json"))
            closed = wait_for(lambda: _state(url) == "cleared", 120, every=1)
            coverage = json.loads(run("webhooks", "coverage", "--json"))
        finally:
            programs.close()
    return {
        "changed": len(set(changed)),
        "alarm": alarmed,
        "after_s": round(after),
        "due_s": round(due),
        "title": title,
        "gap": [(run["entity"], run["mode"], run["state"]) for run in gap["runs"]],
        "closed": closed,
        "silences_left": len(coverage["silences"]),
    }


def _one(url: str, statement: str) -> Any:
    with psycopg.connect(url, connect_timeout=5) as connection:
        row = connection.execute(statement.encode()).fetchone()
    return row[0] if row else None


def _state(url: str) -> str:
    return str(_one(url, "SELECT state FROM sync.alerts WHERE cause = 'webhooks_silent' AND subject = 'products'"))


def main() -> None:
    """Run it; exit code 1 when there was no alarm in its time, or nothing closed it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=14)
    options = parser.parse_args()
    found = silence(changes=options.changes)
    print(json.dumps(found))
    sys.exit(0 if found["alarm"] and found["closed"] and not found["silences_left"] else 1)


if __name__ == "__main__":
    main()
