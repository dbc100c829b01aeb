"""Dead letters: see why records were refused, and turn the failures into fixes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.engine.letters.search import SearchError
from tsh_sync_gui.engine.letters.values import (
    EditOutcome,
    LetterDetail,
    LetterFigures,
    LetterGroup,
    LetterPage,
)
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.letter_service import LetterService
from tsh_sync_gui.ui.panels.dead_letters_acts import LetterActs
from tsh_sync_gui.ui.panels.dead_letters_deeds import LetterDeeds
from tsh_sync_gui.ui.panels.dead_letters_editor import LetterEditor
from tsh_sync_gui.ui.panels.dead_letters_feed import Feed, Reading, Wanted
from tsh_sync_gui.ui.panels.dead_letters_lists import LetterLists
from tsh_sync_gui.ui.panels.dead_letters_opened import OpenedLetter
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.dead_letters import Filter, Marks, Shown, can_retry, empty_words, fault_from, fault_of
from tsh_sync_gui.ui.state.dead_letters_edit import edit_problem
from tsh_sync_gui.ui.state.dead_letters_rows import GroupRow
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.bulk_line import BulkLine
from tsh_sync_gui.ui.widgets.letter_bar import LetterBar
from tsh_sync_gui.ui.widgets.table import DataTable

RUN: Final = "run:"
OF_RECORD: Final = "id:"
_QUIET_MS: Final = 1500


class DeadLetterPanel(Panel):
    """Groups, letters and one letter opened; or its editor.

    *run_wanted* carries a run to open, *told* words for the person, *figures_read* how things stand, *export_wanted* a
    search to be written to a file, *table_export_wanted* a table.
    """

    key = "dead_letters"
    icon_name = "failed-records"
    run_wanted = Signal(str)
    told = Signal(object)
    figures_read = Signal(object)
    export_wanted = Signal(str)
    table_export_wanted = Signal(object)

    def __init__(self, session: Session, kept: QSettings | None) -> None:
        super().__init__()
        self._session = session
        self._kept = kept
        self._figures: LetterFigures | None = None
        self._service: LetterService | None = None
        self._in_groups = True
        self._is_fresh = False
        self._pages = QStackedWidget(self)
        self._main = QWidget(self._pages)
        self.bar = LetterBar()
        self.bulk = BulkLine()
        self.lists = LetterLists(self._main, lambda: session.now, kept)
        self.editor = LetterEditor(session.actions, lambda: session.now)
        self.feed = Feed(session.actions)
        self.deeds = LetterDeeds(self, session.actions, now=lambda: session.now, resets_at=self._resets_at)
        self.acts = LetterActs(self, session, bar=self.bar, lists=self.lists, deeds=self.deeds)
        self.opened = OpenedLetter(session, self.lists, is_busy=self.deeds.is_busy)
        self._quiet = QTimer(self)
        self._quiet.setSingleShot(True)
        self._quiet.setInterval(_QUIET_MS)
        self._quiet.timeout.connect(self.feed.count)
        self._build()
        self._connect()
        self._bind()

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Dead letters")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (
            ("J / K", tr("next and previous")),
            ("R", tr("retry what is marked, else the one in focus")),
            ("Shift+R", tr("retry the whole group")),
            ("E", tr("edit and retry")),
            ("D", tr("discard, with a reason")),
            ("N", tr("write a note")),
            ("A", tr("assign")),
            ("X", tr("mark; with Shift all from the last marked one")),
            ("G", tr("groups or records")),
            ("/", tr("search")),
            ("Enter", tr("open the group, or the letter's tabs")),
            ("Ctrl+A", tr("mark all that are read")),
            ("Ctrl+E", tr("export all that match")),
        )

    def _build(self) -> None:
        column = QVBoxLayout(self._main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addWidget(self.bar)
        column.addWidget(self.bulk)
        column.addWidget(self.lists, 1)
        self._pages.addWidget(self._main)
        self._pages.addWidget(self.editor)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(20, 14, 20, 14)
        outer.addWidget(self._pages)
        self.lists.show_reading()

    def _connect(self) -> None:
        bar, lists, feed, deeds, acts = self.bar, self.lists, self.feed, self.deeds, self.acts
        bar.filtered.connect(self._ask)
        bar.search.left.connect(lists.focus_list)
        bar.switched.connect(lambda in_groups: self.switch(in_groups=in_groups))
        bar.retry.clicked.connect(acts.retry_listed)
        bar.more.clicked.connect(lambda: acts.drop_listed(bar.more))
        bar.past.clicked.connect(acts.show_past)
        bar.export.clicked.connect(self._export_all)
        lists.group_opened.connect(self.open_group)
        lists.again.connect(self._ask)
        lists.clear.connect(lambda: bar.use(Filter()))
        self._connect_lists()
        feed.read.connect(self._take)
        feed.paged.connect(self._append)
        feed.counted.connect(self._count)
        feed.failed.connect(self._fail)
        deeds.told.connect(self._done)
        deeds.begun.connect(lambda: self.lists.letters.model.use_marks(Marks()))
        deeds.changed.connect(feed.renew)
        deeds.busy.connect(self.opened.show_busy)
        deeds.ended.connect(self._ended)
        self.opened.told.connect(self.told)
        deeds.worked.connect(lambda work: self.bulk.show_work(work, self._session.now))
        self.bulk.cancelled.connect(deeds.cancel)
        acts.edited.connect(self._begin_edit)
        acts.table_export_wanted.connect(self.table_export_wanted)
        self.editor.left.connect(self._leave_editor)
        self.editor.mended.connect(self._mended)

    def _connect_lists(self) -> None:
        letters, pane, group, acts = self.lists.letters, self.lists.detail_pane, self.lists.group_pane, self.acts
        letters.current_changed.connect(self.opened.open_letter)
        letters.opened.connect(lambda: pane.tabs.tabBar().setFocus(Qt.FocusReason.OtherFocusReason))
        letters.more.connect(lambda: self.feed.more(letters.model.after))
        letters.sorted.connect(lambda _order, _down: self._ask())
        letters.all_wanted.connect(acts.mark_all)
        letters.export_wanted.connect(self._export_all)
        letters.menu_wanted.connect(acts.drop_row)
        letters.model.marked.connect(self._show_offer)
        self.lists.groups.export_wanted.connect(lambda: self.table_export_wanted.emit(self.lists.groups))
        pane.export_wanted.connect(self.table_export_wanted)
        pane.others_wanted.connect(lambda record: self.search(f"{OF_RECORD}{record}"))
        pane.head.run_wanted.connect(self.run_wanted)
        pane.head.retry.clicked.connect(acts.retry_opened)
        pane.head.edit.clicked.connect(acts.edit)
        pane.head.discard.clicked.connect(lambda: self.deeds.discard(acts.opened()))
        pane.head.restore.clicked.connect(lambda: self.deeds.restore(acts.opened()))
        pane.head.more.clicked.connect(lambda: acts.drop_opened(pane.head.more))
        group.retry.clicked.connect(acts.retry_group)
        group.items.clicked.connect(lambda: self.open_group(self.lists.group))
        group.discard.clicked.connect(lambda: self.deeds.discard(acts.group()))
        group.more.clicked.connect(lambda: acts.drop_group(group.more))

    def _bind(self) -> None:
        acts, letters = self.acts, self.lists.letters
        deeds: dict[str, Callable[[], object]] = {
            "J": lambda: self.lists.step(1),
            "K": lambda: self.lists.step(-1),
            "R": acts.retry,
            "Shift+R": acts.retry_group,
            "E": acts.edit,
            "D": acts.discard,
            "N": acts.note,
            "A": acts.assign,
            "X": letters.mark_current,
            "Shift+X": letters.mark_current,
            "G": lambda: self.switch(in_groups=not self._in_groups),
            "/": self.filter_row,
        }
        for keys, deed in deeds.items():
            made = QShortcut(QKeySequence(keys), self._main)
            made.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            made.activated.connect(deed)

    # Reading

    def use(self, service: LetterService | None) -> None:
        """Show the letters of *service* from now on, None while none is open."""
        self._service = service
        self.feed.use(service)
        self.deeds.use(service)
        self.acts.service = self.opened.service = service
        self.opened.letter = ""
        self.bulk.hide()
        self._pages.setCurrentWidget(self._main)
        self._is_fresh = False
        self.lists.show_reading()
        if service is not None and self.isVisible():
            self._ask()
        else:
            self.feed.count()

    def news(self, works: frozenset[str] = frozenset()) -> None:
        """Read again what is shown: letters have changed, by the retries *works* or otherwise."""
        if works:
            self.deeds.follow()
        if self.isVisible() and self._is_fresh:
            self.feed.news()
        elif not self._quiet.isActive():
            self._quiet.start()

    def _ask(self) -> None:
        """Read another list: of what is searched for now."""
        fault = fault_of(self.bar.filter.text, self._session.now)
        self.bar.show_fault(fault)
        if fault is not None:
            return
        self._is_fresh = True
        letters = self.lists.letters
        letters.model.use_marks(Marks())
        self.feed.ask(
            Wanted(
                query=self.bar.filter.query,
                in_groups=self._in_groups,
                order=letters.order,
                is_descending=letters.is_descending,
            )
        )

    def _take(self, reading: Reading, is_other: bool) -> None:
        overview = self._session.state.overview
        self.lists.titles = {one.entity: one.title for one in overview.entities} if overview else {}
        self.lists.can_retry = can_retry(self.bar.filter, self._session.now)
        if reading.wanted.in_groups:
            self.lists.show_groups(reading.groups)
        elif reading.page is not None:
            self._take_page(reading.page, is_other=is_other)
        self._show_offer()
        if not self.acts.matching and (is_other or self.lists.detail_pane.detail is None or self._in_groups):
            title, words = empty_words(self.bar.filter, self._figures, self._session.now)
            self.lists.show_empty(title, words, can_clear=self.bar.filter != Filter())

    def _take_page(self, page: LetterPage, *, is_other: bool) -> None:
        letters = self.lists.letters
        self.lists.show_page(page, is_other=is_other)
        self.feed.hold(len(letters.model.rows))
        if is_other and page.letters:
            letters.step(0)
        elif not is_other:
            self.opened.read_again()

    def _append(self, page: LetterPage) -> None:
        letters = self.lists.letters
        letters.append([self.lists.row_of(one) for one in page.letters], total=page.total, after=page.after)
        self.feed.hold(len(letters.model.rows))

    def _count(self, figures: LetterFigures) -> None:
        self._figures = figures
        self.bar.show_figures(figures, self._session.now)
        self.figures_read.emit(figures)

    def _fail(self, error: BaseException, is_shown: bool) -> None:
        self.lists.letters.failed()
        if isinstance(error, SearchError):
            self.bar.show_fault(fault_from(error))
        elif is_shown and self.lists.is_shown:
            self.told.emit(problem_from(error))
        else:
            self.lists.show_error(problem_from(error))

    def _show_offer(self) -> None:
        self.bar.show_offer(self.acts.marked, self.acts.matching, now=self._session.now)

    def _ended(self, letter: str, problem: Problem) -> None:
        self.opened.show_end(letter, problem)
        self.feed.renew()

    def _done(self, problem: Problem) -> None:
        self.lists.letters.model.use_marks(Marks())
        self.told.emit(problem)

    # Groups and letters

    def switch(self, *, in_groups: bool) -> None:
        """Bring the groups or the letters to the front."""
        self._in_groups = in_groups
        self.bar.show_way(in_groups=in_groups)
        self.bar.open_group(None)
        self._ask()

    def open_group(self, group: LetterGroup | None) -> None:
        """Show the letters of a group."""
        if group is not None:
            self._in_groups = False
            self.bar.show_way(in_groups=False)
            self.bar.open_group(group)
            self._ask()
            self.lists.letters.view.setFocus(Qt.FocusReason.OtherFocusReason)

    def search(self, text: str) -> None:
        """Show the letters of a run or a record, whatever became of them."""
        self._in_groups = False
        self.bar.show_way(in_groups=False)
        self.bar.use(Filter(text=text, shown=Shown.ALL))

    # The editor

    def _begin_edit(self, detail: LetterDetail | None) -> None:
        if detail is not None and self._service is not None:
            self.editor.begin(self._service, detail, self.lists.title_of(detail.letter.entity))
            self._pages.setCurrentWidget(self.editor)

    def _leave_editor(self) -> None:
        self._pages.setCurrentWidget(self._main)
        self.lists.focus_list()
        self.feed.renew()

    def _mended(self, outcome: EditOutcome) -> None:
        self._leave_editor()
        self._ended(outcome.letter.id, edit_problem(outcome))

    # The window

    def _export_all(self) -> None:
        self.export_wanted.emit(self.bar.filter.query)

    def _resets_at(self) -> datetime | None:
        quota = self._session.state.quota
        return quota.resets_at if quota is not None else None

    @override
    def open_at(self, focus: str) -> None:
        if focus.startswith((RUN, OF_RECORD)):
            self.search(focus)
        elif not self._is_fresh:
            self._ask()
        else:
            self.feed.renew()
        if self._pages.currentWidget() is self._main:
            self.lists.focus_list()

    @override
    def leave(self) -> None:
        if self._service is not None and self._figures is not None and self._figures.new:
            self._session.actions.run(self._service.looked(), then=lambda _none: self.feed.count())

    @property
    @override
    def table(self) -> DataTable[GroupRow] | None:
        return self.lists.groups if self._in_groups else None

    @override
    def export(self) -> bool:
        if not self._in_groups and self.acts.matching:
            self._export_all()
        return not self._in_groups

    @override
    def filter_row(self) -> None:
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    @override
    def refresh(self) -> bool:
        self.feed.renew()
        return True

    @override
    def escape(self) -> bool:
        if self._pages.currentWidget() is self.editor:
            self.editor.leave()
        elif self.acts.marked:
            self.lists.letters.model.use_marks(Marks())
        elif self.bar.filter.group is not None:
            self.switch(in_groups=True)
        elif self.bar.filter != Filter() or self.bar.search.text():
            self.bar.search.clear()
            self.bar.use(Filter())
        else:
            return False
        return True
