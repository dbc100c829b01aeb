"""What a person does with dead letters: asks first where it must, and follows each retry to its real end."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from tsh_sync_gui.engine.letters.values import LetterDetail, LetterForecast, LetterWork
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.letter_service import LetterService, Which
from tsh_sync_gui.ui.panels.dead_letters_questions import (
    AssignQuestion,
    DiscardQuestion,
    NoteQuestion,
    RetryQuestion,
    SnoozeQuestion,
)
from tsh_sync_gui.ui.state.dead_letters_work import outcome
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import clock, tr

_POLL_MS: Final = 700


@dataclass(frozen=True, slots=True)
class Target:
    """What a deed is for: letters, and how many they are."""

    which: Which
    count: int


async def _tried(service: LetterService, letter: str) -> tuple[LetterDetail | None, LetterWork]:
    before = await service.detail(letter)
    return before, await service.retry((letter,))


async def _works(service: LetterService, ids: tuple[str, ...]) -> list[LetterWork]:
    found = [await service.work(one) for one in ids]
    return [one for one in found if one is not None]


class LetterDeeds(QObject):
    """Carries deeds out. *told* carries words for the person, *changed* says that letters are others now.

    *busy* carries a letter and whether it is being tried, *ended* a letter and what became of it. *begun* says that a
    retry of many was sent off, *worked* carries one that moved.
    """

    told = Signal(object)
    begun = Signal()
    changed = Signal()
    busy = Signal(str, bool)
    ended = Signal(str, object)
    worked = Signal(object)

    def __init__(
        self,
        window: QWidget,
        actions: Actions,
        *,
        now: Callable[[], datetime],
        resets: Callable[[], str],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._now = now
        self._resets = resets
        self._service: LetterService | None = None
        self._pressed: set[str] = set()
        self._single: dict[str, LetterDetail] = {}
        self._watched: set[str] = set()
        self._waiting: set[str] = set()
        self._is_looking = False
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self.follow)
        self.question: QWidget | None = None

    def use(self, service: LetterService | None) -> None:
        """Do it with *service* from now on, and follow the retries that run."""
        self._service = service
        self._timer.stop()
        self._is_looking = False
        self._pressed.clear()
        self._single.clear()
        self._watched.clear()
        if service is not None:
            self._actions.run(service.works(), then=self._begin_following, otherwise=lambda _error: None)

    def _begin_following(self, works: list[LetterWork]) -> None:
        running = [work for work in works if not work.state.is_over and work.total > 1]
        for work in reversed(running):
            self._watch(work)

    @property
    def following(self) -> int:
        """Return how many retries of several letters are followed."""
        return len(self._watched - self._single.keys())

    def is_busy(self, letter: str) -> bool:
        """Tell whether *letter* is being tried."""
        return letter in self._pressed

    # Retries

    def retry_one(self, letter: str) -> None:
        """Try one letter again; a second press before its end does nothing."""
        if self._service is None or letter in self._pressed:
            return
        self._pressed.add(letter)
        self.busy.emit(letter, True)
        self._actions.run(
            _tried(self._service, letter),
            then=lambda found: self._begun(letter, *found),
            otherwise=lambda error: self._end(letter, problem_from(error)),
        )

    def _begun(self, letter: str, before: LetterDetail | None, work: LetterWork) -> None:
        if before is None:
            self._end(letter, Problem(title=tr("The letter is no longer there")))
            return
        self._single[work.id] = before
        self._watch(work)

    def _end(self, letter: str, problem: Problem) -> None:
        self._pressed.discard(letter)
        self.busy.emit(letter, False)
        self.ended.emit(letter, problem)

    def retry_many(self, target: Target, heading: str) -> None:
        """Ask how, then try many again."""
        service = self._service
        if service is None or not target.count:
            return
        question = RetryQuestion(
            self._window, heading, lambda careful, pace: self._retry(target, careful=careful, pace=pace)
        )
        self._open(question)

        def priced(forecast: LetterForecast) -> None:
            if self.question is question:
                question.show_forecast(forecast, self._resets())

        def unpriced(error: BaseException) -> None:
            if self.question is question:
                question.show_error(problem_from(error).title)

        self._actions.run(service.forecast(target.which), then=priced, otherwise=unpriced)

    def _retry(self, target: Target, *, careful: bool, pace: int | None) -> None:
        if self._service is not None:
            self._actions.run(self._service.retry(target.which, careful=careful, pace=pace), then=self._watch)
            self.begun.emit()

    def _watch(self, work: LetterWork) -> None:
        self._watched.add(work.id)
        self._moved(work)
        if self._watched:
            self._timer.start()

    def follow(self) -> None:
        """Look how the retries stand that are watched; one look at a time, however long it takes."""
        if self._service is not None and self._watched and not self._is_looking:
            self._is_looking = True
            self._actions.run(
                _works(self._service, tuple(self._watched)), then=self._all_moved, otherwise=self._not_seen
            )

    def _not_seen(self, _error: BaseException) -> None:
        self._is_looking = False  # the next look may find the database again

    def _all_moved(self, works: list[LetterWork]) -> None:
        self._is_looking = False
        for work in works:
            self._moved(work)

    def _moved(self, work: LetterWork) -> None:
        if work.id not in self._watched:
            return
        if work.id not in self._single:
            self.worked.emit(work)
        elif work.state.is_over or (work.until is not None and work.id not in self._waiting):
            self._look_at_single(work)
        if work.state.is_over:
            self._watched.discard(work.id)
            self.changed.emit()
        if not self._watched:
            self._timer.stop()

    def _look_at_single(self, work: LetterWork) -> None:
        before = self._single[work.id]
        letter = before.letter.id
        if self._service is None:
            return
        if not work.state.is_over:
            self._waiting.add(work.id)
            self.ended.emit(letter, outcome(before, before, work, self._now()))
            return
        del self._single[work.id]
        self._actions.run(
            self._service.detail(letter),
            then=lambda after: self._end(letter, outcome(before, after, work, self._now())),
            otherwise=lambda error: self._end(letter, problem_from(error)),
        )

    def cancel(self, work: str) -> None:
        """Stop a retry."""
        if self._service is not None:
            self._actions.run(self._service.cancel_work(work), then=self._moved)

    # Other deeds

    def discard(self, target: Target) -> None:
        """Ask for the reason, then give letters up."""
        self._ask(
            target,
            lambda: DiscardQuestion(
                self._window,
                target.count,
                lambda reason: self._do(
                    lambda service: service.discard(target.which, reason=reason),
                    lambda done: Problem(
                        title=tr("%Ln record(s) discarded", None, done),
                        meaning=tr("They stand under Discarded, and can be restored for 90 days."),
                        tone="blue",
                    ),
                ),
            ),
        )

    def restore(self, target: Target) -> None:
        """Bring discarded letters back."""
        self._do(
            lambda service: service.restore(target.which),
            lambda done: Problem(title=tr("%Ln record(s) restored", None, done), tone="blue"),
        )

    def snooze(self, target: Target) -> None:
        """Ask until when, then hide letters."""

        def go(until: datetime) -> None:
            words = tr("Hidden until {time}.").format(time=clock(until, self._now()))
            self._do(
                lambda service: service.snooze(target.which, until=until),
                lambda done: Problem(title=tr("%Ln record(s) snoozed", None, done), meaning=words, tone="blue"),
            )

        self._ask(target, lambda: SnoozeQuestion(self._window, target.count, self._now(), go))

    def wake(self, target: Target) -> None:
        """Show snoozed letters again."""
        self._do(
            lambda service: service.snooze(target.which, until=None),
            lambda done: Problem(title=tr("%Ln record(s) shown again", None, done), tone="blue"),
        )

    def assign(self, target: Target, people: tuple[str, ...], given: str = "") -> None:
        """Ask to whom, then assign letters."""

        def go(to: str) -> None:
            words = tr("Assigned to {person}.").format(person=to) if to else tr("Nobody has them now.")
            self._do(
                lambda service: service.assign(target.which, to=to),
                lambda done: Problem(title=tr("%Ln record(s) assigned", None, done), meaning=words, tone="blue"),
            )

        self._ask(target, lambda: AssignQuestion(self._window, target.count, people, go, given=given))

    def note(self, target: Target, given: str = "") -> None:
        """Ask for the words, then write them down."""

        def go(text: str) -> None:
            self._do(
                lambda service: service.note(target.which, text=text),
                lambda done: Problem(title=tr("Note kept at %Ln record(s)", None, done), tone="blue"),
            )

        self._ask(target, lambda: NoteQuestion(self._window, target.count, go, given=given))

    def _ask(self, target: Target, make: Callable[[], Any]) -> None:
        if self._service is not None and target.count:
            self._open(make())

    def _open(self, question: Any) -> None:
        self.question = question
        question.finished.connect(lambda: self._closed(question))
        question.open()

    def _closed(self, question: Any) -> None:
        if self.question is question:
            self.question = None

    def _do(self, deed: Callable[[LetterService], Coroutine[Any, Any, int]], words: Callable[[int], Problem]) -> None:
        if self._service is None:
            return

        def done(number: int) -> None:
            self.told.emit(words(number))
            self.changed.emit()

        self._actions.run(deed(self._service), then=done)
