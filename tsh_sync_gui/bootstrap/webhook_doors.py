"""The webhook's secret as a person changes it, and whether deliveries would arrive."""

from __future__ import annotations

import asyncio
import secrets
import string
from datetime import UTC, datetime
from typing import Final

from tsh_sync_gui.bootstrap.identity import mirror_of
from tsh_sync_gui.bootstrap.listener_process import listener_of
from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.bootstrap.secrets import vault_of
from tsh_sync_gui.bootstrap.webhook_secrets import OVERLAP, was_read
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.ports.deliveries import ListenerState, SecretState
from tsh_sync_gui.engine.ports.vault import PREVIOUS_WEBHOOK_SECRET
from tsh_sync_gui.engine.webhooks_inbox import WebhooksInbox
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.deliveries import PgDeliveries
from tsh_sync_gui.store.inbox import PgInbox
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.zoho import reach

_FIELD: Final = "webhook_secret"
_LETTERS: Final = string.ascii_letters + string.digits
_LENGTH: Final = 32


def made_secret() -> str:
    """Return a new secret of the kind that Zoho takes."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


class WebhookSecretKeeper:
    """Fulfils `engine.ports.deliveries.Secret`: in this machine's vault, where the listener reads it anew."""

    def __init__(self, live: LiveSettings) -> None:
        self._live = live

    async def change(self, secret: str | None) -> SecretState:
        """Keep *secret* (None: a new one is made); the one before stays valid for a day."""
        origin = self._live.loaded.origins[_FIELD]
        if origin.is_locked:
            raise ConfigurationError(
                f"The webhook secret is set by {origin.value}",
                advice="Take ZOHO_WEBHOOK_SECRET out of there first; the vault can then keep it.",
            )
        fresh = "" if secret else made_secret()
        await self._live.save(_FIELD, secret or fresh)
        state = await self.state()
        return SecretState(is_set=True, previous_until=state.previous_until, fresh=fresh)

    async def state(self) -> SecretState:
        """Return what is known of the secrets."""
        loaded = self._live.loaded
        origin = loaded.origins[_FIELD]
        entry = None
        if not loaded.is_demo:
            entry = (await asyncio.to_thread(vault_of(loaded).read)).get(PREVIOUS_WEBHOOK_SECRET)
        previous = was_read(entry.get_secret_value()) if entry else None
        until = previous[0] + OVERLAP if previous else None
        return SecretState(
            is_set=bool(loaded.settings.webhook_secret.get_secret_value()),
            locked_by=origin.value if origin.is_locked else "",
            previous_until=until if until and until > datetime.now(UTC) else None,
        )


class WebhookReach:
    """Fulfils `engine.ports.deliveries.Reach` for the listener of *live*'s settings on this computer."""

    def __init__(self, live: LiveSettings) -> None:
        self._live = live

    async def listener(self) -> ListenerState:
        """Return how the listener on this computer stands; UnreachableError says why it does not answer."""
        address = listener_of(self._live.now)
        milliseconds, told = await reach.ask_state(address, mirror=mirror_of(self._live.loaded))
        since = told.get("since")
        return ListenerState(
            address=address,
            milliseconds=milliseconds,
            since=datetime.fromisoformat(since) if isinstance(since, str) else None,
            has_database=told.get("database") == "up",
            spooled=int(told.get("spool") or 0),
            version=str(told.get("version") or ""),
        )

    async def public(self, address: str) -> int:
        """Return after how many milliseconds a ping to the public *address* is answered; UnreachableError says why."""
        return await reach.ping(address)


def webhooks_inbox(database: Database, registry: Registry, jobs: PgJobs, live: LiveSettings) -> WebhooksInbox:
    """Return the inbox as windows and commands use it."""
    return WebhooksInbox(
        PgDeliveries(database, PgInbox(database, jobs), registry),
        jobs,
        registry,
        settings=lambda: live.now,
        clock=database.clock,
        secret=WebhookSecretKeeper(live),
        reach=WebhookReach(live),
        save=live.save,
    )
