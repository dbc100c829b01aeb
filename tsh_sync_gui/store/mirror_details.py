"""Puts details into the mirror: columns only a detail carries, child rows, and the rows a spread makes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.ports import DetailBatch
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.mirror_copy import Cursor, copy_lines, divide
from tsh_sync_gui.store.mirror_rows import SEPARATOR, Put, RowWriter, refusal
from tsh_sync_gui.store.mirror_sql import APPLIED, DIFFERING, child_sql, detail_sql, quoted


@dataclass(slots=True)
class Detail:
    """The lines of one record's detail: its own, its children's by table and position, its spread's by key."""

    id: str
    line: bytes
    children: dict[str, dict[bytes, bytes]] = field(default_factory=dict)
    spread: dict[str, bytes] = field(default_factory=dict)


def by_record(batches: Iterable[DetailBatch]) -> dict[str, Detail]:
    """Return the details of *batches* by record, the last of doubles whole."""
    found: dict[str, Detail] = {}
    for batch in batches:
        own = {key: Detail(id=key, line=line) for key, line in zip(batch.lines.keys, batch.lines.lines, strict=True)}
        for table, lines in batch.children.items():
            for key, line in zip(lines.keys, lines.lines, strict=True):
                own[key].children.setdefault(table, {})[line.split(b"\t", 2)[1]] = line
        if batch.spread:
            for key, line in zip(batch.spread.keys, batch.spread.lines, strict=True):
                own[key.partition(SEPARATOR)[0]].spread[key] = line
        found |= own
    return found


class DetailWriter:
    """Writes details of one entity; safe to repeat."""

    def __init__(self, entity: Entity, rows: RowWriter) -> None:
        self._entity = entity
        self._rows = rows
        self._sql = detail_sql(entity)
        self._children = {child.table: child_sql(child) for child in entity.children}
        tables = [f"detail_{entity.name}", "applied", *(f"stage_{table}" for table in self._children)]
        self._clear = "TRUNCATE " + ", ".join(f"pg_temp.{quoted(table)}" for table in tables)

    async def put(
        self,
        cursor: Cursor,
        details: dict[str, Detail],
        *,
        run: RunId | None,
        started: datetime | None,
        careful: bool,
    ) -> Put:
        """Write *details*; `updated` are the records that changed since an earlier detail.

        A record whose row changed since *started*, when the run began, was counted then and is not named again.
        """

        async def put(part: Sequence[Detail]) -> Put:
            return await self._put(cursor, part, run=run, started=started, careful=careful)

        done = Put()
        divided = await divide(cursor, list(details.values()), put, careful=careful)
        for result in divided.results:
            done.add(result)
        done.refused += [refusal(detail.id, detail.line, error) for detail, error in divided.refused]
        return done

    async def _put(
        self,
        cursor: Cursor,
        details: Sequence[Detail],
        *,
        run: RunId | None,
        started: datetime | None,
        careful: bool,
    ) -> Put:
        for statement in (self._sql.stage, APPLIED, DIFFERING, *(child.stage for child in self._children.values())):
            await cursor.execute(statement)
        await copy_lines(cursor, self._sql.copy_stage, (detail.line for detail in details))
        await cursor.execute(self._sql.apply, {"started": started})
        done = Put()
        if cursor.rowcount:
            await self._put_children(cursor, details)
            spread = await self._put_spread(cursor, details, done, run=run, careful=careful)
            await cursor.execute(self._sql.update)
            await cursor.execute(self._sql.audit, {"entity": self._entity.name, "run": run or ""})
            await cursor.execute(
                "SELECT zoho_id FROM pg_temp.applied"
                " WHERE NOT first AND NOT coalesce(fresh, false) AND (before IS NOT NULL OR zoho_id = ANY(%s))",
                (list(spread),),
            )
            done.updated = [row[0] for row in await cursor.fetchall()]
        await cursor.execute(self._clear)
        return done

    async def _put_children(self, cursor: Cursor, details: Sequence[Detail]) -> None:
        for table, sql in self._children.items():
            lines = [line for detail in details for line in detail.children.get(table, {}).values()]
            if lines:
                await copy_lines(cursor, sql.copy_stage, lines)
            await cursor.execute(sql.differ)
            if cursor.rowcount:
                for statement in (sql.note, sql.delete, sql.insert):
                    await cursor.execute(statement)
                await cursor.execute("TRUNCATE pg_temp.differing")

    async def _put_spread(
        self, cursor: Cursor, details: Sequence[Detail], done: Put, *, run: RunId | None, careful: bool
    ) -> set[str]:
        """Write the rows a spread makes of *details*; returns the records of which any changed."""
        if not self._entity.spread:
            return set()
        await cursor.execute("SELECT zoho_id FROM pg_temp.applied")
        applied = {row[0] for row in await cursor.fetchall()}
        rows = {key: line for detail in details if detail.id in applied for key, line in detail.spread.items()}
        changed = await self._rows.bury_missing(cursor, list(applied), rows, run=run)
        if rows:
            known = await self._rows.known(cursor, rows)
            put = await self._rows.put(cursor, rows, known=known, run=run, careful=careful)
            if put.created:
                await cursor.execute(*self._rows.created_audit(put.created, run))
            done.refused += put.refused
            changed |= {key.partition(SEPARATOR)[0] for key in put.created} | set(put.updated)
        return changed
