"""Which database this is, whatever address it is reached by."""

from __future__ import annotations

from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.store.database import Database

_WHICH: Final = b"""
SELECT system_identifier || ' ' || (SELECT oid FROM pg_database WHERE datname = current_database())
FROM pg_control_system()
"""


async def identity(database: Database) -> str:
    """Return what tells *database* from every other one, "" where its user may not know."""
    try:
        async with database.raw() as connection:
            row = await (await connection.execute(_WHICH)).fetchone()
    except ConfigurationError:
        return ""
    return str(row[0]) if row else ""
