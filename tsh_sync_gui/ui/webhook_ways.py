"""The ways between the inbox of webhooks and the rest of the window: runs, dead letters, settings, files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.events import ConnectionChanged
from tsh_sync_gui.ui.panels.dead_letters import OF_RECORD
from tsh_sync_gui.ui.state.listener import Listening

if TYPE_CHECKING:
    from tsh_sync_gui.ui.main_window import MainWindow

_LOOK_MS: Final = 30_000


class WebhookWays(QObject):
    """Connects the inbox of *window*."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._panel = window.webhooks
        panel = self._panel
        panel.run_wanted.connect(window.open_run)
        panel.told.connect(window.tell)
        panel.set_up.connect(lambda: window.go("setup", "webhooks"))
        panel.letters_wanted.connect(lambda record: window.go(window.dead_letters.key, f"{OF_RECORD}{record}"))
        window.settings.inbox.clicked.connect(lambda: window.go(panel.key))
        panel.settings_wanted.connect(lambda section: window.go("settings", section))
        panel.table_export_wanted.connect(window.exporter.ask)
        panel.export_wanted.connect(lambda writing: window.exporter.ask_file(panel.title, writing))
        window.session.deliveries_changed.connect(panel.news)
        panel.deeds.listening.connect(self._tell)
        self._told: ConnectionChanged | None = None
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._look_around)

    def use_service(self) -> None:
        """Show the inbox of the service that is open now; one without a database has none."""
        service = self._window.session.service
        try:
            webhooks = service.webhooks if service is not None else None
        except ConfigurationError:
            webhooks = None
        self._told = None
        self._panel.use(webhooks, self._window.listener)
        self._look.start()
        self._look_around()
        self._window.navigation.show_entry(self._panel.key, shown=webhooks is not None)

    @property
    def _is_used(self) -> bool:
        """Tell whether webhooks are meant to come in here."""
        service = self._window.session.service
        return service is not None and (self._told is not None or bool(service.settings.webhook_url))

    def _look_around(self) -> None:
        """Ask the listener how it is, whichever screen is in front."""
        if self._is_used and not self._panel.isVisible():
            self._panel.deeds.look()

    def _tell(self, found: Listening) -> None:
        """Let the status bar say how the listener stands; one that nobody has started or wants is no news."""
        service = self._window.session.service
        if service is None or not (found.is_up or self._is_used):
            return
        news = ConnectionChanged(what="listener", up=found.is_up, title=found.title, advice=found.advice)
        if news != self._told:
            self._told = news
            service.bus.publish(news)
