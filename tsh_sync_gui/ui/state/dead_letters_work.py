"""Retries in words: what one will cost, how many are done, and what became of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.letters.values import Letter, LetterDetail, LetterForecast, LetterState, LetterWork, WorkState
from tsh_sync_gui.engine.letters.works import STOPPED
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.dead_letters_rows import cause_words
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import ago, clock, exact, number, span, tr

_BOUND: Final = re.compile(r" ?before:\d{4}-\d\d-\d\dT\S+$")
"""The end of a search for what was shown: it says nothing to a person."""


# A name in Arabic would else turn the whole line around.
_ISOLATED, _END = "\u2068", "\u2069"


class Way(StrEnum):
    """How many letters are tried at once."""

    ALL = "all"
    CAREFUL = "careful"
    RATE = "rate"


def forecast_words(forecast: LetterForecast, resets: str, *, is_careful: bool = False) -> tuple[str, ...]:
    """Return what a retry costs, a sentence each; *resets* is when the day's quota does, "" while that is unknown."""
    calls = forecast.careful_calls if is_careful else forecast.calls
    found = [
        tr("%Ln record(s)", None, forecast.letters)
        + " · "
        + (tr("about %Ln call(s)", None, calls) if calls else tr("no call to Zoho"))
        + (f" · {span(forecast.seconds)}" if calls and forecast.seconds >= 1 else "")
    ]
    if forecast.without_call:
        found.append(tr("%Ln are checked again as they are kept, without a call.", None, forecast.without_call))
    if forecast.cannot:
        found.append(tr("%Ln cannot be tried again and are skipped.", None, forecast.cannot))
    if not forecast.fits:
        until = resets or tr("the quota's reset")
        words = tr("{left} calls are left today for such work. The rest waits until {time} and goes on from there.")
        found.append(words.format(left=number(forecast.left_today), time=until))
        if forecast.nights > 1:
            found.append(tr("All of it takes %Ln night(s).", None, forecast.nights))
    return tuple(found)


def go_text(forecast: LetterForecast) -> str:
    """Return the words of the button that begins a retry."""
    if not forecast.fits:
        return tr("Retry, over %Ln night(s)", None, max(1, forecast.nights))
    return tr("Retry %Ln record(s)", None, forecast.letters)


def share_done(work: LetterWork) -> float | None:
    """Return how much of a retry is done; None before that is known."""
    return min(1.0, work.done / work.total) if work.total else None


def progress_words(work: LetterWork, now: datetime) -> str:
    """Return how a retry stands in a line."""
    counts = [
        tr("%Ln succeeded", None, work.succeeded),
        tr("%Ln failed", None, work.failed),
        tr("%Ln skipped", None, work.skipped),
    ]
    done = f"{number(work.done)} / {number(work.total)}"
    match work.state:
        case WorkState.RUNNING:
            head = tr("Retrying {done}").format(done=done)
        case WorkState.WAITING:
            until = clock(work.until, now) if work.until is not None else ""
            words = tr("Waits until {time}, {done}") if until else tr("Waits for its turn, {done}")
            head = words.format(time=until, done=done)
        case WorkState.STOPPED:
            head = tr("Stopped at the first failure, {done}").format(done=done)
        case WorkState.CANCELLED:
            head = tr("Cancelled, {done}").format(done=done)
        case WorkState.FAILED:
            head = tr("The retry broke off, {done}").format(done=done)
        case WorkState.DONE:
            head = tr("Retried {done}").format(done=done)
    return " · ".join((head, *counts))


def warning_words(work: LetterWork) -> str:
    """Return what a person should look at: new failures of the same causes meanwhile."""
    if work.new_failures:
        return tr("%Ln new failure(s) of the same causes meanwhile", None, work.new_failures)
    if work.state not in {WorkState.STOPPED, WorkState.FAILED}:
        return ""
    if not work.words.startswith(STOPPED):
        return work.words
    name, mark, rest = work.words.removeprefix(STOPPED).partition(": ")
    return f"{_ISOLATED}{name}{_END}{mark}{rest}"


