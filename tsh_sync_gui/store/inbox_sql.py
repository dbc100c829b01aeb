"""The inbox's statements, and a delivery as a row."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Final

import msgspec

from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports.inbox import DELIVER, Arrival, Change, Delivery, EventState, InboxEvent, Verdict
from tsh_sync_gui.store.jobs_sql import PRIORITY
from tsh_sync_gui.store.packed import Packed, packed

KEPT_DAYS: Final = 30
MOST_REFUSED: Final = 2_000
"""So many refused deliveries and so many pings are kept, the newest; all deliveries are forgotten after those days."""

_LONGEST_REFUSED: Final = 16_384
_LONGEST: Final = 4_096
_LONGEST_JSON: Final = 65_536
_SECRET_HEADERS: Final = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
_DOTS: Final = "••••"

_TYPES: Final = {
    "key": "text",
    "received_at": "timestamptz",
    "organization_id": "text",
    "address": "text",
    "entity": "text",
    "event_type": "text",
    "record_id": "text",
    "change": "text",
    "content_type": "text",
    "source": "text",
    "verdict": "text",
    "scheme": "text",
    "state": "text",
    "modified_at": "timestamptz",
    "query": "json",
    "headers": "json",
    "diagnosis": "json",
    "body": "bytea",
    "digest": "bytea",
    "replay_of": "bigint",
}
_encode: Final = msgspec.json.Encoder(enc_hook=str).encode
PLACES: Final = {name: at for at, name in enumerate(_TYPES)}
"""Where each column stands in what `columns` returns."""

_GIVEN: Final = ", ".join(f"%b::{kind}[]" for kind in _TYPES.values())
_PLAIN: Final = ", ".join(name for name in _TYPES if name not in {"verdict", "state"})
# The same text once more is no change, as long as nothing about the record came between: Zoho repeats what it takes
# for lost. Without a digest (no change stamp in it) each delivery counts.
#
# Rows and job are one statement, and so one way to the server and one commit.
KEEP: Final = f"""
WITH kept AS (
    INSERT INTO sync.webhook_events ({_PLAIN}, verdict, state)
    SELECT {_PLAIN}, CASE WHEN again THEN 'duplicate' ELSE verdict END, CASE WHEN again THEN 'ignored' ELSE state END
    FROM (SELECT given.*, given.digest IS NOT NULL AND coalesce((
            SELECT last.digest = given.digest AND last.state IN ('waiting', 'done') FROM sync.webhook_events last
            WHERE last.entity = given.entity AND last.record_id = given.record_id AND last.record_id <> ''
                AND last.verdict = 'accepted' ORDER BY last.id DESC LIMIT 1), false) AS again
        FROM unnest({_GIVEN}) AS given ({", ".join(_TYPES)}) OFFSET 0) looked
    ON CONFLICT (key) DO NOTHING
    RETURNING id, key, verdict, state
), job AS (
    INSERT INTO jobs.procrastinate_jobs (queue_name, task_name, priority, args)
    SELECT '{DELIVER}', '{DELIVER}', {PRIORITY[Lane.WEBHOOKS]},
        jsonb_build_object('arguments', jsonb_build_object('ids', jsonb_agg(id ORDER BY id)))
    FROM kept WHERE state = 'waiting' HAVING count(*) > 0
)
SELECT id, key, verdict, state FROM kept
"""
RECORDS: Final = """
SELECT DISTINCT entity, record_id FROM sync.webhook_events
WHERE state = 'waiting' AND id = ANY(%s) AND entity <> '' AND record_id <> ''
ORDER BY entity, record_id
"""
EVENT_COLUMNS: Final = (
    "id, received_at, entity, record_id, change, modified_at, address, body, content_type, query, source"
)
WAITING: Final = f"""
SELECT {EVENT_COLUMNS} FROM sync.webhook_events
WHERE state = 'waiting' AND entity = %s AND record_id = %s ORDER BY id LIMIT 1000
"""
TOLD_DELETED: Final = """
SELECT EXISTS (SELECT FROM sync.webhook_events
    WHERE entity = %s AND record_id = %s AND record_id <> '' AND change = 'deleted' AND verdict <> 'refused')
"""
HANDLED: Final = """
UPDATE sync.webhook_events SET state = %(state)s, done_at = clock_timestamp(), outcome = %(outcome)s,
    title = %(title)s, verdict = coalesce(%(verdict)s, verdict), job_id = coalesce(%(job)s, job_id),
    run_id = coalesce(%(run)s, run_id)
WHERE id = ANY(%(ids)s) AND state = 'waiting'
"""
FAIL: Final = f"""
UPDATE sync.webhook_events event SET state = 'failed', done_at = clock_timestamp(), title = %(title)s, job_id = %(job)s
WHERE entity = %(entity)s AND record_id = %(record)s AND record_id <> '' AND state = 'waiting' AND NOT EXISTS (
    SELECT FROM jobs.procrastinate_jobs WHERE queueing_lock = %(lock)s AND status = 'todo'
) AND NOT EXISTS (
    SELECT FROM jobs.procrastinate_jobs WHERE queue_name = '{DELIVER}' AND status IN ('todo', 'doing')
        AND args->'arguments'->'ids' @> to_jsonb(event.id))
"""
_BEYOND: Final = f"ORDER BY id DESC OFFSET {MOST_REFUSED} LIMIT 1"
FORGET_REFUSED: Final = f"""
DELETE FROM sync.webhook_events
WHERE (verdict = 'ping' AND id <= (SELECT id FROM sync.webhook_events WHERE verdict = 'ping' {_BEYOND}))
    OR (verdict = 'refused' AND id <= (SELECT id FROM sync.webhook_events WHERE verdict = 'refused' {_BEYOND}))
