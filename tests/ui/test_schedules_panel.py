"""Schedules, the bell and the tray on real widgets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import msgspec
from PySide6.QtWidgets import QPushButton

from tests.support.fake_service import NOW, run_info
from tests.support.fake_watch import alert_of
from tests.ui.conftest import until
from tests.ui.scenes import NAMES, page, started
from tests.ui.schedule_scenes import STOCK, alarmed, crowded, ordinary
from tests.ui.test_sync_panel import opened
from tsh_sync_gui.core.events import AlertRaised, RunFinished
from tsh_sync_gui.core.settings import validated
from tsh_sync_gui.core.values import Calls, Counts, EntityState, RunState
from tsh_sync_gui.engine.alerts import AlertState, Cause
from tsh_sync_gui.engine.ports.schedules import Walk
from tsh_sync_gui.engine.schedule import Timing
from tsh_sync_gui.engine.views import Planned
from tsh_sync_gui.ui.panels.schedule_editor import ScheduleEditor
from tsh_sync_gui.ui.tray import Tray


async def to_schedules(window, service):
    await opened(window, service)
    window.go("schedules")
    await until(window.schedules.schedules.model.rowCount)
    return window.schedules


async def edited(window, service, entity=STOCK):
    """Open the editor of an entity's schedule."""
    panel = await to_schedules(window, service)
    panel.open_at(entity)
    editor = window.side.content
    assert isinstance(editor, ScheduleEditor)
    return editor


def notes(panel):
    model, last = panel.schedules.model, panel.schedules.model.columnCount() - 1
    return [model.item(row, last).text() for row in range(model.rowCount())]


def buttons(widget):
    return {one.text(): one for one in widget.findChildren(QPushButton) if not one.isHidden()}


async def test_what_was_typed_and_not_saved_stands_there_again(qloop, window, service):
    first = await edited(window, service)
    panel = window.schedules
    first.quiet.setText("21:00-05:00")
    first.show_coming()
    assert not first.unsaved.isHidden()

    panel._edit(next(row for row in panel.schedules.visible_rows() if row.item.schedule.entity != STOCK))
    other = window.side.content
    assert (other.quiet.text(), other.unsaved.isHidden()) == ("", True)
    panel.open_at(STOCK)

    assert window.side.content.quiet.text() == "21:00-05:00"
    panel._saved(next(row.key for row in panel.schedules.visible_rows() if row.item.schedule.entity == STOCK))
    assert not panel._drafts


async def test_the_table_tells_when_at_what_cost_and_why_not(qloop, window, service):
    crowded(service)
    panel = await to_schedules(window, service)

    told = notes(panel)

    assert "Done by the runs of Stock" in told
    assert any(note.startswith("Paused until ") and note.endswith(", by Sara") for note in told)
    assert "Late" in told
    assert "Waits for a sign-in" in told
    assert "Waits for the first sync" in told
    assert "3 runs missed, made up for once" in told
    assert "Next: " in panel._headline.text()
    assert "calls a day; 650 of 1,000 are theirs" in panel._warning.accessibleName() or panel._warning.isVisible()
    assert not panel.resume.isHidden()


async def test_a_day_that_fits_warns_of_nothing(qloop, window, service):
    ordinary(service)
    service.schedules.settings = {"per_day": "10000"}

    panel = await to_schedules(window, service)

    assert panel._warning is None or panel._warning.isHidden()
    assert panel.resume.isHidden()


async def test_all_are_held_and_resumed(qloop, window, service):
    panel = await to_schedules(window, service)

    panel._menu.actions()[0].trigger()
    await until(lambda: not panel.resume.isHidden())
    panel.resume.click()
    await until(panel.resume.isHidden)

    assert [word for word, _ in service.schedules.asked] == ["pause", "resume"]
    assert service.schedules.asked[0][1] == ((), NOW + timedelta(minutes=30))


async def test_a_pause_until_tomorrow_ends_at_eight(qloop, window, service):
    panel = await to_schedules(window, service)

    panel._menu.actions()[2].trigger()
    await until(lambda: service.schedules.asked)

    there = ZoneInfo("Asia/Baghdad")  # the organization's, by which schedules go
    end = service.schedules.asked[0][1][1].astimezone(there)
    assert (end.hour, end.minute) == (8, 0)
    assert end.date() == (NOW.astimezone(there) + timedelta(days=1)).date()


