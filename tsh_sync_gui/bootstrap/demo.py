"""The demo: the whole program on a simulated Zoho, in a home of its own, with no account and no server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from msgspec.structs import replace as replace_mark

from tsh_sync_gui.bootstrap.demo_home import PER_DAY, PER_MINUTE, DemoHome
from tsh_sync_gui.bootstrap.wiring import Wiring, open_wiring, working
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.paths import default_home
from tsh_sync_gui.core.settings import Loaded, load
from tsh_sync_gui.engine.service import SyncService
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.simulator.config import ORGANIZATION_ID
from tsh_sync_gui.simulator.data import COLLECTIONS
from tsh_sync_gui.simulator.webhooks_demo import SECRET
from tsh_sync_gui.store.settings import SharedSettings

_LOOK_EVERY_S = 1.0
_LIMITS: Final = {"per_minute": PER_MINUTE, "per_day": PER_DAY, "concurrency": 5, "batch_size": 200}
# The simulator takes any credentials of the right form; these open nothing.
_CREDENTIALS: Final = {
    "client_id": "1000.DEMO",
    "client_secret": "demo",
    "refresh_token": "1000.demo.demo",
    "organization_id": ORGANIZATION_ID,
    "webhook_secret": SECRET,
}


def demo_folder(home: Path | None = None) -> Path:
    """Return the demo's own home below *home* (TSH_HOME)."""
    return (home or default_home()) / "demo"


def demo_settings(folder: Path, url: str) -> Loaded:
    """Return the demo's settings: no environment, no `.env`, no other database; the simulator at *url*."""
    fixed = {
        "api_base_url": url,
        "accounts_url": url,
        "products": "books,inventory",
        "sync_enabled": True,
        "database_url": "",
    }
    loaded = load(home=folder, environment=False, overrides=_CREDENTIALS | _LIMITS | fixed)
    return replace(loaded, is_demo=True)


def resize_demo(
    items: int | None, seed: int | None, *, home: Path | None = None, progress: Callable[[str], None]
) -> None:
    """Remember the demo's size for the next `open_demo`; another one than before begins with fresh data."""
    DemoHome(demo_folder(home)).resize(items, seed, progress)


@asynccontextmanager
async def open_demo(
    *,
    items: int | None = None,
    seed: int | None = None,
    home: Path | None = None,
    registry: Registry = REGISTRY,
    bus: Bus | None = None,
    progress: Callable[[str], None] = lambda _words: None,
    workers: int = 0,
) -> AsyncIterator[SyncService]:
    """Open the service on the demo; simulator and database end with the demo's last client."""
    demo = DemoHome(demo_folder(home))
    lease, url = await asyncio.to_thread(demo.enter, items, seed, progress)
    watcher = asyncio.create_task(_keep_alive(demo), name="demo's simulator")
    try:
        size = demo.size
        progress(
            f"Demo: a simulated Zoho with {size.items:,} products (seed {size.seed}), at {PER_MINUTE:,} calls a minute."
            " Your own settings and data are not touched."
        )
        loaded = demo_settings(demo.folder, url)
        async with open_wiring(loaded, registry=registry, bus=bus, progress=progress) as wiring:
            await _tell_database(wiring, demo)
            async with working(wiring, workers):
                yield wiring.service
    finally:
        watcher.cancel()
        await asyncio.to_thread(demo.leave, lease)


async def _tell_database(wiring: Wiring, demo: DemoHome) -> None:
    """Keep with the data what the demo alone knows: its limits, and how long lists are that nobody has read yet.

    Who looks into the demo's database by hand sees the limits it was synced under; the first sync has its price.
    """
    shared = SharedSettings(wiring.database)
    known = await shared.get_shared()
    if changed := {name: str(value) for name, value in _LIMITS.items() if str(known.get(name)) != str(value)}:
        await shared.set_all(changed, by="demo")
    lengths = {f"/{one.name}": (one.mirrored_size or one.size)(demo.organization) for one in COLLECTIONS}
    marks = []
    for entity in wiring.service.registry:
        mark = await wiring.ledger.watermark(entity.name)
        length = lengths.get(entity.apis[0].path)
        is_leader = wiring.service.registry.walk(entity.walk)[0] == entity
        if is_leader and length is not None and mark.remote is None and mark.since is None:
            marks.append(replace_mark(mark, remote=length))
    await wiring.ledger.move(marks)


async def _keep_alive(demo: DemoHome) -> None:
    """Start the simulator again whenever it was killed."""
    while True:
        await asyncio.sleep(_LOOK_EVERY_S)
        try:
            await asyncio.to_thread(demo.revive)
        except SyncError:
            structlog.get_logger(__name__).exception("the simulator does not start again")
