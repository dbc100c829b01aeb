"""The check-up's screen: live lines, the deed that mends one, keys, and the report."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.ui.check_up import Played, all_well, refused, troubled
from tests.ui.conftest import until
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.ui.state.doctor import CheckUp, heading, lines, report, spoken
from tsh_sync_gui.ui.state.texts import Language, speak


def words(panel):
    return {row.line.key: row.line.look.word for row in panel.rows}


async def ended(window, played):
    window.doctor.use(played.examine)
    window.go("doctor", "run")
    await until(lambda: window.doctor.state.is_over)
    return window.doctor


async def test_nothing_is_asked_before_a_person_says_so_and_the_price_is_on_the_button(qloop, window):
    played = Played(all_well())
    window.doctor.use(played.examine)

    window.go("doctor")

    assert played.times == 0
    assert window.doctor.again.text() == "Check everything · about 8 calls"
    assert window.doctor.again.hasFocus()
    assert window.doctor._heading.text() == "Nothing was checked yet"
    assert not window.doctor.copy.isVisible()


async def test_lines_appear_as_each_check_ends(qloop, window):
    played = Played(all_well(), hold=9, words="Waiting 34 s for Zoho's per-minute limit")
    window.doctor.use(played.examine)

    window.go("doctor", "run")
    await until(lambda: len(window.doctor.state.findings) == 9 and window.doctor.state.words)

    panel = window.doctor
    assert words(panel)["sign-in"] == "Fine"
    assert words(panel)["organization"] == "Looking…"
    assert words(panel)["quota"] == "Not yet"
    assert panel._heading.text() == "Looking: 9 of 23"
    assert panel._lead.text() == "Waiting 34 s for Zoho's per-minute limit"
    assert panel.stop.isVisible()
    played.go_on = True
    await until(lambda: panel.state.is_over)
    assert set(words(panel).values()) == {"Fine"}
    assert panel._heading.text() == "All is well"
    assert panel.again.text() == "Check again · about 8 calls"


async def test_what_could_not_be_looked_at_says_so(qloop, window):
    panel = await ended(window, Played(refused()))

    assert words(panel)["sign-in"] == "Fault"
    assert words(panel)["organization"] == "Not looked at"
    assert words(panel)["listener"] == "Fine"
    assert panel._heading.text() == "1 fault must be mended before syncs can work"


async def test_the_worst_line_is_brought_up_and_its_button_goes_where_it_is_mended(qloop, window, monkeypatch):
    went = []
    panel = await ended(window, Played(refused()))
    row = next(row for row in panel.rows if row.line.key == "sign-in")
    monkeypatch.setattr(window, "go", lambda *where: went.append(where))

    assert row.hasFocus()
    row.button.click()
    QTest.keyClick(row, Qt.Key.Key_Return)

    assert row.button.text() == "Sign in again"
    assert went == [("setup", "sign_in"), ("setup", "sign_in")]


async def test_a_setting_is_opened_at_its_field(qloop, window, tmp_path):
    window.settings.show_settings(load(home=tmp_path, environment=False), has_database=True)
    panel = await ended(window, Played(troubled()))
    row = next(row for row in panel.rows if row.line.key == "quota")

    row.button.click()

    assert window.panel is window.settings
    assert window.settings.rows["per_day"].isAncestorOf(QApplication.focusWidget())


async def test_f5_checks_again_and_escape_stops(qloop, window):
    played = Played(all_well(), hold=4)
    window.doctor.use(played.examine)
    window.go("doctor")

    window.keys.refresh()
    await until(lambda: len(window.doctor.state.findings) == 4)
    window.keys.refresh()
    window.escape()

    await until(lambda: played.cancelled)
    assert played.times == 1
    assert window.doctor._heading.text() == "Stopped before the end"
    assert words(window.doctor)["vault"] == "Fine"
    assert window.doctor.again.hasFocus()


async def test_what_breaks_an_examination_off_is_shown_with_a_way_to_try_again(qloop, window):
    async def fail(_tell):
        raise ConfigurationError("The demo is not open yet", advice="Wait until it is, and check again.")

    window.doctor.use(fail)

    window.go("doctor", "run")

    await until(lambda: window.doctor._box is not None)
    assert window.doctor._box.accessibleName() == "The demo is not open yet"
    assert not window.doctor.state.runs


async def test_an_engine_that_is_being_closed_ends_it_too(qloop, window, engine):
    played = Played(all_well(), hold=4)
    window.doctor.use(played.examine)
    window.go("doctor", "run")
    await until(lambda: len(window.doctor.state.findings) == 4)

    assert await engine.settle(5)

    await until(lambda: not window.doctor.state.runs)
    assert window.doctor._heading.text() == "Stopped before the end"


async def test_arrows_go_from_line_to_line_and_lines_can_be_copied(qloop, window):
    panel = await ended(window, Played(all_well()))
    panel.rows[0].setFocus()

    QTest.keyClick(panel.rows[0], Qt.Key.Key_Down)
    QTest.keyClick(panel.rows[1], Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert panel.rows[1].hasFocus()
    assert QGuiApplication.clipboard().text().startswith("Image folder: Fine. Images can be kept in")


async def test_the_report_holds_every_line(qloop, window):
    panel = await ended(window, Played(troubled()))

    panel.copy.click()

    text = QGuiApplication.clipboard().text()
    assert panel._lead.text() == "To be looked at: Stock · Customers · Calls to Zoho"
    assert text.startswith("1 fault must be mended before syncs can work (2")
    assert "Stock: Fault. Stock may not be read.\n    The sign-in does not include ZohoInventory.items.READ." in text
    assert text.count("\n") >= 24
    assert panel.copy.text() == "Copied"


async def test_an_outcome_shorter_than_the_last_one_leaves_no_lines_behind(qloop, window):
    extra = Played([*all_well(), troubled()[-3]])
    panel = await ended(window, extra)
    assert len(panel.rows) == 24

    await ended(window, Played(all_well()))

    assert len(panel.rows) == 23
    assert panel._list.count() == 45


@pytest.mark.parametrize("way", ["settings", "palette", "starting", "wizard"])
async def test_it_is_reached_and_begun_from_where_a_person_wonders(qloop, window, way, tmp_path):
    played = Played(all_well())
    window.doctor.use(played.examine)
    window.settings.show_settings(load(home=tmp_path, environment=False), has_database=True)

    if way == "settings":
        window.settings.connection.box.check_button.click()
    elif way == "palette":
        window.keys.perform(window.keys._find("check everything")[0])
    elif way == "starting":
        window.starting.check_button.click()
    else:
        window.wizard.check_up.emit()

    await until(lambda: window.doctor.state.is_over)
    assert window.panel is window.doctor


async def test_the_status_bars_connection_leads_to_it_without_spending_calls(qloop, window, session, service):
    played = Played(all_well())
    window.doctor.use(played.examine)
    session.attach(service)
    window.service_opened()
    await until(lambda: session.state.overview is not None and "zoho" in window.status._parts)

    window.status._parts["zoho"].click()

    assert window.panel is window.doctor
    assert played.times == 0


def test_the_demo_offers_no_way_into_the_set_up():
    state = CheckUp(findings=tuple(refused()))

    assert [line.deed for line in lines(state) if line.deed] == ["sign_in"]
    assert [line.deed for line in lines(state, may_set_up=False) if line.deed] == []


def test_sentences_are_said_in_the_persons_language_with_their_facts():
    german = {"{title} may be read.": "{title} kann man lesen.", "Stock": "Lager"}
    speak(Language(translate=lambda text, _comment, _n: german.get(text, text)))
    try:
        said = [spoken(one.said) for one in all_well()]
    finally:
        speak(Language())

    assert "Lager kann man lesen." in said


def test_a_report_of_a_stopped_examination_says_so():
    state = CheckUp(findings=tuple(refused()[:3]), was_stopped=True)

    assert heading(state) == "Stopped before the end"
    assert report(state, "2026-11-22 10:24").splitlines()[0] == "Stopped before the end (2026-11-22 10:24)"
