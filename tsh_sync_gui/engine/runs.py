"""One walk's runs while this process works on them: figures, waits, pause and cancel, heartbeat, and the end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import structlog
from msgspec import structs

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import LostOwnershipError, SyncError, UnreachableError
from tsh_sync_gui.core.values import CallKind, Calls, Counts, Lane, Phase, RunId, RunState
from tsh_sync_gui.engine.board import Board
from tsh_sync_gui.engine.patience import patiently
from tsh_sync_gui.engine.ports import (
    Caller,
    Checkpoint,
    Ledger,
    Mirror,
    Ownership,
    RunInfo,
    Step,
    Stored,
    Watermark,
)
from tsh_sync_gui.entities.spec import Entity

_BEAT_SECONDS: Final = 1.0
_LAST_WORDS_SECONDS: Final = 5.0
"""How long the end of a cancelled run may take to be written while the database is away."""

T = TypeVar("T")


class CancelledByPersonError(SyncError):
    """A person cancelled the run; what is stored stays, the next sync goes on from there."""

    kind = "cancelled"


class WalkRun:
    """The runs of one walk, owned by this process."""

    def __init__(
        self,
        board: Board,
        *,
        ledger: Ledger,
        mirror: Mirror,
        ownership: Ownership,
        clock: Clock,
        checkpoint: Checkpoint,
    ) -> None:
        self.board = board
        self.checkpoint = checkpoint
        self._ledger = ledger
        self._mirror = mirror
        self._ownership = ownership
        self._clock = clock
        self._booked = Calls()
        self._uncertain = False
        self._asked = ""
        self._asker = ""
        self._changed = asyncio.Event()
        self._beat: asyncio.Task[None] | None = None
        self._since: float | None = None
        self._active = 0.0

    @property
    def infos(self) -> dict[str, RunInfo]:
        """Return the walk's runs by entity."""
        return self.board.infos

    @property
    def id(self) -> RunId:
        """Return the leader's run id."""
        return self.board.id

    def start(self) -> None:
        """Begin the heartbeat."""
        self._beat = asyncio.create_task(self._beating(), name=f"heartbeat {self.board.leader}")

    def attend(self) -> None:
        """Begin to count the time that is spent on this walk."""
        self._since = self._clock.monotonic()

    def rest(self) -> None:
        """Stop counting: another walk of the same request has its turn."""
        if self._since is not None:
            self._active += self._clock.monotonic() - self._since
            self._since = None

    async def stop(self) -> None:
        """End the heartbeat and let the walk go."""
        await self._still()
        with contextlib.suppress(SyncError):
            await self._ownership.release()

    async def _still(self) -> None:
        """End the heartbeat, before a last state is written that it might write over."""
        beat, self._beat = self._beat, None
        if beat:
            beat.cancel()
            await asyncio.wait({beat})

    def caller(self, entity: Entity, lane: Lane, kind: CallKind) -> Caller:
        """Return on whose behalf the next call is made; its calls are booked to the walk's leader."""
        return Caller(
            lane=lane, kind=kind, run=self.id, entity=entity.name, on_wait=self.board.waits, on_sent=self._sent
        )

    def _sent(self, kind: CallKind) -> None:
        self._booked = self._booked.plus(kind)

    def ask(self, word: str, by: str = "") -> None:
        """Pause, resume or cancel at once; the same word arrives through the ledger from other processes."""
        if self._asked != "cancel":
            self._asked, self._asker = word, by
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def work(self, coroutine: Awaitable[T]) -> T:
        """Await *coroutine*, which a cancel breaks off and a pause holds up; never a commit."""
        try:
            await self.breathe()
        except BaseException:
            if isinstance(coroutine, Coroutine):
                coroutine.close()
            raise
        task = asyncio.ensure_future(coroutine)
        try:
            while not task.done():
                changed = asyncio.ensure_future(self._changed.wait())
                try:
                    await asyncio.wait({task, changed}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
                self._end_if_cancelled()
            return task.result()
        finally:
            if not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, SyncError):
                    await task

    async def breathe(self) -> None:
        """Hold here while paused; raises CancelledByPersonError when asked to cancel."""
        while self._asked == "pause":
            self.board.is_paused(by=self._asker)
            await self._mark(state=RunState.PAUSED, waiting_for=self._asker, waiting_until=None)
            while self._asked == "pause":
                await self._changed.wait()
            if self._asked != "cancel":
                self._asked = ""
                self.board.goes_on()
                await self._mark(state=RunState.RUNNING, waiting_for="")
        self._end_if_cancelled()
        self._asked = ""

    def _end_if_cancelled(self) -> None:
        if self._asked == "cancel":
            raise CancelledByPersonError("Cancelled", advice="The next sync goes on from here.")

    async def _mark(self, **changes: Any) -> None:
        for run in self.board.ids:
            await self.patiently(partial(self._ledger.mark, run, **changes))

    async def enter(self, phase: Phase, *, expected: int | None) -> None:
        """Go on to *phase*."""
        await self._mark(**self.board.enters(phase, expected=expected))

    def step(self, phase: Phase, **what: Any) -> Step:
        """Return a step of this walk's runs with *what* it brings, by Step's names."""
        return Step(leader=self.id, runs={name: info.id for name, info in self.infos.items()}, phase=phase, **what)

    async def commit(self, step: Step) -> Stored:
        """Store *step* with the calls made since the last one; safe though the connection dies in the commit."""
        calls, self._booked = self._booked, Calls()
        checkpoint = structs.replace(step.checkpoint or self.checkpoint, step=self.checkpoint.step + 1)
        step = replace(step, calls=calls, checkpoint=checkpoint)
        stored = await self.patiently(lambda: self._store(step, checkpoint))
        self.checkpoint = checkpoint
        self.board.note(step, stored, calls)
        return stored

    def restart(self, checkpoint: Checkpoint) -> None:
        """Walk anew from *checkpoint*, with the walk's start and the count of its steps."""
        started, step = self.checkpoint.started, self.checkpoint.step
        self.checkpoint = structs.replace(checkpoint, started=started, step=step)

    async def _store(self, step: Step, checkpoint: Checkpoint) -> Stored:
        if self._uncertain:
            known = await self._ledger.checkpoint(self.id)
            if known is not None and known.step == checkpoint.step:
                self._uncertain = False
                return await self._as_stored(step)
        self._uncertain = True
        stored = await self._mirror.store(step)
        self._uncertain = False
        return stored

    async def _as_stored(self, step: Step) -> Stored:
        totals = {}
        for name, run in step.runs.items():
            info = await self._ledger.run(run)
            totals[name] = info.counts if info else Counts()
        return Stored(counts={}, totals=totals)

    async def patiently(self, make: Callable[[], Awaitable[T]]) -> T:
        """Do a database operation, waiting in place while the database is away; only the owner goes on afterwards.

        Raises LostOwnershipError when the walk has another owner by then, CancelledByPersonError when a person
        cancels meanwhile.
        """
        missed = 0

        def note(error: UnreachableError, tries: int) -> None:
            nonlocal missed
            missed = tries
            _log_miss(error, tries)
            if tries > 1:
                self.board.misses_database(error)

        result = await patiently(make, wait=self._rest_unless_asked, missed=note, before_again=self._hold_on)
        if missed > 1 and self._asked != "pause":
            self.board.goes_on()
        return result

    async def _hold_on(self) -> None:
        if not await self._ownership.held():
            raise LostOwnershipError("Another process has taken this run over", advice="It goes on there.")

    async def _rest_unless_asked(self, seconds: float) -> None:
        """Rest; a cancel ends it, and a pause is told at once and kept when the database is back."""
        resting = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            while not resting.done():
                self._end_if_cancelled()
                if self._asked == "pause":
                    self.board.is_paused(by=self._asker)
                elif self.board.is_held:
                    self.board.goes_on()
                changed = asyncio.ensure_future(self._changed.wait())
                try:
                    await asyncio.wait({resting, changed}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
            self._end_if_cancelled()
        finally:
            resting.cancel()

    async def _beating(self) -> None:
        """Write the heartbeat and hear what other processes ask."""
        shown: dict[str, tuple[RunState, datetime | None]] = {}
        while True:
            await self._clock.sleep(_BEAT_SECONDS)
            try:
                asked = await self._ledger.beat(self.board.ids)
                for info in list(self.infos.values()):
                    if shown.get(info.entity, (RunState.RUNNING, None)) != (info.state, info.waiting_until):
                        shown[info.entity] = (info.state, info.waiting_until)
                        await self._ledger.mark(
                            info.id, state=info.state, waiting_for=info.waiting_for, waiting_until=info.waiting_until
                        )
            except SyncError as error:
                structlog.get_logger(__name__).warning("heartbeat not written", error=error.title)
                continue
            if asked is not None:
                self.ask(asked.word, asked.by)

    async def finish(
        self,
        state: RunState,
        *,
        error: SyncError | None = None,
        watermarks: dict[str, Watermark] | None = None,
        until: datetime | None = None,
        outstanding: int | None = None,
    ) -> list[RunInfo]:
        """End all runs of the walk; returns them as stored."""
        ended = []
        await self._still()
        self.rest()
        for name, info in self.infos.items():
            own = state
            if state is RunState.UP_TO_DATE and info.counts.failed:
                own = RunState.PARTLY_DONE
            info = structs.replace(  # noqa: PLW2901 -- the same run, ended
                info,
                state=own,
                calls=info.calls + self._booked if name == self.board.leader else info.calls,
                ended_at=self._clock.now(),
                seconds=info.seconds + self._active,
                waiting_for=error.waits_for if error else "",
                waiting_until=until,
                error_kind=error.kind if error else "",
                title=error.title if error else "",
                advice=error.advice if error else "",
                cause=error.cause if error else "",
            )
            stored = await self._write_end(info, (watermarks or {}).get(name))
            ended.append(stored)
            self.board.ended(stored, at=self._clock.now(), outstanding=outstanding)
        self._booked, self._active = Calls(), 0.0
        return ended

    async def _write_end(self, info: RunInfo, mark: Watermark | None) -> RunInfo:
        """Write how a run ended; who cancelled does not wait long for the database.

        Without it the run is left as it is: the next sync finds it without an owner.
        """
        write = partial(self._ledger.finish, info, mark)
        if self._asked != "cancel":
            return await self.patiently(write)
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                return await patiently(write, wait=self._clock.sleep, missed=_log_miss, before_again=self._hold_on)
        except TimeoutError:
            structlog.get_logger(__name__).warning("no database to end a run in", entity=info.entity)
            return info


def _log_miss(error: UnreachableError, tries: int) -> None:
    structlog.get_logger(__name__).warning("database away", error=error.title, tries=tries)
