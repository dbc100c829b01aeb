"""Jobs: work that is written down first and done by whichever worker is free, on any machine; it outlives both."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, NewType, Protocol

from tsh_sync_gui.core.values import Lane

JobId = NewType("JobId", str)
JOB: Final = "job"
"""The subject of a job's attempts."""
AT_ONCE: Final = timedelta(0)


class JobState(StrEnum):
    """Where a job stands. Waiting is also what is due later; cancelled also what a later trigger stands in for."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How one attempt ended. The job is tried again after `failed`, `postponed` and `lost`."""

    DONE = "done"
    FAILED = "failed"
    GIVEN_UP = "given_up"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work. *arguments* are JSON values, *attempts* the tries that count so far."""

    id: JobId
    kind: str
    arguments: Mapping[str, Any]
    key: str
    lane: Lane
    attempts: int
    scheduled_at: datetime | None
    state: JobState


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try of a job or a dead letter (*subject*), with what was sent, what came back and what went wrong."""

    subject: str
    subject_id: str
    attempt: int
    started_at: datetime
    ended_at: datetime
    outcome: Outcome
    error_kind: str = ""
    title: str = ""
    advice: str = ""
    traceback: str = ""
    request: str = ""
    answer: str = ""
    run_id: str = ""
    machine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """The queue in figures; *oldest_seconds* is how long the oldest job has been due, 0 when none is."""

    depth: int = 0
    oldest_seconds: float = 0.0
    running: int = 0
    failed: int = 0
    by_lane: Mapping[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the document of `tsh-sync queue` and `GET /api/tds/queue`."""
        return {
            "depth": self.depth,
            "oldest_seconds": round(self.oldest_seconds, 3),
            "running": self.running,
            "failed": self.failed,
            "by_lane": dict(self.by_lane),
        }


class JobContext:
    """What a handler knows of its attempt, and where it notes what the attempt's record is to show."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.request = ""
        self.answer = ""
        self.run_id = ""

    @property
    def attempt(self) -> int:
        """Return the number of this try, beginning with 1."""
        return self.job.attempts + 1

    def note(self, *, request: str = "", answer: str = "", run_id: str = "") -> None:
        """Keep what was sent, what came back, and the run it belongs to; what is empty stays as it was."""
        self.request = request or self.request
        self.answer = answer or self.answer
        self.run_id = run_id or self.run_id


Handler = Callable[[Mapping[str, Any], JobContext], Awaitable[None]]
GivenUp = Callable[[Job, Attempt, Any], Awaitable[None]]
"""Called with the open transaction that gives the job up: what it writes there is as sure as the job's end.

It may be called again for the same job, after a kill between two tries of the same commit; so it must be idempotent.
"""


def _never() -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What one kind of job is done by. The handler is idempotent: a job runs at least once, at times twice.

    A kind that *calls_zoho* rests while syncing is switched off, any kind while it *rests*. One that *is_long* (a
    whole walk) never takes the last free place of a worker, so that a webhook does not wait for it.
    """

    name: str
    handler: Handler
    calls_zoho: bool = True
    is_long: bool = False
    rests: Callable[[], bool] = _never


@dataclass(frozen=True, slots=True, kw_only=True)
class JobNews:
    """What a worker tells of a job: it began (*outcome* None), or how this attempt ended."""

    job: Job
    outcome: Outcome | None = None
    title: str = ""
    seconds: float = 0.0
    again_at: datetime | None = None


class Jobs(Protocol):
    """The queue."""

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
        """Put work into the queue; None when one of the same *key* waits already, which then does it.

        Jobs of one *kind* and *key* never run at the same time, and at most one of them waits. A waiting one is
        moved forward when the new one is due earlier, never back. *settle* coalesces: when one of this key began less
        than so long ago, this one waits until nobody has asked for so long (at most five times as long).
        *connection* joins that open transaction; no job of the key starts before it ends. Who enqueues several keyed
        jobs in one transaction does so in the order of their keys.
        """
        ...

    async def cancel(self, job: JobId) -> bool:
        """Take *job* out of the queue, or stop it where it runs; False when it is over already, or unknown."""
        ...

    async def retry(self, job: JobId) -> None:
        """Put an ended *job* back, as if it had never been tried; ConfigurationError when there is none."""
        ...

    async def hurry(self, job: JobId) -> bool:
        """Have a *job* that waits for a later moment done now; False when it does not wait."""
        ...

    async def waits(self, kind: str, key: str) -> Job | None:
        """Return the job of this kind and *key* that runs, else the one that waits; None when there is neither."""
        ...

    async def tries(self, *jobs: JobId) -> Mapping[JobId, Sequence[Attempt]]:
        """Return the attempts of each of *jobs* that was tried, oldest first."""
        ...

    async def find(self, job: JobId) -> Job | None:
        """Return *job*, None when it is not (or no longer) known."""
        ...

    async def jobs(self, *states: JobState, limit: int = 100) -> Sequence[Job]:
        """Return the newest jobs, of these *states* when some are given."""
        ...

    async def waiting(self) -> QueueStatus:
        """Return the queue in figures."""
        ...


class Attempts(Protocol):
    """The record of what was tried."""

    async def keep(self, attempt: Attempt, connection: Any | None = None) -> None:
        """Write *attempt* down without secrets, once; *connection* joins that open transaction."""
        ...

    async def of(self, subject: str, *subject_ids: str) -> Sequence[Attempt]:
        """Return the attempts of jobs or letters, oldest first."""
        ...

    async def count(self, subject: str, subject_id: str) -> int:
        """Return how many attempts of one job or letter there were."""
        ...


class Worker(Protocol):
    """Does jobs."""

    async def run(self, *, concurrency: int) -> None:
        """Do jobs, up to *concurrency* at once, until cancelled; then what runs stops within a page and goes back.

        Waits for the database when it is away. Jobs of workers that died are taken up again.
        """
        ...
