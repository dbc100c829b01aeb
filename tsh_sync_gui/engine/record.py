"""One record by its id: its detail serves the list columns too."""

from __future__ import annotations

from collections.abc import Mapping

from tsh_sync_gui.core.errors import RecordGoneError
from tsh_sync_gui.core.values import CallKind, Lane, Phase
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import Batch, DetailBatch, Mirror, Source
from tsh_sync_gui.engine.runs import WalkRun


async def fetch_record(
    plan: WalkPlan,
    run: WalkRun,
    *,
    source: Source,
    mirror: Mirror,
    normalizers: Mapping[str, Normalizer],
    lane: Lane = Lane.PERSON,
) -> None:
    """Fetch the record the plan names and store it; one that is gone is tombstoned.

    Raises RecordGoneError when neither side knows the id.
    """
    caller = run.caller(plan.leader, lane, CallKind.DETAIL)
    known = await run.patiently(lambda: mirror.raw(plan.leader, plan.record_id))
    try:
        reply = await run.work(source.detail(plan.api, plan.record_id, caller))
    except RecordGoneError:
        if known is None:
            raise
        gone: dict[str, tuple[str, ...]] = {one.name: (plan.record_id,) for one in plan.members}
        await run.commit(run.step(Phase.LIST, gone=gone))
        return
    batches: list[Batch] = []
    details: list[DetailBatch] = []
    for entity in plan.members:
        stored = known if entity == plan.leader else await mirror.raw(entity, plan.record_id)
        batch, detail = normalizers[entity.name].record(reply.records[0], stored_raw=stored, observed_at=reply.sent_at)
        batches.append(batch)
        details.append(detail)
    await run.commit(run.step(Phase.LIST, batches=tuple(batches), details=tuple(details)))
