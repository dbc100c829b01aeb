"""The simulator on the wire: an ASGI application, and the faults that only a connection can have."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl

from tsh_sync_gui.simulator import regions, replies
from tsh_sync_gui.simulator.api import PREFIXES, Api
from tsh_sync_gui.simulator.config import SimulatorConfig
from tsh_sync_gui.simulator.control import Control
from tsh_sync_gui.simulator.faults import REFUSALS, Rule, refusal
from tsh_sync_gui.simulator.oauth import OAuth
from tsh_sync_gui.simulator.replies import RefusedError, Reply
from tsh_sync_gui.simulator.simulation import Request, Simulation

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
_WORTH_COMPRESSING = 1024
_GZIP = 31
_API = tuple(PREFIXES)


class App:
    """The ASGI application; `lines` maps a client's address to its transport, so that a fault can cut it."""

    def __init__(self, simulation: Simulation, lines: dict[Any, asyncio.Transport]) -> None:
        self.simulation = simulation
        self._lines = lines
        self._oauth = OAuth(simulation)
        self._api = Api(simulation, self._oauth)
        self._control = Control(simulation, self._oauth)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = await _request(scope, receive, self.simulation.config)
        if request.path.startswith("/__sim/"):
            await self._send(self._control.answer(request), send, scope)
        elif request.path.startswith("/oauth/"):
            await self._answer_oauth(request, send, scope)
        elif request.path.startswith(_API):
            await self._answer_api(request, send, scope)
        elif request.path == "/console":
            await self._send(Reply(b"", 302, replies.HTML_TYPE, [(b"Location", b"/__sim/self_client")]), send, scope)
        else:
            await self._send(replies.wrong_address(), send, scope)

    async def _answer_oauth(self, request: Request, send: Send, scope: Scope) -> None:
        simulation = self.simulation
        simulation.counts.path(request.prefix + request.path)
        fault = simulation.faults.next(request.path)
        if fault is not None and fault.kind in REFUSALS:
            reply = refusal(fault.kind, per_day=simulation.config.per_day)
        else:
            reply = self._oauth.answer(request)
        await self._send(reply, send, scope, fault)

    async def _answer_api(self, request: Request, send: Send, scope: Scope) -> None:
        simulation = self.simulation
        config = simulation.config
        simulation.counts.total += 1
        simulation.counts.path(request.prefix + request.path)
        refused = simulation.limits.arrive(config)
        simulation.limits.in_flight += 1
        fault = None
        try:
            if refused is not None:
                reply = refused
            else:
                fault = simulation.faults.next(request.path)
                if config.latency_ms:
                    await asyncio.sleep(config.latency_ms / 1000)
                reply = self._api_reply(request, fault)
            simulation.counts.by_status[str(reply.status)] += 1
            if not config.no_rate_headers:
                reply.headers += simulation.limits.headers(config)
            if reply.status == 429 and config.retry_after:
                reply.headers.append((b"Retry-After", b"60"))
            if config.compressed and "gzip" in request.headers.get("accept-encoding", ""):
                _compress(reply)
            await self._send(reply, send, scope, fault)
        finally:
            simulation.limits.in_flight -= 1

    def _api_reply(self, request: Request, fault: Rule | None) -> Reply:
        if fault is not None and fault.kind in REFUSALS:
            return refusal(fault.kind, per_day=self.simulation.config.per_day)
        try:
            return self._api.answer(request, fault)
        except RefusedError as refused:
            return refused.reply

    async def _send(self, reply: Reply, send: Send, scope: Scope, fault: Rule | None = None) -> None:
        kind = fault.kind if fault is not None else ""
        if fault is not None and fault.delay_ms:
            await asyncio.sleep(fault.delay_ms / 1000)
        if kind == "lost_answer":
            self._lines[scope["client"]].abort()
            await self._gone(scope)
            return
        body = reply.body
        if kind == "truncated":
            body = body[: len(body) * 2 // 3]
        headers = [
            (b"Date", self.simulation.clock.http_date().encode()),
            (b"Content-Type", reply.content_type),
            (b"Content-Length", b"%d" % len(body)),
            *reply.headers,
        ]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        if kind == "cut":
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            self._lines[scope["client"]].close()
            await self._gone(scope)
            return
        await send({"type": "http.response.body", "body": body})

    async def _gone(self, scope: Scope) -> None:
        """Wait until the server knows that the connection ended, or it would complain of an unfinished answer."""
        while scope["client"] in self._lines:  # noqa: ASYNC110 - the end comes from the transport
            await asyncio.sleep(0.001)


async def _request(scope: Scope, receive: Receive, config: SimulatorConfig) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = b""
    if scope["method"] != "GET":
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
    path = scope["path"].rstrip("/") or "/"
    origin = f"{scope['scheme']}://{headers.get('host', '127.0.0.1')}"
    region, prefix = regions.locate(config, origin, path)
    return Request(
        method=scope["method"],
        path=path.removeprefix(prefix),
        params=dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)),
        headers=headers,
        body=body,
        origin=origin,
        region=region,
        prefix=prefix,
    )


def _compress(reply: Reply) -> None:
    if len(reply.body) < _WORTH_COMPRESSING or not reply.content_type.startswith((b"application/", b"text/")):
        return
    packer = zlib.compressobj(1, zlib.DEFLATED, _GZIP)
    reply.body = packer.compress(reply.body) + packer.flush()
    reply.headers.append((b"Content-Encoding", b"gzip"))
