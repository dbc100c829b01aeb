"""The set-up wizard: nine steps in the one window, each verifying what it asks."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.port import SetupPort
from tsh_sync_gui.bootstrap.setup.values import Progress, Step
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.wizard.focus import Focus
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.rail import Rail
from tsh_sync_gui.ui.wizard.sheet import Sheet
from tsh_sync_gui.ui.wizard.state.rail import after, before, open_steps, rail

_REOPENS = frozenset({Step.DATABASE, Step.APP, Step.SIGN_IN, Step.ORGANIZATION})


def nothing_to_set_up() -> Problem:
    """Return the words for who wants to set the demo up."""
    words = tr("To connect to Zoho, start the program without the demo.")
    return Problem(title=tr("The demo has nothing to set up"), meaning=words, tone="blue")


class Wizard(Panel):
    """A screen like the others. Progress is kept by the set-up, so that any start goes on where the last one ended.

    *completed* says that the first sync was decided on, *signed_in* that a lost sign-in is there again, *left* that a
    person closes the set-up (True: what the service stands on is another now), *demo* that the sample Zoho is wanted,
    *check_up* that everything shall be looked at.
    """

    key = "setup"
    icon_name = "plug"
    completed = Signal()
    signed_in = Signal()
    left = Signal(bool)
    demo = Signal()
    check_up = Signal()
    open_count = Signal(int)

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self.desk = Desk(actions)
        self.progress = Progress()
        self.pages: dict[Step, Page] = {}
        self.now = Step.START
        self._is_for_sign_in = False
        self._is_read = False
        self._wanted: Step | None = None
        self._changed: set[Step] = set()
        self.rail = Rail()
        self.sheet = Sheet()
        self._focus = Focus(self, self.rail, self.sheet)
        self.area, self.opening = self.sheet.area, self.sheet.opening
        self.back, self.skip, self.next = self.sheet.back, self.sheet.skip, self.sheet.next
        self._build()

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Set-up")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (("Enter", tr("next")), ("Alt+←", tr("back")), ("Ctrl+C", tr("copy the value in focus")))

    @property
    def page(self) -> Page:
        """Return the page in front."""
        return self.pages[self.now]

    @property
    def can_work(self) -> bool:
        """Tell whether enough is done for the service to be opened."""
        return self.progress.done >= {Step.DATABASE, Step.APP, Step.SIGN_IN, Step.ORGANIZATION}

    def _build(self) -> None:
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.rail)
        whole.addWidget(self.sheet, 1)
        self.rail.chosen.connect(self.go_to)
        self.rail.later.connect(self.close_it)
        self.back.clicked.connect(self.go_back)
        self.skip.clicked.connect(self._skip)
        self.next.clicked.connect(self._press_next)
        for keys, deed in (("Return", self._focus.press), ("Enter", self._focus.press), ("Alt+Left", self.go_back)):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(deed)
        theme.current().changed.connect(self._recolor)

    # Beginning

    def attach(self, setup: SetupPort) -> None:
        """Work with *setup* from now on."""
        self.desk.setup = setup
        self.desk.found.clear()
        self._is_read = False

    def detach(self) -> None:
        """Let go of the set-up: it is about to close."""
        if self.pages:
            self.page.leave()
        self.desk.setup = None
        self._is_read = False

    @override
    def open_at(self, focus: str) -> None:
        self.desk.replaces = focus == "rotate"
        wanted = Step.SIGN_IN if self.desk.replaces else next((step for step in Step if step.value == focus), None)
        self._is_for_sign_in = wanted is Step.SIGN_IN
        self.desk.return_to = None
        if self.desk.setup is None:
            self._wanted = wanted
            self.opening.show_busy(tr("Opening the set-up…"))
            self._offer()
            return
        if self._is_read and wanted is None:
            self.page.focus_first()
            return
        self._wanted = wanted
        self.desk.actions.run(self.desk.setup.progress(), then=self._begin, otherwise=self._fail)

    def _begin(self, progress: Progress) -> None:
        self.opening.show_busy("")
        self._make_pages()
        self._is_read = True
        self.show_progress(progress)
        wanted, self._wanted = self._wanted, None
        self._front(wanted or progress.current)

    def _make_pages(self) -> None:
        if self.pages:
            return
        # Late: most starts of the program show none of them.
        from tsh_sync_gui.ui.wizard.pages import make_pages  # noqa: PLC0415
        from tsh_sync_gui.ui.wizard.pages.first_sync import FirstSyncPage  # noqa: PLC0415
        from tsh_sync_gui.ui.wizard.pages.start import StartPage  # noqa: PLC0415

        for page in make_pages(self.desk):
            self.pages[page.step] = page
            self.sheet.add_page(page)
            page.finished.connect(lambda step=page.step: self._finished(step))
            page.wanted.connect(self.go_to)
            page.changed.connect(self._offer)
            page.settled.connect(self._focus.settle)
            if isinstance(page, StartPage):
                page.demo.connect(self.demo)
                page.taken.connect(self._taken)
            if isinstance(page, FirstSyncPage):
                page.run_now.connect(self._completed)
                page.run_later.connect(self._completed)
                page.check_up.connect(self.check_up)

    def show_progress(self, progress: Progress) -> None:
        """Show how far the set-up is."""
        self.progress = self.desk.progress = progress
        self.rail.show_entries(rail(progress, self.now), is_complete=progress.is_complete)
        self.open_count.emit(open_steps(progress))

    # Moving

    def _front(self, step: Step) -> None:
        if not self.page.isHidden():
            self._focus.rest()
            self.page.leave()
            self.page.hide()
        self.now = step
        self._focus.begin()
        self.sheet.show_step(step)
        self.page.show()
        self.rail.show_entries(rail(self.progress, step), is_complete=self.progress.is_complete)
        self.page.enter()
        if self.isVisible():
            self.page.focus_first()
        self._offer()

    def go_to(self, step: Step) -> None:
        """Go to *step*, which is done or comes next; where we are is kept."""
        if self.desk.setup is None or not self._is_read:
            return
        if step is not Step.SIGN_IN:
            self.desk.extra_scopes, self.desk.replaces = frozenset(), False
        self._keep_place(step)
        self._front(step)

    def _keep_place(self, step: Step) -> None:
        if self.desk.setup is not None and not self.progress.is_complete:
            self.desk.actions.run(self.desk.setup.go_to(step), then=self.show_progress, otherwise=self._fail)

    def go_back(self) -> None:
        """Go to the step before."""
        step = before(self.now)
        if step is not None and self._is_read:
            self.go_to(step)

    def _press_next(self) -> None:
        if self.desk.setup is not None and self._is_read and self.page.can_go_on:
            self.page.submit()

    @override
    def focusNextPrevChild(self, forward: bool) -> bool:
        """Go on by Tab; where Qt only seeks a place for the focus of what went, that is the step's main button."""
        if self._focus.is_held():
            return super().focusNextPrevChild(forward)
        self._focus.settle()
        return True

    def _skip(self) -> None:
        if self.desk.setup is not None:
            step = self.now
            self.desk.actions.run(
                self.desk.setup.mark(step, skipped=True),
                then=lambda progress: self._marked(step, progress),
                otherwise=self._fail,
            )

    def _finished(self, step: Step) -> None:
        if self.desk.setup is None:
            return
        if step in _REOPENS:
            self._changed.add(step)
        self.desk.actions.run(
            self.desk.setup.mark(step), then=lambda progress: self._marked(step, progress), otherwise=self._fail
        )

    def _marked(self, step: Step, progress: Progress) -> None:
        self.show_progress(progress)
        if step is not self.now:
            return
        if step is Step.SIGN_IN and self._is_for_sign_in and progress.is_complete:
            self._is_for_sign_in = False
            self._changed.clear()
            self.signed_in.emit()
            return
        back_to, self.desk.return_to = (self.desk.return_to, None) if step is Step.SIGN_IN else (None, None)
        following = back_to or after(step)
        if following is not None:
            self._keep_place(following)
            self._front(following)

    def _taken(self, progress: Progress) -> None:
        """Go where an imported `.env` has brought us."""
        self.desk.found.clear()
        self._changed.add(Step.APP)
        self.show_progress(progress)
        self._front(progress.current)

    def _completed(self) -> None:
        self._changed.clear()
        if self.desk.setup is not None:
            self.desk.actions.run(self.desk.setup.progress(), then=self._end, otherwise=self._fail)

    def _end(self, progress: Progress) -> None:
        self.show_progress(progress)
        self.completed.emit()

    def close_it(self) -> None:
        """Leave the set-up as far as it is."""
        if self.pages:
            self.page.leave()
        changed, self._changed = bool(self._changed), set()
        self._is_read = False
        self.left.emit(changed)

    # Shown

    def _offer(self) -> None:
        """Show what can be pressed now."""
        page = self.page if self.desk.setup is not None and self._is_read else None
        if page is not None and self.next.hasFocus() and not page.can_go_on:
            self._focus.rest()
        self.sheet.show_offers(page)
        if page is not None:
            self._focus.follow(page)

    def _fail(self, error: BaseException) -> None:
        if self.pages and self._is_read:
            self.page.show_error(error, (tr("Try again"), self.page.again))
        else:
            self.opening.show_busy("")
            self.desk.actions.failed.emit(problem_from(error))

    def _recolor(self) -> None:
        for page in self.pages.values():
            page.recolor()
        if self.pages:
            self.show_progress(self.progress)

    @override
    def escape(self) -> bool:
        if self.pages and self.page.is_busy:
            self.page.give_up()
            return True
        return False
