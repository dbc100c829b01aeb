"""The inbox of webhooks as windows and commands use it: look, replay, coverage, the gap, the secret, reachability."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.coverage import GAP_MARGIN, LOOK_BACK, Coverage, Silence, coverage, horizons
from tsh_sync_gui.engine.handlers import FETCH, enqueue_pull
from tsh_sync_gui.engine.ports.deliveries import (
    Deliveries,
    InboxDetail,
    InboxFigures,
    InboxPage,
    InboxQuery,
    ListenerState,
    Reach,
    Refusals,
    ReplayPlan,
    Secret,
    SecretState,
    Standing,
)
from tsh_sync_gui.engine.ports.inbox import EventState
from tsh_sync_gui.engine.ports.jobs import Job, JobId, Jobs, JobState, Outcome
from tsh_sync_gui.engine.retrying import Retrying
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import Registry

GAP: Final = "gap"
"""The trigger of runs that fetch what webhooks did not tell of."""
MOST_AT_ONCE: Final = 10_000
_ANY: Final = InboxQuery()


class WebhooksInbox:
    """What is done with deliveries; all of it works while no listener runs here."""

    def __init__(
        self,
        deliveries: Deliveries,
        jobs: Jobs,
        registry: Registry,
        *,
        settings: Callable[[], Settings],
        clock: Clock,
        secret: Secret,
        reach: Reach,
        save: Callable[[str, str | None], Awaitable[None]],
    ) -> None:
        self._deliveries = deliveries
        self._jobs = jobs
        self._registry = registry
        self._settings = settings
        self._clock = clock
        self._secret = secret
        self._reach = reach
        self._save = save

    async def figures(self) -> InboxFigures:
        """Return today's figures."""
        return await self._deliveries.figures()

    async def refusals(self) -> Refusals:
        """Return what is being refused of late though it is signed."""
        return await self._deliveries.refusals()

    async def page(self, query: InboxQuery = _ANY, *, after: int | None = None, limit: int = 100) -> InboxPage:
        """Return deliveries that match, newest first; pass a page's *after* for the next one."""
        return await self._deliveries.page(query, after=after, limit=limit)

    async def count(self, query: InboxQuery = _ANY) -> int:
        """Return how many deliveries match."""
        return await self._deliveries.count(query)

    async def ids(self, query: InboxQuery = _ANY) -> Sequence[int]:
        """Return the numbers of all deliveries that match, newest first."""
        return await self._deliveries.ids(query)

    async def detail(self, number: int) -> InboxDetail | None:
        """Return one delivery opened, None when it is not (or no longer) known."""
        found = await self._deliveries.detail(number)
        if found is None or found.row.state is not EventState.WAITING or not found.row.record_id:
            return found
        job = await self._jobs.waits(FETCH, f"{found.row.entity}:{found.row.record_id}")
        return found if job is None else replace(found, work=await self._standing(job))

    async def _standing(self, job: Job) -> Standing:
        tries = (await self._jobs.tries(job.id)).get(job.id, ())
        last = tries[-1] if tries and tries[-1].outcome is not Outcome.DONE else None
        return Standing(
            job=job.id,
            number=job.attempts + 1,
            most=Retrying().tries,
            next_at=job.scheduled_at,
            is_running=job.state is JobState.RUNNING,
            title=last.title if last else "",
            advice=last.advice if last else "",
        )

    async def let_go(self, *, ids: Sequence[int] = (), record: tuple[str, str] | None = None) -> int:
        """End waiting deliveries, those *ids* or of a *record*, as cancelled; returns how many."""
        return await self._deliveries.let_go(ids, record)

    async def try_now(self, job: str) -> bool:
        """Have the work of a waiting delivery tried at once; False when it does not wait any more."""
        return await self._jobs.hurry(JobId(job))

    async def cancel(self, job: str, entity: str, record_id: str) -> bool:
        """Take the work of a waiting delivery, and of others of its record, out of the queue; False when it is over."""
        if not await self._jobs.cancel(JobId(job)):
            return False
        await self.let_go(record=(entity, record_id))
        return True

    async def replay_plan(
        self, ids: Sequence[int] | None = None, *, since: datetime | None = None, force: bool = False
    ) -> ReplayPlan:
        """Return what a replay of *ids*, or of everything received *since*, would do and cost; changes nothing.

        Duplicates are left out unless *force*; what was refused is always left out. ConfigurationError unless exactly
        one of *ids* and *since* is given.
        """
        if (ids is None) == (since is None):
            raise ConfigurationError("Say which deliveries", advice="Give their numbers, or a time to begin with.")
        return await self._deliveries.plan(ids, since=since, force=force)

    async def replay(
        self, ids: Sequence[int] | None = None, *, since: datetime | None = None, force: bool = False
    ) -> list[int]:
        """Do once more what `replay_plan` says, in the order it came; returns the numbers of the new deliveries."""
        plan = await self.replay_plan(ids, since=since, force=force)
        made: list[int] = []
        for start in range(0, len(plan.ids), MOST_AT_ONCE):
            made += await self._deliveries.replay(plan.ids[start : start + MOST_AT_ONCE], force=force)
        return made

    async def coverage(self) -> Coverage:
        """Return per event when it was last heard and what changed without it, and the silences that are an alarm."""
        return await self._coverage(counted=True)

    async def _coverage(self, *, counted: bool) -> Coverage:
        now, settings = self._clock.now(), self._settings()
        heard = await self._deliveries.heard(counted=counted)
        fetched = await self._deliveries.gaps_fetched()
        watched = await self._deliveries.watched_since()
        begins = horizons(self._registry, heard, watched=watched, fetched=fetched, now=now)
        in_use = bool(heard or settings.webhook_url)
        return coverage(
            self._registry,
            heard,
            await self._deliveries.missed(begins) if in_use else (),
            in_use=in_use,
            now=now,
            fetched=fetched,
            silent_after=timedelta(minutes=settings.webhook_silence_minutes),
        )

    async def silences(self) -> tuple[Silence, ...]:
        """Return the alarms: entities that change in Zoho while no webhook tells of it."""
        # Each process looks again and again, and counts nothing for it.
        return (await self._coverage(counted=False)).silences

    async def gap_request(self, entity: str, *, since: datetime | None = None) -> SyncRequest:
        """Return the sync that fetches what *entity*'s webhooks did not tell of, from *since* or the silence's begin.

        For `SyncService.forecast` (what it costs) and `SyncService.sync` (here and now).
        """
        name = self._registry.get(entity).name
        if since is None:
            found = await self.coverage()
            own = [one for one in found.events if one.entity == name]
            begins = [one.since for one in found.silences if one.entity == name]
            begins = begins or [one.last or one.missed_since or found.at for one in own if one.missed_since]
            begins = begins or [max((one.last for one in own if one.last), default=found.at - LOOK_BACK)]
            since = min(begins) - GAP_MARGIN
        return SyncRequest(entities=(name,), since=since, trigger=GAP)

    async def fetch_gap(self, entity: str, *, since: datetime | None = None) -> JobId | None:
        """Have the workers fetch the gap; None when that waits in the queue already."""
        request = await self.gap_request(entity, since=since)
        return await enqueue_pull(
            self._jobs, request.entities, lane=Lane.PERSON, mode="window", since=request.since, trigger=GAP
        )

    @property
    def is_paused(self) -> bool:
        """Tell whether deliveries are only kept."""
        return not self._settings().webhook_processing

    async def pause(self) -> None:
        """Only keep deliveries, on all machines, until `resume`; what is under way goes on."""
        await self._save("webhook_processing", "false")

    async def resume(self) -> None:
        """Do what deliveries ask for again, those that wait first."""
        await self._save("webhook_processing", None)

    async def listener(self) -> ListenerState:
        """Return how the listener on this computer stands; UnreachableError says why it does not answer."""
        return await self._reach.listener()

    async def secret_state(self) -> SecretState:
        """Return whether a secret is set, what it is locked by, and until when the one before is valid."""
        return await self._secret.state()

    async def change_secret(self, secret: str | None = None) -> SecretState:
        """Keep *secret*, or a new one that is made and shown once; the one before stays valid for 24 hours.

        ConfigurationError when it is no good, or set where it cannot be changed from here.
        """
        return await self._secret.change(secret)

    async def reachability(self, *, public: bool) -> str:
        """Return in words that a ping came through: to the listener here, or at the *public* address.

        UnreachableError says what stands in the way.
        """
        if not public:
            return f"The listener answers on this computer ({(await self._reach.listener()).milliseconds} ms)."
        address = self._settings().webhook_url
        if not address:
            raise ConfigurationError(
                "There is no public address yet", advice="Set ZOHO_WEBHOOK_URL to the address that Zoho is to call."
            )
        return f"{address} answers the ping with HTTP 200 ({await self._reach.public(address)} ms)."
