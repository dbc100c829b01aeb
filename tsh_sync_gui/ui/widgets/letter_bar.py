"""What stands above the dead letters: how things stand, the search, its narrowings, and what is done with all."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from tsh_sync_gui.engine.letters.values import LetterFigures, LetterGroup
from tsh_sync_gui.ui.state.dead_letters import Chip, Filter, SearchFault, Shown, can_retry, chip_word, lead, shown_word
from tsh_sync_gui.ui.state.dead_letters_rows import brief
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, label, set_text, set_tip, tool
from tsh_sync_gui.ui.widgets.letter_search import LetterSearch


class LetterBar(QWidget):
    """*filtered* says that another list is wanted, *switched* carries whether groups are."""

    filtered = Signal()
    switched = Signal(bool)

    def __init__(self) -> None:
        super().__init__()
        self.filter = Filter()
        self._lead = ElidedLabel("", "muted")
        self.retry = button("", "primary", icon_name="refresh")
        self.more = tool("more", tr("More to do with what is listed or marked"))
        self.past = tool("history", tr("Past retries"))
        self.export = tool("import", tr("Export all that match (Ctrl+E)"))
        self.groups = button(tr("Groups"), "flat")
        self.items = button(tr("Records"), "flat")
        self.search = LetterSearch()
        self.state = QComboBox()
        self.chips: dict[Chip, QPushButton] = {}
        self.crumb = button("", "chip", icon_name="close")
        self.crumb.setCheckable(True)
        self._fault = label("", "small", wrap=True)
        self._build()
        self._connect()

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(label(tr("Dead letters"), "heading"))
        words.addWidget(self._lead)
        head = QHBoxLayout()
        head.setSpacing(6)
        head.addLayout(words, 1)
        for one in (self.retry, self.more, self.past, self.export):
            head.addWidget(one)
        ways = QButtonGroup(self)
        for one in (self.groups, self.items):
            one.setCheckable(True)
            ways.addButton(one)
        self.groups.setChecked(True)
        set_tip(self.groups, tr("One line for each cause (G)"))
        set_tip(self.items, tr("One line for each record (G)"))
        self.state.setAccessibleName(tr("State"))
        for shown in Shown:
            self.state.addItem(shown_word(shown), shown.value)
        field = QHBoxLayout()
        field.setSpacing(6)
        field.addWidget(self.groups)
        field.addWidget(self.items)
        field.addWidget(self.search, 1)
        field.addWidget(self.state)
        narrow = QHBoxLayout()
        narrow.setSpacing(6)
        for chip in Chip:
            made = button(chip_word(chip, None), "chip")
            made.setCheckable(True)
            self.chips[chip] = made
            narrow.addWidget(made)
        narrow.addWidget(self.crumb)
        narrow.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(head)
        column.addLayout(field)
        column.addWidget(self._fault)
        column.addLayout(narrow)
        self._fault.setProperty("tone", "red")
        self._fault.hide()
        self.crumb.hide()

    def _connect(self) -> None:
        self.search.searched.connect(lambda text: self.use(replace(self.filter, text=text)))
        self.state.activated.connect(lambda _: self.use(replace(self._typed(), shown=Shown(self.state.currentData()))))
        for chip, made in self.chips.items():
            made.clicked.connect(lambda on, chip=chip: self.use(self._typed().turned(chip, on=on)))
        self.crumb.clicked.connect(lambda: self.use(replace(self._typed(), group=None)))
        self.groups.clicked.connect(lambda: self.switched.emit(True))
        self.items.clicked.connect(lambda: self.switched.emit(False))

    def _typed(self) -> Filter:
        """Return the filter with what stands in the field, also where it was not searched for yet."""
        return replace(self.filter, text=self.search.text())

    def use(self, wanted: Filter) -> None:
        """Look for something else, wherever that was said."""
        if wanted == self.filter:
            return
        self.filter = wanted
        self._show_filter()
        self.filtered.emit()

    def open_group(self, group: LetterGroup | None) -> None:
        """Keep to one group without asking for its list: who switches the lists does that."""
        self.filter = replace(self.filter, group=group)
        self._show_filter()

    def _show_filter(self) -> None:
        wanted = self.filter
        if self.search.text() != wanted.text:
            self.search.use_text(wanted.text)
        self.state.setCurrentIndex(list(Shown).index(wanted.shown))
        for chip, made in self.chips.items():
            made.setChecked(chip in wanted.chips)
        self.crumb.setVisible(wanted.group is not None)
        self.crumb.setChecked(True)
        if wanted.group is not None:
            title = brief(wanted.group.title)
            set_text(self.crumb, title if len(title) <= 48 else f"{title[:47]}…")
            set_tip(self.crumb, tr("Only this cause: {cause}. Click to see all again.").format(cause=title))

    def show_way(self, *, in_groups: bool) -> None:
        """Show which of the lists is in front."""
        self.groups.setChecked(in_groups)
        self.items.setChecked(not in_groups)

    def show_figures(self, figures: LetterFigures | None, now: datetime) -> None:
        """Show how things stand."""
        words = lead(figures, now)
        self._lead.setText(words)
        set_tip(self._lead, words)
        for chip, made in self.chips.items():
            set_text(made, chip_word(chip, figures))

    def show_fault(self, fault: SearchFault | None) -> None:
        """Show what cannot be understood of the search."""
        self.search.show_fault(fault)
        set_text(self._fault, f"{fault.title}. {fault.advice}" if fault else "")
        self._fault.setVisible(fault is not None)
        for one in (self.retry, self.more, self.export):
            one.setEnabled(fault is None)

    @property
    def fault(self) -> str:
        """Return what is said to be wrong with the search."""
        return self._fault.text()

    def show_offer(self, marked: int, matching: int, *, now: datetime) -> None:
        """Show what the button would try: what is marked, else all that match."""
        if marked:
            set_text(self.retry, tr("Retry %Ln chosen…", None, marked))
        else:
            set_text(self.retry, tr("Retry all %Ln that match…", None, matching))
        self.retry.setVisible(bool(marked or matching) and can_retry(self.filter, now))
        is_understood = self._fault.isHidden()
        self.retry.setEnabled(is_understood)
        self.more.setEnabled(is_understood and bool(marked or matching))
        self.export.setEnabled(is_understood and matching > 0)
