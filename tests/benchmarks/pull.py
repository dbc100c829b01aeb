"""How long a pull takes, against a COPY of the same rows: `python -m tests.benchmarks.pull --n 100000`.

The program runs in a process of its own, so that CPU and memory are its own. The unit of `x_copy` is a COPY of the
same rendered rows (typed columns, raw, hash) into an empty table with the product's indexes and storage options.
The last line of output is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx
import psycopg
from psycopg import sql

from tests.benchmarks.world import FEW, UNLIMITED, environment, home, simulator
from tsh_sync_gui.entities.registry import REGISTRY

ENTITY = "products"


async def _child(request: dict[str, Any]) -> None:
    """Sync once, as the program does; prints what it took as JSON."""
    import resource  # noqa: PLC0415 -- POSIX only, as is this benchmark's measure of memory

    from tsh_sync_gui.bootstrap import open_service  # noqa: PLC0415 -- its import is not part of any figure
    from tsh_sync_gui.core.settings import load  # noqa: PLC0415
    from tsh_sync_gui.engine.views import SyncRequest  # noqa: PLC0415

    async with open_service(load()) as service:
        cpu, start = time.process_time(), time.perf_counter()
        report = await service.sync(SyncRequest(entities=(ENTITY,), details="none", **request))
        seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    run = report.as_json()["runs"][0]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "cpu_s": cpu, "peak_rss_mb": peak, "run": run}))


def _sync(env: dict[str, str], **request: Any) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.benchmarks.pull", "--child", json.dumps(request)]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if result["run"]["state"] != "up_to_date":
        raise SystemExit(json.dumps(result))
    return result


def _database(env: dict[str, str]) -> str:
    command = [sys.executable, "-m", "tsh_sync_gui", "db", "url"]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip()


def _baseline(url: str) -> float:
    """Return the seconds of a plain COPY of the product's own rows into an empty table like it."""
    entity = REGISTRY.get(ENTITY)
    columns = sql.SQL(",").join(map(sql.Identifier, entity.copy_columns))
    table = sql.Identifier("tsh", entity.name)
    with psycopg.connect(url, autocommit=True) as connection, tempfile.TemporaryFile() as rows:
        with connection.cursor().copy(sql.SQL("copy {} ({}) to stdout").format(table, columns)) as out:
            for block in out:
                rows.write(block)
        options = connection.execute(
            "select unnest(reloptions) from pg_class where oid = %s::regclass", [f"tsh.{entity.name}"]
        ).fetchall()
        connection.execute(sql.SQL("create table tsh.bench (like {} including all)").format(table))
        for (option,) in options:
            connection.execute(f"alter table tsh.bench set ({option})")
        connection.execute("checkpoint")
        rows.seek(0)
        start = time.perf_counter()
        with connection.cursor().copy(sql.SQL("copy tsh.bench ({}) from stdin").format(columns)) as into:
            while block := rows.read(1 << 20):
                into.write(block)
        seconds = time.perf_counter() - start
        connection.execute("drop table tsh.bench")
    return seconds


def _checkpoint(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")


def measure(number: int, *, latency_ms: int = 0) -> dict[str, Any]:
    """Return the figures for *number* items."""
    with home() as folder, simulator(items=number, **FEW, **UNLIMITED) as url:
        env = environment(folder, url)
        database = _database(env)
        _checkpoint(database)
        httpx.post(f"{url}/__sim/config", json={"latency_ms": latency_ms}).raise_for_status()
        full = _sync(env, full=True)
        print(f"full {full['seconds']:.2f} s, cpu {full['cpu_s']:.2f} s", flush=True)
        noop = _sync(env)
        httpx.post(f"{url}/__sim/change", params={"entity": "items", "count": number // 100}, timeout=600)
        incremental = _sync(env)
        print(f"no-op {noop['seconds']:.3f} s, incremental {incremental['seconds']:.3f} s", flush=True)
        baseline = _baseline(database)
    return {
        "n": number,
        "x_copy": round(full["seconds"] / baseline, 2),
        "full_s": round(full["seconds"], 2),
        "incremental_s": round(incremental["seconds"], 3),
        "noop_s": round(noop["seconds"], 3),
        "rows_per_s": round(number / full["seconds"]),
        "cpu_s": round(full["cpu_s"], 2),
        "peak_rss_mb": round(full["peak_rss_mb"]),
        "calls": {
            "full": full["run"]["calls"],
            "noop": noop["run"]["calls"],
            "incremental": incremental["run"]["calls"],
        },
        "updated": incremental["run"]["updated"],
        "baseline_s": round(baseline, 2),
    }


def main() -> None:
    """Run the benchmark, or, with --child, one sync."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--latency-ms", type=int, default=0, help="added to each answer of the simulator")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(_child(json.loads(options.child)))
        return
    print(json.dumps(measure(options.n, latency_ms=options.latency_ms)))


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main()
