"""What Zoho's headers last said of the day's quota, beside what our own processes have counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsh_sync_gui.core.errors import SchemaMismatchError
from tsh_sync_gui.store.database import Database

_READ: Final = """
SELECT t.own, t.elsewhere, t.heard_limit, t.heard_at, t.resets_at, t.day_refused
FROM sync.quota q, LATERAL sync.turned(q, clock_timestamp()) t
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaFacts:
    """Calls of today: *own* ones, and those *elsewhere* that Zoho counts besides; *limit* is Zoho's, None if unsaid."""

    own: int
    elsewhere: int
    limit: int | None
    heard_at: datetime | None
    resets_at: datetime
    is_used_up: bool


async def quota_facts(database: Database) -> QuotaFacts:
    """Return the facts as the database has them; a process that takes calls ahead tells them when it is closed."""
    async with database.raw() as connection:
        row = await (await connection.execute(_READ)).fetchone()
    if row is None:
        raise SchemaMismatchError(
            "The database has lost the row of its call quota", advice="Restore a backup, or report this."
        )
    own, elsewhere, limit, heard_at, resets_at, is_used_up = row
    return QuotaFacts(
        own=own, elsewhere=elsewhere, limit=limit, heard_at=heard_at, resets_at=resets_at, is_used_up=is_used_up
    )
