"""The webhooks inbox: every delivery, what became of it, why one was refused, and whether all is told of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QPoint, QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.engine.coverage import Coverage
from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.ui.listening import ListenerDesk
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.panels.webhooks_around import WebhookAround
from tsh_sync_gui.ui.panels.webhooks_bar import WebhookBar
from tsh_sync_gui.ui.panels.webhooks_coverage import CoveragePage
from tsh_sync_gui.ui.panels.webhooks_deeds import WebhookDeeds
from tsh_sync_gui.ui.panels.webhooks_feed import Reading
from tsh_sync_gui.ui.panels.webhooks_lists import WebhookLists
from tsh_sync_gui.ui.panels.webhooks_menu import webhook_menu
from tsh_sync_gui.ui.panels.webhooks_view import InboxView
from tsh_sync_gui.ui.service import Service
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.prices import price
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhooks import InboxFilter, Listening, empty_words
from tsh_sync_gui.ui.state.webhooks_rows import needs_gap
from tsh_sync_gui.ui.webhook_service import WebhookService

_LOOK_MS: Final = 5_000


async def read_coverage(service: WebhookService, whole: Service) -> tuple[Coverage, dict[str, Forecast]]:
    """Return the coverage, and what fetching each silent entity's gap costs."""
    found = await service.coverage()
    costs: dict[str, Forecast] = {}
    for one in found.silences:
        forecasts = await whole.forecast(await service.gap_request(one.entity))
        if forecasts:
            costs[one.entity] = forecasts[0]
    return found, costs


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
        self.around = WebhookAround(session, start=self.deeds.start, resume=lambda: self.deeds.pause(paused=False))
        zone = lambda: self.around.zone  # noqa: E731 -- asked at each row
        self.lists = WebhookLists(lambda: session.now, zone, kept)
        self.coverage = CoveragePage(lambda: session.now, zone, kept)
        self.view = InboxView(self.lists, session.actions)
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
        bar, lists, deeds, pane = self.bar, self.lists, self.deeds, self.lists.pane
        bar.filtered.connect(self._ask)
        bar.switched.connect(lambda on: self.switch(is_coverage=on))
        bar.replay.clicked.connect(self.replay)
        bar.test.clicked.connect(self.send_test)
        bar.more.clicked.connect(lambda: self._drop(bar.more.mapToGlobal(bar.more.rect().bottomLeft())))
        bar.live.clicked.connect(self.view.turn_live)
        lists.again.connect(self._ask)
        lists.clear.connect(lambda: bar.use(InboxFilter()))
        lists.empty.test.clicked.connect(self.send_test)
        lists.empty.helper.clicked.connect(self.set_up)
        table = lists.table
        table.opened.connect(lambda: pane.tabs.tabBar().setFocus(Qt.FocusReason.OtherFocusReason))
        table.export_wanted.connect(self._export_all)
        table.menu_wanted.connect(lambda at: self._drop(table.view.viewport().mapToGlobal(at), with_copies=True))
        pane.replay.clicked.connect(lambda: deeds.replay([pane.detail.row.id] if pane.detail else []))
        pane.copy.clicked.connect(self.copy_request)
        pane.run_wanted.connect(self.run_wanted)
        pane.letters_wanted.connect(lambda: self.letters_wanted.emit(pane.detail.row.record_id if pane.detail else ""))
        pane.export_wanted.connect(self.table_export_wanted)
        self.view.read.connect(self._take)
        self.view.emptied.connect(self._show_empty)
        self.view.moved.connect(bar.show_flow)
        self.view.opened.connect(self._show_offer)
        deeds.told.connect(self.told)
        deeds.changed.connect(self._renew)
        deeds.listening.connect(self._show_listening)
        deeds.busy.connect(self._show_busy)
        self.coverage.gap_wanted.connect(self._fetch_gap)
        self.coverage.export_wanted.connect(self.table_export_wanted)
        self._look.timeout.connect(self._look_around)
        self._session.history_changed.connect(self._overview_read)

    def _bind(self) -> None:
        table = self.lists.table
        deeds: dict[str, Callable[[], object]] = {
            "P": self.replay,
            "T": self.send_test,
            "C": self.copy_request,
            "J": lambda: table.step(1),
            "K": lambda: table.step(-1),
            "X": table.mark_current,
            "Shift+X": table.mark_current,
            "/": self.filter_row,
        }
        for keys, deed in deeds.items():
            made = QShortcut(QKeySequence(keys), self)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.activated.connect(deed)

    # Reading

    def use(self, service: WebhookService | None, listener: ListenerDesk | None = None) -> None:
        """Show the inbox of *service* from now on, None while none is open."""
        self._service = self.deeds.service = service
        self.deeds.listener = listener
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
            self.view.news()

    def _begin(self) -> None:
        self._learn_titles()
        self._ask()
        self._read_coverage()
        self.deeds.look()

    def _learn_titles(self) -> bool:
        """Take over what the entities are called; False when that was known."""
        overview = self._session.state.overview
        titles = {one.entity: one.title for one in overview.entities} if overview else {}
        if titles == self.lists.titles:
            return False
        self.lists.titles = titles
        self.bar.show_entities({name: tr(title) for name, title in titles.items()})
        return True

    def _overview_read(self) -> None:
        if self._service is not None and self._learn_titles():
            self._renew()

    def _ask(self) -> None:
        self.view.ask(self.bar.filter)

    def _renew(self) -> None:
        self.view.renew()
        self._read_coverage()

    def _look_around(self) -> None:
        if self._service is None or self._session.service is None:
            return
        self.deeds.look()
        if not self._in_coverage:
            self.view.news()

    def _take(self, reading: Reading) -> None:
        self.around.figures, self.around.is_paused = reading.figures, reading.is_paused
        self._show_around()
        self._show_offer()

    # Around the list

    def _show_around(self) -> None:
        self.around.show_all()
        self.bar.show_lead(self.around.lead)

    def _show_empty(self) -> None:
        whole, found = self._session.service, self.around.listening
        title, reasons = empty_words(
            self.bar.filter,
            is_up=found is not None and found.is_up,
            has_secret=whole is not None and bool(whole.settings.webhook_secret.get_secret_value()),
            public=self.around.public,
        )
        self.lists.show_empty(title, reasons, is_narrow=self.bar.filter.is_narrow)

    def _show_listening(self, found: Listening) -> None:
        self.around.listening = found
        self._show_around()
        if self.around.figures is not None and not self.lists.table.model.rows:
            self._show_empty()

    def _show_busy(self, busy: bool) -> None:
        self.around.is_busy = busy
        self._show_around()

    def _show_offer(self) -> None:
        self.bar.show_offer(len(self.lists.table.model.marks))

    # Coverage

    def switch(self, *, is_coverage: bool) -> None:
        """Bring the coverage or the deliveries to the front."""
        self._in_coverage = is_coverage
        self.bar.show_way(is_coverage=is_coverage)
        self._pages.setCurrentWidget(self.coverage if is_coverage else self.lists)
        self._show_offer()
        if is_coverage:
            self._read_coverage()

    def _read_coverage(self) -> None:
        whole = self._session.service
        if self._service is not None and whole is not None and self.view.is_fresh:
            self._session.actions.run(
                read_coverage(self._service, whole), then=self._show_coverage, otherwise=lambda _error: None
            )

    def _show_coverage(self, read: tuple[Coverage, dict[str, Forecast]]) -> None:
        found, prices = read[0], {name: price(cost) for name, cost in read[1].items()}
        whole = self._session.service
        alarm = whole.settings.webhook_silence_minutes if whole is not None else 360
        titles = {name: self.lists.title_of(name) for name in self.lists.titles}
        self.coverage.show_coverage(found, titles, prices, alarm=alarm)
        self.bar.show_alarm(len(found.silences), has_gap=needs_gap(self.coverage.table.visible_rows()))

    def _fetch_gap(self, entity: str, is_priced: bool) -> None:
        ask = self.deeds.fetch_now if is_priced else self.deeds.fetch_gap
        ask(entity, self.lists.title_of(entity))

    # Deeds

    def replay(self) -> None:
        """Ask whether what is marked, else the one in focus, is to be done once more."""
        self.deeds.replay(self.view.chosen())

    def send_test(self) -> None:
        """Send a ping to the listener here."""
        self.deeds.send_test(busy=self.bar.test)

    def copy_request(self) -> None:
        """Copy the delivery in focus as a request."""
        self.deeds.copy_request(self.view.detail, self.around.base)

    def _drop(self, at: QPoint, *, with_copies: bool = False) -> None:
        is_paused = self.around.is_paused
        deeds: dict[str, Callable[[], object]] = {
            "replay": self.replay,
            "copy": self.copy_request,
            "since": lambda: self.deeds.replay(None),
            "public": self.deeds.test_public,
            "pause": lambda: self.deeds.pause(paused=not is_paused),
            "secret": self.deeds.change_secret,
            "helper": self.set_up.emit,
            "start": self.deeds.start,
            "stop": self.deeds.ask_stop,
            "settings": lambda: self.settings_wanted.emit("Webhooks"),
        }
        has_one = self.view.detail is not None and not self._in_coverage
        menu = webhook_menu(self, deeds, self.around.standing(has_one=has_one))
        if with_copies:
            menu.addSeparator()
            menu.addActions(self.lists.table.copy_actions(menu))
        menu.popup(at)

    def _export_all(self) -> None:
        self.export_wanted.emit(self.view.writing(self.bar.filter))

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
        """Come to the front; *focus* is "coverage", or what is searched for."""
        if focus == "coverage":
            self.switch(is_coverage=True)
        elif focus:
            self.switch(is_coverage=False)
            self.bar.use(InboxFilter(text=focus))
        front: QWidget = self.lists.table.view if self.lists.is_shown else self
        front.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def export(self) -> bool:
        if self._in_coverage:
            self.table_export_wanted.emit(self.coverage.table)
        else:
            self._export_all()
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
