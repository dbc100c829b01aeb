"""The inbox as people look at it: pages, one delivery opened, what a replay would do, what was heard and missed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from tsh_sync_gui.engine.ports.deliveries import (
    Heard,
    InboxDetail,
    InboxFigures,
    InboxPage,
    InboxQuery,
    InboxRow,
    Missed,
    RecordChange,
    Refusals,
    ReplayPlan,
)
from tsh_sync_gui.engine.ports.inbox import Change, Delivery, EventState, Verdict
from tsh_sync_gui.engine.webhooks_inbox import GAP
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.inbox import PgInbox
from tsh_sync_gui.store.inbox_sql import text
from tsh_sync_gui.store.mirror_sql import table_of

_MOST_MISSED: Final = 10_000
_LARGEST: Final = 2**63 - 1
_ROW: Final = (
    "id, received_at, entity, event_type, change, record_id, verdict, state, outcome, title,"
    " extract(epoch FROM done_at - received_at)::float8, source, scheme, replay_of, run_id, job_id"
)
_MATCHES: Final = """
    (%(verdicts)s::text[] = '{}' OR verdict = ANY(%(verdicts)s))
    AND (%(states)s::text[] = '{}' OR state = ANY(%(states)s))
    AND (%(entities)s::text[] = '{}' OR entity = ANY(%(entities)s))
    AND (%(since)s::timestamptz IS NULL OR received_at >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR received_at < %(until)s)
    AND (%(text)s = '' OR strpos(lower(concat_ws(' ', record_id, event_type, address, source, outcome, title)),
        lower(%(text)s)) > 0)
"""
_COUNT: Final = f"SELECT count(*) FROM sync.webhook_events WHERE {_MATCHES}"
_IDS: Final = f"SELECT id FROM sync.webhook_events WHERE {_MATCHES} ORDER BY id DESC"
_LABEL: Final = "SELECT {label} FROM {table} WHERE zoho_id = %s LIMIT 1"
_PAGE: Final = f"""
SELECT {_ROW} FROM sync.webhook_events WHERE (%(after)s::bigint IS NULL OR id < %(after)s) AND {_MATCHES}
ORDER BY id DESC LIMIT %(limit)s
"""
_ONE: Final = f"""
SELECT {_ROW}, kept_at, done_at, modified_at, organization_id, address, body, content_type, query, headers, diagnosis,
    ARRAY(SELECT later.id FROM sync.webhook_events later WHERE later.replay_of = event.id ORDER BY later.id)
FROM sync.webhook_events event WHERE id = %s
"""
_CHANGES: Final = """
SELECT at, action, ARRAY(SELECT jsonb_object_keys(coalesce(after, before, '{}')) ORDER BY 1), actor, origin, run_id
FROM sync.audit WHERE entity = %s AND row_key = %s AND at >= %s ORDER BY at DESC, id DESC LIMIT 50
"""
_PLAN: Final = """
SELECT array_agg(id ORDER BY id) FILTER (WHERE works AND (%(force)s OR verdict <> 'duplicate')),
    count(DISTINCT (entity, record_id)) FILTER (WHERE works AND (%(force)s OR verdict <> 'duplicate')),
    count(*) FILTER (WHERE works AND verdict = 'duplicate'), count(*) FILTER (WHERE NOT works)
FROM (SELECT *, verdict <> 'refused' AND entity <> '' AND record_id <> '' AS works FROM sync.webhook_events
    WHERE CASE WHEN %(ids)s::bigint[] IS NULL THEN received_at >= %(since)s AND replay_of IS NULL
        ELSE id = ANY(%(ids)s) END) wanted
"""
# Unsigned ones are anybody's; who signs is Zoho, or was meant to be.
_REFUSALS: Final = """
SELECT recent.number, recent.since, recent.newest, last.diagnosis->>'cause', last.diagnosis->>'advice'
FROM (SELECT count(*) AS number, min(received_at) AS since, max(id) AS newest FROM sync.webhook_events
    WHERE verdict = 'refused' AND received_at > now() - interval '1 day'
        AND diagnosis->'header'->>'present' = 'true') recent
JOIN sync.webhook_events last ON last.id = recent.newest AND last.received_at > now() - interval '1 hour'
"""
_LET_GO: Final = """
UPDATE sync.webhook_events SET state = 'ignored', done_at = clock_timestamp(), outcome = 'cancelled'
WHERE state = 'waiting' AND (id = ANY(%(ids)s) OR (record_id <> '' AND entity = %(entity)s AND record_id = %(record)s))
RETURNING id
"""
_TOLD: Final = "verdict IN ('accepted', 'duplicate', 'out_of_order') AND replay_of IS NULL"
# The last of each event is one look into ix_webhook_events_heard; counting reads far more.
_HEARD: Final = f"""
SELECT event.entity, event.change, last.received_at, coalesce(week.number, 0)
FROM (SELECT * FROM unnest(%(entities)s::text[]) entity CROSS JOIN unnest(%(changes)s::text[]) change) event
CROSS JOIN LATERAL (
    SELECT received_at FROM sync.webhook_events WHERE {_TOLD} AND entity = event.entity AND change = event.change
    ORDER BY received_at DESC LIMIT 1) last
