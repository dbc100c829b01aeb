"""The webhook's secrets as this machine keeps them; after a change the old one is valid for a day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from pydantic import SecretStr

from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.secrets import vault_of
from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.engine.ports.vault import PREVIOUS_WEBHOOK_SECRET

OVERLAP: Final = timedelta(hours=24)
_AGAIN_S: Final = 5.0


def was_read(entry: str) -> tuple[datetime, SecretStr] | None:
    """Return when a secret was replaced, and the secret; None for an entry that is none."""
    stamp, _, secret = entry.partition(" ")
    try:
        return datetime.fromisoformat(stamp), SecretStr(secret)
    except ValueError:
        return None


class WebhookSecrets:
    """Fulfils `listener.reception.Secrets`. Another process may change them; so they are read anew when one fails."""

    def __init__(self, loaded: Loaded) -> None:
        self._loaded = loaded
        self._previous: tuple[datetime, SecretStr] | None = None
        self._looked_at = float("-inf")
        self._looking = asyncio.Lock()
        self._is_read = False
        self._closed = loaded.vault_error

    @property
    def valid(self) -> Sequence[SecretStr]:
        """Return the secrets that prove a delivery, the present one first."""
        present = self._loaded.settings.webhook_secret
        found = [present] if present.get_secret_value() else []
        if self._previous is not None and datetime.now(UTC) < self._previous[0] + OVERLAP:
            found.append(self._previous[1])
        return found

    @property
    def expired(self) -> Sequence[SecretStr]:
        """Return the previous secret when its day is over."""
        if self._previous is None or datetime.now(UTC) < self._previous[0] + OVERLAP:
            return []
        return [self._previous[1]]

    @property
    def closed(self) -> SyncError | None:
        """Return why no secret is known though one may be kept: its place is closed; None where that is not so."""
        return None if self.valid else self._closed

    async def look_again(self) -> bool:
        """Read them anew, at most every few seconds; tells whether they changed."""
        if time.monotonic() - self._looked_at < _AGAIN_S:
            return False
        async with self._looking:
            if time.monotonic() - self._looked_at < _AGAIN_S:
                return True
            before = [one.get_secret_value() for one in self.valid]
            try:
                self._loaded, self._previous = await asyncio.to_thread(_read, self._loaded)
                self._closed = None
            except SyncError as error:
                self._closed = error
                structlog.get_logger(__name__).warning("the webhook secret cannot be read", error=error.title)
            self._looked_at = time.monotonic()
            return before != [one.get_secret_value() for one in self.valid]


def _read(loaded: Loaded) -> tuple[Loaded, tuple[datetime, SecretStr] | None]:
    settings, previous = loaded.settings, None
    if not loaded.is_demo:
        fresh = gather(home=loaded.home)
        if not loaded.origins["webhook_secret"].is_locked:
            fresh.check_vault_open()  # a vault that is closed has forgotten nothing
            settings = settings.model_copy(update={"webhook_secret": fresh.settings.webhook_secret})
        # The home may have kept its first secret only now.
        loaded = replace(loaded, vault=fresh.vault)
        entry = vault_of(loaded).read().get(PREVIOUS_WEBHOOK_SECRET) if loaded.vault else None
        previous = was_read(entry.get_secret_value()) if entry else None
        if previous is not None:
            log.conceal([previous[1].get_secret_value()])
    return replace(loaded, settings=settings), previous
