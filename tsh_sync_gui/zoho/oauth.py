"""Access tokens: renewed ahead of expiry, once for all tasks and processes, and never too often for Zoho."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import httpx
import structlog

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    NotConnectedError,
    SyncError,
    TransientError,
    UnreachableError,
)
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.engine.ports import AccessToken, LockedToken, TokenStore
from tsh_sync_gui.zoho.accounts import (
    REFRESH_WORDS,
    TOKEN_PATH,
    Refused,
    read,
    refusal,
    throttled,
    trouble,
)
from tsh_sync_gui.zoho.addresses import secure
from tsh_sync_gui.zoho.errors import NEVER_LEFT, from_failure
from tsh_sync_gui.zoho.scopes import parse_scopes
from tsh_sync_gui.zoho.wire import open_client

AHEAD: Final = timedelta(minutes=5)
"""A token is renewed so long before Zoho ends it."""
BARELY: Final = timedelta(seconds=30)
"""Where renewing fails for the moment, a token that lives so long still serves."""
WINDOW: Final = timedelta(minutes=10)
PER_WINDOW: Final = 10
"""Zoho's limit of refreshes in a window; beyond it the sign-in is locked for the rest of it (zoho-api.md 1.3)."""
JUDGED: Final = timedelta(minutes=1)
"""So long a refused sign-in is not tried again: each try counts against the limit above."""


Another = Callable[[Settings], Awaitable[tuple[Settings, TokenStore] | None]]
"""Tells which other sign-in than the one in hand is kept by now, with its store; None when there is none."""


