"""What stands around the screens: navigation, top bar, demo band, status bar."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QVBoxLayout
from typing_extensions import override

from tsh_sync_gui.ui.state.summary import BarState, Part
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.badge import Badge
from tsh_sync_gui.ui.widgets.basics import (
    ElidedLabel,
    button,
    glyph,
    label,
    set_picture,
    set_property,
    set_text,
    set_tip,
    tool,
)

NAV_WIDTH = 184
_INSIDE = 44  # a button's icon and padding
_RUNNING = 320  # what runs now is given so much room before others lose their words
_LEAST_FIRST = ("pause", "resume", "listener", "database", "zoho", "next", "failed", "quota")
_RUNS_AT = 3  # so many parts stand before what runs now
_NAV_ICON, _STATUS_ICON = QSize(24, 18), QSize(18, 14)


class Navigation(QFrame):
    """The screens, each with a count; *chosen* carries the screen's key."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.setFixedWidth(NAV_WIDTH)
        self.setAccessibleName(tr("Screens"))
        self._buttons: dict[str, QPushButton] = {}
        self._badges: dict[str, Badge] = {}
        self._icons: dict[str, str] = {}
        self._group = QButtonGroup(self)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(10, 12, 10, 12)
        self._column.setSpacing(3)
        self._column.addLayout(self._brand())
        self._column.addSpacing(12)
        self._column.addStretch(1)

    @staticmethod
    def _brand() -> QHBoxLayout:
        row = QHBoxLayout()
        row.setContentsMargins(6, 0, 0, 0)
        row.setSpacing(9)
        row.addWidget(glyph("logo", side=26))
        row.addWidget(label("TSH Sync", "title"))
        row.addStretch(1)
        return row

    def add_screen(self, key: str, title: str, icon_name: str) -> None:
        """Add a screen below the others."""
        made = button(title, "nav")
        set_picture(made, icon_name, size=_NAV_ICON)
        made.setCheckable(True)
        made.setToolTip(tr("{screen} (Ctrl+{number})").format(screen=title, number=len(self._buttons) + 1))
        made.clicked.connect(lambda: self.chosen.emit(key))
        badge = Badge()
        row = QHBoxLayout(made)
        row.setContentsMargins(8, 0, 5, 0)
        row.addStretch(1)
        row.addWidget(badge)
        self._buttons[key], self._badges[key], self._icons[key] = made, badge, icon_name
        self._group.addButton(made)
        self._column.insertWidget(self._column.count() - 1, made)

    def show_screen(self, key: str) -> None:
        """Mark the screen in front."""
        for name, one in self._buttons.items():
            one.setChecked(name == key)
            set_picture(one, self._icons[name], "blue" if name == key else "muted", _NAV_ICON)

    def show_entry(self, key: str, *, shown: bool) -> None:
        """Show a screen's entry, or leave it out."""
        self._buttons[key].setVisible(shown)

    def show_count(self, key: str, count: int, tone: str) -> None:
        """Show a number beside a screen; 0 hides it."""
        self._badges[key].show_count(count, tone)
        self._buttons[key].setAccessibleDescription(tr("%Ln thing(s)", None, count) if count else "")


class TopBar(QFrame):
    """Whose data this is, and the way to everything."""

    search = Signal()
    notices = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("topbar")
        self.setFixedHeight(52)
        self._shown = ("", "")
        self._name = label("", "title")
        self._id = label("", "faint", selectable=True)
        find = button(tr("Search or do…"), "search", icon_name="search")
        find.setMinimumWidth(230)
        find.setToolTip(tr("Screens, entities, actions, a record id (Ctrl+K)"))
        find.clicked.connect(self.search)
        keys = label("Ctrl+K", "faint")
        inner = QHBoxLayout(find)
        inner.setContentsMargins(10, 0, 10, 0)
        inner.addStretch(1)
        inner.addWidget(keys)
        self._bell = tool("bell", tr("Notices"))
        self._bell.clicked.connect(self.notices)
        self._badge = Badge()
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 0, 14, 0)
        row.setSpacing(10)
        row.addWidget(self._name)
        row.addWidget(self._id)
        row.addStretch(1)
        row.addWidget(find)
        row.addWidget(self._bell)
        # Over the bell's corner, so that it moves nothing when it comes and goes.
        self._badge.setParent(self)
        self._bell.installEventFilter(self)

    def show_organization(self, name: str, organization_id: str) -> None:
        """Show the organization this database mirrors."""
        if (name, organization_id) == self._shown:
            return
        self._shown = (name, organization_id)
        set_text(self._name, name)
        set_text(self._id, organization_id)

    def show_notices(self, unread: int, tone: str = "blue") -> None:
        """Show how many alerts and notices have not been read."""
        self._badge.show_count(unread, tone)
        self._place_badge()

    def _place_badge(self) -> None:
        self._badge.adjustSize()
        bell, badge = self._bell.geometry(), self._badge
        is_mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        beyond = bell.center().x() + 2 - (badge.width() if is_mirrored else 0) - (4 if is_mirrored else 0)
        left = max(2, min(beyond, self.width() - badge.width() - 2))
        badge.move(left, max(1, bell.top() - 3))
        badge.raise_()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._bell and event.type() in {QEvent.Type.Move, QEvent.Type.Resize}:
            self._place_badge()
        return super().eventFilter(watched, event)


