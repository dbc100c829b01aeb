"""How smooth the window stays while records pour in: `python -m tests.benchmarks.window --n 100000`.

The whole program runs offscreen in a process of its own; a 5 ms timer in the window's thread measures the gaps between
its ticks, first idle, then while the products sync. The last line of output is JSON, in milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.world import FEW, UNLIMITED, environment, home, simulator

TICK_MS = 5
IDLE_SECONDS = 3.0


def _child() -> None:
    """Run the program, sync once, print the gaps."""
    from PySide6.QtCore import Qt, QTimer  # noqa: PLC0415 -- only the child has a window

    from tsh_sync_gui.engine.views import SyncRequest  # noqa: PLC0415
    from tsh_sync_gui.ui import theme  # noqa: PLC0415
    from tsh_sync_gui.ui.app import kept_settings, prepare  # noqa: PLC0415
    from tsh_sync_gui.ui.bridge import EngineThread, run  # noqa: PLC0415
    from tsh_sync_gui.ui.program import Program  # noqa: PLC0415

    app = prepare([])
    theme.install(app, "light")
    gaps: list[float] = []
    last = [0.0]

    def tick() -> None:
        now = time.perf_counter()
        if last[0]:
            gaps.append((now - last[0]) * 1000)
        last[0] = now

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(tick)

    def measured() -> list[float]:
        found = sorted(gaps)
        gaps.clear()
        return found

    async def main(engine: EngineThread, quit_wanted: asyncio.Event) -> int:
        program = Program(engine, quit_wanted, kept=kept_settings(demo=False))
        running = asyncio.ensure_future(program.run())
        while program.session.service is None:  # noqa: ASYNC110 -- nothing tells when the program has opened it
            await asyncio.sleep(0.05)
        await asyncio.sleep(1)
        timer.start(TICK_MS)
        await asyncio.sleep(IDLE_SECONDS)
        idle = measured()
        request = SyncRequest(entities=("products",), full=True, details="none")
        report = await engine.call(program.session.service.sync(request))
        busy = measured()
        ended = report.runs[0]
        if ended.counts.created == 0:  # figures of a run that fetched nothing would flatter
            raise SystemExit(f"the sync did not run: {ended.state} {ended.title} {ended.advice} {ended.cause}")
        timer.stop()
        await asyncio.sleep(1)
        print(
            json.dumps(
                {
                    "p50_ms": round(busy[len(busy) // 2], 2),
                    "p99_ms": round(busy[int(len(busy) * 0.99)], 2),
                    "max_ms": round(busy[-1], 2),
                    "idle_max_ms": round(idle[-1], 2),
                    "rows": report.runs[0].counts.created,
                    "seconds": round(report.runs[0].seconds, 2),
                }
            )
        )
        program.leave()
        return await running

    sys.exit(run(app, main))


def measure(number: int) -> Any:
    """Return the figures for *number* items."""
    with home() as folder, simulator(items=number, **FEW, **UNLIMITED) as url:
        env = environment(folder, url) | {"QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
        subprocess.run([sys.executable, "-m", "tsh_sync_gui", "db", "url"], env=env, check=True, capture_output=True)
        command = [sys.executable, "-m", "tests.benchmarks.window", "--child"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=100_000)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child()
    else:
        print(json.dumps(measure(options.n)))


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main()
