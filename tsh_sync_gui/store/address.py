"""Where the database is: a libpq or SQLAlchemy address, taken apart once and never shown with its password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import psycopg
from psycopg.conninfo import conninfo_to_dict

from tsh_sync_gui.core.errors import ConfigurationError

VARIABLE: Final = "TSH_DATABASE_URL"
APPLICATION: Final = "tsh-sync"

_SCHEME: Final = re.compile(r"\A([a-z][a-z0-9+.-]*)://", re.IGNORECASE)
_OURS: Final = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
# Our tables are always named with their schema; this is for people's own queries, foreign functions and the job queue,
# before `public`, where another program may keep a queue of the same making.
# The last two: pages are found by index where a page of ids is looked up, also when the planner has no figures yet.
_OPTIONS: Final = (
    "-c search_path=tsh,sync,jobs,public -c timezone=UTC -c datestyle=ISO -c client_min_messages=warning"
    " -c random_page_cost=1.1 -c work_mem=16MB"
)
_DEFAULTS: Final[Mapping[str, Any]] = {"connect_timeout": 10, "keepalives_idle": 30, "client_encoding": "UTF8"}


@dataclass(frozen=True, slots=True)
class Address:
    """How libpq is told to connect. The parameters may hold a password, so they have no repr."""

    params: Mapping[str, Any] = field(repr=False)

    @property
    def where(self) -> str:
        """Return host and port in words, as a person would look for them."""
        host = str(self.params.get("host") or self.params.get("hostaddr") or "this computer")
        port = self.params.get("port")
        return f"{host}:{port}" if port else host

    @property
    def database(self) -> str:
        """Return the database's name, empty when libpq chooses it."""
        return str(self.params.get("dbname") or "")

    @property
    def user(self) -> str:
        """Return the user's name, empty when libpq chooses it."""
        return str(self.params.get("user") or "")

    def connect_args(self, purpose: str = "") -> dict[str, Any]:
        """Return psycopg's connection parameters; *purpose* is added to the application's name."""
        params = {**_DEFAULTS, **self.params}
        params["options"] = f"{_OPTIONS} {params.get('options') or ''}".rstrip()
        name = str(params.get("application_name") or APPLICATION)
        params["application_name"] = f"{name} {purpose}".rstrip()
        return params


def parse_address(text: str) -> Address:
    """Return the address that *text* gives; ConfigurationError names the variable and never the text."""
    scheme = _SCHEME.match(text.strip())
    if scheme and scheme[1].lower() not in _OURS:
        raise ConfigurationError(
            f"{VARIABLE} names a database that is not PostgreSQL",
            advice=f"It begins with “{scheme[1]}://”; write postgresql://user:password@host:5432/database.",
        )
    plain = _SCHEME.sub("postgresql://", text.strip(), count=1)
    try:
        found = conninfo_to_dict(plain)
    except psycopg.Error:
        # The cause may quote the address with its password: it is dropped on purpose.
        found = {}
    if not found:
        raise ConfigurationError(
            f"{VARIABLE} cannot be read",
            advice="Write postgresql://user:password@host:5432/database; in user and password % : / @ are written %25 "
            "%3A %2F %40.",
        ) from None
    return Address({key: value for key, value in found.items() if value is not None})
