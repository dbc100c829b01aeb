"""Dead letters on PostgreSQL: groups, pages, one letter opened, who looked when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import structs

from tsh_sync_gui.engine.handlers import FETCH
from tsh_sync_gui.engine.letters.query import LetterQuery
from tsh_sync_gui.engine.letters.values import (
    Deed,
    Letter,
    LetterDeed,
    LetterFigures,
    LetterGroup,
    LetterOrder,
    LetterPage,
    LetterState,
    Part,
    Sides,
)
from tsh_sync_gui.engine.letters.words import title_of
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.letters_sql import (
    COLUMNS,
    NEXT_TRIES,
    ORDERS,
    ROOM,
    Condition,
    behind,
    letter_of,
    number_of,
    token,
)
from tsh_sync_gui.store.mirror_sql import table_of
from tsh_sync_gui.store.tables import record_rows

_LOOKED: Final = """
INSERT INTO sync.letter_looks (person, looked_at) VALUES (%s, %s)
ON CONFLICT (person) DO UPDATE SET looked_at = greatest(letter_looks.looked_at, excluded.looked_at)
"""
# A letter bears the moment its transaction began: what is being written now may be seen only later, and is new then.
_FIGURES: Final = """
SELECT d.entity, count(*) FILTER (WHERE d.waits), count(*) FILTER (WHERE NOT d.waits),
    count(*) FILTER (WHERE d.waits AND (look.at IS NULL OR d.first_seen_at > look.at)),
    count(*) FILTER (WHERE d.waits AND d.assigned_to <> '' AND lower(d.assigned_to) = lower(%(person)s)),
    min(d.first_seen_at) FILTER (WHERE d.waits), look.at, look.now
FROM (SELECT (SELECT looked_at FROM sync.letter_looks WHERE person = %(person)s) AS at,
    (SELECT least(now(), min(xact_start) - interval '1 microsecond') FROM pg_stat_activity
        WHERE datname = current_database() AND backend_type = 'client backend') AS now) look
LEFT JOIN (SELECT entity, first_seen_at, assigned_to, coalesce(snoozed_until <= now(), true) AS waits
    FROM sync.dead_letters WHERE state = 'open') d ON true GROUP BY d.entity, look.at, look.now
"""
_LAST_RESOLVED: Final = "SELECT max(resolved_at) FROM sync.dead_letters WHERE state = 'resolved'"
_HISTORY: Final = """
SELECT at, by, deed, words, run_id, work_id, payload FROM sync.letter_history
WHERE letter_id = %s ORDER BY id DESC LIMIT 500
"""
_OTHERS: Final = f"""
SELECT {COLUMNS} FROM sync.dead_letters d
WHERE d.entity = %(entity)s AND d.id <> %(id)s AND d.record_key = (
    SELECT record_key FROM sync.dead_letters WHERE id = %(id)s) ORDER BY d.id DESC LIMIT %(limit)s
