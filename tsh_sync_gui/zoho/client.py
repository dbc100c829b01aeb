"""The HTTP client: sends what the budget allows, heals what can be healed by asking again, and tells what it does."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic
from urllib.parse import quote, urlencode, urlsplit

import httpx
import msgspec

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import ConfigurationError, SyncError, UnreachableError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.engine.ports import AccessToken, Budget, Caller, CallLog, CallRecord, RateHeaders, Wait
from tsh_sync_gui.entities.spec import Product
from tsh_sync_gui.zoho import errors
from tsh_sync_gui.zoho.addresses import api_base, product_root, secure
from tsh_sync_gui.zoho.errors import Refusal, Remedy, rule_for
from tsh_sync_gui.zoho.oauth import TokenKeeper
from tsh_sync_gui.zoho.pacing import Jitter, Pacer, quota_exhausted
from tsh_sync_gui.zoho.paging import Params
from tsh_sync_gui.zoho.replies import ENVELOPE, AnyReply, Envelope, salvaged_list
from tsh_sync_gui.zoho.wire import http_date, open_client, rate_headers, retry_after

KEPT_BODY: Final = 20_000
"""At most so many characters of an answer are kept when API bodies are logged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long trouble is borne: the waits between tries in seconds, and the seconds after which no try follows."""

    waits: tuple[float, ...] = (1, 2, 4, 8, 15, 15, 15, 15, 15, 15, 15)
    seconds: float = 130.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask(Generic[AnyReply]):
    """One GET of a *path* whose ids are already escaped; its reply carries *key*.

    *endpoint* is the path without ids; *what* and *scope* are words for a refusal.
    """

    product: Product
    path: str
    key: str
    decoder: msgspec.json.Decoder[AnyReply]
    params: Params = ()
    endpoint: str = ""
    what: str = ""
    scope: str = ""
    for_organization: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[AnyReply]):
    """A success. *sent_at* is our clock when the request left, *server_date* Zoho's when it answered."""

    reply: AnyReply
    sent_at: datetime
    server_date: datetime | None
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """One request under way."""

    path: str
    sent_at: datetime
    began: float
    query: str


