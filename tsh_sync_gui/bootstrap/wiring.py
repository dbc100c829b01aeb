"""The wiring: which adapter fulfils which port, and what is closed in which order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

import structlog

from tsh_sync_gui.bootstrap.databases import open_database
from tsh_sync_gui.bootstrap.identity import learn
from tsh_sync_gui.bootstrap.letter_desk import LetterDesk
from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.bootstrap.sign_ins import KeptSignIn, token_store
from tsh_sync_gui.bootstrap.watching import Watch, watching
from tsh_sync_gui.bootstrap.webhook_doors import webhooks_inbox
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.settings import Loaded, Origin, Settings
from tsh_sync_gui.engine.absence import Absences
from tsh_sync_gui.engine.handlers import syncing_kinds
from tsh_sync_gui.engine.inbound import Inbound
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.organization import has_sign_in
from tsh_sync_gui.engine.ports.jobs import Attempt, Job, JobNews, Kind, Worker
from tsh_sync_gui.engine.scheduler import Scheduler
from tsh_sync_gui.engine.service import SyncService
from tsh_sync_gui.engine.sign_in_gate import SignInGate
from tsh_sync_gui.engine.silence import SilenceWatch
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.engine.webhooks_inbox import WebhooksInbox
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.store.budget import PgBudget
from tsh_sync_gui.store.budget_line import Limits
from tsh_sync_gui.store.calls import PgCallLog
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.identity import identity
from tsh_sync_gui.store.inbox import PgInbox
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.kept import PgKeptPages
from tsh_sync_gui.store.ledger import PgLedger
from tsh_sync_gui.store.mirror import PgMirror
from tsh_sync_gui.store.notify import Notifier
from tsh_sync_gui.store.settings import SharedSettings
from tsh_sync_gui.store.sign_ins import PgSignIns
from tsh_sync_gui.zoho.client import Patience, ZohoClient
from tsh_sync_gui.zoho.oauth import TokenKeeper
from tsh_sync_gui.zoho.source import ZohoSource
from tsh_sync_gui.zoho.webhook_bodies import understand

_SETTINGS_EVERY_S: Final = 5.0
_AGAIN_S: Final = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """The parts, connected. The service is what shells use; the rest is for `doctor`."""

    service: SyncService
    database: Database
    source: ZohoSource
    ledger: PgLedger
    tokens: TokenKeeper
    settings: LiveSettings
    kinds: tuple[Kind, ...]
    jobs: PgJobs
    inbound: Inbound
    desk: LetterDesk
    scheduler: Scheduler
    silence: SilenceWatch

    async def work(self, concurrency: int, *, tell: Callable[[JobNews], None] = lambda _news: None) -> None:
        """Do up to *concurrency* jobs at once, and put into the queue what comes due, until cancelled."""
        beside = [
            asyncio.create_task(self._beside(self.scheduler.run), name="schedules"),
            asyncio.create_task(self._beside(self.silence.run), name="silence"),
        ]
        try:
            await self.worker(tell=tell).run(concurrency=concurrency)
        finally:
            for task in beside:
                task.cancel()
            await asyncio.wait(beside)

    async def _beside(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do *work* beside the jobs: what goes wrong in it ends neither them nor it."""
        while True:
            try:
                await work()
            except Exception:  # noqa: BLE001 -- see above
                structlog.get_logger(__name__).exception("what goes on beside the jobs begins anew")
            await self.database.clock.sleep(_AGAIN_S)

    def worker(self, *, tell: Callable[[JobNews], None] = lambda _news: None) -> Worker:
        """Return a worker for all kinds of jobs; *tell* hears of each attempt's begin and end."""
        from tsh_sync_gui.store.jobs_worker import PgWorker  # noqa: PLC0415 -- who only asks needs no procrastinate

        gate = SignInGate(self.tokens.token, self.database.clock)
        return PgWorker(
            self.database,
            gate.kinds(self.kinds),
            may_call=lambda: self.settings.now.sync_enabled and gate.is_open and has_sign_in(self.settings.loaded),
            tell=tell,
            on_given_up=self._give_up,
        )

    async def _give_up(self, job: Job, attempt: Attempt, connection: Any) -> None:
        """Say at the deliveries, and in the log, that a job was given up, and keep it as a dead letter."""
        structlog.get_logger(__name__).error("a job was given up", job=job.id, kind=job.kind, title=attempt.title)
        if await self.service.alerts.given_up(job, attempt):
            return
        await self.desk.given_ups.given_up(job, attempt, connection)
        await self.inbound.given_up(job, attempt, connection)


