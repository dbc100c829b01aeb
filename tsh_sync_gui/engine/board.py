"""The figures of one walk's runs as this process knows them, and the news of them."""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.events import (
    PageStored,
    PhaseStarted,
    RecordsRejected,
    RunContinued,
    RunFinished,
    RunPaused,
    RunWaiting,
)
from tsh_sync_gui.core.values import Calls, Phase, RunId, RunState
from tsh_sync_gui.engine.ports import RunInfo, Step, Stored, Wait


class Board:
    """The runs of one walk by entity; *leader* is the entity whose run makes the calls."""

    def __init__(self, infos: dict[str, RunInfo], leader: str, bus: Bus) -> None:
        self.infos = infos
        self.leader = leader
        self._bus = bus
        self._is_held = False

    @property
    def id(self) -> RunId:
        """Return the leader's run id."""
        return self.infos[self.leader].leader

    @property
    def ids(self) -> tuple[RunId, ...]:
        """Return all runs of the walk."""
        return tuple(info.id for info in self.infos.values())

    @property
    def phase(self) -> Phase:
        """Return the walk's phase."""
        return self.infos[self.leader].phase

    @property
    def is_held(self) -> bool:
        """Tell whether a person holds the walk."""
        return self._is_held

    def waits(self, wait: Wait | None) -> None:
        """Say that the walk waits, or, with None, that it goes on; one that a person holds is held."""
        if self._is_held:
            return
        if wait is None:
            self.goes_on()
            return
        for name, info in self.infos.items():
            self.infos[name] = replace(info, state=RunState.WAITING, waiting_for=wait.reason, waiting_until=wait.until)
            self._bus.publish(
                RunWaiting(run=info.id, entity=info.entity, reason=wait.reason, until=wait.until, detail=wait.detail)
            )

    def goes_on(self) -> None:
        """Say that the walk works again."""
        self._is_held = False
        for name, info in self.infos.items():
            self.infos[name] = replace(info, state=RunState.RUNNING, waiting_for="", waiting_until=None)
            self._bus.publish(RunContinued(run=info.id, entity=info.entity))

    def is_paused(self, *, by: str) -> None:
        """Say that a person holds the walk, and who it is."""
        self._is_held = True
        for name, info in self.infos.items():
            self.infos[name] = replace(info, state=RunState.PAUSED, waiting_for=by, waiting_until=None)
            self._bus.publish(RunPaused(run=info.id, entity=info.entity, by=by))

    def misses_database(self, error: SyncError) -> None:
        """Say that the walk waits for the database; one that a person holds is held."""
        if self._is_held:
            return
        for info in self.infos.values():
            self._bus.publish(RunWaiting(run=info.id, entity=info.entity, reason="database", detail=error.title))

    def enters(self, phase: Phase, *, expected: int | None) -> dict[str, object]:
        """Say that the walk goes on to *phase*; returns what has changed in its runs."""
        changes: dict[str, object] = {"phase": phase}
        if phase is Phase.DETAILS:
            changes |= {"details_total": expected or 0, "details_done": 0}
        elif expected is not None:
            changes |= {"expected": expected}
        for name, info in self.infos.items():
            self.infos[name] = replace(info, **changes)
            self._bus.publish(PhaseStarted(run=info.id, entity=info.entity, phase=phase, expected=expected))
        return changes

    def note(self, step: Step, stored: Stored, calls: Calls) -> None:
        """Take over and tell what a committed *step* did; *calls* are the leader's."""
        for name, info in list(self.infos.items()):
            counts = stored.totals.get(name, info.counts)
            booked = info.calls + calls if name == self.leader else info.calls
            info = replace(  # noqa: PLW2901 -- the same run, newer
                info,
                counts=counts,
                calls=booked,
                pages=info.pages + len(step.page_ids),
                details_done=info.details_done + step.details_done,
            )
            self.infos[name] = info
            in_details = step.phase is Phase.DETAILS
            self._bus.publish(
                PageStored(
                    run=info.id,
                    entity=name,
                    phase=step.phase,
                    counts=counts,
                    calls=booked,
                    done=info.details_done if in_details else counts.seen,
                    expected=info.details_total if in_details else info.expected,
                )
            )
        rejections = [(one.entity.name, one.rejected) for one in step.batches]
        rejections += [(one.entity.name, one.rejected) for one in step.details]
        for name, rejected in rejections:
            if rejected and name in self.infos:
                run, reason = self.infos[name].id, rejected[0].reason
                self._bus.publish(RecordsRejected(run=run, entity=name, number=len(rejected), reason=reason))

    def ended(self, info: RunInfo, *, at: datetime, outstanding: int | None) -> None:
        """Tell that *info* has ended."""
        self._bus.publish(
            RunFinished(
                run=info.id,
                entity=info.entity,
                state=info.state,
                counts=info.counts,
                calls=info.calls,
                seconds=info.seconds,
                at=info.ended_at or at,
                title=info.title,
                advice=info.advice,
                details_outstanding=outstanding,
            )
        )
