"""The wizard within the program: it comes first, the first sync follows, a lost sign-in comes back to it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.fake_service import NOW, FakeService, overview, run_info, status_of
from tests.support.fake_setup import FakeSetup, Home, at_step, opener_of
from tests.ui.conftest import until
from tests.ui.scenes import NAMES
from tests.ui.test_program import Begun, Opener
from tests.ui.wizard.conftest import at, click
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.setup.values import Progress, Step
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import EntityState, RunState
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.ui.program import Program
from tsh_sync_gui.ui.wizard.state.sign_in import Phase


def complete(**changes: object) -> Home:
    home = at_step(Step.FIRST_SYNC)
    home.progress = Progress(done=frozenset(Step), current=Step.FIRST_SYNC)
    for name, value in changes.items():
        setattr(home, name, value)
    return home


@pytest.fixture
def begin(qtbot, engine, kept, tmp_path, request):
    request.getfixturevalue("look")
    request.getfixturevalue("browser")

    def begun(setup: FakeSetup, service: FakeService) -> tuple[Begun, Opener]:
        wanted = asyncio.Event()
        opener = Opener(service, tmp_path)
        program = Program(engine, wanted, kept=kept, open_it=opener, setup_it=opener_of(setup))
        qtbot.addWidget(program.window, before_close_func=lambda one: setattr(one, "_may_close", True))
        return Begun(program, wanted), opener

    return begun


async def test_an_empty_home_shows_the_wizard_and_opens_nothing(begin, qloop, service):
    begun, opener = begin(FakeSetup(), service)
    window = begun.program.window

    await until(lambda: window.panel is window.wizard and window.wizard.pages)

    assert window.wizard.now is Step.START
    assert opener.opened == 0
    assert await begun.quit() == 0


async def test_the_settings_work_before_the_set_up_is_done(begin, qloop, service, tmp_path, monkeypatch):
    monkeypatch.setenv("TSH_HOME", str(tmp_path / "home"))
    begun, opener = begin(FakeSetup(), service)
    window = begun.program.window
    await until(lambda: window.panel is window.wizard and window.wizard.pages)

    window.go("settings")
    row = window.settings.rows["debug"]
    assert row.isVisible()
    row.set_text("true")
    window.settings.save()

    await until(lambda: row.state.source == "Saved on this machine")
    assert gather(home=tmp_path / "home").settings.debug
    assert window.settings.rows["per_day"].state.locked == "Kept in the database, which is not open."
    assert opener.opened == 0
    await begun.quit()


async def test_a_home_without_credentials_that_was_closed_in_between_goes_on(begin, qloop, service):
    begun, opener = begin(FakeSetup(at_step(Step.ORGANIZATION)), service)
    window = begun.program.window

    await until(lambda: window.panel is window.wizard and window.wizard.pages)

    assert window.wizard.now is Step.ORGANIZATION
    assert opener.opened == 0
    await begun.quit()


async def test_a_home_that_is_set_up_opens_at_once_without_the_wizard(begin, qloop, service):
    begun, _opener = begin(FakeSetup(complete()), service)
    window = begun.program.window

    await until(lambda: begun.program.session.cards)

    assert window.panel is window.sync
    assert not window.navigation._buttons["setup"].isVisible()
    assert window.wizard.pages == {}
    await begun.quit()


async def test_running_now_opens_the_service_and_begins_the_first_sync(begin, qloop, service):
    setup = FakeSetup(at_step(Step.FIRST_SYNC))
    begun, opener = begin(setup, service)
    window = begun.program.window
    await until(lambda: window.wizard.pages)
    await at(window.wizard, Step.FIRST_SYNC)
    await until(lambda: window.wizard.page.table.rows)

    click(window.wizard.next)

    await until(service.requests)
    assert service.requests()[0] == SyncRequest(full=True, trigger="first sync")
    assert opener.opened == 1
    assert window.panel is window.sync
    await until(lambda: setup.home.first_sync is None)
    await until(lambda: not begun.program.session.state.pending)
    await begun.quit()


async def test_tonight_waits_and_says_until_when(begin, qloop, service):
    setup = FakeSetup(at_step(Step.FIRST_SYNC))
    begun, opener = begin(setup, service)
    window = begun.program.window
    await until(lambda: window.wizard.pages)
    await at(window.wizard, Step.FIRST_SYNC)
    await until(lambda: window.wizard.page.table.rows)

    click(window.wizard.page.tonight)

    await until(lambda: window.toast.shown)
    assert window.toast.shown.title == "The first sync waits for the night"
    assert opener.opened == 1
    assert service.requests() == []
    assert setup.home.first_sync > datetime.now(UTC)
    await begun.quit()


async def test_a_first_sync_that_was_missed_begins_at_the_next_start(begin, qloop, service):
    setup = FakeSetup(complete(first_sync=datetime.now(UTC) - timedelta(hours=3)))
    begun, _opener = begin(setup, service)

    await until(service.requests)

    assert service.requests()[0].full
    await until(lambda: setup.home.first_sync is None)
    await until(lambda: not begun.program.session.state.pending)
    await begun.quit()


async def test_a_set_up_that_can_not_be_opened_leaves_the_program_usable(begin, qloop, service):
    setup = FakeSetup()
    setup.faults["open"] = [ConfigurationError("The file setup.json cannot be read", advice="Delete it.")]
    begun, _opener = begin(setup, service)
    window = begun.program.window

    await until(lambda: begun.program.session.cards)

    assert window.toast.shown.title == "The file setup.json cannot be read"
    await begun.quit()


async def test_finishing_later_leads_to_a_page_that_leads_back(begin, qloop, service):
    begun, opener = begin(FakeSetup(at_step(Step.APP)), service)
    window = begun.program.window
    await until(lambda: window.wizard.pages)
    await at(window.wizard, Step.APP)

    click(window.wizard.rail.leave)
    assert window.stack.currentWidget() is window.starting
    assert opener.opened == 0
    await until(window.starting.problem_box.choice.isVisible)
    click(window.starting.problem_box.choice)

    await until(lambda: window.stack.currentWidget() is window.wizard)
    await at(window.wizard, Step.APP)
    await begun.quit()


async def test_the_demo_is_begun_after_an_orderly_end(begin, qloop, service):
    begun, _opener = begin(FakeSetup(), service)
    window = begun.program.window
    await until(lambda: window.wizard.pages)

    click(window.wizard.page.demo_tile)

    assert await begun.running == 0
    assert begun.program.wants_demo


def lost(service: FakeService) -> None:
    run = run_info(
        NAMES[0],
        RunState.NEEDS_YOU,
        ended_at=NOW,
        title="Zoho no longer accepts our sign-in",
        advice="Nothing is lost. Syncs wait.",
        error_kind="authorisation",
    )
    service.view = overview(status_of(NAMES[0], state=EntityState.NEEDS_YOU, last=run))


@pytest.mark.parametrize("way", ["card", "status bar"])
async def test_a_lost_sign_in_leads_to_step_4_and_back_to_the_runs(begin, qloop, service, way):
    lost(service)
    setup = FakeSetup(complete())
    begun, opener = begin(setup, service)
    window, wizard = begun.program.window, begun.program.window.wizard
    await until(lambda: begun.program.session.cards)
    if way == "card":
        window.wishes.fulfil(NAMES[0], "sign_in")
    else:
        assert window.status._parts["zoho"].text() == "Sign in again"
        click(window.status._parts["zoho"])
    await until(lambda: wizard.pages)
    await at(wizard, Step.SIGN_IN)
    setup.home.signed_in = False

    click(wizard.page.open if wizard.page.open.isVisible() else wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    setup.come_back()

    await until(lambda: opener.opened == 2)
    await until(lambda: window.stack.currentWidget() is window.sync)
    assert window.toast.shown.title == "Signed in"
    await begun.quit()


async def test_the_card_of_a_lost_sign_in_offers_it(begin, qloop, service):
    lost(service)
    begun, _opener = begin(FakeSetup(complete()), service)
    await until(lambda: begun.program.session.cards)

    card = next(one for one in begun.program.session.cards if one.entity == NAMES[0])

    leading = [offer.text for offer in card.offers if offer.leads]
    assert leading == ["Sign in again"]
    await begun.quit()


async def test_ending_while_the_set_up_opens_ends_in_order(begin, qloop, service):
    setup = FakeSetup()
    setup.delays["open"] = 0.2
    begun, _opener = begin(setup, service)
    await asyncio.sleep(0.02)

    assert await begun.quit() == 0
