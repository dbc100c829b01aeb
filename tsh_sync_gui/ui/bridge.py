"""The one crossing between the engine's thread and the window's.

Calls go down as coroutines run on the engine's loop, news comes up through a mailbox the window reads ten times a
second. qasync's loop in the window's thread only awaits: on Windows it is a Proactor, which async psycopg refuses.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Final, TypeVar

import structlog
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from qasync import QEventLoop
from typing_extensions import override

from tsh_sync_gui.core.events import Event, PageStored, QuotaChanged
from tsh_sync_gui.ui.collector import Collector

T = TypeVar("T")

STOP_SECONDS: Final = 10.0


class EngineThread:
    """A thread with a SelectorEventLoop, on every system."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._tasks: dict[asyncio.Task[Any], bool] = {}

    def start(self) -> None:
        """Begin to run coroutines."""
        self._thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            self.loop.run_until_complete(asyncio.sleep(0))  # what was handed over a moment ago becomes a task to cancel
            left = asyncio.all_tasks(self.loop)
            for task in left:
                task.cancel()
            if left:
                self.loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.run_until_complete(self.loop.shutdown_default_executor())
            self.loop.close()

    def call(self, coroutine: Coroutine[Any, Any, T], *, is_long: bool = True) -> asyncio.Future[T]:
        """Run *coroutine* in the engine; await the result in the window. Cancelling it cancels the coroutine.

        What is not long is never broken off, only no longer waited for: a read that is cancelled costs a connection.
        """
        found = asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._kept(coroutine, is_long), self.loop))
        return found if is_long else asyncio.shield(found)

    def serve(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Run *coroutine* for as long as it likes: `settle` leaves it alone."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.loop))

    async def _kept(self, coroutine: Coroutine[Any, Any, T], is_long: bool) -> T:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine runs in a task
        self._tasks[task] = is_long
        try:
            return await coroutine
        finally:
            del self._tasks[task]

    def settle(self, seconds: float) -> asyncio.Future[bool]:
        """Cancel the long calls and wait until all have really ended; False when some did not within *seconds*."""

        async def cancelled() -> bool:
            left = set(self._tasks)
            for task, is_long in tuple(self._tasks.items()):
                if is_long and not task.cancelling():  # a second time would break off its clean-up
                    task.cancel()
            return not left or not (await asyncio.wait(left, timeout=seconds))[1]

        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(cancelled(), self.loop))

    def soon(self, function: Callable[[], object]) -> None:
        """Call *function* in the engine's thread."""
        self.loop.call_soon_threadsafe(function)

    def stop(self, seconds: float = STOP_SECONDS) -> bool:
        """End the thread; False when it did not within *seconds*."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(seconds)
        return not self._thread.is_alive()


class Mailbox:
    """Events on their way to the window. Progress is coalesced, so a busy engine costs the window nothing more."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._last: dict[str, int] = {}

    def post(self, event: Event) -> None:
        """Keep *event*; a run's progress replaces its last one if nothing of the run came between. Any thread."""
        key = "quota" if isinstance(event, QuotaChanged) else getattr(event, "run", "")
        with self._lock:
            place = self._last.get(key)
            if place is not None and isinstance(event, (PageStored, QuotaChanged)):
                kind = type(event)
                if isinstance(self._events[place], kind):
                    self._events[place] = event
                    return
            self._events.append(event)
            if key:
                self._last[key] = len(self._events) - 1

    def take(self) -> list[Event]:
        """Return what has come since the last call."""
        if not self._events:
            return []
        with self._lock:
            events, self._events, self._last = self._events, [], {}
        return events


class Application(QApplication):
    """Turns Quit (Cmd+Q, logout, `quit()`) into a call: to quit Qt's loop at once would kill the clean-up.

    An event filter on the application would do the same, but call Python for every event of the program.
    """

    def __init__(self, arguments: Sequence[str]) -> None:
        super().__init__(list(arguments))
        self.on_quit: Callable[[], object] | None = None

    @override
    def event(self, event: QEvent) -> bool:
        if self.on_quit is not None and event.type() == QEvent.Type.Quit:
            self.on_quit()
            event.ignore()
            return True
        return super().event(event)


def run(app: Application, main: Callable[[EngineThread, asyncio.Event], Awaitable[int]]) -> int:
    """Run *main* with an engine thread and an event that says when to quit; returns its exit code."""
    app.setQuitOnLastWindowClosed(False)
    engine = EngineThread()
    engine.start()
    collector = Collector(app)

    async def outer() -> int:
        wanted = asyncio.Event()
        app.on_quit = wanted.set
        collector.begin()
        try:
            return await main(engine, wanted)
        finally:
            collector.end()
            app.on_quit = None

    try:
        with asyncio.Runner(loop_factory=lambda: QEventLoop(app)) as runner:
            return int(runner.run(outer()))
    finally:
        if not engine.stop():
            structlog.get_logger(__name__).error("the engine did not stop in time")
