"""The queue as people look at it: its jobs with their tries, one cancelled or tried again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.handlers import FETCH
from tsh_sync_gui.engine.ports.inbox import DELIVER
from tsh_sync_gui.engine.ports.jobs import Attempt, Job, JobId, Jobs, JobState, Outcome
from tsh_sync_gui.engine.webhooks_inbox import WebhooksInbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A job with its tries, oldest first."""

    job: Job
    tries: tuple[Attempt, ...] = ()

    @property
    def trouble(self) -> Attempt | None:
        """Return the last try, if it went wrong."""
        last = self.tries[-1] if self.tries else None
        return last if last is not None and last.outcome is not Outcome.DONE else None


class Queue:
    """Looks into *jobs* and changes them; what is cancelled leaves no delivery of the *inbox* waiting."""

    def __init__(self, jobs: Jobs, inbox: WebhooksInbox) -> None:
        self._jobs = jobs
        self._inbox = inbox

    async def jobs(self, *states: JobState, limit: int = 100) -> Sequence[Queued]:
        """Return the newest jobs, of these *states* when some are given."""
        found = await self._jobs.jobs(*states, limit=limit)
        tries = await self._jobs.tries(*(job.id for job in found))
        return [Queued(job=job, tries=tuple(tries.get(job.id, ()))) for job in found]

    async def job(self, number: str) -> Queued:
        """Return one job; ConfigurationError when there is none."""
        job = await self._jobs.find(JobId(number))
        if job is None:
            raise ConfigurationError(
                f"There is no job {number}",
                advice="Jobs that are done are forgotten after a day, failed ones after 30.",
            )
        tries = await self._jobs.tries(job.id)
        return Queued(job=job, tries=tuple(tries.get(job.id, ())))

    async def cancel(self, number: str) -> bool:
        """Take a job out of the queue, or stop it where it runs; False when it is over already."""
        job = (await self.job(number)).job
        if not await self._jobs.cancel(job.id):
            return False
        if job.kind == FETCH:
            await self._inbox.let_go(record=(job.arguments["entity"], job.arguments["record_id"]))
        elif job.kind == DELIVER:
            await self._inbox.let_go(ids=job.arguments.get("ids") or ())
        return True

    async def retry(self, number: str) -> None:
        """Have a job tried now: one that waits for a later try at once, an ended one as if it were new."""
        job = (await self.job(number)).job
        if job.state is JobState.WAITING:
            await self._jobs.hurry(job.id)
        else:
            await self._jobs.retry(job.id)
