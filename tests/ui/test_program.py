"""The life of the program: opens behind a shown window, asks before it stops a run, ends in order."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from tests.support.fake_service import FakeService
from tests.ui.conftest import until
from tests.ui.scenes import NAMES, elsewhere
from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.core.saved import write_saved
from tsh_sync_gui.core.settings import load, validated
from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.ui import app
from tsh_sync_gui.ui.opening import Opened
from tsh_sync_gui.ui.program import Program
from tsh_sync_gui.ui.tray import Tray
from tsh_sync_gui.ui.widgets.dialogs import Question


class Opener:
    """Opens the double; fails as often as it is told."""

    def __init__(self, service: FakeService, home, *errors: Exception, outside: bool = False) -> None:
        self.service = service
        self._outside = outside
        self.errors = list(errors)
        self.opened = self.closed = 0
        self._home = home

    @asynccontextmanager
    async def __call__(self, progress):
        progress("Starting the database")
        await asyncio.sleep(0.05)
        if self.errors:
            raise self.errors.pop(0)
        self.opened += 1
        yield Opened(self.service, load(home=self._home, environment=self._outside))
        self.closed += 1


class Begun:
    """A program under way."""

    def __init__(self, program: Program, wanted: asyncio.Event) -> None:
        self.program = program
        self.wanted = wanted
        self.running = asyncio.get_running_loop().create_task(program.run())

    async def quit(self) -> int:
        self.wanted.set()
        return await self.running


@pytest.fixture
def begin(qtbot, look, engine, kept):
    """Return what begins a program with an opener."""

    def begun(opener: Opener) -> Begun:
        wanted = asyncio.Event()
        program = Program(engine, wanted, kept=kept, open_it=opener)
        qtbot.addWidget(program.window, before_close_func=lambda one: setattr(one, "_may_close", True))
        return Begun(program, wanted)

    return begun


async def test_the_window_is_shown_before_the_service_is_open(qloop, begin, service, tmp_path):
    opener = Opener(service, tmp_path)
    begun = begin(opener)
    program = begun.program
    await asyncio.sleep(0)

    assert program.window.isVisible()
    assert program.window.stack.currentWidget() is program.window.starting
    await until(lambda: program.session.cards)
    assert program.window.stack.currentWidget() is program.window.sync

    assert await begun.quit() == 0
    assert opener.closed == opener.opened
    assert not program.window.isVisible()


async def test_a_service_that_fails_can_be_tried_again(qloop, begin, service, tmp_path):
    gone = UnreachableError("The database cannot be reached", what="database", advice="Nothing is lost.")
    begun = begin(Opener(service, tmp_path, gone))
    program = begun.program
    await until(lambda: program.window.starting.problem_box is not None)

    assert program.window.starting.problem_box.choice.text() == "Try again"
    program.window.starting.problem_box.choice.click()

    await until(lambda: program.session.cards)
    await begun.quit()


async def test_a_wrong_setting_leads_to_the_settings(qloop, begin, service, tmp_path, monkeypatch):
    monkeypatch.setenv("TSH_HOME", str(tmp_path))
    wrong = ConfigurationError("TSH_DATABASE_URL is “x”, which is not allowed", advice="Allowed: an address.")
    begun = begin(Opener(service, tmp_path, wrong))
    program = begun.program
    await until(lambda: program.window.starting.problem_box is not None)

    program.window.starting.problem_box.choice.click()

    assert program.window.panel is program.window.settings
    assert program.window.settings.rows["per_day"].state.locked
    await begun.quit()


async def test_a_fault_of_the_program_itself_is_shown_not_thrown(qloop, begin, service, tmp_path):
    begun = begin(Opener(service, tmp_path, ZeroDivisionError("oh")))
    program = begun.program

    await until(lambda: program.window.starting.problem_box is not None)

    assert program.window.starting.problem_box.accessibleName() == "Something unexpected happened"
    await begun.quit()


async def test_closing_in_mid_run_asks_and_then_stops_the_run(qloop, begin, service, tmp_path):
    service.hold = True
    opener = Opener(service, tmp_path)
    begun = begin(opener)
    program = begun.program
    await until(lambda: program.session.prices.changes)
    program.window.wishes.fulfil(NAMES[0], "sync")
    await until(service.requests)

    program.window.close()
    asked = next(one for one in program.window.findChildren(Question) if one.isVisible())
    assert not begun.running.done()
    asked.buttons[0].click()

    assert await begun.running == 0
    assert service.cancelled == 1
    assert opener.closed == 1


async def test_closing_in_mid_run_can_be_thought_better_of(qloop, begin, service, tmp_path):
    service.hold = True
    begun = begin(Opener(service, tmp_path))
    program = begun.program
    await until(lambda: program.session.prices.changes)
    program.window.wishes.fulfil(NAMES[0], "sync")
    await until(service.requests)

    program.window.close()
    asked = next(one for one in program.window.findChildren(Question) if one.isVisible())
    asked.buttons[1].click()
    await asyncio.sleep(0.05)

    assert program.window.isVisible()
    assert service.cancelled == 0
    program._finish()
    await begun.running


async def test_an_interrupt_ends_in_order_without_a_question(qloop, begin, service, tmp_path):
    service.hold = True
    opener = Opener(service, tmp_path)
    begun = begin(opener)
    await until(lambda: begun.program.session.prices.changes)
    begun.program.window.wishes.fulfil(NAMES[0], "sync")
    await until(service.requests)

    begun.running.cancel()

    assert await begun.running == 130
    assert service.cancelled == 1
    assert opener.closed == 1


async def test_a_run_of_another_process_does_not_keep_the_window_open(qloop, begin, service, tmp_path):
    elsewhere(service)
    begun = begin(Opener(service, tmp_path))
    program = begun.program
    await until(lambda: program.session.state.live)

    program.window.close()

    assert await begun.running == 0
    assert RunId("x") not in [what for _, what in service.asked]


async def test_quitting_while_the_service_opens_ends_in_order(qloop, begin, service, tmp_path):
    opener = Opener(service, tmp_path)
    begun = begin(opener)
    await asyncio.sleep(0.01)

    assert await begun.quit() == 0
    assert opener.closed == opener.opened


async def test_what_was_broken_off_goes_on_by_itself(begin, qloop, tmp_path):
    service = FakeService()
    service.first = SyncRequest(entities=(NAMES[0],), trigger="goes on after the program's end")

    begun = begin(Opener(service, tmp_path))
    await until(lambda: service.asked)
    await until(lambda: not begun.program.session.state.pending)  # else the end asks first
    code = await begun.quit()

    assert code == 0
    assert service.asked[0] == ("sync", service.first)


async def test_a_closing_question_follows_what_runs_and_never_stands_twice(qloop, begin, service, tmp_path):
    service.hold = True
    begun = begin(Opener(service, tmp_path))
    program = begun.program
    await until(lambda: program.session.prices.changes)
    program.window.wishes.fulfil(NAMES[0], "sync")
    await until(service.requests)

    program.window.close()
    program.leave()
    asked = [one for one in program.window.findChildren(Question) if one.isVisible()]
    assert len(asked) == 1
    assert asked[0].windowTitle() == "Still syncing: Products. Close all the same?"
    program.session.state = replace(program.session.state, pending=frozenset(NAMES[:3]))
    program.session.changed.emit()
    assert asked[0].windowTitle() == "Still syncing: Products and 2 more. Close all the same?"
    program.session.state = replace(program.session.state, pending=frozenset())
    program.session.changed.emit()
    assert asked[0].windowTitle() == "Nothing runs any more. Close now?"

    begun.wanted.set()  # quit from outside: the question goes with the window
    assert await begun.running == 0
    assert not any(one.isVisible() for one in program.window.findChildren(Question))


async def test_a_language_from_outside_is_not_kept_and_a_chosen_one_is(  # noqa: PLR0917 -- fixtures
    qloop, begin, service, tmp_path, kept, monkeypatch
):
    monkeypatch.setenv("TSH_LANGUAGE", "ar")
    begun = begin(Opener(service, tmp_path, outside=True))
    await until(lambda: begun.program.session.cards)
    assert kept.value("language") is None
    await begun.quit()

    monkeypatch.delenv("TSH_LANGUAGE")
    begun = begin(Opener(service, tmp_path, outside=True))
    await until(lambda: begun.program.session.cards)
    assert kept.value("language") == "system"
    await begun.quit()


async def test_closing_leaves_the_icon_where_there_is_a_tray_and_quit_in_its_menu_ends(
    qloop, begin, service, tmp_path, monkeypatch
):
    monkeypatch.setattr(Tray, "is_there", True)
    begun = begin(Opener(service, tmp_path))
    window, tray = begun.program.window, begun.program.tray
    await until(lambda: begun.program.session.cards)

    window.close()
    hidden = not window.isVisible()
    service.settings = validated({"close_to_tray": "false"})
    tray.open_window()
    tray.fill()
    next(action for action in tray.menu.actions() if action.text() == "Quit").trigger()

    assert hidden
    assert await begun.running == 0


def test_a_language_chosen_in_the_terminal_is_spoken_at_the_next_start(tmp_path, monkeypatch):
    monkeypatch.setenv("TSH_HOME", str(tmp_path))
    write_saved(tmp_path, "language", "ar")
    kept = app.kept_settings(demo=False)
    kept.setValue("language", "en")

    assert app._chosen("language", kept, demo=False) == "ar"
    assert app._chosen("theme", kept, demo=False) == "system"
