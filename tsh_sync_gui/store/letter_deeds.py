"""What is done with dead letters, on PostgreSQL: each deed and its line of history commit together."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Final

from tsh_sync_gui.core.log import redact
from tsh_sync_gui.engine.letters.query import Chosen
from tsh_sync_gui.engine.letters.values import Deed, GivenUpLetter
from tsh_sync_gui.engine.letters.words import cause_of, searchable
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.letter_hold import hold
from tsh_sync_gui.store.letters_sql import Condition, number_of
from tsh_sync_gui.store.mirror_letters import WRITE, clean

_LONGEST: Final = 2000
_FREE: Final = "(d.locked_until IS NULL OR d.locked_until <= now() OR d.locked_by = %(by)s)"
# Which letters a deed can be done with, and what it changes.
_DEEDS: Final = {
    Deed.DISCARD: (
        f"d.state = 'open' AND {_FREE}",
        "state = 'discarded', discarded_at = now(), discarded_by = %(by)s, discard_reason = %(words)s",
    ),
    Deed.RESTORE: (
        "d.state = 'discarded'",
        "state = 'open', discarded_at = NULL, discarded_by = '', discard_reason = '', snoozed_until = NULL",
    ),
    Deed.SNOOZE: ("d.state = 'open'", "snoozed_until = %(until)s"),
    Deed.ASSIGN: ("d.state = 'open'", "assigned_to = %(words)s"),
    Deed.NOTE: ("true", "note = %(words)s"),
}
_HISTORY: Final = """
INSERT INTO sync.letter_history (letter_id, by, deed, words, run_id, work_id)
VALUES (%(id)s, %(by)s, %(deed)s, %(words)s, %(run)s, %(work)s)
"""
_LOCK: Final = f"""
UPDATE sync.dead_letters d SET locked_by = %(by)s, locked_until = greatest(
    CASE WHEN d.locked_by = %(by)s THEN d.locked_until END, now() + make_interval(secs => %(seconds)s))
WHERE d.id = %(id)s AND d.state = 'open' AND {_FREE} RETURNING d.id
"""
_RENEW: Final = """
UPDATE sync.dead_letters SET locked_until = greatest(locked_until, now() + make_interval(secs => %(seconds)s))
WHERE id = %(id)s AND state = 'open' AND locked_by = %(by)s RETURNING id
"""
_UNLOCK: Final = """
UPDATE sync.dead_letters SET locked_by = '', locked_until = NULL WHERE id = %s AND locked_by = %s
"""
_KEEP_EDIT: Final = """
INSERT INTO sync.letter_history (letter_id, by, deed, key, payload) VALUES (%s, %s, 'edit', %s, %s)
ON CONFLICT (letter_id, key) WHERE key <> '' DO NOTHING RETURNING id
"""
_EDITED: Final = """
UPDATE sync.letter_history SET words = %(words)s, run_id = %(run)s WHERE letter_id = %(id)s AND key = %(key)s
"""
_TRIED: Final = "UPDATE sync.dead_letters SET retried_at = clock_timestamp() WHERE id = %s"
_RESOLVE: Final = """
UPDATE sync.dead_letters SET state = 'resolved', resolved_at = now(), resolved_by = %s, locked_by = '',
    locked_until = NULL
WHERE id = ANY(%s::bigint[]) AND state = 'open' RETURNING id
"""
_RESOLVE_JOB: Final = """
UPDATE sync.dead_letters SET state = 'resolved', resolved_at = now(), resolved_by = %(run)s, locked_by = '',
    locked_until = NULL
WHERE state = 'open' AND part = 'job' AND entity = %(entity)s AND record_key = %(key)s
"""
_DELIVERY: Final = """
SELECT body FROM sync.webhook_events
WHERE entity = %s AND record_id = %s AND record_id <> '' AND state IN ('waiting', 'failed') ORDER BY id DESC LIMIT 1
"""
_END_DELIVERIES: Final = """
UPDATE sync.webhook_events SET state = 'done', outcome = 'fetched', done_at = clock_timestamp(), title = '',
    run_id = coalesce(%s, run_id)
