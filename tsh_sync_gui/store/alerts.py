"""The tables `sync.alerts`, `sync.silences` and `sync.alerts_told`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tsh_sync_gui.core.log import redact
from tsh_sync_gui.engine.ports import Which
from tsh_sync_gui.engine.ports.alerts import MERGED_FOR, Alert, AlertState, Cause, Facts, Raised, RunFact, Severity
from tsh_sync_gui.engine.ports.jobs import JobId
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.ledger_rows import NO_FAILURES, QUESTIONS, WHICH
from tsh_sync_gui.store.letters_sql import IS_OPEN

_MOST_AN_HOUR: Final = 20
_KEPT_FOR: Final = timedelta(days=90)
_NAMES: Final = (
    "id",
    "cause",
    "subject",
    "title",
    "remedy",
    "severity",
    "first_at",
    "last_at",
    "count",
    "state",
    "evidence",
    "cleared_at",
)
_KNOWN_HERE: Final = frozenset(Cause)
_RUN_NAMES: Final = ("entity", "id", "state", "error_kind", "title", "advice", "ended_at")
_OWN: Final = ", ".join(f"alert.{name}" for name in _NAMES)
_SILENCED: Final = """
LEFT JOIN LATERAL (
    SELECT until, by FROM sync.silences
    WHERE cause = alert.cause AND (subject IS NULL OR subject = alert.subject)
      AND (until IS NULL OR until > clock_timestamp())
    ORDER BY until DESC NULLS FIRST LIMIT 1) silence ON true
"""
_ALERTS: Final = f"SELECT {_OWN}, silence.by IS NOT NULL, silence.until, silence.by FROM sync.alerts alert {_SILENCED}"
_ALL: Final = f"{_ALERTS} ORDER BY alert.state <> 'open', alert.last_at DESC, alert.id DESC LIMIT %s"
_ONE: Final = f"{_ALERTS} WHERE alert.id = %s"
# A second process that raises the same waits for the first one's row, and finds its evidence there.
_AGAIN: Final = """
UPDATE sync.alerts SET title = %(title)s, remedy = %(remedy)s, severity = %(severity)s, evidence = %(evidence)s,
    last_at = clock_timestamp(), count = count + 1, state = %(state)s,
    cleared_at = CASE WHEN %(state)s = 'open' THEN NULL ELSE clock_timestamp() END
WHERE id = (SELECT id FROM sync.alerts WHERE cause = %(cause)s AND subject = %(subject)s
        AND (state = 'open' OR last_at > clock_timestamp() - %(merged)s)
        ORDER BY state <> 'open', id DESC LIMIT 1)
  AND (state <> 'open' OR evidence = '' OR evidence <> %(evidence)s)
RETURNING id
"""
_KNOWN: Final = "SELECT id FROM sync.alerts WHERE cause = %(cause)s AND subject = %(subject)s AND state = 'open'"
_NEW: Final = """
INSERT INTO sync.alerts (cause, subject, title, remedy, severity, evidence, first_at, last_at, state, cleared_at)
VALUES (%(cause)s, %(subject)s, %(title)s, %(remedy)s, %(severity)s, %(evidence)s, clock_timestamp(),
    clock_timestamp(), %(state)s, CASE WHEN %(state)s = 'open' THEN NULL ELSE clock_timestamp() END)
ON CONFLICT DO NOTHING RETURNING id
"""
_CLEAR: Final = """
UPDATE sync.alerts SET state = 'cleared', cleared_at = clock_timestamp()
WHERE cause = %s AND subject = %s AND state = 'open' RETURNING id
"""
_SILENCE: Final = "INSERT INTO sync.silences (cause, subject, until, by) VALUES (%s, %s, %s, %s)"
_LIFT: Final = "DELETE FROM sync.silences WHERE cause = %s AND subject IS NOT DISTINCT FROM %s::text RETURNING id"
_TAKE: Final = f"""
INSERT INTO sync.alerts_told AS told (alert, target, at, count)
SELECT alert.id, %(target)s, clock_timestamp(), alert.count FROM sync.alerts alert
LEFT JOIN sync.alerts_told before ON before.alert = alert.id AND before.target = %(target)s {_SILENCED}
WHERE alert.state = 'open' AND alert.last_at > clock_timestamp() - interval '1 day' AND silence.by IS NULL
  AND (before.alert IS NULL OR (before.count < alert.count AND before.at < clock_timestamp() - %(merged)s))
ORDER BY alert.id LIMIT greatest(0, {_MOST_AN_HOUR} - (
    SELECT count(*) FROM sync.alerts_told WHERE target = %(target)s AND at > clock_timestamp() - interval '1 hour'))
ON CONFLICT (alert, target) DO UPDATE SET at = excluded.at, count = excluded.count
WHERE told.count < excluded.count AND told.at < clock_timestamp() - %(merged)s
RETURNING alert
"""
_RUNS: Final = """
SELECT mark.entity, last.id, last.state, last.error_kind, last.title, last.advice, last.ended_at
FROM unnest(%s::text[]) AS mark (entity) JOIN LATERAL (
    SELECT id, state, error_kind, title, advice, ended_at FROM sync.runs
    WHERE entity = mark.entity AND ended_at IS NOT NULL AND NOT dry_run AND mode <> 'record'
    ORDER BY started_at DESC LIMIT 1) last ON true
ORDER BY mark.entity
"""
_FIGURES: Final = f"""
SELECT clock_timestamp(), coalesce((SELECT time_zone FROM sync.organization), ''),
    count(*), count(*) FILTER (WHERE state = 'failed'),
    (SELECT count(*) FROM (SELECT FROM sync.dead_letters d WHERE {IS_OPEN} LIMIT 100001) letter),
    coalesce((SELECT max(id) FROM sync.dead_letters d WHERE {IS_OPEN}), 0),
    (SELECT max(at) FROM sync.sign_ins)