class ZohoClient:
    """Speaks to Zoho's API for one organization. Closing it closes *tokens* too."""

    def __init__(
        self,
        settings: Settings,
        *,
        tokens: TokenKeeper,
        budget: Budget,
        log: CallLog,
        clock: Clock,
        patience: Patience = Patience(),
        transport: httpx.AsyncBaseTransport | None = None,
        jitter: Jitter = random.uniform,
    ) -> None:
        self.settings = settings
        self._tokens = tokens
        self._budget = budget
        self._log = log
        self._clock = clock
        self._patience = patience
        self._jitter = jitter
        self._pacer = Pacer(budget, clock, jitter=jitter)
        self._http = open_client(secure(settings.api_base_url, variable="ZOHO_API_BASE_URL"), transport)
        self._recovery = asyncio.Lock()
        self._answers = 0
        self._denied: set[str] = set()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()
        await self._tokens.aclose()

    async def get(self, ask: Ask[AnyReply], caller: Caller) -> Answer[AnyReply]:
        """Return the answer to *ask*; raises the errors that `engine.ports.Source` promises."""
        if ask.for_organization and not self.settings.organization_id:
            raise ConfigurationError(
                "ZOHO_ORGANIZATION_ID is not set", advice="Zoho shows the number under Manage Organizations."
            )
        try:
            return await self._exchange(ask, caller)
        except UnreachableError as trouble:
            if trouble.what != "zoho":
                raise
            return await self._persist(ask, caller, trouble)

    async def _persist(self, ask: Ask[AnyReply], caller: Caller, trouble: UnreachableError) -> Answer[AnyReply]:
        """Ask again, with growing waits. Of all requests in trouble one at a time does, so that an outage costs few."""
        began, answers = self._clock.monotonic(), self._answers
        async with self._turn(caller, self._words(trouble)):
            for number, wait in enumerate(self._patience.waits):
                is_healed = number == 0 and self._answers > answers
                seconds = (
                    0.0 if is_healed else max(wait * self._jitter(0.8, 1.2), min(trouble.retry_after or 0.0, 60.0))
                )
                if self._clock.monotonic() - began + seconds > self._patience.seconds:
                    break
                await self._pacer.wait(caller, "network", seconds, detail=self._words(trouble))
                try:
                    return await self._exchange(ask, caller)
                except UnreachableError as again:
                    if again.what != "zoho":
                        raise
                    trouble = again
        raise trouble

    def _words(self, trouble: UnreachableError) -> str:
        """Return *trouble* with the host that is in it, and the reason."""
        reason = trouble.cause.rpartition(": ")[2]
        host = urlsplit(self.settings.api_base_url).netloc
        return f"{trouble.title}: {host}{f', {reason}' if reason else ''}"

    @asynccontextmanager
    async def _turn(self, caller: Caller, detail: str) -> AsyncIterator[None]:
        """Wait, and say so, until no other request finds out whether the trouble is over."""
        if is_told := self._recovery.locked():
            until = self._clock.now() + timedelta(seconds=min(self._patience.waits, default=0.0))
            caller.on_wait(Wait(reason="network", until=until, detail=detail))
        try:
            await self._recovery.acquire()
        finally:
            if is_told:
                caller.on_wait(None)
        try:
            yield
        finally:
            self._recovery.release()

    async def _exchange(self, ask: Ask[AnyReply], caller: Caller) -> Answer[AnyReply]:
        """Send *ask* until it is answered or refused for good; an UnreachableError is for others to bear."""
        is_renewed = False
        crowded = 0
        while True:
            result, token = await self._send(ask, caller)
            if isinstance(result, Answer):
                self._answers += 1
                self._pacer.answered()
                self._denied.discard(ask.scope)
                return result
            rule = rule_for(result)
            error = rule.error(result)
            match rule.remedy:
                case Remedy.RENEW if not (is_renewed or ask.scope in self._denied):
                    await self._tokens.renew(refused=token.text)
                    is_renewed = True
                case Remedy.RENEW:
                    # A second 401 is no matter of age: what lacks a permission shall not cost a refresh each time.
                    self._denied.add(ask.scope)
                    raise error
                case Remedy.MINUTE:
                    await self._pacer.blocked(caller)
                case Remedy.DAY:
                    await self._budget.refused(45)
                    raise quota_exhausted((await self._budget.status()).resets_at) from error
                case Remedy.CROWDED if crowded < len(self._patience.waits):
                    await self._budget.refused(1070)
                    await self._pacer.wait(caller, "concurrency", self._patience.waits[crowded] * self._jitter(0.5, 1))
                    crowded += 1
                case _:
                    raise error

    async def _send(self, ask: Ask[AnyReply], caller: Caller) -> tuple[Answer[AnyReply] | Refusal, AccessToken]:
        """Send one request and account for it, whatever becomes of it."""
        await self._tokens.token()  # a refresh comes before the slot: a slot is the right to send now
        slot = await self._pacer.slot(caller)
        has_left = False
        figures: RateHeaders | None = None
        try:
            token = await self._tokens.token()
            request, sending = self._request(ask, token)
            has_left = True
            response = await self._http.send(request)
            figures = rate_headers(response.headers)
        except errors.NEVER_LEFT as failure:
            has_left = False
            raise errors.from_failure(failure, ask.endpoint) from failure
        except httpx.RequestError as failure:
            trouble = errors.from_failure(failure, ask.endpoint)
            self._record(caller, sending, error=trouble.cause)
            raise trouble from failure
        except asyncio.CancelledError:
            if has_left:
                self._record(caller, sending, error="cancelled")
            raise
        finally:
            if has_left:
                caller.on_sent(caller.kind)
                await self._budget.settle(slot, figures)
            else:
                await self._budget.give_back(slot)
        return self._read(ask, caller, sending, response), token

    def _request(self, ask: Ask[AnyReply], token: AccessToken) -> tuple[httpx.Request, _Sending]:
        path = product_root(ask.product, self.settings.api_version) + ask.path
        mine = (("organization_id", self.settings.organization_id),) if ask.for_organization else ()
        query = urlencode((*mine, *ask.params), quote_via=quote, safe="")
        url = f"{api_base(self.settings.api_base_url, token.api_domain)}{path}"
        request = self._http.build_request(
            "GET", f"{url}?{query}" if query else url, headers={"Authorization": f"Zoho-oauthtoken {token.text}"}
        )
        sending = _Sending(path=path, sent_at=self._clock.now(), began=self._clock.monotonic(), query=query)
        return request, sending

    def _read(
        self, ask: Ask[AnyReply], caller: Caller, sending: _Sending, response: httpx.Response
    ) -> Answer[AnyReply] | Refusal:
        """Return the decoded success or the refusal; raises for what is neither."""
        body = response.content
        code: int | None = None
        error = ""
        try:
            result = _understand(ask, response, self.settings.organization_id)
            if isinstance(result, Refusal):
                code, error = result.code, result.message
                return result
            code = result.number
            return Answer(
                reply=result,
                sent_at=sending.sent_at,
                server_date=http_date(response.headers.get("date", "")),
                size=len(body),
            )
        except SyncError as failure:
            error = failure.cause or failure.title
            raise
        finally:
            self._record(caller, sending, response=response, code=code, error=error)

    def _record(
        self,
        caller: Caller,
        sending: _Sending,
        *,
        response: httpx.Response | None = None,
        code: int | None = None,
        error: str = "",
    ) -> None:
        kept = self.settings.log_api_calls
        body = response.content if response is not None else b""
        self._log.add(
            CallRecord(
                run=caller.run,
                entity=caller.entity,
                lane=caller.lane,
                kind=caller.kind,
                method="GET",
                path=sending.path,
                status=response.status_code if response is not None else 0,
                code=code,
                milliseconds=round((self._clock.monotonic() - sending.began) * 1000),
                size=len(body),
                sent_at=sending.sent_at,
                error=redact(error[:500]),
                request=redact(f"GET {sending.path}?{sending.query}") if kept else "",
                answer=redact(body[:KEPT_BODY].decode(errors="replace")) if kept else "",
            )
        )


