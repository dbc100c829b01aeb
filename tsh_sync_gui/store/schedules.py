"""The table `sync.schedules`: what a person set, and which due time was acted on last, by whom."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from tsh_sync_gui.engine.ports.schedules import Book, Claim, Mark, Put, ScheduleRow, Walk
from tsh_sync_gui.store.database import Database, Driver

_NAMES: Final = (
    "entity",
    "walk",
    "minutes",
    "cron",
    "off",
    "quiet",
    "armed_at",
    "last_due",
    "fired_at",
    "machine",
    "note",
    "missed",
    "paused_at",
    "paused_until",
    "paused_by",
    "updated_by",
)
_ROWS: Final = f"SELECT {', '.join(_NAMES)} FROM sync.schedules"
# A sign-in that was refused is tried again after some hours all the same: it may have been mended from outside.
_MARKS: Final = """
SELECT mark.entity, mark.since, mark.last_good_at, coalesce(mark.remote, mark.live), coalesce(last.is_refused, false)
FROM sync.watermarks mark LEFT JOIN LATERAL (
    SELECT state = 'needs_you' AND error_kind = 'authorisation' AND ended_at > clock_timestamp() - interval '6 hours'
        AND ended_at > coalesce((SELECT max(at) FROM sync.sign_ins), '-infinity') AS is_refused
    FROM sync.runs WHERE entity = mark.entity AND ended_at IS NOT NULL AND NOT dry_run AND mode <> 'record'
    ORDER BY started_at DESC LIMIT 1) last ON true
"""
_ARM: Final = """
INSERT INTO sync.schedules AS schedule (entity, walk, armed_at)
SELECT entity, walk, clock_timestamp() FROM unnest(%s::text[], %s::text[]) AS new (entity, walk) ORDER BY 1, 2
ON CONFLICT (entity, walk) DO UPDATE SET armed_at = excluded.armed_at, last_due = NULL
WHERE schedule.armed_at IS NULL OR schedule.armed_at > excluded.armed_at OR schedule.last_due > excluded.armed_at
"""
_CLAIM: Final = """
UPDATE sync.schedules SET last_due = %(due)s, machine = %(machine)s, note = %(note)s, missed = %(missed)s,
    fired_at = CASE WHEN %(fires)s THEN clock_timestamp() ELSE fired_at END
WHERE entity = %(entity)s AND walk = %(walk)s AND NOT off AND armed_at < %(due)s
  AND (last_due IS NULL OR last_due < %(due)s)
  AND (paused_at IS NULL OR paused_until <= clock_timestamp())
RETURNING entity
"""
_KEEP: Final = """
INSERT INTO sync.schedules AS schedule (entity, walk, minutes, cron, off, quiet, armed_at, updated_at, updated_by)
VALUES (%(entity)s, %(walk)s, %(minutes)s, %(cron)s, %(off)s, %(quiet)s, clock_timestamp(), now(), %(by)s)
ON CONFLICT (entity, walk) DO UPDATE SET minutes = excluded.minutes, cron = excluded.cron, off = excluded.off,
    quiet = excluded.quiet, armed_at = excluded.armed_at, updated_at = excluded.updated_at,
    updated_by = excluded.updated_by
"""
_PAUSE: Final = """
INSERT INTO sync.schedules AS schedule (entity, walk, armed_at, paused_at, paused_until, paused_by)
SELECT entity, walk, clock_timestamp(), clock_timestamp(), %(until)s, %(by)s
FROM unnest(%(entities)s::text[], %(walks)s::text[]) AS asked (entity, walk) ORDER BY 1, 2
ON CONFLICT (entity, walk) DO UPDATE SET paused_at = excluded.paused_at, paused_until = excluded.paused_until,
    paused_by = excluded.paused_by
"""
_RESUME: Final = """
UPDATE sync.schedules schedule SET paused_at = NULL, paused_until = NULL, paused_by = '',
    armed_at = clock_timestamp()
FROM unnest(%s::text[], %s::text[]) AS asked (entity, walk)
WHERE (schedule.entity, schedule.walk) = (asked.entity, asked.walk) AND schedule.paused_at IS NOT NULL
"""


class PgSchedules:
    """Fulfils `engine.ports.schedules.ScheduleStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self) -> Book:
        """Return all rows, the database's time and what else decides."""

        async def read(connection: Driver) -> Book:
            now = await _value(connection, "SELECT clock_timestamp()")
            rows = await (await connection.execute(_ROWS)).fetchall()
            marks = await (await connection.execute(_MARKS)).fetchall()
            return Book(
                now=now,
                rows=tuple(_row(row) for row in rows),
                zone=await _value(connection, "SELECT time_zone FROM sync.organization") or "",
                marks={one[0]: _mark(one) for one in marks},
            )

        return await self._database.again(read)

    async def arm(self, schedules: Sequence[tuple[str, Walk]]) -> None:
        """Let due times count from now on: for schedules not known yet, and for those due in a future that went."""
        await self._do(_ARM, _columns(schedules))

    async def claim(self, claim: Claim, put: Put | None) -> bool:
        """Take a due time for this process and do *put* in the same transaction; False when somebody else has it."""
        values = {name: getattr(claim, name) for name in ("entity", "due", "machine", "note", "missed", "fires")}
        async with self._database.raw() as connection:
            row = await (await connection.execute(_CLAIM, values | {"walk": claim.walk.value})).fetchone()
            if row is not None and put is not None:
                await put(connection)
        return row is not None

    async def keep(self, row: ScheduleRow, *, by: str) -> None:
        """Keep what a person set of *row* (timing, off, quiet hours); due times count anew from now on."""
        values = {name: getattr(row, name) for name in ("entity", "minutes", "cron", "off", "quiet")}
        await self._do(_KEEP, values | {"walk": row.walk.value, "by": by})

    async def pause(self, schedules: Sequence[tuple[str, Walk]], until: datetime | None, *, by: str) -> None:
        """Hold schedules until a moment, or until somebody resumes them."""
        entities, walks = _columns(schedules)
        await self._do(_PAUSE, {"entities": entities, "walks": walks, "until": until, "by": by})

    async def resume(self, schedules: Sequence[tuple[str, Walk]]) -> None:
        """Let schedules go on; what was due meanwhile is not made up for."""
        await self._do(_RESUME, _columns(schedules))

    async def _do(self, statement: str, values: Any) -> None:
        async def work(connection: Driver) -> None:
            await connection.execute(statement.encode(), values)

        await self._database.again(work)


def _columns(schedules: Sequence[tuple[str, Walk]]) -> tuple[list[str], list[str]]:
    return [entity for entity, _ in schedules], [walk.value for _, walk in schedules]


def _row(values: Sequence[Any]) -> ScheduleRow:
    found = dict(zip(_NAMES, values, strict=True))
    return ScheduleRow(**(found | {"walk": Walk(found["walk"])}))


def _mark(values: Sequence[Any]) -> Mark:
    return Mark(since=values[1], last_good_at=values[2], remote=values[3], is_refused=values[4])


async def _value(connection: Driver, statement: str) -> Any:
    row = await (await connection.execute(statement.encode())).fetchone()
    return row[0] if row else None
