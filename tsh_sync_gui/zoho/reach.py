"""Whether deliveries would arrive: the listener on this computer, and the public address as Zoho would call it."""

from __future__ import annotations

import socket
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from tsh_sync_gui.core.errors import UnreachableError

LISTENER: Final = "http://127.0.0.1:8000"
_SECONDS: Final = 10.0
"""Zoho itself waits so long for an answer (zoho-api.md 6)."""


class OccupiedError(UnreachableError):
    """Another program answers where the listener should."""


def host_of(address: str) -> str:
    """Return the host that *address* names."""
    return urlsplit(address).hostname or address


async def ask_state(listener: str = LISTENER, *, mirror: str = "") -> tuple[int, dict[str, Any]]:
    """Return after how many milliseconds the listener answers, and what it says of itself.

    UnreachableError says why it does not; OccupiedError that what answers serves another *mirror*, or none. One of the
    mirror's numbers in common is enough.
    """
    address = f"{listener}/health"
    try:
        # Certificates are read for https alone: a window looks every few seconds, and they take a tenth of one.
        is_secure = address.startswith("https:")
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False, verify=is_secure) as http:
            response = await http.get(address)
    except httpx.RequestError as failure:
        raise UnreachableError(
            "The listener does not run on this computer",
            what="network",
            advice="Deliveries are not received."
            " Polling covers changes while a window or a worker runs; nothing is lost.",
            cause=f"{address}: {type(failure).__name__}",
        ) from None
    if not response.is_success:
        raise OccupiedError(
            "Something else answers at the listener's address",
            what="network",
            advice=f"{address} answered HTTP {response.status_code}; another program may use that port.",
            cause=f"{address}: HTTP {response.status_code}",
        )
    try:
        told = response.json()
    except ValueError:
        told = None
    known = told if isinstance(told, dict) else {}
    theirs = str(known.get("mirror") or mirror)
    if "since" not in known or (mirror and set(mirror.split()).isdisjoint(theirs.split())):
        whose = "the listener of another database" if "since" in known else "another program"
        raise OccupiedError(
            "Something else answers at the listener's address",
            what="network",
            advice=f"{listener} is used by {whose}: deliveries do not come here. Choose another port, or end it.",
            cause=f"{address}: mirror {known.get('mirror')}",
        )
    return _milliseconds(response), known


async def ping(address: str) -> int:
    """Return after how many milliseconds the listener answers at its public *address*; UnreachableError says why not.

    The ping is unsigned and says that it is a test, so it counts as no delivery.
    """
    host = host_of(address)
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, follow_redirects=False) as http:
            response = await http.post(address, json={"test": True})
    except httpx.RequestError as failure:
        raise UnreachableError(
            "Zoho cannot reach the listener",
            what="network",
            advice=f"{_why(failure, host)} Polling covers changes while a window or a worker runs.",
            cause=f"{host}: {type(failure).__name__}: {failure}"[:300],
        ) from None
    if response.is_redirect:
        words = f"{host} redirects to another address; Zoho takes that for a failure. Enter the final address."
    elif not response.is_success:
        words = f"{host} answers HTTP {response.status_code} to a ping; the listener answers 200."
    else:
        return _milliseconds(response)
    raise UnreachableError("The public address is not the listener's", what="network", advice=words, cause=words)


def _milliseconds(response: httpx.Response) -> int:
    return round(response.elapsed.total_seconds() * 1000)


def _why(failure: httpx.RequestError, host: str) -> str:
    text = str(failure).lower()
    if "certificate" in text:
        return f"The certificate of {host} is not valid."
    if isinstance(failure.__cause__, socket.gaierror) or "name or service" in text or "getaddrinfo" in text:
        return f"The name {host} is not known on the internet."
    if isinstance(failure, httpx.TimeoutException):
        return f"{host} does not answer within {_SECONDS:.0f} s; Zoho waits no longer either."
    return f"The name {host} is known, but nothing answers there."
