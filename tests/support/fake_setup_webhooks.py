"""The webhooks step of the double of the set-up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.support.setup_samples import EVENTS
from tsh_sync_gui.bootstrap.setup.values import WebhookPlan
from tsh_sync_gui.core.errors import ConfigurationError


class FakeWebhookStep:
    """Keeps address and secret in *home*; *seen* are the events that have come, *listener* why none listens."""

    home: Any
    seen: set[str]
    listener: str

    async def _do(self, name: str) -> None:
        """Count the call; the double waits and fails as it is told."""

    def _plan(self) -> WebhookPlan:
        seen = datetime.now(UTC)
        return WebhookPlan(
            address=self.home.webhook_address,
            secret=self.home.secret,
            events=tuple(replace(one, last_seen=seen if one.key in self.seen else None) for one in EVENTS),
            listener=self.listener,
            is_listening=not self.listener,
        )

    async def webhooks(self) -> WebhookPlan:
        await self._do("webhooks")
        return self._plan()

    async def reveal_webhook_secret(self) -> str:
        await self._do("reveal_webhook_secret")
        return self.home.secret

    async def new_webhook_secret(self) -> WebhookPlan:
        await self._do("new_webhook_secret")
        self.home.secret = "Zz9yX7wV5uT3sR1qP9oN7mL5kJ3hG1fE"
        return self._plan()

    async def keep_webhook_address(self, address: str) -> WebhookPlan:
        await self._do("keep_webhook_address")
        if not address.startswith("https://"):
            raise ConfigurationError("This is no address Zoho can call", advice="It begins with https://.")
        self.home.webhook_address = address
        return self._plan()

    async def start_listener(self) -> WebhookPlan:
        await self._do("start_listener")
        self.listener = ""
        return self._plan()

    async def test_webhook(self, *, public: bool) -> str:
        await self._do("test_webhook_public" if public else "test_webhook")
        return "The listener answered the ping in 12 ms."
