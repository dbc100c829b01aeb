"""What the Sync screen and `status` show: every figure read from the ledger, none guessed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

import msgspec

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import EntityState, Mode, RunState
from tsh_sync_gui.engine.follow import is_silent
from tsh_sync_gui.engine.organization import OrganizationCheck
from tsh_sync_gui.engine.outcomes import machine_name
from tsh_sync_gui.engine.plan import missing_words
from tsh_sync_gui.engine.ports import Budget, Ledger, RunInfo, Which
from tsh_sync_gui.engine.views import DatabaseInfo, EntityStatus, Overview, Planned
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity, Product

_LOOK_BACK: Final = 20
_STATES = {
    RunState.RUNNING: EntityState.RUNNING,
    RunState.WAITING: EntityState.WAITING,
    RunState.PAUSED: EntityState.PAUSED,
    RunState.UP_TO_DATE: EntityState.UP_TO_DATE,
    RunState.PARTLY_DONE: EntityState.PARTLY_DONE,
    RunState.FAILED: EntityState.FAILED,
    RunState.NEEDS_YOU: EntityState.NEEDS_YOU,
    RunState.CANCELLED: EntityState.PAUSED,
}


class OverviewMaker:
    """Reads the whole picture."""

    def __init__(
        self,
        registry: Registry,
        ledger: Ledger,
        budget: Budget,
        organization: OrganizationCheck,
        *,
        settings: Callable[[], Settings],
        database: Callable[[], Awaitable[DatabaseInfo]],
        clock: Clock,
        planned: Callable[[], Awaitable[Mapping[str, Planned]]] | None = None,
    ) -> None:
        self._planned = planned
        self._registry = registry
        self._ledger = ledger
        self._budget = budget
        self._organization = organization
        self._settings = settings
        self._database = database
        self._clock = clock

    async def make(self) -> Overview:
        """Return the present state of all entities, the quota and the database."""
        totals = await self._ledger.totals()
        owned = await self._ledger.owned([entity.walk for entity in self._registry.all])
        organization = await self._organization.known()
        planned = await self._planned() if self._planned else {}
        live, questions = await self._ledger.under_way(), await self._ledger.questions()
        asked = {run.entity: run for run in questions}
        entities = [
            await self._entity(
                one,
                totals.get(one.name, (0, 0)),
                live=_live([run for run in live if run.entity == one.name]),
                question=asked.get(one.name),
                is_owned=one.walk in owned,
            )
            for one in self._registry.all
        ]
        return Overview(
            entities=tuple([_scheduled(one, planned.get(one.entity, Planned())) for one in entities]),
            quota=await self._budget.status(),
            database=await self._database(),
            organization=organization.name if organization else "",
            organization_id=organization.id if organization else self._settings().organization_id,
            time_zone=organization.time_zone if organization else "",
            at=self._clock.now(),
        )

    async def _entity(
        self,
        entity: Entity,
        totals: tuple[int, int],
        *,
        live: RunInfo | None,
        question: RunInfo | None,
        is_owned: bool,
    ) -> EntityStatus:
        walks = await self._ledger.runs(entity=entity.name, limit=_LOOK_BACK, which=Which.WALKS)
        mark = await self._ledger.watermark(entity.name)
        last = next((run for run in walks if run.ended_at is not None), None)
        orphan = live is not None and live.mode is not Mode.RECORD and not is_owned
        products = frozenset(Product(one) for one in self._settings().products)
        is_good = last is not None and last.state is RunState.UP_TO_DATE
        # A window is a part of what there is: it is no first sync.
        is_part = is_good and last is not None and last.mode is Mode.WINDOW and mark.since is None
        return EntityStatus(
            entity=entity.name,
            title=entity.title,
            direction=entity.direction.value,
            state=EntityState.NEEDS_YOU
            if question and live is None
            else _state(live, None if is_part else last, orphan=orphan),
            local=totals[0],
            detailed=totals[1],
            remote=mark.remote,
            last_good=mark.last_good_at or (last.ended_at if last and is_good and not is_part else None),
            live=None if orphan else live,
            last=live if orphan else question or last,
            here=live is None or live.machine == machine_name(),
            silent=live is not None and is_silent(live, self._clock.now()),
            unavailable=missing_words(entity, products),
            has_details=entity.has_details,
            note=ORPHAN if orphan else WINDOW_ONLY if is_part and live is None else "",
        )


def _scheduled(status: EntityStatus, planned: Planned) -> EntityStatus:
    """Return *status* with its next run; what is up to date by its last run may be late by its schedule."""
    late = planned.is_late and status.state is EntityState.UP_TO_DATE and not status.unavailable
    state = EntityState.LATE if late else status.state
    return msgspec.structs.replace(status, state=state, next=planned.at, planned=planned)


ORPHAN = "The program ended in mid-run; the next sync goes on from there."
WINDOW_ONLY = "Only a window of days was synced; the first full sync is still to come."


def _live(under_way: Sequence[RunInfo]) -> RunInfo | None:
    """Return the newest walk that is under way, else one record's fetch."""
    return next((run for run in under_way if run.mode is not Mode.RECORD), next(iter(under_way), None))


def _state(live: RunInfo | None, last: RunInfo | None, *, orphan: bool) -> EntityState:
    if live is not None:
        return EntityState.FAILED if orphan else _STATES[live.state]
    return _STATES[last.state] if last else EntityState.NEVER_RUN