def _understand(ask: Ask[AnyReply], response: httpx.Response, organization: str) -> AnyReply | Refusal:
    """Return the reply where it is a success, else the refusal; UnreachableError where it is no JSON."""
    status, body = response.status_code, response.content
    envelope: Envelope
    try:
        if 200 <= status < 300:
            reply = _decoded(ask, body)
            if isinstance(reply, ask.decoder.type) and reply.number == 0:
                return reply
            envelope = reply
        else:
            envelope = ENVELOPE.decode(body)
    except msgspec.DecodeError as failure:
        if status < 500 and status not in {401, 403, 429}:
            raise errors.not_json(body, ask.endpoint, status=status, detail=str(failure)) from failure
        envelope = Envelope(code=-1, message="no JSON")
    return Refusal(
        status=status,
        code=envelope.number,
        message=str(envelope.message),
        endpoint=ask.endpoint,
        what=ask.what,
        scope=ask.scope,
        organization=organization,
        retry_after=retry_after(response.headers),
    )


def _decoded(ask: Ask[AnyReply], body: bytes) -> Envelope:
    """Return the whole reply, or its envelope alone where that already is a refusal."""
    try:
        return ask.decoder.decode(body)
    except msgspec.ValidationError as failure:
        try:
            envelope = ENVELOPE.decode(body)
        except msgspec.ValidationError:
            envelope = Envelope()
        if envelope.number == 0:
            raise errors.unexpected_shape(ask.endpoint, key=ask.key, detail=str(failure)) from failure
        return envelope
    except msgspec.DecodeError:
        saved = salvaged_list(ask.decoder.type, ask.key, body)
        if saved is None:
            raise
        return saved
