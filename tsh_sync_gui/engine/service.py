"""The facade: what windows, commands and servers call to sync and to see."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    ConfirmationRequiredError,
    SyncError,
    UnreachableError,
    VaultLockedError,
)
from tsh_sync_gui.core.events import ConnectionChanged
from tsh_sync_gui.core.settings import Loaded, Settings
from tsh_sync_gui.core.values import Lane, Mode, RunId, RunState
from tsh_sync_gui.engine.alerts import Alerts
from tsh_sync_gui.engine.dead_letters import DeadLetters
from tsh_sync_gui.engine.given import Given
from tsh_sync_gui.engine.organization import OrganizationCheck, check_signed_in
from tsh_sync_gui.engine.outcomes import InterruptedRunError, user_name
from tsh_sync_gui.engine.overview import ORPHAN, OverviewMaker
from tsh_sync_gui.engine.patience import patiently
from tsh_sync_gui.engine.plan import check, group
from tsh_sync_gui.engine.ports import Organization, QuotaStatus, RunInfo, Which
from tsh_sync_gui.engine.ports.jobs import Jobs
from tsh_sync_gui.engine.ports.schedules import ScheduleStore
from tsh_sync_gui.engine.schedules import Schedules
from tsh_sync_gui.engine.starting import Starter
from tsh_sync_gui.engine.syncing import Parts, WalkJob
from tsh_sync_gui.engine.views import (
    DatabaseInfo,
    Details,
    Forecast,
    GoneRecord,
    Overview,
    RunDetail,
    SyncReport,
    SyncRequest,
)
from tsh_sync_gui.engine.webhooks_inbox import WebhooksInbox
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity

T = TypeVar("T")


async def _nobody() -> None:
    """Know of no sign-in."""


class SettingsKeeper(Protocol):
    """The settings as they are now, and how one is changed for good."""

    @property
    def now(self) -> Settings:
        """Return the settings in force."""
        ...

    async def save(self, name: str, value: str | None) -> None:
        """Keep a setting, None for its default; ConfigurationError names variable, value and range."""
        ...

    @property
    def loaded(self) -> Loaded:
        """Return the settings with each value's origin."""
        ...

    async def reveal(self, name: str) -> str:
        """Return a secret in the clear, after the audit says who looked."""
        ...


