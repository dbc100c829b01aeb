"""Zoho's ten data centres: the allow-list of servers that may hear a secret or a code (zoho-api.md 1.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tsh_sync_gui.core.errors import AuthorisationError
from tsh_sync_gui.zoho.loopback import is_loopback


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One data centre: what Zoho's answers call it, what people call it, and its servers."""

    location: str
    title: str
    accounts_url: str
    api_url: str
    console_url: str

    @property
    def ending(self) -> str:
        """Return the region as people see it in Zoho's addresses, such as `.eu`."""
        zoho = of_location(self.location) or self
        host = urlsplit(zoho.accounts_url).hostname or ""
        return "." + host.removeprefix("accounts.zohocloud.").removeprefix("accounts.zoho.")


def _region(location: str, title: str, ending: str, *, accounts: str = "") -> Region:
    family = accounts or f"zoho.{ending}"
    return Region(
        location=location,
        title=title,
        accounts_url=f"https://accounts.{family}",
        api_url=f"https://www.zohoapis.{ending}",
        console_url=f"https://api-console.{family}",
    )


REGIONS: Final = (
    _region("us", "United States (zoho.com)", "com"),
    _region("eu", "Europe (zoho.eu)", "eu"),
    _region("in", "India (zoho.in)", "in"),
    _region("au", "Australia (zoho.com.au)", "com.au"),
    _region("jp", "Japan (zoho.jp)", "jp"),
    _region("ca", "Canada (zohocloud.ca)", "ca", accounts="zohocloud.ca"),
    _region("sa", "Saudi Arabia (zoho.sa)", "sa"),
    _region("cn", "China (zoho.com.cn)", "com.cn"),
    _region("uk", "United Kingdom (zoho.uk)", "uk"),
    _region("ae", "United Arab Emirates (zoho.ae)", "ae"),
)
_PART: Final = re.compile(r"/dc/[a-z]{2}\Z")
LOCATIONS: Final = frozenset(region.location for region in REGIONS)


def of_location(location: str, regions: tuple[Region, ...] = REGIONS) -> Region | None:
    """Return the region that Zoho's answers call *location*, None for none of the ten."""
    return next((region for region in regions if region.location == location.strip().lower()), None)


def of_accounts(address: str, regions: tuple[Region, ...] = REGIONS) -> Region | None:
    """Return the region whose sign-in server is *address*, None for none."""
    wanted = address.strip().rstrip("/").lower()
    return next((region for region in regions if region.accounts_url == wanted), None)


def known_regions(accounts_url: str) -> tuple[Region, ...]:
    """Return the regions to choose from: Zoho's, or those of one server where *accounts_url* is on this machine.

    A server here (the simulator) has its regions below `/dc/`, the first at its root.
    """
    if not is_loopback(accounts_url):
        return REGIONS
    root = _PART.sub("", accounts_url.rstrip("/"))
    return tuple(_here(region, root if region is REGIONS[0] else f"{root}/dc/{region.location}") for region in REGIONS)


def answered(chosen: Region, answer: Mapping[str, str]) -> Region:
    """Return the region that Zoho's redirect names, *chosen* where it names none.

    A code works only there. A server that is none of Zoho's is not spoken to; one on this machine only where the
    chosen one is on this machine too.
    """
    server, location = answer.get("accounts-server", "").rstrip("/"), answer.get("location", "")
    if is_loopback(chosen.accounts_url):
        if server and not is_loopback(server):
            raise _foreign(server)
        return _here(of_location(location) or chosen, server or chosen.accounts_url)
    if server:
        region = of_accounts(server)
        if region is None:
            raise _foreign(server)
        return region
    return of_location(location) or chosen


def api_address(region: Region, api_domain: str) -> str:
    """Return where the API of a sign-in is: what the token's reply names, if it is allowed, else the region's own."""
    domain = api_domain.rstrip("/")
    if is_loopback(region.accounts_url):
        return domain if domain and is_loopback(domain) else region.api_url
    return domain if any(one.api_url == domain for one in REGIONS) else region.api_url


def _here(region: Region, base: str) -> Region:
    """Return *region* as a server on this machine plays it."""
    return Region(
        location=region.location,
        title=region.title,
        accounts_url=base,
        api_url=base,
        console_url=f"{base}/console",
    )


def _foreign(server: str) -> AuthorisationError:
    return AuthorisationError(
        "The answer names a sign-in server that is not Zoho's",
        advice="It was not used, and nothing was sent there. Start the sign-in again from this program.",
        cause=f"accounts-server: {urlsplit(server).hostname or server[:80]}",
    )
