"""What the inspector lists: asks for what is searched for, and shows what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, Qt, Signal

from tsh_sync_gui.core.table_files import Exported, write_table
from tsh_sync_gui.engine.letters.search import SearchError
from tsh_sync_gui.engine.letters.values import LetterFigures, LetterGroup, LetterPage
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.panels.dead_letters_acts import LetterActs
from tsh_sync_gui.ui.panels.dead_letters_feed import LetterFeed, Reading, Wanted
from tsh_sync_gui.ui.panels.dead_letters_lists import LetterLists
from tsh_sync_gui.ui.panels.dead_letters_opened import OpenedLetter
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.columns import MARK
from tsh_sync_gui.ui.state.dead_letters import Filter, Marks, Shown, can_retry, empty_words, fault_from, fault_of
from tsh_sync_gui.ui.state.dead_letters_rows import LetterRow
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.letter_bar import LetterBar

_PAGE: Final = 5_000


class LetterListing(QObject):
    """Leads what the *bar* says to the *feed*, and what the feed brings to the *lists*.

    *told* carries words for the person, *figures_read* how things stand.
    """

    told = Signal(object)
    figures_read = Signal(object)

    def __init__(
        self,
        session: Session,
        *,
        bar: LetterBar,
        lists: LetterLists,
        feed: LetterFeed,
        acts: LetterActs,
        opened: OpenedLetter,
    ) -> None:
        super().__init__(lists)
        self._session = session
        self._bar = bar
        self._lists = lists
        self._feed = feed
        self._acts = acts
        self._opened = opened
        self.figures: LetterFigures | None = None
        self.in_groups = True
        self.is_fresh = False
        self._connect()

    def _connect(self) -> None:
        bar, lists, feed = self._bar, self._lists, self._feed
        bar.filtered.connect(self.ask)
        bar.switched.connect(lambda in_groups: self.switch(in_groups=in_groups))
        lists.group_opened.connect(self.open_group)
        lists.again.connect(self.ask)
        lists.clear.connect(lambda: bar.use(Filter()))
        lists.letters.more.connect(lambda: feed.more(lists.letters.model.after))
        lists.letters.sorted.connect(lambda _order, _down: self.ask())
        lists.letters.model.marked.connect(self._show_offer)
        feed.read.connect(self._take)
        feed.paged.connect(self._append)
        feed.counted.connect(self._count)
        feed.failed.connect(self._fail)

    # Asking

    def restart(self) -> None:
        """Show nothing until something is read: another service is open, or none."""
        self.is_fresh = False
        self._lists.show_reading()

    def ask(self) -> None:
        """Read another list: of what is searched for now."""
        fault = fault_of(self._bar.filter.text, self._session.now)
        self._bar.show_fault(fault)
        if fault is not None:
            return
        self.is_fresh = True
        letters = self._lists.letters
        self.unmark()
        self._feed.ask(
            Wanted(
                query=self._bar.filter.query,
                in_groups=self.in_groups,
                order=letters.order,
                is_descending=letters.is_descending,
            )
        )

    def switch(self, *, in_groups: bool) -> None:
        """Bring the groups or the letters to the front."""
        self._turn(in_groups=in_groups)
        self._bar.open_group(None)
        self.ask()

    def open_group(self, group: LetterGroup | None) -> None:
        """Show the letters of a group."""
        if group is not None:
            self._turn(in_groups=False)
            self._bar.open_group(group)
            self.ask()
            self._lists.letters.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def search(self, text: str) -> None:
        """Show the letters of a run or a record, whatever became of them."""
        self._turn(in_groups=False)
        self._bar.use(Filter(text=text, shown=Shown.ALL))

    def _turn(self, *, in_groups: bool) -> None:
        self.in_groups = in_groups
        self._bar.show_way(in_groups=in_groups)

    def unmark(self) -> None:
        """Mark none."""
        self._lists.letters.model.use_marks(Marks())

    def step_back(self) -> bool:
        """Take back the narrowest of marks, group and search; False when there is none."""
        if self._acts.marked:
            self.unmark()
        elif self._bar.filter.group is not None:
            self.switch(in_groups=True)
        elif self._bar.filter != Filter() or self._bar.search.text():
            self._bar.search.clear()
            self._bar.use(Filter())
        else:
            return False
        return True

    # Showing

    def _take(self, reading: Reading, is_other: bool) -> None:
        bar, lists = self._bar, self._lists
        overview = self._session.state.overview
        self._acts.as_of = reading.figures.as_of
        lists.titles = {one.entity: one.title for one in overview.entities} if overview else {}
        lists.can_retry = can_retry(bar.filter, self._session.now)
        lists.are_discarded = bar.filter.shown is Shown.DISCARDED
        if reading.wanted.in_groups:
            lists.show_groups(reading.groups)
        elif reading.page is not None:
            self._take_page(reading.page, is_other=is_other)
        self._show_offer()
        if not self._acts.matching and (is_other or lists.detail_pane.detail is None or self.in_groups):
            title, words = empty_words(bar.filter, self.figures, self._session.now)
            lists.show_empty(title, words, can_clear=bar.filter != Filter())

    def writing(self) -> Callable[[Path], Coroutine[Any, Any, Exported]]:
        """Return what writes all letters that match to a file, in the columns and the order of the list."""
        service, letters = self._acts.service, self._lists.letters
        query, order, is_down = self._bar.filter.query, letters.order, letters.is_descending
        columns = [one for one in letters.shown_columns() if one.key != MARK]

        async def write(path: Path) -> Exported:
            rows: list[LetterRow] = []
            after = ""
            while service is not None:
                page = await service.page(query, order=order, is_descending=is_down, after=after, limit=_PAGE)
                rows += [self._lists.row_of(one) for one in page.letters]
                after = page.after
                if not after:
                    break
            return await asyncio.to_thread(write_table, path, columns, rows, name=tr("Dead letters"))

        return write

    def _take_page(self, page: LetterPage, *, is_other: bool) -> None:
        letters = self._lists.letters
        self._lists.show_page(page, is_other=is_other)
        self._feed.hold(len(letters.model.rows))
        if is_other and page.letters:
            letters.step(0)
        elif not is_other:
            self._opened.read_again()

    def _append(self, page: LetterPage) -> None:
        letters = self._lists.letters
        letters.append([self._lists.row_of(one) for one in page.letters], total=page.total, after=page.after)
        self._feed.hold(len(letters.model.rows))

    def _count(self, figures: LetterFigures) -> None:
        self.figures = figures
        self._bar.show_figures(figures, self._session.now)
        self.figures_read.emit(figures)

    def _fail(self, error: BaseException, is_shown: bool) -> None:
        self._lists.letters.failed()
        if isinstance(error, SearchError):
            self._bar.show_fault(fault_from(error))
        elif is_shown and self._lists.is_shown:
            self.told.emit(problem_from(error))
        else:
            self._lists.show_error(problem_from(error))

    def _show_offer(self) -> None:
        self._bar.show_offer(self._acts.marked, self._acts.matching, now=self._session.now)
