"""Runs of single records beside the walks: seen in the history, owning no walk, never left open by what goes wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import structlog
from msgspec import structs

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.values import Calls, Mode, Phase, RunState
from tsh_sync_gui.engine.board import Board
from tsh_sync_gui.engine.outcomes import interrupted, new_run, started
from tsh_sync_gui.engine.ports import Batch, DetailBatch, RunInfo, Step
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.spec import Entity


@asynccontextmanager
async def open_run(parts: Parts, entity: Entity, *, trigger: str, calls: int) -> AsyncIterator[RunInfo]:
    """Write a run of single records of *entity* that begins, and end it as failed when the context's body raises.

    *calls* is what it is foreseen to cost. What a killed program leaves open, the entity's next walk closes.
    """
    info = new_run(
        entity,
        mode=Mode.RECORD,
        state=RunState.RUNNING,
        trigger=trigger,
        at=parts.clock.now(),
        forecast_calls=calls,
    )
    await parts.ledger.add_ended([info])
    parts.bus.publish(started(info, resumed=False))
    try:
        yield info
    except BaseException as error:
        try:
            await asyncio.shield(_fail(parts, info, error))
        except SyncError as second:
            # The database is away: what broke the run is told, and the next walk closes it.
            structlog.get_logger(__name__).warning("a record's run is not ended", run=info.id, cause=second.title)
        raise


async def store_in(
    parts: Parts,
    info: RunInfo,
    batches: Sequence[Batch],
    details: Sequence[DetailBatch],
    *,
    calls: Calls = Calls(),  # noqa: B008 -- frozen
) -> RunInfo:
    """Store records in the run *info* and end it; what was refused stands in the dead letters again."""
    step = Step(
        leader=info.id,
        runs={info.entity: info.id},
        phase=Phase.LIST,
        batches=tuple(batches),
        details=tuple(details),
        calls=calls,
    )
    stored = await parts.mirror.store(step)
    counts = stored.totals.get(info.entity, info.counts)
    now = parts.clock.now()
    ended = structs.replace(
        info,
        state=RunState.PARTLY_DONE if counts.failed else RunState.UP_TO_DATE,
        counts=counts,
        calls=calls,
        ended_at=now,
        seconds=(now - info.started_at).total_seconds(),
    )
    ended = await parts.ledger.finish(ended, None)
    Board({info.entity: ended}, info.entity, parts.bus).ended(ended, at=now, outstanding=None)
    return ended


async def _fail(parts: Parts, info: RunInfo, error: BaseException) -> None:
    told = interrupted() if isinstance(error, asyncio.CancelledError) else error
    now = parts.clock.now()
    words = redact(getattr(told, "title", "") or f"{type(told).__name__}: {told}")
    ended = structs.replace(
        info,
        state=RunState.FAILED,
        error_kind=getattr(told, "kind", "unexpected"),
        title=words,
        advice=getattr(told, "advice", ""),
        ended_at=now,
        seconds=(now - info.started_at).total_seconds(),
    )
    ended = await parts.ledger.finish(ended, None)
    Board({info.entity: ended}, info.entity, parts.bus).ended(ended, at=now, outstanding=None)
