"""Searches of dead letters as SQL conditions, and rows as letters."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, assert_never

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.letters.query import Chosen, LetterQuery, Match, Term
from tsh_sync_gui.engine.letters.values import Letter, LetterOrder, LetterState, LetterWork, Part, WorkState
from tsh_sync_gui.engine.letters.words import code_of
from tsh_sync_gui.store.mirror_letters import clean

_PLAIN: Final = (
    *("entity", "record_id", "label", "cause", "field", "value", "reason", "kind", "advice", "tries"),
    *("first_seen_at", "last_seen_at", "run_id", "retried_at", "assigned_to", "note", "snoozed_until"),
    *("resolved_at", "resolved_by", "discarded_at", "discarded_by", "discard_reason", "locked_until"),
)
COLUMNS: Final = (
    f"d.id, d.part, d.state, CASE WHEN d.locked_until > now() THEN d.locked_by ELSE '' END,"
    f" coalesce(d.first_seen_at > (SELECT looked_at FROM sync.letter_looks WHERE person = %(person)s), true),"
    f" {', '.join(f'd.{name}' for name in _PLAIN)}"
)
ORDERS: Final[Mapping[LetterOrder, tuple[str, str]]] = {
    LetterOrder.LAST_SEEN: ("d.last_seen_at", "timestamptz"),
    LetterOrder.FIRST_SEEN: ("d.first_seen_at", "timestamptz"),
    LetterOrder.RECORD: ("(CASE WHEN d.label = '' THEN d.record_id ELSE d.label END)", "text"),
    LetterOrder.ENTITY: ("d.entity", "text"),
    LetterOrder.CAUSE: ("d.cause", "text"),
    LetterOrder.TRIES: ("d.tries", "integer"),
    LetterOrder.ASSIGNEE: ("d.assigned_to", "text"),
}
"""The expression a list is sorted by, and its type."""

ROOM: Final = "SET LOCAL work_mem = '32MB'"
"""Room to sort and count a hundred thousand letters in memory."""

IS_OPEN: Final = "d.state = 'open' AND (d.snoozed_until IS NULL OR d.snoozed_until <= now())"
_IS_SNOOZED: Final = "d.state = 'open' AND d.snoozed_until > now()"
_STATES: Final = {
    "open": IS_OPEN,
    "snoozed": _IS_SNOOZED,
    "resolved": "d.state = 'resolved'",
    "discarded": "d.state = 'discarded'",
    "all": "true",
}
_IS_NEW: Final = (
    "d.first_seen_at > coalesce((SELECT looked_at FROM sync.letter_looks WHERE person = %(person)s), '-infinity')"
)
_OPERATORS: Final = {"<": "<", ">": ">", "=": "="}
_SPECIAL: Final = re.compile(r"([\\%_])")
_REGEX: Final = re.compile(r"([^\w\s])")
_LARGEST: Final = 2**63 - 1
_LONGEST_NUMBER: Final = 20
WORK_COLUMNS: Final = (
    "w.id, w.by, w.written, w.is_careful, w.pace, w.lane, w.state, coalesce(cardinality(w.letters), 0), w.done,"
    " w.succeeded, w.failed, w.skipped, w.calls, w.started_at, w.ended_at, w.until, w.words"
)


# Resolved letters are forgotten after 90 days; discarded ones when nothing met them for as long: until then they keep
# the same fault from coming back. What was done with them goes with them.
FORGET: Final = (
    """
DELETE FROM sync.dead_letters WHERE id IN (
    SELECT id FROM sync.dead_letters WHERE (state = 'resolved' AND resolved_at < now() - interval '90 days')
        OR (state = 'discarded' AND greatest(discarded_at, last_seen_at) < now() - interval '90 days') LIMIT 5000)
""",
    """
DELETE FROM sync.letter_history WHERE id IN (
    SELECT h.id FROM sync.letter_history h WHERE h.at < now() - interval '90 days'
        AND NOT EXISTS (SELECT FROM sync.dead_letters d WHERE d.id = h.letter_id) LIMIT 5000)
""",
    """
DELETE FROM sync.attempts WHERE id IN (
    SELECT a.id FROM sync.attempts a WHERE a.subject = 'letter' AND a.ended_at < now() - interval '90 days'
        AND NOT EXISTS (SELECT FROM sync.dead_letters d WHERE d.id::text = a.subject_id) LIMIT 5000)
