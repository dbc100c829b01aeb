"""Dead letters of a step: what was rejected is kept with its text, what is good again resolves its letter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Final

from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.letters.values import VALIDATION
from tsh_sync_gui.engine.letters.words import LONGEST_LABEL, cause_of, label_of, searchable
from tsh_sync_gui.engine.ports import Rejected
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.mirror_copy import Cursor
from tsh_sync_gui.store.mirror_sql import quoted, table_of

_LONGEST_VALUE: Final = 1000

_OTHER: Final = "dead_letters.cause <> excluded.cause"
# What was put away is that fault of that record. Another one has not been looked at; nor has a job or delivery that is
# given up once more.
_BACK: Final = f"(dead_letters.state = 'discarded' AND ({_OTHER} OR dead_letters.part IN ('job', 'delivery')))"
WRITE: Final = f"""
WITH away AS (
    SELECT id FROM sync.dead_letters WHERE entity = %(entity)s AND record_key = %(record_key)s AND part = %(part)s
        AND state = 'discarded'
), written AS (
    INSERT INTO sync.dead_letters (entity, part, record_id, record_key, state, cause, field, value, reason, payload,
        run_id, kind, advice, label, words)
    VALUES (%(entity)s, %(part)s, %(record_id)s, %(record_key)s, 'open', %(cause)s, %(field)s, %(value)s, %(reason)s,
        %(payload)s, %(run_id)s, %(kind)s, %(advice)s, %(label)s, %(words)s)
    ON CONFLICT (entity, record_key, part) WHERE state <> 'resolved' DO UPDATE SET
        state = CASE WHEN {_BACK} THEN 'open' ELSE dead_letters.state END,
        discarded_at = CASE WHEN {_BACK} THEN NULL ELSE dead_letters.discarded_at END,
        discarded_by = CASE WHEN {_BACK} THEN '' ELSE dead_letters.discarded_by END,
        discard_reason = CASE WHEN {_BACK} THEN '' ELSE dead_letters.discard_reason END,
        snoozed_until = CASE WHEN {_BACK} OR {_OTHER} THEN NULL ELSE dead_letters.snoozed_until END,
        first_seen_at = CASE WHEN {_BACK} OR {_OTHER} THEN now() ELSE dead_letters.first_seen_at END,
        cause = excluded.cause, field = excluded.field, value = excluded.value, reason = excluded.reason,
        payload = excluded.payload, run_id = excluded.run_id, kind = excluded.kind, advice = excluded.advice,
        label = CASE WHEN excluded.label = '' THEN dead_letters.label ELSE excluded.label END, words = excluded.words,
        tries = dead_letters.tries + 1, last_seen_at = now()
    RETURNING id, state, reason
)
INSERT INTO sync.letter_history (letter_id, by, deed, words)
SELECT id, '', 'restore', reason FROM written JOIN away USING (id) WHERE written.state = 'open'
"""
_RESOLVE: Final = """
UPDATE sync.dead_letters SET state = 'resolved', resolved_at = now(), resolved_by = %s,
    locked_by = '', locked_until = NULL
WHERE entity = %s AND part = ANY(%s) AND state = 'open' AND record_key = ANY(%s)
"""


async def write_letters(
    cursor: Cursor, entity: Entity, rejected: Iterable[Rejected], *, part: str, run: RunId | None
) -> None:
    """Keep *rejected* as open letters; one that is known is brought up to date.

    A discarded one stays so while the same fault is met; another fault opens it again.
    """
    rejected = list(rejected)
    known = await _known_names(cursor, entity, rejected)
    rows = [_row(entity, one, part=part, run=run or "", known=known) for one in rejected]
    if rows:
        await cursor.executemany(WRITE, rows)


async def _known_names(cursor: Cursor, entity: Entity, rejected: Sequence[Rejected]) -> Mapping[str, str]:
    """Return what records are called by their last good version, where their refused text says no name."""
    ids = [clean(one.record_id) for one in rejected if one.record_id and not label_of(one.payload, entity)]
    if not ids or all(field.name != entity.label for field in entity.fields):
        return {}
    name = quoted(entity.label)
    statement = f"SELECT zoho_id, {name}::text FROM {table_of(entity)} WHERE zoho_id = ANY(%s) AND {name} IS NOT NULL"
    await cursor.execute(statement.encode(), (ids,))
    return {record: text[:LONGEST_LABEL] for record, text in await cursor.fetchall()}


def _row(entity: Entity, one: Rejected, *, part: str, run: str, known: Mapping[str, str]) -> dict[str, object]:
    record_id, field, reason = clean(one.record_id), clean(one.field), clean(one.reason)
    label = clean(label_of(one.payload, entity)) or known.get(record_id, "")
    return {
        "entity": entity.name,
        "part": part,
        "record_id": record_id,
        "record_key": record_key(one),
        "cause": cause_of(field, reason),
        "field": field,
        "value": clean(one.value)[:_LONGEST_VALUE],
        "reason": reason,
        "payload": one.payload,
        "run_id": run,
        "kind": VALIDATION,
        "advice": "",
        "label": label,
        "words": searchable(one.payload, {"id": record_id, "label": label, "error": reason, "value": one.value}),
    }


async def resolve_letters(
    cursor: Cursor, entity: str, ids: Sequence[str], *, parts: Sequence[str], run: RunId | None
) -> None:
    """Close the open letters of records that are good now, or gone."""
    await cursor.execute(_RESOLVE, (run or "", entity, list(parts), list(ids)))


def record_key(rejected: Rejected) -> str:
    """Return what a letter is recognised by: the record's id, or a hash of its text where it has none."""
    return clean(rejected.record_id) or f"#{blake2b(rejected.payload, digest_size=12).hexdigest()}"


def clean(text: str) -> str:
    """Return *text* without what PostgreSQL cannot hold: NUL and lone surrogates."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()
