"""The shell: navigation, palette, keys, appearance, names for screen readers, both directions."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QAbstractButton, QAbstractItemView, QApplication, QLineEdit, QWidget

from tests.support.fake_service import FakeService, quota_of
from tests.ui.conftest import until
from tests.ui.scenes import NAMES, page, started, troubled
from tests.ui.test_sync_panel import opened
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.core.events import ConnectionChanged, Notice, QuotaChanged
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.panels.starting import Way
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.widgets.frame_parts import DemoBand


def parts(window: MainWindow) -> dict[str, str]:
    return {key: one.text() for key, one in window.status._parts.items()}


async def test_the_starting_page_stands_until_the_service_is_open(qloop, window, service):
    window.service_opening()
    assert window.stack.currentWidget() is window.starting

    await opened(window, service)

    assert window.stack.currentWidget() is window.sync


async def test_settings_can_be_opened_before_the_service(qloop, window):
    window.service_opening()

    window.go("settings")

    assert window.stack.currentWidget() is window.settings


async def test_a_service_that_does_not_open_is_told_in_four_parts_with_one_button(qloop, window):
    problem = Problem(
        title="The database cannot be reached", meaning="Nothing is lost.", details="refused", is_grave=True
    )
    heard = []
    window.starting.again.connect(lambda: heard.append("again"))

    window.service_failed(problem, Way.AGAIN)

    box = window.starting.problem_box
    assert box is not None
    assert box.choice.text() == "Try again"
    box.choice.click()
    assert heard == ["again"]


async def test_the_status_bar_follows_the_quota_and_the_connection(qloop, window, service):
    await opened(window, service)
    quota = quota_of(900)

    service.tell(
        QuotaChanged(day_used=901, day_limit=1000, resets_at=quota.resets_at, minute_used=20, minute_limit=20),
        ConnectionChanged(what="zoho", up=False, title="Zoho has trouble"),
    )

    await until(lambda: parts(window)["quota"] == "API today 901/1,000")
    assert window.status._parts["quota"].property("tone") == "amber"
    assert window.status._parts["zoho"].property("tone") == "red"


async def test_a_part_of_the_status_bar_leads_to_its_screen(qloop, window, service):
    await opened(window, service)

    window.status._parts["quota"].click()

    assert window.panel is window.settings


async def test_a_database_that_is_gone_is_red_and_the_cards_stay(qloop, window, service):
    await opened(window, service)

    async def gone() -> None:
        raise UnreachableError("Database not reachable", what="database", advice="Trying again.")

    service.overview = gone
    window.session.refresh()

    await until(lambda: window.status._parts["database"].property("tone") == "red")
    assert len(window.session.cards) == len(NAMES)


async def test_a_stopped_database_is_told_over_the_screens_and_no_run_begins(qtbot, qloop, window, service):
    await opened(window, service)
    title = "The embedded database was stopped by `tsh-sync db stop`"
    again = []
    window.settings.reopen.connect(lambda: again.append(1))
    first = NAMES[0]
    whole = service.overview

    async def gone() -> None:
        raise UnreachableError(title, what="database", advice="Open it again.")

    service.overview, service.hold = gone, True
    window.wishes.fulfil(first, "sync")
    await until(lambda: window.session.state.pending)
    service.tell(ConnectionChanged(what="database", up=False, title=title, advice="Open it again."))

    await until(lambda: not window.banners.database.isHidden())
    held = next(one for one in window.session.cards if one.entity == first)
    assert (held.look.word, held.bar, held.problem.title) == ("Waiting", None, title)
    before = len(service.requests())
    window.wishes.fulfil(NAMES[3], "sync")
    assert window.toast.shown.title == f"Not synced: {title}"
    assert len(service.requests()) == before
    window.banners.database.choice.click()
    assert again

    service.overview = whole
    window.session.refresh()
    await until(window.banners.isHidden)


async def test_the_palette_opens_with_ctrl_k_and_runs_what_is_chosen(qtbot, qloop, window, service):
    await opened(window, service)
    palette = window.keys.palette

    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert palette.isVisible()
    qtbot.keyClicks(palette.field, f"{REGISTRY.all[3].title} full")
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)

    await until(service.requests)
    assert service.requests()[0].full
    assert service.requests()[0].entities == (NAMES[3],)
    assert not palette.isVisible()


async def test_escape_and_a_click_elsewhere_close_the_palette_and_nothing_else(qtbot, qloop, window, service):
    await opened(window, service)
    window.show_help()
    palette = window.keys.palette

    palette.open_palette()
    qtbot.keyClick(palette.field, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.side.isVisible()

    palette.open_palette()
    qtbot.mouseClick(palette, Qt.MouseButton.LeftButton)
    assert palette.isVisible()
    qtbot.mouseClick(window.root, Qt.MouseButton.LeftButton, pos=window.root.rect().bottomRight() - QPoint(4, 4))
    assert not palette.isVisible()


async def test_an_id_pasted_into_the_palette_fetches_the_record(qtbot, qloop, window, service):
    await opened(window, service)
    palette = window.keys.palette
    palette.open_palette()

    palette.field.setText("4815000000044208")
    qtbot.keyClick(palette.field, Qt.Key.Key_Down)
    qtbot.keyClick(palette.field, Qt.Key.Key_Return)

    await until(service.requests)
    assert service.requests()[0].record_id == "4815000000044208"
    assert service.requests()[0].entities == (NAMES[1],)


@pytest.mark.parametrize(
    ("key", "screen"),
    [(None, "settings"), (None, "schedules"), (Qt.Key.Key_Comma, "settings"), (Qt.Key.Key_1, "sync")],
)
async def test_keys_go_to_screens(qtbot, qloop, window, key, screen):
    window.go("settings" if screen == "sync" else "sync")
    if key is None:
        key = Qt.Key(Qt.Key.Key_1.value + list(window.panels).index(screen))

    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)

    assert window.panel.key == screen


async def test_a_key_ends_the_program(qloop, window, service, qtbot):
    await opened(window, service)

    with qtbot.waitSignal(window.quit_wanted, timeout=3000):
        qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)


async def test_f1_shows_the_keys_of_the_screen_and_escape_closes(qtbot, qloop, window, service):
    await opened(window, service)

    qtbot.keyClick(window, Qt.Key.Key_F1)
    assert window.side.content is not None
    qtbot.keyClick(window, Qt.Key.Key_Escape)

    assert window.side.content is None


async def test_ctrl_p_pauses_all_and_then_resumes_all(qtbot, qloop, window, service):
    await opened(window, service)
    service.tell(started(NAMES[0]), page(NAMES[0], 1, 9), started(NAMES[3]), page(NAMES[3], 1, 9))
    await until(lambda: len(window.session.state.live) == 2)

    qtbot.keyClick(window, Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier)

    await until(lambda: len(service.asked) == 2)
    assert {word for word, _ in service.asked} == {"pause"}


async def test_notices_are_counted_until_they_are_read(qloop, window, service):
    await opened(window, service)
    service.tell(Notice(entity=NAMES[0], title="Zoho does not know /itemdetails here"))
    await until(window.top._badge.isVisible)

    window.bell.open()

    assert not window.top._badge.isVisible()


async def test_the_navigation_counts_what_needs_a_person(qloop, window, service):
    troubled(service)
    await opened(window, service)

    assert window.navigation._badges["sync"].text() == "2"


async def test_the_appearance_changes_at_once_and_is_remembered(qloop, window, kept):
    window.use_theme("dark")

    assert theme.current().is_dark
    assert QApplication.palette().color(window.palette().ColorRole.Window).name() == theme.tokens("dark")["bg"]
    assert kept.value("theme") == "dark"
    window.use_theme("light")


def unnamed(window: QWidget) -> list[str]:
    """Return the controls a screen reader would have no name for."""
    found = []
    kinds = (QAbstractButton, QLineEdit, QAbstractItemView)
    for one in (child for kind in kinds for child in window.findChildren(kind)):
        if one.focusPolicy() == Qt.FocusPolicy.NoFocus or not one.isVisibleTo(window):
            continue
        spoken = QAccessible.queryAccessibleInterface(one)
        if spoken is not None and not spoken.text(QAccessible.Text.Name):
            found.append(f"{type(one).__name__} {one.objectName()}")
    return found


async def test_every_control_has_a_name_for_screen_readers(qloop, window, service):
    troubled(service)
    await opened(window, service)
    window.open_run(f"run-{NAMES[0]}")
    await until(lambda: window.side.content is not None)

    assert unnamed(window) == []


async def test_the_window_mirrors_for_languages_from_right_to_left(qloop, window, service, qapp):
    qapp.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    try:
        await opened(window, service)
        await until(lambda: window.navigation.x() > window.stack.x())
        assert not window.grab().isNull()
    finally:
        qapp.setLayoutDirection(Qt.LayoutDirection.LeftToRight)


async def test_a_narrow_window_has_fewer_columns_and_never_scrolls_sideways(qloop, window, service):
    await opened(window, service)
    window.resize(1600, 900)
    await until(lambda: window.sync.grid.columns == 4)

    window.resize(800, 600)

    await until(lambda: window.sync.grid.columns <= 2)
    assert window.sync._scroll.horizontalScrollBar().maximum() == 0


async def test_closing_the_window_asks_the_program_first(qloop, window):
    heard = []
    window.leaving.connect(lambda: heard.append(True))

    window.close()

    assert heard
    assert window.isVisible()


async def test_widths_of_columns_are_kept(qloop, window, service, kept):
    await opened(window, service)

    window.sync.history._header.resizeSection(1, 222)

    restored = type(window.sync.history)(window.sync.history.model.columns, "again", empty="", settings=kept)
    assert restored._header.sectionSize(1) == 222
    restored.deleteLater()


def test_the_demo_says_so(qtbot, look):
    band = DemoBand()
    qtbot.addWidget(band)

    assert "DEMO" in [one.text() for one in band.findChildren(QWidget) if hasattr(one, "text")]


def test_the_double_fulfils_the_facade():
    wanted = {name for name in dir(FakeService) if not name.startswith("_")}

    assert {"sync", "forecast", "overview", "pause", "resume", "cancel", "runs", "run_detail"} <= wanted
