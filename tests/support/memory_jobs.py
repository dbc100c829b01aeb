"""A queue and its worker in memory: the port's promises in the fewest words, for tests that need no database."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import ConfigurationError, SyncError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports.jobs import (
    AT_ONCE,
    JOB,
    Attempt,
    GivenUp,
    Job,
    JobContext,
    JobId,
    JobState,
    Kind,
    Outcome,
    QueueStatus,
)
from tsh_sync_gui.engine.retrying import Retrying

LANES = list(Lane)
SETTLES_AT_MOST = 5


@dataclass
class MemoryJobs:
    """Fulfils `engine.ports.jobs.Jobs` and `Attempts`."""

    clock: Clock
    all: dict[JobId, Job] = field(default_factory=dict)
    due: dict[JobId, datetime] = field(default_factory=dict)
    until: dict[JobId, datetime] = field(default_factory=dict)
    began: dict[tuple[str, str], datetime] = field(default_factory=dict)
    running: dict[JobId, asyncio.Task[None]] = field(default_factory=dict)
    tried: list[Attempt] = field(default_factory=list)

    async def enqueue(
        self,
        kind: str,
        arguments: Mapping[str, Any],
        *,
        lane: Lane,
        key: str = "",
        run_at: datetime | None = None,
        settle: timedelta = AT_ONCE,
        connection: Any | None = None,
    ) -> JobId | None:
        assert connection is None, "memory has no transactions"
        now = self.clock.now()
        began = self.began.get((kind, key)) if key else None
        same = [job for job in self._in(JobState.WAITING) if key and (job.kind, job.key) == (kind, key)]
        recent = began is not None and began > now - settle
        settles = run_at is None and settle > AT_ONCE and (recent or any(job.id in self.until for job in same))
        at = now + settle if settles else run_at
        if not same:
            job = Job(
                id=JobId(str(len(self.all) + 1)),
                kind=kind,
                arguments=dict(arguments),
                key=key,
                lane=lane,
                attempts=0,
                scheduled_at=at,
                state=JobState.WAITING,
            )
            self.all[job.id], self.due[job.id] = job, now
            if settles:
                self.until[job.id] = now + settle * SETTLES_AT_MOST
            return job.id
        one = same[0]
        if one.scheduled_at is None or at is None:
            at = None
        elif settles and one.id in self.until:
            at = max(one.scheduled_at, min(at, self.until[one.id]))
        else:
            at = min(at, one.scheduled_at)
        lane = min(lane, one.lane, key=LANES.index)
        self.all[one.id] = replace(one, lane=lane, attempts=0, scheduled_at=at)
        return None

    async def cancel(self, job: JobId) -> bool:
        one = self.all.get(job)
        if one is None or one.state not in {JobState.WAITING, JobState.RUNNING}:
            return False
        if one.state is JobState.RUNNING:
            self.running[job].cancel("cancelled")
        else:
            self.set(job, state=JobState.CANCELLED)
        return True

    async def retry(self, job: JobId) -> None:
        one = self.all.get(job)
        if one is None:
            raise ConfigurationError(f"There is no job {job}")
        waits = any(
            other.key and (other.kind, other.key) == (one.kind, one.key) for other in self._in(JobState.WAITING)
        )
        if one.state not in {JobState.WAITING, JobState.RUNNING} and not waits:
            self.set(job, state=JobState.WAITING, attempts=0, scheduled_at=None)

    async def hurry(self, job: JobId) -> bool:
        one = self.all.get(job)
        if one is None or one.state is not JobState.WAITING:
            return False
        self.set(job, scheduled_at=None)
        return True

    async def waits(self, kind: str, key: str) -> Job | None:
        found = [*self._in(JobState.RUNNING), *self._in(JobState.WAITING)]
        return next((job for job in found if (job.kind, job.key) == (kind, key)), None)

    async def tries(self, *jobs: JobId) -> Mapping[JobId, Sequence[Attempt]]:
        return {job: found for job in jobs if (found := await self.of(JOB, job))}

    async def find(self, job: JobId) -> Job | None:
        return self.all.get(job)

    async def jobs(self, *states: JobState, limit: int = 100) -> Sequence[Job]:
        found = [job for job in self.all.values() if not states or job.state in states]
        return sorted(found, key=lambda job: -int(job.id))[:limit]

    async def waiting(self) -> QueueStatus:
        now, waiting = self.clock.now(), self._in(JobState.WAITING)
        due = [now - (job.scheduled_at or self.due[job.id]) for job in waiting]
        lanes = [job.lane for job in waiting]
        return QueueStatus(
            depth=len(waiting),
            oldest_seconds=max([AT_ONCE, *due]).total_seconds(),
            running=len(self._in(JobState.RUNNING)),
            failed=len(self._in(JobState.FAILED)),
            by_lane={lane.value: lanes.count(lane) for lane in LANES if lane in lanes},
        )

    async def keep(self, attempt: Attempt, connection: Any | None = None) -> None:
        assert connection is None, "memory has no transactions"
        self.tried.append(replace(attempt, title=redact(attempt.title), traceback=redact(attempt.traceback)))

    async def of(self, subject: str, *subject_ids: str) -> Sequence[Attempt]:
        return [one for one in self.tried if one.subject == subject and one.subject_id in subject_ids]

    async def count(self, subject: str, subject_id: str) -> int:
        return len(await self.of(subject, subject_id))

    def set(self, job: JobId, **changes: Any) -> Job:
        """Change a job."""
        self.all[job] = replace(self.all[job], **changes)
        return self.all[job]

    def next(self, kinds: Iterable[str]) -> Job | None:
        """Return what is to be done next."""
        now = self.clock.now()
        busy = {(job.kind, job.key) for job in self._in(JobState.RUNNING) if job.key}
        ready = [
            job
            for job in self._in(JobState.WAITING)
            if job.kind in kinds
            and (job.scheduled_at is None or job.scheduled_at <= now)
            and (job.kind, job.key) not in busy
        ]
        return min(ready, key=lambda job: (LANES.index(job.lane), int(job.id)), default=None)

    def _in(self, state: JobState) -> list[Job]:
        return [job for job in self.all.values() if job.state is state]


class MemoryWorker:
    """Fulfils `engine.ports.jobs.Worker` over MemoryJobs."""

    def __init__(
        self, jobs: MemoryJobs, kinds: Iterable[Kind], *, retrying: Retrying, on_given_up: GivenUp, may_call: Any
    ) -> None:
        self._jobs = jobs
        self._kinds = {kind.name: kind for kind in kinds}
        self._retrying = retrying
        self._on_given_up = on_given_up
        self._may_call = may_call

    async def run(self, *, concurrency: int) -> None:
        tasks: set[asyncio.Task[None]] = set()
        try:
            while True:
                names = [
                    kind.name
                    for kind in self._kinds.values()
                    if (self._may_call() or not kind.calls_zoho) and not kind.rests()
                ]
                while len(tasks) < concurrency and (job := self._jobs.next(names)):
                    job = self._jobs.set(job.id, state=JobState.RUNNING)
                    self._jobs.until.pop(job.id, None)
                    self._jobs.began[job.kind, job.key] = self._jobs.clock.now()
                    task = asyncio.create_task(self._do(job))
                    self._jobs.running[job.id] = task
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
                await asyncio.sleep(0.005)
        finally:
            for task in tasks:
                task.cancel("stopping")
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _do(self, job: Job) -> None:
        context, now = JobContext(job), self._jobs.clock.now()
        outcome, state, again_at, words, counted = Outcome.DONE, JobState.DONE, None, {}, True
        try:
            await self._kinds[job.kind].handler(job.arguments, context)
        except asyncio.CancelledError as error:
            stopping = error.args == ("stopping",)
            outcome = Outcome.POSTPONED if stopping else Outcome.CANCELLED
            state, counted = (JobState.WAITING, False) if stopping else (JobState.CANCELLED, True)
        except Exception as error:  # noqa: BLE001 -- what becomes of it is the policy's word
            verdict = self._retrying.after(error, attempts=job.attempts, now=now, chance=lambda: 0.5)
            again_at, counted = verdict.again_at, verdict.counts
            state = JobState.FAILED if again_at is None else JobState.WAITING
            outcome = Outcome.GIVEN_UP if again_at is None else Outcome.FAILED if counted else Outcome.POSTPONED
            ours = isinstance(error, SyncError)
            words = {"error_kind": error.kind if ours else "unexpected", "title": str(error), "traceback": repr(error)}
        attempt = Attempt(
            subject=JOB,
            subject_id=job.id,
            attempt=context.attempt,
            started_at=now,
            ended_at=now,
            outcome=outcome,
            request=context.request,
            answer=context.answer,
            run_id=context.run_id,
            **words,
        )
        await self._jobs.keep(attempt)
        if outcome is Outcome.GIVEN_UP:
            await self._on_given_up(job, attempt, None)
        waits = [one for one in self._jobs.all.values() if one.state is JobState.WAITING and one.key]
        if state is JobState.WAITING and (job.kind, job.key) in {(one.kind, one.key) for one in waits}:
            state = JobState.CANCELLED
        self._jobs.set(job.id, state=state, attempts=job.attempts + counted, scheduled_at=again_at)
