"""Signing in: the address for the browser, the way back, and the code that becomes a lasting sign-in at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal
from urllib.parse import parse_qsl, quote, urlencode

import httpx

from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError
from tsh_sync_gui.zoho import accounts
from tsh_sync_gui.zoho.addresses import secure
from tsh_sync_gui.zoho.data_centres import Region, api_address
from tsh_sync_gui.zoho.errors import NEVER_LEFT, from_failure
from tsh_sync_gui.zoho.scopes import parse_scopes
from tsh_sync_gui.zoho.wire import open_client

AUTH_PATH: Final = "/oauth/v2/auth"
REVOKE_PATH: Final = "/oauth/v2/token/revoke"
_WAITS: Final = (0.5, 2.0)
"""A code lives two minutes: a request that never left is tried again soon, or not at all."""
_UNKNOWN_CLIENT: Final = "invalid_client"

ClientKind = Literal["server", "desktop", "self"]
Answer = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The app as it is registered in Zoho's console."""

    id: str
    secret: str = field(repr=False)
    kind: ClientKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One question to a person's browser; only an answer that carries its *state* is ours."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    verifier: str = field(repr=False)
    redirect_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a code was redeemed for. *scopes* is empty where Zoho did not say which."""

    refresh_token: str = field(repr=False)
    access_token: str = field(repr=False)
    seconds: int
    api_domain: str
    scopes: frozenset[str]
    region: Region


def ticket(client: Client, region: Region, scopes: Sequence[str], redirect_uri: str) -> Ticket:
    """Return a fresh question: state, PKCE where the client type has it, and the address to open."""
    state = secrets.token_urlsafe(24)
    verifier = secrets.token_urlsafe(64) if client.kind == "desktop" else ""
    query = {
        "client_id": client.id,
        "response_type": "code",
        "redirect_uri": redirect_uri,
        "scope": ",".join(scopes),
        "state": state,
        "access_type": "offline",  # without these two Zoho gives no refresh token
        "prompt": "consent",
    }
    if verifier:
        digest = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        query |= {"code_challenge": challenge, "code_challenge_method": "S256"}
    base = secure(region.accounts_url, variable="ZOHO_ACCOUNTS_URL")
    return Ticket(
        url=f"{base}{AUTH_PATH}?{urlencode(query, quote_via=quote, safe='')}",
        state=state,
        verifier=verifier,
        redirect_uri=redirect_uri,
    )


def is_ours(answer: Answer, state: str) -> bool:
    """Tell whether *answer* belongs to the question with *state*, in constant time."""
    return hmac.compare_digest(answer.get("state", "").encode(), state.encode())


def code_of(answer: Answer) -> str:
    """Return the code of our own answer; AuthorisationError in words where Zoho brings an error instead."""
    if code := answer.get("code", ""):
        return code
    error = answer.get("error", "")
    if error in {"access_denied", "accessdenied", "denied"}:
        raise AuthorisationError(
            "Sign-in was refused at Zoho",
            advice="Nothing was changed. Sign in again and accept, or ask someone who may. "
            "Zoho also answers so after ten sign-ins within ten minutes.",
            cause=f"{AUTH_PATH}: {error}",
        )
    raise AuthorisationError(
        "Zoho did not let the sign-in through",
        advice=f"Zoho says “{error[:80]}”. Compare client id, return address and permissions with Zoho's console."
        if error
        else "Its answer carries no code. Start the sign-in again.",
        cause=f"{AUTH_PATH}: {error[:80] or 'no code'}",
    )


def read_address(pasted: str) -> Answer:
    """Return the parameters of the address a browser landed on; ConfigurationError for what is none."""
    text = pasted.strip().strip("<>\"'`").strip()
    query = text.partition("?")[2].partition("#")[0] if "?" in text else text if "=" in text else ""
    answer = dict(parse_qsl(query))
    if not answer.keys() & {"code", "error"}:
        looks_like_code = text.startswith("1000.") and " " not in text
        raise ConfigurationError(
            "That is not the address of a finished sign-in",
            advice="This looks like a self-client code; there is a field of its own for it."
            if looks_like_code
            else "Paste the whole address of the page you landed on; it holds “code=”.",
        )
    return answer


def read_code(pasted: str) -> str:
    """Return a self-client code; ConfigurationError for what is none."""
    code = pasted.strip().strip("<>\"'`").strip()
    parts = code.split(".")
    if len(parts) != 3 or not all(part.isalnum() for part in parts):
        raise ConfigurationError(
            "That is not a self-client code",
            advice="This looks like an address; paste it as the address you landed on."
            if "://" in code
            else "A code has three parts, with dots between them. Copy it again from Zoho's console.",
        )
    return code


def _words(client: Client, region: Region, chosen: Region, redirect_uri: str) -> dict[str, tuple[str, str]]:
    """Return what a refused code means, by Zoho's word."""
    unknown = (
        "Zoho does not know this client id",
        f"ZOHO_CLIENT_ID is refused at {region.ending}. Compare it with Zoho's console, and check the region.",
    )
    if chosen.location != region.location:
        advice = (
            f"You chose {chosen.ending}; Zoho answered from {region.ending}, where this client id is not known. Enable "
            f"that region for the client at {chosen.console_url}, or register the app at {region.console_url}."
        )
        unknown = ("This account lives in another Zoho region", advice)
    gone = ("That code is no longer valid", "Codes last a few minutes and work once. Get a new code.")
    return {
        "invalid_code": gone,
        "invalid_grant": gone,
        _UNKNOWN_CLIENT: unknown,
        "invalid_client_secret": (
            "Zoho refuses the client secret",
            "ZOHO_CLIENT_SECRET does not belong to this client id. Copy it again from Zoho's console.",
        ),
        "invalid_redirect_uri": (
            "Zoho does not know this return address",
            f"Register {redirect_uri or 'the return address'} in Zoho's console, letter by letter."
            if client.kind != "self"
            else "This code was not made by a self client. Choose the client type that Zoho's console shows.",
        ),
    }


