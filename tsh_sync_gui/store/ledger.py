"""The ledger in PostgreSQL: which runs there are and how they stand, and how far each entity is known."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from tsh_sync_gui.core.errors import ConfigurationError, LostOwnershipError
from tsh_sync_gui.core.values import Mode, RunId
from tsh_sync_gui.engine.ports import Absence, Asked, Checkpoint, Organization, RunInfo, Watermark
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store import ledger_lock as locks
from tsh_sync_gui.store import ledger_rows as rows
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.ledger_reader import LedgerReader

_BEAT: Final = """
WITH heard AS (SELECT id, asked FROM sync.runs WHERE id = ANY(%(runs)s) ORDER BY id FOR UPDATE)
UPDATE sync.runs r SET heartbeat_at = clock_timestamp(), asked = ''
FROM heard WHERE r.id = heard.id AND r.owner IN ('', %(owner)s) RETURNING heard.asked
"""
_SUPERSEDE: Final = """
UPDATE sync.runs SET ended_at = clock_timestamp(), state = 'failed', error_kind = 'interrupted', owner = '',
    waiting_for = '', waiting_until = NULL, title = 'The program ended in mid-run',
    advice = 'A newer sync took its place.'
WHERE entity = ANY(%(entities)s) AND ended_at IS NULL AND leader <> %(leader)s
    AND CASE WHEN mode = 'record' THEN request ->> 'record_id' = %(record)s
                 OR heartbeat_at < clock_timestamp() - %(silent)s * interval '1 s'
             ELSE %(record)s = '' END