LEFT JOIN (
    SELECT entity, change, count(*) AS number FROM sync.webhook_events
    WHERE %(counted)s AND {_TOLD} AND received_at > now() - interval '7 days' GROUP BY 1, 2) week USING (entity, change)
"""
_FOUND_BY: Final = """
SELECT array_agg(id), min(started_at) FROM sync.runs
WHERE entity = %(entity)s AND mode <> 'record' AND NOT dry_run AND created + updated + deleted > 0
    AND started_at > %(since)s - interval '1 day' AND started_at > (
        SELECT min(started_at) FROM sync.runs WHERE entity = %(entity)s AND mode <> 'record' AND NOT dry_run)
"""
# An entity's first run finds what is there, and no change. Of later ones, what Zoho stamped after *since* and no
# delivery named since; the audit itself has no stamp of Zoho's.
_MISSED: Final = """
WITH found AS (
    SELECT row_key, max(at) AS at, (array_agg(action ORDER BY at DESC))[1] AS last
    FROM sync.audit WHERE entity = %(entity)s AND at >= %(begins)s AND at > %(since)s AND run_id = ANY(%(runs)s)
        AND action IN ('create', 'update', 'delete', 'revive')
    GROUP BY row_key
), told AS (
    SELECT row_key, at, last, CASE last WHEN 'delete' THEN deleted_at ELSE zoho_modified_at END AS changed_at
    FROM found JOIN {table} record ON record.zoho_id = found.row_key
)
SELECT row_key, CASE last WHEN 'delete' THEN 'deleted' WHEN 'create' THEN 'created' ELSE 'updated' END, changed_at, at
FROM told
WHERE changed_at > %(since)s AND NOT EXISTS (
    SELECT FROM sync.webhook_events event WHERE event.entity = %(entity)s AND event.record_id = told.row_key
        AND event.record_id <> '' AND event.verdict <> 'refused' AND event.replay_of IS NULL
        AND event.received_at > changed_at - interval '5 min')
ORDER BY changed_at DESC LIMIT %(most)s
"""
_WATCHED: Final = """
SELECT one.entity, first.started_at FROM unnest(%s::text[]) AS one (entity) JOIN LATERAL (
    SELECT started_at FROM sync.runs WHERE entity = one.entity AND mode <> 'record' AND NOT dry_run
    ORDER BY started_at LIMIT 1) first ON true
