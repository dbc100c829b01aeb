"""The sign-in that is kept: where its access token is shared, and whether another one has taken its place."""

from __future__ import annotations

from typing import Final

from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.engine.ports import TokenStore
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.tokens import PgTokenStore

_KEPT: Final = ("client_id", "client_secret", "refresh_token")
_WHERE: Final = ("accounts_url", "client_type")


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
