"""The ways between the dead letters and the rest of the window: numbers, runs, files, the panel at the side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.letters.values import LetterFigures
from tsh_sync_gui.ui.panels.dead_letters import OF_ENTITY, RUN

if TYPE_CHECKING:
    from tsh_sync_gui.ui.main_window import MainWindow


class LetterWays(QObject):
    """Connects the inspector of *window*."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._panel = window.dead_letters
        panel = self._panel
        panel.run_wanted.connect(window.open_run)
        panel.told.connect(window.tell)
        panel.figures_read.connect(self._show_figures)
        panel.acts.beside.connect(window.side.open_panel)
        panel.table_export_wanted.connect(window.exporter.ask)
        panel.export_wanted.connect(lambda writing: window.exporter.ask_file(panel.title, writing))
        window.wishes.letters.connect(self.open_run)
        window.wishes.letters_of.connect(self.open_entity)
        window.session.letters_changed.connect(panel.news)
        window.session.history_changed.connect(panel.news)

    def _show_figures(self, figures: LetterFigures) -> None:
        self._window.session.use_letters(figures)
        self._window.navigation.show_count(self._panel.key, figures.new, "amber")

    def open_run(self, run: str) -> None:
        """Show the dead letters that a run left."""
        self._window.side.close_panel()
        self._window.go(self._panel.key, f"{RUN}{run}")

    def open_entity(self, entity: str) -> None:
        """Show the dead letters of an entity, whichever run left them."""
        self._window.side.close_panel()
        self._window.go(self._panel.key, f"{OF_ENTITY}{entity}")

    def use_service(self) -> None:
        """Show the dead letters of the service that is open now; one without a database has none."""
        service = self._window.session.service
        try:
            letters = service.letters if service is not None else None
        except ConfigurationError:
            letters = None
        self._panel.use(letters)
        self._window.navigation.show_entry(self._panel.key, shown=letters is not None)