"""
FORGET_OLD: Final = f"""
DELETE FROM sync.webhook_events WHERE id IN (SELECT id FROM sync.webhook_events
    WHERE received_at < now() - interval '{KEPT_DAYS} days' AND state <> 'waiting' ORDER BY received_at LIMIT 5000)
"""
FIGURES: Final = """
SELECT count(*) FILTER (WHERE verdict <> 'ping' AND replay_of IS NULL AND (
        verdict <> 'refused' OR scheme <> '' OR diagnosis->'header'->>'present' = 'true')),
    count(*) FILTER (WHERE verdict = 'refused'),
    (SELECT count(*) FROM sync.webhook_events WHERE state = 'waiting'),
    (SELECT received_at FROM sync.webhook_events WHERE verdict NOT IN ('refused', 'ping') AND replay_of IS NULL
        ORDER BY received_at DESC LIMIT 1),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - received_at)),
    percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM done_at - received_at))
FROM sync.webhook_events WHERE received_at >= date_trunc('day', now(), coalesce(
    (SELECT nullif(time_zone, '') FROM sync.organization), 'UTC'))
"""
REPLAY: Final = """
INSERT INTO sync.webhook_events (key, received_at, organization_id, address, entity, event_type, record_id, change,
    content_type, source, verdict, scheme, state, modified_at, query, headers, body, replay_of)
SELECT 'replay-' || gen_random_uuid(), clock_timestamp(), organization_id, address, entity, event_type, record_id,
    change, content_type, source, 'accepted', scheme, 'waiting', modified_at, query, headers, body, id
FROM sync.webhook_events WHERE id = ANY(%(ids)s) AND verdict <> 'refused' AND entity <> '' AND record_id <> ''
    AND (%(force)s OR verdict <> 'duplicate')
ORDER BY id RETURNING id
"""


def columns(arrivals: Sequence[Arrival]) -> list[list[Any]]:
    """Return *arrivals* by column; `packed_columns` makes of them what KEEP takes."""
    return [list(column) for column in zip(*map(_row, arrivals), strict=True)] if arrivals else []


def packed_columns(columns: Sequence[Sequence[Any]]) -> list[Packed]:
    """Return *columns* as the arrays that KEEP takes."""
    return [packed(kind, values) for kind, values in zip(_TYPES.values(), columns, strict=True)]


def _row(arrival: Arrival) -> tuple[Any, ...]:
    delivery, hint = arrival.delivery, arrival.hint
    refused = arrival.verdict is Verdict.REFUSED
    state = EventState.WAITING if arrival.asks_for_work else EventState.IGNORED
    return (
        arrival.key,
        arrival.received_at,
        text(hint.organization_id)[:40],
        text(delivery.address),
        hint.entity,
        text(hint.event)[:100],
        hint.record_id,
        hint.change.value,
        text(delivery.content_type)[:200],
        text(delivery.source)[:100],
        arrival.verdict.value,
        arrival.scheme,
        state.value,
        hint.modified_at,
        _json(list(_fitting(delivery.query))),
        _json(dict(_fitting((name, _header(name, value)) for name, value in delivery.headers.items()))),
        _json(arrival.diagnosis),
        delivery.body[:_LONGEST_REFUSED] if refused else delivery.body,
        digest_of(arrival),
        arrival.replay_of,
    )


def digest_of(arrival: Arrival) -> bytes | None:
    """Return what tells a delivery's text from another's; None where each one counts."""
    if not arrival.asks_for_work or arrival.hint.modified_at is None or arrival.replay_of is not None:
        return None
    # Zoho's default payload is the same for a change and for the delete after it; only the address tells them apart.
    found = blake2b(f"{arrival.hint.change.value} {arrival.hint.event} ".encode("utf-8", "replace"), digest_size=16)
    found.update(arrival.delivery.body)
    return found.digest()


def event_of(row: tuple[Any, ...]) -> InboxEvent:
    """Return the event of a row of EVENT_COLUMNS."""
    number, received_at, entity, record_id, change, modified_at, address, body, content_type, query, source = row
    delivery = Delivery(
        address=address,
        body=bytes(body),
        content_type=content_type,
        query=tuple((key, value) for key, value in query),
        source=source,
    )
    return InboxEvent(
        id=number,
        received_at=received_at,
        entity=entity,
        record_id=record_id,
        change=Change(change),
        modified_at=modified_at,
        delivery=delivery,
    )


def _header(name: str, value: str) -> str:
    return _DOTS if name in _SECRET_HEADERS else value


def _fitting(pairs: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Yield as many parameters or headers as are kept: a sender may send megabytes of them."""
    left = _LONGEST_JSON
    for name, value in pairs:
        kept = text(name), text(value)
        left -= len(kept[0]) + len(kept[1])
        if left < 0:
            return
        yield kept


def _json(value: Mapping[str, Any] | list[Any]) -> str:
    if not value:
        return "[]" if isinstance(value, list) else "{}"
    try:
        return _encode(value).decode()
    except UnicodeEncodeError:  # a lone surrogate deep in a diagnosis
        return json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "replace").decode()


def text(value: str) -> str:
    """Return *value* as PostgreSQL takes it: without NUL and lone surrogates, and not endless."""
    if value.isascii() and len(value) <= _LONGEST and "\0" not in value:
        return value
    return value[:_LONGEST].replace("\0", "\ufffd").encode("utf-8", "replace").decode()
