"""What does not fit in a narrow window goes on in the next line."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from tests.ui.conftest import until
from tests.ui.test_sync_panel import opened
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.ui.panels.webhooks_bar import WebhookBar
from tsh_sync_gui.ui.widgets.basics import spin


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
