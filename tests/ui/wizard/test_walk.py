"""The whole way from an empty home to the first sync, by mouse and by keyboard alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from tests.support.fake_setup import FakeSetup
from tests.support.setup_samples import CLIENT_ID, CLIENT_SECRET, ORGANIZATIONS
from tests.ui.conftest import until
from tests.ui.wizard.conftest import at, click, press, type_into
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.ui.wizard.state.sign_in import Phase


@pytest.fixture
def ended(window) -> list[str]:
    heard: list[str] = []
    window.wizard.completed.connect(lambda: heard.append("completed"))
    return heard


async def test_by_mouse(qloop, show, browser, ended):
    setup = FakeSetup()
    wizard = await show(setup)

    click(wizard.page.connect_tile)
    await at(wizard, Step.DATABASE)
    click(wizard.next)
    await until(lambda: wizard.next.text() == "Create tables")
    assert "sync.runs" in wizard.page.tables.toPlainText()
    click(wizard.next)
    await at(wizard, Step.APP)
    type_into(wizard.page.client_id.line, CLIENT_ID)
    type_into(wizard.page.client_secret.line, CLIENT_SECRET)
    click(wizard.next)
    await at(wizard, Step.SIGN_IN)
    click(wizard.next)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    assert browser.opened == ["https://accounts.zoho.com/oauth/v2/auth?client_id=1000.AB&state=S1"]
    setup.come_back()
    await at(wizard, Step.ORGANIZATION)
    click(wizard.page.tiles[ORGANIZATIONS[0].id])
    await at(wizard, Step.CHECK)
    await until(wizard.next.isEnabled)
    click(wizard.next)
    await at(wizard, Step.WEBHOOKS)
    click(wizard.skip)
    await at(wizard, Step.LIMITS)
    click(wizard.next)
    await at(wizard, Step.FIRST_SYNC)
    await until(lambda: wizard.next.text() == "Run now · about 39 calls")
    click(wizard.next)
    await until(lambda: ended)

    home = setup.home
    assert home.progress.is_complete
    assert home.progress.skipped == {Step.WEBHOOKS}
    assert home.first_sync is not None
    assert home.first_sync <= datetime.now(UTC)
    assert setup.kept_app == {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}


async def test_by_keyboard_alone(qloop, show, ended):
    setup = FakeSetup()
    wizard = await show(setup)

    press(wizard, Qt.Key.Key_Return)
    await at(wizard, Step.DATABASE)
    press(wizard, Qt.Key.Key_Return)
    await until(lambda: wizard.next.text() == "Create tables")
    press(wizard, Qt.Key.Key_Enter)
    await at(wizard, Step.APP)
    for field, text in ((wizard.page.client_id.line, CLIENT_ID), (wizard.page.client_secret.line, CLIENT_SECRET)):
        tab_to(wizard, field)
        type_into(field, text)
    press(wizard, Qt.Key.Key_Return)
    await at(wizard, Step.SIGN_IN)
    press(wizard, Qt.Key.Key_Return)
    await until(lambda: wizard.page.phase is Phase.WAITING)
    setup.come_back()
    await at(wizard, Step.ORGANIZATION)
    await until(lambda: wizard.page.tiles)
    tab_to(wizard, wizard.page.tiles[ORGANIZATIONS[0].id])
    press(wizard, Qt.Key.Key_Return)
    await at(wizard, Step.CHECK)
    await until(wizard.next.isEnabled)
    press(wizard, Qt.Key.Key_Return)
    await at(wizard, Step.WEBHOOKS)
    tab_to(wizard, wizard.skip)
    press(wizard, Qt.Key.Key_Space)
    await at(wizard, Step.LIMITS)
    await until(wizard.next.isEnabled)
    press(wizard, Qt.Key.Key_Return)
    await at(wizard, Step.FIRST_SYNC)
    await until(lambda: wizard.page.table.rows)
    tab_to(wizard, wizard.page.tonight)
    press(wizard, Qt.Key.Key_Return)
    await until(lambda: ended)

    assert setup.home.progress.is_complete
    assert setup.home.first_sync > datetime.now(UTC)


def tab_to(wizard, target) -> None:
    """Press Tab until *target* has the focus, as often as there are places at most."""
    for _ in range(60):
        if QApplication.focusWidget() is target:
            return
        press(wizard, Qt.Key.Key_Tab)
    raise AssertionError(f"Tab never reaches {target.accessibleName() or target.text()}")
