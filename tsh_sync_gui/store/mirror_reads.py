"""What the engine asks the mirror: which records vanished, which details are outstanding, which live."""

from __future__ import annotations

import heapq
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.ports import Seen, Vanished
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.mirror_copy import IN_INDEX_ORDER, transaction
from tsh_sync_gui.store.mirror_sql import quoted, table_of
from tsh_sync_gui.store.tables import outstanding, record_rows

_CHUNK: Final = 5000
# How far a clock of ours may be behind the database's.
_SLACK: Final = timedelta(seconds=1)


_LIVE: Final = """
SELECT w.live, coalesce((SELECT r.created FROM sync.runs r WHERE r.leader = %(leader)s AND r.entity = w.entity), 0)
FROM sync.watermarks w WHERE w.entity = %(entity)s
"""


async def find_vanished(database: Database, entity: Entity, leader: RunId, *, limit: int) -> Vanished:
    """Return living records that the walk of *leader* did not meet.

    Left out are those observed since the walk began (somebody met them) and those it rejected. Where the walk made
    all that lives, as a first one does, nothing need be looked at.
    """
    table = table_of(entity)
    missing = f"""
        SELECT t.zoho_id FROM {table} t JOIN sync.runs r ON r.id = %(leader)s
        WHERE t.deleted_at IS NULL AND t.zoho_id IS NOT NULL{record_rows(entity, "t")} AND t.observed_at < r.started_at
          AND NOT EXISTS (
            SELECT FROM (SELECT unnest(ids) AS id FROM sync.walk_pages WHERE leader = %(leader)s) met
            WHERE met.id = t.zoho_id)
          AND NOT EXISTS (
            SELECT FROM sync.dead_letters d JOIN sync.runs own ON own.id = d.run_id
            WHERE own.leader = %(leader)s AND d.entity = %(entity)s AND d.record_key = t.zoho_id)
        ORDER BY t.id LIMIT %(limit)s"""
    async with transaction(database, hint="SET LOCAL work_mem = '64MB'") as cursor:
        await cursor.execute(_LIVE, {"leader": leader, "entity": entity.name})
        live, created = await cursor.fetchone() or (0, 0)
        if live == created:
            return Vanished(ids=(), live=live)
        await cursor.execute(missing, {"leader": leader, "entity": entity.name, "limit": limit})
        return Vanished(ids=tuple(row[0] for row in await cursor.fetchall()), live=live)


async def count_outstanding(database: Database, entities: Sequence[Entity]) -> int:
    """Return how many records of *entities* lack a current detail, each record once."""
    parts = [_queue(entity, entities[:place], "count(*)", since=False) for place, entity in enumerate(entities)]
    if not parts:
        return 0
    async with transaction(database) as cursor:
        await cursor.execute("SELECT " + " + ".join(f"({part})" for part in parts))
        row = await cursor.fetchone()
    return int(row[0]) if row else 0


async def stream_outstanding(
    database: Database, entities: Sequence[Entity], *, size: int
) -> AsyncGenerator[list[str], None]:
    """Yield chunks of ids whose detail is outstanding, newest first, each id once.

    No transaction stays open between chunks and no id is remembered. An id given out stands behind the place where the
    next chunk begins, or, once its record changes, before the place where the first one began. A record of several
    entities belongs to the first that lacks its detail, or whose detail came since the stream began.
    """
    async with transaction(database) as cursor:
        await cursor.execute("SELECT clock_timestamp()")
        row = await cursor.fetchone()
    began: datetime = row[0] - _SLACK if row else database.clock.now()
    queues = [
        _Queue(database, entity, entities[:place], began=began, size=size) for place, entity in enumerate(entities)
    ]
    heads = [head for queue in queues if (head := await queue.next()) is not None]
    heapq.heapify(heads)
    chunk: list[str] = []
    while heads:
        _, _, place, record_id = heads[0]
        chunk.append(record_id)
        if len(chunk) == size:
            yield chunk
            chunk = []
        following = await queues[place].next()
        if following is None:
            heapq.heappop(heads)
        else:
            heapq.heapreplace(heads, following)
    if chunk:
        yield chunk


_Head = tuple[bool, float, int, str]


class _Queue:
    """One entity's outstanding records by change stamp, newest first, those without a stamp last."""

    def __init__(
        self, database: Database, entity: Entity, earlier: Sequence[Entity], *, began: datetime, size: int
    ) -> None:
        self._database = database
        self._place = len(earlier)
        columns = "t.zoho_modified_at, t.id, t.zoho_id"
        queue = _queue(entity, earlier, columns)
        order = "ORDER BY t.zoho_modified_at DESC NULLS LAST, t.id DESC LIMIT %(size)s"
        self._first = f"{queue} AND t.zoho_modified_at IS NOT NULL {order}"
        self._stamped = f"{queue} AND (t.zoho_modified_at, t.id) < (%(stamp)s, %(id)s) {order}"
        self._unstamped = f"{queue} AND t.zoho_modified_at IS NULL AND t.id < %(id)s {order}"
        self._values: dict[str, Any] = {"began": began, "size": max(size, 100), "stamp": None, "id": 0}
        self._statement = self._first
        self._rows: list[tuple[datetime | None, int, str]] = []

    async def next(self) -> _Head | None:
        """Return the next record, None at the end."""
        if not self._rows and not await self._fetch():
            return None
        stamp, _, record_id = self._rows.pop()
        return (stamp is None, -stamp.timestamp() if stamp else 0.0, self._place, record_id)

    async def _fetch(self) -> bool:
        while self._statement:
            async with transaction(self._database, hint=IN_INDEX_ORDER) as cursor:
                await cursor.execute(self._statement, self._values)
                rows = await cursor.fetchall()
            if rows:
                self._values |= {"stamp": rows[-1][0], "id": rows[-1][1]}
                if self._statement is self._first:
                    self._statement = self._stamped
                self._rows = rows[::-1]
                return True
            self._statement = "" if self._statement is self._unstamped else self._unstamped
            self._values["id"] = (1 << 63) - 1
        return False


