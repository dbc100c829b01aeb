"""How much of Zoho's allowance five processes use together: `python -m tests.benchmarks.limits --seconds 300`.

Five processes sync five entities against one simulator that really limits. The last line of output is JSON:
`used` is the share of the allowance used in the time measured, `refused` the number of 429s.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx

from tests.benchmarks.world import environment, home, simulator

ENTITIES = ("products", "customers", "sales_orders", "invoices", "payments")
SIZES = {"items": 40_000, "customers": 20_000, "orders": 40_000, "invoices": 40_000, "payments": 40_000}


def _requests(url: str) -> Any:
    return httpx.get(f"{url}/__sim/requests", timeout=30).json()


def measure(per_minute: int, seconds: int) -> dict[str, Any]:
    """Return what five processes used of *per_minute* in *seconds*."""
    limits = {"per_minute": per_minute, "per_day": 100_000_000, "concurrency": 5}
    with home() as folder, simulator(**SIZES, **limits) as url:
        env = environment(folder, url, per_minute=per_minute)
        command = [sys.executable, "-m", "tsh_sync_gui"]
        subprocess.run([*command, "db", "url"], env=env, check=True, capture_output=True)
        running = [
            subprocess.Popen(
                [*command, "sync", entity, "--full", "--details", "none", "--json"],
                env=env,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for entity in ENTITIES
        ]
        try:
            while not _requests(url)["total"]:
                time.sleep(0.05)
            started = time.monotonic()
            while time.monotonic() - started < seconds and any(one.poll() is None for one in running):
                time.sleep(0.05)
            lasted, seen = time.monotonic() - started, _requests(url)
        finally:
            for one in running:
                one.kill()
            for one in running:
                one.wait()
    allowed = per_minute * lasted / 60
    return {
        "per_minute": per_minute,
        "seconds": round(lasted, 1),
        "calls": seen["total"],
        "allowed": round(allowed),
        "used": round(seen["total"] / allowed, 4),
        "refused": seen["by_status"].get("429", 0),
        "by_status": seen["by_status"],
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--per-minute", type=int, default=60)
    parser.add_argument("--seconds", type=int, default=300)
    options = parser.parse_args()
    print(json.dumps(measure(options.per_minute, options.seconds)))


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main()