async def test_an_interval_is_typed_its_runs_shown_at_once_and_saved(qloop, window, service):
    editor = await edited(window, service, NAMES[4])
    before = editor.coming.text()

    editor.minutes.setValue(15)
    editor.quiet.setText("22:00-06:00")
    editor.show_coming()
    shown = editor.coming.text()
    editor.save.click()
    await until(lambda: service.schedules.asked)

    assert editor.interval.isChecked()
    assert before != shown
    assert shown.count("about 1 call") == 5
    _, (entity, walk, given) = service.schedules.asked[0]
    assert (entity, walk) == (NAMES[4], Walk.CHANGES)
    assert given == {"timing": Timing(15), "off": False, "default": False, "quiet": "22:00-06:00"}
    await until(lambda: any("every 15 min" in row.when for row in window.schedules.schedules.model.rows))


async def test_what_is_wrong_is_said_while_it_is_typed_and_cannot_be_saved(qloop, window, service):
    editor = await edited(window, service)

    editor.times.setChecked(True)
    editor.cron.setText("61 * * * *")
    editor.show_coming()
    cron = editor.fault.text()
    editor.cron.setText("0 3 * * *")
    editor.quiet.setText("soon")
    editor.show_coming()

    assert "Bad minute" in cron
    assert "quiet hours" in editor.fault.text()
    assert not editor.save.isEnabled()


async def test_an_interval_that_the_environment_sets_is_locked_and_says_so(qloop, window, service):
    service.schedules.locked = frozenset({"stock_interval_minutes"})
    editor = await edited(window, service)

    assert not editor.interval.isEnabled()
    assert not editor.minutes.isEnabled()
    assert "outside the program" in editor._note()


async def test_a_card_tells_its_next_run_a_pause_and_that_it_is_late(qloop, window, service):
    ordinary(service)
    await opened(window, service)
    cards = {card.entity: card for card in window.session.cards}

    assert cards[NAMES[0]].next.startswith("Next ")
    assert cards[NAMES[3]].next.startswith("Paused until ")
    assert cards[NAMES[5]].next == "Waits for a sign-in"
    late = cards[NAMES[4]]
    assert (late.state, late.look.word) == (EntityState.LATE, "Late")
    assert late.problem.title == "No good run for 5 h"
    await until(lambda: window.status._parts["next"].text().startswith("Next "))


async def test_a_cards_menu_leads_to_its_schedule(qloop, window, service):
    await opened(window, service)

    window.wishes.fulfil(NAMES[4], "schedule")
    await until(lambda: isinstance(window.side.content, ScheduleEditor))

    assert window.panel is window.schedules
    assert window.side.content._item.schedule.entity == NAMES[4]


async def test_the_bell_counts_alerts_lists_them_and_is_read_then(qloop, window, service):
    alarmed(service)
    await opened(window, service)
    await until(lambda: window.bell.watch.alerts)
    unread, tone = window.bell.watch.unread

    window.bell.open()
    panel = window.side.content
    shown = buttons(panel)

    assert (unread, tone) == (4, "red")
    assert window.bell.watch.unread[0] == 0
    assert {"Silence", "Show", "Tell again"} <= set(shown)
    went = []
    panel.went.connect(lambda *where: went.append(where))
    shown["Tell again"].click()
    await until(lambda: not any(one.is_silenced for one in window.bell.watch.alerts))
    await until(lambda: "Tell again" not in buttons(panel))
    next(one for one in panel.findChildren(QPushButton) if one.text() == "Show").click()
    assert went == [("sync", "invoices")]
    assert window.panel is window.sync


