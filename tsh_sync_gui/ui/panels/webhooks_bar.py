"""What stands above the deliveries: the two views, search, filters, whether the list is live, and deeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QButtonGroup, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.state.webhooks import Flow, InboxFilter, Only, Work, only_word, work_choice
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, label, set_icon, set_text, set_tip, tool

_TYPED_MS: Final = 250
_BESIDE: Final = 760


class WebhookBar(QWidget):
    """*filtered* says that another list is wanted, *switched* carries whether the coverage is in front."""

    filtered = Signal()
    switched = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.filter = InboxFilter()
        self._lead = ElidedLabel("", "muted")
        self.replay = button("", "primary", icon_name="refresh", hint=tr("Do it once more (P)"))
        self.test = button(tr("Send a test"), "", icon_name="play", hint=tr("Send a ping to the listener here (T)"))
        self.stir = button(tr("Change something in the simulated Zoho"), "", icon_name="refresh")
        self.more = tool("more", tr("More to do with webhooks"))
        self.list = button(tr("Deliveries"), "flat")
        self.coverage = button(tr("Coverage"), "flat")
        self.search = QLineEdit()
        self.only = QComboBox()
        self.work = QComboBox()
        self.entity = QComboBox()
        self.live = button("", "chip")
        self._narrow = QWidget()
        self._views = QHBoxLayout()
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(_TYPED_MS)
        self._build()
        self._connect()
        self.show_flow(Flow())

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(tr("Webhooks"), "heading"))
        words.addWidget(self._lead)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addLayout(words, 1)
        for one in (self.stir, self.test, self.replay, self.more):
            head.addWidget(one)
        ways = QButtonGroup(self)
        for one in (self.list, self.coverage):
            one.setCheckable(True)
            ways.addButton(one)
        self.list.setChecked(True)
        self.search.setPlaceholderText(tr("Search record, event, source"))
        self.search.setAccessibleName(tr("Search deliveries"))
        self.search.setClearButtonEnabled(True)
        for box, name in ((self.only, tr("Verdict")), (self.work, tr("Processing")), (self.entity, tr("Entity"))):
            box.setAccessibleName(name)
        for only in Only:
            self.only.addItem(only_word(only), only.value)
        for work in Work:
            self.work.addItem(work_choice(work), work.value)
        self.entity.addItem(tr("All entities"), "")
        self.live.setCheckable(True)
        row = QHBoxLayout(self._narrow)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(self.search, 1)
        for box in (self.only, self.work, self.entity):
            row.addWidget(box)
        row.addWidget(self.live)
        both = QHBoxLayout()
        both.setSpacing(6)
        both.addWidget(self.list)
        both.addWidget(self.coverage)
        both.addStretch(0)
        views = self._views
        views.setSpacing(6)
        views.addLayout(both)
        views.addWidget(self._narrow, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(views)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the filters in a line of their own where they would be cut."""
        super().resizeEvent(event)
        beside = event.size().width() >= _BESIDE
        self._views.setDirection(QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom)

    def _connect(self) -> None:
        self._typed.timeout.connect(lambda: self.use(replace(self.filter, text=self.search.text())))
        self.search.textChanged.connect(lambda _text: self._typed.start())
        self.search.returnPressed.connect(lambda: self.use(replace(self.filter, text=self.search.text())))
        self.only.activated.connect(lambda _: self.use(replace(self.filter, only=Only(self.only.currentData()))))
        self.work.activated.connect(lambda _: self.use(replace(self.filter, work=Work(self.work.currentData()))))
        self.entity.activated.connect(lambda _: self.use(replace(self.filter, entity=self.entity.currentData())))
        self.list.clicked.connect(lambda: self.switched.emit(False))
        self.coverage.clicked.connect(lambda: self.switched.emit(True))

    def use(self, wanted: InboxFilter) -> None:
        """Look for something else, wherever that was said."""
        self._typed.stop()
        if wanted == self.filter:
            return
        self.filter = wanted
        if self.search.text() != wanted.text:
            self.search.setText(wanted.text)
            self._typed.stop()
        self.only.setCurrentIndex(list(Only).index(wanted.only))
        self.work.setCurrentIndex(list(Work).index(wanted.work))
        self.entity.setCurrentIndex(max(0, self.entity.findData(wanted.entity)))
        self.filtered.emit()

    def show_entities(self, titles: Mapping[str, str]) -> None:
        """Offer the entities by their titles."""
        known = [self.entity.itemData(place) for place in range(1, self.entity.count())]
        if known != list(titles):
            while self.entity.count() > 1:
                self.entity.removeItem(1)
            for name, title in titles.items():
                self.entity.addItem(title, name)
            self.entity.setCurrentIndex(max(0, self.entity.findData(self.filter.entity)))

    def show_way(self, *, is_coverage: bool) -> None:
        """Show which view is in front."""
        self.coverage.setChecked(is_coverage)
        self.list.setChecked(not is_coverage)
        self._narrow.setVisible(not is_coverage)
        self.replay.hide()

    def show_alarm(self, silences: int, *, has_gap: bool) -> None:
        """Say at the coverage's button that something is silent."""
        words = tr("Coverage")
        set_text(self.coverage, f"{words} · {number(silences)}" if silences else words)
        set_icon(self.coverage, "late" if silences else "gauge" if has_gap else "check", "danger" if silences else "")

    def show_tests(self, *, is_up: bool, is_demo: bool, is_empty: bool) -> None:
        """Offer what makes deliveries come in; an empty list offers it in its middle."""
        self.test.setVisible(not is_empty)
        self.test.setEnabled(is_up)
        ready, idle = tr("Send a ping to the listener here (T)"), tr("The listener does not run: start it first.")
        set_tip(self.test, ready if is_up else idle)
        self.stir.setVisible(is_demo and not is_empty)

    def show_lead(self, words: str) -> None:
        """Say in a line how things stand."""
        self._lead.setText(words)
        set_tip(self._lead, words)

    def show_flow(self, flow: Flow) -> None:
        """Show whether the list is live."""
        self.live.setChecked(flow.is_live)
        set_text(self.live, tr("Live") if flow.is_live else tr("Paused"))
        set_icon(self.live, "running" if flow.is_live else "pause", "soft" if flow.is_live else "")
        set_tip(self.live, tr("Pause the list (Space)") if flow.is_live else tr("Let the list follow again (Space)"))

    def show_offer(self, marked: int) -> None:
        """Offer to replay what is marked; the one in focus has a button of its own."""
        set_text(self.replay, tr("Replay %Ln chosen…", None, marked))
        self.replay.setVisible(marked > 0 and self.list.isChecked())
