"""The wiring: which adapter fulfils which port, and what is closed in which order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import structlog

from tsh_sync_gui.bootstrap.databases import open_database
from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.settings import Loaded, Settings
from tsh_sync_gui.engine.absence import Absences
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.service import SyncService
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.store.budget import PgBudget
from tsh_sync_gui.store.budget_line import Limits
from tsh_sync_gui.store.calls import PgCallLog
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.ledger import PgLedger
from tsh_sync_gui.store.mirror import PgMirror
from tsh_sync_gui.store.notify import Notifier
from tsh_sync_gui.store.settings import SharedSettings
from tsh_sync_gui.store.tokens import PgTokenStore
from tsh_sync_gui.zoho.client import ZohoClient
from tsh_sync_gui.zoho.oauth import TokenKeeper
from tsh_sync_gui.zoho.source import ZohoSource

_SETTINGS_EVERY_S: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The parts, connected. The service is what shells use; the rest is for `doctor`."""

    service: SyncService
    database: Database
    source: ZohoSource
    ledger: PgLedger
    tokens: TokenKeeper
    settings: LiveSettings


@asynccontextmanager
async def open_service(
    loaded: Loaded,
    *,
    registry: Registry = REGISTRY,
    bus: Bus | None = None,
    progress: Callable[[str], None] = lambda _words: None,
) -> AsyncIterator[SyncService]:
    """Open the database the settings name, and the service on it, for as long as the context lasts."""
    async with (
        open_database(loaded, registry=registry, progress=progress) as database,
        wired(database, loaded, registry=registry, bus=bus) as wiring,
    ):
        yield wiring.service


@asynccontextmanager
async def wired(
    database: Database, loaded: Loaded, *, registry: Registry = REGISTRY, bus: Bus | None = None
) -> AsyncIterator[Wiring]:
    """Connect all parts to *database*; what was opened is closed in reverse order."""
    bus = bus or Bus()
    live = LiveSettings(loaded, SharedSettings(database))
    await live.refresh()
    settings = live.now
    budget = PgBudget(database, limits(settings))
    log = PgCallLog(database, bodies=settings.log_api_calls)
    ledger = PgLedger(database, registry, settings.organization_id)
    store = PgTokenStore(
        database,
        settings.client_id,
        settings.client_secret.get_secret_value(),
        settings.organization_id,
        accounts_url=settings.accounts_url,
        refresh_token=settings.refresh_token.get_secret_value(),
    )
    tokens = TokenKeeper(settings, store=store, clock=database.clock)
    client = ZohoClient(settings, tokens=tokens, budget=budget, log=log, clock=database.clock)
    source = ZohoSource(client)

    def take_over(changed: Settings) -> None:
        budget.limits = limits(changed)
        # A run under way goes on with the organization it began with; the next one is held against the database.
        pinned = settings.organization_id or changed.organization_id
        client.settings = changed.model_copy(update={"organization_id": pinned})
        log.bodies = changed.log_api_calls

    live.on_change(take_over)
    parts = Parts(
        settings=lambda: live.now,
        source=source,
        mirror=PgMirror(database, registry),
        ledger=ledger,
        budget=budget,
        bus=bus,
        clock=database.clock,
        absences=Absences(ledger, bus, database.clock),
        normalizers={entity.name: Normalizer(entity) for entity in registry},
    )
    service = SyncService(parts, registry, live, database=database.info)
    notifier = Notifier(database, bus)
    await notifier.start()
    watcher = asyncio.create_task(_hear_of_changes(live), name="shared settings")
    try:
        yield Wiring(service=service, database=database, source=source, ledger=ledger, tokens=tokens, settings=live)
    finally:
        watcher.cancel()
        await client.aclose()
        await budget.close()
        await log.close()
        await notifier.close()


async def _hear_of_changes(live: LiveSettings) -> None:
    """Take over, within seconds, what another process or machine has set."""
    while True:
        await asyncio.sleep(_SETTINGS_EVERY_S)
        try:
            await live.refresh()
        except SyncError as error:
            structlog.get_logger(__name__).warning("shared settings are not read", cause=str(error))


def limits(settings: Settings) -> Limits:
    """Return what this process allows itself."""
    return Limits(per_minute=settings.per_minute, per_day=settings.per_day, concurrency=settings.concurrency)
