"""Dead letters of a step: what was rejected is kept with its text, what is good again resolves its letter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.ports import Rejected
from tsh_sync_gui.store.mirror_copy import Cursor

_LONGEST_VALUE: Final = 1000
_PARTICULARS: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|\d+")

_WRITE: Final = """
INSERT INTO sync.dead_letters
    (entity, part, record_id, record_key, state, cause, field, value, reason, payload, run_id)
VALUES (%s, %s, %s, %s, 'open', %s, %s, %s, %s, %s, %s)
ON CONFLICT (entity, record_key, part) WHERE state <> 'resolved' DO UPDATE SET
    cause = excluded.cause, field = excluded.field, value = excluded.value, reason = excluded.reason,
    payload = excluded.payload, run_id = excluded.run_id, tries = dead_letters.tries + 1, last_seen_at = now()
"""
_RESOLVE: Final = """
UPDATE sync.dead_letters SET state = 'resolved', resolved_at = now(), resolved_by = %s
WHERE entity = %s AND part = ANY(%s) AND state = 'open' AND record_key = ANY(%s)
"""


async def write_letters(
    cursor: Cursor, entity: str, rejected: Iterable[Rejected], *, part: str, run: RunId | None
) -> None:
    """Keep *rejected* as open letters; one that is known is brought up to date, and stays discarded if it was."""
    rows = [
        (
            entity,
            part,
            _clean(one.record_id),
            record_key(one),
            cause_of(one),
            _clean(one.field),
            _clean(one.value)[:_LONGEST_VALUE],
            _clean(one.reason),
            one.payload,
            run or "",
        )
        for one in rejected
    ]
    if rows:
        await cursor.executemany(_WRITE, rows)


async def resolve_letters(
    cursor: Cursor, entity: str, ids: Sequence[str], *, parts: Sequence[str], run: RunId | None
) -> None:
    """Close the open letters of records that are good now, or gone."""
    await cursor.execute(_RESOLVE, (run or "", entity, list(parts), list(ids)))


def record_key(rejected: Rejected) -> str:
    """Return what a letter is recognised by: the record's id, or a hash of its text where it has none."""
    return _clean(rejected.record_id) or f"#{blake2b(rejected.payload, digest_size=12).hexdigest()}"


def cause_of(rejected: Rejected) -> str:
    """Return the cause without particulars, so that letters group by it."""
    return f"{_clean(rejected.field)}: {_PARTICULARS.sub('…', _clean(rejected.reason))}"


def _clean(text: str) -> str:
    """Return *text* without what PostgreSQL cannot hold: NUL and lone surrogates."""
    return text.replace("\x00", "␀").encode("utf-8", "replace").decode()