"""
_FETCHED: Final = """
SELECT entity, max(started_at) FROM sync.runs
WHERE mode <> 'record' AND trigger = %s AND state IN ('up_to_date', 'partly_done') GROUP BY entity
"""


class PgDeliveries:
    """Fulfils `engine.ports.deliveries.Deliveries`."""

    def __init__(self, database: Database, inbox: PgInbox, registry: Registry) -> None:
        self._database = database
        self._inbox = inbox
        self._registry = registry

    async def page(self, query: InboxQuery, *, after: int | None = None, limit: int = 100) -> InboxPage:
        """Return deliveries that match, newest first, from below the id *after*."""
        values = _values(query) | {"after": None if after is None else max(0, min(after, _LARGEST)), "limit": limit + 1}
        rows = [_row(row) for row in await self._rows(_PAGE, values)]
        return InboxPage(rows=tuple(rows[:limit]), after=rows[limit - 1].id if len(rows) > limit else None)

    async def count(self, query: InboxQuery) -> int:
        """Return how many deliveries match."""
        ((found,),) = await self._rows(_COUNT, _values(query))
        return int(found)

    async def ids(self, query: InboxQuery) -> Sequence[int]:
        """Return the numbers of all deliveries that match, newest first."""
        return [row[0] for row in await self._rows(_IDS, _values(query))]

    async def detail(self, number: int) -> InboxDetail | None:
        """Return one delivery, None when it is not (or no longer) known."""
        rows = await self._rows(_ONE, (number,))
        if not rows:
            return None
        kept, done, modified, organization, address, body, kind, query, headers, diagnosis, replays = rows[0][16:]
        row = _row(rows[0])
        changes = await self._rows(_CHANGES, (row.entity, row.record_id, kept)) if row.record_id else ()
        delivery = Delivery(
            address=address,
            body=bytes(body),
            content_type=kind,
            query=tuple((key, value) for key, value in query),
            headers=headers,
            source=row.source,
        )
        return InboxDetail(
            row=row,
            kept_at=kept,
            done_at=done,
            modified_at=modified,
            organization_id=organization,
            delivery=delivery,
            diagnosis=diagnosis,
            replays=tuple(replays),
            changes=tuple(
                RecordChange(at=one[0], action=one[1], fields=tuple(one[2]), actor=one[3], origin=one[4], run_id=one[5])
                for one in changes
            ),
            label=await self._label(row.entity, row.record_id),
        )

    async def _label(self, name: str, record_id: str) -> str:
        """Return what a record is called in the mirror."""
        entity = next((one for one in self._registry if one.name == name), None)
        if entity is None or not record_id:
            return ""
        rows = await self._rows(_LABEL.format(label=entity.label, table=table_of(entity)), (record_id,))
        return str(rows[0][0] or "") if rows else ""

    async def plan(
        self, ids: Sequence[int] | None, *, since: datetime | None = None, force: bool = False
    ) -> ReplayPlan:
        """Return what a replay of *ids*, or of everything received *since*, would do."""
        known = None if ids is None else [one for one in ids if abs(one) <= _LARGEST]
        values = {"ids": known, "since": since, "force": force}
        ((found, records, duplicates, left_out),) = await self._rows(_PLAN, values)
        chosen = tuple(found or ())
        return ReplayPlan(deliveries=len(chosen), records=records, duplicates=duplicates, left_out=left_out, ids=chosen)

    async def replay(self, ids: Sequence[int], *, force: bool = False) -> list[int]:
        """Do once more what *ids* asked for, as new rows; returns those."""
        return await self._inbox.replay(ids, force=force)

    async def figures(self) -> InboxFigures:
        """Return today's figures."""
        return await self._inbox.figures()

    async def let_go(self, ids: Sequence[int], record: tuple[str, str] | None) -> int:
        """End waiting deliveries, those *ids* or of a *record*, as cancelled; returns how many."""
        entity, record_id = record or ("", "")
        return len(await self._rows(_LET_GO, {"ids": list(ids), "entity": entity, "record": record_id}))

    async def refusals(self) -> Refusals:
        """Return what is being refused of late."""
        rows = await self._rows(_REFUSALS, None)
        if not rows:
            return Refusals()
        number, since, newest, cause, advice = rows[0]
        return Refusals(count=number, since=since, newest=newest, cause=cause or "", advice=advice or "")

    async def heard(self, *, counted: bool = True) -> Sequence[Heard]:
        """Return what came in of each event, replays left out; the week is 0 where it is not *counted*."""
        names, changes = [entity.name for entity in self._registry], [change.value for change in Change]
        rows = await self._rows(_HEARD, {"entities": names, "changes": changes, "counted": counted})
        return [Heard(entity=row[0], change=Change(row[1]), last=row[2], week=row[3]) for row in rows]

    async def missed(self, since: Mapping[str, datetime]) -> Sequence[Missed]:
        """Return what changed in Zoho after *since* (by entity) and was found by a sync alone."""
        found: list[Missed] = []
        for name, moment in since.items():
            entity = self._registry.get(name)
            ((runs, begins),) = await self._rows(_FOUND_BY, {"entity": name, "since": moment})
            if not runs:
                continue
            values = {"entity": name, "since": moment, "runs": runs, "begins": begins, "most": _MOST_MISSED}
            rows = await self._rows(_MISSED.replace("{table}", table_of(entity)), values)
            found += [
                Missed(entity=name, record_id=row[0], change=Change(row[1]), changed_at=row[2], found_at=row[3])
                for row in rows
            ]
        return found

    async def watched_since(self) -> Mapping[str, datetime]:
        """Return since when each entity is synced at all."""
        return dict(await self._rows(_WATCHED, ([one.name for one in self._registry],)))

    async def gaps_fetched(self) -> Mapping[str, datetime]:
        """Return up to when each entity's gap was fetched last."""
        return dict(await self._rows(_FETCHED, (GAP,)))

    async def _rows(self, statement: str, values: Any) -> list[Any]:
        async with self._database.raw() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()


def _values(query: InboxQuery) -> dict[str, Any]:
    return {
        "verdicts": [one.value for one in query.verdicts],
        "states": [one.value for one in query.states],
        "entities": list(query.entities),
        "since": query.since,
        "until": query.until,
        "text": text(query.text.replace("\0", "").strip()),
    }


def _row(row: tuple[Any, ...]) -> InboxRow:
    return InboxRow(
        id=row[0],
        received_at=row[1],
        entity=row[2],
        event=row[3],
        change=Change(row[4]),
        record_id=row[5],
        verdict=Verdict(row[6]),
        state=EventState(row[7]),
        outcome=row[8],
        title=row[9],
        delay=row[10],
        source=row[11],
        scheme=row[12],
        replay_of=row[13],
        run_id=row[14],
        job_id=row[15],
    )
