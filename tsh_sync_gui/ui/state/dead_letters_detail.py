"""One dead letter opened: its words, its tries, both sides of its record, its history."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from tsh_sync_gui.core.values import iso, parse_moment
from tsh_sync_gui.engine.letters.values import (
    Deed,
    Letter,
    LetterDeed,
    LetterDetail,
    LetterState,
    Sides,
)
from tsh_sync_gui.engine.ports import CallRecord
from tsh_sync_gui.engine.ports.jobs import Attempt, Outcome
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.dead_letters import next_try, part_word
from tsh_sync_gui.ui.state.dead_letters_payload import shown_value
from tsh_sync_gui.ui.state.texts import ago, clock, duration, exact, number, tr


def origin(letter: Letter, title: str) -> str:
    """Return whose record it is and where it failed, in a line."""
    return " · ".join(part for part in (title, letter.record_id, part_word(letter.part)) if part)


def standing_lines(letter: Letter, now: datetime, zone: str = "") -> tuple[str, ...]:
    """Return what besides its cause a person should know of a letter, a sentence each."""
    found = []
    if words := next_try(letter, now, zone):
        found.append(tr("{next}, by itself.").format(next=words))
    if letter.locked_by and letter.locked_until is not None and letter.locked_until > now:
        words = tr("{person} edits it until {time} at the latest.")
        found.append(words.format(person=letter.locked_by, time=clock(letter.locked_until, now)))
    if letter.state is LetterState.DISCARDED and letter.discarded_at is not None:
        words = tr("Discarded by {person} {time}: {reason}")
        found.append(
            words.format(
                person=letter.discarded_by,
                time=ago(letter.discarded_at, now),
                reason=letter.discard_reason or tr("no reason given"),
            )
        )
    if letter.state is LetterState.RESOLVED and letter.resolved_at is not None:
        found.append(tr("The record was stored {time}.").format(time=ago(letter.resolved_at, now)))
    if letter.assigned_to:
        found.append(tr("Assigned to {person}.").format(person=letter.assigned_to))
    if letter.note:
        found.append(letter.note)
    return tuple(found)


def retry_text(detail: LetterDetail) -> str:
    """Return the words of the button that tries again, with its price."""
    if detail.calls is None:
        return tr("Retry")
    if not detail.calls:
        return tr("Retry · no call")
    return tr("Retry · %Ln call(s)", None, detail.calls)


def why_no_retry(detail: LetterDetail, now: datetime) -> str:
    """Return why a letter cannot be tried again now; empty when it can."""
    letter = detail.letter
    if letter.state is LetterState.RESOLVED:
        return tr("It is resolved already.")
    if letter.state is LetterState.DISCARDED:
        return tr("It was discarded. Restore it first.")
    if letter.locked_by and letter.locked_until is not None and letter.locked_until > now:
        return tr("{person} is editing it.").format(person=letter.locked_by)
    return tr("It cannot be tried again by itself.") if detail.calls is None else ""


def why_no_edit(detail: LetterDetail, now: datetime) -> str:
    """Return why its record cannot be edited; empty when it can."""
    if not detail.can_edit and not detail.letter.part.is_record:
        return tr("Only a record that Zoho sent can be edited, and this is none.")
    return why_no_retry(detail, now) or ("" if detail.can_edit else tr("Its text cannot be edited."))


@dataclass(frozen=True, slots=True)
class TryRow:
    """One try of a letter."""

    attempt: Attempt

    @property
    def key(self) -> str:
        """Return the try's number and time."""
        return f"{self.attempt.attempt}/{iso(self.attempt.started_at)}"


_TONES: Final = {
    Outcome.DONE: "green",
    Outcome.FAILED: "red",
    Outcome.GIVEN_UP: "red",
    Outcome.POSTPONED: "amber",
    Outcome.LOST: "amber",
}


def outcome_word(outcome: Outcome) -> str:
    """Return how a try ended."""
    return {
        Outcome.DONE: tr("Done"),
        Outcome.FAILED: tr("Failed"),
        Outcome.GIVEN_UP: tr("Given up"),
        Outcome.POSTPONED: tr("Put off"),
        Outcome.CANCELLED: tr("Cancelled"),
        Outcome.LOST: tr("Broken off"),
    }[outcome]


def try_columns(now: Callable[[], datetime]) -> tuple[Column[TryRow], ...]:
    """Return the columns of a letter's tries."""
    return (
        Column(
            key="when",
            title=tr("When"),
            text=lambda row: ago(row.attempt.started_at, now()),
            value=lambda row: iso(row.attempt.started_at),
            hint=lambda row: exact(row.attempt.started_at),
            copied=lambda row: exact(row.attempt.started_at),
            is_passing=True,
            width=92,
        ),
        Column(
            key="outcome",
            title=tr("Result"),
            text=lambda row: row.attempt.title or outcome_word(row.attempt.outcome),
            value=lambda row: str(row.attempt.outcome),
            hint=lambda row: "\n".join(part for part in (row.attempt.title, row.attempt.advice) if part),
            tone=lambda row: _TONES.get(row.attempt.outcome, ""),
            width=170,
            grows=1,
        ),
        Column(
            key="seconds",
            title=tr("Duration"),
            text=lambda row: duration(_seconds(row.attempt)),
            value=lambda row: round(_seconds(row.attempt), 3),
            is_number=True,
            width=80,
            yields=1,
        ),
        Column(
            key="machine",
            title=tr("Machine"),
            text=lambda row: row.attempt.machine or "–",
            value=lambda row: row.attempt.machine,
            width=110,
            yields=2,
        ),
    )


def _seconds(attempt: Attempt) -> float:
    return max(0.0, (attempt.ended_at - attempt.started_at).total_seconds())


