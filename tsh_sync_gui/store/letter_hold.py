"""Who tries dead letters now: session advisory locks, which a killed program's connection lets go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import psycopg

from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.errors import translate
from tsh_sync_gui.store.ledger_lock import lock_key

_LET_GO_S: Final = 5.0
_TAKE: Final = "SELECT key FROM unnest(%s::bigint[]) key WHERE pg_try_advisory_lock(key)"


@asynccontextmanager
async def hold(database: Database, letters: Sequence[str]) -> AsyncIterator[frozenset[str]]:
    """Keep those of *letters* that nobody tries now for as long as the context lasts; yields which they are."""
    keys = {lock_key(f"letter/{one}"): one for one in letters}
    connection = await database.dedicated("letters")
    try:
        try:
            rows = await (await connection.execute(_TAKE, (list(keys),))).fetchall()
        except psycopg.Error as error:
            raise translate(error) from error
        yield frozenset(keys[key] for (key,) in rows)
    finally:
        if not connection.closed:
            # At once: a session that is closed lets go only when its server process ends.
            with suppress(psycopg.Error, TimeoutError):
                async with asyncio.timeout(_LET_GO_S):
                    await connection.execute("SELECT pg_advisory_unlock_all()")
        await connection.close()
