"""Where requests go: Zoho's data centres, the base address of each product, and which addresses may hear a secret."""

from __future__ import annotations

from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

import structlog

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.entities.spec import Product
from tsh_sync_gui.zoho.data_centres import REGIONS
from tsh_sync_gui.zoho.loopback import is_loopback

API_HOSTS: Final = frozenset(urlsplit(region.api_url).netloc for region in REGIONS)
"""The hosts of all data centres (zoho-api.md 1.4); a token reply that names another host is not believed."""
INVENTORY_VERSION: Final = "v1"


def secure(address: str, *, variable: str) -> str:
    """Return *address* without a closing slash; ConfigurationError when a secret sent there could be overheard."""
    try:
        parts = urlsplit(address)
        plain = parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment)
        port_is_sane = parts.port is None or parts.port > 0
    except ValueError:
        plain = port_is_sane = False
    allowed = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(address)) if plain else False
    if not (allowed and port_is_sane):
        raise ConfigurationError(
            f"{variable} is not an address that a sign-in may be sent to",
            advice="Allowed: an https:// address; http:// only for 127.0.0.1 and localhost.",
        )
    return address.rstrip("/")


@lru_cache(maxsize=16)
def api_base(configured: str, api_domain: str) -> str:
    """Return the API's address: the configured one, or its region's where both it and *api_domain* are Zoho's own.

    An account lives in one region, and the token's reply says in which; a loopback or other host that was set on
    purpose stays.
    """
    configured = secure(configured, variable="ZOHO_API_BASE_URL")
    if urlsplit(configured).hostname not in API_HOSTS or not api_domain:
        return configured
    parts = urlsplit(api_domain)
    if parts.scheme == "https" and parts.netloc in API_HOSTS and parts.path in {"", "/"}:
        return f"https://{parts.netloc}"
    structlog.get_logger(__name__).warning("the token names an unknown API host; it is not used", host=parts.netloc)
    return configured


def product_root(product: Product, api_version: str) -> str:
    """Return the path below the API's address that *product* lives under."""
    return f"/books/{api_version}" if product is Product.BOOKS else f"/inventory/{INVENTORY_VERSION}"