class AccountsServer:
    """Speaks to a region's accounts server; each call is for one purpose and keeps no token."""

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport

    async def redeem(self, code: str, client: Client, region: Region, *, chosen: Region, asked: Ticket | None) -> Grant:
        """Exchange *code* at once; *asked* is None for a self client's code.

        Raises AuthorisationError in words, TransientError where trying again helps.
        """
        form = {"grant_type": "authorization_code", "client_id": client.id, "code": code}
        if client.secret:
            form["client_secret"] = client.secret
        if asked is not None:
            form["redirect_uri"] = asked.redirect_uri
            if asked.verifier:
                form["code_verifier"] = asked.verifier
        reply = await self._post(region, form)
        if isinstance(reply, accounts.Refused):
            raise accounts.refusal(reply, _words(client, region, chosen, asked.redirect_uri if asked else ""))
        if not reply.refresh_token:
            raise AuthorisationError(
                "Zoho gave no lasting sign-in",
                advice="Remove this app under Connected Apps at Zoho's accounts page, then sign in again.",
                cause=f"{accounts.TOKEN_PATH}: no refresh_token in the reply",
            )
        return Grant(
            refresh_token=reply.refresh_token,
            access_token=reply.access_token,
            seconds=reply.seconds,
            api_domain=api_address(region, reply.api_domain),
            scopes=parse_scopes(reply.scope),
            region=region,
        )

    async def knows(self, client: Client, region: Region) -> bool:
        """Tell whether *region* knows the client id: it is asked with a code that nobody has.

        AuthorisationError where it knows the id and refuses the secret.
        """
        form = {"grant_type": "authorization_code", "client_id": client.id, "code": "1000.0.0"}
        if client.secret:
            form["client_secret"] = client.secret
        reply = await self._post(region, form)
        if not isinstance(reply, accounts.Refused) or reply.error in {"invalid_code", "invalid_redirect_uri"}:
            return True
        if reply.is_throttle or reply.is_trouble or reply.error == "invalid_client_secret":
            raise accounts.refusal(reply, _words(client, region, region, ""))
        return reply.error != _UNKNOWN_CLIENT

    async def revoke(self, token: str, region: Region) -> bool:
        """End *token* and all that came of it; False when Zoho did not know it any more.

        Raises where the answer says neither: then the token may live on.
        """
        async with open_client(region.accounts_url, self._transport) as http:
            try:
                # Zoho documents the query only; our log never holds addresses of this server.
                response = await http.post(f"{region.accounts_url}{REVOKE_PATH}", params={"token": token})
            except httpx.RequestError as failure:
                raise from_failure(failure, REVOKE_PATH) from None
        return accounts.was_revoked(response, REVOKE_PATH)

    async def _post(self, region: Region, form: dict[str, str]) -> accounts.TokenReply | accounts.Refused:
        base = secure(region.accounts_url, variable="ZOHO_ACCOUNTS_URL")
        async with open_client(base, self._transport) as http:
            for wait in (*_WAITS, None):
                try:
                    response = await http.post(f"{base}{accounts.TOKEN_PATH}", data=form)
                except httpx.RequestError as failure:
                    if wait is None or not isinstance(failure, NEVER_LEFT):
                        raise from_failure(failure, accounts.TOKEN_PATH) from failure
                    await asyncio.sleep(wait)
                else:
                    return accounts.read(response, base)
        raise AssertionError("unreachable: the last try returns or raises")


async def find_region(server: AccountsServer, client: Client, regions: Sequence[Region]) -> Region:
    """Return the first of *regions* that knows the client id; all are asked at once.

    ConfigurationError when none does, and the trouble itself where one could not be asked.
    """
    answers = await asyncio.gather(*(server.knows(client, region) for region in regions), return_exceptions=True)
    refused = [answer for answer in answers if isinstance(answer, AuthorisationError)]
    for region, answer in zip(regions, answers, strict=True):
        if answer is True:
            return region
    if refused:
        raise refused[0]
    if failed := next((answer for answer in answers if isinstance(answer, BaseException)), None):
        raise failed
    raise ConfigurationError(
        "No Zoho region knows this client id",
        advice="Compare it with the one Zoho's console shows; it begins with “1000.”.",
    )
