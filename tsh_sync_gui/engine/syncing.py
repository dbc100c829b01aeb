"""One walk from plan to end: own it, list, sweep, details, and say how it ended."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

import structlog
from msgspec import structs, to_builtins

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import (
    ConfigurationError,
    ConfirmationRequiredError,
    EndpointAbsentError,
    LostOwnershipError,
    QuotaExhaustedError,
    SyncError,
    UnreachableError,
    WrongOrganizationError,
)
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import Lane, Phase, RunId, RunState
from tsh_sync_gui.engine.absence import Absences
from tsh_sync_gui.engine.board import Board
from tsh_sync_gui.engine.details import DetailWork
from tsh_sync_gui.engine.fallback import by_other_product, without_filter
from tsh_sync_gui.engine.marks import moved, unfinished_mark
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.outcomes import interrupted, new_run, started, state_of
from tsh_sync_gui.engine.plan import WalkPlan, paying_lane
from tsh_sync_gui.engine.ports import (
    Budget,
    CallLog,
    KeptPages,
    Ledger,
    Mirror,
    Ownership,
    RunInfo,
    Source,
    Wait,
    Watermark,
)
from tsh_sync_gui.engine.recall import Recall, list_name
from tsh_sync_gui.engine.record import fetch_record
from tsh_sync_gui.engine.runs import WalkRun
from tsh_sync_gui.engine.sweep import Sweep
from tsh_sync_gui.engine.views import Forecast, SyncRequest
from tsh_sync_gui.engine.walk import FilterIgnoredError, ListWalk, Pace, PageReader, first_checkpoint

_LAST_WORDS_SECONDS: Final = 5.0
_FRESH: Final[dict[str, Any]] = {
    "state": RunState.RUNNING,
    "ended_at": None,
    "error_kind": "",
    "title": "",
    "advice": "",
    "cause": "",
    "waiting_for": "",
    "waiting_until": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the engine works with."""

    settings: Callable[[], Settings]
    source: Source
    mirror: Mirror
    ledger: Ledger
    budget: Budget
    bus: Bus
    clock: Clock
    absences: Absences
    kept: KeptPages
    calls: CallLog
    normalizers: dict[str, Normalizer]

    def pace(self) -> Pace:
        """Return how walks may ask now."""
        now = self.settings()
        return Pace(per_page=now.batch_size, concurrency=now.concurrency, per_minute=now.per_minute)


