"""Runs a command's coroutine; Ctrl+C asks it to stop, a second one ends the program at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

INTERRUPTED = 130
_WAKE_S = 0.25
_SHOW_CURSOR = "\x1b[?25h"

Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result], *, on_stop: Callable[[], None] = lambda: None) -> Result:
    """Run *work* to its end; the first Ctrl+C or request to end cancels it.

    *on_stop* is told then. A command that catches the cancellation can still say what was done.
    """
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(_stoppable(work, on_stop))


async def _stoppable(work: Coroutine[Any, Any, Result], on_stop: Callable[[], None]) -> Result:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()

    def stop() -> None:
        on_stop()
        if task is not None:
            task.cancel()

    waker = loop.create_task(_keep_waking())
    try:
        with _signals(lambda: loop.call_soon_threadsafe(stop)):
            return await work
    finally:
        waker.cancel()


async def _keep_waking() -> None:
    """Let Python see signals: on Windows a loop that waits for sockets does not notice Ctrl+C."""
    if os.name != "nt":
        return
    for _ in itertools.count():
        await asyncio.sleep(_WAKE_S)


@contextmanager
def _signals(stop: Callable[[], object]) -> Iterator[None]:
    asked = 0

    def hear(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            # What is committed is safe, and what was not is undone by the database.
            if sys.stderr.isatty():
                os.write(2, _SHOW_CURSOR.encode())
            os._exit(INTERRUPTED)
        stop()

    before: dict[int, Any] = {}
    for name in ("SIGINT", "SIGTERM", "SIGBREAK", "SIGHUP"):
        number = getattr(signal, name, None)
        # Under nohup the end of the terminal is no request to stop; `kill -INT` of a background job is one.
        if number is None or (name == "SIGHUP" and signal.getsignal(number) is signal.SIG_IGN):
            continue
        before[number] = signal.signal(number, hear)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
