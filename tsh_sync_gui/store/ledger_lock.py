"""Who owns a walk: a session's advisory lock on a connection of its own, which ends when its process does."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import psycopg
import structlog

from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.errors import translate

SILENT_AFTER_S: Final = 120.0
_PING_S: Final = 5.0
_END_MS: Final = 5000

_HOLDERS: Final = """
SELECT (l.classid::bigint << 32) | l.objid::bigint, l.pid
FROM pg_locks l
WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32) | l.objid::bigint = ANY(%s)
"""
# A silent owner: its newest open run has not beaten for long, or, before it opened one, its session slept as long.
_IS_SILENT: Final = """
SELECT coalesce((SELECT max(r.heartbeat_at) FROM sync.runs r WHERE r.entity = ANY(%(entities)s) AND r.ended_at IS NULL),
                a.state_change) < clock_timestamp() - %(after)s * interval '1 s'
FROM pg_stat_activity a WHERE a.pid = %(pid)s
"""


def lock_key(walk: str) -> int:
    """Return the advisory lock's key for *walk*.

    Advisory locks belong to one database, and a database mirrors one organization: the walk's name is enough, and
    two processes that know the organization differently still meet at the same lock.
    """
    digest = hashlib.blake2b(f"tsh-sync walk {walk}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class WalkLock:
    """The ownership of one walk."""

    def __init__(self, database: Database, walk: str, connection: Driver) -> None:
        self._database = database
        self._walk = walk
        self._connection: Driver | None = connection

    async def held(self) -> bool:
        """Tell whether the lock is still ours; takes it again after a lost connection if nobody else has.

        Raises UnreachableError while the database cannot be asked.
        """
        if self._connection is not None and await _answers(self._connection):
            return True
        await self._drop()
        structlog.get_logger(__name__).warning("the connection that owns a walk was lost", walk=self._walk)
        self._connection = await try_lock(self._database, self._walk)
        return self._connection is not None

    async def release(self) -> None:
        """Let the walk go, at once: a session that is closed lets go only when its server process ends."""
        if self._connection is not None and not self._connection.closed:
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(_PING_S):
                    await self._connection.execute("SELECT pg_advisory_unlock(%s)", (lock_key(self._walk),))
        await self._drop()

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


async def try_lock(database: Database, walk: str) -> Driver | None:
    """Return a connection that holds the lock of *walk*, None when another session has it."""
    connection = await database.dedicated(f"walk {walk}")
    try:
        cursor = await connection.execute("SELECT pg_try_advisory_lock(%s)", (lock_key(walk),))
        row = await cursor.fetchone()
    except BaseException as error:
        await connection.close()
        if isinstance(error, psycopg.Error):
            raise translate(error) from error
        raise
    if row and row[0]:
        return connection
    await connection.close()
    return None


async def holders(database: Database, walks: Sequence[str]) -> dict[str, int]:
    """Return the server's process id of each owner of *walks*; walks that nobody owns are missing."""
    keys = {lock_key(walk): walk for walk in walks}
    async with database.raw() as connection:
        rows = await (await connection.execute(_HOLDERS, (list(keys),))).fetchall()
    return {keys[key]: pid for key, pid in rows}


async def end_silent(database: Database, pid: int, entities: Sequence[str], *, after: float) -> bool:
    """End the session *pid* if its owner has been silent for *after* seconds; tells whether it is gone."""
    async with database.raw() as connection:
        params = {"entities": list(entities), "after": after, "pid": pid}
        row = await (await connection.execute(_IS_SILENT, params)).fetchone()
        if row is None:
            return True
        if not row[0]:
            return False
        structlog.get_logger(__name__).warning("a silent owner of a walk is ended", pid=pid, entities=list(entities))
        ended = await (await connection.execute("SELECT pg_terminate_backend(%s, %s)", (pid, _END_MS))).fetchone()
    return bool(ended and ended[0])


async def _answers(connection: Driver) -> bool:
    """Tell whether the session lives; one that does not answer within seconds counts as lost."""
    if connection.closed:
        return False
    with suppress(psycopg.Error, UnreachableError, TimeoutError):
        async with asyncio.timeout(_PING_S):
            await connection.execute("SELECT 1")
            return True
    return False
