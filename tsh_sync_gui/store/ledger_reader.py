"""What the ledger tells: runs, watermarks, requests, rejected records, and the figures made of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from tsh_sync_gui.core.values import Mode, RunId, RunState
from tsh_sync_gui.engine.follow import SILENT_AFTER
from tsh_sync_gui.engine.ports import (
    Absence,
    CallRecord,
    Checkpoint,
    Organization,
    Rejected,
    RunInfo,
    Watermark,
    Which,
)
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store import ledger_rows as rows
from tsh_sync_gui.store import stats
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.ledger_lock import holders

_ORGANIZATION: Final = "SELECT id, name, currency_code, time_zone FROM sync.organization"
_FINAL: Final = [state.value for state in RunState if state.is_final]
# Single records and windows are done again rather than gone on with.
_NOT_RESUMED: Final = [Mode.RECORD.value, Mode.WINDOW.value]

_UNFINISHED: Final = f"""
WITH newest AS (
    SELECT leader FROM sync.runs r
    WHERE entity = ANY(%(entities)s) AND {rows.WHICH[Which.WALKS]} AND state <> ALL(%(final)s)
      AND mode <> ALL(%(modes)s) AND NOT dry_run
      AND EXISTS (SELECT FROM sync.runs l WHERE l.id = r.leader AND l.checkpoint IS NOT NULL)
    ORDER BY started_at DESC LIMIT 1)
SELECT {rows.RUN_COLUMNS} FROM sync.runs
WHERE leader = (SELECT leader FROM newest) AND state <> ALL(%(final)s)
ORDER BY id <> leader, entity
"""
_UNDER_WAY: Final = f"""
SELECT {rows.RUN_COLUMNS} FROM sync.runs
WHERE ended_at IS NULL AND (mode <> 'record' OR heartbeat_at > now() - %(silent)s) ORDER BY started_at DESC
"""


class LedgerReader:
    """The tables of the schema `sync`, read only."""

    def __init__(self, database: Database, registry: Registry) -> None:
        self._database = database
        self._registry = registry

    async def organization(self) -> Organization | None:
        """Return the organization this database mirrors."""
        found = await self._one(_ORGANIZATION)
        return (
            None
            if found is None
            else Organization(id=found[0], name=found[1], currency_code=found[2], time_zone=found[3])
        )

    async def owned(self, walks: Sequence[str]) -> set[str]:
        """Return those of *walks* that some process owns now."""
        return set(await holders(self._database, walks))

    async def live_run(self, entity: str) -> RunInfo | None:
        """Return the newest run of *entity* that is not at an end and no single record's."""
        found = await self._one(
            f"SELECT {rows.RUN_COLUMNS} FROM sync.runs WHERE entity = %s AND ended_at IS NULL AND mode <> %s"
            " ORDER BY started_at DESC LIMIT 1",
            (entity, Mode.RECORD.value),
        )
        return None if found is None else rows.run_of(found)

    async def unfinished(self, walk: Sequence[str]) -> list[RunInfo]:
        """Return the unfinished runs of the newest unfinished walk over the entities *walk*, leader first."""
        params = {"entities": list(walk), "final": _FINAL, "modes": _NOT_RESUMED}
        return [rows.run_of(row) for row in await self._all(_UNFINISHED, params)]

    async def checkpoint(self, leader: RunId) -> Checkpoint | None:
        """Return the walk's checkpoint as committed last."""
        found = await self._one("SELECT checkpoint::text FROM sync.runs WHERE id = %s", (leader,))
        return rows.checkpoint_of(found[0]) if found and found[0] else None

    async def page_ids(self, leader: RunId, page: int) -> list[str] | None:
        """Return the ids stored for *page* of the walk, None when that page is not stored."""
        found = await self._one("SELECT ids FROM sync.walk_pages WHERE leader = %s AND page = %s", (leader, page))
        return None if found is None else list(found[0])

    async def watermark(self, entity: str) -> Watermark:
        """Return the entity's watermark, an empty one when there is none."""
        found = await self._one(f"SELECT {rows.MARK_COLUMNS} FROM sync.watermarks WHERE entity = %s", (entity,))
        return Watermark(entity=entity) if found is None else rows.watermark_of(found)

    async def absences(self) -> list[Absence]:
        """Return the endpoints known to be absent now."""
        found = await self._all("SELECT path, until FROM sync.absences WHERE until > clock_timestamp() ORDER BY path")
        return [Absence(path=path, until=until) for path, until in found]

    async def runs(self, *, entity: str = "", limit: int = 100, which: Which = Which.ALL) -> list[RunInfo]:
        """Return runs, newest first."""
        condition = f"{rows.WHICH[which]} AND entity = %(entity)s" if entity else rows.WHICH[which]
        found = await self._all(
            f"SELECT {rows.RUN_COLUMNS} FROM sync.runs WHERE {condition} ORDER BY started_at DESC, id LIMIT %(limit)s",
            {"entity": entity, "limit": limit},
        )
        return [rows.run_of(row) for row in found]

    async def under_way(self) -> list[RunInfo]:
        """Return the runs that are not at an end, newest first; of single records' those that give a sign of life."""
        return [rows.run_of(row) for row in await self._all(_UNDER_WAY, {"silent": SILENT_AFTER})]

    async def questions(self) -> list[RunInfo]:
        """Return by entity the newest run that asked a person something which no complete walk has answered since."""
        return [rows.run_of(row) for row in await self._all(rows.QUESTIONS)]

    async def find(self, beginning: str, *, limit: int = 10) -> list[RunInfo]:
        """Return runs whose id begins so, newest first."""
        statement = (
            f"SELECT {rows.RUN_COLUMNS} FROM sync.runs WHERE starts_with(id, %s) ORDER BY started_at DESC LIMIT %s"
        )
        return [rows.run_of(row) for row in await self._all(statement, (beginning, limit))]

    async def run(self, run: RunId) -> RunInfo | None:
        """Return one run."""
        found = await self._one(f"SELECT {rows.RUN_COLUMNS} FROM sync.runs WHERE id = %s", (run,))
        return None if found is None else rows.run_of(found)

    async def calls(self, run: RunId, *, limit: int = 1000) -> list[CallRecord]:
        """Return a run's requests, newest first."""
        found = await self._all(
            f"SELECT {rows.CALL_COLUMNS} FROM sync.api_calls WHERE run_id = %s ORDER BY sent_at DESC, id DESC LIMIT %s",
            (run, limit),
        )
        return [rows.call_of(row) for row in found]

    async def rejected(self, run: RunId, *, limit: int = 1000) -> list[Rejected]:
        """Return the records this run put into the dead letters."""
        found = await self._all(
            f"SELECT {rows.REJECTED_COLUMNS} FROM sync.dead_letters WHERE run_id = %s ORDER BY id LIMIT %s",
            (run, limit),
        )
        return [rows.rejected_of(row) for row in found]

    async def totals(self) -> dict[str, tuple[int, int]]:
        """Return (living rows, rows with a current detail) by entity, in records."""
        return await stats.totals(self._database, self._registry)

    async def stats(self) -> dict[str, Any]:
        """Return the figures of `GET /api/zoho/sync/stats` (design.md 6)."""
        return await stats.stats(self._database, self._registry)

    async def _one(self, statement: str, params: Any = None) -> tuple[Any, ...] | None:
        async with self._database.raw() as connection:
            found: tuple[Any, ...] | None = await (await connection.execute(statement, params)).fetchone()
        return found

    async def _all(self, statement: str, params: Any = None) -> list[tuple[Any, ...]]:
        async with self._database.raw() as connection:
            return await (await connection.execute(statement, params)).fetchall()
