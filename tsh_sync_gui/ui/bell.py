"""The bell: how many alerts and notices are unread, and the list of them at the side."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings, Signal

from tsh_sync_gui.ui.panels.alerts import AlertsPanel
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.watch import Watch
from tsh_sync_gui.ui.widgets.frame_parts import TopBar
from tsh_sync_gui.ui.widgets.side import SidePanel


class Bell(QObject):
    """Belongs to the window's top bar; *went* carries the screen, and its part, where an alert is dealt with."""

    went = Signal(str, str)

    def __init__(self, session: Session, kept: QSettings | None, *, top: TopBar, side: SidePanel) -> None:
        super().__init__()
        self.watch = Watch(session, kept)
        self._session = session
        self._top = top
        self._side = side
        self._read = 0
        top.notices.connect(self.open)
        self.watch.changed.connect(self.show_count)

    def show_count(self) -> None:
        """Show how many are unread."""
        alerts, tone = self.watch.unread
        self._top.show_notices(max(0, len(self._session.state.notices) - self._read) + alerts, tone)

    def open(self) -> None:
        """Show the list; what is in it is read then."""
        state = self._session.state
        entities = state.overview.entities if state.overview else ()
        panel = AlertsPanel(self.watch, state.notices, {one.entity: tr(one.title) for one in entities}, zone=state.zone)
        panel.went.connect(self.went)
        self._side.open_panel(tr("Alerts and notices"), panel)
        self._read = len(state.notices)
        self.watch.mark_read()
        self.show_count()
