"""Back, revisiting, skipping, leaving, and going on after the program was killed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QComboBox, QLineEdit, QPlainTextEdit, QTableWidget, QWidget

from tests.support.fake_setup import FakeSetup, Home, at_step
from tests.support.setup_samples import CLIENT_ID, SECRET
from tests.ui.conftest import until
from tests.ui.wizard.conftest import at, click, press, type_into
from tsh_sync_gui.bootstrap.setup.values import Progress, Step
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.ui.wizard.state.rail import STEPS, titles


def complete() -> Home:
    home = at_step(Step.FIRST_SYNC)
    home.progress = Progress(done=frozenset(Step), current=Step.FIRST_SYNC)
    return home


@pytest.mark.parametrize("step", STEPS)
async def test_a_start_after_a_kill_goes_on_where_it_was(qloop, show, step):
    wizard = await show(FakeSetup(at_step(step)))

    await at(wizard, step)

    assert wizard.sheet.title.text() == titles()[step]
    looks = {one: button.property("look") for one, button in wizard.rail.buttons.items()}
    assert looks[step] == "now"
    assert all(looks[one] == "done" for one in STEPS[: STEPS.index(step)])


@pytest.mark.parametrize("step", STEPS[2:])
async def test_no_secret_is_asked_twice(qloop, show, step):
    """What was kept before the program was killed leads on without another word."""
    wizard = await show(FakeSetup(at_step(step)))
    await at(wizard, step)

    wizard.go_to(Step.DATABASE)
    await at(wizard, Step.DATABASE)
    await until(lambda: wizard.next.text() == "Next")
    click(wizard.next)
    await at(wizard, Step.APP)
    if step is not Step.APP:
        await until(wizard.next.isEnabled)
        assert "Kept: ••••••••6789" in wizard.page.client_secret.line.placeholderText()
        click(wizard.next)
        await at(wizard, Step.SIGN_IN)
    assert wizard.now in {Step.APP, Step.SIGN_IN}


async def test_alt_left_goes_back_and_keeps_what_is_done(qloop, show):
    setup = FakeSetup(at_step(Step.LIMITS))
    wizard = await show(setup)
    await at(wizard, Step.LIMITS)

    press(wizard, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    await at(wizard, Step.WEBHOOKS)
    press(wizard, Qt.Key.Key_Left, Qt.KeyboardModifier.AltModifier)
    await at(wizard, Step.CHECK)

    await until(lambda: setup.home.progress.current is Step.CHECK)
    assert Step.CHECK in setup.home.progress.done
    assert setup.asked["checks"] == 0


async def test_a_done_step_is_revisited_by_a_click_and_an_open_one_is_not(qloop, show):
    wizard = await show(FakeSetup(at_step(Step.CHECK)))
    await at(wizard, Step.CHECK)

    click(wizard.rail.buttons[Step.APP])
    await at(wizard, Step.APP)

    await until(lambda: wizard.page.client_id.text == CLIENT_ID)
    assert not wizard.rail.buttons[Step.LIMITS].isEnabled()
    assert wizard.rail.buttons[Step.LIMITS].toolTip() == "First: Check"
    assert wizard.rail.buttons[Step.CHECK].isEnabled()


async def test_what_is_under_way_is_given_up_when_the_step_is_left(qloop, show):
    setup = FakeSetup(at_step(Step.ORGANIZATION))
    setup.delays["organizations"] = 0.3
    wizard = await show(setup)
    await until(lambda: wizard.page.busy.text == "Asking Zoho for your organizations…")

    click(wizard.back)
    await at(wizard, Step.SIGN_IN)

    assert not wizard.page.is_busy
    assert wizard.page.problem_box is None


async def test_finishing_later_keeps_progress_and_says_that_nothing_changed(qloop, show, window):
    setup = FakeSetup(at_step(Step.WEBHOOKS))
    wizard = await show(setup)
    heard: list[bool] = []
    wizard.left.connect(heard.append)
    await at(wizard, Step.WEBHOOKS)

    click(wizard.rail.leave)

    assert heard == [False]
    assert setup.home.progress.current is Step.WEBHOOKS
    window.go("sync")
    assert window.navigation._buttons["setup"].isVisible()
    assert window.navigation._badges["setup"].isVisible()


async def test_a_complete_set_up_is_no_entry_of_the_navigation_but_found_by_the_palette(qloop, show, window):
    wizard = await show(FakeSetup(complete()))
    assert wizard.rail.leave.text() == "Close the set-up"

    window.go("settings")

    assert not window.navigation._buttons["setup"].isVisible()
    assert [one.target for one in window.keys._find("set-up")][:1] == ["setup"]


async def test_leaving_after_another_app_says_that_the_service_stands_on_something_else(qloop, show):
    wizard = await show(FakeSetup(complete()))
    heard: list[bool] = []
    wizard.left.connect(heard.append)
    wizard.go_to(Step.APP)
    await at(wizard, Step.APP)
    await until(lambda: wizard.page.client_id.text == CLIENT_ID)
    wizard.page.products["books"].click()
    click(wizard.next)
    await at(wizard, Step.SIGN_IN)

    click(wizard.rail.leave)

    assert heard == [True]


async def test_progress_that_can_not_be_kept_is_said_on_the_page(qloop, show):
    setup = FakeSetup(at_step(Step.WEBHOOKS))
    wizard = await show(setup)
    await at(wizard, Step.WEBHOOKS)
    setup.faults["mark"] = [UnreachableError("No room on the disk", what="disk", advice="Make some.")]

    click(wizard.skip)

    await until(lambda: wizard.page.problem_box is not None)
    assert wizard.page.problem_box.accessibleName() == "No room on the disk"
    assert wizard.now is Step.WEBHOOKS


@pytest.mark.parametrize("step", STEPS)
async def test_everything_that_takes_the_focus_has_a_name(qloop, show, step):
    wizard = await show(FakeSetup(at_step(step)))
    await at(wizard, step)

    kinds = (QAbstractButton, QLineEdit, QComboBox, QTableWidget, QPlainTextEdit)
    shown = [one for one in wizard.findChildren(QWidget) if isinstance(one, kinds) and one.isVisible()]
    unnamed = [one for one in shown if one.focusPolicy() is not Qt.FocusPolicy.NoFocus and not name(one)]

    assert unnamed == []


def name(widget: QWidget) -> str:
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


async def test_ctrl_c_copies_the_value_in_focus_also_where_it_is_dots(qloop, show):
    wizard = await show(FakeSetup(at_step(Step.WEBHOOKS)))
    await until(lambda: wizard.page.secret.field.value)
    assert SECRET not in wizard.page.secret.field.text()

    wizard.page.secret.field.setFocus()
    press(wizard, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    await until(lambda: QGuiApplication.clipboard().text() == SECRET)


async def test_enter_in_a_field_means_next(qloop, show):
    setup = FakeSetup(at_step(Step.WEBHOOKS))
    wizard = await show(setup)
    await until(lambda: wizard.page.secret.field.value)

    type_into(wizard.page.address.line, "https://erp.tsh.example/api/webhooks/zoho")
    press(wizard, Qt.Key.Key_Return)

    await at(wizard, Step.LIMITS)
    assert setup.home.webhook_address == "https://erp.tsh.example/api/webhooks/zoho"
    assert Step.WEBHOOKS in setup.home.progress.done
