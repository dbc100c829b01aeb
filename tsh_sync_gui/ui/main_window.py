"""The one window: navigation, top bar, screens, side panel, status bar."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.views import RunDetail, SyncReport
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.bell import Bell
from tsh_sync_gui.ui.letter_ways import LetterWays
from tsh_sync_gui.ui.listening import ListenerDesk
from tsh_sync_gui.ui.panels.dead_letters import DeadLetterPanel
from tsh_sync_gui.ui.panels.doctor import RUN, DoctorPanel
from tsh_sync_gui.ui.panels.help import HelpPanel
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.panels.preview import PreviewPanel
from tsh_sync_gui.ui.panels.run_detail import RunPanel
from tsh_sync_gui.ui.panels.schedules import SchedulesPanel
from tsh_sync_gui.ui.panels.settings import Save, SettingsPanel, Test
from tsh_sync_gui.ui.panels.starting import StartingPage, Way
from tsh_sync_gui.ui.panels.sync import SyncPanel
from tsh_sync_gui.ui.panels.webhooks import WebhookPanel
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.live import Connection
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.summary import bar_state, organization_name, sync_count
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.webhook_ways import WebhookWays
from tsh_sync_gui.ui.widgets.banners import Banners
from tsh_sync_gui.ui.widgets.basics import retint
from tsh_sync_gui.ui.widgets.beside import Beside
from tsh_sync_gui.ui.widgets.exporting import Exporter
from tsh_sync_gui.ui.widgets.frame_parts import DemoBand, Navigation, StatusBar, TopBar
from tsh_sync_gui.ui.widgets.side import SidePanel
from tsh_sync_gui.ui.widgets.toast import Toast
from tsh_sync_gui.ui.wishes import Wishes
from tsh_sync_gui.ui.wizard.wizard import Wizard, nothing_to_set_up


class MainWindow(QMainWindow):
    """Shows the session; *leaving* says that a person wants to close it, *quit_wanted* to end the program."""

    leaving = Signal()
    quit_wanted = Signal()

    def __init__(
        self,
        session: Session,
        *,
        kept: QSettings | None,
        words: Callable[[], str],
        save: Save,
        test: Test,
        demo: bool = False,
    ) -> None:
        super().__init__()
        theme.current().dress(self)
        self.setWindowTitle(tr("Demo") if demo else tr("TSH Sync"))
        self.setMinimumSize(760, 520)
        self.session = session
        self.kept = kept
        self._may_close = False
        self._around = QTimer(self)
        self._around.setSingleShot(True)
        self._around.timeout.connect(self.show_state)
        self.wishes = Wishes(session, self, kept)
        self.exporter = Exporter(self, session.actions, kept)
        self.navigation = Navigation()
        self.top = TopBar()
        self.banners = Banners()
        self.status = StatusBar()
        self.side = SidePanel()
        self.bell = Bell(session, kept, top=self.top, side=self.side)
        self.root = QWidget(self)
        self.stack = QStackedWidget(self.root)  # screens are put in last: each is styled once, where it stays
        self.starting = StartingPage(words)
        self.sync = SyncPanel(session, self.wishes, kept)
        self.dead_letters = DeadLetterPanel(session, kept)
        self.webhooks = WebhookPanel(session, kept)
        self.listener: ListenerDesk | None = None
        self.schedules = SchedulesPanel(session, kept)
        self.settings = SettingsPanel(session.actions, save=save, test=test)
        self.wizard = Wizard(session.actions)
        self.doctor = DoctorPanel(session.actions)
        self.doctor.may_set_up = not demo
        panels: tuple[Panel, ...] = (
            self.sync,
            self.dead_letters,
            self.webhooks,
            self.schedules,
            self.settings,
            self.wizard,
            self.doctor,
        )
        self.panels = {panel.key: panel for panel in panels}
        self._in_front = self.sync.key
        self._is_open = False
        self._open_steps = 0
        self._build(demo=demo)
        self.toast = Toast(self.stack)
        self._connect(session.actions)
        self.letter_ways = LetterWays(self)
        self.webhook_ways = WebhookWays(self)
        self._restore()
        self.go("sync")

    def _build(self, *, demo: bool) -> None:
        # Who is in front is asked each time.
        self.middle = Beside(self.stack, self.side, lambda width: self.panel.yields(width))  # noqa: PLW0108
        right = QVBoxLayout()
        right.setContentsMargins(0, 0, 0, 0)
        right.setSpacing(0)
        if demo:
            right.addWidget(DemoBand())
        right.addWidget(self.top)
        right.addWidget(self.banners)
        right.addWidget(self.middle, 1)
        right.addWidget(self.status)
        whole = QHBoxLayout(self.root)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.navigation)
        whole.addLayout(right, 1)
        self.setCentralWidget(self.root)
        for panel in self.panels.values():
            self.navigation.add_screen(panel.key, panel.title, panel.icon_name)
            self.stack.addWidget(panel)
        for panel in (self.wizard, self.doctor):
            self.navigation.show_entry(panel.key, shown=False)
        self.stack.addWidget(self.starting)

    def _connect(self, actions: Actions) -> None:
        self.navigation.chosen.connect(self.go)
        self.bell.went.connect(lambda key, focus: self.go(key if key in self.panels else "sync", focus))
        self.status.went.connect(self.go)
        self.status.pause.connect(self.wishes.pause_all)
        self.status.resume.connect(self.wishes.resume_all)
        self.sync.opened.connect(self.open_run)
        self.schedules.opened.connect(self.side.open_panel)
        self.wishes.schedule.connect(lambda entity: self.go("schedules", entity))
        self.schedules.schedules.export_wanted.connect(lambda: self.exporter.ask(self.schedules.schedules))
        self.wishes.review.connect(self.open_run)
        self.wishes.settings.connect(lambda: self.go("settings", "Zoho"))
        self.wishes.sign_in.connect(lambda: self.go("setup", "sign_in"))
        self.wishes.unlock.connect(self.settings.connection.open_vault)
        self.banners.unlock.connect(self.settings.connection.open_vault)
        self.banners.reopen.connect(self.settings.reopen)
        self.starting.unlock.connect(self.settings.connection.open_vault)
        self.wizard.open_count.connect(self.show_open_steps)
        self.starting.setup.connect(lambda: self.go("setup"))
        self.starting.settings.connect(lambda: self.go("settings", "Database"))
        self.settings.themed.connect(self.use_theme)
        self.settings.told.connect(self.tell)
        self.settings.connection.box.sign_in.connect(lambda: self.go("setup", "sign_in"))
        self.settings.connection.box.rotate.connect(lambda: self.go("setup", "rotate"))
        self.settings.connection.box.set_up.connect(lambda: self.go("setup"))
        self.settings.connection.box.check_up.connect(lambda: self.go("doctor", RUN))
        self.starting.check_up.connect(lambda: self.go("doctor", RUN))
        self.wizard.check_up.connect(lambda: self.go("doctor", RUN))
        self.doctor.wanted.connect(self.mend)
        self.session.changed.connect(lambda: self._around.start(0))  # a turn after the cards: each is painted alone
        self.session.previewed.connect(self.show_preview)
        self.session.told.connect(self.tell)
        self.exporter.told.connect(self.tell)
        self.sync.history.export_wanted.connect(lambda: self.exporter.ask(self.sync.history))
        actions.failed.connect(self.tell)
        theme.current().changed.connect(self._repaint)

    def show_state(self) -> None:
        """Show what stands around the screens."""
        session, state = self.session, self.session.state
        overview = state.overview
        self.top.show_organization(organization_name(overview), overview.organization_id if overview else "")
        self.bell.show_count()
        database = state.connections.get("database", Connection()) if self._is_open else Connection()
        self.banners.show_state(database, self.settings.connection.closed_why if self._is_open else "")
        self.status.show_bar(bar_state(state, session.prices, now=session.now, at=time.monotonic()))
        self.navigation.show_count("sync", *sync_count(session.cards))

    def show_open_steps(self, count: int) -> None:
        """Show the set-up in the navigation while steps of it are open."""
        self._open_steps = count
        self.navigation.show_count(self.wizard.key, count, "blue")
        self.navigation.show_entry(self.wizard.key, shown=self.panel is self.wizard or count > 0)

    def setup_open(self) -> None:
        """Say that the set-up comes first: nothing is synced before it."""
        self._is_open = False
        self.starting.ask_setup()
        self.show_state()

    def service_opened(self) -> None:
        """Leave the starting page: the service is there."""
        self._is_open = True
        self.starting.end()
        self.letter_ways.use_service()
        self.webhook_ways.use_service()
        self.show_state()
        self.go(self._in_front)

    def service_opening(self) -> None:
        """Show that the service is being opened."""
        self._is_open = False
        self.dead_letters.use(None)
        self.webhooks.use(None)
        self.starting.begin()
        self.show_state()
        self.go(self._in_front)
        self.starting.setFocus()

    def service_failed(self, problem: Problem, way: Way) -> None:
        """Show why the service did not open, and the *way* out of it."""
        self._is_open = False
        self.starting.fail(problem, way)
        self.show_state()
        self.go("sync")

    def go(self, key: str, focus: str = "") -> None:
        """Bring a screen to the front, at the part *focus*."""
        panel = self.panels[key]
        if panel is self.wizard and not self.doctor.may_set_up:
            self.tell(nothing_to_set_up())
            return
        if key != self._in_front:
            self.side.close_panel()
            self.panel.leave()
        self._in_front = key
        is_free = self._is_open or panel in {self.settings, self.wizard, self.doctor}
        self.stack.setCurrentWidget(panel if is_free else self.starting)
        self.navigation.show_entry(self.wizard.key, shown=panel is self.wizard or self._open_steps > 0)
        self.navigation.show_entry(self.doctor.key, shown=panel is self.doctor)
        self.navigation.show_screen(key)
        if self.stack.currentWidget() is panel:
            panel.open_at(focus)

    def mend(self, deed: str) -> None:
        """Go where the check-up says that something can be mended."""
        kind, _, target = deed.partition(":")
        self.go("settings" if kind == "settings" else "setup", target or "sign_in")
        if target == "vault" and self.settings.connection.is_vault_closed:
            self.settings.connection.open_vault()

    @property
    def panel(self) -> Panel:
        """Return the screen in front."""
        return self.panels[self._in_front]

    def open_run(self, run: str) -> None:
        """Open a run at the side."""
        if self.session.service is not None:
            self.session.actions.run(self.session.service.run_detail(RunId(run)), then=self._show_run)

    def _show_run(self, detail: RunDetail | None) -> None:
        overview = self.session.state.overview
        if detail is None or overview is None:
            self.tell(Problem(title=tr("This run is no longer kept")))
            return
        status = self.session.state.status(detail.run.entity)
        panel = RunPanel(
            detail,
            status.title if status else detail.run.entity,
            now=self.session.now,
            zone=overview.time_zone,
            settings=self.kept,
        )
        panel.approved.connect(self._approve)
        panel.letters_wanted.connect(self.letter_ways.open_run)
        panel.export_wanted.connect(self.exporter.ask)
        self.side.open_panel(panel.state.heading, panel)

    def _approve(self, entity: str) -> None:
        self.side.close_panel()
        self.wishes.approve(entity)

    def show_preview(self, report: SyncReport) -> None:
        """Show what a run would do."""
        entities = self.session.state.overview.entities if self.session.state.overview else ()
        titles = {one.entity: one.title for one in entities}
        panel = PreviewPanel(report, titles, settings=self.kept)
        panel.export_wanted.connect(self.exporter.ask)
        panel.wanted.connect(lambda: self._run_previewed(tuple(run.entity for run in report.runs)))
        self.side.open_panel(tr("Preview"), panel)

    def _run_previewed(self, entities: tuple[str, ...]) -> None:
        self.side.close_panel()
        if len(entities) == 1:
            self.wishes.fulfil(entities[0], "sync")
        else:
            self.wishes.everything()

    def show_help(self) -> None:
        """Show keys and words of the screen in front."""
        self.side.open_panel(tr("Help: {screen}").format(screen=self.panel.title), HelpPanel(self.panel.help_lines))

    def tell(self, problem: Problem) -> None:
        """Show a message over the screen."""
        self.toast.show_problem(problem)

    def use_theme(self, wish: str) -> None:
        """Change the appearance at once, and for the next start before settings are read."""
        theme.current().use(wish)
        if self.kept is not None:
            self.kept.setValue("theme", wish)

    def _repaint(self) -> None:
        retint(self)
        for widget in self.findChildren(QWidget):
            widget.update()

    def escape(self) -> None:
        """Close what was opened last: message, panel, filter."""
        if not self.toast.isHidden():
            self.toast.hide()
        elif not self.side.close_panel():
            self.panel.escape()

    def _restore(self) -> None:
        self.resize(1240, 800)
        geometry = self.kept.value("window") if self.kept is not None else None
        if geometry is not None:
            self.restoreGeometry(geometry)

    def let_go(self) -> None:
        """Close without asking: everything has ended."""
        self._may_close = True
        if self.kept is not None:
            self.kept.setValue("window", self.saveGeometry())
            self.kept.sync()
        self.close()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        if self._may_close:
            event.accept()
            return
        event.ignore()
        self.leaving.emit()
