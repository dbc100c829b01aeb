"""What all pages of the wizard share: running the set-up's methods with words, and showing what went wrong."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tsh_sync_gui.bootstrap.setup.port import SetupPort
from tsh_sync_gui.bootstrap.setup.values import Progress, Step
from tsh_sync_gui.core.errors import NoVaultError, VaultLockedError
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox
from tsh_sync_gui.ui.wizard.file_questions import FileQuestions
from tsh_sync_gui.ui.wizard.parts import BusyLine
from tsh_sync_gui.ui.wizard.secrets_file import has_file

T = TypeVar("T")
Choice = tuple[str, Callable[[], object]]


@dataclass(slots=True)
class Desk:
    """What the pages work on: the set-up that is open, and what one page leaves for another."""

    actions: Actions
    setup: SetupPort | None = None
    progress: Progress = field(default_factory=Progress)
    extra_scopes: frozenset[str] = frozenset()
    replaces: bool = False
    return_to: Step | None = None
    found: dict[str, object] = field(default_factory=dict)


class Page(QWidget):
    """A step. *finished* says that it is done, *wanted* carries a step to go to.

    *changed* says that the footer differs, *settled* that a person has something to read before the next press.
    """

    step: Step
    finished = Signal()
    wanted = Signal(object)
    changed = Signal()
    settled = Signal()

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("scrolled")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.desk = desk
        self.busy = BusyLine()
        self.busy.cancelled.connect(self.give_up)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        self._box: ProblemBox | None = None
        self._secrets_file = FileQuestions(self, self)
        self._round = self._visit = 0
        self._task: asyncio.Task[None] | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(14)
        self._column.addLayout(self.body)
        self._column.addWidget(self.busy)
        self._column.addStretch(1)

    # What the wizard asks

    @property
    def next_text(self) -> str:
        """Return what the next press does, in words."""
        return tr("Next")

    @property
    def can_go_on(self) -> bool:
        """Tell whether the next button may be pressed."""
        return not self.is_busy

    @property
    def missing(self) -> str:
        """Return what has to be done before the next button may be pressed, where the page itself does not say it."""
        return ""

    @property
    def skip_text(self) -> str:
        """Return the words of the button that skips the step; empty when it can't be skipped."""
        return ""

    def enter(self) -> None:
        """Come to the front: read what is kept."""

    def submit(self) -> None:
        """Do what the next button says; emits *finished* when the step is done."""
        self.finished.emit()

    def focus_first(self) -> None:
        """Go to the first field."""

    def recolor(self) -> None:
        """Take the colours of another theme."""

    # Running

    @property
    def setup(self) -> SetupPort:
        """Return the set-up; pages are only shown while there is one."""
        assert self.desk.setup is not None  # noqa: S101 -- the wizard shows no page without it
        return self.desk.setup

    @property
    def is_busy(self) -> bool:
        """Tell whether something of this page is under way."""
        return bool(self.busy.text)

    @property
    def problem_box(self) -> ProblemBox | None:
        """Return the box with the fault, None while there is none."""
        return self._box

    def run(
        self,
        coroutine: Coroutine[Any, Any, T],
        words: str,
        then: Callable[[T], object],
        *,
        otherwise: Callable[[BaseException], object] | None = None,
        can_cancel: bool = False,
    ) -> None:
        """Await *coroutine* in the engine while *words* say so; its error goes to *otherwise*, else into the box."""
        self._round += 1
        mine = self._round
        self.drop_problem()
        self.busy.show_busy(words, can_cancel=can_cancel)
        self.changed.emit()
        self._task = self.desk.actions.run(
            coroutine,
            then=lambda result: self._ended(mine, lambda: then(result)),
            otherwise=lambda error: self._ended(mine, lambda: (otherwise or self.fail)(error)),
            is_long=can_cancel,
        )

    def quietly(self, coroutine: Coroutine[Any, Any, T], then: Callable[[T], object]) -> None:
        """Await *coroutine* without words: a short look at what is kept. Its error is shown all the same."""
        mine = self._visit
        self.desk.actions.run(
            coroutine,
            then=lambda result: then(result) if mine == self._visit else None,
            otherwise=lambda error: self._unread(error) if mine == self._visit else None,
        )

    def _unread(self, error: BaseException) -> None:
        self.show_error(error, (tr("Try again"), self._read_again))

    def _read_again(self) -> None:
        self.drop_problem()
        self.enter()

    def _ended(self, mine: int, deed: Callable[[], object]) -> None:
        if mine != self._round:
            return
        self._task = None
        self.busy.show_busy("")
        deed()
        self.changed.emit()

    def here(self, function: Callable[[T], object]) -> Callable[[T], None]:
        """Return *function* as the engine may call it: it runs in the window, and only while it is still wanted."""
        loop, mine = asyncio.get_running_loop(), self._visit

        def later(value: T) -> None:
            loop.call_soon_threadsafe(lambda: function(value) if mine == self._visit else None)

        return later

    def give_up(self) -> None:
        """Stop waiting for what is under way."""
        self._round += 1
        if self._task is not None:
            self._task.cancel()
            self._task = None
        self.busy.show_busy("")
        self.changed.emit()

    def leave(self) -> None:
        """Go to the back: nothing is waited for any more."""
        self._visit += 1
        self.give_up()
        self.drop_problem()

    # What went wrong

    def fail(self, error: BaseException) -> None:
        """Show what went wrong, with a button that tries once more."""
        self.show_error(error, (tr("Try again"), self.again))

    def again(self) -> None:
        """Do once more what failed."""
        self.submit()

    def show_error(self, error: BaseException, choice: Choice) -> None:
        """Show an error with *choice*; where secrets can't be kept the button opens or makes a place for them."""
        if isinstance(error, NoVaultError):
            choice = (tr("Make an encrypted file…"), self._secrets_file.ask_new)
        elif isinstance(error, VaultLockedError) and has_file():
            choice = (tr("Open it…"), self._secrets_file.ask)
        self.show_problem(problem_from(error), choice)

    def show_problem(self, problem: Problem, choice: Choice | None = None) -> None:
        """Show a fault in four parts with its one button."""
        self.drop_problem()
        self._box = ProblemBox(problem, choice)
        self._column.insertWidget(1, self._box)
        self.changed.emit()

    def drop_problem(self) -> None:
        """Take the fault away: something else is tried."""
        if self._box is not None:
            self._column.removeWidget(self._box)
            self._box.hide()
            self._box.deleteLater()
            self._box = None
