"""The two lists of the inspector: groups of one cause, and the letters themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.letters.values import Letter, LetterGroup, LetterOrder
from tsh_sync_gui.ui.state.columns import MARK, Column
from tsh_sync_gui.ui.state.dead_letters import letter_look, next_try, part_word
from tsh_sync_gui.ui.state.texts import ago, exact, number, span, tr

_SHARED: Final = "Zoho sent a value we cannot read: "
ORDERS: Final = {
    "record": LetterOrder.RECORD,
    "cause": LetterOrder.CAUSE,
    "entity": LetterOrder.ENTITY,
    "tries": LetterOrder.TRIES,
    "age": LetterOrder.FIRST_SEEN,
    "last": LetterOrder.LAST_SEEN,
    "assigned": LetterOrder.ASSIGNEE,
}
"""What the list is sorted by when the heading of a column is clicked."""
# An age grows as its first moment gets earlier: the column's order is turned round.
TURNED: Final = frozenset({"age"})


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group in its list."""

    group: LetterGroup
    title: str

    @property
    def key(self) -> str:
        """Return the group's own key."""
        return self.group.key


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter in its list; *title* is its entity's."""

    letter: Letter
    title: str

    @property
    def key(self) -> str:
        """Return the letter's id."""
        return self.letter.id


def trend(group: LetterGroup) -> str:
    """Return what came in the last day, and whether that is more or less than the day before."""
    if not group.last_day:
        return "–" if not group.day_before else f"↓ {number(0)}"
    arrow = "↑" if group.last_day > group.day_before else "↓" if group.last_day < group.day_before else "="
    return f"{arrow} {number(group.last_day)}"


def trend_words(group: LetterGroup) -> str:
    """Return the same in a sentence."""
    words = tr("{now} in the last 24 hours, {before} in the 24 hours before")
    return words.format(now=number(group.last_day), before=number(group.day_before))


def _trend_tone(group: LetterGroup) -> str:
    if group.last_day > group.day_before:
        return "red"
    return "green" if group.last_day < group.day_before else ""


def _moment(
    key: str, title: str, moment: Callable[[GroupRow], datetime], now: Callable[[], datetime], *, yields: int
) -> Column[GroupRow]:
    return Column(
        key=key,
        title=title,
        text=lambda row: ago(moment(row), now()),
        value=lambda row: iso(moment(row)),
        hint=lambda row: exact(moment(row)),
        copied=lambda row: exact(moment(row)),
        is_passing=True,
        width=104,
        yields=yields,
    )


def group_columns(now: Callable[[], datetime]) -> tuple[Column[GroupRow], ...]:
    """Return the columns of the groups; *now* is asked whenever a row is shown."""
    return (*_size_columns(), *_time_columns(now))


def _size_columns() -> tuple[Column[GroupRow], ...]:
    """Return the columns of which cause it is, whose, and how often."""
    return (
        Column(
            key="cause",
            title=tr("Cause"),
            text=lambda row: brief(row.group.title),
            value=lambda row: row.group.title,
            hint=lambda row: row.group.title,
            width=200,
            grows=3,
        ),
        Column(
            key="count",
            title=tr("Number"),
            text=lambda row: number(row.group.count),
            value=lambda row: row.group.count,
            is_number=True,
            width=76,
        ),
        Column(
            key="new",
            title=tr("New"),
            text=lambda row: number(row.group.new) if row.group.new else "–",
            value=lambda row: row.group.new,
            is_number=True,
            tone=lambda row: "blue" if row.group.new else "muted",
            width=64,
            yields=2,
        ),
        Column(
            key="entity",
            title=tr("Entity"),
            text=lambda row: row.title,
            value=lambda row: row.group.entity,
            width=104,
            yields=1,
        ),
    )


def _time_columns(now: Callable[[], datetime]) -> tuple[Column[GroupRow], ...]:
    """Return the columns of how it goes on, and what mends it."""
    return (
        Column(
            key="trend",
            title=tr("Trend"),
            text=lambda row: trend(row.group),
            value=lambda row: row.group.last_day - row.group.day_before,
            hint=lambda row: trend_words(row.group),
            tone=lambda row: _trend_tone(row.group),
            is_number=True,
            width=76,
            yields=4,
        ),
        _moment("last", tr("Last seen"), lambda row: row.group.last_seen_at, now, yields=3),
        _moment("first", tr("First seen"), lambda row: row.group.first_seen_at, now, yields=6),
        Column(
            key="remedy",
            title=tr("Suggested fix"),
            text=lambda row: row.group.remedy or "–",
            value=lambda row: row.group.remedy,
            hint=lambda row: row.group.remedy,
            width=260,
            yields=5,
            grows=1,
        ),
    )


