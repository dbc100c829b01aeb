"""The keys that work on every screen, and the command palette they open."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.state.commands import Command, commands, found, record_commands, standing
from tsh_sync_gui.ui.state.offers import Do
from tsh_sync_gui.ui.state.summary import everything_reason
from tsh_sync_gui.ui.widgets.command_palette import CommandPalette
from tsh_sync_gui.ui.widgets.exporting import table_around


class Keys(QObject):
    """Binds keys to the window's deeds."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.palette = CommandPalette(window.root, self._find)
        self.palette.chosen.connect(self.perform)
        window.top.search.connect(self.palette.open_palette)
        self._bind()

    def _bind(self) -> None:
        window = self._window
        act = window.sync.act
        deeds: dict[str, Callable[[], object]] = {
            "Ctrl+K": self.palette.open_palette,
            "F5": self.refresh,
            "Ctrl+R": lambda: act(Do.SYNC),
            "Ctrl+Shift+R": lambda: act(Do.PREVIEW),
            "Ctrl+.": lambda: act(Do.CANCEL),
            "Ctrl+P": self.pause_or_resume,
            "Ctrl+,": lambda: window.go("settings"),
            "Ctrl+F": self.filter_row,
            "Ctrl+S": self.save,
            "Ctrl+E": self.export,
            "F1": window.show_help,
            "Ctrl+Q": window.quit_wanted.emit,
            "Esc": window.escape,
        }
        for place, key in enumerate(window.panels, start=1):
            deeds[f"Ctrl+{place}"] = partial(window.go, key)
        for keys, deed in deeds.items():
            QShortcut(QKeySequence(keys), window).activated.connect(deed)

    def refresh(self) -> None:
        """Read anew what the screen in front shows."""
        if not self._window.panel.refresh():
            self._window.session.refresh()

    def filter_row(self) -> None:
        """Go to the filter of the screen in front."""
        self._window.panel.filter_row()

    def export(self) -> None:
        """Export the table in focus, else the one of the screen in front."""
        table = table_around(QApplication.focusWidget())
        if table is None and self._window.panel.export():
            return
        table = table or self._window.panel.table
        if table is not None:
            self._window.exporter.ask(table)

    def save(self) -> None:
        """Save the settings where they are in front."""
        if self._window.panel is self._window.settings:
            self._window.settings.save()

    def pause_or_resume(self) -> None:
        """Pause all runs, or resume them when all are paused."""
        live = self._window.session.state.live
        if any(str(run.info.state) != "paused" for run in live):
            self._window.wishes.pause_all()
        else:
            self._window.wishes.resume_all()

    def _find(self, text: str) -> tuple[Command, ...]:
        window, state = self._window, self._window.session.state
        paused = [str(run.info.state) == "paused" for run in state.live]
        extras = standing(
            dark=theme.current().is_dark,
            can_pause=False in paused,
            can_resume=True in paused,
            not_all=everything_reason(state, window.session.cards),
        )
        screens = tuple((panel.key, panel.title, panel.icon_name) for panel in window.panels.values())
        everything = commands(screens, window.session.cards, extras)
        return (*record_commands(text, state.overview), *found(everything, text))

    def perform(self, command: Command) -> None:
        """Do what was chosen in the palette."""
        window = self._window
        match command.verb:
            case "screen":
                window.go(command.target)
            case "entity":
                window.go("sync", command.target)
            case "do":
                window.wishes.fulfil(command.entity, command.target)
            case "record":
                window.wishes.record(command.entity, command.target)
            case _:
                self._perform_app(command.target)

    def _perform_app(self, target: str) -> None:
        window = self._window
        deeds: dict[str, Callable[[], object]] = {
            "sync_all": window.wishes.everything,
            "light": lambda: window.use_theme("light"),
            "dark": lambda: window.use_theme("dark"),
            "refresh": self.refresh,
            "check_up": lambda: window.go("doctor", "run"),
            "help": window.show_help,
            "quit": window.quit_wanted.emit,
            Do.PAUSE.value: window.wishes.pause_all,
            Do.RESUME.value: window.wishes.resume_all,
        }
        deeds[target]()