@asynccontextmanager
async def open_service(
    loaded: Loaded,
    *,
    registry: Registry = REGISTRY,
    bus: Bus | None = None,
    progress: Callable[[str], None] = lambda _words: None,
    workers: int = 0,
) -> AsyncIterator[SyncService]:
    """Open the database the settings name, and the service on it, for as long as the context lasts.

    With *workers* this process also does so many jobs of the queue at once.
    """
    async with open_wiring(loaded, registry=registry, bus=bus, progress=progress) as wiring, working(wiring, workers):
        yield wiring.service


@asynccontextmanager
async def open_wiring(
    loaded: Loaded,
    *,
    registry: Registry = REGISTRY,
    bus: Bus | None = None,
    progress: Callable[[str], None] = lambda _words: None,
) -> AsyncIterator[Wiring]:
    """Open the database the settings name, and all parts on it, for as long as the context lasts."""
    async with (
        open_database(loaded, registry=registry, progress=progress) as database,
        wired(database, loaded, registry=registry, bus=bus) as wiring,
        _settling(loaded),
    ):
        yield wiring


@asynccontextmanager
async def _settling(loaded: Loaded) -> AsyncIterator[None]:
    """End, beside all else, a rotation that was broken off before the former sign-in had ended."""
    if loaded.is_demo or not loaded.is_rotating:
        yield
        return
    task = asyncio.create_task(_settle(loaded), name="rotation")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


async def _settle(loaded: Loaded) -> None:
    from tsh_sync_gui.bootstrap.setup import open_setup  # noqa: PLC0415 -- the set-up stands on this module

    given = {name for name, origin in loaded.origins.items() if origin is Origin.COMMAND_LINE}
    overrides = {name: getattr(loaded.settings, name) for name in given}
    try:
        async with open_setup(loaded.home, overrides=overrides) as setup:
            await setup.settle_rotation()
    except SyncError as error:
        structlog.get_logger(__name__).warning("the rotation is not ended yet", title=error.title, cause=error.cause)


@asynccontextmanager
async def working(wiring: Wiring, workers: int) -> AsyncIterator[None]:
    """Do up to *workers* jobs of the queue at once for as long as the context lasts; none for 0."""
    if not workers:
        yield
        return
    task = asyncio.create_task(wiring.work(workers), name="work")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def wired(
    database: Database,
    loaded: Loaded,
    *,
    registry: Registry = REGISTRY,
    bus: Bus | None = None,
    patience: Patience | None = None,
    allowed: Callable[[Settings], Limits] | None = None,
) -> AsyncIterator[Wiring]:
    """Connect all parts to *database*; what was opened is closed in reverse order.

    *patience* is how long Zoho's trouble is borne: a sync bears more than a question that a person waits for.
    *allowed* tells what this process allows itself where that is not what the settings say.
    """
    allowed = allowed or limits
    bus, jobs = bus or Bus(), PgJobs(database)
    live = LiveSettings(loaded, SharedSettings(database))
    await live.refresh()
    settings = live.now
    learn(loaded, await identity(database))
    budget = PgBudget(database, allowed(settings))
    log = PgCallLog(database, bodies=settings.log_api_calls)
    ledger = PgLedger(database, registry, settings.organization_id)
    tokens = _tokens(settings, database, live)
    client = ZohoClient(
        settings, tokens=tokens, budget=budget, log=log, clock=database.clock, patience=patience or Patience()
    )
    source, notifier = ZohoSource(client), Notifier(database, bus)
    take_over = partial(_take_over, settings.organization_id, budget=budget, client=client, log=log, allowed=allowed)
    live.on_change(take_over)
    parts = _parts(database, registry, ledger, budget, source=source, bus=bus, live=live, log=log)
    watch = watching(database, registry, jobs, budget=budget, live=live, bus=bus)
    webhooks = webhooks_inbox(database, registry, jobs, live)
    desk = LetterDesk(parts, registry, database, jobs=jobs)
    service = _service(parts, registry, live, database, jobs=jobs, watch=watch, webhooks=webhooks, desk=desk)
    understood = partial(understand, registry=registry)
    inbound = Inbound(parts, registry, inbox=PgInbox(database, jobs), jobs=jobs, understand=understood)
    now = database.clock.now
    async with AsyncExitStack() as closing:
        # Told before it begins: what fails half-way is closed, too.
        closing.push_async_callback(notifier.close)
        closing.push_async_callback(log.close)
        closing.push_async_callback(budget.close)
        closing.push_async_callback(client.aclose)
        await notifier.start()
        await closing.enter_async_context(_hearing_of_changes(live))
        yield Wiring(
            service=service,
            database=database,
            source=source,
            ledger=ledger,
            tokens=tokens,
            settings=live,
            kinds=desk.kinds(service, (*inbound.kinds(syncing_kinds(service, now, log.last)), *watch.alerts.kinds())),
            jobs=jobs,
            inbound=inbound,
            desk=desk,
            scheduler=watch.scheduler,
            silence=SilenceWatch(webhooks, watch.alerts, registry, database.clock),
        )


