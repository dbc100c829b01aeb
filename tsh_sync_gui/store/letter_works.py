"""Retries of many dead letters, on PostgreSQL: which, in what order, and how far."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from typing import Any, Final

from tsh_sync_gui.core.errors import ConfigurationError, LostOwnershipError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.engine.letters.query import Chosen
from tsh_sync_gui.engine.letters.values import LetterOutline, LetterWork, WorkState
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.letters_sql import ROOM, WORK_COLUMNS, Condition, number_of, work_of
from tsh_sync_gui.store.mirror_letters import clean

# Those of one record stand side by side, so that one call serves them.
_BEGIN: Final = """
INSERT INTO sync.letter_works AS w (by, written, lane, state, is_careful, pace, letters, causes)
SELECT %(by)s, %(written)s, %(lane)s, %(state)s, %(is_careful)s, %(pace)s,
    coalesce(array_agg(d.id ORDER BY d.entity, d.record_id, d.id), '{{}}'),
    coalesce(array_agg(DISTINCT d.entity || chr(31) || d.cause), '{{}}')
FROM sync.dead_letters d WHERE {condition} AND d.state = 'open'
RETURNING {columns}
"""
_OUTLINE: Final = """
SELECT is_open, walk, is_record, has_id, sum(number)::int, count(*)::int FROM (
    SELECT d.state = 'open' AS is_open, coalesce(known.walk, d.entity) AS walk,
        d.part IN ('list', 'detail') AS is_record, d.record_id <> '' AS has_id, d.record_id, count(*) AS number
    FROM sync.dead_letters d
    LEFT JOIN unnest(%(entities)s::text[], %(walks)s::text[]) AS known (entity, walk) ON known.entity = d.entity
    WHERE {condition} GROUP BY 1, 2, 3, 4, 5) records
GROUP BY 1, 2, 3, 4 ORDER BY 2, 3, 4
"""
_WORK: Final = f"""
SELECT {WORK_COLUMNS}, CASE WHEN w.ended_at IS NULL OR w.ended_at > now() - interval '1 hour' THEN (
    SELECT count(*) FROM sync.dead_letters d WHERE d.state = 'open' AND d.first_seen_at > w.started_at
        AND d.entity || chr(31) || d.cause = ANY(w.causes)) ELSE 0 END
FROM sync.letter_works w WHERE w.id = %s
"""
_WORKS: Final = f"SELECT {WORK_COLUMNS} FROM sync.letter_works w ORDER BY w.id DESC LIMIT %s"
_NEXT: Final = "SELECT letters[done + 1 : done + %s] FROM sync.letter_works WHERE id = %s"
_ADVANCE: Final = f"""
UPDATE sync.letter_works w SET done = done + %(succeeded)s + %(failed)s + %(skipped)s,
    succeeded = succeeded + %(succeeded)s, failed = failed + %(failed)s, skipped = skipped + %(skipped)s,
    calls = calls + %(calls)s
WHERE w.id = %(id)s AND w.done = %(before)s RETURNING {WORK_COLUMNS}
"""
_SET_STATE: Final = f"""
UPDATE sync.letter_works w SET state = %(state)s, words = %(words)s, until = %(until)s,
    ended_at = CASE WHEN %(is_over)s THEN clock_timestamp() END