async def test_an_alert_is_told_once_though_it_comes_again_and_in_quiet_hours_only_afterwards(qloop, window, service):
    told = []
    window.bell.watch.told.connect(told.append)
    service.alerts.found = [alert_of(1)]
    await opened(window, service)
    await until(lambda: window.bell.watch.alerts)
    assert told == []  # what was there before the window is no news

    service.alerts.found = [alert_of(1), alert_of(2, Cause.QUOTA, title="Nearly used up")]
    service.tell(AlertRaised(cause="quota"))
    await until(lambda: told)
    service.alerts.found[1] = replace(service.alerts.found[1], count=2)
    service.alerts.found.append(alert_of(3, Cause.ERROR_RATE, is_silenced=True))
    service.tell(AlertRaised(cause="quota"))
    await until(lambda: len(window.bell.watch.alerts) == 3)
    service.settings = validated({"alerts_quiet": "00:00-23:59"})
    service.alerts.found.append(alert_of(4, Cause.NEEDS_YOU))
    service.tell(AlertRaised(cause="needs_you"))
    await until(lambda: len(window.bell.watch.alerts) == 4)
    assert [one.title for one in told] == ["Nearly used up"]

    service.settings = validated({})
    service.alerts.found.append(alert_of(5, subject="products", state=AlertState.CLEARED))
    service.tell(AlertRaised(cause="run_failed"))
    await until(lambda: len(told) > 1)
    assert [one.id for one in told] == [2, 4]  # what came in the quiet hours and holds still


async def test_without_a_tray_the_window_shows_an_alert(qloop, window, service, kept):
    tray = Tray(window, kept, is_there=False)

    tray.tell(alert_of(1, count=3))

    assert window.toast.shown.title == "Invoices: Zoho has trouble"
    assert window.toast.shown.meaning.startswith("3 times. ")
    tray.let_go()


def _texts(menu):
    return [action.text() for action in menu.actions() if not action.isSeparator()]


async def test_the_trays_menu_shows_what_runs_and_is_next_and_does_what_it_says(qloop, window, service, kept):
    ordinary(service)
    service.hold = True
    await opened(window, service)
    tray = Tray(window, kept, is_there=True)
    service.tell(started(NAMES[0]), page(NAMES[0], 200, 1250))
    await until(lambda: window.session.state.live)

    tray.fill()
    texts = _texts(tray.menu)
    syncing, pausing = (one for one in tray._inside if one.title() in {"Sync now", "Pause schedules"})

    assert texts[0] == "Products · 200 / 1,250"
    assert any(text.startswith("Next ") for text in texts)
    assert texts[-3:] == ["Resume schedules", "Open", "Quit"]
    assert [action.isEnabled() for action in syncing.actions()][:2] == [False, True]
    assert _texts(pausing) == ["For 30 min", "For 1 h", "Until tomorrow 08:00", "Until I resume"]
    assert tray.state().tone == "amber"

    syncing.actions()[1].trigger()
    tray._inside[0].actions()[0].trigger()
    pausing.actions()[3].trigger()
    await until(lambda: service.schedules.asked and len(service.asked) > 1)
    assert service.requests()[0].entities == (NAMES[1],)
    assert ("cancel", "live-products") in service.asked
    assert service.schedules.asked == [("pause", ((), None))]

    quits = []
    tray.quit_wanted.connect(lambda: quits.append(True))
    next(action for action in tray.menu.actions() if action.text() == "Quit").trigger()
    assert quits == [True]
    tray.let_go()


async def test_closing_leaves_the_icon_and_says_so_the_first_time(qloop, window, service, kept):
    await opened(window, service)
    tray = Tray(window, kept, is_there=True)
    said = []
    tray._icon.showMessage = lambda title, *_rest: said.append(title)

    for _ in range(2):
        tray.hide_window()
        assert not window.isVisible()
        tray.open_window()

    assert window.isVisible()
    assert said == ["TSH Sync goes on in the tray"]
    tray.let_go()


async def test_the_end_of_a_run_that_a_person_began_is_told_to_who_does_not_look(qloop, window, service):
    ended = []
    window.bell.watch.ended.connect(lambda *words: ended.append(words))
    service.view = msgspec.structs.replace(service.view)
    await opened(window, service)
    service.hold = True
    window.wishes.everything()
    service.tell(started(NAMES[0]), page(NAMES[0], 200, 1250))
    await until(lambda: window.session.state.live)
    assert run_info(NAMES[0]).trigger == "person"

    finished = RunFinished(
        run=started(NAMES[0]).run,
        entity=NAMES[0],
        state=RunState.UP_TO_DATE,
        counts=Counts(created=3),
        calls=Calls(),
        seconds=2.0,
        at=NOW,
    )
    service.tell(finished)
    await until(lambda: ended)

    assert ended == [("Products: Up to date", "3 created, 0 updated, 0 failed")]
    assert Planned().standing == "off"
