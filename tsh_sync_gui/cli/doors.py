"""How the commands reach the rest of the program; tests put other doors in."""

from __future__ import annotations

import asyncio
import gc
import importlib
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.setup.service import Setup
    from tsh_sync_gui.bootstrap.wiring import Wiring
    from tsh_sync_gui.core.settings import Loaded
    from tsh_sync_gui.engine.service import SyncService

Progress = Callable[[str], None]


# What stands below takes a second to import; `tsh-sync --help` and `tsh-sync config path` need none of it.


def _load(*, tell: bool = True) -> Loaded:
    from tsh_sync_gui.bootstrap.gather import gather
    from tsh_sync_gui.cli.passphrases import opened
    from tsh_sync_gui.core import log

    loaded = opened(gather(), tell=tell)
    log.configure(loaded.home, debug=loaded.settings.debug, stderr=loaded.settings.debug)
    return loaded


def _service(loaded: Loaded, progress: Progress) -> AbstractAsyncContextManager[SyncService]:
    from tsh_sync_gui.bootstrap import open_service

    return open_service(loaded, progress=progress)


def _demo(items: int | None, seed: int | None, progress: Progress) -> AbstractAsyncContextManager[SyncService]:
    from tsh_sync_gui.bootstrap.demo import demo_folder, open_demo
    from tsh_sync_gui.core import log

    log.configure(demo_folder())
    return open_demo(items=items, seed=seed, progress=progress)


def _resize_demo(items: int | None, seed: int | None, progress: Progress) -> None:
    from tsh_sync_gui.bootstrap import resize_demo

    resize_demo(items, seed, progress=progress)


@asynccontextmanager
async def _setup(progress: Progress) -> AsyncIterator[Setup]:
    from tsh_sync_gui.bootstrap.setup import open_setup

    loaded = await asyncio.to_thread(_load, tell=False)  # each step says itself what a closed vault means for it
    async with open_setup(loaded.home, progress=progress) as setup:
        yield setup


def _wiring(loaded: Loaded, progress: Progress) -> AbstractAsyncContextManager[Wiring]:
    from tsh_sync_gui.bootstrap.wiring import open_wiring

    return open_wiring(loaded, progress=progress)


async def _listen(loaded: Loaded, host: str, port: int, jobs: int, ready: Callable[[str], None]) -> None:
    # A shell of its own, as this is: neither is built on the other.
    server = importlib.import_module("tsh_sync_gui.listener.server")

    def settled(address: str) -> None:
        # What is loaded by now stays: looked through again and again, it would hold deliveries up for milliseconds.
        gc.collect()
        gc.freeze()
        ready(address)

    await server.Listener(loaded, jobs=jobs).serve(host, port, on_ready=settled)


@dataclass(frozen=True)
class Doors:
    """The ways out of the command line."""

    load: Callable[[], Loaded] = field(default=_load)
    service: Callable[[Loaded, Progress], AbstractAsyncContextManager[SyncService]] = field(default=_service)
    demo: Callable[[int | None, int | None, Progress], AbstractAsyncContextManager[SyncService]] = field(default=_demo)
    resize_demo: Callable[[int | None, int | None, Progress], None] = field(default=_resize_demo)
    wiring: Callable[[Loaded, Progress], AbstractAsyncContextManager[Wiring]] = field(default=_wiring)
    setup: Callable[[Progress], AbstractAsyncContextManager[Setup]] = field(default=_setup)
    listen: Callable[[Loaded, str, int, int, Callable[[str], None]], Coroutine[Any, Any, None]] = field(default=_listen)
