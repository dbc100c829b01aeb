"""The window on the real set-up, a real database and a simulated Zoho: from an empty home to a first sync."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from PySide6.QtCore import Qt

from tests.support.setups import BOTH, CLIENT_ID, CLIENT_SECRET, PASSPHRASE, silent, with_vault
from tests.support.simulator import make_simulator, simulator
from tests.ui.conftest import until
from tests.ui.test_program import Begun
from tests.ui.wizard.conftest import at, click, press, type_into
from tsh_sync_gui.bootstrap.setup import open_setup
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.core.values import EntityState
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.ui.opening import opener
from tsh_sync_gui.ui.program import Program
from tsh_sync_gui.ui.widgets.passphrase import PassphraseQuestion
from tsh_sync_gui.ui.wizard.state.sign_in import Phase

__all__ = ["make_simulator", "simulator"]
pytestmark = pytest.mark.timeout(110)


@pytest.fixture
def machine(home, simulator, monkeypatch) -> Path:
    """The empty home of a computer without a keychain, its Zoho simulated."""
    monkeypatch.chdir(home)
    monkeypatch.setenv("TSH_HOME", str(home))
    monkeypatch.setenv("TSH_VAULT", "file")
    monkeypatch.setenv("ZOHO_ACCOUNTS_URL", simulator.url)
    monkeypatch.setenv("ZOHO_API_BASE_URL", simulator.url)
    monkeypatch.setenv("ZOHO_RATE_LIMIT_PER_MINUTE", "6000")
    return home


@pytest.fixture
def keyed(machine, monkeypatch) -> Path:
    """The same home, its file of secrets opened by the environment."""
    monkeypatch.setenv("TSH_SECRET_KEY", PASSPHRASE)
    return machine


@pytest.fixture
def begin(qtbot, look, engine, kept, machine) -> Callable[[], Begun]:
    """Return what begins the program."""

    def begun() -> Begun:
        wanted = asyncio.Event()
        program = Program(
            engine,
            wanted,
            kept=kept,
            open_it=opener(demo=False),
            setup_it=lambda progress: open_setup(progress=progress, ports=(0,)),
        )
        qtbot.addWidget(program.window, before_close_func=lambda one: setattr(one, "_may_close", True))
        return Begun(program, wanted)

    return begun


def consent(simulator, url: str) -> int:
    """Be the person in the browser: accept, and follow the way back."""
    httpx.post(f"{simulator.url}/__sim/consent", json={"auto": "accept", "user": 0})
    return httpx.get(url, follow_redirects=True, timeout=20).status_code


async def to_the_app(window) -> None:
    """Walk steps 1 and 2 with the embedded database."""
    wizard = window.wizard
    await until(lambda: wizard.pages, 30)
    click(wizard.page.connect_tile)
    await at(wizard, Step.DATABASE)
    click(wizard.next)
    await until(lambda: wizard.next.text() == "Create tables", 40)
    assert "tsh.products" in wizard.page.tables.toPlainText()
    click(wizard.next)
    await until(lambda: wizard.now is Step.APP and not wizard.page.is_busy, 40)


async def keep_the_app(window) -> None:
    """Walk step 3; this computer has no keychain, so a file is made on the way."""
    wizard = window.wizard
    type_into(wizard.page.client_id.line, CLIENT_ID)
    type_into(wizard.page.client_secret.line, CLIENT_SECRET)
    press(wizard, Qt.Key.Key_Return)
    await until(lambda: wizard.page.problem_box is not None, 20)
    await until(wizard.page.problem_box.choice.isVisible)
    assert wizard.page.problem_box.choice.text() == "Make an encrypted file…"
    click(wizard.page.problem_box.choice)
    asked = next(one for one in wizard.page.findChildren(PassphraseQuestion) if one.isVisible())
    type_into(asked.first, PASSPHRASE)
    type_into(asked.second, PASSPHRASE)
    click(asked.buttons[0])
    await until(lambda: wizard.now is Step.SIGN_IN and not wizard.page.is_busy, 30)


async def test_from_an_empty_home_to_a_first_sync(qloop, begin, browser, simulator, home: Path):
    begun = begin()
    window, wizard = begun.program.window, begun.program.window.wizard
    await until(lambda: wizard.pages, 30)
    window.activateWindow()
    await to_the_app(window)
    await keep_the_app(window)

    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING, 20)
    assert await asyncio.to_thread(consent, simulator, browser.opened[0]) == 200
    await until(lambda: wizard.now is Step.ORGANIZATION, 30)
    await until(lambda: wizard.page.tiles, 30)
    click(wizard.page.tiles[ORGANIZATION_ID])
    await until(lambda: wizard.now is Step.CHECK, 30)
    await until(lambda: wizard.page._sentence.text() == "All 8 kinds of records can be synced.", 40)
    click(wizard.next)
    await until(lambda: wizard.now is Step.WEBHOOKS, 30)
    await until(lambda: wizard.page.secret.field.value, 20)
    assert len(wizard.page.table.rows) >= 10
    click(wizard.skip)
    await until(lambda: wizard.now is Step.LIMITS, 30)
    await until(lambda: wizard.page.table.rows and wizard.next.isEnabled(), 20)
    click(wizard.next)
    await until(lambda: wizard.now is Step.FIRST_SYNC, 30)
    await until(lambda: wizard.page.table.rows and wizard.next.isEnabled(), 40)
    click(wizard.next)

    await until(lambda: window.stack.currentWidget() is window.sync, 40)
    session = begun.program.session
    await until(
        lambda: session.cards and all(card.state is EntityState.UP_TO_DATE for card in session.cards),
        60,
    )
    assert not holds(home, CLIENT_SECRET)
    assert await begun.quit() == 0


def holds(home: Path, secret: str) -> list[str]:
    """Return the files of the home that hold *secret* in the clear."""
    return [one.name for one in home.glob("*") if one.is_file() and secret in one.read_text("utf-8", "replace")]


async def test_a_sign_in_lost_in_between_is_made_again_and_the_run_goes_on(qloop, begin, browser, simulator, keyed):
    with_vault(keyed)
    async with open_setup(keyed, ports=(0,)) as setup:
        await setup.choose_database("", silent)
        await setup.keep_app(CLIENT_ID, CLIENT_SECRET, client_type="server", location="us", products=BOTH)
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())
        await asyncio.to_thread(consent, simulator, attempt.url)
        await waiting
        await setup.choose_organization(ORGANIZATION_ID)
        for step in Step:
            await setup.mark(step)
    await asyncio.to_thread(httpx.post, f"{simulator.url}/__sim/revoke", json={})
    begun = begin()
    window, wizard, session = begun.program.window, begun.program.window.wizard, begun.program.session
    await until(lambda: session.cards, 40)
    window.activateWindow()
    window.wishes.everything(full=True)
    await until(lambda: window.status._parts["zoho"].text() == "Sign in again", 40)

    click(window.status._parts["zoho"])
    await until(lambda: wizard.pages and wizard.now is Step.SIGN_IN, 20)
    await until(lambda: wizard.next.text() == "Sign in at Zoho", 20)
    click(wizard.next)
    await until(lambda: browser.opened, 20)
    await asyncio.to_thread(consent, simulator, browser.opened[0])

    await until(lambda: window.stack.currentWidget() is window.sync, 40)
    await until(
        lambda: session.cards and all(card.state is EntityState.UP_TO_DATE for card in session.cards),
        60,
    )
    assert await begun.quit() == 0


async def test_killed_after_the_sign_in_the_next_start_goes_on_and_asks_for_no_secret(
    qloop, begin, browser, simulator, keyed
):
    first = begin()
    wizard = first.program.window.wizard
    await until(lambda: wizard.pages, 30)
    first.program.window.activateWindow()
    await to_the_app(first.program.window)
    await keep_the_app(first.program.window)
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING, 20)
    await asyncio.to_thread(consent, simulator, browser.opened[0])
    await until(lambda: wizard.now is Step.ORGANIZATION, 30)
    await first.quit()

    second = begin()
    window, wizard = second.program.window, second.program.window.wizard
    await until(lambda: wizard.pages, 30)
    await until(lambda: wizard.now is Step.ORGANIZATION and wizard.page.tiles, 40)
    await until(lambda: all(tile.isVisible() for tile in wizard.page.tiles.values()))
    click(wizard.page.tiles[ORGANIZATION_ID])
    await until(lambda: wizard.now is Step.CHECK, 30)

    assert window.panel is wizard
    await second.quit()
