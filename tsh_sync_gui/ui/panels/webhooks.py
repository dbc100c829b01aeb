"""The webhooks inbox: every delivery, what became of it, why one was refused, and whether all is told of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui.listening import ListenerDesk
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.panels.webhooks_acts import WebhookActs
from tsh_sync_gui.ui.panels.webhooks_around import WebhookAround
from tsh_sync_gui.ui.panels.webhooks_bar import WebhookBar
from tsh_sync_gui.ui.panels.webhooks_coverage import CoveragePage
from tsh_sync_gui.ui.panels.webhooks_deeds import WebhookDeeds
from tsh_sync_gui.ui.panels.webhooks_feed import Reading
from tsh_sync_gui.ui.panels.webhooks_lists import WebhookLists
from tsh_sync_gui.ui.panels.webhooks_view import InboxView
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.listener import Listening, Mending
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhooks import InboxFilter, Only
from tsh_sync_gui.ui.webhook_service import WebhookService

_LOOK_MS: Final = 5_000


class WebhookPanel(Panel):
    """*run_wanted* carries a run to open, *told* words for the person, *set_up* says that the set-up helper is wanted.

    *letters_wanted* carries a record whose dead letters are wanted, *settings_wanted* a section of the settings,
    *export_wanted* what writes the list to a file.
    """

    key = "webhooks"
    icon_name = "plug"
    run_wanted = Signal(str)
    told = Signal(object)
    set_up = Signal()
    letters_wanted = Signal(str)
    settings_wanted = Signal(str)
    table_export_wanted = Signal(object)
    export_wanted = Signal(object)

    def __init__(self, session: Session, kept: QSettings | None) -> None:
        super().__init__()
        self._session = session
        self._service: WebhookService | None = None
        self._in_coverage = False
        self.bar = WebhookBar()
        self.deeds = WebhookDeeds(self, session)
        mend = {
            Mending.START: self.deeds.start,
            Mending.RESTART: self.deeds.restart,
            Mending.SETTINGS: lambda: self.settings_wanted.emit("Webhooks"),
        }
        self.around = WebhookAround(
            session, mend=mend, resume=lambda: self.deeds.pause(paused=False), diagnose=lambda: self.open_at("refused")
        )
        zone = lambda: self.around.zone  # noqa: E731 -- asked at each row
        self.lists = WebhookLists(lambda: session.now, zone, kept)
        self.coverage = CoveragePage(lambda: session.now, zone, kept)
        self.view = InboxView(self.lists, session.actions)
        self.acts = WebhookActs(self, lists=self.lists, view=self.view, around=self.around, deeds=self.deeds)
        self._pages = QStackedWidget()
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()
        self._connect()
        self._bind()

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Webhooks")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (
            ("P", tr("replay what is marked, else the one in focus")),
            ("T", tr("send a test to the listener here")),
            ("C", tr("copy the delivery as a request")),
            ("Space", tr("pause the list, or let it follow again")),
            ("J / K", tr("next and previous")),
            ("X", tr("mark; with Shift all from the last marked one")),
            ("/", tr("search")),
            ("Enter", tr("open the delivery's tabs")),
            ("Ctrl+E", tr("export all that match")),
        )

    def _build(self) -> None:
        for page in (self.lists, self.coverage):
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 14, 20, 14)
        column.setSpacing(10)
        column.addWidget(self.bar)
        column.addWidget(self.around)
        column.addWidget(self._pages, 1)
        self._show_around()

    def _connect(self) -> None:
        bar, lists, deeds, acts, pane = self.bar, self.lists, self.deeds, self.acts, self.lists.pane
        bar.filtered.connect(lambda: self.view.ask(bar.filter))
        bar.switched.connect(lambda on: self.switch(is_coverage=on))
        bar.replay.clicked.connect(acts.replay)
        bar.test.clicked.connect(acts.send_test)
        bar.more.clicked.connect(lambda: acts.drop(bar.more.mapToGlobal(bar.more.rect().bottomLeft())))
        bar.live.clicked.connect(self.view.turn_live)
        lists.again.connect(lambda: self.view.ask(bar.filter))
        lists.clear.connect(lambda: bar.use(InboxFilter()))
        lists.empty.test.clicked.connect(acts.send_test)
        for one in (lists.empty.stir, bar.stir):
            one.clicked.connect(deeds.stir)
        lists.empty.helper.clicked.connect(self.set_up)
        table = lists.table
        table.opened.connect(lambda: pane.tabs.tabBar().setFocus(Qt.FocusReason.OtherFocusReason))
        table.export_wanted.connect(self.export)
        table.menu_wanted.connect(lambda at: acts.drop(table.view.viewport().mapToGlobal(at), with_copies=True))
        pane.replay.clicked.connect(lambda: deeds.replay([pane.detail.row.id] if pane.detail else []))
        pane.copy.clicked.connect(acts.copy_request)
        pane.hurried.connect(lambda: deeds.hurry(pane.detail))
        pane.cancelled.connect(lambda: deeds.cancel(pane.detail))
        pane.run_wanted.connect(self.run_wanted)
        pane.letters_wanted.connect(lambda: self.letters_wanted.emit(pane.detail.row.record_id if pane.detail else ""))
        pane.export_wanted.connect(self.table_export_wanted)
        self.view.read.connect(self._take)
        self.view.emptied.connect(self._show_empty)
        self.view.moved.connect(bar.show_flow)
        self.view.opened.connect(self._show_offer)
        acts.set_up.connect(self.set_up)
        acts.settings_wanted.connect(self.settings_wanted)
        deeds.told.connect(self.told)
        deeds.changed.connect(self._renew)
        deeds.listening.connect(self._show_listening)
        deeds.busy.connect(self._show_busy)
        self.coverage.gap_wanted.connect(self._fetch_gap)
        self.coverage.export_wanted.connect(self.table_export_wanted)
        self.coverage.shown.connect(lambda silences, has_gap: bar.show_alarm(silences, has_gap=has_gap))
        self._look.timeout.connect(self._look_around)
        self._session.history_changed.connect(self._learn_titles)

    def _bind(self) -> None:
        table = self.lists.table
        deeds: dict[str, Callable[[], object]] = {
            "P": self.acts.replay,
            "C": self.acts.copy_request,
            "J": lambda: table.step(1),
            "K": lambda: table.step(-1),
            "X": table.mark_current,
            "Shift+X": table.mark_current,
        }
        # These are of deliveries, and rest while the coverage is in front.
        deeds = {keys: partial(self._unless_covered, deed) for keys, deed in deeds.items()}
        deeds |= {"T": self.acts.send_test, "/": self.filter_row}
        for keys, deed in deeds.items():
            made = QShortcut(QKeySequence(keys), self)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.activated.connect(deed)

    def _unless_covered(self, deed: Callable[[], object]) -> None:
        if not self._in_coverage:
            deed()

    # Reading

    def use(self, service: WebhookService | None, listener: ListenerDesk | None = None) -> None:
        """Show the inbox of *service* from now on, None while none is open."""
        self._service = self.deeds.service = service
        self.deeds.attend(listener)
        self.view.use(service)
        self.around.forget()
        self.coverage.show_reading()
        if service is None:
            self._look.stop()
        elif self.isVisible():
            self._look.start()
            self._begin()

    def news(self) -> None:
        """Read again what is shown: deliveries came in, or their work went on."""
        if self.isVisible():
            (self._read_coverage if self._in_coverage else self.view.news)()

    def _begin(self) -> None:
        self._learn_titles()
        self.view.ask(self.bar.filter)
        self._read_coverage()
        self.deeds.look()

    def _learn_titles(self) -> None:
        """Take over what the entities are called, once the overview is there."""
        overview = self._session.state.overview
        titles = {one.entity: one.title for one in overview.entities} if overview else {}
        if self._service is not None and titles != self.lists.titles:
            self.lists.titles = titles
            self.bar.show_entities({name: tr(title) for name, title in titles.items()})
            self._renew()
        elif self.isVisible():  # a run has ended, which may have fetched a gap
            self._read_coverage()

    def _renew(self) -> None:
        self.view.renew()
        self._read_coverage()

    def _look_around(self) -> None:
        if self._service is None or self._session.service is None:
            return
        self.deeds.look()
        self.news()

    def _take(self, reading: Reading) -> None:
        around = self.around
        around.figures, around.is_paused, around.refusals = reading.figures, reading.is_paused, reading.refusals
        self._show_around()
        self._show_offer()

    # Around the list

    def _show_around(self) -> None:
        self.around.show_all()
        self.bar.show_lead(self.around.lead)
        is_empty = self.lists.currentWidget() is self.lists.empty and not self.bar.filter.is_narrow
        is_up = self.around.listening is None or self.around.is_up
        self.bar.show_tests(is_up=is_up, is_demo=self.around.is_demo, is_empty=is_empty)

    def _show_empty(self) -> None:
        title, reasons = self.around.why_empty(self.bar.filter)
        is_up, is_demo, is_narrow = self.around.is_up, self.around.is_demo, self.bar.filter.is_narrow
        self.lists.show_empty(title, reasons, is_narrow=is_narrow, is_up=is_up, is_demo=is_demo)
        self._show_around()

    def _show_listening(self, found: Listening) -> None:
        self.around.listening = found
        self._show_around()
        if self.around.figures is not None and not self.lists.table.model.rows:
            self._show_empty()

    def _show_busy(self, busy: bool) -> None:
        self.around.is_busy = busy
        for one in (self.lists.empty.stir, self.bar.stir):
            one.setEnabled(not busy)
        self._show_around()

    def _show_offer(self) -> None:
        self.bar.show_offer(len(self.lists.table.model.marks))

    def switch(self, *, is_coverage: bool) -> None:
        """Bring the coverage or the deliveries to the front."""
        self._in_coverage = is_coverage
        self.bar.show_way(is_coverage=is_coverage)
        self._pages.setCurrentWidget(self.coverage if is_coverage else self.lists)
        self._show_offer()
        if is_coverage:
            self._read_coverage()

    def _read_coverage(self) -> None:
        if self.view.is_fresh:
            titles = {name: self.lists.title_of(name) for name in self.lists.titles}
            self.coverage.read(self._session, self._service, titles)

    def _fetch_gap(self, entity: str, is_priced: bool) -> None:
        ask = self.deeds.fetch_now if is_priced else self.deeds.fetch_gap
        ask(entity, self.lists.title_of(entity))

    # The window

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look.start()
        if self._service is not None and not self.view.is_fresh:
            self._begin()
        elif self._service is not None:
            self._look_around()

    @override
    def leave(self) -> None:
        self._look.stop()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not self._in_coverage:
            self.view.turn_live()
        else:
            super().keyPressEvent(event)

    @override
    def open_at(self, focus: str) -> None:
        """Come to the front; *focus* is "coverage", "refused", or what is searched for."""
        if focus == "coverage":
            self.switch(is_coverage=True)
        elif focus:
            self.switch(is_coverage=False)
            self.bar.use(InboxFilter(only=Only.REFUSED) if focus == "refused" else InboxFilter(text=focus))
        front: QWidget = self.lists.table.view if self.lists.is_shown else self
        front.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def export(self) -> bool:
        if self._in_coverage:
            self.table_export_wanted.emit(self.coverage.table)
        else:
            self.export_wanted.emit(self.view.writing(self.bar.filter))
        return True

    @override
    def filter_row(self) -> None:
        if self._in_coverage:
            self.coverage.table.focus_filter()
        else:
            self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @override
    def refresh(self) -> bool:
        self._renew()
        self.deeds.look()
        return True

    @override
    def escape(self) -> bool:
        if self.bar.filter.is_narrow:
            self.bar.use(InboxFilter())
            return True
        return False
