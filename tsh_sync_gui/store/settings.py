"""Settings that all machines share, in the database they share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from psycopg.types.json import Json

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.store.database import Database, Driver

_ORGANIZATION: Final = "organization_id"
_KEEP: Final = """
INSERT INTO sync.settings (key, value, updated_by) VALUES (%s, %s, %s)
ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = now(), updated_by = excluded.updated_by
"""
_NOTE: Final = """
INSERT INTO sync.audit (entity, row_key, action, origin, actor) VALUES ('settings', %s, 'revealed', 'person', %s)
"""


async def _refuse_another(connection: Driver, wanted: str) -> None:
    found = await (await connection.execute("SELECT id, name FROM sync.organization")).fetchone()
    if found is not None and found[0] != wanted:
        raise ConfigurationError(
            f"This database mirrors {found[1]} ({found[0]}); ZOHO_ORGANIZATION_ID cannot become {wanted}",
            advice="Another organization needs another database: set TSH_DATABASE_URL, or TSH_HOME for a second"
            " embedded one.",
        )


class SharedSettings:
    """Names and values as they were saved; checking them is the settings' own work.

    Only the organization is held against the database: its mirror can't become another's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_shared(self) -> dict[str, Any]:
        """Return all shared values by name."""

        async def read(connection: Driver) -> dict[str, Any]:
            return dict(await (await connection.execute("SELECT key, value FROM sync.settings")).fetchall())

        return await self._database.again(read)

    async def set_shared(self, name: str, value: Any, by: str) -> None:
        """Keep *value* under *name* for all machines; None forgets it, so that the default holds again.

        ConfigurationError when it is the number of another organization than this database mirrors.
        """
        await self.set_all({name: value}, by)

    async def set_all(self, values: Mapping[str, Any], by: str) -> None:
        """Keep *values* by name as `set_shared` does, all of them or none."""
        async with self._database.raw() as connection:
            for name, value in values.items():
                if name == _ORGANIZATION and value:
                    await _refuse_another(connection, str(value))
                if value is None:
                    await connection.execute("DELETE FROM sync.settings WHERE key = %s", (name,))
                else:
                    await connection.execute(_KEEP, (name, Json(value), by))

    async def note_revealed(self, name: str, by: str) -> None:
        """Write into the audit that a person looked at a secret; the secret itself never comes here."""
        async with self._database.raw() as connection:
            await connection.execute(_NOTE, (name, by))
