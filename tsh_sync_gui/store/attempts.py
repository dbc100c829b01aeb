"""The table `sync.attempts`: every try of a job or a dead letter, without secrets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Final

from tsh_sync_gui.core.log import redact
from tsh_sync_gui.engine.ports.jobs import Attempt, Outcome
from tsh_sync_gui.store.database import Database

_NAMES: Final = tuple(one.name for one in fields(Attempt))
_WORDS: Final = frozenset({"title", "advice", "traceback", "request", "answer"})
# A body of a megabyte tells no more than its beginning, and each try would keep another copy.
_LONGEST: Final = 20_000
_KEEP: Final = (
    f"INSERT INTO sync.attempts ({', '.join(_NAMES)}) VALUES ({', '.join(['%s'] * len(_NAMES))})"
    " ON CONFLICT (subject, subject_id, started_at) DO NOTHING"
)
_OF: Final = (
    f"SELECT {', '.join(_NAMES)} FROM sync.attempts WHERE subject = %s AND subject_id = ANY(%s) ORDER BY started_at"
)
_COUNT: Final = "SELECT count(*) FROM sync.attempts WHERE subject = %s AND subject_id = %s"


class PgAttempts:
    """Fulfils `engine.ports.jobs.Attempts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, attempt: Attempt, connection: Any | None = None) -> None:
        """Write *attempt* down without secrets, once; *connection* joins that open transaction."""
        values = tuple(_value(name, getattr(attempt, name)) for name in _NAMES)
        if connection is not None:
            await connection.execute(_KEEP, values)
            return
        async with self._database.raw() as own:
            await own.execute(_KEEP, values)

    async def of(self, subject: str, *subject_ids: str) -> Sequence[Attempt]:
        """Return the attempts of jobs or letters, oldest first."""
        async with self._database.raw() as connection:
            rows = await (await connection.execute(_OF, (subject, list(subject_ids)))).fetchall()
        found = [dict(zip(_NAMES, row, strict=True)) for row in rows]
        return [Attempt(**(one | {"outcome": Outcome(one["outcome"])})) for one in found]

    async def count(self, subject: str, subject_id: str) -> int:
        """Return how many attempts of one job or letter there were."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(_COUNT, (subject, subject_id))).fetchone()
        return int(row[0]) if row else 0


def _value(name: str, value: Any) -> Any:
    if name not in _WORDS:
        return str(value) if name == "outcome" else value
    # PostgreSQL's text holds no NUL.
    text = redact(str(value)).replace("\0", "�")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text):,} characters)"