def work_tone(work: LetterWork) -> str:
    """Return the tone of a retry's line."""
    if not work.state.is_over:
        return "blue"
    if work.state is WorkState.DONE and not work.failed:
        return "green"
    return "red" if work.failed and not work.succeeded else "amber"


def outcome(before: LetterDetail, after: LetterDetail | None, work: LetterWork, now: datetime) -> Problem:
    """Return what became of one letter's retry, from how it stands now and not from having been queued."""
    if after is not None and after.letter.state is LetterState.RESOLVED:
        return Problem(title=tr("The record is stored now"), meaning=tr("It went to Resolved."), tone="green")
    if work.state is WorkState.WAITING and work.until is not None:
        until = tr("Goes on by itself at {time}.").format(time=clock(work.until, now))
        return Problem(title=work.words or tr("The retry waits"), meaning=until, tone="blue")
    if work.state is WorkState.CANCELLED:
        return Problem(title=tr("The retry was cancelled"), tone="grey")
    if after is None or (work.skipped and not work.failed):
        return Problem(title=tr("Nothing was tried"), meaning=work.words or tr("The letter is no longer open."))
    if work.state is WorkState.FAILED and not work.failed:
        return Problem(title=tr("The retry broke off"), meaning=work.words, is_grave=True)
    if _is_same(before.letter, after.letter):
        return Problem(title=tr("It failed in the same way"), meaning=" ".join(_changes(before, after)), is_grave=True)
    words = " ".join(part for part in (cause_words(after.letter), after.letter.advice) if part)
    return Problem(title=tr("It failed, for another reason"), meaning=words, is_grave=True)


def _is_same(before: Letter, after: Letter) -> bool:
    return (before.cause, before.kind, before.field) == (after.cause, after.kind, after.field)


def _changes(before: LetterDetail, after: LetterDetail) -> tuple[str, ...]:
    """Return only what is another than at the try before."""
    old, new = before.letter, after.letter
    found = []
    if old.value != new.value:
        found.append(tr("The value was “{old}” and is “{new}” now.").format(old=old.value[:80], new=new.value[:80]))
    if old.reason != new.reason:
        found.append(tr("The reason is now: {reason}.").format(reason=new.reason.rstrip(".")))
    if before.attempts and after.attempts and before.attempts[0].answer != after.attempts[0].answer:
        found.append(tr("The answer is another: see Tries."))
    if not found:
        found.append(tr("Nothing has changed since the last try."))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A retry in the list of past ones."""

    work: LetterWork

    @property
    def key(self) -> str:
        """Return the retry's id."""
        return self.work.id


def _way(work: LetterWork) -> str:
    if work.is_careful:
        return tr("careful")
    return tr("%Ln a minute", None, work.pace) if work.pace else tr("all at once")


def work_columns(now: datetime) -> tuple[Column[WorkRow], ...]:
    """Return the columns of past retries."""
    return (
        Column(
            key="when",
            title=tr("When"),
            text=lambda row: ago(row.work.started_at, now),
            value=lambda row: iso(row.work.started_at),
            hint=lambda row: exact(row.work.started_at),
            copied=lambda row: exact(row.work.started_at),
            width=92,
        ),
        Column(
            key="result",
            title=tr("Result"),
            text=lambda row: progress_words(row.work, now),
            value=lambda row: str(row.work.state),
            tone=lambda row: work_tone(row.work),
            hint=lambda row: row.work.words,
            width=300,
            grows=1,
        ),
        Column(
            key="way",
            title=tr("Way"),
            text=lambda row: _way(row.work),
            value=lambda row: _way(row.work),
            width=90,
            yields=2,
        ),
        Column(
            key="by", title=tr("Who"), text=lambda row: row.work.by, value=lambda row: row.work.by, width=80, yields=3
        ),
        Column(
            key="calls",
            title=tr("Calls"),
            text=lambda row: number(row.work.calls),
            value=lambda row: row.work.calls,
            is_number=True,
            width=64,
            yields=1,
        ),
        Column(
            key="search",
            title=tr("What"),
            text=lambda row: _BOUND.sub("", row.work.written) or "–",
            value=lambda row: row.work.written,
            hint=lambda row: row.work.written,
            width=160,
            yields=4,
            grows=1,
        ),
    )
