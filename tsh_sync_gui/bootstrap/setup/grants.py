"""What becomes of a sign-in: kept first of all, then noted, tried and shared; its health, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from msgspec import structs
from pydantic import SecretStr

from tsh_sync_gui.bootstrap.secrets import keep_secrets
from tsh_sync_gui.bootstrap.setup.ground import Ground
from tsh_sync_gui.bootstrap.setup.kept import Kept, KeptSignIn
from tsh_sync_gui.bootstrap.setup.values import SignedIn, TokenHealth
from tsh_sync_gui.bootstrap.sign_ins import organizations_of, token_store
from tsh_sync_gui.bootstrap.webhook_secrets import was_read
from tsh_sync_gui.core import log
from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, SyncError, TransientError
from tsh_sync_gui.core.settings import Loaded, Settings
from tsh_sync_gui.engine.ports import AccessToken
from tsh_sync_gui.engine.ports.vault import NEXT_TOKEN, PREVIOUS_TOKEN
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.sign_ins import PgSignIns, mark_of
from tsh_sync_gui.zoho.data_centres import Region, known_regions, of_accounts
from tsh_sync_gui.zoho.oauth import PER_WINDOW
from tsh_sync_gui.zoho.signin import AccountsServer, Client, Grant

SIGN_INS: Final = 20
"""Zoho keeps so many refresh tokens of a user; one more ends the oldest without a word (zoho-api.md 1.3)."""
_MANY: Final = 16
_LOOKED_AT: Final = timedelta(minutes=15)
"""So long a new sign-in may be looked at before it is put to work; after that nobody does any more."""


class Grants:
    """The sign-in that is kept, and the one before it while a rotation is tried."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def keep(
        self,
        grant: Grant,
        client: Client,
        *,
        chosen: Region,
        how: str,
        scopes: frozenset[str],
        replaces: bool = False,
    ) -> SignedIn:
        """Keep *grant*: the refresh token before all else. *replaces* revokes the former one once this has worked."""
        log.conceal([grant.refresh_token, grant.access_token])
        fresh: dict[str, str | None] = {"refresh_token": grant.refresh_token}
        vault, region = await self._ground.vault(), grant.region
        if replaces and (former := _former(await asyncio.to_thread(vault.read))):
            stamp = datetime.now(UTC).isoformat(timespec="seconds")
            await self._put({NEXT_TOKEN: f"{stamp} {grant.refresh_token}"})
            await self._note(grant.refresh_token, client, region, scopes, how)
            await self._look_at(grant, client)
            fresh = {PREVIOUS_TOKEN: " ".join(former), NEXT_TOKEN: None, **fresh}
        await self._put(fresh)
        await self._keep_region(region, chosen, grant.api_domain)
        await self._note(grant.refresh_token, client, region, scopes, how)
        if await self._ground.has_database():
            await self._share(grant)
        if PREVIOUS_TOKEN in fresh:
            await self.settle(must_work=True)
        return SignedIn(
            location=region.location,
            scopes=scopes,
            moved_from=chosen.location if chosen.location != region.location else "",
            sign_ins=await self.count(await self._ground.settings()),
        )

    async def _put(self, secrets: Mapping[str, str | None]) -> None:
        vault = await self._ground.vault()
        await asyncio.to_thread(keep_secrets, self._ground.home, secrets, vault=vault)

    async def _look_at(self, grant: Grant, client: Client) -> None:
        """Ask, before it is put to work, whether a sign-in sees the organization (one call); end it if it does not."""
        loaded = await self._ground.settings()
        wanted = loaded.settings.organization_id
        if not wanted or not await self._ground.has_database():
            return
        theirs = {
            "accounts_url": grant.region.accounts_url,
            "api_base_url": grant.api_domain,
            "client_id": client.id,
            "refresh_token": SecretStr(grant.refresh_token),
        }
        settings = loaded.settings.model_copy(update=theirs)
        database = await self._ground.database()
        token = _access(grant, database)
        try:
            seen = await organizations_of(database, settings, token, limits=await self._ground.limits(loaded))
        except SyncError:
            await self._drop(grant.refresh_token, grant.region)
            raise
        if all(one.id != wanted for one in seen):
            await self._drop(grant.refresh_token, grant.region)
            names = ", ".join(f"{one.name} ({one.id})" for one in seen) or "none"
            raise AuthorisationError(
                f"The new sign-in does not see organization {wanted}",
                advice=f"It was ended again, and the former one stays in use. It sees: {names}. Sign in as a user of"
                f" organization {wanted}.",
            )

    async def _drop(self, token: str, region: Region) -> None:
        """End a sign-in that was not put to work; what cannot be ended now is ended at a later start."""
        try:
            await AccountsServer().revoke(token, region)
        except SyncError as error:
            structlog.get_logger(__name__).warning("a sign-in not used is not revoked yet", cause=error.cause)
            return
        await self._put({NEXT_TOKEN: None})
        await self._ended(token)

    async def _keep_region(self, region: Region, chosen: Region, api_address: str) -> None:
        loaded = await self._ground.settings()
        wanted = {"accounts_url": region.accounts_url, "api_base_url": api_address}
        fresh = {name: text for name, text in wanted.items() if loaded.text(name) != text}
        if region.location == chosen.location:
            fresh = {name: text for name, text in fresh.items() if not loaded.origins[name].is_locked}
        try:
            await self._ground.keep_shared(fresh)
        except ConfigurationError as error:
            raise ConfigurationError(
                "This account lives in another Zoho region",
                advice=f"You chose {chosen.ending}; Zoho answered from {region.ending}. The sign-in is kept. Set"
                f" ZOHO_ACCOUNTS_URL to {region.accounts_url} and ZOHO_API_BASE_URL to {api_address} where they are set"
                " now, or remove them there.",
                cause=error.title,
            ) from error

    async def _note(self, token: str, client: Client, region: Region, scopes: frozenset[str], how: str) -> None:
        await self._ground.note_sign_in(
            KeptSignIn(
                mark=mark_of(token).hex(),
                at=self._ground.clock.now(),
                accounts_url=region.accounts_url,
                client_id=client.id,
                scopes=tuple(sorted(scopes)),
                how=how,
            )
        )

    async def _share(self, grant: Grant) -> None:
        """Let all processes use the access token that came with the sign-in, so that nobody need refresh now."""
        database = await self._ground.database()
        now = (await self._ground.settings()).settings
        await token_store(database, now).adopt(_access(grant, database))

    async def move_token(self, before: Settings) -> None:
        """Share the access token under the organization that is chosen by now, so that nobody need refresh for it.

        Tokens are sealed for one organization; before there is one, for none.
        """
        now = (await self._ground.settings()).settings
        if now.organization_id == before.organization_id:
            return
        database = await self._ground.database()
        token = await token_store(database, before).load()
        if token is not None:
            await token_store(database, now).adopt(token)

    async def settle(self, *, must_work: bool = False) -> bool:
        """End a rotation: once the new sign-in works the former one is revoked. True when nothing is left of it."""
        loaded = await self._ground.settings()
        if loaded.vault_error is not None:
            return False
        kept = await asyncio.to_thread((await self._ground.vault()).read)
        await self._settle_next(kept, loaded)
        if PREVIOUS_TOKEN not in kept:
            return True
        # The program may have ended between the two entries: then the former one still is the one in use.
        used = loaded.settings.refresh_token.get_secret_value()
        over = [token for token in kept[PREVIOUS_TOKEN].get_secret_value().split() if token != used]
        log.conceal(over)
        try:
            if over:
                # What came with the code proves nothing about the refresh token.
                await (await self._ground.wiring()).tokens.prove()
            for token in over:
                await AccountsServer().revoke(token, await self._made_in(token, loaded))
        except SyncError as error:
            if must_work:
                raise
            structlog.get_logger(__name__).warning("the former sign-in is not revoked yet", cause=error.cause)
            return False
        await self._put({PREVIOUS_TOKEN: None})
        for token in over:
            await self._ended(token)
        return True

    async def _settle_next(self, kept: Mapping[str, SecretStr], loaded: Loaded) -> None:
        """End a sign-in that the program did not live to put to work: the former one is in use."""
        entry = was_read(kept[NEXT_TOKEN].get_secret_value()) if NEXT_TOKEN in kept else None
        if entry is None or datetime.now(UTC) < entry[0] + _LOOKED_AT:
            return  # another process may be looking at it just now
        token = entry[1].get_secret_value()
        log.conceal([token])
        if token in _former(kept):
            await self._put({NEXT_TOKEN: None})
        else:
            await self._drop(token, await self._made_in(token, loaded))

    async def _made_in(self, token: str, loaded: Loaded) -> Region:
        """Return the region that made *token*, which alone can end it; where that is not noted, the present one."""
        mark, address = mark_of(token), ""
        waiting = (await self._ground.kept.read() or Kept()).sign_ins
        if found := next((one for one in waiting if one.mark == mark.hex()), None):
            address = found.accounts_url
        elif await self._ground.has_database():
            address = await PgSignIns(await self._ground.database()).accounts_url(mark)
        now = self._ground.region(loaded)
        return of_accounts(address, known_regions(now.accounts_url)) or now

    async def _ended(self, token: str) -> None:
        mark = mark_of(token)
        if await self._ground.has_database():
            await PgSignIns(await self._ground.database()).end(mark)

        def without(kept: Kept) -> Kept:
            return structs.replace(kept, sign_ins=tuple(one for one in kept.sign_ins if one.mark != mark.hex()))

        await self._ground.kept.change(without)

    async def revoke(self) -> None:
        """End the sign-in at Zoho and forget it here; nothing is forgotten while Zoho can't be reached."""
        loaded = await self._ground.settings()
        if loaded.origins["refresh_token"].is_locked:
            raise ConfigurationError(
                "ZOHO_REFRESH_TOKEN comes from outside and can't be forgotten here",
                advice="Remove it from the environment or the .env file as well, then revoke it at Zoho.",
            )
        kept = await asyncio.to_thread((await self._ground.vault()).read)
        tokens = _former(kept)
        if not tokens:
            raise ConfigurationError("Nobody is signed in", advice="There is nothing to revoke.")
        for token in tokens:
            await AccountsServer().revoke(token, await self._made_in(token, loaded))
        if await self._ground.has_database():
            async with token_store(await self._ground.database(), loaded.settings).locked() as locked:
                await locked.forget()
        await self._put({"refresh_token": None, PREVIOUS_TOKEN: None})
        for token in tokens:
            await self._ended(token)

    async def scopes(self, loaded: Loaded) -> frozenset[str]:
        """Return what the sign-in may; empty when nobody has told."""
        token = loaded.settings.refresh_token.get_secret_value()
        mark = mark_of(token)
        waiting = (await self._ground.kept.read() or Kept()).sign_ins
        if found := next((one for one in waiting if one.mark == mark.hex()), None):
            return frozenset(found.scopes)
        if not await self._ground.has_database():
            return frozenset()
        known = await PgSignIns(await self._ground.database()).scopes(mark)
        return known or (await self._ground.wiring()).tokens.scopes

    async def count(self, loaded: Loaded) -> int:
        """Return how many sign-ins of this app Zoho keeps, as far as this set-up knows."""
        now = loaded.settings
        waiting = (await self._ground.kept.read() or Kept()).sign_ins
        here = sum((one.client_id, one.accounts_url) == (now.client_id, now.accounts_url) for one in waiting)
        if not await self._ground.has_database():
            return here
        return here + await PgSignIns(await self._ground.database()).count(now.accounts_url, now.client_id)

    async def health(self) -> TokenHealth:
        """Return how the sign-in stands; makes no call that counts."""
        loaded = await self._ground.settings()
        if not loaded.settings.refresh_token.get_secret_value():
            words = loaded.vault_problem or "Not signed in yet."
            return _health(state="needs_you" if loaded.vault_problem else "none", words=words)
        region = self._ground.region(loaded)
        facts: dict[str, Any] = {"where": region.title, "sign_ins": await self.count(loaded)}
        if not await self._ground.has_database():
            words = "A sign-in is kept. It was not tried: no database was chosen yet."
            return _health(state="ok", words=words, scopes=await self.scopes(loaded), **facts)
        wiring = await self._ground.wiring()
        store = token_store(wiring.database, wiring.settings.now)
        try:
            token = await wiring.tokens.shared()
        except (AuthorisationError, ConfigurationError) as error:
            return _health(state="needs_you", words=str(error), refreshes=await store.refreshes(), **facts)
        except TransientError as error:
            return _health(state="ok", words=str(error), problem=str(error), refreshes=await store.refreshes(), **facts)
        minutes = int((token.expires_at - wiring.database.clock.now()).total_seconds() // 60)
        return _health(
            state="ok",
            words=_words(facts["sign_ins"]),
            minutes_left=max(0, minutes),
            refreshes=await store.refreshes(),
            scopes=await self.scopes(loaded),
            **facts,
        )


def _access(grant: Grant, database: Database) -> AccessToken:
    return AccessToken(
        text=grant.access_token,
        expires_at=database.clock.now() + timedelta(seconds=grant.seconds),
        api_domain=grant.api_domain,
    )


def _former(kept: Mapping[str, SecretStr]) -> list[str]:
    """Return the sign-in in use, and those before it that a rotation has not ended yet."""
    texts = [kept[name].get_secret_value() for name in ("refresh_token", PREVIOUS_TOKEN) if name in kept]
    return list(dict.fromkeys(" ".join(texts).split()))


def _words(sign_ins: int) -> str:
    if sign_ins < _MANY:
        return "Signed in."
    return (
        f"Signed in. This app was connected {sign_ins} times; Zoho keeps {SIGN_INS} sign-ins and forgets the oldest. "
        "Remove those no longer needed under Connected Apps at Zoho's accounts page."
    )


def _health(**facts: Any) -> TokenHealth:
    defaults = {"minutes_left": None, "refreshes": 0, "sign_ins": 0}
    return TokenHealth(**{**defaults, **facts}, refresh_limit=PER_WINDOW, sign_in_limit=SIGN_INS)
