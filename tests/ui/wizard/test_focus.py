"""The wizard by keyboard: where the focus stands, where Tab goes, what Enter presses."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QRadioButton

from tests.support.fake_setup import FakeSetup
from tests.ui.conftest import until
from tests.ui.wizard.conftest import at, press
from tests.ui.wizard.test_moving import complete
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.ui.widgets.tab_order import in_reading_order


async def test_each_step_has_the_focus_and_tab_goes_down_its_page(qloop, show):
    wizard = await show(FakeSetup(complete()))

    for step in Step:
        wizard.go_to(step)
        await at(wizard, step)
        await until(lambda: QApplication.focusWidget() not in {None, wizard})
        stops = [one for one in in_reading_order(wizard.page) if one.isVisible() and one.isEnabled()]
        stops = [one for one in stops if not isinstance(one, QRadioButton) or one.isChecked()]  # the others by arrows
        first = QApplication.focusWidget()
        assert first in {*stops, wizard.next}, step
        if first not in stops:
            continue
        for expected in (*stops[stops.index(first) + 1 :], wizard.back, wizard.skip, wizard.next):
            if not expected.isEnabled() or not expected.isVisible():
                continue
            before = QApplication.focusWidget()
            QTest.keyClick(before, Qt.Key.Key_Tab)
            assert QApplication.focusWidget() is expected or expected is wizard.next, (step, before)


async def test_enter_never_finishes_later(qloop, show, window):
    wizard = await show(FakeSetup(complete()))
    await at(wizard, Step.FIRST_SYNC)
    wizard.go_to(Step.LIMITS)
    await at(wizard, Step.LIMITS)
    left = []
    wizard.left.connect(left.append)

    wizard.rail.leave.setFocus(Qt.FocusReason.TabFocusReason)
    press(wizard, Qt.Key.Key_Return)
    await at(wizard, Step.FIRST_SYNC)

    assert left == []
    wizard.rail.leave.setFocus(Qt.FocusReason.TabFocusReason)
    press(wizard, Qt.Key.Key_Space)
    assert left == [False]


@pytest.mark.parametrize("hides", [True, False])
async def test_what_goes_leaves_the_focus_to_the_main_button(qloop, show, hides):
    wizard = await show(FakeSetup(complete()))
    wizard.go_to(Step.ORGANIZATION)
    await at(wizard, Step.ORGANIZATION)
    await until(wizard.page.ask.isVisible)
    wizard.page.ask.setFocus(Qt.FocusReason.TabFocusReason)

    if hides:
        wizard.page.ask.hide()
    else:
        wizard.page.ask.setEnabled(False)

    assert QApplication.focusWidget() is wizard.next
