"""Sync: run and watch syncs, entity by entity, and what ran before."""

from __future__ import annotations

import time

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.core.values import EntityState
from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.cards import CardState
from tsh_sync_gui.ui.state.history import RunRow, history_columns, run_rows
from tsh_sync_gui.ui.state.offers import Do
from tsh_sync_gui.ui.state.prices import cost_sentence, price, priced
from tsh_sync_gui.ui.state.summary import everything_reason, headline
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, glyph, label, set_text, set_tip, tool
from tsh_sync_gui.ui.widgets.grid import CardGrid
from tsh_sync_gui.ui.widgets.table import DataTable
from tsh_sync_gui.ui.wishes import Wishes

_HISTORY_HEIGHT = 330
_HISTORY_SECONDS = 1.0
_PAST_MS = 30  # after cards and status bar: each is painted alone
_ARROWS = {Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Up, Qt.Key.Key_Down}


class SyncPanel(Panel):
    """Cards above, run history below; *opened* carries a run to open at the side."""

    key = "sync"
    icon_name = "sync"
    opened = Signal(str)

    def __init__(self, session: Session, wishes: Wishes, kept: QSettings | None) -> None:
        super().__init__()
        self._session = session
        self._wishes = wishes
        self._headline = ElidedLabel("", "muted")
        self.everything = button(tr("Sync everything"), "primary", icon_name="sync")
        self._more = tool("chevron-down", tr("More ways to sync everything"))
        self._menu = QMenu(self)
        self._history_at = 0.0
        self._past_turn = QTimer(self)
        self._past_turn.setSingleShot(True)
        self._past_turn.timeout.connect(self.show_history)
        self._offered: tuple[object, ...] = ()
        self._empty = _EmptyNote()
        self.grid = CardGrid()
        self.history: DataTable[RunRow] = DataTable(
            history_columns(lambda: session.now),
            tr("Run history"),
            empty=tr("Reading…"),
            settings=kept,
        )
        self.history.sort_by("when", descending=True)
        self.search = QLineEdit()
        self._scroll = QScrollArea()
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()
        self._connect()

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Sync")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (
            (tr("Arrows"), tr("move between the cards")),
            ("Ctrl+R", tr("sync the card in focus")),
            ("Ctrl+Shift+R", tr("preview: the same checks, nothing is written")),
            (tr("Space"), tr("pause or resume")),
            ("Ctrl+.", tr("cancel within one page")),
            ("H", tr("history of the card in focus")),
            ("Enter", tr("open the last run")),
            ("Ctrl+F", tr("filter row of the history")),
        )

    def _build(self) -> None:
        inside = QWidget()
        inside.setObjectName("scrolled")
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(12)
        column.addLayout(self._head())
        column.addWidget(self._empty)
        column.addWidget(self.grid)
        column.addSpacing(6)
        column.addWidget(self._past(), 1)
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(self._scroll)

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(self.title, "heading"))
        words.addWidget(self._headline)
        row.addLayout(words, 1)
        row.addWidget(self.everything)
        row.addWidget(self._more)
        self._full = QAction(icon("full"), tr("Full sync of everything"), self._menu)
        self._full.triggered.connect(lambda: self._wishes.everything(full=True))
        self._preview = QAction(icon("preview"), tr("Preview everything"), self._menu)
        self._preview.triggered.connect(lambda: self._wishes.everything(dry_run=True))
        self._menu.addActions([self._full, self._preview])
        return row

    def _past(self) -> QFrame:
        box = QFrame()
        box.setObjectName("panelbox")
        box.setMinimumHeight(_HISTORY_HEIGHT)
        column = QVBoxLayout(box)
        column.setContentsMargins(1, 10, 1, 1)
        column.setSpacing(8)
        row = QHBoxLayout()
        row.setContentsMargins(14, 0, 12, 0)
        row.addWidget(glyph("history"))
        row.addWidget(label(tr("Run history"), "title"))
        row.addStretch(1)
        self.search.setPlaceholderText(tr("Search runs"))
        self.search.setAccessibleName(tr("Search runs"))
        self.search.setClearButtonEnabled(True)
        self.search.setMaximumWidth(240)
        row.addWidget(self.search)
        column.addLayout(row)
        column.addWidget(self.history, 1)
        return box

    def _connect(self) -> None:
        self.everything.clicked.connect(self.sync_everything)
        self._more.clicked.connect(lambda: self._menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft())))
        self._empty.run.clicked.connect(lambda: self._wishes.everything(full=True))
        self._empty.preview.clicked.connect(lambda: self._wishes.everything(full=True, dry_run=True))
        self.grid.wished.connect(self._wishes.fulfil)
        self.grid.opened.connect(self._open_last)
        self.search.textChanged.connect(self.history.search)
        self.search.setText(self.history.filtered.searched)
        self.history.views.searched.connect(self.search.setText)
        self.history.opened.connect(self._open_chosen)
        self.history.view.clicked.connect(self._open_chosen)
        self._session.changed.connect(self.show_state)
        self._session.history_changed.connect(lambda: self._past_turn.start(_PAST_MS))

    @override
    def yields(self, width: int) -> bool:
        return self.grid.columns_in(width - (self.width() - self.grid.width())) == self.grid.columns

    def sync_everything(self) -> None:
        """Sync all entities in dependency order."""
        self._wishes.everything()

    def show_state(self) -> None:
        """Show the session's state."""
        cards = self._session.cards
        self.grid.show_cards(cards)
        set_text(self._headline, headline(cards))
        self._show_offer(cards)
        moment = time.monotonic()
        if moment - self._history_at >= _HISTORY_SECONDS:
            self._history_at = moment
            if self._session.state.runs:
                self._past_turn.start(_PAST_MS)

    def _show_offer(self, cards: tuple[CardState, ...]) -> None:
        """Show what everything costs; only where that, the cards' order or what is asked for has changed."""
        reason = everything_reason(self._session.state, cards)
        shown = (self._session.prices, reason, tuple(card.state for card in cards))
        if shown == self._offered:
            return
        self._offered = shown
        cost = self._session.prices.all_changes
        set_text(self.everything, priced(tr("Sync everything"), cost))
        self._full.setText(priced(tr("Full sync of everything"), self._session.prices.all_full))
        order = " → ".join(card.title for card in cards)
        set_tip(self.everything, reason or "\n".join(part for part in (order, cost_sentence(cost)) if part))
        for one in (self.everything, self._full, self._preview):
            one.setEnabled(not reason)
        self._empty.show_cards(cards, price(self._session.prices.full.get(cards[0].entity)) if cards else "")

    def show_history(self) -> None:
        """Show the runs, those that go on with their live figures."""
        overview = self._session.state.overview
        entities = overview.entities if overview else ()
        titles = {one.entity: one.title for one in entities}
        zone = overview.time_zone if overview else ""
        if overview is not None:
            empty = tr("No runs yet. Each sync adds a line here: who started it, what it changed, what it cost.")
            self.history.say_empty(empty)
        self.history.set_rows(run_rows(self._session.runs, self._session.state.runs, titles, zone))

    def _open_chosen(self) -> None:
        row = self.history.current_row()
        if row is not None:
            self.opened.emit(row.info.id)

    def _open_last(self, entity: str) -> None:
        card = self.grid.card(entity)
        run = card.state.run if card and card.state else None
        if run is not None:
            self.opened.emit(run.id)

    def act(self, *choices: Do) -> None:
        """Do the first possible of *choices* for the card in focus."""
        card = self.grid.card(self.grid.current)
        if card is not None:
            card.perform(*choices)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        card = self.grid.card(self.grid.current)
        if card is None or not card.hasFocus():
            if self.hasFocus() and event.key() in _ARROWS:
                self.grid.focus_card()
            else:
                super().keyPressEvent(event)
            return
        match event.key():
            case Qt.Key.Key_Space:
                card.perform(Do.RESUME, Do.PAUSE)
            case Qt.Key.Key_H:
                self.show_history_of(card.entity)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._open_last(card.entity)
            case _:
                super().keyPressEvent(event)

    def show_history_of(self, entity: str) -> None:
        """Go to the runs of one entity."""
        card = self.grid.card(entity)
        if card is not None and card.state is not None:
            self.history.set_filter("entity", card.state.title)
        self._to_history()

    def _to_history(self) -> None:
        self._scroll.ensureWidgetVisible(self.history, 0, 0)
        self.history.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @override
    def open_at(self, focus: str) -> None:
        if focus == "failed":
            self.history.set_filter("failed", ">0")
            self._to_history()
        elif self.grid.card(focus) is not None:
            self.grid.focus_card(focus)
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    @override
    def table(self) -> DataTable[RunRow]:
        return self.history

    @override
    def filter_row(self) -> None:
        self._scroll.ensureWidgetVisible(self.history, 0, 0)
        self.history.focus_filter()

    @override
    def escape(self) -> bool:
        if self.search.text():
            self.search.clear()
            return True
        return self.history.clear_filters()


class _EmptyNote(QFrame):
    """Stands above the cards until something was synced."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panelbox")
        self._text = label("", "muted", wrap=True)
        self.preview = button(tr("Preview"), "", icon_name="preview")
        self.run = button(tr("Run"), "primary", icon_name="play")
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 14, 14, 14)
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(tr("Nothing synced yet"), "title"))
        words.addWidget(self._text)
        row.addLayout(words, 1)
        row.addWidget(self.preview)
        row.addWidget(self.run)
        self.hide()

    def show_cards(self, cards: tuple[CardState, ...], cost: str) -> None:
        fresh = bool(cards) and all(card.state is EntityState.NEVER_RUN for card in cards)
        self.setVisible(fresh)
        if fresh:
            text = tr("A first full sync of {entity} takes {price}.").format(entity=cards[0].title.lower(), price=cost)
            set_text(self._text, text if cost else tr("A first full sync brings everything here."))