class TokenKeeper:
    """Hands out an access token that Zoho takes for some minutes more."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: TokenStore,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
        another: Another | None = None,
        check_open: Callable[[], None] = lambda: None,
    ) -> None:
        """Make a keeper; *check_open* raises why the secrets can't be read, while they can't: none is said to miss."""
        self._settings = settings
        self._store = store
        self._clock = clock
        self._transport = transport
        self._another = another
        self._check_open = check_open
        self._accounts = secure(settings.accounts_url, variable="ZOHO_ACCOUNTS_URL")
        self._http = open_client(self._accounts, transport)
        self._lock = asyncio.Lock()
        self._current: AccessToken | None = None
        self._refused = ""
        self._asked: deque[datetime] = deque(maxlen=PER_WINDOW)
        self._not_before: datetime | None = None
        self._verdict: tuple[datetime, Callable[[], SyncError]] | None = None
        self.scopes: frozenset[str] = frozenset()
        """What the sign-in may, as far as a reply of this process has said so."""

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def token(self) -> AccessToken:
        """Return a token, renewing it when it ends within AHEAD."""
        if self._current is not None and self._outlives(self._current, AHEAD):
            return self._current
        async with self._lock:
            if self._current is None or not self._outlives(self._current, AHEAD):
                await self._replace()
            assert self._current is not None  # noqa: S101 -- _replace sets it or raises
            return self._current

    async def shared(self) -> AccessToken:
        """Return the token that all processes share now: one that another has found dead meanwhile is not believed."""
        async with self._lock:
            self._current = None
        return await self.token()

    async def renew(self, *, refused: str) -> AccessToken:
        """Return another token than *refused*, which Zoho answered with 401; refreshes only if nobody else has."""
        async with self._lock:
            if self._current is None or self._current.text == refused:
                self._refused, self._current = refused, None
                await self._replace()
            assert self._current is not None  # noqa: S101 -- _replace sets it or raises
            return self._current

    async def prove(self) -> AccessToken:
        """Refresh now, whatever token is held, for only that proves the sign-in; one that others just made serves too.

        Costs one of Zoho's refreshes. What fails for the moment leaves the shared token in use.
        """
        async with self._lock:
            held = await self._store.load()
            before, self._refused = self._refused, held.text if held is not None else self._refused
            try:
                token = await self._renewed()
            except TransientError:
                self._refused = before
                raise
            self._current, self._refused = token, ""
            return token

    def _outlives(self, token: AccessToken, span: timedelta) -> bool:
        return token.expires_at - self._clock.now() > span

    def _serves(self, token: AccessToken | None, span: timedelta) -> bool:
        return token is not None and token.text != self._refused and self._outlives(token, span)

    async def _replace(self) -> None:
        """Take the shared token, or a new one; a failure for the moment is borne as long as the old one lives."""
        is_held = self._not_before is not None and self._clock.now() < self._not_before
        if is_held and self._serves(self._current, BARELY):
            return
        shared = await self._store.load()
        if self._serves(shared, AHEAD):
            self._current = shared
            return
        spare = next((one for one in (self._current, shared) if self._serves(one, BARELY)), None)
        try:
            token = await self._renewed()
        except TransientError as error:
            if spare is None:
                raise
            structlog.get_logger(__name__).warning("token not renewed yet; the old one still serves", cause=error.cause)
            self._not_before = self._clock.now() + timedelta(minutes=1)
            self._current = spare
            return
        self._current, self._refused = token, ""
        self._not_before = self._clock.now() + (token.expires_at - self._clock.now()) / 2  # for very short lives

    async def _renewed(self) -> AccessToken:
        """Return a token that another has made meanwhile, or a new one; by another sign-in if this one is refused."""
        try:
            return await self._alone()
        except (AuthorisationError, ConfigurationError):
            if not await self._signed_in_again():
                raise
            return await self._alone()

    async def _alone(self) -> AccessToken:
        """Refresh while all other processes wait; a refusal is known to all of them."""
        form = self._form()  # what is missing here is no refusal, and none of the others' business
        async with self._store.locked() as locked:
            if locked.current is not None and self._serves(locked.current, AHEAD):
                return locked.current
            try:
                token = await self._refresh(locked, form)
            except AuthorisationError as error:
                await locked.forget()
                refused = error
            else:
                await locked.save(token)
                structlog.get_logger(__name__).info("access token renewed", expires_at=token.expires_at.isoformat())
                return token
        raise refused

    async def _signed_in_again(self) -> bool:
        """Take over the sign-in that somebody has made meanwhile, here or in another process."""
        found = await self._another(self._settings) if self._another is not None else None
        if found is None:
            return False
        self._settings, self._store = found
        accounts = secure(self._settings.accounts_url, variable="ZOHO_ACCOUNTS_URL")
        if accounts != self._accounts:
            await self._http.aclose()
            self._accounts, self._http = accounts, open_client(accounts, self._transport)
        self._asked.clear()
        self._verdict = self._not_before = None
        structlog.get_logger(__name__).info("another sign-in is used from now on")
        return True

    async def _refresh(self, locked: LockedToken, form: Mapping[str, str]) -> AccessToken:
        """Ask Zoho for a new token."""
        now = self._clock.now()
        self._check_window(locked.refreshed, now)
        if self._verdict is not None and now < self._verdict[0]:
            known = self._verdict[1]()
            raise known
        self._asked.append(now)
        try:
            response = await self._http.post(f"{self._accounts}{TOKEN_PATH}", data=form)
        except httpx.RequestError as failure:
            if isinstance(failure, NEVER_LEFT):
                self._asked.pop()
            raise from_failure(failure, TOKEN_PATH) from failure
        try:
            reply = read(response, self._accounts)
            if isinstance(reply, Refused):
                raise self._refusal(reply)
        except UnreachableError:
            self._asked.pop()  # something before the sign-in failed; Zoho's limit counts what reached it
            raise
        self.scopes = parse_scopes(reply.scope) or self.scopes
        return AccessToken(
            text=reply.access_token, expires_at=now + timedelta(seconds=reply.seconds), api_domain=reply.api_domain
        )

    def _form(self) -> dict[str, str]:
        """Return the refresh's fields; raises what is missing: a setting, or a sign-in."""
        settings = self._settings
        wanted = {
            "client_id": ("ZOHO_CLIENT_ID", settings.client_id),
            "client_secret": ("ZOHO_CLIENT_SECRET", settings.client_secret.get_secret_value()),
            "refresh_token": ("ZOHO_REFRESH_TOKEN", settings.refresh_token.get_secret_value()),
        }
        if settings.client_type == "desktop" and not wanted["client_secret"][1]:
            del wanted["client_secret"]
        missing = [variable for variable, value in wanted.values() if not value]
        if missing:
            self._check_open()
        if missing == ["ZOHO_REFRESH_TOKEN"]:  # an app that nobody is signed in with: the run waits for the sign-in
            raise AuthorisationError(
                "Nobody is signed in to Zoho",
                advice="Sign in: in the window, or by `tsh-sync auth login`. Or set ZOHO_REFRESH_TOKEN.",
                cause="ZOHO_REFRESH_TOKEN is not set",
            )
        if missing:
            unset = NotConnectedError if "ZOHO_REFRESH_TOKEN" in missing else ConfigurationError
            raise unset(
                f"{missing[0]} is not set",
                advice="Connect Zoho: in the window, or by `tsh-sync auth login`. Or set it in the environment or in"
                " .env. `tsh-sync demo` needs no account.",
            )
        return {"grant_type": "refresh_token"} | {name: value for name, (_, value) in wanted.items()}

    def _check_window(self, shared: tuple[datetime, ...], now: datetime) -> None:
        """Raise before Zoho would: a refused refresh prolongs the lock-out."""
        for known in (sorted(shared), list(self._asked)):
            recent = [moment for moment in known if moment > now - WINDOW]
            if len(recent) >= PER_WINDOW:
                raise throttled((recent[-PER_WINDOW] + WINDOW - now).total_seconds())

    def _refusal(self, refused: Refused) -> SyncError:
        """Return what a refusal means; it stands for a while without being asked for again."""
        now = self._clock.now()
        if refused.is_throttle:
            until = now + WINDOW
            return self._judged(until, lambda: throttled((until - self._clock.now()).total_seconds()))
        if refused.is_trouble:
            return trouble(refused)
        return self._judged(now + JUDGED, lambda: refusal(refused, REFRESH_WORDS))

    def _judged(self, until: datetime, make: Callable[[], SyncError]) -> SyncError:
        self._verdict = (until, make)
        return make()
