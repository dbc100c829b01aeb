"""Figures over all entities: how many records there are, and how today's runs went."""

from __future__ import annotations

from typing import Any, Final

from tsh_sync_gui.engine.ports import Which
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.ledger_rows import NO_FAILURES, WHICH
from tsh_sync_gui.store.tables import TSH, outstanding

_SYNC: Final = WHICH[Which.SHOWN]
# Today is the organization's day, from its midnight on. Hundreds of fetches that went well hide no walk that failed.
_TODAY: Final = f"""
SELECT count(*) FILTER (WHERE {_SYNC}),
       count(*) FILTER (WHERE {_SYNC} AND ended_at IS NOT NULL AND error_kind NOT IN {NO_FAILURES}),
       count(*) FILTER (WHERE {_SYNC} AND state IN ('up_to_date', 'partly_done')),
       coalesce(avg(seconds) FILTER (WHERE {_SYNC} AND ended_at IS NOT NULL), 0),
       coalesce(sum(calls_list + calls_bulk + calls_detail), 0)
FROM sync.runs
WHERE NOT dry_run AND started_at >= date_trunc('day', now(), coalesce(
    (SELECT nullif(time_zone, '') FROM sync.organization), 'UTC'))
"""


async def totals(database: Database, registry: Registry) -> dict[str, tuple[int, int]]:
    """Return (living records, records with a current detail) by entity.

    The mirror keeps the first figure exact; the second is what the small index of outstanding details leaves of it.
    """
    counts = " UNION ALL ".join(
        f"SELECT '{entity.name}', count(*) FROM {TSH}.{entity.name} WHERE {outstanding(entity)}"
        for entity in registry
        if entity.has_details
    )
    async with database.raw() as connection:
        live = dict(await (await connection.execute("SELECT entity, live FROM sync.watermarks")).fetchall())
        lacking = dict(await (await connection.execute(counts)).fetchall()) if counts else {}
    found = {}
    for entity in registry:
        number = live.get(entity.name, 0)
        found[entity.name] = (number, max(0, number - lacking.get(entity.name, 0)) if entity.has_details else 0)
    return found


async def stats(database: Database, registry: Registry) -> dict[str, Any]:
    """Return the figures of `GET /api/zoho/sync/stats`."""
    async with database.raw() as connection:
        row = await (await connection.execute(_TODAY)).fetchone()
        live = dict(await (await connection.execute("SELECT entity, live FROM sync.watermarks")).fetchall())
    begun, ended, good, seconds, calls = row or (0, 0, 0, 0.0, 0)
    return {
        "total_syncs_today": begun,
        "success_rate": round(100.0 * good / ended, 1) if ended else 100.0,
        "avg_sync_time_seconds": round(seconds, 1),
        "entities_synced": {entity.stats_key: live.get(entity.name, 0) for entity in registry},
        "calls_today": int(calls),
    }