""",
    "DELETE FROM sync.letter_works WHERE ended_at < now() - interval '90 days'",
)
"""Statements, one after the other; each does a few thousand at once."""


NEXT_TRIES: Final = """
SELECT id, min(at) FROM (
    SELECT d.id, job.scheduled_at AS at FROM sync.dead_letters d JOIN jobs.procrastinate_jobs job
        ON job.status = 'todo' AND job.scheduled_at > now() AND job.queueing_lock =
            CASE d.record_id WHEN '' THEN d.record_key ELSE concat_ws(':', %(fetch)s::text, d.entity, d.record_id) END
    WHERE d.id = ANY(%(ids)s::bigint[])
    UNION ALL
    SELECT one.id, w.until FROM sync.letter_works w, unnest(w.letters[w.done + 1 :]) AS one (id)
    WHERE w.state = 'waiting' AND w.until > now() AND one.id = ANY(%(ids)s::bigint[])
) waiting GROUP BY id
"""
"""When letters are tried again by themselves: a job of the same work waits, or the retry they are part of."""


class Condition:
    """A condition on `sync.dead_letters d` with the values it needs."""

    def __init__(self, which: Chosen, *, person: str) -> None:
        self.values: dict[str, Any] = {"person": person}
        if isinstance(which, LetterQuery):
            parts = [f"({self._term(term)})" for term in which.terms]
        else:
            parts = [f"d.id = ANY({self._value([number_of(one) for one in which])}::bigint[])"]
        self.sql = " AND ".join(parts) or "true"

    def _term(self, term: Term) -> str:
        condition = self._condition(term)
        return f"NOT coalesce({condition}, false)" if term.is_negated else condition

    def _condition(self, term: Term) -> str:
        match term.match:
            case Match.TEXT:
                return self._holds("d.words", term.text)
            case Match.CAUSE if term.operator == "=":
                return f"d.cause = {self._value(term.text)}"
            case Match.CAUSE:
                return self._holds("lower(d.cause)", term.text)
            case Match.STATE:
                return _STATES[term.text]
            case Match.LETTER:
                return f"d.id = {self._value(number_of(term.text))}"
            case Match.ENTITY | Match.PART:
                return f"d.{term.match} = {self._value(term.text)}"
            case Match.KIND | Match.NOTE:
                return self._words(term.match, term)
            case Match.ERROR:
                return self._words("reason", term)
            case Match.ASSIGNEE:
                return f"lower(d.assigned_to) = {self._value(term.text.lower())}"
            case Match.ID:
                return self._begins("record_id", term)
            case Match.RUN:
                return f"({self._begins('run_id', term)} OR {self._begins('resolved_by', term)})"
            case Match.TRIES:
                return f"d.tries {_OPERATORS[term.operator]} {self._value(int(term.text))}"
            case Match.SINCE:
                return f"d.first_seen_at >= {self._value(term.moment)}"
            case Match.BEFORE:
                return f"d.first_seen_at < {self._value(term.moment)}"
            case Match.NEW:
                return _IS_NEW
            case Match.PAYLOAD:
                return self._payload(term)
            case _:
                assert_never(term.match)

    def _value(self, value: Any) -> str:
        name = f"v{len(self.values)}"
        self.values[name] = clean(value) if isinstance(value, str) else value
        return f"%({name})s"

    def _holds(self, column: str, text: str) -> str:
        return f"{column} LIKE {self._value('%' + _escaped(_one_line(text)) + '%')}"

    def _words(self, column: str, term: Term) -> str:
        if term.operator == "=":
            return f"lower(d.{column}) = {self._value(term.text.lower())}"
        return self._holds(f"lower(d.{column})", term.text)

    def _begins(self, column: str, term: Term) -> str:
        return f"d.{column} LIKE {self._value(_escaped(term.text) + '%')}"

    def _payload(self, term: Term) -> str:
        name, text = code_of(term.name), _one_line(term.text)
        if term.operator == "=":
            return f"d.words LIKE {self._value('%' + chr(10) + name + '=' + _escaped(text) + chr(10) + '%')}"
        # The first condition is quick and rules out nearly all; the second keeps to the one line.
        near = self._value(f"%\n{name}=%{_escaped(text)}%")
        exact = self._value(f"\n{name}=[^\n]*{_in_regex(text)}")
        return f"d.words LIKE {near} AND d.words ~ {exact}"


def _in_regex(text: str) -> str:
    return _REGEX.sub(lambda found: f"\\{found[1]}", text)


def number_of(letter: str) -> int:
    """Return a row's number; what is none, as a person may type it, is no row's."""
    number = int(letter) if letter.isascii() and letter.isdigit() and len(letter) < _LONGEST_NUMBER else -1
    return number if number <= _LARGEST else -1


def _one_line(text: str) -> str:
    """Return *text* as it stands in the searched text."""
    return " ".join(clean(text).split()).lower()


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text)


def letter_of(row: tuple[Any, ...]) -> Letter:
    """Return the letter of a row of COLUMNS."""
    number, part, state, locked_by, is_new, *values = row
    return Letter(
        id=str(number),
        part=Part(part),
        state=LetterState(state),
        locked_by=locked_by,
        is_new=is_new,
        **dict(zip(_PLAIN, values, strict=True)),
    )


def work_of(row: tuple[Any, ...], *, new_failures: int = 0) -> LetterWork:
    """Return the retry of a row of WORK_COLUMNS."""
    number, by, written, is_careful, pace, lane, state, total, done, succeeded, failed, skipped, calls = row[:13]
    started_at, ended_at, until, words = row[13:17]
    return LetterWork(
        id=str(number),
        by=by,
        written=written,
        is_careful=is_careful,
        pace=pace,
        lane=Lane(lane),
        state=WorkState(state),
        total=total,
        done=done,
        succeeded=succeeded,
        failed=failed,
        skipped=skipped,
        calls=calls,
        new_failures=new_failures,
        started_at=started_at,
        ended_at=ended_at,
        until=until,
        words=words,
    )


def token(value: Any, number: int) -> str:
    """Return the text that asks for what comes behind a row."""
    return json.dumps([value.isoformat() if isinstance(value, datetime) else value, number], ensure_ascii=False)


def behind(after: str, kind: str) -> tuple[Any, int]:
    """Return the place that `token` made a text of, in a list sorted by a value of *kind*.

    ConfigurationError for another text.
    """
    try:
        value, number = json.loads(after)
        return _PLACES[kind](value), _row_number(number)
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise ConfigurationError("There is no such page", advice="Ask for the first one.") from None


def _row_number(value: Any) -> int:
    if type(value) is not int or abs(value) > _LARGEST:
        raise ValueError(value)
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return clean(value)


_PLACES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "timestamptz": datetime.fromisoformat,
    "text": _text,
    "integer": lambda value: max(0, min(int(value), 2**31 - 1)),
}
