"""The menu of what can be done with a letter, with those marked, or with all that match."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.state.dead_letters import Shown
from tsh_sync_gui.ui.state.texts import tr


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the menu: its words, key, icon and deed; *states* are the lists it stands in, none for all."""

    text: str
    key: str
    icon: str
    deed: Callable[[], object]
    states: frozenset[Shown] = frozenset()


_OPEN = frozenset({Shown.OPEN, Shown.SNOOZED, Shown.ALL})
_GIVEN_UP = frozenset({Shown.DISCARDED, Shown.ALL})
_ASLEEP = frozenset({Shown.SNOOZED, Shown.ALL})


def entries(deeds: dict[str, Callable[[], object]]) -> tuple[Entry, ...]:
    """Return the lines for *deeds* by name."""
    return (
        Entry(tr("Retry"), "R", "refresh", deeds["retry"], _OPEN),
        Entry(tr("Edit and retry"), "E", "record", deeds["edit"], _OPEN),
        Entry(tr("Discard…"), "D", "sweep", deeds["discard"], _OPEN),
        Entry(tr("Restore"), "", "reset", deeds["restore"], _GIVEN_UP),
        Entry(tr("Snooze…"), "", "clock", deeds["snooze"], _OPEN),
        Entry(tr("Show again now"), "", "bell", deeds["wake"], _ASLEEP),
        Entry(tr("Assign…"), "A", "person", deeds["assign"]),
        Entry(tr("Note…"), "N", "info", deeds["note"]),
    )


def letter_menu(parent: QWidget, lines: tuple[Entry, ...], shown: Shown, *, without: frozenset[str]) -> QMenu:
    """Return the menu for a list of *shown*; *without* leaves lines out by their key."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    for one in lines:
        if (one.states and shown not in one.states) or (one.key and one.key in without):
            continue
        action = QAction(icon(one.icon), f"{one.text}\t{one.key}" if one.key else one.text, menu)
        action.triggered.connect(lambda _=False, one=one: one.deed())
        menu.addAction(action)
    return menu
