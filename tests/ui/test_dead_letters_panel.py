"""The inspector of dead letters: lists, keys, retries to their real end, edits, and the ways that lead to it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest

from tests.support.fake_letters import ME, NOW, change, letter_of, work_of
from tests.support.fake_service import run_info
from tests.ui.conftest import until
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.core.events import LettersChanged
from tsh_sync_gui.core.values import Counts, RunState
from tsh_sync_gui.engine.letters.values import LetterState, WorkState
from tsh_sync_gui.engine.views import RunDetail

pytestmark = pytest.mark.timeout(20)


@pytest.fixture
def letters(service):
    service.letters.letters = [letter_of(place) for place in range(12)]
    return service.letters


async def opened(session, window, service, *, items=True):
    session.attach(service)
    window.service_opened()
    window.go("dead_letters")
    panel = window.dead_letters
    await until(lambda: panel.lists.groups.model.rows)
    if items:
        panel.listing.switch(in_groups=False)
        await until(lambda: panel.lists.letters.model.rows and panel.lists.detail_pane.detail)
    return panel


def press(panel, key, modifier=Qt.KeyboardModifier.NoModifier):
    view = panel.lists.groups.view if panel.lists.in_groups else panel.lists.letters.view
    view.setFocus()
    QTest.keyClick(view, key, modifier)


async def in_front(window):
    """Give the focus back after a question, as window managers do: without one, keys reach no window."""
    window.activateWindow()
    await until(window.isActiveWindow)


def shown(panel):
    return [row.letter.id for row in panel.lists.letters.model.rows]


async def test_groups_come_first_and_lead_to_their_letters_and_back(qloop, session, window, service, letters):
    panel = await opened(session, window, service, items=False)

    assert [row.group.count for row in panel.lists.groups.model.rows] == [3, 3, 3, 3]
    assert panel.lists.beside.currentWidget() is panel.lists.group_pane
    assert panel.bar.retry.text() == "Retry all 12 that match…"

    cause = panel.lists.group.cause
    press(panel, Qt.Key.Key_Return)
    await until(lambda: len(shown(panel)) == 3)
    assert {row.letter.cause for row in panel.lists.letters.model.rows} == {cause}
    assert panel.bar.crumb.isVisible()

    window.escape()
    await until(lambda: panel.lists.in_groups)
    press(panel, Qt.Key.Key_G)
    await until(lambda: len(shown(panel)) == 12)


async def test_the_search_tells_its_faults_in_place_and_keeps_the_list(qloop, session, window, service, letters):
    panel = await opened(session, window, service)

    panel.bar.search.use_text("state:opne")
    assert panel.bar.fault == "There is no state “opne”. Allowed: open, snoozed, resolved, discarded, all."
    assert panel.bar.search.property("bad") == "true"
    assert not panel.bar.retry.isEnabled()
    assert len(shown(panel)) == 12

    panel.bar.search.use_text("date")
    await until(lambda: len(shown(panel)) == 3)
    assert panel.bar.fault == ""
    assert panel.bar.retry.isEnabled()

    panel.bar.search.use_text("zebra")
    await until(lambda: not panel.lists.is_shown)
    assert panel.lists.empty.words.startswith("Nothing matches")
    panel.lists.empty.clear.click()
    await until(lambda: panel.lists.is_shown and len(shown(panel)) == 12)


async def test_chips_and_states_narrow_the_list(qloop, session, window, service, letters):
    letters.letters[3] = change(letters.letters[3], assigned_to=ME)
    letters.letters[4] = change(letters.letters[4], snoozed_until=NOW + timedelta(days=1))
    panel = await opened(session, window, service)
    chips = {chip.value: button for chip, button in panel.bar.chips.items()}

    chips["is:mine"].click()
    await until(lambda: shown(panel) == ["4"])
    chips["is:mine"].click()
    chips["is:new"].click()
    await until(lambda: len(shown(panel)) == 4)

    panel.bar.state.setCurrentIndex(1)
    panel.bar.state.activated.emit(1)
    await until(lambda: shown(panel) == ["5"])
    await until(panel.lists.detail_pane.head.retry.isVisible)


async def test_a_long_list_is_read_page_by_page(qloop, session, window, service, letters):
    letters.letters = [letter_of(place) for place in range(450)]
    panel = await opened(session, window, service)
    table = panel.lists.letters

    assert len(shown(panel)) == 100
    assert table.foot.text == "450 rows"
    table.view.scrollToBottom()
    await until(lambda: len(shown(panel)) == 300)
    table.view.scrollToBottom()
    await until(lambda: len(shown(panel)) == 450)
    assert len(set(shown(panel))) == 450


async def test_letters_are_marked_and_all_that_match_are(qloop, session, window, service, letters):
    letters.letters = [letter_of(place) for place in range(150)]
    panel = await opened(session, window, service)

    press(panel, Qt.Key.Key_X)
    press(panel, Qt.Key.Key_J)
    press(panel, Qt.Key.Key_J)
    press(panel, Qt.Key.Key_X, Qt.KeyboardModifier.ShiftModifier)
    assert panel.acts.marked in {2, 3}  # a test's key press does not reach the keyboard's state everywhere
    assert panel.bar.retry.text().endswith("chosen…")

    panel.lists.letters.foot.choose_all.click()
    assert panel.acts.marked == 150
    panel.acts.discard()
    question = panel.deeds.question
    assert not question.buttons[0].isEnabled()
    question.field.setEditText("Test data")
    question.buttons[0].click()
    await until(lambda: ("discard", ("", "Test data")) in letters.asked)
    await until(lambda: not panel.acts.marked)
    assert window.toast.shown.title == "150 records discarded"


async def test_a_retry_is_sent_once_and_tells_its_real_outcome(qloop, session, window, service, letters):
    letters.hold = True
    panel = await opened(session, window, service)
    head, first = panel.lists.detail_pane.head, shown(panel)[0]

    press(panel, Qt.Key.Key_R)
    press(panel, Qt.Key.Key_R)
    head.retry.click()
    await until(lambda: "retry" in letters.words())
    assert not head.retry.isEnabled()
    assert head.retry.text() == "Being tried…"
    assert head.result == ""

    letters.finish(letters.past[0], [one for one in letters.letters if one.id == first])
    await until(lambda: head.result)
    assert head.result == "The record is stored now"
    assert letters.words().count("retry") == 1
    await until(lambda: first not in shown(panel))
    assert panel.lists.detail_pane.detail.letter.id == first
    press(panel, Qt.Key.Key_J)
    await until(lambda: panel.lists.detail_pane.detail.letter.id == shown(panel)[0])


async def test_a_retry_that_fails_the_same_way_says_so(qloop, session, window, service, letters):
    letters.mends = False
    panel = await opened(session, window, service)

    panel.acts.retry()
    await until(lambda: panel.lists.detail_pane.head.result)

    assert panel.lists.detail_pane.head.result == "It failed in the same way"
    await until(panel.lists.detail_pane.head.retry.isEnabled)


async def test_a_retry_of_many_asks_first_shows_its_progress_and_is_cancelled(qloop, session, window, service, letters):
    letters.hold = True
    panel = await opened(session, window, service)

    press(panel, Qt.Key.Key_R, Qt.KeyboardModifier.ShiftModifier)
    question = panel.deeds.question
    await until(question.buttons[0].isEnabled)
    assert question.buttons[0].text() == "Retry 3 records"
    question.rate.setValue(7)
    question.buttons[0].click()
    await until(panel.bulk.isVisible)
    assert letters.asked[-1][1][2] == 7
    work = letters.past[0].id
    letters.move(work, done=2, succeeded=1, failed=1, new_failures=1)
    await until(lambda: "2 / 3 · 1 succeeded · 1 failed" in panel.bulk.accessibleName())

    panel.bulk.cancel.click()
    await until(panel.bulk.close_it.isVisible)
    assert panel.bulk.accessibleName().startswith("Cancelled, 2 / 3")
    panel.acts.show_past()
    await until(lambda: window.side.content is not None)


async def test_a_retry_that_goes_on_is_followed_from_the_start(qloop, session, window, service, letters):
    letters.past = [work_of(400, done=40, succeeded=40)]
    panel = await opened(session, window, service)

    await until(panel.bulk.isVisible)
    letters.move("work-1", state=WorkState.STOPPED, words="It failed at the first.")
    await until(panel.bulk.close_it.isVisible)


async def test_an_edit_is_checked_as_it_is_typed_and_leaves_once(qloop, session, window, service, letters):
    letters.hold_edits = asyncio.Event()
    panel = await opened(session, window, service)
    editor = panel.editor

    press(panel, Qt.Key.Key_E)
    await until(lambda: editor.isVisible() and editor.faults.count() == 1)
    assert not editor.save.isEnabled()
    value = panel.lists.detail_pane.detail.letter.value
    editor.text.setPlainText(editor.text.toPlainText().replace(value, "2026-02-28"))
    await until(editor.save.isEnabled)
    editor.carry_out()
    editor.carry_out()
    assert not editor.save.isEnabled()
    window.escape()
    assert editor.isVisible()
    letters.hold_edits.set()
    await until(lambda: not editor.isVisible())
    await until(lambda: panel.lists.detail_pane.head.result == "The record is stored with your change")
    assert letters.words().count("edit") == 1
    # What it was made from goes along: an edit of a text that Zoho has replaced meanwhile is not taken.
    made_from = next(what[3] for word, what in letters.asked if word == "edit")
    assert made_from == panel.lists.detail_pane.detail.payload


async def test_an_edit_that_is_refused_stays_open_and_wants_another_text(qloop, session, window, service, letters):
    letters.mends = False
    panel = await opened(session, window, service)
    editor = panel.editor
    panel.acts.edit()
    await until(lambda: editor.isVisible() and editor.faults.count() == 1)
    editor.text.setPlainText('{"date": "2026-02-28"}')
    await until(editor.save.isEnabled)

    editor.carry_out()
    await until(lambda: editor.result == "Zoho did not take it")
    assert not editor.save.isEnabled()
    window.escape()
    await until(lambda: not editor.isVisible())
    await until(lambda: letters.words().count("unlock") == 1)


async def test_leaving_an_edit_asks_only_where_something_was_typed(qloop, session, window, service, letters):
    panel = await opened(session, window, service)
    editor = panel.editor
    panel.acts.edit()
    await until(editor.isVisible)
    editor.text.insertPlainText(" ")

    editor.leave()

    assert editor.isVisible()
    question = next(one for one in editor.children() if one.metaObject().className() == "Question")
    question.buttons[1].click()
    await until(lambda: not editor.isVisible())


async def test_assign_note_and_snooze(qloop, session, window, service, letters):
    panel = await opened(session, window, service)
    first = shown(panel)[0]

    press(panel, Qt.Key.Key_A)
    panel.deeds.question.field.setCurrentText("Omar")
    panel.deeds.question.buttons[0].click()
    await until(lambda: letters.letters[0].assigned_to == "Omar")
    await in_front(window)
    press(panel, Qt.Key.Key_N)
    panel.deeds.question.field.setPlainText("Asked the shop.")
    panel.deeds.question.buttons[0].click()
    await until(lambda: letters.letters[0].note == "Asked the shop.")
    panel.deeds.snooze(panel.acts.meant())
    panel.deeds.question.choices[2].setChecked(True)
    panel.deeds.question.buttons[0].click()
    await until(lambda: first not in shown(panel))
    assert letters.letters[0].snoozed_until - NOW > timedelta(days=2, hours=23)


async def test_news_change_rows_in_place_and_the_number_in_the_navigation(qloop, session, window, service, letters):
    panel = await opened(session, window, service)
    panel.lists.step(2)
    key = panel.lists.letters.current
    panel.lists.letters.mark_current()

    letters.letters.append(letter_of(12, is_new=True, last_seen_at=NOW))
    service.tell(LettersChanged(number=1))
    await until(lambda: len(shown(panel)) == 13)

    assert panel.lists.letters.current == key
    assert panel.acts.marked == 1
    badge = window.navigation._badges["dead_letters"]
    await until(lambda: badge.text() == "6")
    window.go("sync")
    await until(badge.isHidden)


async def test_what_cannot_be_read_is_told_and_tried_again(qloop, session, window, service, letters):
    letters.error = UnreachableError("Database not reachable", what="database", advice="Nothing was lost.")
    session.attach(service)
    window.service_opened()
    window.go("dead_letters")
    panel = window.dead_letters
    await until(lambda: panel.lists._box is not None)

    letters.error = None
    panel.lists._box.choice.click()
    await until(lambda: panel.lists.is_shown)


async def test_a_run_leads_to_the_letters_it_left(qloop, session, window, service, letters):
    letters.letters[1] = change(letters.letters[1], run_id="run-7", state=LetterState.RESOLVED)
    run = run_info("invoices", RunState.PARTLY_DONE, id="run-7", counts=Counts(seen=9, failed=1))
    service.details = {"run-7": RunDetail(run=run, calls=(), rejected=())}
    panel = await opened(session, window, service, items=False)

    window.go("sync")
    window.open_run("run-7")
    await until(lambda: window.side.content is not None)
    window.side.content.letters.click()

    await until(lambda: shown(panel) == ["2"])
    assert window.panel is panel
    assert panel.bar.search.text() == "run:run-7"


async def test_all_that_match_are_exported(session, window, service, tmp_path, qloop):
    service.letters.letters = [letter_of(place) for place in range(12)]
    panel = await opened(session, window, service)
    panel.bar.search.use_text("date")
    await until(lambda: len(shown(panel)) == 3)
    asked = []
    window.exporter.ask_file = lambda name, writing: asked.append((name, writing))

    window.keys.export()
    file = tmp_path / "letters.csv"
    await asked[0][1](file)

    assert asked[0][0] == "Dead letters"
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("Record,Cause,Entity,Tries,Age,Last tried")


async def test_every_control_has_a_name(qloop, session, window, service, letters):
    panel = await opened(session, window, service)
    panel.acts.edit()
    await until(panel.editor.isVisible)

    nameless = []
    for one in panel.findChildren(type(panel).__mro__[2]):
        kind = one.metaObject().className()
        if one.isHidden() or one.focusPolicy() is Qt.FocusPolicy.NoFocus or kind in {"QTabBar", "QComboBoxListView"}:
            continue
        reader = QAccessible.queryAccessibleInterface(one)
        if reader is not None and not reader.text(QAccessible.Text.Name):
            nameless.append(f"{kind} in {one.parent().metaObject().className()}")
    assert nameless == [], nameless
