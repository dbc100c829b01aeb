"""States of the wizard worth a picture."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from tests.support.fake_setup import FakeSetup, Home, at_step
from tests.support.setup_samples import CLIENT_ID, CLIENT_SECRET, SERVER
from tsh_sync_gui.bootstrap.setup.values import SignedIn, Step
from tsh_sync_gui.core.errors import AuthorisationError, UnreachableError
from tsh_sync_gui.ui.wizard.pages.app import AppPage
from tsh_sync_gui.ui.wizard.pages.database import DatabasePage
from tsh_sync_gui.ui.wizard.pages.limits import LimitsPage
from tsh_sync_gui.ui.wizard.pages.sign_in import SignInPage
from tsh_sync_gui.ui.wizard.pages.start import StartPage
from tsh_sync_gui.ui.wizard.wizard import Wizard

SMALL, LARGE = (1100, 680), (1600, 1000)
BOTH = ("light", "dark")
Play = Callable[[FakeSetup, Wizard], Awaitable[None]]
SCOPE = "ZohoInventory.items.READ"


async def _nothing(_setup: FakeSetup, _wizard: Wizard) -> None:
    """Play nothing."""


@dataclass(frozen=True)
class Scene:
    name: str
    home: Callable[[], Home] = Home
    play: Play = _nothing
    prepare: Callable[[FakeSetup], object] = lambda _setup: None
    themes: tuple[str, ...] = ("light",)
    sizes: tuple[tuple[int, int], ...] = (SMALL,)
    mirrored: bool = False

    def setup(self) -> FakeSetup:
        made = FakeSetup(self.home())
        self.prepare(made)
        return made


def at(step: Step) -> Callable[[], Home]:
    return lambda: at_step(step)


def type_in(page: DatabasePage) -> None:
    page.server.click()
    for name, text in (("host", "erp.tsh.local"), ("name", "tsh_erp"), ("user", "tsh"), ("password", "secret")):
        page.fields[name].set_text(text)


async def imported(_setup: FakeSetup, wizard: Wizard) -> None:
    page = wizard.page
    assert isinstance(page, StartPage)
    page.import_tile.click()
    page.read("/home/sara/zoho/.env")


async def embedded(_setup: FakeSetup, wizard: Wizard) -> None:
    wizard.next.click()


async def server(_setup: FakeSetup, wizard: Wizard) -> None:
    page = wizard.page
    assert isinstance(page, DatabasePage)
    type_in(page)
    wizard.next.click()
    await asyncio.sleep(0.2)
    wizard.area.verticalScrollBar().setValue(9999)


def without_right(setup: FakeSetup) -> None:
    setup.trials = {
        "postgresql://tsh:secret@erp.tsh.local:5432/tsh_erp": replace(
            SERVER,
            missing_right="CREATE on database tsh_erp",
            remedy='GRANT CREATE ON DATABASE "tsh_erp" TO "tsh";',
        )
    }


async def unreachable(setup: FakeSetup, wizard: Wizard) -> None:
    setup.faults["try_database"] = [
        UnreachableError(
            "The database at erp.tsh.local:5432 cannot be reached",
            what="database",
            advice="The name resolves, but nothing answers at port 5432. Is the server running, and does a firewall "
            "let this computer in?",
            cause="psycopg.OperationalError: connection refused",
        )
    ]
    await server(setup, wizard)


async def app_typed(_setup: FakeSetup, wizard: Wizard) -> None:
    page = wizard.page
    assert isinstance(page, AppPage)
    page.client_id.set_text("AB.123")
    page.client_secret.set_text(CLIENT_SECRET)
    page.client_id.edited.emit()
    wizard.area.verticalScrollBar().setValue(9999)


async def waiting(_setup: FakeSetup, wizard: Wizard) -> None:
    wizard.next.click()


async def moved(setup: FakeSetup, wizard: Wizard) -> None:
    setup.answer = SignedIn(location="eu", scopes=frozenset({SCOPE}), moved_from="us", sign_ins=17)
    setup.home.sign_ins = 16
    page = wizard.page
    assert isinstance(page, SignInPage)
    page.show_code()
    page.coding.code.set_text("1000.abc.def")
    wizard.next.click()


async def code(_setup: FakeSetup, wizard: Wizard) -> None:
    page = wizard.page
    assert isinstance(page, SignInPage)
    page.show_code()
    page.coding.minutes.setCurrentIndex(1)


async def denied(setup: FakeSetup, wizard: Wizard) -> None:
    setup.faults["finish_with_code"] = [
        AuthorisationError(
            "That code is no longer valid", advice="Codes last a few minutes and work once.", cause="invalid_code"
        )
    ]
    page = wizard.page
    assert isinstance(page, SignInPage)
    page.show_code()
    page.coding.code.set_text("1000.abc.def")
    page.submit()


def half_checked(setup: FakeSetup) -> None:
    setup.line_delay = 0.08


def not_allowed(setup: FakeSetup) -> None:
    lines = list(setup.lines)
    lines[1] = replace(lines[1], may_read=False, sample=None, missing_scope=SCOPE, problem="Not allowed to read stock")
    lines[5] = replace(lines[5], may_read=False, sample=None, problem="Payments need Zoho Books.")
    setup.lines = lines


def two_seen(setup: FakeSetup) -> None:
    setup.seen = {"products.created", "invoices.updated", "customers.created"}
    setup.home.webhook_address = "https://erp.tsh.example/api/webhooks/zoho"
    setup.listener = "The listener is not running on this computer; deliveries are kept once it runs."


async def too_much(_setup: FakeSetup, wizard: Wizard) -> None:
    page = wizard.page
    assert isinstance(page, LimitsPage)
    page.fields["per_day"].set_text("300")
    page.fields["per_minute"].set_text("0")
    page.fields["per_day"].edited.emit()
    wizard.area.verticalScrollBar().setValue(0)


SCENES = (
    Scene("1-start", themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("1-import", play=imported),
    Scene("2-database", at(Step.DATABASE), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("2-embedded", at(Step.DATABASE), embedded),
    Scene("2-server", at(Step.DATABASE), server, themes=BOTH),
    Scene("2-right", at(Step.DATABASE), server, without_right),
    Scene("2-unreachable", at(Step.DATABASE), unreachable),
    Scene("3-app", at(Step.APP), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("3-typed", at(Step.APP), app_typed),
    Scene("4-sign-in", at(Step.SIGN_IN), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("4-waiting", at(Step.SIGN_IN), waiting, themes=BOTH),
    Scene("4-moved", at(Step.SIGN_IN), moved),
    Scene("4-code", at(Step.SIGN_IN), code),
    Scene("4-denied", at(Step.SIGN_IN), denied),
    Scene("5-organization", at(Step.ORGANIZATION), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("6-check", at(Step.CHECK), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("6-asking", at(Step.CHECK), prepare=half_checked),
    Scene("6-missing", at(Step.CHECK), prepare=not_allowed, themes=BOTH),
    Scene("7-webhooks", at(Step.WEBHOOKS), prepare=two_seen, themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("8-limits", at(Step.LIMITS), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("8-too-much", at(Step.LIMITS), too_much),
    Scene("9-first-sync", at(Step.FIRST_SYNC), themes=BOTH, sizes=(SMALL, LARGE)),
    Scene("ar-start", mirrored=True),
    Scene("ar-server", at(Step.DATABASE), server, mirrored=True),
    Scene("ar-app", at(Step.APP), mirrored=True),
    Scene("ar-waiting", at(Step.SIGN_IN), waiting, mirrored=True),
    Scene("ar-check", at(Step.CHECK), prepare=not_allowed, mirrored=True, themes=BOTH),
    Scene("ar-webhooks", at(Step.WEBHOOKS), prepare=two_seen, mirrored=True, sizes=(LARGE,)),
    Scene("ar-first-sync", at(Step.FIRST_SYNC), mirrored=True),
)
__all__ = ["CLIENT_ID", "SCENES", "Scene"]
