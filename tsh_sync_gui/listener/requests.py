"""What the listener reads of a request: its body in bounded time and size, its caller, its JSON."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from starlette.requests import ClientDisconnect, Request

from tsh_sync_gui.engine.ports.inbox import Delivery
from tsh_sync_gui.listener.answers import RefusedError
from tsh_sync_gui.zoho.webhook_bodies import LONGEST
from tsh_sync_gui.zoho.webhooks import parse_pairs

READ_S: Final = 10.0
LONGEST_JSON: Final = 65_536
_FORWARDED: Final = ("x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "via", "x-forwarded-host")
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


async def read_body(request: Request, *, most: int = LONGEST, seconds: float = READ_S) -> bytes:
    """Return the body; RefusedError 413 beyond *most* bytes, 408 when it does not come in time."""
    told = request.headers.get("content-length", "")
    if told.isascii() and told.isdigit() and (len(told) > 12 or int(told) > most):
        raise _too_large(most)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except TimeoutError:
        raise RefusedError(
            408, "timeout", "The body did not come in time", f"Send it within {seconds:.0f} s.", Connection="close"
        ) from None
    except ClientDisconnect:
        raise RefusedError(400, "disconnected", "The caller left before the body was whole") from None
    return b"".join(parts)


def _too_large(most: int) -> RefusedError:
    return RefusedError(413, "too_large", f"The body is longer than {most:,} bytes", Connection="close")


async def read_delivery(request: Request) -> Delivery:
    """Return the request as a delivery."""
    body = await read_body(request)
    headers = {name: value for name, value in request.headers.items() if len(name) + len(value) < 4_096}
    try:
        query = parse_pairs(request.scope["query_string"])
    except ValueError:
        raise RefusedError(400, "query", "The address has too many parameters") from None
    return Delivery(
        address=request.url.path,
        body=body,
        content_type=request.headers.get("content-type", ""),
        query=tuple(query),
        headers=headers,
        source=caller_of(request),
    )


def caller_of(request: Request) -> str:
    """Return the caller's address; what a proxy on this computer says of it is believed."""
    peer = request.client.host if request.client else ""
    if peer in _LOOPBACK and (told := request.headers.get("x-forwarded-for", "")):
        return told.split(",")[-1].strip()[:60] or peer
    return peer


def is_direct_loopback(request: Request) -> bool:
    """Tell whether the caller is a program on this computer: no proxy in between, and no browser's page."""
    peer = request.client.host if request.client else ""
    host = request.headers.get("host", "").strip().lower()
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if peer not in _LOOPBACK or name not in _LOOPBACK or "origin" in request.headers:
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
