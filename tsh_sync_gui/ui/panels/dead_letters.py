"""Dead letters: see why records were refused, and turn the failures into fixes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.engine.letters.values import (
    EditOutcome,
    LetterDetail,
)
from tsh_sync_gui.ui.letter_service import LetterService
from tsh_sync_gui.ui.panels.dead_letters_acts import LetterActs
from tsh_sync_gui.ui.panels.dead_letters_deeds import LetterDeeds
from tsh_sync_gui.ui.panels.dead_letters_editor import LetterEditor
from tsh_sync_gui.ui.panels.dead_letters_feed import LetterFeed
from tsh_sync_gui.ui.panels.dead_letters_listing import LetterListing
from tsh_sync_gui.ui.panels.dead_letters_lists import LetterLists
from tsh_sync_gui.ui.panels.dead_letters_opened import OpenedLetter
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.dead_letters_edit import edit_problem
from tsh_sync_gui.ui.state.dead_letters_rows import GroupRow
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import scheduled, tr
from tsh_sync_gui.ui.widgets.bulk_line import BulkLine
from tsh_sync_gui.ui.widgets.letter_bar import LetterBar
from tsh_sync_gui.ui.widgets.table import DataTable

RUN: Final = "run:"
OF_RECORD: Final = "id:"
OF_ENTITY: Final = "entity:"
_QUIET_MS: Final = 1500
_LEAST: Final = 820


class DeadLetterPanel(Panel):
    """Groups, letters and one letter opened; or its editor.

    *run_wanted* carries a run to open, *told* words for the person, *figures_read* how things stand, *export_wanted*
    what writes the list to a file, *table_export_wanted* a table.
    """

    key = "dead_letters"
    icon_name = "failed-records"
    run_wanted = Signal(str)
    told = Signal(object)
    figures_read = Signal(object)
    export_wanted = Signal(object)
    table_export_wanted = Signal(object)

    def __init__(self, session: Session, kept: QSettings | None) -> None:
        super().__init__()
        self._session = session
        self._kept = kept
        self._service: LetterService | None = None
        self._pages = QStackedWidget(self)
        self._main = QWidget(self._pages)
        self.bar = LetterBar()
        self.bulk = BulkLine()
        self.lists = LetterLists(self._main, lambda: session.now, lambda: session.state.zone, kept)
        self.editor = LetterEditor(session.actions, lambda: session.now)
        self.feed = LetterFeed(session.actions)
        self.deeds = LetterDeeds(self, session.actions, now=lambda: session.now, resets=self._resets)
        self.acts = LetterActs(self, session, bar=self.bar, lists=self.lists, deeds=self.deeds)
        self.opened = OpenedLetter(session, self.lists, is_busy=self.deeds.is_busy)
        self.listing = LetterListing(
            session, bar=self.bar, lists=self.lists, feed=self.feed, acts=self.acts, opened=self.opened
        )
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
        self.listing.restart()

    def _connect(self) -> None:
        bar, lists, feed, deeds, acts = self.bar, self.lists, self.feed, self.deeds, self.acts
        bar.search.left.connect(lists.focus_list)
        bar.retry.clicked.connect(acts.retry_listed)
        bar.more.clicked.connect(lambda: acts.drop_listed(bar.more))
        bar.past.clicked.connect(acts.show_past)
        bar.export.clicked.connect(self._export_all)
        self.listing.told.connect(self.told)
        self.listing.figures_read.connect(self.figures_read)
        self._connect_lists()
        deeds.told.connect(self._done)
        deeds.begun.connect(self.listing.unmark)
        deeds.changed.connect(feed.renew)
        deeds.busy.connect(self.opened.show_busy)
        deeds.ended.connect(self._ended)
        self.opened.told.connect(self.told)
        deeds.worked.connect(lambda work: self.bulk.show_work(work, self._session.now, is_one_of=deeds.following > 1))
        self.bulk.cancelled.connect(deeds.cancel)
        acts.edited.connect(self._begin_edit)
        acts.table_export_wanted.connect(self.table_export_wanted)
        self.editor.left.connect(self._leave_editor)
        self.editor.mended.connect(self._mended)

    def _connect_lists(self) -> None:
        letters, pane, group, acts = self.lists.letters, self.lists.detail_pane, self.lists.group_pane, self.acts
        letters.current_changed.connect(self.opened.open_letter)
        letters.opened.connect(lambda: pane.tabs.tabBar().setFocus(Qt.FocusReason.OtherFocusReason))
        letters.all_wanted.connect(acts.mark_all)
        letters.export_wanted.connect(self._export_all)
        letters.menu_wanted.connect(acts.drop_row)
        self.lists.groups.export_wanted.connect(lambda: self.table_export_wanted.emit(self.lists.groups))
        pane.export_wanted.connect(self.table_export_wanted)
        pane.others_wanted.connect(lambda record: self.listing.search(f"{OF_RECORD}{record}"))
        pane.head.run_wanted.connect(self.run_wanted)
        pane.head.retry.clicked.connect(acts.retry_opened)
        pane.head.edit.clicked.connect(acts.edit)
        pane.head.discard.clicked.connect(lambda: self.deeds.discard(acts.opened()))
        pane.head.restore.clicked.connect(lambda: self.deeds.restore(acts.opened()))
        pane.head.more.clicked.connect(lambda: acts.drop_opened(pane.head.more))
        group.retry.clicked.connect(acts.retry_group)
        group.items.clicked.connect(lambda: self.listing.open_group(self.lists.group))
        group.restore.clicked.connect(lambda: self.deeds.restore(acts.group()))
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
            "G": lambda: self.listing.switch(in_groups=not self.listing.in_groups),
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
        self.listing.restart()
        if service is not None and self.isVisible():
            self.listing.ask()
        else:
            self.feed.count()

    def news(self, works: frozenset[str] = frozenset()) -> None:
        """Read again what is shown: letters have changed, by the retries *works* or otherwise."""
        if works:
            self.deeds.follow()
        if self.isVisible() and self.listing.is_fresh:
            self.feed.news()
        elif not self._quiet.isActive():
            self._quiet.start()

    def _ended(self, letter: str, problem: Problem) -> None:
        self.opened.show_end(letter, problem)
        self.feed.renew()

    def _done(self, problem: Problem) -> None:
        self.listing.unmark()
        self.told.emit(problem)

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
        self.export_wanted.emit(self.listing.writing())

    def _resets(self) -> str:
        """Return when the day's quota resets, in the organization's zone."""
        state = self._session.state
        return scheduled(state.quota.resets_at, self._session.now, state.zone) if state.quota is not None else ""

    @override
    def open_at(self, focus: str) -> None:
        if focus.startswith((RUN, OF_RECORD, OF_ENTITY)):
            self.listing.search(focus)
        elif not self.listing.is_fresh:
            self.listing.ask()
        else:
            self.feed.renew()
        if self._pages.currentWidget() is self._main:
            self.lists.focus_list()

    @override
    def yields(self, width: int) -> bool:
        return width >= _LEAST

    @override
    def leave(self) -> None:
        figures = self.listing.figures
        if self._service is not None and figures is not None and figures.new:
            self._session.actions.run(self._service.looked(figures), then=lambda _none: self.feed.count())

    @property
    @override
    def table(self) -> DataTable[GroupRow] | None:
        return self.lists.groups if self.listing.in_groups else None

    @override
    def export(self) -> bool:
        if not self.listing.in_groups and self.acts.matching:
            self._export_all()
        return not self.listing.in_groups

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
        if self._pages.currentWidget() is not self.editor:
            return self.listing.step_back()
        self.editor.leave()
        return True
