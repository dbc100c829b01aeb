"""The sign-ins that were made: how many Zoho still keeps, what the present one may, and when the last one was."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsh_sync_gui.store.database import Database

_NOTE: Final = """
INSERT INTO sync.sign_ins (mark, at, accounts_url, client_id, scopes, how, machine, "user")
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (mark) DO UPDATE
SET scopes = CASE WHEN excluded.scopes = '{}' THEN sign_ins.scopes ELSE excluded.scopes END
"""
_COUNT: Final = "SELECT count(*) FROM sync.sign_ins WHERE accounts_url = %s AND client_id = %s AND ended_at IS NULL"
_WHERE: Final = "SELECT accounts_url FROM sync.sign_ins WHERE mark = %s"
_SCOPES: Final = "SELECT scopes FROM sync.sign_ins WHERE mark = %s"
_END: Final = "UPDATE sync.sign_ins SET ended_at = clock_timestamp() WHERE mark = %s AND ended_at IS NULL"
_LAST: Final = "SELECT max(at) FROM sync.sign_ins"


def mark_of(refresh_token: str) -> bytes:
    """Return what tells one sign-in from another and tells nothing of the token, which no one could guess."""
    return hashlib.blake2b(refresh_token.encode(), digest_size=16, person=b"tsh-sync sign-in").digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInNote:
    """One sign-in as it is remembered. *how* is `browser`, `address`, `code` or `import`."""

    mark: bytes
    at: datetime
    accounts_url: str
    client_id: str
    scopes: tuple[str, ...] = ()
    how: str = ""
    machine: str = ""
    user: str = ""


class PgSignIns:
    """The table `sync.sign_ins`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, sign_in: SignInNote) -> None:
        """Remember *sign_in*; one that is known gets its scopes anew, if it brings any."""
        async with self._database.raw() as connection:
            await connection.execute(
                _NOTE,
                (
                    sign_in.mark,
                    sign_in.at,
                    sign_in.accounts_url,
                    sign_in.client_id,
                    list(sign_in.scopes),
                    sign_in.how,
                    sign_in.machine,
                    sign_in.user,
                ),
            )

    async def count(self, accounts_url: str, client_id: str) -> int:
        """Return how many sign-ins of this app Zoho keeps, as far as they were made with this database."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(_COUNT, (accounts_url, client_id))).fetchone()
        return int(row[0]) if row else 0

    async def scopes(self, mark: bytes) -> frozenset[str]:
        """Return what the sign-in with *mark* may; empty when it is not known."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(_SCOPES, (mark,))).fetchone()
        return frozenset(row[0]) if row else frozenset()

    async def accounts_url(self, mark: bytes) -> str:
        """Return the server that made the sign-in with *mark*; empty when it is not known."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(_WHERE, (mark,))).fetchone()
        return str(row[0]) if row else ""

    async def end(self, mark: bytes) -> None:
        """Note that the sign-in with *mark* was revoked."""
        async with self._database.raw() as connection:
            await connection.execute(_END, (mark,))

    async def last(self) -> datetime | None:
        """Return when somebody signed in last, None when nobody has."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(_LAST)).fetchone()
        return row[0] if row else None
