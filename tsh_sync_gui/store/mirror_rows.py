"""Puts rows in the columns of a list row into the mirror: new ones directly, known ones where they are newer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import psycopg
from psycopg.errors import UniqueViolation

from tsh_sync_gui.core.values import Counts, RunId
from tsh_sync_gui.engine.ports import Foreseen, Lines, Rejected
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.mirror_books import Statement, split
from tsh_sync_gui.store.mirror_copy import Cursor, copy_lines, divide, last_cell
from tsh_sync_gui.store.mirror_sql import CREATED, TOUCHED, ListSql, joined, list_sql

SEPARATOR: Final = "\x1f"
Row = tuple[str, bytes]


@dataclass(slots=True)
class Put:
    """What putting rows did: keys created, ids of rows changed or revived, how many revived, records refused."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    revived: int = 0
    refused: list[Rejected] = field(default_factory=list)

    def add(self, other: Put) -> None:
        """Take over what another part did."""
        self.created += other.created
        self.updated += other.updated
        self.revived += other.revived
        self.refused += other.refused


def refusal(key: str, line: bytes, error: psycopg.Error) -> Rejected:
    """Return the dead letter for a *line* that PostgreSQL refused."""
    return Rejected(
        record_id=key.partition(SEPARATOR)[0],
        field=error.diag.column_name or "",
        value="",
        reason=f"The database refuses the record: {error.diag.message_primary or error}",
        payload=last_cell(line),
    )


def skipped(entity: str, refused: Rejected) -> Foreseen:
    """Return the preview of a record that cannot be taken."""
    reason = " ".join(part for part in (refused.field, refused.reason) if part)
    return Foreseen(entity=entity, id=refused.record_id, action="skip", reason=reason)


def foreseen(entity: str, row: tuple[str, str, bool, bool, list[str]]) -> Foreseen:
    """Return the preview of one row that `foresee` found; one that differs and stays is newer here."""
    record, label, is_new, changes, fields = row
    if is_new:
        return Foreseen(entity=entity, id=record, action="create", label=label)
    if changes:
        return Foreseen(entity=entity, id=record, action="update", label=label, fields=tuple(fields))
    return Foreseen(entity=entity, id=record, action="skip", label=label, reason="newer here" if fields else "")


