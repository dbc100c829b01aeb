"""Cards in as many columns as fit; arrows move between them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget
from typing_extensions import override

from tsh_sync_gui.ui.state.cards import CardState
from tsh_sync_gui.ui.widgets.card import EntityCard

_NARROWEST, _GAP = 276, 12
_STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class CardGrid(QWidget):
    """The cards in dependency order; *current* is the entity last in focus."""

    wished = Signal(str, str)
    opened = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("cards")
        self._cards: dict[str, EntityCard] = {}
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(_GAP)
        self._columns = 0
        self.current = ""
        self._due: list[CardState] = []
        self._raw: list[EntityCard] = []
        self._turn = QTimer(self)
        self._turn.timeout.connect(self._next)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_cards(self, states: Sequence[CardState]) -> None:
        """Show *states*: cards are kept, so that focus stays where it is; one card a turn, so that none waits long."""
        names = [state.entity for state in states]
        if list(self._cards) != names:
            self._remake(states)
        self._due = [state for state in states if self._cards[state.entity].state != state]
        self._next()

    def _next(self) -> None:
        """Bring one card up to date, or make one ready that is; and come back while there is more."""
        if self._due:
            state = self._due.pop(0)
            self._cards[state.entity].show_state(state)
        elif self._raw:
            self._raw.pop().make_ready()
        if self._due or self._raw:
            self._turn.start(0)
        else:
            self._turn.stop()

    def _remake(self, states: Sequence[CardState]) -> None:
        for card in self._cards.values():
            self._grid.removeWidget(card)
            card.deleteLater()
        self._cards = {}
        self._due, self._raw = [], []
        for state in states:
            card = EntityCard(state)
            card.setMinimumWidth(_NARROWEST)
            card.wished.connect(self.wished)
            card.opened.connect(self.opened)
            card.focused.connect(self._focused)
            self._cards[state.entity] = card
            self._raw.append(card)
        if self.current not in self._cards:
            self.current = next(iter(self._cards), "")
        self._columns = 0
        self._place(self.width())

    def card(self, entity: str) -> EntityCard | None:
        """Return the card of *entity*."""
        return self._cards.get(entity)

    def focus_card(self, entity: str = "") -> None:
        """Put the focus on *entity*'s card, or on the last one or the first."""
        card = self._cards.get(entity or self.current) or next(iter(self._cards.values()), None)
        if card is not None:
            card.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def columns(self) -> int:
        """Return into how many columns the cards are laid."""
        return self._columns

    def columns_in(self, width: int) -> int:
        """Return into how many columns the cards are laid where they have *width*."""
        fitting = max(1, (width + _GAP) // (_NARROWEST + _GAP))
        return max(1, min(fitting, 4, len(self._cards) or 1))

    def _focused(self, entity: str) -> None:
        self.current = entity

    def _place(self, width: int) -> None:
        columns = self.columns_in(width)
        if columns == self._columns:
            return
        for place, card in enumerate(self._cards.values()):
            self._grid.addWidget(card, place // columns, place % columns)
        for column in range(max(columns, self._columns)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._columns = columns
        self.updateGeometry()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place(event.size().width())

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(_NARROWEST, super().minimumSizeHint().height())

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = dict(_STEPS) | {Qt.Key.Key_Up: -self._columns, Qt.Key.Key_Down: self._columns}
        if self.layoutDirection() is Qt.LayoutDirection.RightToLeft:
            steps |= {Qt.Key.Key_Left: 1, Qt.Key.Key_Right: -1}
        step = steps.get(Qt.Key(event.key()))
        names = list(self._cards)
        if step is None or self.current not in names:
            super().keyPressEvent(event)
            return
        target = names.index(self.current) + step
        if 0 <= target < len(names):
            self._cards[names[target]].setFocus(Qt.FocusReason.TabFocusReason)