def _queue(entity: Entity, earlier: Sequence[Entity], columns: str, *, since: bool = True) -> str:
    """Return a query for outstanding records of *entity* that none of the *earlier* ones stands for.

    Without *since*, the beginning of a stream, details that are about to be made outstanding by their age count too.
    """
    others = "".join(
        f" AND NOT EXISTS (SELECT FROM {table_of(other)} e WHERE e.zoho_id = t.zoho_id{record_rows(other, 'e')}"
        f" AND ({_due(other, 'e')}{' OR e.detailed_at >= %(began)s' if since else ''}))"
        for other in earlier
    )
    due = _due(entity, "t")
    if entity.pull.details_age_days and not since:
        due = f"({due} OR {_aged(entity)})"
    return f"SELECT {columns} FROM {table_of(entity)} t WHERE {due}{others}"


def _aged(entity: Entity) -> str:
    """Return the condition that a current detail is older than details of *entity* may be."""
    return (
        f"t.detailed_at >= t.synced_at AND t.detailed_at < now() - interval '{entity.pull.details_age_days} days'"
        f" AND t.deleted_at IS NULL{record_rows(entity, 't')}"
    )


def _due(entity: Entity, alias: str) -> str:
    """Return the condition that a record's detail is to be asked for.

    One that was refused since its row changed is left alone: Zoho would answer the same. Where a change of the detail
    alone does not show in the row, it is asked for again after some days.
    """
    days = entity.pull.details_age_days
    since = f"greatest({alias}.synced_at, now() - interval '{days} days')" if days else f"{alias}.synced_at"
    return (
        f"{outstanding(entity, alias)} AND NOT EXISTS (SELECT FROM sync.dead_letters d"
        f" WHERE d.entity = '{entity.name}' AND d.part = 'detail' AND d.record_key = {alias}.zoho_id"
        f" AND d.state <> 'resolved' AND d.last_seen_at >= {since})"
    )


async def stream_living(database: Database, entity: Entity) -> AsyncGenerator[list[str], None]:
    """Yield the ids of all living records in chunks, in the order they were stored."""
    last = 0
    statement = (
        f"SELECT t.id, t.zoho_id FROM {table_of(entity)} t WHERE t.id > %s AND t.deleted_at IS NULL"
        f" AND t.zoho_id IS NOT NULL{record_rows(entity, 't')} ORDER BY t.id LIMIT {_CHUNK}"
    )
    while True:
        async with transaction(database, hint=IN_INDEX_ORDER) as cursor:
            await cursor.execute(statement, (last,))
            rows = await cursor.fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield [row[1] for row in rows]


async def expire(database: Database, entity: Entity, before: datetime) -> None:
    """Make details fetched before *before* outstanding again; what they brought stays.

    Their stamp moves just behind the row's: without any, the next detail would pass for the first.
    """
    async with transaction(database) as cursor:
        await cursor.execute(
            f"UPDATE {table_of(entity)} t SET detailed_at = t.synced_at - interval '1 microsecond'"
            f" WHERE t.detailed_at < %s AND t.detailed_at >= t.synced_at AND t.deleted_at IS NULL"
            f"{record_rows(entity, 't')}",
            (before,),
        )


async def find_labels(database: Database, entity: Entity, ids: Sequence[str]) -> dict[str, str]:
    """Return what a person knows the records *ids* by."""
    async with transaction(database) as cursor:
        await cursor.execute(
            f"SELECT t.zoho_id, coalesce(t.{quoted(entity.label)}::text, '') FROM {table_of(entity)} t"
            f" WHERE t.zoho_id = ANY(%s){record_rows(entity, 't')}",
            (list(ids),),
        )
        return dict(await cursor.fetchall())


async def find_raw(database: Database, entity: Entity, record_id: str) -> bytes | None:
    """Return the stored list row's text; a living row without one is empty text."""
    async with transaction(database) as cursor:
        await cursor.execute(
            f"SELECT t.raw::text FROM {table_of(entity)} t WHERE t.zoho_id = %s{record_rows(entity, 't')}",
            (record_id,),
        )
        row = await cursor.fetchone()
    return None if row is None else (row[0] or "").encode()


async def find_seen(database: Database, entity: Entity, record_id: str) -> Seen | None:
    """Return how well a record is known."""
    async with transaction(database) as cursor:
        await cursor.execute(
            # A walk's detail brings only what its list has not: what the row itself has is as old as its own request.
            # And storing lifts a detail's stamp to the row's, written after it was sent (`mirror_sql.detail_sql`).
            "SELECT t.zoho_modified_at,"
            " CASE WHEN t.detailed_at >= t.synced_at THEN least(t.detailed_at, t.observed_at) END,"
            f" t.deleted_at IS NOT NULL FROM {table_of(entity)} t"
            f" WHERE t.zoho_id = %s{record_rows(entity, 't')}",
            (record_id,),
        )
        row = await cursor.fetchone()
    return None if row is None else Seen(modified_at=row[0], detailed_at=row[1], is_deleted=row[2])
