"""The address that Zoho calls: for which event, and whether Zoho could reach it at all."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from tsh_sync_gui.ui.state.texts import tr


def address_of(address: str, change: str) -> str:
    """Return *address* as the webhook of an event has it: Zoho's default payload does not say which event it was."""
    if not address:
        return ""
    return f"{address}{'&' if urlsplit(address).query else '?'}event={change}"


def is_only_here(address: str) -> bool:
    """Tell whether only this computer or its own network can call *address*, which Zoho never can."""
    try:
        host = urlsplit(address).hostname or ""
        return bool(host) and not ipaddress.ip_address(host).is_global
    except ValueError:
        return host == "localhost" or "." not in host


def only_here_words() -> str:
    """Return what to say of such an address."""
    return tr("But only from this computer or its network: Zoho itself cannot reach it.")