def exchange(attempt: Attempt | None, calls: Sequence[CallRecord] = ()) -> tuple[str, str]:
    """Return what was sent and what came back, as far as they are kept: at the try, else among the *calls* of its run.

    Without a try they are those of the walk that met the record.
    """
    mine = [one for one in calls if attempt is None or (attempt.run_id and one.run == attempt.run_id)]
    call = next((one for one in mine if not one.went_well), mine[0] if mine else None)
    if attempt is None:
        return (call.asked, call.answered) if call else ("", "")
    answer = attempt.answer or (call.answered if call else "") or attempt.traceback
    return (call.asked if call and not attempt.answer else attempt.request), answer


def no_tries(letter: Letter) -> str:
    """Return why no try is listed."""
    return tr("Met %Ln time(s) as lists were read. It was not tried by itself yet.", None, letter.tries)


@dataclass(frozen=True, slots=True)
class DeedRow:
    """One line of a letter's history."""

    place: int
    deed: LetterDeed

    @property
    def key(self) -> str:
        """Return the line's place."""
        return str(self.place)


def deed_words(deed: LetterDeed) -> str:
    """Return what was done."""
    words = {
        Deed.RETRY: tr("Tried again"),
        Deed.EDIT: tr("Edited and tried again"),
        Deed.DISCARD: tr("Discarded"),
        Deed.RESTORE: tr("Restored"),
        Deed.SNOOZE: tr("Snoozed"),
        Deed.ASSIGN: tr("Assigned"),
        Deed.NOTE: tr("Note written"),
    }
    return words[deed.deed]


def _particulars(deed: LetterDeed, now: datetime) -> str:
    """Return what else is to be said of a deed; the end of a snooze as a time."""
    try:
        return clock(parse_moment(deed.words), now) if deed.deed is Deed.SNOOZE and deed.words else deed.words
    except ValueError:
        return deed.words


def deed_columns(now: Callable[[], datetime]) -> tuple[Column[DeedRow], ...]:
    """Return the columns of a letter's history."""
    return (
        Column(
            key="when",
            title=tr("When"),
            text=lambda row: ago(row.deed.at, now()),
            value=lambda row: iso(row.deed.at),
            hint=lambda row: exact(row.deed.at),
            copied=lambda row: exact(row.deed.at),
            is_passing=True,
            width=86,
        ),
        Column(
            key="who",
            title=tr("Who"),
            text=lambda row: row.deed.by or "–",
            value=lambda row: row.deed.by,
            width=64,
            yields=1,
        ),
        Column(
            key="what",
            title=tr("What"),
            text=lambda row: deed_words(row.deed),
            value=lambda row: str(row.deed.deed),
            width=96,
        ),
        Column(
            key="words",
            title=tr("Words"),
            text=lambda row: _particulars(row.deed, now()) or "–",
            value=lambda row: row.deed.words,
            hint=lambda row: row.deed.words,
            width=90,
            grows=1,
        ),
    )


@dataclass(frozen=True, slots=True)
class SideRow:
    """A field of the record: as Zoho had it last, as it was refused, as ours has it."""

    field: str
    zoho: str | None
    refused: str | None
    ours: str | None

    @property
    def key(self) -> str:
        """Return the field's name."""
        return self.field

    @property
    def differs(self) -> bool:
        """Tell whether what was refused is another than the last good value."""
        return self.zoho is not None and self.refused is not None and self.zoho != self.refused


def side_rows(sides: Sides, payload: str) -> list[SideRow]:
    """Return the record's fields on both sides, those that differ first."""
    zoho = {**_fields(sides.zoho_row), **_fields(sides.zoho_detail)}
    refused, ours = _fields(payload), _fields(sides.ours)
    names = dict.fromkeys((*zoho, *refused, *ours))
    rows = [
        SideRow(
            name,
            *(shown_value(side[name]) if name in side else None for side in (zoho, refused, ours)),
        )
        for name in names
    ]
    return sorted(rows, key=lambda row: not row.differs)


def _fields(text: str | None) -> Mapping[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _cell(text: str | None) -> str:
    return "–" if text is None else text or tr("(empty)")


def side_columns() -> tuple[Column[SideRow], ...]:
    """Return the columns of both sides."""
    return (
        Column(
            key="field",
            title=tr("Field"),
            text=lambda row: row.field,
            value=lambda row: row.field,
            icon=lambda row: "partly" if row.differs else "circle",
            tone=lambda row: "amber" if row.differs else "muted",
            width=88,
            grows=2,
        ),
        Column(
            key="zoho",
            title=tr("Zoho, last good"),
            text=lambda row: _cell(row.zoho),
            value=lambda row: row.zoho,
            hint=lambda row: row.zoho or "",
            width=96,
            grows=2,
        ),
        Column(
            key="refused",
            title=tr("Zoho, refused"),
            text=lambda row: _cell(row.refused),
            value=lambda row: row.refused,
            hint=lambda row: row.refused or "",
            tone=lambda row: "amber" if row.differs else "",
            width=96,
            grows=2,
        ),
        Column(
            key="ours",
            title=tr("TSH"),
            text=lambda row: _cell(row.ours),
            value=lambda row: row.ours,
            hint=lambda row: row.ours or "",
            width=96,
            yields=1,
            grows=2,
        ),
    )


def sides_lead(sides: Sides, now: datetime) -> str:
    """Return how the record stands here."""
    if sides.deleted_at is not None:
        return tr("Marked as deleted here {time}.").format(time=ago(sides.deleted_at, now))
    if sides.synced_at is None:
        return tr("The record was never stored here.")
    return tr("Last stored here {time}.").format(time=ago(sides.synced_at, now))


def tab_title(words: str, count: int) -> str:
    """Return a tab's name with how many lines it holds."""
    return f"{words} {number(count)}" if count else words
