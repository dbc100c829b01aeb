"""Groups, letters, and what is opened of them beside; or why there is nothing to show."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from tsh_sync_gui.engine.letters.values import Letter, LetterGroup, LetterPage
from tsh_sync_gui.ui.panels.dead_letters_detail import LetterDetailPane
from tsh_sync_gui.ui.panels.dead_letters_head import GroupPane
from tsh_sync_gui.ui.panels.listed import ListPages
from tsh_sync_gui.ui.state.dead_letters_rows import GroupRow, LetterRow, group_columns
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, set_glyph, set_text
from tsh_sync_gui.ui.widgets.letter_table import LetterTable
from tsh_sync_gui.ui.widgets.table import DataTable

_LEAST: Final = (320, 416)


class LetterLists(ListPages):
    """*group_opened* carries a group whose letters are wanted."""

    group_opened = Signal(object)

    def __init__(
        self, parent: QWidget, now: Callable[[], datetime], zone: Callable[[], str], settings: QSettings | None
    ) -> None:
        super().__init__(parent, reading=tr("Reading the dead letters…"))
        self._now = now
        self.can_retry = True
        self.are_discarded = False
        self._left = QStackedWidget(self._list_box)
        self.groups: DataTable[GroupRow] = DataTable(
            group_columns(now), tr("Groups of dead letters"), empty="", settings=settings
        )
        self.groups.sort_by("count", descending=True)
        self.groups.view.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.letters = LetterTable(now, zone, settings)
        self.group_pane = GroupPane()
        self.detail_pane = LetterDetailPane(self.beside, now, zone, settings)
        self.empty = EmptyPage()
        self._left.addWidget(self.groups)
        self._left.addWidget(self.letters)
        self._fill(self._left, self.group_pane, self.detail_pane, empty=self.empty, least=_LEAST)
        self.empty.clear.clicked.connect(self.clear)
        self.groups.opened.connect(self._open_group)
        self.groups.view.selectionModel().currentRowChanged.connect(lambda _now, _before: self.show_group())

    @property
    def group(self) -> LetterGroup | None:
        """Return the group in focus."""
        row = self.groups.current_row()
        return row.group if row is not None else None

    def _open_group(self) -> None:
        if self.group is not None:
            self.group_opened.emit(self.group)

    def row_of(self, letter: Letter) -> LetterRow:
        """Return *letter* as a row."""
        return LetterRow(letter, self.title_of(letter.entity))

    def show_groups(self, groups: tuple[LetterGroup, ...]) -> None:
        """Bring the groups to the front; the one in focus stays in focus."""
        had = self.group is not None
        self.groups.set_rows([GroupRow(one, self.title_of(one.entity)) for one in groups])
        self._left.setCurrentWidget(self.groups)
        self.setCurrentWidget(self._split)
        if not had and groups:
            self.groups.view.selectRow(0)
            self.groups.view.setCurrentIndex(self.groups.filtered.index(0, 0))
        self.show_group()

    def show_group(self) -> None:
        """Show the group in focus beside the groups."""
        if self._left.currentWidget() is not self.groups:
            return
        group = self.group
        if group is None:
            self.beside.setCurrentWidget(self._nothing)
        else:
            self.group_pane.show_group(group, self.title_of(group.entity), self._now())
            self.group_pane.show_open(is_open=self.can_retry, is_discarded=self.are_discarded)
            self.beside.setCurrentWidget(self.group_pane)

    def show_page(self, page: LetterPage, *, is_other: bool) -> None:
        """Bring the letters to the front."""
        rows = [self.row_of(one) for one in page.letters]
        if is_other:
            self.letters.restart(rows, total=page.total, after=page.after)
            self.detail_pane.clear()
        else:
            self.letters.renew(rows, total=page.total, after=page.after)
        self._left.setCurrentWidget(self.letters)
        self.setCurrentWidget(self._split)
        self._show_beside()

    def _show_beside(self) -> None:
        self.beside.setCurrentWidget(self.detail_pane if self.detail_pane.detail is not None else self._nothing)

    def open_detail(self) -> None:
        """Bring the letter that was opened to the front."""
        if self._left.currentWidget() is self.letters:
            self.beside.setCurrentWidget(self.detail_pane)

    def show_empty(self, title: str, words: str, *, can_clear: bool) -> None:
        """Say why there is nothing."""
        self.empty.show_words(title, words, can_clear=can_clear)
        self.setCurrentWidget(self.empty)

    @property
    def in_groups(self) -> bool:
        """Tell whether the groups are in front."""
        return self._left.currentWidget() is self.groups

    def focus_list(self) -> None:
        """Go to the list in front."""
        view = self.groups.view if self.in_groups else self.letters.view
        view.setFocus(Qt.FocusReason.OtherFocusReason)

    def step(self, by: int) -> None:
        """Go to the next or the previous line."""
        if not self.in_groups:
            self.letters.step(by)
            return
        view, model = self.groups.view, self.groups.filtered
        index = view.currentIndex()
        place = max(0, min((index.row() if index.isValid() else -by) + by, model.rowCount() - 1))
        if model.rowCount():
            view.selectRow(place)
            view.setCurrentIndex(model.index(place, 0))


class EmptyPage(QWidget):
    """Why a list is empty, in its middle."""

    def __init__(self) -> None:
        super().__init__()
        self._title = label("", "title")
        self._words = label("", "muted", wrap=True)
        self.clear: QPushButton = button(tr("Show all"), "", icon_name="reset")
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(2)
        self._icon = glyph("check", "green", side=28)
        column.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignHCenter)
        for one in (self._title, self._words):
            one.setAlignment(Qt.AlignmentFlag.AlignCenter)
            column.addWidget(one)
        column.addWidget(self.clear, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)

    def show_words(self, title: str, words: str, *, can_clear: bool) -> None:
        """Show other words."""
        set_text(self._title, title)
        set_text(self._words, words)
        set_glyph(self._icon, *(("search", "muted") if can_clear else ("check", "green")))
        self.clear.setVisible(can_clear)

    @property
    def words(self) -> str:
        """Return what stands there."""
        return f"{self._title.text()}. {self._words.text()}"
