"""A wizard in its window, on the double of the set-up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from tests.support.browser import Browser
from tests.support.fake_setup import FakeSetup
from tests.ui.conftest import until
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.wizard.wizard import Wizard

Show = Callable[[FakeSetup], Awaitable[Wizard]]


@pytest.fixture
def browser(qapp: QApplication) -> Iterator[Browser]:
    """The person's browser."""
    made = Browser().listen()
    yield made
    made.close()


@pytest.fixture
def show(window: MainWindow, browser: Browser) -> Show:
    """Return what shows the wizard on a set-up, at the step where that is."""

    async def shown(setup: FakeSetup) -> Wizard:
        wizard = window.wizard
        wizard.attach(setup)
        window.setup_open()
        window.go("setup")
        await until(lambda: wizard.pages and wizard.next.isVisible())
        window.activateWindow()
        await until(window.isActiveWindow)
        return wizard

    return shown


def click(widget: QWidget) -> None:
    """Click as a person does; what can't be seen or pressed fails."""
    assert widget.isVisible(), widget.accessibleName()
    assert widget.isEnabled(), widget.accessibleName()
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)


def type_into(widget: QWidget, text: str) -> None:
    """Type as a person does, over what is there."""
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(widget, text)


def press(wizard: Wizard, key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
    """Press a key where the focus is."""
    QTest.keyClick(QApplication.focusWidget() or wizard, key, modifier)


async def at(wizard: Wizard, step: Step) -> None:
    """Wait until *step* is in front and nothing is under way."""
    await until(lambda: wizard.now is step and not wizard.page.is_busy)
