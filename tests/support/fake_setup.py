"""A double of the set-up for widget tests: answers are given, late or faulty on demand, and kept like in a home."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.support.fake_setup_webhooks import FakeWebhookStep
from tests.support.setup_samples import (
    CENTRES,
    CLIENT_ID,
    EMBEDDED,
    MINUTES,
    ORGANIZATIONS,
    PLANS,
    SCOPES,
    SECRET,
    SERVER,
    SIZES,
    env_file,
    good_checks,
)
from tsh_sync_gui.bootstrap.setup.values import (
    Attempt,
    ClientType,
    ConsoleValues,
    DatabaseTrial,
    DataCentre,
    EntityCheck,
    EnvFile,
    LimitsForm,
    OrganizationChoice,
    PlanQuota,
    Progress,
    ScheduleCost,
    SignedIn,
    Step,
    TokenHealth,
    ZohoApp,
)
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.entities.registry import REGISTRY


@dataclass
class Home:
    """What is kept; a new FakeSetup on the same home goes on where the last one was."""

    progress: Progress = field(default_factory=Progress)
    app: ZohoApp | None = None
    database: DatabaseTrial | None = None
    signed_in: bool = False
    sign_ins: int = 0
    organization: str = ""
    secret: str = SECRET
    webhook_address: str = ""
    limits: LimitsForm = field(
        default_factory=lambda: LimitsForm(per_day=1000, per_minute=20, batch_size=200, concurrency=5)
    )
    first_sync: datetime | None = None


class FakeSetup(FakeWebhookStep):
    """Fulfils SetupPort. *faults* are raised by a method's name, one a call; *delays* are seconds by name."""

    def __init__(self, home: Home | None = None) -> None:
        self.home = home or Home()
        self.asked: Counter[str] = Counter()
        self.faults: dict[str, list[Exception]] = {}
        self.delays: dict[str, float] = {}
        self.trials: dict[str, DatabaseTrial] = {}
        self.database_urls: list[str] = []
        self.lines: list[EntityCheck] = good_checks()
        self.line_delay = 0.0
        self.hold_after = -1
        self._go_on: asyncio.Event | None = None
        self.seen: set[str] = set()
        self.browser: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self.answer = SignedIn(location="us", scopes=frozenset(SCOPES.split(",")))
        self.extra_scopes: frozenset[str] = frozenset()
        self.replaces = False
        self.kept_app: dict[str, Any] = {}
        self.taken: list[EnvFile] = []
        self.env: Callable[[Path], EnvFile] = env_file
        self.wait = timedelta(minutes=5)
        self.listener = ""
        self.code = ""

    async def _do(self, name: str) -> None:
        self.asked[name] += 1
        await asyncio.sleep(self.delays.get(name, 0))
        waiting = self.faults.get(name)
        if waiting:
            raise waiting.pop(0)

    async def progress(self) -> Progress:
        await self._do("progress")
        return self.home.progress

    async def mark(self, step: Step, *, skipped: bool = False) -> Progress:
        await self._do("mark")
        now = self.home.progress
        done = (now.done | {step}) if not skipped else now.done - {step}
        left = now.skipped | {step} if skipped else now.skipped - {step}
        after = [one for one in Step if one not in done | left]
        self.home.progress = Progress(done=done, skipped=left, current=after[0] if after else Step.FIRST_SYNC)
        return self.home.progress

    async def go_to(self, step: Step) -> Progress:
        await self._do("go_to")
        self.home.progress = replace(self.home.progress, current=step)
        return self.home.progress

    async def read_env(self, path: Path) -> EnvFile:
        await self._do("read_env")
        return self.env(path)

    async def take_over(self, file: EnvFile) -> Progress:
        await self._do("take_over")
        self.taken.append(file)
        return await self.mark(Step.START)

    def _trial(self, url: str) -> DatabaseTrial:
        return self.trials.get(url, SERVER if url else EMBEDDED)

    async def try_database(self, url: str) -> DatabaseTrial:
        self.database_urls.append(url)
        await self._do("try_database")
        return self._trial(url)

    async def create_database(self, url: str) -> DatabaseTrial:
        await self._do("create_database")
        self.trials[url] = replace(self._trial(url), exists=True)
        return self.trials[url]

    async def choose_database(self, url: str, progress: Callable[[str], None]) -> DatabaseTrial:
        progress("Making the tables")
        await self._do("choose_database")
        trial = self._trial(url)
        self.home.database = replace(trial, tables_present=len(trial.tables_missing), tables_missing=())
        return self.home.database

    async def database(self) -> DatabaseTrial | None:
        await self._do("database")
        return self.home.database

    def data_centres(self) -> tuple[DataCentre, ...]:
        return CENTRES

    def console_values(self, location: str, products: frozenset[str]) -> ConsoleValues:
        scopes = [one for one in SCOPES.split(",") if one.split(".")[0].removeprefix("Zoho").lower() in products]
        console = next((one.console_url for one in CENTRES if one.location == location), CENTRES[0].console_url)
        return ConsoleValues(
            client_name="TSH Sync",
            homepage_url="http://localhost:8976",
            redirect_uri="http://localhost:8976/callback",
            other_redirect_uris=("http://localhost:8977/callback", "http://localhost:8978/callback"),
            scopes=",".join(scopes),
            console_url=console,
        )

    async def app(self) -> ZohoApp | None:
        await self._do("app")
        return self.home.app

    def check_app(self, client_id: str, client_secret: str, client_type: ClientType) -> dict[str, str]:
        found = {}
        if not client_id.startswith("1000."):
            found["client_id"] = "A client id begins with “1000.” and has 35 characters."
        if client_type != "desktop" and len(client_secret) < 40 and (client_secret or self.home.app is None):
            found["client_secret"] = "A client secret has 42 characters, 0-9 and a-f."
        return found

    async def find_data_centre(self, client_id: str, client_secret: str) -> DataCentre:
        del client_id, client_secret
        await self._do("find_data_centre")
        return CENTRES[1]

    async def keep_app(
        self, client_id: str, client_secret: str, *, client_type: ClientType, location: str, products: frozenset[str]
    ) -> ZohoApp:
        await self._do("keep_app")
        self.kept_app = {"client_id": client_id, "client_secret": client_secret}
        self.home.app = ZohoApp(
            client_id=client_id,
            client_secret_shown="••••••••6789",
            client_type=client_type,
            location=location,
            products=products,
        )
        return self.home.app

    async def begin_sign_in(self, *, extra_scopes: frozenset[str] = frozenset(), replaces: bool = False) -> Attempt:
        await self._do("begin_sign_in")
        self.replaces = replaces
        self.extra_scopes = extra_scopes
        self.browser = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        return Attempt(
            url="https://accounts.zoho.com/oauth/v2/auth?client_id=1000.AB&state=S1",
            redirect_uri="http://localhost:8976/callback",
            until=datetime.now(UTC) + self.wait,
        )

    def come_back(self) -> None:
        """Let the browser come back; called in the window's thread."""
        assert self._loop is not None
        assert self.browser is not None
        self._loop.call_soon_threadsafe(self.browser.set)

    async def await_browser(self) -> SignedIn:
        assert self.browser is not None
        await self.browser.wait()
        return await self._finish("await_browser")

    async def finish_with_address(self, pasted: str) -> SignedIn:
        if "code=" not in pasted:
            raise ConfigurationError(
                "This is not the address the browser landed on", advice="It begins with http://localhost:8976/callback."
            )
        return await self._finish("finish_with_address")

    async def finish_with_code(self, code: str, *, replaces: bool = False) -> SignedIn:
        self.code, self.replaces = code, replaces
        return await self._finish("finish_with_code")

    async def _finish(self, name: str) -> SignedIn:
        await self._do(name)
        self.home.signed_in = True
        self.home.sign_ins += 1
        return replace(self.answer, sign_ins=self.home.sign_ins)

    async def cancel_sign_in(self) -> None:
        await self._do("cancel_sign_in")

    async def health(self) -> TokenHealth:
        await self._do("health")
        signed = self.home.signed_in
        return TokenHealth(
            state="ok" if signed else "none",
            minutes_left=52 if signed else None,
            refreshes=1 if signed else 0,
            refresh_limit=10,
            sign_ins=self.home.sign_ins,
            sign_in_limit=20,
            scopes=self.answer.scopes if signed else frozenset(),
            where="United States (.com)" if signed else "",
            words="Signed in." if signed else "Not signed in yet.",
        )

    async def revoke(self) -> None:
        await self._do("revoke")
        self.home.signed_in = False

    async def organizations(self) -> tuple[OrganizationChoice, ...]:
        await self._do("organizations")
        return tuple(replace(one, is_chosen=one.id == self.home.organization) for one in ORGANIZATIONS)

    async def choose_organization(self, organization_id: str) -> None:
        await self._do("choose_organization")
        self.home.organization = organization_id

    async def organization(self) -> OrganizationChoice | None:
        await self._do("organization")
        found = next((one for one in ORGANIZATIONS if one.id == self.home.organization), None)
        return replace(found, is_chosen=True) if found else None

    async def checks(self) -> AsyncIterator[EntityCheck]:
        await self._do("checks")
        self._loop = asyncio.get_running_loop()
        self._go_on = asyncio.Event()
        for place, line in enumerate(list(self.lines)):
            if place == self.hold_after:
                await self._go_on.wait()
            await asyncio.sleep(self.line_delay)
            yield line

    def go_on(self) -> None:
        """Let the check go on that waits after *hold_after* lines; called in the window's thread."""
        assert self._loop is not None
        assert self._go_on is not None
        self._loop.call_soon_threadsafe(self._go_on.set)

    def plans(self) -> tuple[PlanQuota, ...]:
        return PLANS

    async def limits(self) -> LimitsForm:
        await self._do("limits")
        return self.home.limits

    async def schedule_cost(self, limits: LimitsForm) -> tuple[ScheduleCost, ...]:
        await self._do("schedule_cost")
        return tuple(
            ScheduleCost(
                entity=one.name,
                title=one.title,
                minutes=MINUTES.get(one.name, 30),
                calls_per_day=24 * 60 // MINUTES.get(one.name, 30) * max(1, 1250 // limits.batch_size // 6),
            )
            for one in REGISTRY
            if one.name != "price_lists"
        )

    async def keep_limits(self, limits: LimitsForm) -> None:
        await self._do("keep_limits")
        self.home.limits = limits

    async def estimate(self) -> list[Forecast]:
        await self._do("estimate")
        return [
            Forecast(
                entity=one.name,
                calls_low=-(-size // 200),
                calls_high=-(-size // 200),
                details_later=size if size > 500 else 0,
                later_by_share=size > 500,
                seconds=size / 10,
                records=size,
            )
            for one, size in zip(REGISTRY, SIZES, strict=False)
            if REGISTRY.walk(one.walk)[0] == one
        ]

    async def first_sync_at(self, when: datetime | None) -> None:
        await self._do("first_sync_at")
        self.home.first_sync = when

    async def first_sync(self) -> datetime | None:
        await self._do("first_sync")
        return self.home.first_sync


def opener_of(setup: FakeSetup):
    """Return what opens *setup*, counting how often."""

    @asynccontextmanager
    async def opened(_progress: Callable[[str], None]) -> AsyncIterator[FakeSetup]:
        await setup._do("open")
        try:
            yield setup
        finally:
            setup.asked["closed"] += 1

    return opened


def at_step(step: Step) -> Home:
    """Return a home where everything before *step* is done."""
    before = frozenset(list(Step)[: list(Step).index(step)])
    home = Home(progress=Progress(done=before, current=step))
    if Step.DATABASE in before:
        home.database = replace(EMBEDDED, tables_present=3, tables_missing=())
    if Step.APP in before:
        home.app = ZohoApp(
            client_id=CLIENT_ID,
            client_secret_shown="••••••••6789",
            client_type="server",
            location="us",
            products=frozenset({"books", "inventory"}),
        )
    if Step.SIGN_IN in before:
        home.signed_in, home.sign_ins = True, 1
    if Step.ORGANIZATION in before:
        home.organization = ORGANIZATIONS[0].id
    return home
