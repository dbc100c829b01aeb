"""From a request to a walk that is owned, planned, priced and opened."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace

from msgspec import structs

from tsh_sync_gui.core.errors import ConfigurationError, SyncError
from tsh_sync_gui.core.events import Notice
from tsh_sync_gui.core.values import Lane, Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.follow import Follower, resumable
from tsh_sync_gui.engine.forecast import Known, forecast, list_total
from tsh_sync_gui.engine.outcomes import machine_name, state_of, user_name
from tsh_sync_gui.engine.plan import Situation, WalkPlan, chosen, missing_words, plan_walk, serves, usable_api
from tsh_sync_gui.engine.ports import ListOrder, RunInfo, Watermark
from tsh_sync_gui.engine.preview import Preview
from tsh_sync_gui.engine.syncing import Parts, WalkJob
from tsh_sync_gui.engine.views import Forecast, SyncRequest
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity, Product


def detail_lane(plan: WalkPlan, request: SyncRequest) -> Lane:
    """Return whose share pays for the details: details asked for by number are paid for like the lists."""
    if request.details is None:
        return Lane.DETAILS
    return plan.leader.pull.lane if request.trigger == "schedule" else Lane.PERSON


class Starter:
    """Plans, prices and begins walks."""

    def __init__(self, parts: Parts, registry: Registry) -> None:
        self._parts = parts
        self._registry = registry
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
        self, walk: str, requested: tuple[Entity, ...], request: SyncRequest
    ) -> tuple[WalkJob | None, list[RunInfo]]:
        """Own the walk and open its runs; returns the job, and the reports of what needs none."""
        marks = await self.marks(walk)
        plan = self.plan(walk, requested, request, marks)
        idle = [self._not_due(one, marks[one.name]) for one in (plan.idle if plan else requested)]
        if plan is None:
            return None, idle
        if request.dry_run:
            cost = await self.cost(plan, request, marks)
            return None, [*await Preview(plan, request, self._parts, forecast=cost.calls_high).run(), *idle]
        owned = await self._parts.ledger.own(walk)
        if owned is None:
            followed = await self._follower.follow(walk, requested, take_over=request.take_over)
            if isinstance(followed, list):
                reported = {one.entity for one in followed}
                missing = [one for one in requested if one.name not in reported]
                return None, [*followed, *(self._not_due(one, marks[one.name]) for one in missing)]
            owned = followed
        try:
            marks = await self.marks(walk)
            plan = self.plan(walk, requested, request, marks)
            if plan is None:
                await owned.release()
                return None, [self._not_due(one, marks[one.name]) for one in requested]
            names = [entity.name for entity in self._registry.walk(walk)]
            unfinished = resumable(
                await self._parts.ledger.unfinished(names),
                request,
                [one for one in plan.requested if one not in plan.idle],
                marks[requested[0].name],
                self._parts.clock.now(),
            )
            if unfinished:
                plan = await self._resumed(plan, unfinished)
            cost = await self.cost(plan, request, marks)
            job = WalkJob(plan, request, owned, self._parts, marks, forecast=cost.calls_high)
            await job.open(unfinished)
        except BaseException:
            await owned.release()
            raise
        served = job.run.infos if job.run else {}
        return job, [self._not_due(one, marks[one.name]) for one in plan.idle if one.name not in served]

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
            interval_minutes=self._parts.settings().stock_interval_minutes,
            products=products,
        )
        return plan_walk(self._registry.walk(walk), requested, api, request, situation)

    async def marks(self, walk: str) -> dict[str, Watermark]:
        """Return the watermarks of all that *walk* can serve, by entity."""
        return {one.name: await self._parts.ledger.watermark(one.name) for one in self._registry.walk(walk)}

    def refused(self, requested: Sequence[Entity], error: SyncError) -> list[RunInfo]:
        """Return the reports of entities whose walk could not begin; the other walks go on."""
        state, _ = state_of(error)
        words = {"error_kind": error.kind, "title": error.title, "advice": error.advice, "cause": error.cause}
        return [structs.replace(self._report(one, RunId(uuid.uuid4().hex)), state=state, **words) for one in requested]

    def _not_due(self, entity: Entity, mark: Watermark) -> RunInfo:
        """Return the report of an entity whose walk is not due: no run is made, no call is spent."""
        return self._report(entity, mark.last_run or RunId(uuid.uuid4().hex))

    def _report(self, entity: Entity, run: RunId) -> RunInfo:
        now = self._parts.clock.now()
        return RunInfo(
            id=run,
            leader=run,
            entity=entity.name,
            mode=Mode.INCREMENTAL,
            state=RunState.UP_TO_DATE,
            phase=Phase.LIST,
            trigger="not due",
            machine=machine_name(),
            user=user_name(),
            started_at=now,
            heartbeat_at=now,
            ended_at=now,
        )

    async def cost(self, plan: WalkPlan, request: SyncRequest, marks: dict[str, Watermark]) -> Forecast:
        """Return what *plan* will cost."""
        parts = self._parts
        bulk = plan.api.bulk
        known = Known(
            mark=marks[plan.leader.name],
            records=list_total(plan, marks),
            history=await parts.ledger.runs(entity=plan.leader.name, limit=20),
            outstanding=await self._outstanding(plan, request),
            bulk_size=bulk.size if bulk and not parts.absences.has(plan.api, bulk.path) else 1,
            lane_left=await parts.budget.left(detail_lane(plan, request)),
        )
        return forecast(plan, known, await parts.budget.status(), parts.pace(), request.details)

    async def _outstanding(self, plan: WalkPlan, request: SyncRequest) -> int:
        members = [one for one in plan.members if one.has_details]
        return 0 if request.details in {"none", 0} else await self._parts.mirror.outstanding_count(members)
