"""Opens the service in the engine, keeps it open, and closes it in the task that opened it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.service import Service

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """An open service and the settings it was opened with."""

    service: Service
    loaded: Loaded


Opener = Callable[[Progress], AbstractAsyncContextManager[Opened]]


def opener(*, demo: bool) -> Opener:
    """Return what opens the program's service, or the demo's. The imports wait until the window is shown."""

    @asynccontextmanager
    async def opened(progress: Progress) -> AsyncIterator[Opened]:
        boot = await asyncio.to_thread(_bootstrap)
        if demo:
            async with boot.open_demo(progress=progress) as service:
                yield Opened(service, boot.demo_settings(boot.demo_folder(), service.settings.api_base_url))
            return
        loaded = await asyncio.to_thread(boot.gather)
        async with boot.open_service(loaded, progress=progress) as service:
            yield Opened(service, loaded)

    return opened


class _Bootstrap:
    """The imports that take their time, done in a thread of their own."""

    def __init__(self) -> None:
        from tsh_sync_gui.bootstrap.demo import demo_folder, demo_settings, open_demo  # noqa: PLC0415 -- late on purpose
        from tsh_sync_gui.bootstrap.gather import gather  # noqa: PLC0415
        from tsh_sync_gui.bootstrap.wiring import open_service  # noqa: PLC0415

        self.open_demo, self.open_service = open_demo, open_service
        self.demo_folder, self.demo_settings, self.gather = demo_folder, demo_settings, gather


def _bootstrap() -> _Bootstrap:
    return _Bootstrap()


class Opening:
    """One opening of the service, from the first word to the close. *words* is what it does now."""

    def __init__(self, engine: EngineThread, open_it: Opener) -> None:
        self.words = ""
        self._engine = engine
        self._open = open_it
        self._stop = asyncio.Event()
        self._served: asyncio.Future[None] | None = None

    async def begin(self) -> Opened:
        """Open the service; raises what keeps it from opening."""
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[Opened] = loop.create_future()

        def tell(opened: Opened) -> None:
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

    async def _serve(self, ready: Callable[[Opened], object]) -> None:
        async with self._open(self._say) as opened:
            ready(opened)
            await self._stop.wait()

    def _say(self, words: str) -> None:
        self.words = words

    async def close(self, seconds: float) -> bool:
        """Close the service; False when that took longer than *seconds*."""
        if self._served is None or self._served.done():
            return True
        self._engine.soon(self._stop.set)
        done, _ = await asyncio.wait({self._served}, timeout=seconds)
        return bool(done)
