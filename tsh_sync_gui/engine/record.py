"""One record by its id: its detail serves the list columns too."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import structlog

from tsh_sync_gui.core.errors import EndpointAbsentError, MissingPermissionError, RecordGoneError, RecordRejectedError
from tsh_sync_gui.core.values import CallKind, Lane, Phase
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import Batch, DetailBatch, Mirror, PageReply, Source
from tsh_sync_gui.engine.relations import parent_ids
from tsh_sync_gui.engine.runs import WalkRun
from tsh_sync_gui.entities.spec import Entity


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

    For a webhook, records that it names and the mirror does not know (an invoice's customer) are fetched first and
    stored with it; what a person asks for costs the one call that was told.
    Raises RecordGoneError when neither side knows the id.
    """
    caller = run.caller(plan.leader, lane, CallKind.DETAIL)
    known = await run.patiently(lambda: mirror.raw(plan.leader, plan.record_id))
    try:
        reply = await run.work(source.detail(plan.api, plan.record_id, caller))
    except RecordGoneError as error:
        if known is None:
            raise unknown(plan, error) from error
        gone: dict[str, tuple[str, ...]] = {one.name: (plan.record_id,) for one in plan.members}
        await run.commit(run.step(Phase.LIST, gone=gone))
        return
    batches: list[Batch] = []
    details: list[DetailBatch] = []
    entities = {name: one.entity for name, one in normalizers.items()}
    named = parent_ids(reply.records[0], plan.leader, entities) if lane is Lane.WEBHOOKS else ()
    for parent, parent_id in named:
        if await run.patiently(partial(mirror.raw, parent, parent_id)) is not None:
            continue
        if (found := await _parent(plan, run, parent, parent_id, source=source, lane=lane)) is not None:
            batch, detail = normalizers[parent.name].record(
                found.records[0], stored_raw=None, observed_at=found.sent_at
            )
            batches.append(batch)
            details.append(detail)
    for entity in plan.members:
        stored = known if entity == plan.leader else await mirror.raw(entity, plan.record_id)
        batch, detail = normalizers[entity.name].record(reply.records[0], stored_raw=stored, observed_at=reply.sent_at)
        batches.append(batch)
        details.append(detail)
    await run.commit(run.step(Phase.LIST, batches=tuple(batches), details=tuple(details)))


def unknown(plan: WalkPlan, error: RecordGoneError) -> RecordGoneError:
    """Return *error* in words that name the record the plan asked for, which neither side has."""
    title = f"{plan.leader.title} {plan.record_id} is not in Zoho (it never was, or is gone)"
    return RecordGoneError(title, advice=error.advice, cause=error.cause)


async def _parent(
    plan: WalkPlan, run: WalkRun, parent: Entity, parent_id: str, *, source: Source, lane: Lane
) -> PageReply | None:
    """Return the detail of a record that the fetched one names; None when it cannot be had, which keeps nobody."""
    api = parent.api(plan.products)
    if api is None:
        return None
    try:
        return await run.work(source.detail(api, parent_id, run.caller(parent, lane, CallKind.DETAIL)))
    except (RecordGoneError, RecordRejectedError, EndpointAbsentError, MissingPermissionError) as error:
        structlog.get_logger(__name__).warning("related record", entity=parent.name, id=parent_id, error=error.title)
        return None
