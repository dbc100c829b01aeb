"""The access token, shared encrypted by all processes and machines, refreshed by one of them at a time."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tsh_sync_gui.engine.ports import AccessToken
from tsh_sync_gui.store.database import Database, Driver

_NONCE_BYTES: Final = 12
_KEY: Final = "accounts_url = %(accounts_url)s AND client_id = %(client_id)s AND organization_id = %(organization_id)s"
_READ: Final = f"""
SELECT sign_in, nonce, sealed, expires_at,
       ARRAY(SELECT one FROM unnest(refreshed) one WHERE one > clock_timestamp() - interval '10 min' ORDER BY one)
FROM sync.access_tokens WHERE {_KEY}
"""
_MAKE: Final = """
INSERT INTO sync.access_tokens (accounts_url, client_id, organization_id)
VALUES (%(accounts_url)s, %(client_id)s, %(organization_id)s) ON CONFLICT DO NOTHING
"""
_SAVE: Final = f"""
UPDATE sync.access_tokens
SET sign_in = %(sign_in)s, nonce = %(nonce)s, sealed = %(sealed)s, expires_at = %(expires_at)s,
    updated_at = clock_timestamp(), refreshed = clock_timestamp() || CASE WHEN sign_in = %(sign_in)s THEN ARRAY(
        SELECT one FROM unnest(refreshed) one WHERE one > clock_timestamp() - interval '10 min') ELSE '{{}}' END
WHERE {_KEY}
"""
_FORGET: Final = f"""
UPDATE sync.access_tokens SET nonce = NULL, sealed = NULL, expires_at = NULL, updated_at = clock_timestamp()
WHERE {_KEY} AND sign_in = %(sign_in)s
"""
_ADOPT: Final = f"""
UPDATE sync.access_tokens
SET refreshed = CASE WHEN sign_in = %(sign_in)s THEN refreshed ELSE '{{}}' END, sign_in = %(sign_in)s,
    nonce = %(nonce)s, sealed = %(sealed)s, expires_at = %(expires_at)s, updated_at = clock_timestamp()
WHERE {_KEY}
"""
# A process that sleeps with the row locked must not hold the others for good, nor they wait for good.
_PATIENCE: Final = "SET LOCAL idle_in_transaction_session_timeout = '90s'; SET LOCAL lock_timeout = '100s'"


class _Sealed(msgspec.Struct, frozen=True):
    text: str
    api_domain: str = ""


class Seal:
    """Encrypts for those who know the client secret, bound to the row it stands in."""

    def __init__(self, client_secret: str, organization_id: str, row: str) -> None:
        self._secret = client_secret.encode()
        self._salt = organization_id.encode()
        self._row = row.encode()
        self._cipher = AESGCM(self._key(b"tsh-sync access token"))

    def close(self, token: AccessToken) -> tuple[bytes, bytes]:
        """Return nonce and sealed bytes of *token*."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        plain = msgspec.json.encode(_Sealed(token.text, token.api_domain))
        return nonce, self._cipher.encrypt(nonce, plain, self._row)

    def open(self, nonce: bytes, sealed: bytes, expires_at: datetime) -> AccessToken | None:
        """Return the token, None when another secret has sealed it or it was tampered with."""
        try:
            found = msgspec.json.decode(self._cipher.decrypt(nonce, sealed, self._row), type=_Sealed)
        except (InvalidTag, msgspec.DecodeError):
            return None
        return AccessToken(text=found.text, expires_at=expires_at, api_domain=found.api_domain)

    def mark(self, refresh_token: str) -> bytes:
        """Return what tells one sign-in from another without telling the refresh token."""
        return hmac.digest(self._key(b"tsh-sync sign-in"), refresh_token.encode(), "sha256")

    def _key(self, purpose: bytes) -> bytes:
        return HKDF(algorithm=SHA256(), length=32, salt=self._salt, info=purpose).derive(self._secret)


class HeldToken:
    """The shared token while all other processes wait for this one."""

    def __init__(self, store: PgTokenStore, connection: Driver, found: tuple[Any, ...] | None) -> None:
        self.current: AccessToken | None = store.unsealed(found)
        self.refreshed: tuple[datetime, ...] = store.refreshed(found)
        self._store = store
        self._connection = connection

    async def save(self, token: AccessToken) -> None:
        """Store *token* for all processes; committed when the lock is left."""
        await self._connection.execute(_SAVE, self._store.sealed(token))
        self.current = token

    async def forget(self) -> None:
        """Remove the token from the row, unless it is another sign-in's by now."""
        await self._connection.execute(_FORGET, self._store.row)
        self.current = None


class PgTokenStore:
    """The token of one sign-in: accounts server, client and organization; another refresh token is another sign-in."""

    def __init__(
        self,
        database: Database,
        client_id: str,
        client_secret: str,
        organization_id: str,
        *,
        accounts_url: str,
        refresh_token: str,
    ) -> None:
        self._database = database
        self._row = {"accounts_url": accounts_url, "client_id": client_id, "organization_id": organization_id}
        # An app without a secret (desktop) has nothing else that only its own processes know.
        self._seal = Seal(client_secret or refresh_token, organization_id, "\0".join(self._row.values()))
        self._sign_in = self._seal.mark(refresh_token)

    async def load(self) -> AccessToken | None:
        """Return the shared token, None when there is none or it was made for other credentials."""
        async with self._database.raw() as connection:
            return self.unsealed(await (await connection.execute(_READ, self._row)).fetchone())

    async def refreshes(self) -> int:
        """Return how often this sign-in was refreshed within the last 10 minutes, by all processes."""
        async with self._database.raw() as connection:
            return len(self.refreshed(await (await connection.execute(_READ, self._row)).fetchone()))

    @property
    def row(self) -> dict[str, Any]:
        """Return what names this sign-in's row."""
        return {**self._row, "sign_in": self._sign_in}

    def refreshed(self, row: tuple[Any, ...] | None) -> tuple[datetime, ...]:
        """Return the refreshes of the last 10 minutes that a row of the table tells of this sign-in."""
        return tuple(row[4]) if row is not None and self._is_mine(row) else ()

    def _is_mine(self, row: tuple[Any, ...]) -> bool:
        return row[0] is not None and hmac.compare_digest(bytes(row[0]), self._sign_in)

    @asynccontextmanager
    async def locked(self) -> AsyncIterator[HeldToken]:
        """Hold the token's row; the others wait. `refreshed` are the refreshes of the last 10 minutes."""
        async with self._database.raw() as connection:
            await connection.execute(_PATIENCE)
            await connection.execute(_MAKE, self._row)
            found = await (await connection.execute(f"{_READ} FOR UPDATE", self._row)).fetchone()
            yield HeldToken(self, connection, found)

    async def adopt(self, token: AccessToken) -> None:
        """Share a *token* that came with the sign-in itself: it took no refresh, so none is counted."""
        async with self._database.raw() as connection:
            await connection.execute(_PATIENCE)
            await connection.execute(_MAKE, self._row)
            await connection.execute(_ADOPT, self.sealed(token))

    def unsealed(self, row: tuple[Any, ...] | None) -> AccessToken | None:
        """Return the token that a row of the table holds for this sign-in."""
        if row is None or row[1] is None or not self._is_mine(row):
            return None
        return self._seal.open(bytes(row[1]), bytes(row[2]), row[3])

    def sealed(self, token: AccessToken) -> dict[str, Any]:
        """Return the row's columns for *token*."""
        nonce, sealed = self._seal.close(token)
        return {
            **self.row,
            "nonce": nonce,
            "sealed": sealed,
            "expires_at": token.expires_at,
        }
