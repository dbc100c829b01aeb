"""What does not fit in a narrow window goes on in the next line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QDateTime, QPoint, QRect, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDateTimeEdit, QStyle, QStyleOptionViewItem, QTableView

from tests.ui.conftest import until
from tests.ui.test_sync_panel import opened
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.ui.panels.webhooks_bar import WebhookBar
from tsh_sync_gui.ui.widgets.basics import spin, with_calendar


async def test_settings_and_webhooks_fit_a_window_of_800_by_600(qloop, window, service, tmp_path):
    await opened(window, service)
    panel = window.settings
    panel.show_settings(load(home=tmp_path, environment=False), has_database=True)
    window.go("settings")
    window.resize(800, 600)
    window.layout().activate()

    assert panel._scroll.widget().minimumSizeHint().width() <= panel._scroll.viewport().width()
    boxes = [one for row in panel.rows.values() for _, one in row._boxes]
    assert all(one.geometry().right() <= one.parentWidget().width() for one in boxes)
    assert all(one.geometry().bottom() <= one.parentWidget().height() for one in boxes)

    window.go("webhooks")
    bar = window.webhooks.findChild(WebhookBar)
    await until(lambda: bar.search.width() > 60)
    assert all(one.width() >= one.sizeHint().width() - 12 for one in (bar.only, bar.work, bar.entity))


@pytest.mark.parametrize("direction", [Qt.LayoutDirection.LeftToRight, Qt.LayoutDirection.RightToLeft])
async def test_a_number_has_room_in_its_field(window, direction):
    field = spin()
    field.setParent(window)
    field.setLayoutDirection(direction)
    field.setRange(1, 1000)
    field.setSuffix(" a minute")
    field.setValue(10)
    field.resize(field.sizeHint())
    field.show()

    edit = field.lineEdit()
    room = edit.width() - edit.textMargins().left() - edit.textMargins().right()

    assert room >= edit.fontMetrics().horizontalAdvance(edit.text())


async def test_the_days_of_a_calendar_are_read_whole(window):
    field = QDateTimeEdit(QDateTime.currentDateTime())
    field.setParent(window)
    with_calendar(field)
    calendar = field.calendarWidget()
    calendar.resize(calendar.minimumSize())
    days = calendar.findChild(QTableView)
    days.resize(calendar.width(), 200)
    option = QStyleOptionViewItem()
    option.initFrom(days)
    option.text, option.rect = "28", QRect(0, 0, days.width() // 7, 24)
    option.features |= QStyleOptionViewItem.ViewItemFeature.HasDisplay

    room = days.style().subElementRect(QStyle.SubElement.SE_ItemViewItemText, option, days).width()

    assert room >= days.fontMetrics().horizontalAdvance("28") + 4


async def test_a_press_beside_the_text_of_a_date_leaves_it_and_the_arrow_opens_the_calendar(window):
    field = QDateTimeEdit(QDateTime.currentDateTime())
    field.setParent(window)
    with_calendar(field)
    field.resize(240, 34)
    field.show()
    before = field.dateTime()

    for left in range(0, 14, 2):
        QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(left, 10))
    assert field.dateTime() == before

    QTest.mouseClick(field, Qt.MouseButton.LeftButton, pos=QPoint(field.width() - 10, 17))
    assert field.calendarWidget().isVisible()
    field.calendarWidget().window().close()
