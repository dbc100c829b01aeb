"""The demo's webhooks: what the simulator at the address *zoho* is told of the demo's listener, and made to deliver."""

from __future__ import annotations

import asyncio
import hmac
import json
from typing import Any, Final

import httpx

from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError

SECRET: Final = "DemoWebhookSecret2026"  # noqa: S105 -- opens only the demo, on this computer
_SECONDS: Final = 10.0
_EVENTS: Final = {"created": "*.created", "updated": "*.edited", "deleted": "*.deleted"}
_CHANGES: Final = (
    ("change", "items", 2),
    ("change", "contacts", 1),
    ("change", "salesorders", 1),
    ("create", "invoices", 1),
    ("delete", "creditnotes", 1),
)


async def announce(zoho: str, address: str) -> None:
    """Have the simulated Zoho deliver what changes to *address*, "" for nowhere: one webhook for each kind of event."""
    hooks = [
        {
            "id": str(place),
            "name": f"TSH Sync: {event}",
            "url": address,
            "query": [["event", event]],
            "events": [pattern],
            "secret": SECRET,
            "digest": "base64" if event == "deleted" else "hex",
        }
        for place, (event, pattern) in enumerate(_EVENTS.items(), start=1)
    ]
    await _ask(zoho, "webhooks", {"webhooks": hooks if address else []})


async def stir(zoho: str) -> int:
    """Change, make and delete some records in the simulated Zoho; returns how many."""
    found = [await _ask(zoho, f"{deed}?entity={entity}&count={count}", {}) for deed, entity, count in _CHANGES]
    return sum(len(one["ids"]) for one in found)


async def send_wrong(address: str) -> None:
    """Deliver to *address* as a Zoho does whose secret has a space at the end."""
    body = json.dumps({"item": {"item_id": "4600000000000000001", "name": "Sent with a wrong secret"}}).encode()
    signature = hmac.digest(f"{SECRET} ".encode(), body, "sha256").hex()
    headers = {"Content-Type": "application/json", "X-Zoho-Webhook-Signature": signature}
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
            await http.post(address, content=body, headers=headers)
    except httpx.RequestError as error:
        raise _away("The listener does not answer", error) from None


async def _ask(zoho: str, name: str, document: dict[str, Any]) -> dict[str, Any]:
    address = f"{zoho.rstrip('/')}/__sim/{name}"
    try:
        async with httpx.AsyncClient(timeout=_SECONDS, trust_env=False) as http:
            response = await http.post(address, json=document)
    except httpx.RequestError as error:
        raise _away("The simulated Zoho does not answer", error) from None
    if not response.is_success:
        raise ConfigurationError("The simulated Zoho refuses that", cause=response.text[:500])
    told: dict[str, Any] = await asyncio.to_thread(response.json)
    return told


def _away(title: str, error: Exception) -> UnreachableError:
    return UnreachableError(title, what="network", advice="Try again in a moment.", cause=type(error).__name__)
