"""Runs of other processes: followed to their end, taken over when their owner is dead; and what may be resumed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Final

import msgspec

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import ConfirmationRequiredError
from tsh_sync_gui.core.events import RunWaiting
from tsh_sync_gui.core.values import Mode, Phase
from tsh_sync_gui.engine.ports import Ledger, Ownership, RunInfo, Watermark
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.spec import Entity

SILENT_AFTER: Final = timedelta(minutes=2)
RESUMABLE_FOR: Final = timedelta(hours=24)
_LOOK_SECONDS: Final = (0.05, 0.1, 0.2, 0.5)
"""Soon at first: an owner that was killed lets go within moments."""


def is_silent(run: RunInfo, now: datetime) -> bool:
    """Tell whether a live run's owner has not been heard of for two minutes."""
    return run.ended_at is None and now - run.heartbeat_at > SILENT_AFTER


def resumable(
    runs: Sequence[RunInfo], request: SyncRequest, needed: Sequence[Entity], mark: Watermark, now: datetime
) -> list[RunInfo]:
    """Return the unfinished *runs* if *request* goes on with them, else none.

    *needed* are the entities to be walked now. Runs whose lists are done need no resuming: their watermark has moved,
    and the details before them stand in the tables.
    """
    if not runs or request.restart or request.record_id or request.since or request.dry_run:
        return []
    leader = runs[0]
    if now - (leader.ended_at or leader.heartbeat_at) > RESUMABLE_FOR or leader.phase is Phase.DETAILS:
        return []
    if leader.mode in {Mode.WINDOW, Mode.RECORD}:
        return []
    asks = leader.error_kind == ConfirmationRequiredError.kind
    if asks:
        return list(runs) if request.approve else []
    if mark.last_good_at and leader.started_at < mark.last_good_at:
        return []
    if (request.full or request.sweep) and leader.mode is Mode.INCREMENTAL:
        return []
    served = {run.entity for run in runs}
    return list(runs) if all(one.name in served for one in needed) else []


def as_begun(run: RunInfo, request: SyncRequest) -> SyncRequest:
    """Return *request* with what the broken-off *run* was asked to do; what it has done of that is left out."""
    try:
        begun = msgspec.convert(run.request, SyncRequest)
    except msgspec.ValidationError:
        # Another version of the program began it.
        return request
    details = begun.details
    if isinstance(details, int):
        details = max(0, details - run.details_done)
    is_listed = run.phase is Phase.DETAILS and run.mode not in {Mode.WINDOW, Mode.RECORD}
    return msgspec.structs.replace(
        begun,
        entities=request.entities,
        full=begun.full and not is_listed,
        sweep=begun.sweep and not is_listed,
        force=begun.force and not is_listed,
        details=details,
        restart=False,
        take_over=request.take_over,
        goes_on=True,
    )


class Follower:
    """Waits for the runs of other processes."""

    def __init__(self, ledger: Ledger, bus: Bus, clock: Clock) -> None:
        self._ledger = ledger
        self._bus = bus
        self._clock = clock

    async def alone(self, lock: str) -> Ownership:
        """Return the ownership of *lock* as soon as nobody else has it."""
        for seconds in chain(_LOOK_SECONDS, repeat(_LOOK_SECONDS[-1])):
            if ownership := await self._ledger.own(lock):
                return ownership
            await self._clock.sleep(seconds)
        raise AssertionError("unreachable: the looks never end")

    async def follow(self, walk: str, requested: Sequence[Entity], *, take_over: bool) -> Ownership | list[RunInfo]:
        """Return the ended runs, or the walk's ownership as soon as its owner has let go without ending them."""
        followed: dict[str, RunInfo] = {}
        for seconds in chain(_LOOK_SECONDS, repeat(_LOOK_SECONDS[-1])):
            for entity in requested:
                live = await self._ledger.live_run(entity.name)
                if live and entity.name not in followed:
                    followed[entity.name] = live
                    detail = f"{live.machine} · {live.user}" if live.user else live.machine
                    self._bus.publish(
                        RunWaiting(run=live.id, entity=entity.name, reason="other_machine", detail=detail)
                    )
            ended = [one for run in followed.values() if (one := await self._ledger.run(run.id)) and one.ended_at]
            if followed and len(ended) == len(followed):
                return ended
            silent = any(is_silent(run, self._clock.now()) for run in followed.values())
            if ownership := await self._ledger.own(walk, take_over=take_over and silent):
                return ownership
            await self._clock.sleep(seconds)
        raise AssertionError("unreachable: the looks never end")