def _tokens(settings: Settings, database: Database, live: LiveSettings) -> TokenKeeper:
    """Return who keeps the access token, and takes over a sign-in that another process made."""
    return TokenKeeper(
        settings,
        store=token_store(database, settings),
        clock=database.clock,
        another=KeptSignIn(live, database).another,
        check_open=lambda: live.loaded.check_vault_open(),  # noqa: PLW0108 -- live.loaded changes
    )


def _parts(
    database: Database,
    registry: Registry,
    ledger: PgLedger,
    budget: PgBudget,
    *,
    source: ZohoSource,
    bus: Bus,
    live: LiveSettings,
    log: PgCallLog,
) -> Parts:
    """Return what syncing needs."""
    return Parts(
        settings=lambda: live.now,
        source=source,
        mirror=PgMirror(database, registry),
        ledger=ledger,
        budget=budget,
        bus=bus,
        clock=database.clock,
        absences=Absences(ledger, bus, database.clock),
        kept=PgKeptPages(database),
        calls=log,
        normalizers={entity.name: Normalizer(entity) for entity in registry},
    )


def _service(
    parts: Parts,
    registry: Registry,
    live: LiveSettings,
    database: Database,
    *,
    jobs: PgJobs,
    watch: Watch,
    webhooks: WebhooksInbox,
    desk: LetterDesk,
) -> SyncService:
    """Return the facade over *parts*."""
    return SyncService(
        parts,
        registry,
        live,
        database=database.info,
        signed_in=PgSignIns(database).last,
        jobs=jobs,
        schedules=watch.schedules,
        alerts=watch.alerts,
        webhooks=webhooks,
        letters=desk.letters,
    )


def _take_over(
    organization: str,
    changed: Settings,
    *,
    budget: PgBudget,
    client: ZohoClient,
    log: PgCallLog,
    allowed: Callable[[Settings], Limits],
) -> None:
    """Let the parts go by the *changed* settings from now on."""
    budget.limits = allowed(changed)
    # A run under way goes on with the organization it began with; the next one is held against the database.
    pinned = organization or changed.organization_id
    client.settings = changed.model_copy(update={"organization_id": pinned})
    log.bodies = changed.log_api_calls


@asynccontextmanager
async def _hearing_of_changes(live: LiveSettings) -> AsyncIterator[None]:
    """Take over, for as long as the context lasts, what another process or machine sets."""
    watcher = asyncio.create_task(_hear_of_changes(live), name="shared settings")
    try:
        yield
    finally:
        watcher.cancel()
        await asyncio.wait({watcher})


async def _hear_of_changes(live: LiveSettings) -> None:
    """Take over, within seconds, what another process or machine has set."""
    while True:
        await asyncio.sleep(_SETTINGS_EVERY_S)
        try:
            await live.refresh()
        except SyncError as error:
            structlog.get_logger(__name__).warning("shared settings are not read", cause=str(error))


def limits(settings: Settings) -> Limits:
    """Return what this process allows itself."""
    return Limits(per_minute=settings.per_minute, per_day=settings.per_day, concurrency=settings.concurrency)
