"""What the listener reads of a request: its body in bounded time and size, its caller, its JSON."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.types import Receive, Scope

from tsh_sync_gui.engine.ports.inbox import Delivery
from tsh_sync_gui.listener.answers import RefusedError
from tsh_sync_gui.zoho.webhook_bodies import LONGEST
from tsh_sync_gui.zoho.webhooks import parse_pairs

READ_S: Final = 10.0
_LOOK_S: Final = 0.5
LONGEST_JSON: Final = 65_536
_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "via", "x-forwarded-host")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


async def read_body(request: Request, *, most: int = LONGEST) -> bytes:
    """Return the body; RefusedError 413 beyond *most* bytes, 408 when it does not come in time."""
    try:
        async with asyncio.timeout(READ_S):
            return await read_all(request.headers.get("content-length", ""), request.receive, most=most)
    except TimeoutError:
        raise _too_slow() from None


async def read_all(told: str, receive: Receive, *, most: int = LONGEST) -> bytes:
    """Return the body that *receive* brings; *told* is how long it says it is."""
    if told.isascii() and told.isdigit() and (len(told) > 12 or int(told) > most):
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(400, "disconnected", "The caller left before the body was whole")
        part = message.get("body", b"")
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts) if len(parts) > 1 else part


class Reading:
    """Reads deliveries in bounded time: one look now and then at all of them, for a clock each costs as much as they.

    Of one event loop.
    """

    def __init__(self) -> None:
        self._due: dict[asyncio.Task[Any], float] = {}
        self._late: set[asyncio.Task[Any]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._look: asyncio.TimerHandle | None = None

    async def delivery(self, scope: Scope, receive: Receive) -> Delivery:
        """Return the request as a delivery; RefusedError 408 when its body does not come in time."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 -- a coroutine runs in one
        self._due[task] = loop.time() + READ_S
        if self._look is None:
            self._look = loop.call_later(_LOOK_S, self._end_late)
        try:
            return await read_delivery(scope, receive)
        except asyncio.CancelledError:
            if task not in self._late:
                raise
            task.uncancel()
            raise _too_slow() from None
        finally:
            del self._due[task]
            self._late.discard(task)

    def _end_late(self) -> None:
        self._look = None
        if self._loop is None or not self._due:
            return
        now = self._loop.time()
        for task, due in self._due.items():
            if now >= due and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._look = self._loop.call_later(_LOOK_S, self._end_late)


def _too_slow() -> RefusedError:
    return RefusedError(
        408, "timeout", "The body did not come in time", f"Send it within {READ_S:.0f} s.", Connection="close"
    )


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, "too_large", f"The body is longer than {most:,} bytes", Connection="close")


async def read_delivery(scope: Scope, receive: Receive) -> Delivery:
    """Return the request as a delivery."""
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    body = await read_all(headers.get("content-length", ""), receive)
    query = scope["query_string"]
    try:
        pairs = tuple(parse_pairs(query)) if query else ()
    except ValueError:
        raise RefusedError(400, "query", "The address has too many parameters") from None
    return Delivery(
        address=scope["path"],
        body=body,
        content_type=headers.get("content-type", ""),
        query=pairs,
        headers=headers,
        source=source_of(scope, headers.get("x-forwarded-for", "")),
    )


def source_of(scope: Scope, forwarded: str) -> str:
    """Return the caller's address; what a proxy on this computer says of it is believed."""
    peer: str = scope["client"][0] if scope.get("client") else ""
    return (forwarded.rsplit(",", maxsplit=1)[-1].strip()[:60] or peer) if forwarded and peer in _LOOPBACK else peer


def caller_of(request: Request) -> str:
    """Return the caller's address."""
    return source_of(request.scope, request.headers.get("x-forwarded-for", ""))


def is_direct_loopback(request: Request) -> bool:
    """Tell whether the caller is a program on this computer: no proxy in between, and no browser's page."""
    peer = request.client.host if request.client else ""
    host = request.headers.get("host", "").strip().lower()
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if peer not in _LOOPBACK or name not in _LOOPBACK or "origin" in request.headers:
        return False
    # A page of the network that shows `http://127.0.0.1:8000/…` as a picture sends no origin, but this.
    if request.headers.get("sec-fetch-site", "none") not in {"none", "same-origin"}:
        return False
    return not any(header in request.headers for header in _FORWARDED)


async def read_json(request: Request, shape: type[Any]) -> Any:
    """Return the body, JSON whatever its content type says, as *shape*; an empty body is an empty object.

    RefusedError 422 names what is wrong.
    """
    body = await read_body(request, most=LONGEST_JSON)
    try:
        return msgspec.json.decode(body if body.strip() else b"{}", type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        words = str(error) or type(error).__name__
        raise RefusedError(422, "body", "The body cannot be read", f"{words[:200]}.") from None
