"""The icon in the tray, where the desktop has one: worst state, what runs, what is next, and notices.

Without a tray (some desktops have none, and tests) notices are shown in the window.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from PySide6.QtCore import QObject, QRectF, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPen, QPixmap
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.alerts import Alert, Severity
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.icons import icon, paint_icon
from tsh_sync_gui.ui.main_window import MainWindow
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.schedules import pauses
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.tray import TrayState, tray_state

_SIDE: Final = 64
_SHOWN_MS: Final = 10_000
_TOLD: Final = "tray/told"
_LOOKS: Final = {
    Severity.NOTE: QSystemTrayIcon.MessageIcon.Information,
    Severity.WARNING: QSystemTrayIcon.MessageIcon.Warning,
    Severity.GRAVE: QSystemTrayIcon.MessageIcon.Critical,
}
_OPENING: Final = {
    QSystemTrayIcon.ActivationReason.DoubleClick,
    # A Mac tells of a click on the icon and opens its menu: who only looks there wants no window.
    *(() if sys.platform == "darwin" else (QSystemTrayIcon.ActivationReason.Trigger,)),
}
_TONES: Final = {Severity.NOTE: "blue", Severity.WARNING: "amber", Severity.GRAVE: "red"}


class Tray(QObject):
    """Stands beside the window; *quit_wanted* says that a person wants to end the program.

    *is_there* False is a desktop without a tray: then only the notices are left, and the window shows them.
    """

    quit_wanted = Signal()

    def __init__(self, window: MainWindow, kept: QSettings | None, *, is_there: bool | None = None) -> None:
        super().__init__(window)
        self._window = window
        self._kept = kept
        self._icon = QSystemTrayIcon(self)
        self._is_there = QSystemTrayIcon.isSystemTrayAvailable() if is_there is None else is_there
        self._shown: TrayState | None = None
        self.menu = QMenu()
        theme.current().dress(self.menu)
        self._inside: list[QMenu] = []
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._activated)
        self._icon.messageClicked.connect(self.open_alerts)
        self.menu.aboutToShow.connect(self.fill)
        window.session.changed.connect(self.show_state)
        window.bell.watch.told.connect(self.tell)
        window.bell.watch.ended.connect(self._tell_ended)
        theme.current().changed.connect(self._repaint)
        if self._is_there:
            self.show_state()
            self._icon.setVisible(QSystemTrayIcon.isSystemTrayAvailable())

    @property
    def is_there(self) -> bool:
        """Tell whether the desktop shows the icon."""
        return self._is_there

    def state(self) -> TrayState:
        """Return what the tray shows now."""
        session = self._window.session
        return tray_state(session.state, session.cards, session.prices, session.now)

    def show_state(self) -> None:
        """Show the worst state; the menu is filled when it is opened."""
        if not self._is_there:
            return
        state, before = self.state(), self._shown
        self._shown = state
        if before is None or before.tone != state.tone:
            self._icon.setIcon(state_icon(state.tone))
        if before is None or before.tip != state.tip:
            self._icon.setToolTip(state.tip)

    def _repaint(self) -> None:
        if self._shown is not None:
            self._icon.setIcon(state_icon(self._shown.tone))

    def _clear(self) -> None:
        self.menu.clear()
        for one in self._inside:
            one.deleteLater()
        self._inside = []

    def fill(self) -> None:
        """Fill the menu with what is there to see and to do now."""
        state, window = self.state(), self._window
        self._clear()
        for run, text in state.runs:
            running = self._inner(text)
            self._add(tr("Cancel"), partial(window.session.cancel, RunId(run)), "stop", running)
        if not state.runs:
            self._add(tr("Nothing runs"), None, "idle")
        self._add(state.next, lambda: self._go("schedules"), "calendar")
        self.menu.addSeparator()
        syncing = self._inner(tr("Sync now"), "sync")
        for item in state.items:
            deed = self._start(item.entity) if item.is_enabled else None
            self._add(item.text, deed, "", syncing)
        if state.can_pause:
            pausing = self._inner(tr("Pause schedules"), "pause")
            for text, until in pauses(lambda: window.session.now, lambda: window.session.state.zone):
                self._add(text, partial(self._hold, until), "", pausing)
        if state.can_resume:
            self._add(tr("Resume schedules"), window.schedules.go_on, "play")
        self.menu.addSeparator()
        self._add(tr("Open"), self.open_window, "logo")
        self._add(tr("Quit"), self.quit_wanted.emit, "close")

    def _inner(self, text: str, icon_name: str = "") -> QMenu:
        """Add a menu within the menu."""
        made = QMenu(text.replace("&", "&&"), self.menu)
        if icon_name:
            made.setIcon(icon(icon_name))
        self.menu.addMenu(made)
        self._inside.append(made)
        return made

    def _add(self, text: str, deed: Callable[[], object] | None, icon_name: str, menu: QMenu | None = None) -> None:
        menu = menu or self.menu
        action = QAction(text.replace("&", "&&"), menu)
        if icon_name:
            action.setIcon(icon(icon_name))
        action.setEnabled(deed is not None)
        if deed is not None:
            action.triggered.connect(lambda _checked=False: deed())
        menu.addAction(action)

    def _hold(self, until: Callable[[], datetime | None]) -> None:
        self._window.schedules.hold(until())

    def _start(self, entity: str) -> Callable[[], object]:
        return lambda: self._window.session.start(SyncRequest(entities=(entity,)))

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in _OPENING:
            self.open_window()

    def open_window(self) -> None:
        """Bring the window to the front."""
        window = self._window
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def open_alerts(self) -> None:
        """Bring the window to the front, at the list of alerts."""
        self.open_window()
        self._window.bell.open()

    def _go(self, screen: str) -> None:
        self.open_window()
        self._window.go(screen)

    def tell(self, alert: Alert) -> None:
        """Tell of an alert that is news."""
        times = tr("{count} times. ").format(count=alert.count) if alert.count > 1 else ""
        self._tell(alert.title, f"{times}{alert.remedy}", alert.severity)

    def _tell_ended(self, title: str, words: str) -> None:
        # Who looks at the window sees the card.
        if not self._window.isActiveWindow():
            self._tell(title, words, Severity.NOTE)

    def _tell(self, title: str, words: str, severity: Severity) -> None:
        if self._is_there and not self._window.isActiveWindow():
            self._icon.showMessage(title, words, _LOOKS[severity], _SHOWN_MS)
        elif self._window.isVisible():
            self._window.tell(Problem(title=title, meaning=words, tone=_TONES[severity]))

    def hide_window(self) -> None:
        """Leave only the icon; the first time it says so."""
        self._window.hide()
        if self._kept is not None and self._kept.value(_TOLD) is None:
            self._kept.setValue(_TOLD, "yes")
            words = tr("Schedules go on. Quit is in the icon's menu; Settings → Alerts changes this.")
            self._icon.showMessage(tr("TSH Sync goes on in the tray"), words, icon("logo"), _SHOWN_MS)

    def let_go(self) -> None:
        """Take the icon away: the program ends."""
        self._icon.hide()
        self._clear()


def state_icon(tone: str) -> QIcon:
    """Return the program's mark with a dot in the colour of *tone*; green is none: all is well."""
    picture = QPixmap(_SIDE, _SIDE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    paint_icon(painter, "logo", "#ffffff", QRectF(0, 0, _SIDE, _SIDE))
    if tone != "green":
        color = theme.current().color(tone if tone in {"red", "amber", "blue"} else "muted")
        painter.setPen(QPen(QColor("#ffffff"), 4))
        painter.setBrush(color)
        painter.drawEllipse(QRectF(_SIDE * 0.5, _SIDE * 0.5, _SIDE * 0.44, _SIDE * 0.44))
    painter.end()
    return QIcon(picture)