class SyncService:
    """Runs syncs and answers what screens and commands ask. Close it on the loop it was made on.

    *jobs* is the queue of work that outlives this process, *alerts* what a person should know though nobody looks.
    """

    jobs: Given[Jobs] = Given("_queue", missing="There is no queue")
    schedules: Given[Schedules] = Given("_schedules", missing="There are no schedules")
    alerts: Given[Alerts] = Given("_alerts", missing="There are no alerts")
    webhooks: Given[WebhooksInbox] = Given("_webhooks", missing="There is no inbox")
    letters: Given[DeadLetters] = Given("_letters", missing="There are no dead letters")

    def __init__(
        self,
        parts: Parts,
        registry: Registry,
        keeper: SettingsKeeper,
        *,
        database: Callable[[], Awaitable[DatabaseInfo]],
        signed_in: Callable[[], Awaitable[datetime | None]] = _nobody,
        jobs: Jobs | None = None,
        schedules: ScheduleStore | None = None,
        alerts: Alerts | None = None,
        webhooks: WebhooksInbox | None = None,
        letters: DeadLetters | None = None,
    ) -> None:
        self.registry = registry
        self.bus: Bus = parts.bus
        self.clock: Clock = parts.clock
        self._parts = parts
        self._keeper = keeper
        self._signed_in = signed_in
        self._queue = jobs
        self._alerts = alerts
        self._webhooks = webhooks
        self._letters = letters
        self._organization = OrganizationCheck(parts.source, parts.ledger, parts.settings)
        self._starter = Starter(parts, registry)
        self._schedules: Schedules | None = None
        if schedules is not None:
            self._schedules = Schedules(
                registry,
                schedules,
                settings=parts.settings,
                price=self.forecast,
                history=lambda entity: parts.ledger.runs(entity=entity, limit=30, which=Which.WALKS),
                save=self.save_setting,
                locked=lambda name: keeper.loaded.origins[name].is_locked,
            )
        self._overview = OverviewMaker(
            registry,
            parts.ledger,
            parts.budget,
            self._organization,
            settings=parts.settings,
            database=database,
            clock=parts.clock,
            planned=self._schedules.planned if self._schedules else None,
        )
        self._jobs: set[WalkJob] = set()

    @property
    def settings(self) -> Settings:
        """Return the settings in force."""
        return self._keeper.now

    @property
    def is_connected(self) -> bool:
        """Tell whether the settings name an organization and a sign-in; a closed vault may hold the sign-in."""
        now = self._keeper.now
        may_sign_in = bool(now.refresh_token.get_secret_value()) or self._keeper.loaded.vault_error is not None
        return bool(now.organization_id) and may_sign_in

    async def sync(self, request: SyncRequest) -> SyncReport:
        """Sync what *request* asks for, or follow the process that does so already, to the end.

        Runs end with their own state and words, a refused sign-in's too; raises ConfigurationError for a request that
        contradicts itself and for settings that fit no organization. Cancelling stops within a page.
        """
        if not self.settings.sync_enabled and not request.force:
            raise ConfigurationError(
                "Syncing is switched off", advice="ZOHO_SYNC_ENABLED is false. --force runs once all the same."
            )
        entities = self._starter.served(request)
        check(request, entities)
        self._starter.tell_left_out(request)
        try:
            await self._patiently(self._organization.ensure)
        except VaultLockedError as error:  # settings that nobody can read just now are no wrong ones
            return self._report(entities, await self._starter.refused(entities, request, error))
        except ConfigurationError:
            raise
        except SyncError as error:
            return self._report(entities, await self._starter.refused(entities, request, error))
        check_signed_in(self._keeper.loaded)
        await self._patiently(self._parts.absences.load)
        ended: list[RunInfo] = []
        open_jobs: list[WalkJob] = []
        planned: dict[Lane, int] = {}
        try:
            for walk, requested in group(entities):
                try:
                    begin = partial(self._starter.begin, walk, requested, request, planned=planned)
                    job, done = await self._patiently(begin)
                except SyncError as error:
                    ended += await self._starter.refused(requested, request, error)
                    continue
                ended += done
                if job is not None:
                    self._jobs.add(job)
                    open_jobs.append(job)
                    if not await job.lists():
                        open_jobs.remove(job)
                        ended += self._result(job)
            for job in list(open_jobs):
                await job.details()
                open_jobs.remove(job)
                ended += self._result(job)
        finally:
            for job in open_jobs:
                self._jobs.discard(job)
                await job.abandon()
        return self._report(entities, ended)

    def _report(self, entities: Sequence[Entity], ended: Sequence[RunInfo]) -> SyncReport:
        order = {entity.name: entity.rank for entity in entities}
        return SyncReport(
            runs=tuple(sorted((run for run in ended if run.entity in order), key=lambda run: order[run.entity]))
        )

    async def _patiently(self, make: Callable[[], Awaitable[T]]) -> T:
        """Do what can be repeated, waiting in place while the database is away; cancelling the task ends it."""

        def missed(error: UnreachableError, _tries: int) -> None:
            self.bus.publish(ConnectionChanged(what="database", up=False, title=error.title, advice=error.advice))

        return await patiently(make, wait=self.clock.sleep, missed=missed)

    def _result(self, job: WalkJob) -> list[RunInfo]:
        self._jobs.discard(job)
        names = {one.name for one in job.plan.requested}
        return [run for run in (*job.ended, *job.dropped) if run.entity in names]

    async def forecast(self, request: SyncRequest, *, patient: bool = False) -> list[Forecast]:
        """Return what *request* would cost, one forecast for each walk's leader; makes no call.

        With *patient* it waits in place while the database is away, as the sync after it does.
        """
        entities = self._starter.served(request)
        check(request, entities)

        async def foreseen() -> list[Forecast]:
            # A process that has not synced yet does not know what is absent.
            await self._parts.absences.load()
            return await self._starter.foreseen(group(entities), request)

        return await (self._patiently(foreseen) if patient else foreseen())

    async def estimate(self, request: SyncRequest) -> list[Forecast]:
        """Return what *request* would cost, asking Zoho how long the lists are that nobody knows the length of.

        The last page is found by doubling and halving, and the pages read are kept for the sync that follows. Raises
        what stands in the way: ConfigurationError, AuthorisationError, TransientError, QuotaExhaustedError.
        """
        if not self.settings.sync_enabled and not request.force:
            raise ConfigurationError(
                "Syncing is switched off", advice="ZOHO_SYNC_ENABLED is false. --force asks Zoho all the same."
            )
        entities = self._starter.served(request)
        check(request, entities)
        await self._patiently(self._organization.ensure)
        await self._parts.absences.load()
        return await self._starter.foreseen(group(entities), request, estimate=True)

    async def pause(self, run: RunId) -> None:
        """Hold *run* at the next page, whichever process works on it."""
        await self._ask(run, "pause")

    async def resume(self, run: RunId) -> None:
        """Let a paused *run* go on."""
        await self._ask(run, "resume")

    async def cancel(self, run: RunId) -> None:
        """Stop *run* within one page; what is stored stays."""
        await self._ask(run, "cancel")

    async def _ask(self, run: RunId, word: str) -> None:
        for job in self._jobs:
            if job.run is not None and run in job.run.board.ids:
                job.run.ask(word, user_name())
                return
        await self._parts.ledger.ask(run, word, by=user_name())

    async def interrupted(self) -> list[str]:
        """Return the entities whose last run was broken off by the end of a program; the next start goes on."""
        overview = await self.overview()
        names = []
        for status in overview.entities:
            stopped = status.last is not None and status.last.error_kind == InterruptedRunError.kind
            walks = status.live is not None and status.live.mode is not Mode.RECORD
            if not walks and (stopped or status.note == ORPHAN):
                names.append(status.entity)
        return names

    async def _never_run(self) -> list[str]:
        statuses = (await self.overview()).entities
        return [one.entity for one in statuses if one.last is None and one.live is None and not one.unavailable]

    async def waited_for_sign_in(self) -> list[str]:
        """Return the entities whose last run needed a sign-in that somebody has made since."""
        signed_in = await self._signed_in()
        if signed_in is None:
            return []
        last = {status.entity: status.last for status in (await self.overview()).entities if status.live is None}
        return [
            name
            for name, run in last.items()
            if run is not None
            and run.state is RunState.NEEDS_YOU
            and run.error_kind == AuthorisationError.kind
            and run.ended_at is not None
            and run.ended_at < signed_in
        ]

    async def at_start(self, *, demo: bool = False) -> SyncRequest | None:
        """Return what a window begins by itself: runs that were broken off go on, and a new demo's first sync.

        Runs that needed a sign-in go on once there was one.
        """
        if not self.settings.sync_enabled:
            return None
        if names := await self.waited_for_sign_in():
            names += [name for name in await self.interrupted() if name not in names]
            return SyncRequest(entities=tuple(names), goes_on=True, trigger="goes on after the sign-in")
        if names := await self.interrupted():
            # A demo's first sync is of everything: what it had not come to is part of what was broken off.
            names += await self._never_run() if demo else []
            details: Details = "all" if demo else None
            trigger = "goes on after the program's end"
            return SyncRequest(entities=tuple(names), goes_on=True, details=details, trigger=trigger)
        if demo and not await self.runs(limit=1):
            return SyncRequest(details="all", trigger="the demo's first sync")
        return None

    async def overview(self) -> Overview:
        """Return the state of all entities, the quota and the database."""
        return await self._overview.make()

    async def runs(self, *, entity: str = "", limit: int = 100, fetches: bool = False) -> list[RunInfo]:
        """Return runs, newest first; only with *fetches* those of single records that no person asked for."""
        which = Which.ALL if fetches else Which.SHOWN
        return await self._parts.ledger.runs(entity=entity, limit=limit, which=which)

    async def find_runs(self, beginning: str) -> list[RunInfo]:
        """Return runs whose id is, or begins with, *beginning*, newest first; some at most."""
        return await self._parts.ledger.find(beginning)

    async def run_detail(self, run: RunId) -> RunDetail | None:
        """Return one run with its requests and rejected records, None when there is none of that id."""
        info = await self._parts.ledger.run(run)
        if info is None:
            return None
        return RunDetail(
            run=info,
            calls=tuple(await self._parts.ledger.calls(run)),
            rejected=tuple(await self._parts.ledger.rejected(run)),
            gone=await self._gone(info),
        )

    async def _gone(self, info: RunInfo) -> tuple[GoneRecord, ...]:
        if info.error_kind != ConfirmationRequiredError.kind:
            return ()
        entity = self.registry.get(info.entity)
        vanished = await self._parts.mirror.vanished(entity, info.leader, limit=1000)
        labels = await self._parts.mirror.labels(entity, vanished.ids)
        return tuple(GoneRecord(id=one, label=labels.get(one, "")) for one in vanished.ids)

    async def quota(self) -> QuotaStatus:
        """Return today's use of the API."""
        return await self._parts.budget.status()

    async def stats(self) -> dict[str, Any]:
        """Return the figures of `GET /api/zoho/sync/stats` (design.md 6)."""
        return await self._parts.ledger.stats()

    async def check_connection(self) -> Organization:
        """Ask Zoho for the organization (one call); raises what is wrong with sign-in or settings."""
        return await self._organization.ask()

    async def save_setting(self, name: str, value: str | None) -> None:
        """Keep a setting for good, None for its default."""
        await self._keeper.save(name, value)

    @property
    def loaded(self) -> Loaded:
        """Return the settings in force with each value's origin."""
        return self._keeper.loaded

    async def reveal_setting(self, name: str) -> str:
        """Return a secret setting in the clear; the audit says who looked."""
        return await self._keeper.reveal(name)
