"""One entity: state, progress, figures, and what can be done now."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.state.cards import CardState
from tsh_sync_gui.ui.state.offers import Do, Offer
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.bar import ProgressLine
from tsh_sync_gui.ui.widgets.basics import (
    ElidedLabel,
    button,
    glyph,
    label,
    set_glyph,
    set_icon,
    set_property,
    set_text,
    set_tip,
    tool,
)
from tsh_sync_gui.ui.widgets.figures import FigureRow
from tsh_sync_gui.ui.widgets.menus import OfferMenu
from tsh_sync_gui.ui.widgets.pill import StatePill

_LEADING = 3
_AROUND_OFFERS, _GAP = 54, 6  # the card's margins and the button for more; the space between buttons


class EntityCard(QFrame):
    """Shows a CardState; *wished* carries the entity and the action a person chose."""

    wished = Signal(str, str)
    focused = Signal(str)
    opened = Signal(str)

    def __init__(self, state: CardState) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.entity = state.entity
        self._state: CardState | None = None
        self._arrow = glyph(state.direction_icon)
        self._title = label(state.title, "title")
        self._pill = StatePill(state.look)
        self._records = label("", "figure")
        self._records_note = ElidedLabel("", "caption")
        self._details = label("", "caption")
        self._bar = ProgressLine(state.title)
        self._bar_text = label("", "caption")
        self._pace = ElidedLabel("", "caption")
        self._last = label("", "caption")
        self._next = ElidedLabel("", "caption")
        self._figures = FigureRow()
        self._problem = _ProblemLine()
        self._leading = [button("", "soft") for _ in range(_LEADING)]
        self._more = tool("more", tr("More actions for {entity}").format(entity=state.title))
        self._menu = OfferMenu(self)
        self._led: tuple[Offer, ...] = ()
        self._build()
        self.show_state(state)

    def _build(self) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(14, 11, 14, 11)
        outer.setSpacing(7)
        outer.addLayout(self._row(self._arrow, self._title, None, self._pill))
        figures = self._row(self._records, self._records_note, self._details)
        figures.setStretchFactor(self._records_note, 1)
        outer.addLayout(figures)
        outer.addWidget(self._activity())
        outer.addWidget(self._figures)
        outer.addWidget(self._problem)
        outer.addStretch(1)
        outer.addLayout(self._row(*self._leading, None, self._more, spacing=_GAP))
        for one in self._leading:
            one.clicked.connect(self._lead)
        self._more.clicked.connect(self._open_menu)
        self._menu.chosen.connect(self._wish)
        self._details.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        for part in (self._pace, self._next):
            part.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)

    @staticmethod
    def _row(*parts: QWidget | None, spacing: int = 8) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(spacing)
        for part in parts:
            if part is None:
                row.addStretch(1)
            else:
                row.addWidget(part)
        return row

    def _activity(self) -> QWidget:
        """Return the part that is a bar while something runs and a quiet line otherwise; its height stays."""
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self._bar)
        texts = self._row(self._bar_text, self._pace)
        texts.setStretchFactor(self._pace, 1)
        column.addLayout(texts)
        calm = self._row(self._last, self._next)
        calm.setStretchFactor(self._next, 1)
        column.addLayout(calm)
        # By the theme's font: the card is styled only once it stands in the window.
        line = QFontMetrics(theme.font("caption")).height()
        box.setFixedHeight(self._bar.sizeHint().height() + 5 + line)
        return box

    def make_ready(self) -> None:
        """Let the theme look at the parts that are not shown yet, so that a first run does not wait for it."""
        for part in self.findChildren(QWidget):
            part.ensurePolished()

    @property
    def state(self) -> CardState | None:
        """Return what is shown."""
        return self._state

    def show_state(self, state: CardState) -> None:
        """Show *state*; only what differs is touched."""
        old, self._state = self._state, state
        if old == state:
            return
        self._show_words(old, state)
        if old is None or (old.counts, old.counts_title) != (state.counts, state.counts_title):
            self._figures.show_figures(state.counts, state.counts_title)
        if old is None or _activity_of(old) != _activity_of(state):
            self._show_activity(state)
        if old is None or (old.problem, old.look) != (state.problem, state.look):
            self._problem.show_problem(state)
        if old is None or old.spoken != state.spoken:
            self.setAccessibleName(state.spoken)
        if old is None or old.direction_icon != state.direction_icon:
            set_glyph(self._arrow, state.direction_icon)
            set_tip(self._arrow, state.direction)
        if old is None or old.offers != state.offers:
            self._show_offers(state.offers)

    def _show_words(self, old: CardState | None, state: CardState) -> None:
        """Show what differs; while the engine works, each call into Qt that can be spared is felt."""
        if old is None or (old.look, old.note) != (state.look, state.note):
            self._pill.show_look(state.look)
            set_tip(self._pill, state.note)
        if old is None or old.records_spoken != state.records_spoken:
            self._records.setText(state.records)
            set_text(self._records_note, state.records_note)
            set_tip(self._records, state.records_spoken)
            set_tip(self._records_note, state.records_spoken)
        if old is None or old.details != state.details:
            self._details.setText(state.details)
        if old is None or old.title != state.title:
            self._title.setText(state.title)

    def _show_activity(self, state: CardState) -> None:
        bar = state.bar
        if self._bar.isHidden() is (bar is not None) or self._last.isHidden() is (bar is None):
            for part in (self._bar, self._bar_text, self._pace):
                part.setVisible(bar is not None)
            for part in (self._last, self._next):
                part.setVisible(bar is None)
        if bar is None:
            set_text(self._last, state.last_good)
            set_text(self._next, state.next)
            set_tip(self._last, state.last_good_exact)
            return
        self._bar.show_share(bar.share, bar.text, calm=bar.calm)
        set_text(self._bar_text, bar.text)
        set_text(self._pace, bar.pace)
        set_tip(self._pace, state.note)
        set_tip(self._bar, state.note)

    def _show_offers(self, offers: tuple[Offer, ...]) -> None:
        leading = [offer for offer in offers if offer.leads][:_LEADING] or list(offers[:1])
        several = len(leading) > 1
        for place, target in enumerate(self._leading):
            offer = leading[place] if place < len(leading) else None
            target.setVisible(offer is not None)
            if offer is not None:
                self._show_offer(target, offer, several=several)
        self._led = tuple(leading)
        self._fit_offers()
        self._menu.show_offers(offers)

    def _fit_offers(self) -> None:
        """Leave the price to the tooltip where the card has no room for it: a cut price would be a wrong one."""
        led = list(zip(self._leading, self._led, strict=False))
        room = self.width() - _AROUND_OFFERS - _GAP * len(led)
        for target, offer in led:
            set_text(target, offer.label)
        for target, offer in reversed(led):
            if sum(one.sizeHint().width() for one, _ in led) > room:
                set_text(target, offer.text)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self._fit_offers()

    @staticmethod
    def _show_offer(target: QPushButton, offer: Offer, *, several: bool) -> None:
        kind = {Do.REVIEW: "danger", Do.TAKE_OVER: "danger"}.get(offer.do, "" if several else "soft")
        set_property(target, "kind", kind)
        set_property(target, "do", offer.do.value)
        set_icon(target, offer.icon, kind)
        target.setEnabled(offer.is_enabled)
        set_tip(target, offer.reason or offer.hint or offer.price)
        target.setAccessibleDescription(offer.reason or offer.hint)

    def _lead(self) -> None:
        sender = self.sender()
        if isinstance(sender, QPushButton):
            self._wish(str(sender.property("do")))

    def _wish(self, do: str) -> None:
        self.wished.emit(self.entity, do)

    def _open_menu(self) -> None:
        self._menu.popup(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def perform(self, *choices: Do) -> bool:
        """Do the first of *choices* that is offered and enabled; False when none is."""
        offered = {offer.do for offer in (self._state.offers if self._state else ()) if offer.is_enabled}
        for choice in choices:
            if choice in offered:
                self._wish(choice.value)
                return True
        return False

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(self.entity)

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        super().mouseDoubleClickEvent(event)
        self.opened.emit(self.entity)


def _activity_of(state: CardState) -> tuple[object, ...]:
    return (state.bar, state.note, state.last_good, state.next)


class _ProblemLine(QFrame):
    """What is wrong, in two lines; the tooltip has it all, the card's button deals with it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("note")
        self._icon = glyph("failed", "red", side=14)
        self._title = label("", "strong", wrap=True)
        self._meaning = label("", "small", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 7, 10, 8)
        box.setSpacing(2)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        box.addLayout(head)
        box.addWidget(self._meaning)

    def show_problem(self, state: CardState) -> None:
        problem = state.problem
        self.setVisible(problem is not None)
        if problem is None:
            return
        tone = problem.tone or state.look.tone.value.partition("_")[0]
        tone = tone if tone in {"red", "amber", "blue"} else "grey"
        set_property(self, "tone", tone)
        set_glyph(self._icon, state.look.icon if tone != "grey" else "info", tone)
        set_text(self._title, problem.title)
        set_text(self._meaning, problem.meaning)
        self._meaning.setVisible(bool(problem.meaning))
        set_tip(self, "\n".join(part for part in (problem.title, problem.meaning, problem.doing) if part))
