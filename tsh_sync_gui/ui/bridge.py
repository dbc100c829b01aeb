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


class _Call:
    """A coroutine that runs in the engine for the window."""

    __slots__ = ("is_ended", "is_long", "task")

    def __init__(self, is_long: bool) -> None:
        self.is_long = is_long
        self.is_ended = False
        self.task: asyncio.Task[Any] | None = None

    def end(self) -> None:
        """Cancel it, in the engine's thread; once, though both who gives it up and who settles may ask.

        A second time would break off its clean-up.
        """
        if not self.is_ended:
            self.is_ended = True
            if self.task is not None:
                self.task.cancel()


class EngineThread:
    """A thread with a SelectorEventLoop, on every system."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        self._calls: set[_Call] = set()

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
        one = _Call(is_long)
        found = asyncio.shield(
            asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._kept(coroutine, one), self.loop))
        )
        if is_long:
            found.add_done_callback(lambda done: self._break_off(one) if done.cancelled() else None)
        return found

    def _break_off(self, one: _Call) -> None:
        """End a call nobody awaits any more; the loop may have ended before."""
        if not self.loop.is_closed():
            self.soon(one.end)

    def serve(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Future[T]:
        """Run *coroutine* for as long as it likes: `settle` leaves it alone."""
        return asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, self.loop))

    async def _kept(self, coroutine: Coroutine[Any, Any, T], one: _Call) -> T:
        if one.is_ended:
            coroutine.close()
            raise asyncio.CancelledError
        one.task = asyncio.current_task()
        self._calls.add(one)
        try:
            return await coroutine
        finally:
            self._calls.discard(one)

    def settle(self, seconds: float) -> asyncio.Future[bool]:
        """Cancel the long calls and wait until all have really ended; False when some did not within *seconds*."""

        async def cancelled() -> bool:
            left = {one.task for one in self._calls if one.task is not None}
            for one in self._calls:
                if one.is_long:
                    one.end()
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