"""
_FORGET_PAGES: Final = """
DELETE FROM sync.walk_pages p USING sync.runs r
WHERE p.leader = r.id AND (r.id = %(leader)s OR (%(all)s AND r.entity = ANY(%(entities)s) AND r.ended_at IS NOT NULL))
"""


class PgLedger(LedgerReader):
    """The tables of the schema `sync` as the engine works with them.

    *organization_id* is the one of the settings; empty where they name none.
    """

    def __init__(
        self,
        database: Database,
        registry: Registry,
        organization_id: str = "",
        *,
        silent_after: float = locks.SILENT_AFTER_S,
    ) -> None:
        super().__init__(database, registry)
        self._organization_id = organization_id
        self._silent_after = silent_after

    async def bind_organization(self, organization: Organization) -> None:
        """Bind the database to *organization*; ConfigurationError when it mirrors another."""
        async with self._database.raw() as connection:
            zone = await _known_zone(connection, organization.time_zone)
            await connection.execute(
                """INSERT INTO sync.organization (id, name, currency_code, time_zone) VALUES (%s, %s, %s, %s)
                   ON CONFLICT DO NOTHING""",
                (organization.id, organization.name, organization.currency_code, zone),
            )
            await _check_organization(connection, organization.id)
            await connection.execute(
                "UPDATE sync.organization SET name = %s, currency_code = %s, time_zone = %s",
                (organization.name, organization.currency_code, zone),
            )
            # The day was reckoned without knowing where the organization is, unless Zoho itself told its end.
            await connection.execute("UPDATE sync.quota SET resets_at = NULL WHERE heard_at IS NULL")

    async def own(self, walk: str, *, take_over: bool = False) -> locks.WalkLock | None:
        """Take the walk's lock; None when another process has it. *take_over* ends a silent owner's connection."""
        holder = (await locks.holders(self._database, [walk])).get(walk)
        if holder is not None:
            entities = self._served(walk)
            if not take_over or not await locks.end_silent(self._database, holder, entities, after=self._silent_after):
                return None
        connection = await locks.try_lock(self._database, walk)
        return None if connection is None else locks.WalkLock(self._database, walk, connection)

    async def open_runs(self, runs: Sequence[RunInfo], checkpoint: Checkpoint) -> None:
        """Write new runs of one walk; the first is the leader and carries the checkpoint.

        Who opens runs owns the walk, so older runs of it that are not at an end have lost their program. One record's
        run goes beside a walk's: neither ends the other.
        """
        async with self._database.raw() as connection:
            if self._organization_id:
                await _check_organization(connection, self._organization_id)
            entities = {name for run in runs for name in self._beside(run.entity)}
            own = {
                "entities": list(entities),
                "leader": runs[0].leader,
                "record": runs[0].request.get("record_id", "") if runs[0].mode is Mode.RECORD else "",
                "silent": self._silent_after,
            }
            await connection.execute(_SUPERSEDE, own)
            for run in runs:
                await self._insert(connection, run, checkpoint if run.id == run.leader else None)

    async def add_ended(self, runs: Sequence[RunInfo]) -> None:
        """Write runs that own no walk and leave nothing to go on with: single records, and what never began."""
        async with self._database.raw() as connection:
            for run in runs:
                await self._insert(connection, run, None)

    async def _insert(self, connection: Driver, run: RunInfo, checkpoint: Checkpoint | None) -> None:
        values = rows.run_values({name: getattr(run, name) for name in run.__struct_fields__}) | {
            "organization_id": self._organization_id,
            "owner": self._database.owner,
            "checkpoint": rows.checkpoint_text(checkpoint) if checkpoint else None,
            "pid": os.getpid(),
            "host": platform.node(),
        }
        names = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(["%s"] * len(values))
        await connection.execute(f"INSERT INTO sync.runs ({names}) VALUES ({marks})", list(values.values()))

    async def beat(self, runs: Sequence[RunId]) -> Asked | None:
        """Write the heartbeat; returns what a person asked meanwhile."""
        found = await self._all(_BEAT, {"runs": list(runs), "owner": self._database.owner})
        heard = {word: by for word, _, by in (asked.partition(" ") for (asked,) in found)}
        return next((Asked(word, heard[word]) for word in ("cancel", "pause", "resume") if word in heard), None)

    async def ask(self, run: RunId, word: str, *, by: str = "") -> None:
        """Leave *word* (`pause`, `resume`, `cancel`) of the person *by* for whoever works on *run*."""
        statement = "UPDATE sync.runs SET asked = %s WHERE id = %s AND ended_at IS NULL AND asked NOT LIKE 'cancel%%'"
        await self._do(statement, (f"{word} {by}".rstrip(), run))

    async def mark(self, run: RunId, **changes: Any) -> None:
        """Change fields of a run (RunInfo's names).

        A run that another process has taken over is left alone. Taking back its end resumes it: it is ours then.
        """
        values = rows.run_values(changes)
        owner = self._database.owner
        resumes = "ended_at" in changes and changes["ended_at"] is None
        if resumes:
            values |= {"owner": owner, "asked": "", "pid": os.getpid(), "host": platform.node()}
        setting = ", ".join(f'"{name}" = %s' for name in values)
        mine = "" if resumes else " AND ended_at IS NULL AND owner IN ('', %s)"
        params = [*values.values(), run, *([] if resumes else [owner])]
        await self._do(f"UPDATE sync.runs SET {setting} WHERE id = %s{mine}", params)

    async def finish(self, run: RunInfo, watermark: Watermark | None) -> RunInfo:
        """End *run* with its state and words, moving *watermark* in the same transaction; returns it as stored.

        Counts and pages stand as the mirror wrote them. Raises LostOwnershipError when the run is not ours.
        """
        async with self._database.raw() as connection:
            found = await (await connection.execute(*_ending(run, self._database.owner))).fetchone()
            if found is None:
                raise LostOwnershipError("Another process has taken this run over", advice="It goes on there.")
            if watermark is not None:
                await _move(connection, watermark)
            if run.state.is_final and run.id == run.leader:
                whole = run.mode in {Mode.FULL, Mode.SWEEP}
                entities = self._beside(run.entity)
                await connection.execute(_FORGET_PAGES, {"leader": run.id, "all": whole, "entities": entities})
        return rows.run_of(found)

    async def move(self, watermarks: Sequence[Watermark]) -> None:
        """Move watermarks: what the lists brought is safe, whatever becomes of the details."""
        async with self._database.raw() as connection:
            for watermark in watermarks:
                await _move(connection, watermark)

    async def mark_absent(self, absence: Absence) -> None:
        """Remember that an endpoint is absent."""
        await self._do(
            """INSERT INTO sync.absences (path, until) VALUES (%s, %s)
               ON CONFLICT (path) DO UPDATE SET until = excluded.until, seen_at = now()""",
            (absence.path, absence.until),
        )

    def _beside(self, entity: str) -> list[str]:
        """Return the entities that the walk of *entity* serves."""
        return self._served(self._registry.get(entity).walk)

    def _served(self, walk: str) -> list[str]:
        return [one.name for one in self._registry.walk(walk)]

    async def _do(self, statement: str, params: Any) -> None:
        async with self._database.raw() as connection:
            await connection.execute(statement, params)


async def _check_organization(connection: Driver, wanted: str) -> None:
    found = await (await connection.execute("SELECT id, name FROM sync.organization")).fetchone()
    if found is not None and found[0] != wanted:
        raise ConfigurationError(
            f"This database mirrors {found[1]} ({found[0]}); the settings name {wanted}",
            advice="Set ZOHO_ORGANIZATION_ID back, or use another database.",
        )


async def _known_zone(connection: Driver, zone: str) -> str:
    """Return *zone* if the server knows it, else '': every day would end in an error otherwise."""
    try:
        async with connection.transaction():
            await connection.execute("SELECT now() AT TIME ZONE %s", (zone,))
    except psycopg.errors.InvalidParameterValue:
        return ""
    return zone


def _ending(run: RunInfo, owner: str) -> tuple[str, list[Any]]:
    """Return statement and values that end *run*; what the run keeps count of itself never goes back."""
    values = rows.run_values(
        {
            "state": run.state,
            "phase": run.phase,
            "seconds": run.seconds,
            "waiting_for": run.waiting_for,
            "waiting_until": run.waiting_until,
            "error_kind": run.error_kind,
            "title": run.title,
            "advice": run.advice,
            "cause": run.cause,
            "expected": run.expected,
            "details_total": run.details_total,
        }
    )
    growing = rows.run_values({"calls": run.calls, "details_done": run.details_done})
    setting = [f"{name} = %s" for name in values] + [f"{name} = greatest({name}, %s)" for name in growing]
    statement = f"""
        UPDATE sync.runs SET {", ".join(setting)}, ended_at = coalesce(%s, clock_timestamp()), asked = '',
            heartbeat_at = clock_timestamp()
        WHERE id = %s AND owner IN ('', %s) RETURNING {rows.RUN_COLUMNS}"""
    return statement, [*values.values(), *growing.values(), run.ended_at, run.id, owner]


async def _move(connection: Driver, mark: Watermark) -> None:
    names = rows.MARK_WRITTEN
    moved = ", ".join(f"{name} = excluded.{name}" for name in names)
    await connection.execute(
        f"""INSERT INTO sync.watermarks (entity, {", ".join(names)}) VALUES (%s, {", ".join(["%s"] * len(names))})
            ON CONFLICT (entity) DO UPDATE SET {moved}""",
        [mark.entity, *(getattr(mark, name) for name in names)],
    )
