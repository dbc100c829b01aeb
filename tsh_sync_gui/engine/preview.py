"""Dry run: the same plan and checks, nothing written, and what a run would do."""

from __future__ import annotations

import uuid
from contextlib import aclosing
from typing import Final

import structlog
from msgspec import structs

from tsh_sync_gui.core.errors import EndpointAbsentError, RecordGoneError, WrongOrganizationError
from tsh_sync_gui.core.values import CallKind, Calls, Counts, Lane, Phase, RunId, RunState
from tsh_sync_gui.engine.fallback import by_other_product, without_filter
from tsh_sync_gui.engine.outcomes import machine_name, user_name
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import Caller, Foreseen, RunInfo
from tsh_sync_gui.engine.record import unknown
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.engine.views import DryRun, SyncRequest
from tsh_sync_gui.engine.walk import FilterIgnoredError, Page, PageReader, first_checkpoint, is_end, outside_window
from tsh_sync_gui.entities.spec import Entity

_LISTED: Final = 5000
_SAME_LISTED: Final = 500


class Preview:
    """Walks a list, or asks for one record, and reports create, update, unchanged and delete by entity.

    Makes calls, writes no row; that a list is absent is remembered. *forecast* is what the real run is said to cost.
    """

    def __init__(self, plan: WalkPlan, request: SyncRequest, parts: Parts, *, forecast: int | None) -> None:
        self._plan = plan
        self._request = request
        self._parts = parts
        self._forecast = forecast
        self._calls = Calls()
        self._foreseen: list[Foreseen] = []
        self._listed = {True: 0, False: 0}

    def _sent(self, kind: CallKind) -> None:
        self._calls = self._calls.plus(kind)

    async def run(self) -> list[RunInfo]:
        """Return one report for each entity that the run would be of.

        Raises RecordGoneError when neither side knows the one record that is asked for.
        """
        parts = self._parts
        started = parts.clock.now()
        clock = parts.clock.monotonic()
        counts = await (self._record() if self._plan.record_id else self._list())
        plan = self._plan
        leader = RunId(uuid.uuid4().hex)
        reports: list[RunInfo] = []
        for entity in plan.running:
            own = counts.get(entity.name, Counts())
            is_leader = entity == plan.leader
            reports.append(
                DryRun(
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
                    forecast_calls=self._forecast if is_leader else 0,
                    dry_run=True,
                    foreseen=tuple(one for one in self._foreseen if one.entity == entity.name),
                )
            )
        return reports

    async def _record(self) -> dict[str, Counts]:
        """Return what the one record's detail would change; its list columns are what is compared."""
        parts, plan = self._parts, self._plan
        known = await parts.mirror.raw(plan.leader, plan.record_id)
        try:
            reply = await parts.source.detail(plan.api, plan.record_id, self._caller(CallKind.DETAIL))
        except RecordGoneError as error:
            if known is None:
                raise unknown(plan, error) from error
            counts = {}
            for entity in plan.members:
                gone = [plan.record_id] if await self._is_living(entity, plan.record_id) else []
                counts[entity.name] = Counts(deleted=len(gone))
                await self._keep_deletes(entity, gone)
            return counts
        batches = []
        for entity in plan.members:
            stored = known if entity == plan.leader else await parts.mirror.raw(entity, plan.record_id)
            normalizer = parts.normalizers[entity.name]
            batch, _ = normalizer.record(reply.records[0], stored_raw=stored, observed_at=reply.sent_at)
            batches.append(batch)
        return await parts.mirror.preview(batches, into=self._foreseen)

    async def _list(self) -> dict[str, Counts]:
        """Return what the walk would change, deletes included where it meets every record."""
        counts, seen = await self._met()
        if self._plan.covers_all:
            for entity in self._plan.running:
                own = counts.get(entity.name, Counts())
                counts[entity.name] = structs.replace(own, deleted=await self._missing(entity, seen))
        return counts

    async def _met(self) -> tuple[dict[str, Counts], set[str]]:
        """Return what the walk would change and the ids it meets, falling back where a real run would."""
        while True:
            try:
                return await self._walk()
            except FilterIgnoredError:
                structlog.get_logger(__name__).warning("time filter ignored", entity=self._plan.leader.name)
                self._plan = without_filter(self._plan)
            except (EndpointAbsentError, WrongOrganizationError) as error:
                self._plan = await by_other_product(self._plan, error, self._parts.absences)

    def _caller(self, kind: CallKind) -> Caller:
        return Caller(lane=Lane.PERSON, kind=kind, entity=self._plan.leader.name, on_sent=self._sent)

    async def _walk(self) -> tuple[dict[str, Counts], set[str]]:
        parts, plan = self._parts, self._plan
        reader = PageReader(plan, parts.source, parts.normalizers, parts.pace())
        caller = self._caller(CallKind.LIST)
        checkpoint = first_checkpoint(plan, parts.source)
        counts: dict[str, Counts] = {}
        self._foreseen, self._listed = [], {True: 0, False: 0}
        seen: set[str] = set()
        number = 1
        while True:
            page = await reader.read(number, checkpoint, caller)
            if outside_window(page, checkpoint):
                raise FilterIgnoredError
            for name, more in (await self._compared(page)).items():
                counts[name] = counts.get(name, Counts()) + more
            seen.update(page.ids)
            if is_end(page, checkpoint, plan.api):
                return counts, seen
            number += 1

    async def _is_living(self, entity: Entity, record_id: str) -> bool:
        async with aclosing(self._parts.mirror.living(entity)) as chunks:
            async for ids in chunks:
                if record_id in ids:
                    return True
        return False

    async def _missing(self, entity: Entity, seen: set[str]) -> int:
        missing = 0
        listed: list[str] = []
        async with aclosing(self._parts.mirror.living(entity)) as chunks:
            async for ids in chunks:
                gone = [one for one in ids if one not in seen]
                missing += len(gone)
                listed += gone[: max(0, _LISTED - len(listed))]
        await self._keep_deletes(entity, listed)
        return missing

    async def _keep_deletes(self, entity: Entity, ids: list[str]) -> None:
        labels = await self._parts.mirror.labels(entity, ids) if ids else {}
        self._foreseen += [
            Foreseen(entity=entity.name, id=one, action="delete", label=labels.get(one, "")) for one in ids
        ]

    async def _compared(self, page: Page) -> dict[str, Counts]:
        """Compare a page; what changes is listed before what stays as it is, and neither without end."""
        found: list[Foreseen] = []
        counts = await self._parts.mirror.preview(page.batches, into=found)
        for one in found:
            is_same = one.action == "skip" and not one.reason
            if self._listed[is_same] < (_SAME_LISTED if is_same else _LISTED):
                self._listed[is_same] += 1
                self._foreseen.append(one)
        return counts
