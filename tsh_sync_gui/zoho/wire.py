"""HTTP itself: the clients, what they say of themselves, and what an answer's headers tell."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from typing import Final
from urllib.request import getproxies

import httpx

from tsh_sync_gui.engine.ports import RateHeaders
from tsh_sync_gui.zoho.loopback import is_loopback
from tsh_sync_gui.zoho.transport import Transport

ENCODING: Final = "gzip"
LOOPBACK_ENCODING: Final = "identity"
"""From this machine to itself a byte costs nothing, and unpacking one does."""
TIMEOUT: Final = httpx.Timeout(60.0, connect=5.0)
LIMITS: Final = httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=60.0)
"""The budget bounds how many requests are under way; a second bound here could only make them wait unseen."""


def user_agent() -> str:
    """Return the name and version the program goes by."""
    try:
        return f"tsh-sync-gui/{version('tsh-sync-gui')}"
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "tsh-sync-gui"


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """Return whom we trust; made once, because reading all authorities takes longer than a request."""
    return httpx.create_ssl_context()


def open_client(address: str, transport: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """Return a pooled client for *address*: HTTP/1.1, redirects not followed, no proxy on the way to loopback."""
    near = is_loopback(address)
    if transport is None and (near or not getproxies()):
        transport = Transport(trust=_trust(), limits=LIMITS)
    # Else httpx's own: it knows its way through proxies.
    return httpx.AsyncClient(
        headers={
            "User-Agent": user_agent(),
            "Accept": "application/json",
            "Accept-Encoding": LOOPBACK_ENCODING if near else ENCODING,
        },
        timeout=TIMEOUT,
        limits=LIMITS,
        trust_env=not near,
        verify=_trust(),
        transport=transport,
    )


def rate_headers(headers: httpx.Headers) -> RateHeaders | None:
    """Return Zoho's figures of the day, None where the server sends none or something else."""
    limit, remaining, reset = (headers.get(f"x-rate-limit-{name}", "") for name in ("limit", "remaining", "reset"))
    if not (limit.isdecimal() and remaining.isdecimal() and reset.isdecimal()):
        return None
    return RateHeaders(limit=int(limit), remaining=int(remaining), reset_seconds=int(reset))


@lru_cache(maxsize=8)
def http_date(text: str) -> datetime | None:
    """Return the moment of a `Date` header, None when it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def retry_after(headers: httpx.Headers) -> float | None:
    """Return the seconds of a `Retry-After` header, None where there is none or it names a date."""
    text = headers.get("retry-after", "")
    return float(text) if text.isdecimal() else None