"""
_BY_ID: Final = f"SELECT {COLUMNS} FROM sync.dead_letters d WHERE d.id = ANY(%(ids)s::bigint[])"


class PgLetters:
    """Fulfils `engine.ports.letters.Letters`."""

    def __init__(self, database: Database, registry: Iterable[Entity]) -> None:
        self._database = database
        self._entities = {entity.name: entity for entity in registry}

    async def groups(self, query: LetterQuery, *, person: str) -> list[LetterGroup]:
        """Return the groups of what matches, largest first."""
        condition = Condition(query, person=person)
        statement = f"""
            SELECT d.entity, d.cause, min(d.field), min(d.kind), min(d.part), count(*),
                count(*) FILTER (WHERE look.at IS NULL OR d.first_seen_at > look.at),
                min(d.first_seen_at), max(d.last_seen_at),
                count(*) FILTER (WHERE d.first_seen_at > now() - interval '1 day'),
                count(*) FILTER (WHERE d.first_seen_at > now() - interval '2 days'
                    AND d.first_seen_at <= now() - interval '1 day'), max(d.id)
            FROM sync.dead_letters d,
                (SELECT (SELECT looked_at FROM sync.letter_looks WHERE person = %(person)s) AS at) look
            WHERE {condition.sql} GROUP BY d.entity, d.cause ORDER BY count(*) DESC, max(d.id) DESC"""
        return [_group(row) for row in await self._all(statement, condition.values)]

    async def page(
        self,
        query: LetterQuery,
        *,
        person: str,
        order: LetterOrder = LetterOrder.LAST_SEEN,
        is_descending: bool = True,
        after: str = "",
        limit: int = 100,
    ) -> LetterPage:
        """Return a page of what matches; *after* is the last page's."""
        condition = Condition(query, person=person)
        expression, kind = ORDERS[order]
        direction, sign = ("DESC", "<") if is_descending else ("ASC", ">")
        behind_it, values = "", condition.values | {"limit": limit + 1}
        if after:
            values["value"], values["id"] = behind(after, kind)
            behind_it = f"WHERE (k, id) {sign} (%(value)s::{kind}, %(id)s::bigint)"
        # One scan: what a search costs is reading all that might match.
        statement = f"""
            WITH hit AS MATERIALIZED (SELECT d.id, {expression} AS k FROM sync.dead_letters d WHERE {condition.sql}),
            top AS (SELECT * FROM hit {behind_it} ORDER BY k {direction}, id {direction} LIMIT %(limit)s)
            SELECT {COLUMNS}, top.k, total.number FROM (SELECT count(*) AS number FROM hit) total
            LEFT JOIN top ON true LEFT JOIN sync.dead_letters d ON d.id = top.id
            ORDER BY top.k {direction}, top.id {direction}"""
        rows = await self._all(statement, values)
        shown = [row for row in rows[:limit] if row[0] is not None]
        return LetterPage(
            letters=tuple(await self._with_next([letter_of(row[:-2]) for row in shown])),
            total=rows[0][-1],
            after=token(shown[-1][-2], shown[-1][0]) if len(rows) > limit else "",
        )

    async def count(self, query: LetterQuery, *, person: str) -> int:
        """Return how many match."""
        condition = Condition(query, person=person)
        statement = f"SELECT count(*) FROM sync.dead_letters d WHERE {condition.sql}"
        return int((await self._all(statement, condition.values))[0][0])

    async def ids(self, query: LetterQuery, *, person: str) -> list[str]:
        """Return all that match, those seen last first."""
        condition = Condition(query, person=person)
        # As one text: an array or a hundred thousand rows take the driver far longer.
        statement = (
            "SELECT string_agg(d.id::text, ' ' ORDER BY d.last_seen_at DESC, d.id DESC) FROM sync.dead_letters d"
            f" WHERE {condition.sql}"
        )
        rows = await self._all(statement, condition.values)
        return rows[0][0].split(" ") if rows and rows[0][0] else []

    async def letters(self, ids: Sequence[str], *, person: str = "") -> list[Letter]:
        """Return the letters of *ids* that there are, in that order."""
        rows = await self._all(_BY_ID, {"ids": [number_of(one) for one in ids], "person": person})
        found = {str(row[0]): row for row in rows}
        return await self._with_next([letter_of(found[one]) for one in ids if one in found])

    async def _with_next(self, letters: list[Letter]) -> list[Letter]:
        """Return *letters* with when they are tried again by themselves."""
        ids = [number_of(one.id) for one in letters if one.state is LetterState.OPEN]
        found = dict(await self._all(NEXT_TRIES, {"ids": ids, "fetch": FETCH})) if ids else {}
        return [
            structs.replace(one, next_try_at=found[int(one.id)]) if int(one.id) in found else one for one in letters
        ]

    async def payload(self, letter: str) -> bytes:
        """Return the refused text."""
        rows = await self._all("SELECT payload FROM sync.dead_letters WHERE id = %s", (number_of(letter),))
        return bytes(rows[0][0]) if rows else b""

    async def figures(self, *, person: str) -> LetterFigures:
        """Return how things stand."""
        async with self._database.raw() as connection:
            rows = await (await connection.execute(_FIGURES.encode(), {"person": person})).fetchall()
            last = await (await connection.execute(_LAST_RESOLVED)).fetchone()
        oldest = [row[5] for row in rows if row[5] is not None]
        return LetterFigures(
            waiting=sum(row[1] for row in rows),
            snoozed=sum(row[2] for row in rows),
            new=sum(row[3] for row in rows if row[0] is not None),
            mine=sum(row[4] for row in rows if row[0] is not None),
            oldest_at=min(oldest, default=None),
            last_resolved_at=last[0] if last else None,
            looked_at=rows[0][6] if rows else None,
            as_of=rows[0][7] if rows else None,
            by_entity={row[0]: row[1] for row in rows if row[1]},
        )

    async def looked(self, person: str, *, as_of: datetime) -> None:
        """Note that *person* has seen what there was at *as_of*: it is not new to them."""
        async with self._database.raw() as connection:
            await connection.execute(_LOOKED, (person, as_of))

    async def history(self, letter: str) -> list[LetterDeed]:
        """Return what was done with a letter, newest first."""
        return [_deed(row) for row in await self._all(_HISTORY, (number_of(letter),))]

    async def sides(self, letter: Letter) -> Sides:
        """Return the letter's record as the mirror keeps it."""
        entity = self._entities.get(letter.entity)
        if entity is None or not letter.record_id:
            return Sides()
        statement = (
            "SELECT t.raw::text, t.raw_detail::text,"
            " jsonb_pretty(to_jsonb(t) - ARRAY['raw', 'raw_detail', 'content_hash']), t.synced_at, t.deleted_at"
            f" FROM {table_of(entity)} t WHERE t.zoho_id = %s{record_rows(entity, 't')}"
        )
        rows = await self._all(statement, (letter.record_id,))
        if not rows:
            return Sides()
        row, detail, ours, synced_at, deleted_at = rows[0]
        return Sides(zoho_row=row, zoho_detail=detail, ours=ours, synced_at=synced_at, deleted_at=deleted_at)

    async def others(self, letter: Letter, *, limit: int = 20) -> list[Letter]:
        """Return other letters of the same record, newest first."""
        values = {"entity": letter.entity, "id": number_of(letter.id), "limit": limit, "person": ""}
        return [letter_of(row) for row in await self._all(_OTHERS, values)]

    async def _all(self, statement: str, values: Any) -> list[tuple[Any, ...]]:
        async with self._database.raw() as connection:
            await connection.execute(ROOM)
            return await (await connection.execute(statement.encode(), values)).fetchall()


def _group(row: tuple[Any, ...]) -> LetterGroup:
    entity, cause, field, kind, part, count, new, first, last, last_day, day_before, example = row
    return LetterGroup(
        entity=entity,
        cause=cause,
        title=title_of(cause, field),
        field=field,
        kind=kind,
        part=Part(part),
        count=count,
        new=new,
        first_seen_at=first,
        last_seen_at=last,
        last_day=last_day,
        day_before=day_before,
        example=str(example),
    )


def _deed(row: tuple[Any, ...]) -> LetterDeed:
    at, by, deed, words, run, work, payload = row
    return LetterDeed(
        at=at,
        by=by,
        deed=Deed(deed),
        words=words,
        run_id=run,
        work="" if work is None else str(work),
        payload="" if payload is None else bytes(payload).decode(errors="replace"),
    )
