"""Which mirror a program serves, as numbers that two programs compare and that give nothing away."""

from __future__ import annotations

import os
from hashlib import blake2b
from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.store.address import parse_address

_HERE: Final = frozenset({"", "localhost", "::1"})
_LOOPBACK: Final = "127.0.0.1"
_PORT: Final = "5432"
_SAID: Final[dict[str, str]] = {}
"""What databases said of themselves when this program reached them, by the number of the address."""


def mirror_of(loaded: Loaded) -> str:
    """Return the numbers of the database that *loaded* names, "" while a closed vault keeps which that is.

    The first is the address's: the program's own database is its home's; another one is known by host, port and name,
    so that programs with homes of their own that share one have the same number. The second, once the database was
    reached, is its own: one database has several addresses.
    """
    number = _address(loaded)
    return " ".join(filter(None, (number, _SAID.get(number, ""))))


def learn(loaded: Loaded, said: str) -> None:
    """Take note of what the database that *loaded* names says of itself."""
    if said and (number := _address(loaded)):
        _SAID[number] = _number(said)


def _address(loaded: Loaded) -> str:
    if loaded.database_withheld:
        return ""
    url = loaded.settings.database_url.get_secret_value()
    place = os.path.normcase(loaded.home.resolve())
    if url:
        try:
            found = parse_address(url)
        except ConfigurationError:  # who has none to reach serves the mirror of no one else
            return _number(f"unreadable {place}")
        host = str(found.params.get("host") or found.params.get("hostaddr") or "").lower()
        host = _LOOPBACK if host in _HERE else host
        place = f"{host}:{found.params.get('port') or _PORT}/{found.database}"
    return _number(place)


def _number(text: str) -> str:
    return blake2b(text.encode(), digest_size=8).hexdigest()