def brief(words: str) -> str:
    """Return the words of a cause without a beginning that most of them share: a column has room for the rest."""
    return words.removeprefix(_SHARED)


def cause_words(letter: Letter) -> str:
    """Return the reason, with the field it is about where it does not name it itself."""
    name = letter.field.rpartition(".")[2]
    return letter.reason if not name or name in letter.reason else f"{letter.reason} ({letter.field})"


def record_words(letter: Letter) -> str:
    """Return what a record is called: its name, else its id."""
    return letter.label or letter.record_id or tr("(no id)")


def _tried_hint(letter: Letter, now: datetime, zone: str) -> str:
    last = tr("Last tried {time}").format(time=exact(letter.last_seen_at))
    coming = exact(letter.next_try_at, zone) if next_try(letter, now, zone) else ""
    return "\n".join((last, tr("Next try {time}").format(time=coming))) if coming else last


def _tries_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> tuple[Column[LetterRow], ...]:
    """Return the columns of how often and when a letter failed."""
    return (
        Column(
            key="tries",
            title=tr("Tries"),
            text=lambda row: number(row.letter.tries),
            value=lambda row: row.letter.tries,
            is_number=True,
            width=62,
            yields=4,
        ),
        Column(
            key="age",
            title=tr("Age"),
            text=lambda row: span(max(0.0, (now() - row.letter.first_seen_at).total_seconds())),
            value=lambda row: iso(row.letter.first_seen_at),
            hint=lambda row: exact(row.letter.first_seen_at),
            is_number=True,
            width=86,
            yields=3,
        ),
        Column(
            key="last",
            title=tr("Last tried"),
            text=lambda row: next_try(row.letter, now(), zone()) or ago(row.letter.last_seen_at, now()),
            value=lambda row: iso(row.letter.last_seen_at),
            hint=lambda row: _tried_hint(row.letter, now(), zone()),
            copied=lambda row: exact(row.letter.last_seen_at),
            tone=lambda row: "blue" if next_try(row.letter, now(), zone()) else "",
            width=100,
            yields=2,
        ),
    )


def _care_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> tuple[Column[LetterRow], ...]:
    """Return the columns of who takes care of a letter, and where it stands."""
    return (
        Column(
            key="assigned",
            title=tr("Assigned to"),
            text=lambda row: row.letter.assigned_to or "–",
            value=lambda row: row.letter.assigned_to,
            width=104,
            yields=5,
        ),
        Column(
            key="note",
            title=tr("Note"),
            text=lambda row: row.letter.note.partition("\n")[0] or "–",
            value=lambda row: row.letter.note,
            hint=lambda row: row.letter.note,
            width=150,
            yields=7,
            grows=1,
        ),
        Column(
            key="operation",
            title=tr("Operation"),
            text=lambda row: part_word(row.letter.part),
            value=lambda row: str(row.letter.part),
            width=120,
            yields=8,
        ),
        Column(
            key="state",
            title=tr("State"),
            text=lambda row: letter_look(row.letter, now(), zone()).word,
            value=lambda row: str(row.letter.state),
            width=130,
            yields=6,
        ),
    )


def letter_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> tuple[Column[LetterRow], ...]:
    """Return the columns of the letters; the first one is where they are marked."""
    return (
        Column(key=MARK, title="", text=lambda _row: "", value=lambda _row: "", width=34),
        Column(
            key="record",
            title=tr("Record"),
            text=lambda row: record_words(row.letter),
            value=lambda row: row.letter.record_id,
            hint=lambda row: "\n".join(part for part in (row.letter.label, row.letter.record_id) if part),
            icon=lambda row: letter_look(row.letter, now()).icon,
            tone=lambda row: letter_look(row.letter, now()).tone.value,
            width=140,
            grows=1,
        ),
        Column(
            key="cause",
            title=tr("Cause"),
            text=lambda row: brief(cause_words(row.letter)),
            value=lambda row: row.letter.cause,
            hint=lambda row: f"{cause_words(row.letter)}\n{row.letter.value[:300]}".strip(),
            width=160,
            grows=3,
        ),
        Column(
            key="entity",
            title=tr("Entity"),
            text=lambda row: row.title,
            value=lambda row: row.letter.entity,
            width=92,
            yields=1,
        ),
        *_tries_columns(now, zone),
        *_care_columns(now, zone),
        Column(
            key="id",
            title=tr("Record id"),
            text=lambda row: row.letter.record_id or "–",
            value=lambda row: row.letter.record_id,
            width=150,
            yields=9,
        ),
    )