FROM sync.runs WHERE started_at > clock_timestamp() - interval '1 day'
    AND ended_at > clock_timestamp() - interval '1 hour' AND NOT dry_run AND error_kind NOT IN {NO_FAILURES}
    AND {WHICH[Which.SHOWN]}
"""
_QUESTIONS: Final = f"SELECT {', '.join(_RUN_NAMES)} FROM ({QUESTIONS}) asked WHERE entity = ANY(%s)"
_OPEN: Final = "SELECT cause, subject FROM sync.alerts WHERE state = 'open'"
_FORGET: Final = "DELETE FROM sync.alerts WHERE state = 'cleared' AND last_at < now() - %s RETURNING id"


class PgAlerts:
    """Fulfils `engine.ports.alerts.AlertStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def raise_(self, raised: Raised) -> Alert | None:
        """Open an alert or count it once more; None when this very evidence was counted before."""
        names = ("cause", "subject", "severity", "evidence")
        values: dict[str, Any] = {name: str(getattr(raised, name)) for name in names}
        values |= {"title": _clean(raised.title), "remedy": _clean(raised.remedy), "merged": MERGED_FOR}
        values["state"] = "cleared" if raised.severity is Severity.NOTE else "open"

        async def write(connection: Driver) -> Alert | None:
            row = await (await connection.execute(_AGAIN, values)).fetchone()
            if row is None and await (await connection.execute(_KNOWN, values)).fetchone() is None:
                row = await (await connection.execute(_NEW, values)).fetchone()
            if row is None:
                return None
            found = await (await connection.execute(_ONE.encode(), row)).fetchone()
            return _alert(found) if found else None

        return await self._database.again(write)

    async def clear(self, cause: Cause, subject: str) -> bool:
        """Note that the cause is gone; False when it was not open."""
        return bool(await self._rows(_CLEAR, (cause.value, subject)))

    async def all(self, *, limit: int = 200) -> Sequence[Alert]:
        """Return alerts, open ones first, then the newest."""
        # A newer program may know causes that this one does not.
        return tuple(_alert(row) for row in await self._rows(_ALL, (limit,)) if row[1] in _KNOWN_HERE)

    async def find(self, alert: int) -> Alert | None:
        """Return one alert."""
        rows = await self._rows(_ONE, (alert,))
        return _alert(rows[0]) if rows else None

    async def silence(self, cause: Cause, subject: str | None, until: datetime | None, *, by: str) -> None:
        """Tell nobody of a cause (*subject* None: whatever its subject) until a moment, or until it is lifted."""

        async def write(connection: Driver) -> None:
            await connection.execute(_LIFT, (cause.value, subject))
            await connection.execute(_SILENCE, (cause.value, subject, until, by))

        await self._database.again(write)

    async def lift(self, cause: Cause, subject: str | None) -> bool:
        """Tell of a cause again; False when it was not silenced."""
        return bool(await self._rows(_LIFT, (cause.value, subject)))

    async def to_tell(self, target: str, put: Callable[[Any, int], Awaitable[JobId | None]]) -> int:
        """Take, for *target* and once among all machines, the alerts it has not been told of; returns how many."""
        async with self._database.raw() as connection:
            values = {"target": target, "merged": MERGED_FOR}
            rows = await (await connection.execute(_TAKE.encode(), values)).fetchall()
            for (alert,) in sorted(rows):
                await put(connection, alert)
        return len(rows)

    async def facts(self, entities: Sequence[str]) -> Facts:
        """Return what alerts about *entities* are judged by."""
        rows = await self._rows(_RUNS, (list(entities),))
        questions = await self._rows(_QUESTIONS, (list(entities),))
        now, zone, ended, failed, letters, newest, signed_in = (await self._rows(_FIGURES, ()))[0]
        return Facts(
            now=now,
            zone=zone,
            runs=_run_facts(rows),
            questions=_run_facts(questions),
            ended=ended,
            failed=failed,
            letters=letters,
            newest_letter=newest,
            signed_in_at=signed_in,
            open=frozenset((Cause(one), subject) for one, subject in await self._rows(_OPEN, ()) if one in _KNOWN_HERE),
        )

    async def forget(self) -> None:
        """Drop what is long over."""
        await self._rows(_FORGET, (_KEPT_FOR,))
        await self._rows("DELETE FROM sync.silences WHERE until < now() - interval '1 day' RETURNING id", ())

    async def _rows(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        async def work(connection: Driver) -> list[tuple[Any, ...]]:
            return await (await connection.execute(statement.encode(), values)).fetchall()

        return await self._database.again(work)


def _run_facts(rows: Sequence[tuple[Any, ...]]) -> tuple[RunFact, ...]:
    return tuple(RunFact(**dict(zip(_RUN_NAMES, row, strict=True))) for row in rows)


def _clean(text: str) -> str:
    """Return *text* without secrets and what PostgreSQL cannot hold."""
    return redact(text).replace("\0", "␀")


def _alert(row: Sequence[Any]) -> Alert:
    found = dict(zip(_NAMES, row, strict=False))
    words = {
        "cause": Cause(found["cause"]),
        "severity": Severity(found["severity"]),
        "state": AlertState(found["state"]),
    }
    silenced = {"is_silenced": row[-3], "silenced_until": row[-2], "silenced_by": row[-1] or ""}
    return Alert(**(found | words | silenced))
