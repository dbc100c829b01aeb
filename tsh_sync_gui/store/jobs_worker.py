"""A worker: procrastinate's, with every attempt kept, and nothing lost by an outage or a kill."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, cast

import structlog
from procrastinate import App, BaseRetryStrategy, RetryDecision
from procrastinate import JobContext as TheirContext
from procrastinate import jobs as theirs
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.log import explained
from tsh_sync_gui.engine.outcomes import machine_name
from tsh_sync_gui.engine.ports.jobs import (
    JOB,
    Attempt,
    GivenUp,
    Job,
    JobContext,
    JobId,
    JobNews,
    JobState,
    Kind,
    Outcome,
)
from tsh_sync_gui.engine.retrying import Retrying, Verdict
from tsh_sync_gui.store import jobs_sql as sql
from tsh_sync_gui.store.attempts import PgAttempts
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.jobs_keeper import Keeper
from tsh_sync_gui.store.jobs_manager import Hand, OurConnections

_OURS: Final = "tsh_sync"
_AGAIN_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a worker looks and beats, when a silent one counts as dead, how long short jobs may end at a stop."""

    poll_s: float = 1.0
    heartbeat_s: float = 5.0
    stalled_s: float = 30.0
    grace_s: float = 2.0


class AgainError(Exception):
    """Tells procrastinate to put the job back for *at*."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self.at = at


class _Verdicts(BaseRetryStrategy):
    """What becomes of a job is decided where its attempt is kept; this passes it on."""

    def get_retry_decision(self, *, exception: BaseException, job: theirs.Job) -> RetryDecision | None:
        del job
        return RetryDecision(retry_at=exception.at) if isinstance(exception, AgainError) else None


async def _nobody(_job: Job, _attempt: Attempt, _connection: Any) -> None:
    """Take no notice of a job that is given up."""


class PgWorker:
    """Fulfils `engine.ports.jobs.Worker`: does jobs of *kinds*; others, of newer versions maybe, it leaves alone.

    *may_call* tells whether kinds that call Zoho are on offer now. *on_given_up* writes in the transaction that gives
    a job up; it may be set until `run` is called.
    """

    def __init__(
        self,
        database: Database,
        kinds: Iterable[Kind],
        *,
        retrying: Retrying | None = None,
        pace: Pace | None = None,
        may_call: Callable[[], bool] = lambda: True,
        tell: Callable[[JobNews], None] = lambda _news: None,
        on_given_up: GivenUp = _nobody,
    ) -> None:
        self.on_given_up = on_given_up
        self.tell = tell
        self._database = database
        self._kinds = {kind.name: kind for kind in kinds}
        self._retrying = retrying or Retrying()
        self._pace = pace or Pace()
        self._may_call = may_call
        self._attempts = PgAttempts(database)
        self._concurrency = 1
        self._keeper = Keeper(database, stalled_s=self._pace.stalled_s, lost=self._lost)
        logging.getLogger("procrastinate").setLevel(logging.WARNING)

    def add(self, kind: Kind) -> None:
        """Do jobs of *kind* too; before `run`."""
        self._kinds[kind.name] = kind

    async def run(self, *, concurrency: int) -> None:
        """Do jobs, up to *concurrency* at once, until cancelled; then what runs stops within a page and goes back."""
        self._concurrency = concurrency
        keeping = asyncio.create_task(self._keeper.run(), name="jobs keeper")
        try:
            while True:
                await self._work()
                # It ends by itself only when something unforeseen happened; a rested database may bear it.
                await self._database.clock.sleep(_AGAIN_S)
        finally:
            keeping.cancel()
            await asyncio.wait({keeping})

    async def _work(self) -> None:
        connections = OurConnections(self._database, lost=self._keeper.outage)
        hand = Hand(connections, self._offers)
        app = App(connector=connections)
        app.job_manager = hand
        for name in self._kinds:
            app.task(name=name, queue=name, pass_context=True, retry=_Verdicts())(self._do)
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=self._concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=self._pace.poll_s,
                update_heartbeat_interval=self._pace.heartbeat_s,
                stalled_worker_timeout=self._pace.stalled_s,
                shutdown_graceful_timeout=self._pace.grace_s,
                task_middleware=[self._attempted],
                additional_context={"hand": hand},
            ),
            name="worker",
        )
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            connections.stopping = True
            working.cancel()
            await asyncio.wait({working})
            if not working.cancelled() and (error := working.exception()) is not None:
                structlog.get_logger(__name__).warning("a worker stopped in disorder", cause=str(error))
            raise
        except SyncError as error:
            structlog.get_logger(__name__).warning("a worker begins anew", title=error.title, cause=error.cause)
        except Exception:  # noqa: BLE001 -- whatever it was, the jobs are to be done
            structlog.get_logger(__name__).exception("a worker begins anew")

    def _offers(self, held: Sequence[str]) -> list[str]:
        """Return the kinds that may be taken beside those in hand."""
        long = sum(1 for name in held if name in self._kinds and self._kinds[name].is_long)
        room_for_long = long < max(1, self._concurrency - 1)
        calls = self._may_call()
        return [
            kind.name
            for kind in self._kinds.values()
            if (calls or not kind.calls_zoho) and (room_for_long or not kind.is_long) and not kind.rests()
        ]

    async def _do(self, context: TheirContext, arguments: dict[str, Any], until: str | None = None) -> None:
        del until
        await self._kinds[context.job.task_name].handler(arguments, context.additional_context[_OURS])

    async def _attempted(self, call: Callable[[], Awaitable[Any]], context: TheirContext, _worker: Any) -> Any:
        """Do one attempt and keep what became of it, before procrastinate ends the job or puts it back."""
        job = _job(context.job)
        ours = JobContext(job)
        context.additional_context[_OURS] = ours
        hand: Hand = context.additional_context["hand"]
        started = self._database.clock.now()
        self.tell(JobNews(job=job))
        try:
            result = await call()
        except asyncio.CancelledError:
            if context.abort_reason() is AbortReason.USER_REQUEST:
                await self._keep(ours, started, Outcome.CANCELLED, hand=hand)
                raise JobAborted from None
            hand.uncounted.add(int(job.id))
            await self._keep(ours, started, Outcome.POSTPONED, hand=hand)
            raise AgainError(self._database.clock.now()) from None
        except Exception as error:
            now = self._database.clock.now()
            verdict = self._retrying.after(error, attempts=job.attempts, now=now, chance=random.random)
            outcome = _outcome(verdict)
            await self._keep(ours, started, outcome, hand=hand, error=error, again_at=verdict.again_at)
            if verdict.again_at is None:
                raise
            if not verdict.counts:
                hand.uncounted.add(int(job.id))
            raise AgainError(verdict.again_at) from error
        await self._keep(ours, started, Outcome.DONE, hand=hand)
        return result

    async def _keep(
        self,
        ours: JobContext,
        started: datetime,
        outcome: Outcome,
        *,
        hand: Hand,
        error: BaseException | None = None,
        again_at: datetime | None = None,
    ) -> None:
        ended = self._database.clock.now()
        attempt = Attempt(
            subject=JOB,
            subject_id=ours.job.id,
            attempt=ours.attempt,
            started_at=started,
            ended_at=max(started, ended),
            outcome=outcome,
            request=ours.request,
            answer=ours.answer,
            run_id=ours.run_id,
            machine=machine_name(),
            **_words(error),
        )

        async def write(connection: Driver) -> None:
            await self._attempts.keep(attempt, connection)
            if outcome is Outcome.GIVEN_UP:
                await self.on_given_up(ours.job, attempt, connection)

        await _surely(hand.patiently(write))
        seconds = (attempt.ended_at - started).total_seconds()
        news = JobNews(job=ours.job, outcome=outcome, title=attempt.title, seconds=seconds, again_at=again_at)
        self.tell(news)

    async def _lost(self, connection: Driver, job: Job, started: datetime) -> Verdict:
        """Keep the attempt of a worker that died, and say what becomes of its job."""
        error = SyncError("The worker ended in mid-work", advice="The work is done again by another one.")
        verdict = self._retrying.after(error, attempts=job.attempts, now=self._database.clock.now(), chance=lambda: 0.5)
        given_up = verdict.again_at is None
        attempt = Attempt(
            subject=JOB,
            subject_id=job.id,
            attempt=job.attempts + 1,
            started_at=started,
            ended_at=max(started, self._database.clock.now()),
            outcome=Outcome.GIVEN_UP if given_up else Outcome.LOST,
            error_kind="lost",
            title=error.title,
            advice="It was given up after its last try." if given_up else error.advice,
            machine=machine_name(),
        )
        await self._attempts.keep(attempt, connection)
        if given_up:
            await self.on_given_up(job, attempt, connection)
        self.tell(JobNews(job=job, outcome=attempt.outcome, title=error.title, again_at=verdict.again_at))
        # Others of its kind wait for nothing: what a dead worker left is taken up at once.
        return replace(verdict, again_at=None if given_up else self._database.clock.now())


async def _surely(work: Coroutine[Any, Any, None]) -> None:
    """Do *work* to its end although the task is cancelled: what ended has its outcome, whoever is in a hurry."""
    doing = asyncio.create_task(work)
    while not doing.done():
        with suppress(asyncio.CancelledError):
            await asyncio.shield(doing)
    doing.result()


def _outcome(verdict: Verdict) -> Outcome:
    if verdict.again_at is None:
        return Outcome.GIVEN_UP
    return Outcome.FAILED if verdict.counts else Outcome.POSTPONED


def _words(error: BaseException | None) -> dict[str, str]:
    if error is None:
        return {}
    if isinstance(error, SyncError):
        return {
            "error_kind": error.kind,
            "title": error.title,
            "advice": error.advice,
            "traceback": explained(error) + (f"\n{error.cause}" if error.cause else ""),
        }
    title = f"{type(error).__name__}: {error}".rstrip(": ")
    return {"error_kind": "unexpected", "title": title, "traceback": explained(error)}


def _job(job: theirs.Job) -> Job:
    return Job(
        id=JobId(str(job.id)),
        kind=job.task_name,
        arguments=cast("dict[str, Any]", job.task_kwargs.get("arguments", {})),
        key=(job.lock or "").removeprefix(f"{job.task_name}:"),
        lane=sql.lane_of(job.priority),
        attempts=job.attempts,
        scheduled_at=job.scheduled_at,
        state=JobState.RUNNING,
    )
