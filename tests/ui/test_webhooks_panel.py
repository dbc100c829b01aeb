"""The webhooks inbox: live without jumping, opened deliveries, replays with their cost, the listener, coverage."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from tests.support.fake_service import run_info
from tests.support.fake_webhooks import DOWN, NAMES, FakeListener, Found, coverage_of
from tests.ui.conftest import until
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.core.events import DeliveriesChanged
from tsh_sync_gui.core.values import RunState
from tsh_sync_gui.engine.ports.inbox import EventState, Verdict
from tsh_sync_gui.engine.views import RunDetail
from tsh_sync_gui.ui.panels.webhooks_detail import BODY, DIAGNOSIS, DONE
from tsh_sync_gui.ui.panels.webhooks_questions import FreshSecret, ReplayQuestion, SecretQuestion
from tsh_sync_gui.ui.state.webhooks import InboxFilter, Only
from tsh_sync_gui.ui.widgets.dialogs import Question

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def inbox(service):
    service.webhooks.fill()
    return service.webhooks


async def opened(session, window, service, found=None):
    listener = FakeListener(found or Found(), inbox=service.webhooks)
    window.listener = listener
    session.attach(service)
    window.service_opened()
    window.go("webhooks")
    await until(lambda: window.webhooks.around.listening is not None and window.webhooks.around.figures is not None)
    return window.webhooks, listener


def ids(panel):
    return [row.row.id for row in panel.lists.table.model.rows]


def press(panel, key):
    panel.lists.table.view.setFocus()
    QTest.keyClick(panel.lists.table.view, key)


def question_of(window, kind):
    return next((one for one in window.findChildren(kind) if one.isVisible()), None)


async def test_the_list_opens_with_its_figures_and_the_newest_delivery(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)

    assert ids(panel)[:3] == [399, 398, 397]
    assert panel.lists.table.model.total == 240
    assert panel.around.strip.text("today") == "143 of 1,000"
    assert panel.around.strip.text("listener").startswith("Up since")
    assert panel.view.detail.row.id == 399
    assert not panel.around.down.isVisible()
    assert not panel.bar.replay.isVisible()
    panel.lists.table.view.verticalScrollBar().setValue(10_000)
    await until(lambda: len(ids(panel)) == 240)


async def test_new_deliveries_come_in_at_the_top_and_wait_while_a_person_scrolls(
    qloop, session, window, service, inbox
):
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)

    inbox.arrive(2)
    service.tell(DeliveriesChanged())
    await until(lambda: ids(panel)[:2] == [401, 400])
    assert panel.lists.table.current == "399"

    bar = panel.lists.table.view.verticalScrollBar()
    bar.setValue(300)
    inbox.arrive(12)
    panel.news()
    await until(panel.lists.table.chip.isVisible)
    assert panel.lists.table.chip.text() == "12 new"
    assert (ids(panel)[0], bar.value()) == (401, 300)

    QTest.mouseClick(panel.lists.table.chip, Qt.MouseButton.LeftButton)
    await until(lambda: ids(panel)[0] == 413)
    assert bar.value() == 0
    assert not panel.lists.table.chip.isVisible()


async def test_space_pauses_the_list_and_lets_it_follow_again(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)

    press(panel, Qt.Key.Key_Space)
    inbox.arrive(3)
    panel.news()
    await until(lambda: panel.lists.table.chip.text() == "3 new")
    assert ids(panel)[0] == 399
    assert panel.bar.live.text() == "Paused"

    press(panel, Qt.Key.Key_Space)
    await until(lambda: ids(panel)[0] == 402)
    assert panel.bar.live.text() == "Live"


async def test_a_delivery_that_goes_on_changes_in_its_place(qloop, session, window, service, inbox):
    inbox.arrive(1)
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None and panel.view.detail.row.state is EventState.WAITING)

    row = inbox.rows.pop()
    inbox.rows.append(replace(row, state=EventState.DONE, outcome="fetched", delay=0.4))
    panel.news()

    await until(lambda: panel.view.detail.row.state is EventState.DONE)
    assert panel.lists.table.current == "400"


async def test_a_refused_delivery_opens_at_its_diagnosis(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)

    panel.bar.use(InboxFilter(only=Only.REFUSED))
    await until(lambda: panel.view.detail is not None and panel.view.detail.row.verdict is Verdict.REFUSED)

    pane = panel.lists.pane
    assert pane.tabs.currentIndex() == DIAGNOSIS
    assert pane.diagnosis.accessibleName() == "The secret in Zoho has a space at the end"
    assert not pane.replay.isEnabled()
    assert pane.diagnosis_facts.values["Length"] == "64 characters: right for hex"
    window.escape()
    await until(lambda: panel.view.detail is not None and panel.view.detail.row.id == 399)
    assert not pane.tabs.isTabVisible(DIAGNOSIS)
    assert pane.tabs.currentIndex() == DONE
    pane.tabs.setCurrentIndex(BODY)
    assert pane.tree.topLevelItem(0).text(0) == "item"


async def test_p_asks_with_the_cost_and_replays_once(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)
    table = panel.lists.table
    table.go_to("398")
    press(panel, Qt.Key.Key_X)
    table.go_to("399")  # a duplicate
    press(panel, Qt.Key.Key_X)
    assert panel.bar.replay.text() == "Replay 2 chosen…"

    press(panel, Qt.Key.Key_P)
    question = question_of(window, ReplayQuestion)
    await until(question.force.isVisible)
    assert "One delivery of 1 record once more: at most 1 call." in question.words
    assert "Duplicates skipped: 1." in question.words
    question.force.setChecked(True)
    await until(lambda: question.buttons[0].text() == "Replay · at most 2 calls" and question.buttons[0].isEnabled())
    question.buttons[0].click()

    await until(lambda: ids(panel)[0] == 401)
    assert [what for word, what in inbox.asked if word == "replay"] == [((398, 399), None, True)]
    table.go_to("401")
    await until(lambda: panel.view.detail.row.id == 401)
    panel.lists.pane.other.click()
    await until(lambda: panel.view.detail.row.id == 399)


async def test_everything_since_a_time_is_counted_anew_as_it_changes(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)
    panel.deeds.replay(None)
    await until(
        lambda: question_of(window, ReplayQuestion) and "once more" in question_of(window, ReplayQuestion).words
    )
    question = question_of(window, ReplayQuestion)
    before = question.words

    question.since.setDateTime(question.since.dateTime().addSecs(-3600))

    await until(lambda: question.words != before and question.buttons[0].isEnabled())
    assert len([1 for word, _what in inbox.asked if word == "plan"]) == 2
    question.reject()


async def test_c_copies_a_request_without_its_secrets(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)

    press(panel, Qt.Key.Key_C)

    text = QGuiApplication.clipboard().text()
    assert text.startswith("curl -X POST")
    assert "http://127.0.0.1:8000/api/webhooks/zoho" in text
    assert "9f82ac5177aa31" not in text


async def test_t_sends_a_test_that_appears_as_a_ping(qloop, session, window, service, inbox):
    panel, listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)

    press(panel, Qt.Key.Key_T)

    await until(lambda: panel.lists.table.model.rows[0].row.verdict is Verdict.PING)
    assert listener.asked == ["test"]


async def test_why_the_listener_does_not_start_is_said_and_the_button_comes_back(qloop, session, window, service):
    panel, listener = await opened(session, window, service, DOWN)
    listener.error = UnreachableError("The listener does not start", what="network", advice="Its port is taken.")

    panel.deeds.start()

    await until(lambda: window.toast.isVisible() and panel.around.down.choice.isEnabled())
    assert panel.around.down.choice.text() == "Start listener"


async def test_the_listener_is_ended_after_a_question(qloop, session, window, service, inbox):
    panel, listener = await opened(session, window, service)

    panel.deeds.ask_stop()
    question_of(window, Question).buttons[0].click()

    await until(panel.around.down.isVisible)
    assert listener.asked == ["stop"]


async def test_processing_is_paused_and_resumed(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)

    panel.deeds.pause(paused=True)
    await until(panel.around.paused.isVisible)
    assert inbox.is_paused
    panel.around.paused.choice.click()

    await until(lambda: not panel.around.paused.isVisible())
    assert not inbox.is_paused


async def test_the_coverage_shows_the_silence_and_fetches_its_gap(qloop, session, window, service, inbox):
    inbox.found = coverage_of(silent=True)
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.bar.coverage.text() == "Coverage · 1")

    panel.bar.coverage.click()
    await until(lambda: panel.coverage.boxes)
    assert panel.coverage.boxes[0].choice.text() == "Fetch the gap · 1–3 calls"
    panel.coverage.boxes[0].choice.click()
    await until(lambda: [word for word, _what in inbox.asked] == ["gap"])

    table = panel.coverage.table
    place = next(place for place, row in enumerate(table.visible_rows()) if row.event.missed)
    table.view.selectRow(place)
    table.view.setCurrentIndex(table.filtered.index(place, 0))
    panel.coverage.fetch.click()
    await until(lambda: question_of(window, Question))
    question_of(window, Question).buttons[0].click()
    await until(lambda: [word for word, _what in inbox.asked] == ["gap", "gap"])

    (one,) = inbox.found.silences
    inbox.found = replace(inbox.found, silences=(one, replace(one, entity=NAMES[3])))
    service.bus.publish(DeliveriesChanged())
    await until(lambda: panel.bar.coverage.text() == "Coverage · 2")
    (box,) = panel.coverage.boxes
    box.choice.click()
    await until(lambda: [word for word, _what in inbox.asked] == ["gap"] * 4)
    inbox.found = coverage_of()
    panel._look_around()
    await until(lambda: not panel.coverage.boxes)


async def test_a_new_secret_is_shown_once_and_one_of_ones_own_is_checked(qloop, session, window, service, inbox):
    panel, _listener = await opened(session, window, service)
    panel.deeds.change_secret()
    await until(
        lambda: question_of(window, SecretQuestion) and question_of(window, SecretQuestion).buttons[0].isEnabled()
    )
    question = question_of(window, SecretQuestion)

    QTest.keyClicks(question.field, "short")
    assert not question.buttons[0].isEnabled()
    question.made.setChecked(True)
    question.buttons[0].click()

    await until(lambda: question_of(window, FreshSecret))
    assert question_of(window, FreshSecret).field.text().startswith("A1b2")
    assert ("secret", None) in inbox.asked


async def test_a_delivery_leads_to_its_run_and_a_failed_one_to_the_dead_letters(qloop, session, window, service, inbox):
    inbox.rows[-2] = replace(inbox.rows[-2], verdict=Verdict.ACCEPTED, state=EventState.FAILED, run_id="run-x")
    service.details["run-x"] = RunDetail(
        run=run_info("invoices", RunState.UP_TO_DATE, id="run-x"), calls=(), rejected=()
    )
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)
    panel.lists.table.go_to("398")
    await until(lambda: panel.view.detail.row.id == 398)

    panel.lists.pane.run.click()
    await until(lambda: window.side.content is not None)
    panel.lists.pane.letters.click()

    await until(lambda: window.panel is window.dead_letters)
    assert window.dead_letters.bar.filter.text == f"id:{inbox.rows[-2].record_id}"


async def test_what_cannot_be_read_is_said_with_a_way_to_try_again(qloop, session, window, service, inbox):
    inbox.error = UnreachableError("Database not reachable", what="database", advice="Nothing was lost.")
    window.listener = FakeListener(inbox=inbox)
    session.attach(service)
    window.service_opened()
    window.go("webhooks")
    panel = window.webhooks
    await until(lambda: panel.lists.currentWidget() is panel.lists._error_page)

    inbox.error = None
    panel.lists._box.choice.click()

    await until(lambda: panel.view.detail is not None)


@pytest.mark.usefixtures("inbox")
async def test_what_matches_is_exported_whole(qloop, session, window, service, tmp_path):
    panel, _listener = await opened(session, window, service)
    await until(lambda: panel.view.detail is not None)
    written = []

    session.actions.run(panel.view.writing(panel.bar.filter)(tmp_path / "all.csv"), then=written.append)

    await until(lambda: written)
    assert written[0].rows == 240
    assert (tmp_path / "all.csv").read_text(encoding="utf-8-sig").startswith("Time,Event,Record,Verdict")
