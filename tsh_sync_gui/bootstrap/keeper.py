"""Keeps a demo's simulator: `python -m tsh_sync_gui.bootstrap.keeper FOLDER`, started by whoever opens the demo.

It ends when it is told to, and by itself when no client has been left for a while (all were killed); then it stops the
demo's database, too.
"""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from tsh_sync_gui.bootstrap.demo_home import DemoHome
from tsh_sync_gui.simulator import Simulator
from tsh_sync_gui.store.embedded import stop_all_below
from tsh_sync_gui.store.embedded.leases import anyone_left

_LOOK_EVERY_S = 2.0
_LOOKS_WITHOUT_CLIENTS = 4


def main(arguments: list[str]) -> int:
    """Serve the demo in the folder named by the one argument until it is over."""
    home = DemoHome(Path(arguments[0]))
    ended = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        ended.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    simulator = Simulator(home.organization)
    home.announce(_start(simulator, home))
    try:
        watch(home, ended)
    finally:
        simulator.stop()
    return 0


def watch(home: DemoHome, ended: threading.Event, *, every: float = _LOOK_EVERY_S) -> None:
    """Wait for the end: asked for, or for want of clients."""
    looks = 0
    while not ended.wait(every):
        lock = home.lock()
        if not lock.try_acquire():
            # Somebody comes or goes right now.
            looks = 0
            continue
        try:
            looks = 0 if anyone_left(home.clients) else looks + 1
            if looks > 1:
                home.end_listener()  # before the database goes, which it would start again
            if looks >= _LOOKS_WITHOUT_CLIENTS:
                stop_all_below(home.folder)
                return
        finally:
            lock.release()


def _start(simulator: Simulator, home: DemoHome) -> str:
    """Serve at the port of last time, which other processes of this demo still know; at any, if it is taken."""
    before = home.keeper()
    try:
        return simulator.start(port=before.port if before is not None else 0)
    except OSError:
        return simulator.start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
