"""Access tokens: renewed ahead of expiry, once for all tasks and processes, and never too often for Zoho."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

import httpx
import msgspec
import structlog

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    SyncError,
    TransientError,
    UnreachableError,
)
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.engine.ports import AccessToken, LockedToken, TokenStore
from tsh_sync_gui.zoho.addresses import secure
from tsh_sync_gui.zoho.errors import NEVER_LEFT, SAFE, from_failure, not_json
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
PATH: Final = "/oauth/v2/token"


class _Reply(msgspec.Struct, frozen=True, kw_only=True):
    """The token endpoint's answer: a token, or an error, both with HTTP 200."""

    access_token: str = ""
    expires_in: int = 3600
    api_domain: str = ""
    error: Any = ""
    error_description: Any = ""

    def __repr__(self) -> str:
        return f"<token reply, error={self.error!r}>"


_DECODER: Final = msgspec.json.Decoder(_Reply, strict=False)


class TokenKeeper:
    """Hands out an access token that Zoho takes for some minutes more."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: TokenStore,
        clock: Clock,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._accounts = secure(settings.accounts_url, variable="ZOHO_ACCOUNTS_URL")
        self._http = open_client(self._accounts, transport)
        self._lock = asyncio.Lock()
        self._current: AccessToken | None = None
        self._refused = ""
        self._asked: deque[datetime] = deque(maxlen=PER_WINDOW)
        self._not_before: datetime | None = None
        self._verdict: tuple[datetime, Callable[[], SyncError]] | None = None

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

    async def renew(self, *, refused: str) -> AccessToken:
        """Return another token than *refused*, which Zoho answered with 401; refreshes only if nobody else has."""
        async with self._lock:
            if self._current is None or self._current.text == refused:
                self._refused, self._current = refused, None
                await self._replace()
            assert self._current is not None  # noqa: S101 -- _replace sets it or raises
            return self._current

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
            async with self._store.locked() as locked:
                if self._serves(locked.current, AHEAD):
                    self._current = locked.current
                    return
                token = await self._refresh(locked)
                await locked.save(token)
        except TransientError as error:
            if spare is None:
                raise
            structlog.get_logger(__name__).warning("token not renewed yet; the old one still serves", cause=error.cause)
            self._not_before = self._clock.now() + timedelta(minutes=1)
            self._current = spare
            return
        self._current, self._refused = token, ""
        self._not_before = self._clock.now() + (token.expires_at - self._clock.now()) / 2  # for very short lives
        structlog.get_logger(__name__).info("access token renewed", expires_at=token.expires_at.isoformat())

    async def _refresh(self, locked: LockedToken) -> AccessToken:
        """Ask Zoho for a new token."""
        form = self._form()
        now = self._clock.now()
        self._check_window(locked.refreshed, now)
        if self._verdict is not None and now < self._verdict[0]:
            known = self._verdict[1]()
            raise known
        self._asked.append(now)
        try:
            response = await self._http.post(f"{self._accounts}{PATH}", data=form)
        except httpx.RequestError as failure:
            if isinstance(failure, NEVER_LEFT):
                self._asked.pop()
            raise from_failure(failure, PATH) from failure
        try:
            reply = self._read(response)
        except UnreachableError:
            self._asked.pop()  # something before the sign-in failed; Zoho's limit counts what reached it
            raise
        seconds = reply.expires_in if reply.expires_in <= 86_400 else reply.expires_in // 1000  # once in milliseconds
        return AccessToken(
            text=reply.access_token, expires_at=now + timedelta(seconds=seconds), api_domain=reply.api_domain
        )

    def _form(self) -> dict[str, str]:
        """Return the refresh's fields; ConfigurationError names one that is not set."""
        settings = self._settings
        wanted = {
            "client_id": ("ZOHO_CLIENT_ID", settings.client_id),
            "client_secret": ("ZOHO_CLIENT_SECRET", settings.client_secret.get_secret_value()),
            "refresh_token": ("ZOHO_REFRESH_TOKEN", settings.refresh_token.get_secret_value()),
        }
        for variable, value in wanted.values():
            if not value:
                raise ConfigurationError(f"{variable} is not set", advice="Set it in the environment or in .env.")
        return {"grant_type": "refresh_token"} | {name: value for name, (_, value) in wanted.items()}

    def _check_window(self, shared: tuple[datetime, ...], now: datetime) -> None:
        """Raise before Zoho would: a refused refresh prolongs the lock-out."""
        for known in (sorted(shared), list(self._asked)):
            recent = [moment for moment in known if moment > now - WINDOW]
            if len(recent) >= PER_WINDOW:
                raise self._throttled(recent[-PER_WINDOW] + WINDOW)

    def _throttled(self, until: datetime) -> TransientError:
        seconds = (until - self._clock.now()).total_seconds()
        return TransientError(
            f"Zoho is limiting sign-ins for {max(1, ceil(seconds / 60))} min",
            advice="Another program may share these credentials.",
            cause=f"{PATH}: too many refreshes within 10 minutes",
            retry_after=max(0.0, seconds),
        )

    def _read(self, response: httpx.Response) -> _Reply:
        """Return a reply that carries a token; raises what every other one means."""
        status = response.status_code
        try:
            reply = _DECODER.decode(response.content)
        except msgspec.DecodeError as failure:
            if status == httpx.codes.NOT_FOUND:
                raise self._no_accounts_server(status) from failure
            raise not_json(response.content, PATH, status=status, detail=str(failure)) from failure
        if reply.access_token and status < 300:
            return reply
        raise self._refusal(str(reply.error or ""), str(reply.error_description or ""), status)

    def _refusal(self, error: str, description: str, status: int) -> SyncError:
        """Return what a refusal means; it stands for a while without being asked for again."""
        now, cause = self._clock.now(), f"{PATH}: HTTP {status}: {error} {description}"[:300].rstrip()
        if "access denied" in error.lower() or "too many requests" in description.lower() or status == 429:
            until = now + WINDOW
            return self._judged(until, lambda: self._throttled(until))
        if status >= 500 or not error:
            return UnreachableError("Zoho's sign-in has trouble", what="zoho", advice=SAFE, cause=cause)
        title, advice = _REFUSALS.get(error, ("Zoho refuses our sign-in", "Sign in again."))
        return self._judged(now + JUDGED, lambda: AuthorisationError(title, advice=advice, cause=cause))

    def _judged(self, until: datetime, make: Callable[[], SyncError]) -> SyncError:
        self._verdict = (until, make)
        return make()

    def _no_accounts_server(self, status: int) -> SyncError:
        return ConfigurationError(
            "ZOHO_ACCOUNTS_URL is not Zoho's sign-in",
            advice=f"{self._accounts} does not know {PATH}. Example: https://accounts.zoho.com.",
            cause=f"{PATH}: HTTP {status}",
        )


_REGION: Final = "Check it, and that ZOHO_ACCOUNTS_URL names the region the account lives in."
_NOT_ACCEPTED: Final = (
    "Zoho no longer accepts our sign-in",
    "Nothing is lost. Syncs wait. Most often someone removed the app in Zoho, or it was connected more than 20 times.",
)
_REFUSALS: Final = {
    "invalid_code": _NOT_ACCEPTED,
    "invalid_token": _NOT_ACCEPTED,
    "invalid_client": ("Zoho does not know this client id", f"ZOHO_CLIENT_ID is refused. {_REGION}"),
    "invalid_client_secret": ("Zoho refuses the client secret", f"ZOHO_CLIENT_SECRET is refused. {_REGION}"),
}
