"""Step 4: signing in, by browser, by the address it landed on, or by a self client's code; and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from tsh_sync_gui.bootstrap.setup.app_step import AppStep
from tsh_sync_gui.bootstrap.setup.grants import Grants
from tsh_sync_gui.bootstrap.setup.ground import Ground
from tsh_sync_gui.bootstrap.setup.values import Attempt, SignedIn
from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError
from tsh_sync_gui.zoho.data_centres import Region, answered
from tsh_sync_gui.zoho.receiver import Receiver
from tsh_sync_gui.zoho.scopes import wanted_scopes
from tsh_sync_gui.zoho.signin import (
    AccountsServer,
    Answer,
    Client,
    Ticket,
    code_of,
    is_ours,
    read_address,
    read_code,
    ticket,
)


@dataclass
class _Attempt:
    """One question to the browser: everybody who waits for it gets the same outcome."""

    client: Client
    region: Region
    ticket: Ticket
    receiver: Receiver
    scopes: tuple[str, ...]
    until: datetime
    replaces: bool
    how: str = "browser"
    outcome: asyncio.Task[SignedIn] | None = field(default=None)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while a way of finishing is chosen: of two codes at once one is redeemed, the other never used."""


class SignInStep:
    """One attempt at a time. The refresh token is in the vault before anything else happens with it."""

    def __init__(self, ground: Ground, app: AppStep, grants: Grants) -> None:
        self._ground = ground
        self._app = app
        self._grants = grants
        self._attempt: _Attempt | None = None
        self._beginning = asyncio.Lock()
        self._outcomes: set[asyncio.Task[SignedIn]] = set()

    async def begin(self, *, extra_scopes: frozenset[str] = frozenset(), replaces: bool = False) -> Attempt:
        """Open the loopback receiver and return the address for the browser; a former attempt ends.

        *replaces* revokes the sign-in that is kept as soon as the new one has worked.
        """
        async with self._beginning:  # of two at once the former's receiver would listen on
            return await self._begin(extra_scopes, replaces=replaces)

    async def _begin(self, extra_scopes: frozenset[str], *, replaces: bool) -> Attempt:
        await self.cancel()
        loaded = await self._ground.settings()
        client, region = self._app.client(loaded), self._ground.region(loaded)
        await self._can_keep()
        scopes = await self._wanted(extra_scopes)
        asked: list[Ticket] = []

        def awaited(answer: Answer) -> bool:
            return bool(asked) and is_ours(answer, asked[0].state)

        receiver = await Receiver.open(awaited, ports=self._ground.terms.ports)
        asked.append(ticket(client, region, scopes, receiver.redirect_uri))
        until = datetime.now(UTC) + timedelta(seconds=self._ground.terms.browser_seconds)
        self._attempt = _Attempt(
            client=client,
            region=region,
            ticket=asked[0],
            receiver=receiver,
            scopes=scopes,
            until=until,
            replaces=replaces,
        )
        return Attempt(url=asked[0].url, redirect_uri=receiver.redirect_uri, until=until)

    async def await_browser(self) -> SignedIn:
        """Wait until the browser comes back, redeem the code at once, keep the refresh token first of all."""
        attempt = self._running()
        seconds = (attempt.until - datetime.now(UTC)).total_seconds()
        try:
            answer = await attempt.receiver.wait(max(0.0, seconds))
        except asyncio.CancelledError:
            if attempt.outcome is None and self._attempt is attempt:
                raise
            if attempt.outcome is None:
                raise _ended() from None
            return await asyncio.shield(attempt.outcome)
        return await self._outcome(attempt, answer)

    async def finish_with_address(self, pasted: str) -> SignedIn:
        """Finish with the address the browser landed on; one of another attempt (`state`) is refused."""
        answer = read_address(pasted)
        attempt = self._running()
        if not is_ours(answer, attempt.ticket.state):
            raise AuthorisationError(
                "That address belongs to another sign-in",
                advice="It was not used. Paste the address of the page that this sign-in opened, or start again.",
            )
        attempt.how = "address"
        attempt.receiver.give(answer)
        return await self._outcome(attempt, answer)

    async def finish_with_code(self, code: str, *, replaces: bool = False) -> SignedIn:
        """Finish with a self-client code; *replaces* as for `begin`."""
        code, attempt = read_code(code), self._attempt  # the attempt of now: it may have ended by the time all is read
        loaded = await self._ground.settings()
        client, region = self._app.client(loaded), self._ground.region(loaded)
        await self._can_keep()
        replaces = replaces or (attempt is not None and attempt.replaces)
        work = partial(self._redeem, code, client, region, region, asked=None, replaces=replaces, how="code")
        if attempt is None:
            return await asyncio.shield(self._started(work()))
        async with attempt.turn:
            if attempt.outcome is not None:  # the browser came first
                return await asyncio.shield(attempt.outcome)
            outcome = self._started(work())
            try:
                signed_in = await asyncio.shield(outcome)
            except asyncio.CancelledError:
                attempt.outcome = outcome  # redeemed all the same
                raise
            attempt.outcome = outcome
        if self._attempt is attempt:
            await self.cancel()
        return signed_in

    async def cancel(self) -> None:
        """Close the receiver."""
        attempt, self._attempt = self._attempt, None
        if attempt is not None:
            await attempt.receiver.close()

    async def close(self) -> None:
        """Close the receiver, and wait for what is being redeemed: its refresh token must be kept."""
        await self.cancel()
        await asyncio.gather(*self._outcomes, return_exceptions=True)

    def _started(self, work: Coroutine[Any, Any, SignedIn]) -> asyncio.Task[SignedIn]:
        outcome = asyncio.get_running_loop().create_task(work, name="sign-in")
        self._outcomes.add(outcome)
        outcome.add_done_callback(self._outcomes.discard)
        return outcome

    def _running(self) -> _Attempt:
        if self._attempt is None:
            raise _ended()
        return self._attempt

    async def _outcome(self, attempt: _Attempt, answer: Answer) -> SignedIn:
        """Return how the attempt ends; its code is redeemed once, whoever waits."""
        async with attempt.turn:
            if attempt.outcome is None:
                attempt.outcome = self._started(self._finish(attempt, answer))
        # What is redeemed must be kept, also when the person closes the window meanwhile.
        return await asyncio.shield(attempt.outcome)

    async def _finish(self, attempt: _Attempt, answer: Answer) -> SignedIn:
        try:
            code, region = code_of(answer), answered(attempt.region, answer)
            return await self._redeem(
                code,
                attempt.client,
                region,
                attempt.region,
                asked=attempt.ticket,
                replaces=attempt.replaces,
                how=attempt.how,
                scopes=attempt.scopes,
            )
        finally:
            if self._attempt is attempt:
                self._attempt = None
            await attempt.receiver.close()

    async def _redeem(
        self,
        code: str,
        client: Client,
        region: Region,
        chosen: Region,
        *,
        asked: Ticket | None,
        replaces: bool,
        how: str,
        scopes: tuple[str, ...] = (),
    ) -> SignedIn:
        grant = await AccountsServer().redeem(code, client, region, chosen=chosen, asked=asked)
        return await self._grants.keep(
            grant, client, chosen=chosen, how=how, scopes=grant.scopes or frozenset(scopes), replaces=replaces
        )

    async def _wanted(self, extra: frozenset[str]) -> tuple[str, ...]:
        """Return what is asked for: what the entities need, and *extra*."""
        loaded = await self._ground.settings()
        products = self._ground.products(frozenset(loaded.settings.products))
        named = {scope.strip() for one in extra for scope in one.split(",") if scope.strip()}
        return tuple(sorted({*wanted_scopes(self._ground.terms.registry, products), *named}))

    async def _can_keep(self) -> None:
        """Find out before the browser opens whether a refresh token could be kept; VaultError says why not."""
        machine = await self._ground.machine()
        if machine.origins["refresh_token"].is_locked:
            raise ConfigurationError(
                "ZOHO_REFRESH_TOKEN comes from outside, which goes before a new sign-in",
                advice="Remove it from the environment or the .env file, then sign in.",
            )
        await self._ground.check_vault()


def _ended() -> AuthorisationError:
    return AuthorisationError("No sign-in is waiting for an answer", advice="Start the sign-in again.")