WHERE w.id = %(id)s AND w.ended_at IS NULL RETURNING {WORK_COLUMNS}
"""


class PgLetterWorks:
    """Fulfils `engine.ports.letters.LetterWorks`."""

    def __init__(self, database: Database, registry: Iterable[Entity]) -> None:
        self._database = database
        self._walks = {entity.name: entity.walk for entity in registry}

    async def outline(self, which: Chosen, *, person: str) -> tuple[int, list[LetterOutline]]:
        """Return how many letters are chosen, and what those of them are that are open."""
        condition = Condition(which, person=person)
        values = condition.values | {"entities": list(self._walks), "walks": list(self._walks.values())}
        async with self._database.raw() as connection:
            await connection.execute(ROOM)
            cursor = await connection.execute(_OUTLINE.format(condition=condition.sql).encode(), values)
            rows = await cursor.fetchall()
        outlines = [
            LetterOutline(walk=walk, is_record=is_record, is_asked_for=has_id, letters=letters, records=records)
            for is_open, walk, is_record, has_id, letters, records in rows
            if is_open
        ]
        return sum(row[4] for row in rows), outlines

    async def begin(
        self, which: Chosen, work: LetterWork, *, enqueue: Callable[[str, Any], Awaitable[Any]]
    ) -> LetterWork:
        """Write down which letters are to be retried, in order; *enqueue* takes the work's id and the open connection.

        What it puts into the queue is as sure as the work.
        """
        condition = Condition(which, person=work.by)
        values = condition.values | {
            "by": work.by,
            "written": clean(work.written),
            "lane": work.lane.value,
            "state": work.state.value,
            "is_careful": work.is_careful,
            "pace": work.pace,
        }
        statement = _BEGIN.format(condition=condition.sql, columns=WORK_COLUMNS)
        async with self._database.raw() as connection:
            row = await (await connection.execute(statement.encode(), values)).fetchone()
            begun = _found(row)
            await enqueue(begun.id, connection)
        return begun

    async def work(self, work: str) -> LetterWork | None:
        """Return a retry, None when there is none of that id."""
        row = await self._one(_WORK, (number_of(work),))
        return None if row is None else work_of(row, new_failures=row[-1])

    async def works(self, *, limit: int = 20) -> list[LetterWork]:
        """Return retries, newest first."""
        async with self._database.raw() as connection:
            return [work_of(row) for row in await (await connection.execute(_WORKS, (limit,))).fetchall()]

    async def next_of(self, work: str, number: int) -> list[str]:
        """Return the next letters of a retry that are not done."""
        row = await self._one(_NEXT, (number, number_of(work)))
        return [str(one) for one in row[0]] if row and row[0] else []

    async def advance(self, work: LetterWork, *, succeeded: int, failed: int, skipped: int, calls: int) -> LetterWork:
        """Note what was done since *work*; returns it as it is then, which somebody may have cancelled meanwhile.

        Raises LostOwnershipError when another process has gone on with it since.
        """
        values = {
            "id": number_of(work.id),
            "before": work.done,
            "succeeded": succeeded,
            "failed": failed,
            "skipped": skipped,
            "calls": calls,
        }
        row = await self._one(_ADVANCE, values)
        if row is None:
            raise LostOwnershipError("Another process goes on with this retry", advice="It is watched there.")
        return work_of(row)

    async def set_state(
        self, work: str, state: WorkState, *, words: str = "", until: datetime | None = None
    ) -> LetterWork:
        """Let a retry run, wait until a time, or end; one that is over stays as it is."""
        await self._one(_SET_STATE, _standing(work, state, words, until))
        found = await self.work(work)
        if found is None:
            raise ConfigurationError(f"There is no retry {work}", advice="It may have been forgotten.")
        return found

    async def give_up(self, work: str, *, words: str, connection: Any) -> None:
        """End a retry as failed, in that open transaction."""
        await connection.execute(_SET_STATE.encode(), _standing(work, WorkState.FAILED, words, None))

    async def _one(self, statement: str, values: Any) -> tuple[Any, ...] | None:
        async with self._database.raw() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchone()


def _standing(work: str, state: WorkState, words: str, until: datetime | None) -> dict[str, Any]:
    return {
        "id": number_of(work),
        "state": state.value,
        "is_over": state.is_over,
        "words": redact(clean(words)),
        "until": until,
    }


def _found(row: tuple[Any, ...] | None) -> LetterWork:
    if row is None:
        raise ConfigurationError("There is no such retry", advice="It may have been forgotten.")
    return work_of(row)
