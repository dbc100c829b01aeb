"""Opens the service in the engine, keeps it open, and closes it in the task that opened it."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from tsh_sync_gui.bootstrap.setup.port import SetupPort
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.service import Service

T = TypeVar("T")
# So many jobs of the queue (webhooks, schedules, retries) are done at once by a window.
_WORKERS = 4
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open service and the settings it was opened with."""

    service: Service
    loaded: Loaded


Opener = Callable[[Progress], AbstractAsyncContextManager[Opened]]
SetupOpener = Callable[[Progress], AbstractAsyncContextManager[SetupPort]]


def opener(*, demo: bool) -> Opener:
    """Return what opens the program's service, or the demo's. The imports wait until the window is shown."""

    @asynccontextmanager
    async def opened(progress: Progress) -> AsyncIterator[Opened]:
        boot = await asyncio.to_thread(_bootstrap)
        if demo:
            async with boot.open_demo(progress=progress, workers=_WORKERS) as service:
                yield Opened(service, service.loaded)
            return
        loaded = await asyncio.to_thread(boot.gather)
        async with boot.open_service(loaded, progress=progress, workers=_WORKERS) as service:
            yield Opened(service, service.loaded)

    return opened


@asynccontextmanager
async def open_setup(progress: Progress) -> AsyncIterator[SetupPort]:
    """Open the program's set-up; like the service's, its imports wait until the window is shown."""
    opens = await asyncio.to_thread(_setup_opener)
    async with opens(progress=progress) as setup:
        yield setup


def _setup_opener() -> Callable[..., AbstractAsyncContextManager[SetupPort]]:
    found = importlib.import_module("tsh_sync_gui.bootstrap.setup")
    opens: Callable[..., AbstractAsyncContextManager[SetupPort]] = found.open_setup
    return opens


class _Bootstrap:
    """The imports that take their time, done in a thread of their own."""

    def __init__(self) -> None:
        from tsh_sync_gui.bootstrap.demo import open_demo  # noqa: PLC0415 -- late on purpose
        from tsh_sync_gui.bootstrap.gather import gather  # noqa: PLC0415
        from tsh_sync_gui.bootstrap.wiring import open_service  # noqa: PLC0415

        self.open_demo, self.open_service = open_demo, open_service
        self.gather = gather


def _bootstrap() -> _Bootstrap:
    return _Bootstrap()


class Opening(Generic[T]):
    """One opening of the service or the set-up, from the first word to the close. *words* is what it does now."""

    def __init__(self, engine: EngineThread, open_it: Callable[[Progress], AbstractAsyncContextManager[T]]) -> None:
        self.words = ""
        self._engine = engine
        self._open = open_it
        self._stop = asyncio.Event()
        self._served: asyncio.Future[None] | None = None

    async def begin(self) -> T:
        """Open it; raises what keeps it from opening."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[T] = loop.create_future()

        def tell(opened: T) -> None:
            if not ready.done():
                ready.set_result(opened)

        self._served = self._engine.serve(self._serve(lambda opened: loop.call_soon_threadsafe(tell, opened)))
        either: set[asyncio.Future[Any]] = {ready, self._served}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if ready.done():
            return ready.result()
        ready.cancel()
        self._served.result()
        raise asyncio.CancelledError

    async def _serve(self, ready: Callable[[T], object]) -> None:
        async with self._open(self._say) as opened:
            ready(opened)
            await self._stop.wait()

    def _say(self, words: str) -> None:
        self.words = words

    async def close(self, seconds: float) -> bool:
        """Close it; False when that took longer than *seconds*."""
        if self._served is None or self._served.done():
            return True
        self._engine.soon(self._stop.set)
        done, _ = await asyncio.wait({self._served}, timeout=seconds)
        return bool(done)
