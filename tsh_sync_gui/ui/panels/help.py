"""Help for a screen: its keys and the program's."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from tsh_sync_gui.core.events import Notice
from tsh_sync_gui.core.values import EntityState
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.words import state_look
from tsh_sync_gui.ui.widgets.basics import label, line
from tsh_sync_gui.ui.widgets.pill import StatePill


def _global_keys() -> tuple[tuple[str, str], ...]:
    return (
        ("Ctrl+1 … 8", tr("go to a screen")),
        ("Ctrl+K", tr("search: screens, entities, actions, a record id")),
        ("Ctrl+E", tr("export the table as shown")),
        ("F5", tr("refresh")),
        ("Ctrl+P", tr("pause or resume all")),
        ("Ctrl+,", tr("settings")),
        ("Esc", tr("close the panel, clear the filter")),
        ("F1", tr("this help")),
        ("Ctrl+Q", tr("end the program")),
    )


def _meanings() -> tuple[tuple[EntityState, str], ...]:
    return (
        (EntityState.UP_TO_DATE, tr("last run ended well")),
        (EntityState.RUNNING, tr("work in hand")),
        (EntityState.WAITING, tr("for a limit, another machine or the network; goes on by itself")),
        (EntityState.LATE, tr("no good run for twice the schedule's interval")),
        (EntityState.PARTLY_DONE, tr("ended, some records failed and are kept")),
        (EntityState.FAILED, tr("stopped; the card says why and what to do")),
        (EntityState.NEEDS_YOU, tr("only a person can decide or mend it")),
        (EntityState.PAUSED, tr("stopped by a person")),
        (EntityState.NEVER_RUN, tr("no data yet")),
    )


class HelpPanel(QWidget):
    """Keys and state words."""

    def __init__(self, lines: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 4, 18, 18)
        column.setSpacing(12)
        for heading, keys in ((tr("THIS SCREEN"), lines), (tr("EVERYWHERE"), _global_keys())):
            if keys:
                column.addWidget(label(heading, "section"))
                column.addLayout(self._keys(keys))
                column.addWidget(line())
        column.addWidget(label(tr("STATES"), "section"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        grid.setColumnStretch(1, 1)
        for place, (state, meaning) in enumerate(_meanings()):
            grid.addWidget(StatePill(state_look(state)), place, 0)
            grid.addWidget(label(meaning, "small", wrap=True), place, 1)
        column.addLayout(grid)
        column.addStretch(1)

    @staticmethod
    def _keys(keys: tuple[tuple[str, str], ...]) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for place, (key, text) in enumerate(keys):
            grid.addWidget(label(key, "strong"), place, 0)
            grid.addWidget(label(text, "muted", wrap=True), place, 1)
        return grid


class NoticesPanel(QWidget):
    """What the program had to tell, newest first."""

    def __init__(self, notices: tuple[Notice, ...], titles: dict[str, str]) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 4, 18, 18)
        column.setSpacing(10)
        if not notices:
            column.addWidget(label(tr("No notices. What the program finds out about your organization appears here.")))
        for notice in notices:
            heading = f"{titles.get(notice.entity, '')}: {notice.title}" if notice.entity in titles else notice.title
            column.addWidget(label(heading, "strong", wrap=True, selectable=True))
            if notice.advice:
                column.addWidget(label(notice.advice, "muted", wrap=True, selectable=True))
            column.addWidget(line())
        column.addStretch(1)