class RowWriter:
    """Writes rows of one entity; safe to repeat."""

    def __init__(self, entity: Entity) -> None:
        self.entity = entity
        self.sql: ListSql = list_sql(entity)
        self._padding = SEPARATOR * (len(entity.key) - 1)

    async def put(
        self, cursor: Cursor, rows: dict[str, bytes], *, known: set[str], run: RunId | None, careful: bool
    ) -> Put:
        """Write *rows* (COPY lines by key), of which *known* are there, and audit what they changed.

        What they created is for the caller to audit, with `created_audit`.
        """
        # Always in one order: two processes with the same records then wait for each other and do not deadlock.
        ordered = sorted(rows.items())
        done = Put()
        new = [row for row in ordered if row[0] not in known] if known else ordered
        await self._put(cursor, new, done, run=run, careful=careful, direct=True)
        if known:
            old = [row for row in ordered if row[0] in known]
            await self._put(cursor, old, done, run=run, careful=careful)
        return done

    def lookup(self, keys: Iterable[str]) -> Statement:
        """Return what asks which of *keys* have a row, as one text of keys."""
        ids = {key.partition(SEPARATOR)[0] for key in keys} if self._padding else keys
        return self.sql.existing, {"ids": joined(ids)}

    async def known(self, cursor: Cursor, keys: Iterable[str]) -> set[str]:
        """Return which of *keys* have a row, and perhaps others of their records."""
        await cursor.execute(*self.lookup(keys))
        return split(await cursor.fetchone())

    def created_audit(self, created: Sequence[str], run: RunId | None) -> Statement:
        """Return what audits the rows *created*."""
        keys = map(self._readable, created) if self._padding else created
        return CREATED, {"entity": self.entity.name, "keys": joined(keys), "run": run or ""}

    async def bury(self, cursor: Cursor, ids: Sequence[str], *, run: RunId | None) -> int:
        """Tombstone the records *ids*; returns how many of them lived."""
        values = {"entity": self.entity.name, "ids": list(ids), "run": run or ""}
        await cursor.execute(self.sql.tombstone, values)
        return len(await cursor.fetchall())

    async def bury_missing(
        self, cursor: Cursor, ids: Sequence[str], kept: Iterable[str], *, run: RunId | None
    ) -> set[str]:
        """Tombstone rows of a spread that the details of *ids* no longer have; returns the records concerned."""
        values = {"entity": self.entity.name, "ids": list(ids), "kept": list(kept), "run": run or ""}
        await cursor.execute(self.sql.tombstone_spread, values)
        return {row[0] for row in await cursor.fetchall()}

    async def preview(self, cursor: Cursor, rows: dict[str, bytes], *, into: list[Foreseen] | None) -> Counts:
        """Return what `put` would do with *rows*, record by record *into* a list; writes temporary tables only."""

        async def compare(part: Sequence[Row]) -> tuple[int, int, int]:
            await self._stage(cursor, part)
            await cursor.execute(self.sql.compare)
            known, updated = await cursor.fetchone() or (0, 0)
            if into is not None:
                await cursor.execute(self.sql.foresee)
                into.extend([foreseen(self.entity.name, row) for row in await cursor.fetchall()])
            await cursor.execute(self.sql.clear_stage)
            return len(part), known, updated

        divided = await divide(cursor, list(rows.items()), compare)
        counts = Counts(seen=len(rows), failed=len(divided.refused))
        if into is not None:
            into += [skipped(self.entity.name, refusal(key, line, error)) for (key, line), error in divided.refused]
        for number, known, updated in divided.results:
            counts += Counts(created=number - known, updated=updated, unchanged=known - updated)
        return counts

    def by_key(self, lines: Lines) -> dict[str, bytes]:
        """Return *lines* by key, the last of doubles; list rows of a spread get the empty key it gives them."""
        if lines.columns != self.entity.copy_columns:
            raise ValueError(f"lines of {self.entity.name} come in other columns than its table's")
        keys = lines.keys
        if self._padding:
            keys = [key if SEPARATOR in key else key + self._padding for key in keys]
        return dict(zip(keys, lines.lines, strict=True))

    def ids(self, keys: Iterable[str]) -> set[str]:
        """Return the records' ids of rows' *keys*."""
        return {key.partition(SEPARATOR)[0] for key in keys} if self._padding else set(keys)

    async def _put(
        self, cursor: Cursor, rows: Sequence[Row], done: Put, *, run: RunId | None, careful: bool, direct: bool = False
    ) -> None:
        async def insert(part: Sequence[Row]) -> Put:
            if not careful:
                await copy_lines(cursor, self.sql.copy, (line for _, line in part))
                return Put(created=[key for key, _ in part])
            try:
                async with cursor.connection.transaction():
                    await copy_lines(cursor, self.sql.copy, (line for _, line in part))
            except UniqueViolation:
                # Another process stored one of these records a moment ago.
                return await self._merge(cursor, part, run=run, missing=True)
            return Put(created=[key for key, _ in part])

        async def merge(part: Sequence[Row]) -> Put:
            return await self._merge(cursor, part, run=run)

        divided = await divide(cursor, rows, insert if direct else merge, careful=careful)
        for result in divided.results:
            done.add(result)
        done.refused += [refusal(key, line, error) for (key, line), error in divided.refused]

    async def _merge(self, cursor: Cursor, rows: Sequence[Row], *, run: RunId | None, missing: bool = False) -> Put:
        """Write those of *rows* that are newer than the mirror's; *missing* inserts what is not there."""
        done = Put()
        await self._stage(cursor, rows)
        if missing:
            await cursor.execute(self.sql.insert_missing)
            done.created = [row[0] for row in await cursor.fetchall()]
        await cursor.execute(self.sql.touch)
        if cursor.rowcount:
            await cursor.execute(self.sql.audit, {"entity": self.entity.name, "run": run or ""})
            await cursor.execute(self.sql.update)
            await cursor.execute(self.sql.touched)
            touched = await cursor.fetchall()
            done.updated = [zoho_id for zoho_id, _ in touched]
            done.revived = sum(revived for _, revived in touched)
        await cursor.execute(self.sql.clear_stage)
        return done

    async def _stage(self, cursor: Cursor, rows: Sequence[Row]) -> None:
        await cursor.execute(self.sql.stage)
        await cursor.execute(TOUCHED)
        await copy_lines(cursor, self.sql.copy_stage, (line for _, line in rows))

    def _readable(self, key: str) -> str:
        """Return a row's key as the audit has it."""
        return "/".join(part for part in key.split(SEPARATOR) if part)
