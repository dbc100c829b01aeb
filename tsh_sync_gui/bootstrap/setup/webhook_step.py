"""Step 7: what a person enters in Zoho for webhooks, and whether they would arrive."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import string
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

from tsh_sync_gui.bootstrap import listener_process
from tsh_sync_gui.bootstrap.identity import mirror_of
from tsh_sync_gui.bootstrap.listener_process import listener_of
from tsh_sync_gui.bootstrap.setup.ground import Ground
from tsh_sync_gui.bootstrap.setup.values import WebhookEvent, WebhookPlan
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.outcomes import user_name
from tsh_sync_gui.engine.ports.deliveries import Heard
from tsh_sync_gui.engine.ports.inbox import Change
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.deliveries import PgDeliveries
from tsh_sync_gui.store.inbox import PgInbox
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.settings import SharedSettings
from tsh_sync_gui.zoho import reach
from tsh_sync_gui.zoho.loopback import is_loopback

PATH: Final = "/api/webhooks/zoho"
_LETTERS: Final = string.ascii_letters + string.digits
_SECRET_LENGTH: Final = 32
_EVENTS: Final = tuple(
    WebhookEvent(entity=one.name, title=one.title, change=change, module=one.module)
    for one in REGISTRY
    for change in one.events
)
"""The ten events; each is a workflow rule with a webhook in Zoho, and their bodies do not say which it was."""


class WebhookStep:
    """What Zoho has to know of the listener, whether it runs, and which events have come."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._making = asyncio.Lock()

    async def plan(self) -> WebhookPlan:
        """Return address, secret (made once, kept in the vault) and the events with their last delivery."""
        async with self._making:  # of two at once the second finds what the first has made
            loaded = await self._ground.settings()
            secret = loaded.settings.webhook_secret.get_secret_value()
            is_fresh = not secret
            if not secret:
                loaded.check_vault_open()
                secret = await self._fresh_secret()
        found, heard = await listener_process.look(loaded), await self._heard()
        return WebhookPlan(
            address=loaded.settings.webhook_url,
            secret=secret,
            events=tuple(replace(one, last_seen=_last_seen(one, heard)) for one in _EVENTS),
            listener="" if found.is_up else f"{found.title}: deliveries are not received. Start it, then test.",
            is_listening=found.is_up,
            is_fresh=is_fresh,
        )

    async def start_listener(self) -> WebhookPlan:
        """Start the listener as a process of its own; it goes on when the window closes."""
        await listener_process.start(await self._ground.settings())
        return await self.plan()

    async def _heard(self) -> Sequence[Heard]:
        database = await self._ground.database()
        return await PgDeliveries(database, PgInbox(database, PgJobs(database)), REGISTRY).heard()

    async def new_secret(self) -> WebhookPlan:
        """Make and keep another secret."""
        async with self._making:
            await self._fresh_secret()
        return await self.plan()

    async def reveal(self) -> str:
        """Return the secret in the clear; who looked is in the audit before it is shown."""
        secret = (await self.plan()).secret
        await SharedSettings(await self._ground.database()).note_revealed("webhook_secret", by=user_name())
        return secret

    async def keep_address(self, address: str) -> WebhookPlan:
        """Keep the public address Zoho is to call; ConfigurationError for one that is none."""
        address = address.strip().rstrip("/")
        loaded = await self._ground.settings()
        _check(address, may_be_here=is_loopback(loaded.settings.accounts_url))
        await self._ground.keep_shared({"webhook_url": address if urlsplit(address).path else address + PATH})
        return await self.plan()

    async def test(self, *, public: bool) -> str:
        """Send a ping to the listener here, or at the public address; returns what was seen, raises what is wrong."""
        loaded = await self._ground.settings()
        address = loaded.settings.webhook_url
        if not public:
            here = listener_of(loaded.settings)
            milliseconds, _ = await reach.ask_state(here, mirror=mirror_of(loaded))
            return f"The listener answers at {here} ({milliseconds} ms)."
        if not address:
            raise ConfigurationError("There is no public address yet", advice="Enter the address Zoho is to call.")
        return f"{reach.host_of(address)} answers the ping with HTTP 200 ({await reach.ping(address)} ms)."

    async def _fresh_secret(self) -> str:
        secret = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LENGTH))
        await self._ground.keep_secrets({"webhook_secret": secret})
        return secret


def _last_seen(event: WebhookEvent, heard: Sequence[Heard]) -> datetime | None:
    """Return when *event* was last delivered; a delivery that does not say which it is may be any but a delete."""
    kinds = {event.change} if event.change == Change.DELETED else {event.change, Change.UNKNOWN.value}
    return max((one.last for one in heard if one.entity == event.entity and one.change.value in kinds), default=None)


def _check(address: str, *, may_be_here: bool) -> None:
    """Refuse what Zoho could never call."""
    example = "Example: https://hooks.example.com" + PATH
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        is_whole = bool(host) and not parts.username and parts.port != 0
    except ValueError:
        is_whole, host = False, ""
    if not is_whole or " " in address:
        raise ConfigurationError("That is not an address Zoho can call", advice=example)
    if may_be_here and is_loopback(address):
        return
    if parts.scheme != "https":
        raise ConfigurationError("The webhook address must begin with https://", advice=example)
    try:
        is_private = not ipaddress.ip_address(host).is_global
    except ValueError:
        is_private = host == "localhost" or "." not in host
    if is_private:
        raise ConfigurationError(
            f"Zoho cannot reach “{host}” from outside",
            advice="It names this computer or its own network. A public name with a certificate is needed.",
        )
