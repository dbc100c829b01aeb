"""The menu of the webhooks inbox: what is done with deliveries, the listener and its secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.state.texts import tr


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things stand, as far as the menu offers by it."""

    is_up: bool
    is_ours: bool
    is_busy: bool
    is_paused: bool
    is_demo: bool
    has_public: bool
    has_one: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A line: its deed's name, words, icon, key, and why it rests ("" when it does not)."""

    deed: str
    text: str
    icon: str
    key: str = ""
    why_not: str = ""


def entries(now: Standing) -> tuple[tuple[Entry, ...], ...]:
    """Return the lines in groups."""
    none = "" if now.has_one else tr("Choose a delivery first.")
    listener = (
        (
            Entry("restart", tr("Restart the listener"), "refresh", "", _why_no_stop(now)),
            Entry("stop", tr("End the listener…"), "stop", "", _why_no_stop(now)),
        )
        if now.is_up
        else (Entry("start", tr("Start the listener"), "play", "", _why_no_start(now)),)
    )
    pause = (
        Entry("pause", tr("Resume processing"), "play")
        if now.is_paused
        else Entry("pause", tr("Pause processing"), "pause")
    )
    return (
        (
            Entry("replay", tr("Replay…"), "refresh", "P", none),
            Entry("copy", tr("Copy as request"), "copy", "C", none),
            Entry("since", tr("Replay everything since…"), "history"),
        ),
        (pause, *listener),
        *((_demo(),) if now.is_demo else ()),
        (
            Entry(
                "public",
                tr("Test public address"),
                "cloud",
                "",
                "" if now.has_public else tr("No public address is set yet."),
            ),
            Entry(
                "secret",
                tr("Change secret…"),
                "lock",
                "",
                tr("The demo has a secret of its own.") if now.is_demo else "",
            ),
            Entry(
                "helper", tr("Set-up helper"), "info", "", tr("The demo has nothing to set up.") if now.is_demo else ""
            ),
            Entry("settings", tr("Settings of webhooks"), "settings"),
        ),
    )


def _demo() -> tuple[Entry, ...]:
    """Return what the demo's simulated Zoho can be made to deliver."""
    return (
        Entry("stir", tr("Change something in the simulated Zoho"), "refresh"),
        Entry("wrong", tr("Deliver with a wrong secret"), "failed"),
    )


def _why_no_stop(now: Standing) -> str:
    if now.is_busy:
        return tr("It is being started or ended.")
    return "" if now.is_ours else tr("It was not started from a window; end it where it was started.")


def _why_no_start(now: Standing) -> str:
    return tr("It is being started or ended.") if now.is_busy else ""


def webhook_menu(parent: QWidget, deeds: Mapping[str, Callable[[], object]], now: Standing) -> QMenu:
    """Return the menu."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for place, group in enumerate(entries(now)):
        if place:
            menu.addSeparator()
        for one in group:
            action = QAction(icon(one.icon), f"{one.text}\t{one.key}" if one.key else one.text, menu)
            action.setEnabled(not one.why_not)
            action.setToolTip(one.why_not)
            action.triggered.connect(lambda _=False, one=one: deeds[one.deed]())
            menu.addAction(action)
    return menu
