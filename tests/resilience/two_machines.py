"""A worker with another home, on the same database by TSH_DATABASE_URL, shares the work and the one quota.

`python -m tests.resilience.two_machines` queues more fetches than a minute allows, lets two workers of different homes
do them, and prints, as its last line, JSON. It fails when Zoho refuses one call (429), when one of the two did nothing,
or when a record was fetched twice.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.benchmarks.world import environment, home
from tests.resilience.webhook_storm import SECRET, free_port, wait_for
from tsh_sync_gui.simulator import ORGANIZATION_ID, Simulator, SimulatorConfig

ROOT = Path(__file__).parents[2]
PROGRAM = (sys.executable, "-m", "tsh_sync_gui")


def share(*, records: int, per_minute: int) -> dict[str, Any]:
    """Return what two workers made of *records* deliveries at *per_minute* calls."""
    # The invoices' customers are here already; each record then costs one call.
    sizes: dict[str, Any] = {
        "items": 5,
        "customers": 5,
        "orders": 5,
        "invoices": records,
        "payments": 5,
        "credit_notes": 5,
    }
    config = SimulatorConfig(**sizes, per_minute=per_minute, per_day=1_000_000, concurrency=5)
    with home() as first, home() as second, Simulator(config) as simulator:
        env = environment(first, simulator.url, per_minute=per_minute) | {"ZOHO_WEBHOOK_SECRET": SECRET}
        subprocess.run([*PROGRAM, "sync", "customers", "--details", "none"], env=env, cwd=ROOT, check=True)
        url = subprocess.run([*PROGRAM, "db", "url"], env=env, cwd=ROOT, check=True, capture_output=True, text=True)
        address = url.stdout.strip()
        elsewhere = environment(second, simulator.url, per_minute=per_minute) | {"TSH_DATABASE_URL": address}
        port = free_port()
        listener = subprocess.Popen(
            [*PROGRAM, "listen", "--port", str(port), "--workers", "0"], env=env, cwd=ROOT, text=True
        )
        workers = [
            subprocess.Popen(
                [*PROGRAM, "work", "--concurrency", "2", "--json"],
                env=one,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for one in (env, elsewhere)
        ]
        try:
            assert wait_for(lambda: httpx.get(f"http://127.0.0.1:{port}/health").status_code == 200, 60)
            with httpx.Client(base_url=simulator.url, timeout=60) as zoho:
                hook = {
                    "id": "invoices",
                    "url": f"http://127.0.0.1:{port}/api/webhooks/zoho",
                    # The form names the record and no more, so that each has to be fetched.
                    "form": "raw",
                    "template": '{"event_type": "invoice_updated", "data": {"invoice_id": "${Invoices.ID}"}}',
                    "secret": SECRET,
                    "organization_id": ORGANIZATION_ID,
                }
                zoho.post("/__sim/webhooks", json={"webhooks": [hook]}).raise_for_status()
                zoho.post("/__sim/reset").raise_for_status()
                began = time.monotonic()
                found = zoho.post("/__sim/change", params={"entity": "invoices", "count": records}).json()["ids"]
                distinct = len(set(found))
                done = wait_for(lambda: _done(address) == distinct, 240, every=0.5)
                seconds = time.monotonic() - began
                asked = zoho.get("/__sim/requests").json()
        finally:
            for process in (listener, *workers):
                process.terminate()
            ended = [process.communicate(timeout=30)[0] for process in (listener, *workers)]
    by_worker = [json.loads(text)["done"] for text in ended[1:]]
    fetches = sum(number for path, number in asked["by_path"].items() if "/invoices/" in path)
    return {
        "records": distinct,
        "done": done,
        "seconds": round(seconds, 1),
        "fetches": fetches,
        "refused_429": asked["by_status"].get("429", 0),
        "by_status": asked["by_status"],
        "jobs_by_worker": by_worker,
    }


def _done(address: str) -> int:
    with psycopg.connect(address, connect_timeout=5) as connection:
        row = connection.execute("SELECT count(*) FROM sync.webhook_events WHERE state = 'done'").fetchone()
    return row[0] if row else 0


def main() -> None:
    """Run it; exit code 1 when something was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=150)
    parser.add_argument("--per-minute", type=int, default=100)
    options = parser.parse_args()
    found = share(records=options.records, per_minute=options.per_minute)
    print(json.dumps(found))
    good = found["done"] and not found["refused_429"] and all(found["jobs_by_worker"])
    sys.exit(0 if good and found["fetches"] <= found["records"] else 1)


if __name__ == "__main__":
    main()
