"""The sign-in that is kept: where its access token is shared, and whether another one has taken its place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.ports import AccessToken, Caller, Organization, TokenStore
from tsh_sync_gui.store.budget import PgBudget
from tsh_sync_gui.store.budget_line import Limits
from tsh_sync_gui.store.calls import PgCallLog
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.tokens import PgTokenStore
from tsh_sync_gui.zoho.client import Patience, ZohoClient
from tsh_sync_gui.zoho.oauth import TokenKeeper
from tsh_sync_gui.zoho.source import ZohoSource

_KEPT: Final = ("client_id", "client_secret", "refresh_token")
_WHERE: Final = ("accounts_url", "client_type")
_BRIEF: Final = Patience(waits=(1.0,), seconds=10.0)


def token_store(database: Database, settings: Settings) -> PgTokenStore:
    """Return where the access token of the settings' sign-in is shared."""
    return PgTokenStore(
        database,
        settings.client_id,
        settings.client_secret.get_secret_value(),
        settings.organization_id,
        accounts_url=settings.accounts_url,
        refresh_token=settings.refresh_token.get_secret_value(),
    )


class _One:
    """A token that nobody else is to know yet; where it is refused there is no other."""

    def __init__(self, token: AccessToken) -> None:
        self.current: AccessToken | None = token
        self.refreshed: tuple[datetime, ...] = ()

    async def load(self) -> AccessToken | None:
        """Return the token."""
        return self.current

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[_One]:
        """Nobody else waits."""
        yield self

    async def save(self, token: AccessToken) -> None:
        """Take another."""
        self.current = token

    async def forget(self) -> None:
        """Have none any more."""
        self.current = None


async def organizations_of(
    database: Database, settings: Settings, token: AccessToken, *, limits: Limits
) -> list[Organization]:
    """Return what a sign-in sees that is not put to work yet (one call, booked like all others)."""
    budget, log = PgBudget(database, limits), PgCallLog(database)
    tokens = TokenKeeper(settings, store=_One(token), clock=database.clock)
    client = ZohoClient(settings, tokens=tokens, budget=budget, log=log, clock=database.clock, patience=_BRIEF)
    try:
        return await ZohoSource(client).organizations(Caller(lane=Lane.PERSON, kind=CallKind.DETAIL))
    finally:
        await client.aclose()
        await budget.close()
        await log.close()


class KeptSignIn:
    """Looks again into vault and database, so that a sign-in made by another process is used by this one too."""

    def __init__(self, live: LiveSettings, database: Database) -> None:
        self._live = live
        self._database = database

    async def another(self, current: Settings) -> tuple[Settings, TokenStore] | None:
        """Return the sign-in that is kept by now and its token's store, None while it is the *current* one or none."""
        await self._live.look_again(_KEPT)
        kept = self._live.now
        if not kept.refresh_token.get_secret_value():
            return None
        if all(getattr(kept, name) == getattr(current, name) for name in (*_KEPT, *_WHERE)):
            return None
        # A run under way goes on with the organization it began with.
        chosen = current.organization_id or kept.organization_id
        kept = kept.model_copy(update={"organization_id": chosen})
        return kept, token_store(self._database, kept)
