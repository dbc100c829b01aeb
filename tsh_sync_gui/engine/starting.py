"""From a request to a walk that is owned, planned, priced and opened."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
from msgspec import to_builtins

from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, SyncError, UnreachableError
from tsh_sync_gui.core.events import Notice
from tsh_sync_gui.core.values import Lane, Mode, RunState
from tsh_sync_gui.engine.board import Board
from tsh_sync_gui.engine.follow import Follower, as_begun, resumable
from tsh_sync_gui.engine.outcomes import InterruptedRunError, new_run, new_run_id, started, state_of
from tsh_sync_gui.engine.plan import Situation, WalkPlan, chosen, missing_words, plan_walk, serves, usable_api
from tsh_sync_gui.engine.ports import ListOrder, Ownership, RunInfo, Watermark, Which
from tsh_sync_gui.engine.preview import Preview
from tsh_sync_gui.engine.pricing import Outlook, Pricer, detail_lane, foreseen
from tsh_sync_gui.engine.syncing import Parts, WalkJob
from tsh_sync_gui.engine.views import NOT_DUE, Forecast, SyncRequest
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity, Product


def _asked_mode(request: SyncRequest) -> Mode:
    """Return what *request* asks for, before anything of it is planned."""
    if request.record_id:
        return Mode.RECORD
    if request.since:
        return Mode.WINDOW
    if request.full:
        return Mode.FULL
    return Mode.SWEEP if request.sweep else Mode.INCREMENTAL


class Starter:
    """Plans, prices and begins walks."""

    def __init__(self, parts: Parts, registry: Registry) -> None:
        self._parts = parts
        self._registry = registry
        self._pricer = Pricer(parts)
        self._follower = Follower(parts.ledger, parts.bus, parts.clock)

    def served(self, request: SyncRequest) -> tuple[Entity, ...]:
        """Return the requested entities this organization's products serve; ConfigurationError when it is none."""
        left_out = self._left_out(request)
        entities = tuple(one for one in chosen(self._registry, request) if one.name not in left_out)
        if not entities:
            raise ConfigurationError(
                next(iter(left_out.values())), advice="ZOHO_PRODUCTS names the organization's products."
            )
        return entities

    def tell_left_out(self, request: SyncRequest) -> None:
        """Say which of the requested entities are left out, and why."""
        for name, words in self._left_out(request).items():
            self._parts.bus.publish(Notice(entity=name, title=words, advice="The other entities are synced."))

    def _left_out(self, request: SyncRequest) -> dict[str, str]:
        """Return why requested entities cannot be served, by name."""
        products = self._products()
        found = {one.name: missing_words(one, products) for one in chosen(self._registry, request)}
        return {name: words for name, words in found.items() if words}

    def _products(self) -> frozenset[Product]:
        return frozenset(Product(one) for one in self._parts.settings().products)

    async def begin(
        self, walk: str, requested: tuple[Entity, ...], request: SyncRequest, *, planned: dict[Lane, int]
    ) -> tuple[WalkJob | None, list[RunInfo]]:
        """Own the walk and open its runs; returns the job, and the reports of what needs none.

        *planned* are the calls for details, by lane, that the request's earlier walks have yet to make; this one's
        are added.
        """
        if request.goes_on:
            request = await self._as_begun(requested, request)
        marks = await self.marks(walk)
        plan = self.plan(walk, requested, request, marks)
        if plan is None:
            return None, await self._settled(requested, marks, dry_run=request.dry_run)
        if request.dry_run:
            cost = await self.cost(plan, msgspec.structs.replace(request, dry_run=False), marks)
            idle = [self._not_due(one, marks[one.name]) for one in plan.idle]
            return None, [*await Preview(plan, request, self._parts, forecast=cost.calls_high).run(), *idle]
        if plan.record_id:
            # One record needs no walk of its own: who walks at the same time stores what is newer, as this does.
            owned: Ownership | None = await self._follower.alone(f"{walk}/{plan.record_id}")
        else:
            owned = await self._parts.ledger.own(walk)
        if owned is None:
            followed = await self._follower.follow(walk, requested, take_over=request.take_over)
            if isinstance(followed, list):
                return await self._after(followed, walk, requested, request, planned=planned)
            owned = followed
        try:
            return await self._open(walk, requested, request, owned, planned=planned)
        except BaseException:
            await owned.release()
            raise

    async def _after(
        self,
        followed: list[RunInfo],
        walk: str,
        requested: tuple[Entity, ...],
        request: SyncRequest,
        *,
        planned: dict[Lane, int],
    ) -> tuple[WalkJob | None, list[RunInfo]]:
        """Sync here what the runs of another process, which have ended, did not serve."""
        served = {one.entity for one in followed}
        left = tuple(one for one in requested if one.name not in served)
        job, reports = await self.begin(walk, left, request, planned=planned) if left else (None, [])
        return job, [*followed, *reports]

    async def _open(
        self,
        walk: str,
        requested: tuple[Entity, ...],
        request: SyncRequest,
        owned: Ownership,
        *,
        planned: dict[Lane, int],
    ) -> tuple[WalkJob | None, list[RunInfo]]:
        """Plan again, now that nobody else walks, and open the runs or go on with unfinished ones."""
        marks = await self.marks(walk)
        plan = self.plan(walk, requested, request, marks)
        if plan is None:
            await owned.release()
            return None, await self._settled(requested, marks)
        unfinished = await self._unfinished(walk, plan, request, marks)
        if unfinished:
            plan = await self._resumed(plan, unfinished)
        cost = await self._pricer.price(Outlook(plan=plan, request=request, marks=marks), planned=planned)
        job = WalkJob(plan, request, owned, self._parts, marks, forecast=cost)
        await job.open(unfinished)
        lane = detail_lane(plan, request)  # counted once, though opening had to be tried again
        planned[lane] = planned.get(lane, 0) + cost.detail_calls
        served = job.run.infos if job.run else {}
        return job, await self._settled([one for one in plan.idle if one.name not in served], marks)

    async def _as_begun(self, requested: Sequence[Entity], request: SyncRequest) -> SyncRequest:
        """Return *request* as the newest run of *requested* that was broken off, or wanted a sign-in, had it.

        A walk's goes before one record's.
        """
        newest = [
            run
            for one in requested
            for which in (Which.WALKS, Which.SHOWN)
            for run in await self._parts.ledger.runs(entity=one.name, limit=1, which=which)
        ]
        stopped = {InterruptedRunError.kind, AuthorisationError.kind}
        broken = [one for one in newest if one.ended_at is None or one.error_kind in stopped]
        found = max(broken, key=lambda run: (run.mode is not Mode.RECORD, run.started_at), default=None)
        return request if found is None else as_begun(found, request)

    async def _resumed(self, plan: WalkPlan, unfinished: Sequence[RunInfo]) -> WalkPlan:
        """Return *plan* as the unfinished walk was planned."""
        checkpoint = await self._parts.ledger.checkpoint(unfinished[0].leader)
        leader = self._registry.get(unfinished[0].entity)
        order = checkpoint.order if checkpoint and not checkpoint.is_tail else ListOrder.FULL
        return replace(
            plan,
            leader=leader,
            mode=unfinished[0].mode,
            order=order,
            since=checkpoint.since if checkpoint else None,
            stop=checkpoint.stop if checkpoint else None,
        )

    def plan(
        self, walk: str, requested: tuple[Entity, ...], request: SyncRequest, marks: dict[str, Watermark]
    ) -> WalkPlan | None:
        """Return how *walk* is made for *requested*, None when nothing of it is due."""
        products = self._products()
        api = usable_api(requested[0], products, self._parts.absences.all)
        requested = tuple(one for one in requested if api is None or serves(one, api))
        if api is None:
            raise ConfigurationError(
                f"{requested[0].title} cannot be read: this organization does not know the list",
                advice="It is asked again within 24 hours; ZOHO_PRODUCTS names the organization's products.",
            )
        situation = Situation(
            now=self._parts.clock.now(),
            marks=marks,
            intervals={one.name: self._interval(one) for one in self._registry.walk(walk)},
            products=products,
        )
        return plan_walk(self._registry.walk(walk), requested, api, request, situation)

    def _interval(self, entity: Entity) -> int:
        """Return after how many minutes a walk of *entity* is due: what its setting says, else what its spec does."""
        name = entity.pull.interval_setting
        return int(getattr(self._parts.settings(), name)) if name else entity.pull.interval_minutes

    async def marks(self, walk: str) -> dict[str, Watermark]:
        """Return the watermarks of all that *walk* can serve, by entity."""
        return {one.name: await self._parts.ledger.watermark(one.name) for one in self._registry.walk(walk)}

    async def refused(self, requested: Sequence[Entity], request: SyncRequest, error: SyncError) -> list[RunInfo]:
        """Return and keep the reports of entities that could not begin; the other walks go on.

        Without a database to keep them in they are only returned; a dry run keeps nothing.
        """
        state, until = state_of(error)
        runs = [self._refusal(one, request, state, error, until) for one in requested]
        if not request.dry_run:
            await self._tell_ended(runs)
        return runs

    def _refusal(
        self, entity: Entity, request: SyncRequest, state: RunState, error: SyncError, until: datetime | None
    ) -> RunInfo:
        now = self._parts.clock.now()
        return new_run(
            entity,
            mode=_asked_mode(request),
            state=state,
            trigger=request.trigger,
            at=now,
            ended_at=now,
            request=to_builtins(request),
            waiting_for=error.waits_for,
            waiting_until=until,
            error_kind=error.kind,
            title=error.title,
            advice=error.advice,
            cause=error.cause,
            dry_run=request.dry_run,
        )

    async def _settled(
        self, idle: Sequence[Entity], marks: dict[str, Watermark], *, dry_run: bool = False
    ) -> list[RunInfo]:
        """Return the reports of what is not due.

        Where an entity's last run was stopped after its list was done, nothing of it is left to go on with: a run that
        says so is kept, for it would stand there as stopped until its next walk.
        """
        reports = []
        for one in idle:
            report = self._not_due(one, marks[one.name])
            last = next(iter(await self._parts.ledger.runs(entity=one.name, limit=1, which=Which.WALKS)), None)
            walked_at = marks[one.name].walked_at
            is_stopped = last is not None and last.state in {RunState.CANCELLED, RunState.FAILED}
            if last is not None and is_stopped and walked_at and walked_at >= last.started_at and not dry_run:
                report = msgspec.structs.replace(report, id=(fresh := new_run_id()), leader=fresh)
                await self._tell_ended([msgspec.structs.replace(report, waiting_until=None)])
            reports.append(report)
        return reports

    async def _tell_ended(self, runs: Sequence[RunInfo]) -> None:
        """Keep runs that make no call, and publish their beginning and end."""
        with suppress(UnreachableError):
            await self._parts.ledger.add_ended(runs)
        for run in runs:
            self._parts.bus.publish(started(run, resumed=False))
            Board({run.entity: run}, run.entity, self._parts.bus).ended(run, at=run.started_at, outstanding=0)

    def _not_due(self, entity: Entity, mark: Watermark) -> RunInfo:
        """Return the report of an entity whose walk is not due, and when it is: no run is made, no call is spent."""
        now = self._parts.clock.now()
        due_at = mark.walked_at + timedelta(minutes=self._interval(entity)) if mark.walked_at else None
        return new_run(
            entity,
            mode=Mode.INCREMENTAL,
            state=RunState.UP_TO_DATE,
            trigger=NOT_DUE,
            at=now,
            ended_at=now,
            run=mark.last_run,
            waiting_until=due_at,
        )

    async def cost(self, plan: WalkPlan, request: SyncRequest, marks: dict[str, Watermark]) -> Forecast:
        """Return what *plan* will cost."""
        return await self._pricer.price(Outlook(plan=plan, request=request, marks=marks))

    async def foreseen(
        self, walks: Sequence[tuple[str, tuple[Entity, ...]]], request: SyncRequest, *, estimate: bool = False
    ) -> list[Forecast]:
        """Return what *walks* would cost: of those that go on, the rest. *estimate* asks Zoho for unknown lengths."""
        return await foreseen(self._pricer, self._outlook, walks, request, estimate=estimate)

    async def _outlook(self, walk: str, requested: tuple[Entity, ...], request: SyncRequest) -> Outlook | None:
        if request.goes_on:
            request = await self._as_begun(requested, request)
        marks = await self.marks(walk)
        plan = self.plan(walk, requested, request, marks)
        if plan is None:
            return None
        checkpoint, expected = None, None
        if unfinished := await self._unfinished(walk, plan, request, marks):
            plan = await self._resumed(plan, unfinished)
            checkpoint, expected = await self._parts.ledger.checkpoint(unfinished[0].leader), unfinished[0].expected
        return Outlook(plan=plan, request=request, marks=marks, checkpoint=checkpoint, expected=expected)

    async def _unfinished(
        self, walk: str, plan: WalkPlan, request: SyncRequest, marks: dict[str, Watermark]
    ) -> list[RunInfo]:
        """Return the unfinished runs that *request* goes on with."""
        return resumable(
            await self._parts.ledger.unfinished([entity.name for entity in self._registry.walk(walk)]),
            request,
            [one for one in plan.requested if one not in plan.idle],
            marks[plan.requested[0].name],
            self._parts.clock.now(),
        )
