"""Records that a letter's repair brings, stored as a run of their own: it is seen in the history and linked to."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from tsh_sync_gui.core.values import Calls, Mode, Phase, RunState
from tsh_sync_gui.engine.board import Board
from tsh_sync_gui.engine.outcomes import new_run, started
from tsh_sync_gui.engine.ports import Batch, DetailBatch, RunInfo, Step
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.spec import Entity

TRIGGER = "dead letter"


async def open_run(parts: Parts, entity: Entity, *, calls: int) -> RunInfo:
    """Write a run of single records of *entity* that begins; *calls* is what it is foreseen to cost."""
    info = new_run(
        entity,
        mode=Mode.RECORD,
        state=RunState.RUNNING,
        trigger=TRIGGER,
        at=parts.clock.now(),
        forecast_calls=calls,
    )
    await parts.ledger.add_ended([info])
    parts.bus.publish(started(info, resumed=False))
    return info


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


async def fail(parts: Parts, info: RunInfo, error: BaseException) -> None:
    """End a run that brought nothing."""
    now = parts.clock.now()
    words = getattr(error, "title", "") or f"{type(error).__name__}: {error}"
    ended = structs.replace(
        info,
        state=RunState.FAILED,
        error_kind=getattr(error, "kind", "unexpected"),
        title=words,
        advice=getattr(error, "advice", ""),
        ended_at=now,
        seconds=(now - info.started_at).total_seconds(),
    )
    ended = await parts.ledger.finish(ended, None)
    Board({info.entity: ended}, info.entity, parts.bus).ended(ended, at=now, outstanding=None)