class DemoBand(QFrame):
    """Says on every screen that this is a demo."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("demoband")
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 4, 14, 4)
        row.setSpacing(8)
        row.addWidget(glyph("flask", "demo"))
        row.addWidget(label("DEMO", "strong"))
        row.addWidget(ElidedLabel(tr("A built-in sample Zoho: no account, nothing leaves this computer.")), 1)


class StatusBar(QFrame):
    """Parts that can be clicked, and pause and resume for all; *went* carries screen and focus."""

    went = Signal(str, str)
    pause = Signal()
    resume = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusbar")
        self.setFixedHeight(32)
        self._parts: dict[str, QPushButton] = {}
        self._targets: dict[str, tuple[str, str]] = {}
        self._now = ""
        self._bar: BarState | None = None
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(10, 0, 10, 0)
        self._row.setSpacing(2)
        self._pause = self._control("pause", tr("Pause all"), self.pause)
        self._resume = self._control("play", tr("Resume all"), self.resume)
        self._controls = {"pause": self._pause, "resume": self._resume}

    def _control(self, icon_name: str, text: str, signal: object) -> QPushButton:
        made = button(text, "status", icon_name=icon_name)
        made.setAccessibleName(text)
        made.clicked.connect(signal)
        self._row.addWidget(made)
        return made

    def show_bar(self, bar: BarState) -> None:
        """Show *bar*."""
        if bar == self._bar:
            return
        old, self._bar = self._bar, bar
        for place, part in enumerate(bar.parts):
            if old is None or old.parts[place] != part:
                self._show_part(place, part)
        self._pause.setVisible(bar.can_pause or not bar.can_resume)
        self._pause.setEnabled(bar.can_pause)
        set_tip(self._pause, tr("Pause all") if bar.can_pause else tr("Nothing runs."))
        self._resume.setVisible(bar.can_resume)
        self._fit()

    def _fit(self) -> None:
        """Say it in fewer words where there is no room for all, the least needed first; what runs now is cut last."""
        running = self._parts.get("running")
        if running is None or self._bar is None:
            return
        whole = {part.key: part.text for part in self._bar.parts}
        whole |= {key: made.accessibleName() for key, made in self._controls.items()}
        briefs = {part.key: part.brief for part in self._bar.parts}
        texts, wanted = dict(whole), min(_RUNNING, self._wide(running, self._now))
        for key in _LEAST_FIRST:
            if key in texts and self._room(running, texts) < wanted:
                texts[key] = briefs.get(key, "")
        for key in reversed(_LEAST_FIRST):  # the last one may have made room for others
            if key in texts and self._room(running, texts | {key: whole[key]}) >= wanted:
                texts[key] = whole[key]
        for key, made in (*self._parts.items(), *self._controls.items()):
            if made is not running:
                set_text(made, texts[key])
        room = max(_INSIDE, self._room(running, texts) - _INSIDE)
        set_text(running, running.fontMetrics().elidedText(self._now, Qt.TextElideMode.ElideRight, room))

    def _room(self, running: QPushButton, texts: dict[str, str]) -> int:
        """Return how wide what runs now may be beside the others with *texts*."""
        others = {**self._parts, **self._controls}
        shown = [(made, texts[key]) for key, made in others.items() if made is not running and not made.isHidden()]
        gaps = self._row.spacing() * (len(shown) + 2) + 20
        return self.width() - sum(self._wide(made, text) for made, text in shown) - gaps

    @staticmethod
    def _wide(made: QPushButton, text: str) -> int:
        return made.fontMetrics().horizontalAdvance(text) + _INSIDE

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def say(self, text: str) -> None:
        """Say one thing, such as that the program ends."""
        for key, target in self._parts.items():
            target.setVisible(key == "running")
            if key == "running":
                set_text(target, text)

    def _show_part(self, place: int, part: Part) -> None:
        target = self._parts.get(part.key)
        if target is None:
            target = button(part.text, "status")
            target.clicked.connect(lambda: self.went.emit(*self._targets[part.key]))
            self._parts[part.key] = target
            self._row.insertWidget(place + (1 if place > _RUNS_AT else 0), target)
            if place == _RUNS_AT:
                self._row.insertStretch(place + 1, 1)
        self._targets[part.key] = (part.screen, part.focus)
        if part.key == "running":
            self._now = part.text
        target.setVisible(part.is_shown)
        target.setAccessibleName(part.text)
        set_picture(target, part.icon, part.tone or "muted", _STATUS_ICON)
        set_property(target, "tone", part.tone)
        set_tip(target, part.hint or part.text)
        target.setAccessibleDescription(part.hint)
