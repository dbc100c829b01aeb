"""The tokens of the HTTP API: shown once, kept as a hash."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.inbox_sql import text

PREFIX: Final = "tsh_"
_SHOWN: Final = 8
_SHAPE: Final = re.compile(r"tsh_[A-Za-z0-9_-]{43}")
_MAKE: Final = """
INSERT INTO sync.api_tokens (name, hash, starts, created_by) VALUES (%s, %s, %s, %s) RETURNING id, created_at
"""
_ALL: Final = """
SELECT id, name, starts, created_by, created_at, last_used_at, revoked_at FROM sync.api_tokens ORDER BY id
"""
_REVOKE: Final = """
UPDATE sync.api_tokens SET revoked_at = coalesce(revoked_at, clock_timestamp())
WHERE id = %(number)s OR (name = %(name)s AND revoked_at IS NULL) RETURNING id
"""
# Noted once a minute at most: a token is asked for often.
_CHECK: Final = """
WITH found AS (SELECT id, name, last_used_at FROM sync.api_tokens WHERE hash = %s AND revoked_at IS NULL),
noted AS (UPDATE sync.api_tokens one SET last_used_at = clock_timestamp() FROM found WHERE one.id = found.id
    AND (found.last_used_at IS NULL OR found.last_used_at < clock_timestamp() - interval '1 minute'))
SELECT name FROM found
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """A token as it is listed: *starts* is how it begins, all that is left of it."""

    id: int
    name: str
    starts: str
    created_by: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None


class PgApiTokens:
    """The table `sync.api_tokens`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, name: str, *, by: str) -> tuple[ApiToken, str]:
        """Make a token called *name*; returns it and its text, which nobody can find out again."""
        name = name.strip()
        if not re.fullmatch(r"[^\x00-\x1f\x7f]{1,80}", name):
            raise ConfigurationError("The token needs a name of 1 to 80 characters", advice="Name who will use it.")
        text = PREFIX + secrets.token_urlsafe(32)
        starts = text[:_SHOWN]
        async with self._database.raw() as connection:
            row = await (await connection.execute(_MAKE, (name, _hash(text), starts, by))).fetchone()
        if row is None:
            raise RuntimeError("an INSERT with RETURNING gives a row")
        return ApiToken(id=row[0], name=name, starts=starts, created_by=by, created_at=row[1]), text

    async def all(self) -> list[ApiToken]:
        """Return all tokens, revoked ones too."""
        async with self._database.raw() as connection:
            rows = await (await connection.execute(_ALL)).fetchall()
        names = ("id", "name", "starts", "created_by", "created_at", "last_used_at", "revoked_at")
        return [ApiToken(**dict(zip(names, row, strict=True))) for row in rows]

    async def revoke(self, which: str) -> list[int]:
        """Let nobody in any more by the token with this number, or the tokens of this name; returns their numbers."""
        is_number = which.isascii() and which.isdigit() and len(which) < 19
        values = {"number": int(which) if is_number else -1, "name": text(which)}
        async with self._database.raw() as connection:
            rows = await (await connection.execute(_REVOKE, values)).fetchall()
        if not rows:
            raise ConfigurationError(f"There is no token “{which}”", advice="`tsh-sync token list` shows all.")
        return [row[0] for row in rows]

    async def holder(self, text: str) -> str | None:
        """Return the name of the token *text*, None when it is none or was revoked."""
        if not _SHAPE.fullmatch(text):
            return None
        async with self._database.raw() as connection:
            row = await (await connection.execute(_CHECK, (_hash(text),))).fetchone()
        return row[0] if row else None


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
