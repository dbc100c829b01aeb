"""What the bell opens: alerts, what lasts first, each to be dealt with or silenced; then what the program found out."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from tsh_sync_gui.core.events import Notice
from tsh_sync_gui.ui.panels.help import NoticesPanel
from tsh_sync_gui.ui.state.alerts import AlertLine, alert_lines, target_of
from tsh_sync_gui.ui.state.texts import exact, tr
from tsh_sync_gui.ui.watch import Watch
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, set_property


class AlertsPanel(QWidget):
    """The list at the side; *went* carries the screen, and its part, where an alert is dealt with."""

    went = Signal(str, str)

    def __init__(self, watch: Watch, notices: tuple[Notice, ...], titles: dict[str, str], *, zone: str) -> None:
        super().__init__()
        self._watch = watch
        self._zone = zone
        self._shown: tuple[AlertLine, ...] | None = None
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 4, 18, 18)
        column.setSpacing(10)
        self._none = label(
            tr("No alerts. What fails, needs you or is about to run out appears here."), "muted", wrap=True
        )
        column.addWidget(self._none)
        column.addLayout(self._list)
        if notices:
            column.addSpacing(6)
            column.addWidget(label(tr("FOUND OUT"), "section"))
            found = NoticesPanel(notices, titles)
            inside = found.layout()
            if inside is not None:
                inside.setContentsMargins(0, 0, 0, 0)
            column.addWidget(found)
        column.addStretch(1)
        watch.changed.connect(self.show_alerts)
        self.show_alerts()

    def show_alerts(self) -> None:
        """Show the list as it is now."""
        lines = alert_lines(self._watch.alerts, self._watch.now)
        if lines == self._shown:
            return
        self._shown = lines
        while (item := self._list.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self._none.setVisible(not lines)
        for one in lines:
            self._list.addWidget(self._box(one))

    def _box(self, one: AlertLine) -> QFrame:
        box = QFrame()
        box.setObjectName("note")
        box.setAccessibleName(one.title)
        set_property(box, "tone", one.tone or "grey")
        column = QVBoxLayout(box)
        column.setContentsMargins(10, 8, 10, 8)
        column.setSpacing(3)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(glyph(one.icon, one.tone or "muted"))
        head.addWidget(label(one.title, "strong" if one.is_open else "body", wrap=True, selectable=True), 1)
        column.addLayout(head)
        if one.remedy:
            column.addWidget(label(one.remedy, "body" if one.is_open else "muted", wrap=True, selectable=True))
        when = label(" · ".join(part for part in (one.when, one.silenced) if part), "caption", wrap=True)
        when.setToolTip(exact(one.alert.last_at, self._zone))
        foot = QHBoxLayout()
        foot.setSpacing(6)
        foot.addWidget(when, 1)
        if one.is_open:
            quiet = button(tr("Tell again") if one.silenced else tr("Silence"), "flat")
            quiet.clicked.connect(lambda: self._watch.silence(one.alert))
            deal = button(tr("Show"), "flat")
            deal.clicked.connect(lambda: self.went.emit(*target_of(one.alert)))
            for made in (quiet, deal):
                made.setAccessibleDescription(one.title)
                foot.addWidget(made)
        column.addLayout(foot)
        return box
