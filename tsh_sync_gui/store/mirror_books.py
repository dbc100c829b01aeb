"""The ledger's side of a step, in its transaction: whose run it is, its figures, its checkpoint and its pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec

from tsh_sync_gui.core.errors import LostOwnershipError
from tsh_sync_gui.core.values import Counts
from tsh_sync_gui.engine.ports import Step
from tsh_sync_gui.store.mirror_copy import BY_INDEX, Cursor
from tsh_sync_gui.store.mirror_sql import JOIN, joined

Statement = tuple[str, Mapping[str, Any]]

# Locks the runs, so that a take-over waits for this step or this step sees it. One statement for all that a step must
# know: each costs a way to the server and back in which nothing is written.
_LOCK: Final = """
SELECT r.id, r.started_at, r.ended_at IS NOT NULL, r.owner, ARRAY(
    SELECT DISTINCT d.entity FROM sync.dead_letters d WHERE d.state = 'open' AND d.entity = ANY(%(entities)s)),
    (SELECT max(w.page) FROM sync.walk_pages w WHERE w.leader = %(leader)s),
    (SELECT w.ids FROM sync.walk_pages w WHERE w.leader = %(leader)s AND w.page = %(before)s)
FROM sync.runs r WHERE r.id = ANY(%(runs)s) ORDER BY r.id FOR UPDATE OF r
"""
_MET: Final = """
SELECT DISTINCT met.id FROM sync.walk_pages w, unnest(w.ids) AS met (id)
WHERE w.leader = %(leader)s AND w.page >= %(since)s AND met.id = ANY(%(ids)s)
"""
# The ids as one text: an array is rendered id by id.
_PAGES: Final = """
INSERT INTO sync.walk_pages (leader, page, ids)
SELECT %(leader)s, p.page, coalesce(string_to_array(p.ids, chr(30)), '{}')
FROM unnest(%(pages)s::int[], string_to_array(%(ids)s, chr(29))) AS p (page, ids)
ON CONFLICT (leader, page) DO UPDATE SET ids = excluded.ids
"""
_BETWEEN_PAGES: Final = "\x1d"
_LIVE: Final = """
INSERT INTO sync.watermarks (entity, live) VALUES (%s, %s)
ON CONFLICT (entity) DO UPDATE SET live = watermarks.live + excluded.live
"""
_FIGURES: Final = """
UPDATE sync.runs SET heartbeat_at = now(), pages = pages + %(pages)s, details_done = details_done + %(details)s,
    seen = seen + %(seen)s, created = created + %(created)s, updated = updated + %(updated)s,
    unchanged = unchanged + %(unchanged)s, deleted = deleted + %(deleted)s, failed = failed + %(failed)s,
    calls_list = calls_list + %(list)s, calls_bulk = calls_bulk + %(bulk)s, calls_detail = calls_detail + %(detail)s,
    checkpoint = coalesce(%(checkpoint)s::json, checkpoint)
WHERE id = %(id)s RETURNING seen, created, updated, unchanged, deleted, failed
"""
_NO_CALLS: Final = {"list": 0, "bulk": 0, "detail": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """What a step must know before it writes.

    When each run began, which entities have open dead letters, which keys have a row by entity, and which records of
    its pages the walk met before.
    """

    started: dict[str, datetime]
    open_letters: frozenset[str]
    known: dict[str, set[str]]
    met: frozenset[str] = frozenset()


async def open_books(
    cursor: Cursor, step: Step, entities: Iterable[str], *, owner: str, lookups: Mapping[str, Statement]
) -> Books:
    """Lock the step's runs; LostOwnershipError when they are not ours to write any more.

    *lookups* ask, by entity, for the keys that have a row. All goes out at once: while the server waits for a
    statement, nothing is written.
    """
    first = min(step.page_ids, default=0)
    values = {
        "entities": list(entities),
        "runs": sorted({step.leader, *step.runs.values()}),
        "leader": step.leader,
        "before": first - 1,
    }
    asked = {name: cursor.connection.cursor() for name in lookups}
    async with cursor.connection.pipeline():
        await cursor.connection.cursor().execute(BY_INDEX)
        await cursor.execute(_LOCK, values)
        for name, (statement, keys) in lookups.items():
            await asked[name].execute(statement, keys)
    rows = {row[0]: row[1:] for row in await cursor.fetchall()}
    _check_owner(rows.get(step.leader), owner)
    _, _, _, letters, last, before = rows[step.leader]
    met = frozenset(before or ())
    is_tail = step.checkpoint is not None and step.checkpoint.is_tail
    if step.page_ids and last is not None and (is_tail or last >= first):
        met = await _met(cursor, step, since=0 if is_tail else first - 1)
    started = {name: rows[run][0] for name, run in step.runs.items() if run in rows}
    known = {name: split(await one.fetchone()) for name, one in asked.items()}
    return Books(started=started, open_letters=frozenset(letters), known=known, met=met)


def split(row: tuple[Any, ...] | None) -> set[str]:
    """Return the keys that a look-up's one text holds."""
    return set(row[0].split(JOIN)) if row and row[0] else set()


async def _met(cursor: Cursor, step: Step, *, since: int) -> frozenset[str]:
    """Return which records of the step's pages stand in pages stored before, page *since* or later.

    A walk that steps back, or walks anew, meets again what it has stored from there on; its tail, rows of any page.
    """
    ids = list({one for page in step.page_ids.values() for one in page})
    await cursor.execute(_MET, {"leader": step.leader, "since": since, "ids": ids})
    return frozenset(row[0] for row in await cursor.fetchall())


def _check_owner(row: tuple[Any, ...] | None, owner: str) -> None:
    if row is None or row[1]:
        raise LostOwnershipError("This run was ended by another process", advice="Nothing of this step was written.")
    if row[2] not in {"", owner}:
        raise LostOwnershipError("Another process has taken this run over", advice="It goes on there.")


async def close_books(
    cursor: Cursor, step: Step, counts: dict[str, Counts], live: dict[str, int], *, audits: Sequence[Statement]
) -> dict[str, Counts]:
    """Write *audits*, pages, living rows, figures and the checkpoint, in one go; returns the runs' totals."""
    checkpoint = None if step.checkpoint is None else msgspec.json.encode(step.checkpoint).decode()
    asked: dict[str, Cursor] = {}
    async with cursor.connection.pipeline():
        for statement, about in audits:
            await cursor.execute(statement, about)
        if step.page_ids:
            ids = _BETWEEN_PAGES.join(map(joined, step.page_ids.values()))
            await cursor.execute(_PAGES, {"leader": step.leader, "pages": list(step.page_ids), "ids": ids})
        for entity, number in sorted(live.items()):
            if number:
                await cursor.execute(_LIVE, (entity, number))
        for entity, run in sorted(step.runs.items(), key=lambda pair: pair[1]):
            leads = run == step.leader
            values = msgspec.structs.asdict(counts.get(entity, Counts()))
            values |= msgspec.structs.asdict(step.calls) if leads else _NO_CALLS
            values |= {"id": run, "pages": len(step.page_ids), "details": step.details_done}
            asked[entity] = cursor.connection.cursor()
            await asked[entity].execute(_FIGURES, values | {"checkpoint": checkpoint if leads else None})
    rows = {entity: await one.fetchone() for entity, one in asked.items()}
    return {
        entity: Counts(**dict(zip(Counts.__struct_fields__, row, strict=True))) for entity, row in rows.items() if row
    }