WHERE state = 'failed' AND entity = %s AND record_id = %s AND record_id <> ''
"""


class PgLetterDeeds:
    """Fulfils `engine.ports.letters.LetterDeeds`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def do(self, which: Chosen, deed: Deed, *, by: str, words: str = "", until: datetime | None = None) -> int:
        """Discard, restore, snooze, assign or note letters; returns how many there were to do it with."""
        condition = Condition(which, person=by)
        allowed, change = _DEEDS[deed]
        values = condition.values | {"by": by, "deed": deed.value, "words": _kept(words), "until": until}
        statement = f"""
            WITH chosen AS MATERIALIZED (
                SELECT d.id FROM sync.dead_letters d WHERE {condition.sql} AND {allowed} ORDER BY d.id FOR UPDATE
            ), changed AS (
                UPDATE sync.dead_letters d SET {change} FROM chosen WHERE d.id = chosen.id RETURNING d.id
            )
            INSERT INTO sync.letter_history (letter_id, by, deed, words)
            SELECT id, %(by)s, %(deed)s, coalesce(nullif(%(words)s, ''), %(until)s::timestamptz::text, '')
            FROM changed"""
        async with self._database.raw() as connection:
            return (await connection.execute(statement.encode(), values)).rowcount

    async def lock(self, letter: str, *, by: str, seconds: float) -> bool:
        """Keep an open *letter* for one person's edit; False when it is not open, or another has it."""
        return bool(await self._all(_LOCK, {"id": number_of(letter), "by": by, "seconds": seconds}))

    async def renew(self, letter: str, *, by: str, seconds: float) -> bool:
        """Keep it for longer for who has it; False when that is not *by* any more."""
        return bool(await self._all(_RENEW, {"id": number_of(letter), "by": by, "seconds": seconds}))

    async def unlock(self, letter: str, *, by: str) -> None:
        """Let go of it."""
        await self._do(_UNLOCK, (number_of(letter), by))

    def hold(self, letters: Sequence[str]) -> AbstractAsyncContextManager[frozenset[str]]:
        """Keep those of *letters* that nobody tries now for as long as the context lasts; yields which they are."""
        return hold(self._database, letters)

    async def keep_edit(self, letter: str, *, by: str, key: str, payload: bytes) -> bool:
        """Write an edit down before it is carried out; False when that *key* was written down already."""
        return bool(await self._all(_KEEP_EDIT, (number_of(letter), by, key, payload)))

    async def edited(self, letter: str, *, key: str, words: str, run: str) -> None:
        """Say at an edit what became of it."""
        await self._do(_EDITED, {"id": number_of(letter), "key": key, "words": _kept(words), "run": run})

    async def tried(self, letter: str, *, by: str, words: str, run: str = "", work: str = "") -> None:
        """Note a retry, and how it ended, in the letter's history."""
        values = {
            "id": number_of(letter),
            "by": by,
            "deed": Deed.RETRY.value,
            "words": _kept(words),
            "run": run,
            "work": number_of(work) if work else None,
        }
        async with self._database.raw() as connection:
            await connection.execute(_TRIED, (number_of(letter),))
            await connection.execute(_HISTORY, values)

    async def resolve(self, letters: Sequence[str], *, run: str) -> int:
        """Close open letters as brought by *run*; returns how many there were."""
        return len(await self._all(_RESOLVE, (run, [number_of(one) for one in letters])))

    async def resolve_job(self, entity: str, record_key: str, *, run: str) -> None:
        """Close the open letter of a job that has succeeded since."""
        await self._do(_RESOLVE_JOB, {"entity": entity, "key": record_key, "run": run})

    async def give_up(self, letter: GivenUpLetter, connection: Any) -> None:
        """Keep what was given up as a letter, in that open transaction; one that is known is brought up to date."""
        reason, label = _kept(letter.reason), _kept(letter.label)
        own = {"id": letter.record_id, "error": reason, "label": label, "key": letter.record_key}
        values = {
            "entity": letter.entity,
            "part": letter.part.value,
            "record_id": clean(letter.record_id),
            "record_key": clean(letter.record_key),
            "cause": cause_of("", reason),
            "field": "",
            # Where its tries are found.
            "value": letter.job_id,
            "reason": reason,
            "payload": letter.payload,
            "run_id": letter.run_id,
            "kind": letter.kind,
            "advice": _kept(letter.advice),
            "label": label,
            "words": searchable(letter.payload, own),
        }
        await connection.execute(WRITE, values)

    async def delivery_of(self, entity: str, record_id: str, connection: Any) -> bytes | None:
        """Return the body of the last delivery for this record that is not done, None when there is none."""
        row = await (await connection.execute(_DELIVERY, (entity, record_id))).fetchone()
        return None if row is None else bytes(row[0])

    async def end_deliveries(self, entity: str, record_id: str, *, run: str) -> None:
        """Write at the deliveries that failed for this record that *run* has brought it since."""
        await self._do(_END_DELIVERIES, (run or None, entity, record_id))

    async def _do(self, statement: str, values: Any) -> None:
        async with self._database.raw() as connection:
            await connection.execute(statement.encode(), values)

    async def _all(self, statement: str, values: Any) -> list[tuple[Any, ...]]:
        async with self._database.raw() as connection:
            return await (await connection.execute(statement.encode(), values)).fetchall()


def _kept(words: str) -> str:
    """Return *words*, of a person or of what went wrong, as they are kept: without secrets."""
    return redact(clean(words))[:_LONGEST]