class WalkJob:
    """One walk of a request while this process owns it."""

    def __init__(
        self,
        plan: WalkPlan,
        request: SyncRequest,
        ownership: Ownership,
        parts: Parts,
        marks: Mapping[str, Watermark],
        *,
        forecast: Forecast,
    ) -> None:
        self.plan = plan
        self.run: WalkRun | None = None
        self.ended: list[RunInfo] = []
        self.dropped: list[RunInfo] = []
        self._request = request
        self._ownership = ownership
        self._parts = parts
        self._marks = marks
        self._forecast = forecast
        self._listed_at: datetime | None = None
        self._work: DetailWork | None = None

    @property
    def lane(self) -> Lane:
        """Return whose share pays for the list calls."""
        return paying_lane(self.plan, self._request)

    async def open(self, unfinished: list[RunInfo]) -> None:
        """Resume the *unfinished* runs, or write new ones."""
        parts = self._parts
        checkpoint = first_checkpoint(self.plan, parts.source)
        if unfinished:
            checkpoint = await parts.ledger.checkpoint(unfinished[0].leader) or checkpoint
            infos = {one.entity: structs.replace(one, **_FRESH) for one in unfinished}
            leader = next((one.entity for one in unfinished if one.id == one.leader), unfinished[0].entity)
        else:
            leader = self.plan.leader.name
            infos = self._new_runs()
            await parts.ledger.open_runs([infos[leader], *(i for n, i in infos.items() if n != leader)], checkpoint)
        self.run = WalkRun(
            Board(infos, leader, parts.bus),
            ledger=parts.ledger,
            mirror=parts.mirror,
            ownership=self._ownership,
            clock=parts.clock,
            checkpoint=checkpoint,
        )
        for info in infos.values():
            if unfinished:
                await parts.ledger.mark(info.id, **_FRESH)
            parts.bus.publish(started(info, resumed=bool(unfinished)))
        self.run.start()

    def _new_runs(self) -> dict[str, RunInfo]:
        lead, now = RunId(uuid.uuid4().hex), self._parts.clock.now()
        infos = {}
        for entity in self.plan.running:
            is_leader = entity == self.plan.leader
            mark = self._marks[entity.name]
            infos[entity.name] = new_run(
                entity,
                run=lead if is_leader else None,
                leader=lead,
                mode=self.plan.mode,
                state=RunState.RUNNING,
                trigger=self._request.trigger if entity in self.plan.requested else f"rides on {self.plan.leader.name}",
                at=now,
                request=to_builtins(self._request),
                expected=self._expected(mark, is_leader=is_leader),
                forecast_calls=self._forecast.calls_high if is_leader else 0,
            )
        return infos

    def _expected(self, mark: Watermark, *, is_leader: bool) -> int | None:
        """Return how many records a run will meet; how long an estimate found the list to be, the leader's alone."""
        if not self.plan.covers_all:
            return None
        return self._forecast.records if mark.remote is None and is_leader else mark.remote

    async def lists(self) -> bool:
        """Do the list and sweep phases; returns whether details may follow. Ends the runs when it fails."""
        return await self._guarded(self._lists)

    async def details(self) -> None:
        """Do the details phase and end the runs."""
        await self._guarded(self._details)

    async def abandon(self) -> None:
        """End runs that a cancellation or another walk's failure leaves behind; they stay resumable.

        Without a database to say so in, they are left as they are: the next sync finds them without an owner.
        """
        if self.run is None or self.ended:
            return
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await self._end(self.run, RunState.CANCELLED, interrupted())
        except (TimeoutError, SyncError):
            structlog.get_logger(__name__).warning("no database to end a run in", entity=self.plan.leader.name)
            await self.run.stop()

    async def _lists(self) -> None:
        run = self._need()
        if self.plan.record_id:
            await fetch_record(
                self.plan,
                run,
                source=self._parts.source,
                mirror=self._parts.mirror,
                normalizers=self._parts.normalizers,
                lane=self._request.lane or Lane.PERSON,
            )
            return
        if run.board.phase is Phase.LIST:
            await self._walk(run)
        if self.plan.covers_all and run.board.phase is not Phase.DETAILS:
            await self._sweep(run)
        if self._listed_at is None and run.board.phase is not Phase.DETAILS:
            self._listed_at = self._parts.clock.now()
            marks = [unfinished_mark(mark, self._marks[name]) for name, mark in self._watermarks().items()]
            await run.patiently(partial(self._parts.ledger.move, marks))
        work = self._detail_work(run)
        if waiting := await work.waiting(self._request.details):
            # The details of other walks may come first; until then this one shows what it has before it.
            await run.enter(Phase.DETAILS, expected=waiting)

    async def _walk(self, run: WalkRun) -> None:
        parts, pace = self._parts, self._parts.pace()
        while True:
            reader = PageReader(self.plan, parts.source, parts.normalizers, pace)
            expected = self._marks[self.plan.leader.name].remote
            name, first = list_name(self.plan, parts.source, pace.per_page), first_checkpoint(self.plan, parts.source)
            try:
                await ListWalk(
                    self.plan,
                    run,
                    reader,
                    Recall(parts.kept, self.plan, first, name),
                    source=parts.source,
                    ledger=parts.ledger,
                    pace=pace,
                    lane=self.lane,
                    expected=expected,
                    filter_absent=self._marks[self.plan.leader.name].filter_absent,
                ).walk()
            except FilterIgnoredError:
                self._without_filter(run)
            except (EndpointAbsentError, WrongOrganizationError) as error:
                await self._other_product(run, error)
            else:
                return

    async def _other_product(self, run: WalkRun, error: SyncError) -> None:
        """Go on with the entity's other product after this one said that it does not know list or organization."""
        parts = self._parts
        self.plan = await by_other_product(self.plan, error, parts.absences)
        for name in [name for name in run.infos if name not in {one.name for one in self.plan.members}]:
            left = structs.replace(run.infos.pop(name), state=RunState.NEEDS_YOU, error_kind=error.kind)
            words = structs.replace(left, title=error.title, advice=error.advice, ended_at=parts.clock.now())
            self.dropped.append(await run.patiently(partial(parts.ledger.finish, words, None)))
        run.restart(first_checkpoint(self.plan, parts.source))

    def _without_filter(self, run: WalkRun) -> None:
        """Treat the list as one without a time filter from now on (design.md 5, What the engine does)."""
        structlog.get_logger(__name__).warning("time filter ignored", entity=self.plan.leader.name)
        mark = self._marks[self.plan.leader.name]
        self._marks = {**self._marks, self.plan.leader.name: structs.replace(mark, filter_absent=True)}
        if run.checkpoint.is_tail:
            # All was read; what changed meanwhile is left to the next incremental, whose watermark is the walk's start.
            run.checkpoint = structs.replace(run.checkpoint, done=True)
            return
        self.plan = without_filter(self.plan)
        run.restart(first_checkpoint(self.plan, self._parts.source))

    async def _sweep(self, run: WalkRun) -> None:
        sweep = Sweep(
            self.plan,
            run,
            source=self._parts.source,
            mirror=self._parts.mirror,
            absences=self._parts.absences,
            lane=self.lane,
        )
        await sweep.sweep(approved=self._request.approve)

    async def _details(self) -> None:
        run, parts = self._need(), self._parts
        await run.breathe()
        outstanding: int | None = None
        if not self.plan.record_id:
            for entity in self.plan.running:
                if entity.pull.details_age_days:
                    before = parts.clock.now() - timedelta(days=entity.pull.details_age_days)
                    await parts.mirror.expire_details(entity, before)
            self._work = self._work or self._detail_work(run)
            outstanding = await self._work.work(self._request.details, approved=self._request.approve)
        self.ended = await run.finish(RunState.UP_TO_DATE, watermarks=self._watermarks(), outstanding=outstanding)
        await run.stop()

    def _detail_work(self, run: WalkRun) -> DetailWork:
        parts = self._parts
        return DetailWork(
            self.plan,
            run,
            source=parts.source,
            mirror=parts.mirror,
            ledger=parts.ledger,
            budget=parts.budget,
            absences=parts.absences,
            normalizers=parts.normalizers,
            pace=parts.pace(),
            clock=parts.clock,
            lane=Lane.DETAILS if self._request.details is None else self.lane,
        )

    def _watermarks(self) -> dict[str, Watermark]:
        run, now = self._need(), self._parts.clock.now()
        return moved(
            self.plan, run.infos, self._marks, run.checkpoint.started, walked_at=self._listed_at or now, now=now
        )

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Do *work*; an error ends the runs with its state and words, a cancellation leaves them resumable."""
        run = self._need()
        run.attend()
        try:
            while True:
                try:
                    await work()
                except QuotaExhaustedError as error:
                    if not self._request.wait or error.resets_at is None:
                        raise
                    await self._wait_for_the_day(run, Wait(reason=error.waits_for, until=error.resets_at))
                except UnreachableError as error:
                    if error.what != "database":
                        raise
                    await run.patiently(partial(self._parts.ledger.beat, run.board.ids))
                else:
                    return True
        except asyncio.CancelledError:
            await asyncio.shield(self.abandon())
            raise
        except SyncError as error:
            state, until = state_of(error)
            await self._end(run, state, error, until)
            return False
        except Exception as error:  # noqa: BLE001 -- whatever broke, the run is closed as failed and says so
            structlog.get_logger(__name__).exception("run broke", entity=self.plan.leader.name)
            words = SyncError(
                "Something unexpected happened",
                advice="Nothing was half-written; the next sync goes on from here. The log has the details.",
                cause=repr(error),
            )
            await self._end(run, RunState.FAILED, words)
            return False
        finally:
            run.rest()

    async def _wait_for_the_day(self, run: WalkRun, wait: Wait) -> None:
        """Wait in short sleeps: a computer that slept meanwhile looks at the clock within a minute of waking."""
        run.board.waits(wait)
        rest = 1.0
        while rest > 0:
            await run.work(self._parts.clock.sleep(min(60.0, max(1.0, rest))))
            rest = (wait.until - self._parts.clock.now()).total_seconds()
        run.board.goes_on()

    async def _end(self, run: WalkRun, state: RunState, error: SyncError, until: datetime | None = None) -> None:
        marks = None
        if isinstance(error, ConfirmationRequiredError) and run.checkpoint.done:
            marks = {name: unfinished_mark(mark, self._marks[name]) for name, mark in self._watermarks().items()}
        try:
            self.ended = await run.finish(state, error=error, watermarks=marks, until=until)
        except LostOwnershipError:
            found = [await self._parts.ledger.run(one) for one in run.board.ids]
            self.ended = [one for one in found if one is not None]
        finally:
            await run.stop()

    def _need(self) -> WalkRun:
        if self.run is None:
            raise ConfigurationError("The run was not opened")
        return self.run
