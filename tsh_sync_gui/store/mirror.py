"""The mirror on PostgreSQL: a step's rows, audit, dead letters, checkpoint and figures commit together."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Final, TypeVar

from tsh_sync_gui.core.errors import TransientError
from tsh_sync_gui.core.values import Counts, RunId
from tsh_sync_gui.engine.ports import Batch, DetailBatch, Foreseen, Rejected, Seen, Step, Stored, Vanished
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store import mirror_reads
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.mirror_books import Books, Statement, close_books, open_books
from tsh_sync_gui.store.mirror_copy import BY_INDEX, Cursor, NotTakenError, transaction
from tsh_sync_gui.store.mirror_details import DetailWriter, by_record
from tsh_sync_gui.store.mirror_letters import resolve_letters, write_letters
from tsh_sync_gui.store.mirror_rows import RowWriter, skipped

LIST_PART: Final = "list"
DETAIL_PART: Final = "detail"
# What was given up about a record is settled by its list row, however it came.
GIVEN_UP_PARTS: Final = ("job", "delivery")
_TRIES: Final = 4
AnyBatch = TypeVar("AnyBatch", Batch, DetailBatch)


class PgMirror:
    """The `tsh` tables of one database."""

    def __init__(self, database: Database, registry: Iterable[Entity]) -> None:
        self._database = database
        self._entities = {entity.name: entity for entity in registry}
        self._rows = {name: RowWriter(entity) for name, entity in self._entities.items()}
        self._details = {name: DetailWriter(entity, self._rows[name]) for name, entity in self._entities.items()}

    async def store(self, step: Step) -> Stored:
        """Commit *step* in one transaction.

        Raises LostOwnershipError when the run is not ours, and UnreachableError; the latter may follow a commit, so
        the caller reads the checkpoint before it stores the step again.
        """
        careful = False
        for attempt in range(1, _TRIES):
            try:
                return await self._store(step, careful=careful)
            except NotTakenError:
                # A value or a record that stands in the way: find it, with savepoints.
                careful = True
            except TransientError as error:
                # Busy (a deadlock, a lock that was not given) means rolled back; the others are the caller's to judge.
                if type(error) is not TransientError:
                    raise
                await self._database.clock.sleep(0.1 * attempt)
        return await self._store(step, careful=True)

    async def _store(self, step: Step, *, careful: bool) -> Stored:
        async with transaction(self._database) as cursor:
            work = _StepWork(cursor, step, self._rows, self._details, careful=careful)
            return await work.run(owner=self._database.owner)

    async def preview(self, batches: Sequence[Batch], *, into: list[Foreseen] | None = None) -> dict[str, Counts]:
        """Return what storing *batches* would do, record by record *into* a list; nothing is written."""
        counts: dict[str, Counts] = {}
        async with transaction(self._database, hint=BY_INDEX) as cursor:
            for name, group in _by_entity(batches).items():
                rows = self._rows[name]
                lines: dict[str, bytes] = {}
                for batch in group:
                    lines |= rows.by_key(batch.lines)
                refused = [one for batch in group for one in batch.rejected]
                counted = await rows.preview(cursor, lines, into=into)
                counts[name] = counted + Counts(seen=len(refused), failed=len(refused))
                if into is not None:
                    into += [skipped(name, one) for one in refused]
        return counts

    async def vanished(self, entity: Entity, leader: RunId, *, limit: int = 100_000) -> Vanished:
        """Return the ids that the finished walk of *leader* did not meet."""
        return await mirror_reads.find_vanished(self._database, entity, leader, limit=limit)

    async def outstanding(self, entities: Sequence[Entity], *, size: int) -> AsyncGenerator[list[str], None]:
        """Yield chunks of *size* ids whose detail is missing or older than the row, newest first, each id once."""
        async with aclosing(mirror_reads.stream_outstanding(self._database, entities, size=size)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def outstanding_count(self, entities: Sequence[Entity]) -> int:
        """Return how many records of *entities* (one walk's) lack a current detail."""
        return await mirror_reads.count_outstanding(self._database, entities)

    async def living(self, entity: Entity) -> AsyncGenerator[list[str], None]:
        """Yield the ids of all living rows in chunks."""
        async with aclosing(mirror_reads.stream_living(self._database, entity)) as chunks:
            async for chunk in chunks:
                yield chunk

    async def expire_details(self, entity: Entity, before: datetime) -> None:
        """Make details fetched before *before* outstanding again."""
        await mirror_reads.expire(self._database, entity, before)

    async def labels(self, entity: Entity, ids: Sequence[str]) -> dict[str, str]:
        """Return what a person knows the records by, by id."""
        return await mirror_reads.find_labels(self._database, entity, ids)

    async def seen(self, entity: Entity, record_id: str) -> Seen | None:
        """Return how well a record is known, None when it is not."""
        return await mirror_reads.find_seen(self._database, entity, record_id)

    async def raw(self, entity: Entity, record_id: str) -> bytes | None:
        """Return the stored list row's text, None when the record is not known."""
        return await mirror_reads.find_raw(self._database, entity, record_id)


class _StepWork:
    """One step inside its transaction."""

    def __init__(
        self,
        cursor: Cursor,
        step: Step,
        rows: dict[str, RowWriter],
        details: dict[str, DetailWriter],
        *,
        careful: bool,
    ) -> None:
        self._cursor = cursor
        self._step = step
        self._rows = rows
        self._details = details
        self._careful = careful
        self._counts: dict[str, Counts] = {}
        self._live: dict[str, int] = {}
        self._audits: list[Statement] = []

    async def run(self, *, owner: str) -> Stored:
        """Write everything the step holds."""
        step = self._step
        lists, details = _by_entity(step.batches), _by_entity(step.details)
        names = {*lists, *details, *step.gone}
        lines = {name: self._lines(name, batches) for name, batches in lists.items()}
        lookups = {name: self._rows[name].lookup(found) for name, found in lines.items() if found}
        books = await open_books(self._cursor, step, names, owner=owner, lookups=lookups)
        for name, batches in lists.items():
            await self._put_rows(name, batches, lines[name], books)
        for name, brought in details.items():
            await self._put_details(name, brought, books)
        for name, ids in step.gone.items():
            await self._bury(name, ids, books)
        totals = await close_books(self._cursor, step, self._counts, self._live, audits=self._audits)
        return Stored(counts=self._counts, totals=totals)

    def _count(self, name: str, counts: Counts, *, live: int = 0) -> None:
        self._counts[name] = self._counts.get(name, Counts()) + counts
        self._live[name] = self._live.get(name, 0) + live

    def _lines(self, name: str, batches: Sequence[Batch]) -> dict[str, bytes]:
        lines: dict[str, bytes] = {}
        for batch in batches:
            lines |= self._rows[name].by_key(batch.lines)
        return lines

    async def _put_rows(self, name: str, batches: Sequence[Batch], lines: dict[str, bytes], books: Books) -> None:
        rows, run = self._rows[name], self._step.runs.get(name)
        known = books.known.get(name, set())
        put = await rows.put(self._cursor, lines, known=known, run=run, careful=self._careful)
        if put.created:
            self._audits.append(rows.created_audit(put.created, run))
        rejected = [one for batch in batches for one in batch.rejected] + put.refused
        # What the walk has met before was counted then; only that it changed meanwhile is new.
        refused = {one.record_id for one in put.refused}
        again = rows.ids(lines) & books.met - refused
        quiet = again.difference(put.updated, rows.ids(put.created)) if again else again
        failed = sum(one.record_id not in books.met for one in rejected)
        created, updated = len(put.created), len(put.updated)
        counts = Counts(
            seen=len(lines) - len(put.refused) - len(again) + failed,
            created=created,
            updated=updated,
            unchanged=len(lines) - created - updated - len(put.refused) - len(quiet),
            failed=failed,
        )
        self._count(name, counts, live=created + put.revived)
        await self._letters(name, rejected, (one for batch in batches for one in batch.ids), LIST_PART, books)

    async def _put_details(self, name: str, batches: Sequence[DetailBatch], books: Books) -> None:
        run = self._step.runs.get(name)
        details = by_record(batches)
        put = await self._details[name].put(
            self._cursor, details, run=run, started=books.started.get(name), careful=self._careful
        )
        rejected = [one for batch in batches for one in batch.rejected] + put.refused
        updated = len(put.updated)
        # A record of this step whose list row was counted as unchanged is an update after all.
        self._count(name, Counts(updated=updated, failed=len(rejected)))
        await self._letters(name, rejected, details, DETAIL_PART, books)

    async def _bury(self, name: str, ids: Sequence[str], books: Books) -> None:
        if not ids:
            return
        run = self._step.runs.get(name)
        buried = await self._rows[name].bury(self._cursor, ids, run=run)
        self._count(name, Counts(deleted=buried), live=-buried)
        if name in books.open_letters:
            parts = (LIST_PART, DETAIL_PART, *GIVEN_UP_PARTS)
            await resolve_letters(self._cursor, name, ids, parts=parts, run=run)

    async def _letters(
        self, name: str, rejected: Sequence[Rejected], good: Iterable[str], part: str, books: Books
    ) -> None:
        run = self._step.runs.get(name)
        if name in books.open_letters and (ids := set(good) - {one.record_id for one in rejected}):
            parts = (part, *GIVEN_UP_PARTS) if part == LIST_PART else (part,)
            await resolve_letters(self._cursor, name, list(ids), parts=parts, run=run)
        await write_letters(self._cursor, self._rows[name].entity, rejected, part=part, run=run)


def _by_entity(batches: Iterable[AnyBatch]) -> dict[str, list[AnyBatch]]:
    groups: dict[str, list[AnyBatch]] = {}
    for batch in batches:
        groups.setdefault(batch.entity.name, []).append(batch)
    return groups
