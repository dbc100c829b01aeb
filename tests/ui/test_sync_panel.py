"""The Sync screen, driven by hand, by keys and by events."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton

from tests.support.fake_service import NOW, FakeService, overview, quota_of, run_info, status_of
from tests.ui.conftest import until
from tests.ui.scenes import NAMES, never, page, started, troubled
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.events import RunFinished, RunPaused
from tsh_sync_gui.core.settings import validated
from tsh_sync_gui.core.values import Calls, Counts, EntityState, Mode, RunId, RunState
from tsh_sync_gui.engine.views import Forecast, SyncReport
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.state.offers import Do
from tsh_sync_gui.ui.widgets.card import EntityCard
from tsh_sync_gui.ui.widgets.dialogs import Question, RecordQuestion, WindowQuestion

FIRST = NAMES[0]
RUN = RunId(f"live-{FIRST}")


async def opened(window: MainWindow, service: FakeService) -> None:
    window.session.attach(service)
    window.service_opened()
    await until(lambda: window.session.prices.changes)


def card(window: MainWindow, entity: str = FIRST) -> EntityCard:
    found = window.sync.grid.card(entity)
    assert found is not None
    return found


def leading(shown: EntityCard) -> list[str]:
    return [one.text() for one in shown.findChildren(QPushButton) if not one.isHidden() and one.text()]


def texts(shown: EntityCard) -> str:
    return " | ".join(one.text() for one in shown.findChildren(QLabel) if not one.isHidden())


def question(window: MainWindow, kind: type[Question] = Question) -> Question:
    return next(one for one in window.findChildren(kind) if one.isVisible())


async def test_there_is_a_card_for_each_entity_in_dependency_order(qloop, window, service):
    await opened(window, service)

    cards = window.sync.grid.findChildren(EntityCard)

    assert [one.entity for one in cards] == [one.name for one in REGISTRY]
    assert window.stack.currentWidget() is window.sync


async def test_progress_appears_without_a_new_overview(qloop, window, service):
    await opened(window, service)

    service.tell(started(FIRST), page(FIRST, 640, 1250))

    await until(lambda: "640 / 1,250" in texts(card(window)))
    assert leading(card(window)) == ["Pause", "Cancel"]


async def test_a_run_that_ends_says_so_and_enters_the_history(qloop, window, service):
    await opened(window, service)
    counts = Counts(seen=1250, created=1250)
    end = RunFinished(
        run=RUN, entity=FIRST, state=RunState.UP_TO_DATE, counts=counts, calls=Calls(list=7), seconds=4.0, at=NOW
    )

    service.tell(started(FIRST), page(FIRST, 640, 1250))
    await until(lambda: window.session.state.live)
    service.tell(end)

    await until(lambda: not window.session.state.live)
    await until(lambda: card(window).state.look.word == "Up to date")
    await until(lambda: any(row.info.id == RUN for row in window.sync.history.model.rows))


async def test_sync_now_answers_at_once_and_asks_the_service(qloop, window, service):
    service.hold = True
    await opened(window, service)

    card(window).perform(Do.SYNC)

    assert "Starting" in texts(card(window))
    await until(service.requests)
    assert service.requests()[0].entities == (FIRST,)
    assert not card(window).perform(Do.SYNC)


async def test_a_click_on_the_button_does_what_it_says(qtbot, qloop, window, service):
    await opened(window, service)
    target = next(one for one in card(window).findChildren(QPushButton) if one.text().startswith("Sync now"))

    qtbot.mouseClick(target, Qt.MouseButton.LeftButton)

    await until(service.requests)
    assert not service.requests()[0].full


async def test_the_mode_used_last_leads_also_after_a_restart(qloop, window, service, kept):
    await opened(window, service)

    card(window).perform(Do.FULL)
    await until(service.requests)

    await until(lambda: leading(card(window))[0].startswith("Full sync"))
    assert kept.value(f"modes/{FIRST}") == "full"


async def test_what_does_not_fit_in_the_quota_is_asked_first(qloop, window, service):
    service.view = overview(quota=quota_of(995))
    service.prices = {FIRST: Forecast(entity=FIRST, calls_low=20, calls_high=22, fits=False)}
    await opened(window, service)

    card(window).perform(Do.SYNC)

    asked = question(window)
    assert [one.text() for one in asked.buttons] == ["Run now until the quota ends", "Cancel"]
    assert service.requests() == []
    asked.buttons[0].click()
    await until(service.requests)


async def test_switched_off_syncing_is_asked_first(qloop, window, service):
    service.settings = validated({"sync_enabled": False})
    await opened(window, service)

    window.wishes.everything()

    question(window).buttons[0].click()
    await until(service.requests)
    assert service.requests()[0].force


async def test_one_record_needs_a_number(qloop, window, service):
    await opened(window, service)

    card(window).perform(Do.RECORD)
    asked = question(window, RecordQuestion)

    assert not asked.buttons[0].isEnabled()
    asked.field.setText("4815000000044208")
    asked.buttons[0].click()
    await until(service.requests)
    assert service.requests()[0].record_id == "4815000000044208"


async def test_a_window_of_days_is_asked_for(qloop, window, service):
    await opened(window, service)

    card(window).perform(Do.WINDOW)
    asked = question(window, WindowQuestion)
    asked.days.setValue(3)
    asked.buttons[0].click()

    await until(service.requests)
    assert service.requests()[0].since is not None


async def test_a_preview_shows_what_would_be_done(qloop, window, service):
    dry = run_info(FIRST, dry_run=True, counts=Counts(seen=9, created=4, unchanged=5), forecast_calls=7)
    service.report = SyncReport(runs=(dry,))
    await opened(window, service)

    card(window).perform(Do.PREVIEW)

    await until(lambda: window.side.content is not None)
    shown = [one.text() for one in window.side.content.findChildren(QLabel)]
    assert service.requests()[0].dry_run
    assert "would be created" in shown
    assert "4" in shown


async def test_a_run_that_is_opened_moves_neither_cards_nor_history(qloop, window, service):
    await opened(window, service)
    columns, before = window.sync.grid.columns, window.sync.history.geometry()

    window.side.open_panel("A run", QLabel("Phases"))
    await asyncio.sleep(0)

    assert window.sync.grid.columns == columns > 1
    assert window.sync.history.geometry() == before
    assert window.side.geometry().right() == window.middle.rect().right()


async def test_pause_resume_and_cancel_go_to_the_run(qloop, window, service):
    await opened(window, service)
    service.tell(started(FIRST), page(FIRST, 640, 1250))
    await until(lambda: window.session.state.live)

    card(window).perform(Do.PAUSE)
    service.tell(RunPaused(run=RUN, entity=FIRST, by="Omar"))
    await until(lambda: card(window).state.look.word == "Paused")
    card(window).perform(Do.RESUME)
    card(window).perform(Do.CANCEL)

    await until(lambda: len(service.asked) == 3)
    assert service.asked == [("pause", RUN), ("resume", RUN), ("cancel", RUN)]


async def test_a_silent_run_can_be_taken_over(qloop, window, service):
    live = run_info(FIRST, RunState.RUNNING, heartbeat_at=NOW - timedelta(minutes=3))
    service.view = overview(status_of(FIRST, state=EntityState.RUNNING, live=live, here=False, silent=True))
    await opened(window, service)

    card(window).perform(Do.TAKE_OVER)

    await until(service.requests)
    assert service.requests()[0].take_over


async def test_a_mass_delete_is_reviewed_and_approved(qloop, window, service):
    troubled(service)
    await opened(window, service)

    assert leading(card(window)) == ["Review"]
    card(window).perform(Do.REVIEW)
    await until(lambda: window.side.content is not None)
    yes = next(one for one in window.side.content.findChildren(QPushButton) if one.text().startswith("Delete"))
    assert yes.text() == "Delete 212 records here"
    yes.click()

    await until(service.requests)
    assert service.requests()[0].approve
    assert service.requests()[0].sweep
    assert window.side.content is None


async def test_an_error_before_the_run_is_shown_and_the_card_is_free_again(qloop, window, service):
    service.error = ConfigurationError("ZOHO_CLIENT_ID is not set", advice="Sign in first.")
    await opened(window, service)

    card(window).perform(Do.SYNC)

    await until(lambda: window.toast.shown is not None)
    assert window.toast.shown.title == "ZOHO_CLIENT_ID is not set"
    assert not window.session.state.pending


async def test_nothing_synced_yet_says_what_a_first_sync_costs(qloop, window, service):
    never(service)
    await opened(window, service)

    words = " | ".join(one.text() for one in window.sync.findChildren(QLabel) if one.isVisible())

    assert f"A first full sync of {REGISTRY.all[0].title.lower()} takes about 14 calls." in words


async def test_everything_is_synced_in_one_request(qloop, window, service):
    await opened(window, service)

    window.sync.everything.click()

    await until(service.requests)
    assert service.requests()[0].entities == ()


async def test_arrows_move_between_cards_and_keys_act_on_the_one_in_focus(qtbot, qloop, window, service):
    await opened(window, service)
    grid = window.sync.grid
    grid.focus_card(FIRST)

    qtbot.keyClick(card(window), Qt.Key.Key_Right)
    qtbot.keyClick(card(window, NAMES[1]), Qt.Key.Key_Down)

    below = NAMES[1 + grid.columns]
    assert grid.current == below
    window.sync.act(Do.SYNC)
    await until(service.requests)
    assert service.requests()[0].entities == (below,)


async def test_space_pauses_and_h_shows_the_history(qtbot, qloop, window, service):
    await opened(window, service)
    service.tell(started(FIRST), page(FIRST, 640, 1250))
    await until(lambda: window.session.state.live)
    window.sync.grid.focus_card(FIRST)

    qtbot.keyClick(card(window), Qt.Key.Key_Space)
    qtbot.keyClick(card(window), Qt.Key.Key_H)

    await until(lambda: service.asked)
    assert service.asked == [("pause", RUN)]
    assert {row.info.entity for row in window.sync.history.visible_rows()} == {FIRST}
    assert window.sync.history.view.hasFocus()


async def test_a_row_of_the_history_opens_the_run(qloop, window, service):
    troubled(service)
    await opened(window, service)

    window.open_run(f"run-{NAMES[5]}")

    await until(lambda: window.side.content is not None)
    words = [one.text() for one in window.side.content.findChildren(QLabel)]
    assert "7 records could not be taken" in words
    window.escape()
    assert window.side.content is None


async def test_a_run_of_another_process_appears_live(qloop, window, service):
    await opened(window, service)

    service.tell(started(FIRST, Mode.FULL, machine="ACCOUNTS-PC", user="Sara"), page(FIRST, 80, None))

    await until(lambda: "on ACCOUNTS-PC by Sara" in texts(card(window)))
    button = next(one for one in card(window).findChildren(QPushButton) if one.text().startswith("Sync now"))
    assert not button.isEnabled()
    assert button.toolTip() == "Runs on ACCOUNTS-PC by Sara."


async def test_the_failed_records_of_the_status_bar_filter_the_history(qloop, window, service):
    troubled(service)
    await opened(window, service)

    window.go("sync", "failed")

    assert [row.info.entity for row in window.sync.history.visible_rows()] == [NAMES[5]]


async def test_the_history_is_copied_as_it_is_on_screen(qloop, window, service):
    await opened(window, service)
    await until(window.sync.history.visible_rows)
    table = window.sync.history
    table.set_filter("entity", REGISTRY.all[0].title)

    table.copy_cells()

    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 1
    assert REGISTRY.all[0].title in lines[0]
