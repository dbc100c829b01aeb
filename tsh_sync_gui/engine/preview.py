"""Dry run: the same plan and checks, nothing written, and what a run would do."""

from __future__ import annotations

import uuid
from contextlib import aclosing

from msgspec import structs

from tsh_sync_gui.core.values import CallKind, Calls, Counts, Lane, Phase, RunId, RunState
from tsh_sync_gui.engine.outcomes import machine_name, user_name
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import Caller, ListOrder, RunInfo
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.engine.walk import FilterIgnoredError, PageReader, first_checkpoint, is_end


class Preview:
    """Walks a list and reports create, update, unchanged and delete by entity; makes calls, writes no row."""

    def __init__(self, plan: WalkPlan, request: SyncRequest, parts: Parts) -> None:
        self._plan = plan
        self._request = request
        self._parts = parts
        self._calls = Calls()

    def _sent(self, kind: CallKind) -> None:
        self._calls = self._calls.plus(kind)

    async def run(self) -> list[RunInfo]:
        """Return one report for each entity that the run would be of."""
        parts, plan = self._parts, self._plan
        started = parts.clock.now()
        clock = parts.clock.monotonic()
        counts, seen = await self._walk()
        leader = RunId(uuid.uuid4().hex)
        reports = []
        for entity in plan.running:
            own = counts.get(entity.name, Counts())
            if plan.covers_all:
                own = structs.replace(own, deleted=await self._missing(entity.name, seen))
            is_leader = entity == plan.leader
            reports.append(
                RunInfo(
                    id=leader if is_leader else RunId(uuid.uuid4().hex),
                    leader=leader,
                    entity=entity.name,
                    mode=plan.mode,
                    state=RunState.PARTLY_DONE if own.failed else RunState.UP_TO_DATE,
                    phase=Phase.LIST,
                    trigger=self._request.trigger,
                    machine=machine_name(),
                    user=user_name(),
                    started_at=started,
                    heartbeat_at=parts.clock.now(),
                    ended_at=parts.clock.now(),
                    counts=own,
                    calls=self._calls if is_leader else Calls(),
                    seconds=parts.clock.monotonic() - clock,
                    dry_run=True,
                )
            )
        return reports

    async def _walk(self) -> tuple[dict[str, Counts], set[str]]:
        parts, plan = self._parts, self._plan
        reader = PageReader(plan, parts.source, parts.normalizers, parts.pace())
        caller = Caller(lane=Lane.PERSON, kind=CallKind.LIST, entity=plan.leader.name, on_sent=self._sent)
        checkpoint = first_checkpoint(plan, parts.source)
        counts: dict[str, Counts] = {}
        seen: set[str] = set()
        number = 1
        while True:
            page = await reader.read(number, checkpoint, caller)
            if checkpoint.order is ListOrder.FILTERED and any(one.before_since for one in page.batches):
                raise FilterIgnoredError
            for name, more in (await parts.mirror.preview(page.batches)).items():
                counts[name] = counts.get(name, Counts()) + more
            seen.update(page.ids)
            if is_end(page, checkpoint, plan.api):
                return counts, seen
            number += 1

    async def _missing(self, name: str, seen: set[str]) -> int:
        entity = next(one for one in self._plan.members if one.name == name)
        missing = 0
        async with aclosing(self._parts.mirror.living(entity)) as chunks:
            async for ids in chunks:
                missing += sum(one not in seen for one in ids)
        return missing
