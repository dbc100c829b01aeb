"""Forecasts of whole requests: what each walk would cost after those before it, and the search for unknown totals."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.estimate import Estimate
from tsh_sync_gui.engine.forecast import Known, forecast, list_calls, list_total, nothing, pages_behind
from tsh_sync_gui.engine.plan import WalkPlan, paying_lane
from tsh_sync_gui.engine.ports import Checkpoint, Watermark, Which
from tsh_sync_gui.engine.recall import Recall, list_name
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.engine.views import Forecast, SyncRequest
from tsh_sync_gui.engine.walk import first_checkpoint
from tsh_sync_gui.entities.spec import Entity


def list_lane(plan: WalkPlan, request: SyncRequest) -> Lane:
    """Return whose share pays for the lists."""
    return paying_lane(plan, request)


def detail_lane(plan: WalkPlan, request: SyncRequest) -> Lane:
    """Return whose share pays for the details: details asked for by number are paid for like the lists."""
    return Lane.DETAILS if request.details is None else list_lane(plan, request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """One walk of a request before it is made; *checkpoint* is where an unfinished run goes on.

    *expected* is how many records that run was said to meet.
    """

    plan: WalkPlan
    request: SyncRequest
    marks: Mapping[str, Watermark]
    checkpoint: Checkpoint | None = None
    expected: int | None = None


class Pricer:
    """Prices walks by what the ledger, the budget and kept pages say; makes no call, but for an estimate."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def price(self, outlook: Outlook, *, planned: Mapping[Lane, int] | None = None) -> Forecast:
        """Return the cost of one walk; *planned* are the calls of others of the request, by lane."""
        return await self._cost(outlook, await self._known(outlook), planned or {})

    async def prices(self, walks: Sequence[tuple[str, Outlook | None]]) -> list[Forecast]:
        """Return the costs of the walks of one request, each with its first entity's name; None has nothing to do.

        All lists come before any details, and the details share what their lane has left.
        """
        pace = self._parts.pace()
        found = [(name, one, await self._known(one) if one else None) for name, one in walks]
        planned: dict[Lane, int] = {}
        for _, outlook, known in found:
            if outlook and known:
                lane = list_lane(outlook.plan, outlook.request)
                planned[lane] = planned.get(lane, 0) + list_calls(outlook.plan, known, pace)[1]
        costs, before = [], 0
        for name, outlook, known in found:
            if outlook is None or known is None:
                costs.append(nothing(name))
                continue
            cost = await self._cost(outlook, replace(known, before=before), planned)
            lane = detail_lane(outlook.plan, outlook.request)
            planned[lane] = planned.get(lane, 0) + cost.detail_calls
            before += cost.calls_high
            costs.append(cost)
        return costs

    async def estimate(self, outlook: Outlook) -> Outlook:
        """Find the last page of a walk whose length nobody knows; returns the walk as it is made then."""
        if list_calls(outlook.plan, await self._known(outlook), self._parts.pace())[2]:
            return outlook
        plan = await Estimate(outlook.plan, self._parts, behind=pages_behind(outlook.checkpoint)).find()
        return replace(outlook, plan=plan)

    async def _cost(self, outlook: Outlook, known: Known, planned: Mapping[Lane, int]) -> Forecast:
        parts, plan, request = self._parts, outlook.plan, outlook.request
        left = await parts.budget.left(detail_lane(plan, request), planned=planned)
        known = replace(known, lane_left=left)
        details = "none" if request.dry_run else request.details
        return forecast(plan, known, await parts.budget.status(), parts.pace(), details)

    async def _known(self, outlook: Outlook) -> Known:
        parts, plan, checkpoint = self._parts, outlook.plan, outlook.checkpoint
        bulk, pace = plan.api.bulk, parts.pace()
        kept = await parts.kept.look(list_name(plan, parts.source, pace.per_page))
        behind = pages_behind(checkpoint)
        records = list_total(plan, outlook.marks)
        first = first_checkpoint(plan, parts.source)
        # A dry run reads every page itself, and leaves what is kept for the run that stores it.
        fresh = frozenset[int]() if outlook.request.dry_run else kept.fresh
        ready = [page for page in Recall.usable(plan, first, fresh) if page > behind]
        if records is None and plan.covers_all:
            found = kept.records(pace.per_page)
            records = outlook.expected if found is None else found
        return Known(
            mark=outlook.marks[plan.leader.name],
            records=records,
            history=await parts.ledger.runs(entity=plan.leader.name, limit=20, which=Which.WALKS),
            outstanding=await self._outstanding(plan, outlook.request),
            bulk_size=bulk.size if bulk and not parts.absences.has(plan.api, bulk.path) else 1,
            pages=kept.last,
            at_least=max(kept.fresh, default=0) * pace.per_page if kept.last is None and plan.covers_all else 0,
            asked=behind + len(ready),
            kept=len(ready),
            listed=checkpoint is not None and checkpoint.done,
        )

    async def _outstanding(self, plan: WalkPlan, request: SyncRequest) -> int:
        members = [one for one in plan.members if one.has_details]
        return 0 if request.details in {"none", 0} else await self._parts.mirror.outstanding_count(members)


Look = Callable[[str, tuple[Entity, ...], SyncRequest], Awaitable[Outlook | None]]


async def foreseen(
    pricer: Pricer, look: Look, walks: Sequence[tuple[str, tuple[Entity, ...]]], request: SyncRequest, *, estimate: bool
) -> list[Forecast]:
    """Return what the *walks* of *request* would cost; with *estimate*, lengths that nobody knows are found first."""
    outlooks = [(requested[0].name, await look(walk, requested, request)) for walk, requested in walks]
    if estimate:
        outlooks = [(name, one and await pricer.estimate(one)) for name, one in outlooks]
    return await pricer.prices(outlooks)
