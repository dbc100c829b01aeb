"""The deliveries and what is opened of one beside them; or why there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from PySide6.QtCore import QEvent, QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.engine.ports.deliveries import InboxRow
from tsh_sync_gui.ui.models.deliveries import DeliveryModel
from tsh_sync_gui.ui.panels.listed import ListPages
from tsh_sync_gui.ui.panels.webhooks_detail import DeliveryPane
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhooks import Flow, Reason, chip_words
from tsh_sync_gui.ui.state.webhooks_rows import DeliveryRow, delivery_columns
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, set_glyph, set_property, set_text
from tsh_sync_gui.ui.widgets.paged_table import PagedTable

_CHIP_TOP: Final = 6
_LEAST: Final = (320, 346)


class DeliveryTable(PagedTable[DeliveryRow]):
    """Shows deliveries, newest first; a chip over its beginning tells of those that are held back."""

    newer = Signal()

    def __init__(self, now: Callable[[], datetime], zone: Callable[[], str], settings: QSettings | None) -> None:
        model = DeliveryModel(delivery_columns(now, zone))
        super().__init__(model, tr("Deliveries"), kept_as="deliveries", settings=settings)
        self.chip = button("", "primary", icon_name="refresh", hint=tr("Show what has come in since"))
        self.chip.setParent(self.view)
        self.chip.hide()
        self.chip.clicked.connect(self.newer)
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)  # ids differ at their ends
        self.view.installEventFilter(self)

    @property
    def is_at_top(self) -> bool:
        """Tell whether the beginning of the list is in sight."""
        return self.view.verticalScrollBar().value() <= 0

    def show_flow(self, flow: Flow) -> None:
        """Show how many deliveries are held back."""
        words = chip_words(flow)
        set_text(self.chip, words)
        self.chip.setVisible(bool(words))
        self._place_chip()

    def _place_chip(self) -> None:
        self.chip.adjustSize()
        top = self.view.horizontalHeader().height() + _CHIP_TOP
        self.chip.move((self.view.width() - self.chip.width()) // 2, top)
        self.chip.raise_()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and not self.chip.isHidden():
            self._place_chip()
        return super().eventFilter(watched, event)


class WebhookLists(ListPages):
    """The deliveries; the empty page's buttons are wired outside."""

    def __init__(self, now: Callable[[], datetime], zone: Callable[[], str], settings: QSettings | None) -> None:
        super().__init__(None, reading=tr("Reading the deliveries…"))
        self.table = DeliveryTable(now, zone, settings)
        self.pane = DeliveryPane(now, zone, settings)
        self.empty = WaitingPage()
        self._fill(self.table, self.pane, empty=self.empty, least=_LEAST)
        self.empty.clear.clicked.connect(self.clear)

    def rows_of(self, rows: Sequence[InboxRow]) -> list[DeliveryRow]:
        """Return deliveries as rows of the list."""
        return [DeliveryRow(row, self.title_of(row.entity)) for row in rows]

    def show_list(self) -> None:
        """Bring the list to the front."""
        self.setCurrentWidget(self._split)
        self.beside.setCurrentWidget(self.pane if self.pane.detail is not None else self._nothing)

    def show_empty(self, title: str, reasons: Sequence[Reason], *, is_narrow: bool, is_up: bool, is_demo: bool) -> None:
        """Say why there is nothing."""
        self.empty.show_words(title, reasons, is_narrow=is_narrow, is_up=is_up, is_demo=is_demo)
        self.setCurrentWidget(self.empty)


class WaitingPage(QWidget):
    """Why the list is empty: a heading, the usual reasons, and what helps."""

    def __init__(self) -> None:
        super().__init__()
        self._glyph = glyph("plug", "muted", side=28)
        self._title = label("", "title")
        self._reasons = [label("", "body", wrap=True) for _ in range(3)]
        self._signs = [glyph("circle", "amber") for _ in range(3)]
        self.stir: QPushButton = button(tr("Change something in the simulated Zoho"), "primary", icon_name="refresh")
        self.test: QPushButton = button(tr("Send a test"), "primary", icon_name="play")
        self.helper: QPushButton = button(tr("Set-up helper"), "", icon_name="settings")
        self.clear: QPushButton = button(tr("Show all"), "", icon_name="reset")
        inside = QVBoxLayout()
        inside.setSpacing(6)
        for sign, one in zip(self._signs, self._reasons, strict=True):
            one.setMinimumWidth(440)
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
            row.addWidget(one, 1)
            inside.addLayout(row)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(inside)
        middle.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for made in (self.stir, self.test, self.helper, self.clear):
            buttons.addWidget(made)
        buttons.addStretch(1)
        column = QVBoxLayout(self)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(self._glyph, 0, Qt.AlignmentFlag.AlignHCenter)
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._title)
        column.addLayout(middle)
        column.addSpacing(4)
        column.addLayout(buttons)
        column.addStretch(3)

    def show_words(
        self, title: str, reasons: Sequence[Reason], *, is_narrow: bool, is_up: bool = True, is_demo: bool = False
    ) -> None:
        """Show other words, and the buttons that help: a listener that does not run has one above."""
        set_text(self._title, title)
        set_glyph(self._glyph, "search" if is_narrow else "plug", "muted")
        for place, (sign, one) in enumerate(zip(self._signs, self._reasons, strict=True)):
            reason = reasons[place] if place < len(reasons) else Reason("")
            set_text(one, reason.words)
            set_property(one, "role", "muted" if reason.is_settled else "body")
            set_glyph(sign, "check" if reason.is_settled else "circle", "green" if reason.is_settled else "amber")
            one.setVisible(bool(reason.words))
            sign.setVisible(bool(reason.words) and not is_narrow)
        self.test.setVisible(not is_narrow and is_up and not is_demo)
        self.stir.setVisible(not is_narrow and is_demo)
        self.helper.setVisible(not is_narrow and not is_demo)
        self.clear.setVisible(is_narrow)

    @property
    def words(self) -> str:
        """Return what stands there."""
        return "\n".join((self._title.text(), *(one.text() for one in self._reasons if not one.isHidden())))
