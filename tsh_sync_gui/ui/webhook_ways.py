"""The ways between the inbox of webhooks and the rest of the window: runs, dead letters, settings, files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.ui.panels.dead_letters import OF_RECORD

if TYPE_CHECKING:
    from tsh_sync_gui.ui.main_window import MainWindow


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

    def use_service(self) -> None:
        """Show the inbox of the service that is open now; one without a database has none."""
        service = self._window.session.service
        try:
            webhooks = service.webhooks if service is not None else None
        except ConfigurationError:
            webhooks = None
        self._panel.use(webhooks, self._window.listener)
        self._window.navigation.show_entry(self._panel.key, shown=webhooks is not None)
