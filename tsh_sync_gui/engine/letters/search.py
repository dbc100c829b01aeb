"""The search language of dead letters: what a person typed, as terms, or what is wrong with it and where.

`sku:ABC entity:customers age>2d error:"tax"`: all terms hold; `-` before one turns it round; words without a field are
looked for everywhere. A field that is none of FIELDS is one of the record's own.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import parse_moment
from tsh_sync_gui.engine.letters.query import LetterQuery, Match, Term
from tsh_sync_gui.engine.letters.values import Part, quoted

__all__ = ["FIELDS", "STATES", "SearchError", "parse", "quoted"]

FIELDS: Final[Mapping[str, str]] = {
    "entity": "customers, products, … by name, Zoho's word or route",
    "cause": "words of the cause; cause:=“…” is exactly this one",
    "state": "open, snoozed, resolved, discarded or all",
    "id": "how the record's id begins",
    "letter": "the dead letter's own number",
    "part": "list, detail, job or delivery",
    "kind": "validation, unreachable, authorisation, …",
    "assignee": "a name, me or nobody",
    "error": "words of the reason",
    "note": "words of the note",
    "run": "how the run's id begins",
    "tries": "tries>3: how often it was met",
    "age": "age>2d: first seen longer ago; age<3h: since then",
    "since": "first seen since: 2d, 3h, today, yesterday, 2026-11-01",
    "before": "first seen before that",
    "is": "new, mine, snoozed or unassigned",
    "payload": "payload.state:KA: a field of the record whose name is used here for something else",
}
STATES: Final = ("open", "snoozed", "resolved", "discarded", "all")

_TERM: Final = re.compile(
    r"""(?P<minus>-?)
    (?: (?P<field>[^\W\d][\w.]*) (?P<operator>:=|:>|:<|:|>|<|=) )?
    (?P<value> "(?:[^"\\]|\\.)*" | “[^”]*” | [^\s"“]\S* )?""",
    re.VERBOSE,
)
_SPAN: Final = re.compile(r"(\d{1,6})\s*(m|min|h|d|w)\Z")
_UNITS: Final = {"m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800}
_TEXTS: Final = {
    "cause": Match.CAUSE,
    "error": Match.ERROR,
    "note": Match.NOTE,
    "id": Match.ID,
    "run": Match.RUN,
    "kind": Match.KIND,
}
_NEAR: Final = 0.75


class SearchError(ConfigurationError):
    """A search that cannot be understood: *position* counts characters from 0."""

    def __init__(self, title: str, *, position: int, length: int, advice: str = "") -> None:
        super().__init__(title, advice=f"{advice} (At character {position + 1}.)".strip())
        self.position = position
        self.length = length


@dataclass(frozen=True, slots=True)
class _Piece:
    """One term as typed, and what it is understood with."""

    field: str
    operator: str
    value: str
    is_negated: bool
    position: int
    length: int

    def wrong(self, title: str, advice: str) -> SearchError:
        return SearchError(title, position=self.position, length=self.length, advice=advice)


def parse(
    text: str, *, now: datetime, me: str = "", resolve: Callable[[str], str] = lambda name: name.lower()
) -> LetterQuery:
    """Return the search that *text* says; SearchError with the place of what is not understood.

    *me* is whom `assignee:me` means, *resolve* gives an entity's name. Without a state open letters are meant that
    are not snoozed.
    """
    terms: list[Term] = []
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        piece, at = _next(text, at)
        terms.append(_term(piece, now=now, me=me, resolve=resolve))
    if not any(one.match in {Match.STATE, Match.LETTER} and not one.is_negated for one in terms):
        terms.append(Term(match=Match.STATE, text="open"))
    return LetterQuery(terms=tuple(terms), written=text.strip())


def _next(text: str, at: int) -> tuple[_Piece, int]:
    found = _TERM.match(text, at)
    end = found.end() if found else at
    if found is None or found["value"] is None:
        length = max(1, end - at)
        if found is not None and found["field"]:
            raise SearchError(
                f"“{text[at:end]}” asks for nothing",
                position=at,
                length=length,
                advice=f"Write a value right behind it, such as {text[at:end]}{_example(found['field'])}.",
            )
        if text[end : end + 1] in {'"', "“"}:
            raise SearchError(
                "A quotation mark is not closed", position=end, length=len(text) - end, advice="Close it, or leave it."
            )
        raise SearchError(f"“{text[at:end]}” is no word", position=at, length=length, advice="Write a word behind it.")
    value = found["value"]
    if value[0] == '"':
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    elif value[0] == "“":
        value = value[1:-1]
    operator = (found["operator"] or "").replace(":", "")
    piece = _Piece((found["field"] or ""), operator, value, bool(found["minus"]), at, end - at)
    return piece, end


def _example(field: str) -> str:
    return {"state": "open", "is": "new", "part": "list", "since": "2d"}.get(field, "…")


def _term(piece: _Piece, *, now: datetime, me: str, resolve: Callable[[str], str]) -> Term:
    name, value = piece.field.lower(), piece.value
    match name:
        case "":
            return _made(piece, Match.TEXT, value)
        case "entity":
            return _made(piece, Match.ENTITY, _entity(piece, resolve), operator="=")
        case "state":
            return _made(piece, Match.STATE, _one_of(piece, STATES))
        case "part":
            return _made(piece, Match.PART, _one_of(piece, tuple(Part)), operator="=")
        case "assignee":
            who = {"me": me, "nobody": ""}.get(value.lower(), value)
            return _made(piece, Match.ASSIGNEE, who, operator="=")
        case "letter":
            if not (value.isascii() and value.isdigit()):
                raise piece.wrong(f"“{value}” is no letter's number", "A number is wanted.")
            return _made(piece, Match.LETTER, value, operator="=")
        case "tries":
            return _number(piece)
        case "age" | "since" | "before":
            return _time(piece, now)
        case "is":
            return _is(piece, me)
        case _ if name in _TEXTS:
            return _made(piece, _TEXTS[name], value, operator="=" if piece.operator == "=" else "")
        case _:
            return _payload(piece)


def _made(piece: _Piece, match: Match, text: str, *, operator: str = "", name: str = "") -> Term:
    return Term(match=match, text=text, name=name, operator=operator, is_negated=piece.is_negated)


def _entity(piece: _Piece, resolve: Callable[[str], str]) -> str:
    if not piece.value:
        return ""
    try:
        return resolve(piece.value)
    except ConfigurationError as error:
        raise piece.wrong(error.title, error.advice) from error


def _one_of(piece: _Piece, allowed: tuple[str, ...]) -> str:
    found = piece.value.lower()
    if found not in allowed:
        raise piece.wrong(f"There is no {piece.field.lower()} “{piece.value}”", f"Allowed: {', '.join(allowed)}.")
    return found


def _number(piece: _Piece) -> Term:
    if not (piece.value.isascii() and piece.value.isdigit()):
        raise piece.wrong(f"“{piece.value}” is no number", "Write tries>3, tries<2 or tries:1.")
    number = int(piece.value) if len(piece.value) < 20 else 2**31 - 1
    return _made(piece, Match.TRIES, str(min(number, 2**31 - 1)), operator=piece.operator or "=")


def _time(piece: _Piece, now: datetime) -> Term:
    span = _SPAN.match(piece.value.lower())
    name = piece.field.lower()
    if name == "age":
        if span is None or piece.operator not in {"<", ">"}:
            raise piece.wrong(f"“{piece.value}” is no age", "Write age>2d, age<3h, age>30min or age>1w.")
        is_older = piece.operator == ">"
    else:
        is_older = name == "before"
    try:
        moment = now - timedelta(seconds=int(span[1]) * _UNITS[span[2]]) if span else _moment(piece.value, now)
    except (ValueError, OverflowError) as error:
        raise piece.wrong(
            f"“{piece.value}” is no time", "Write 2d, 3h, 30min, 1w, today, yesterday or a date such as 2026-11-01."
        ) from error
    return Term(match=Match.BEFORE if is_older else Match.SINCE, moment=moment, is_negated=piece.is_negated)


def _moment(text: str, now: datetime) -> datetime:
    local = now.astimezone()
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    match text.lower():
        case "today":
            return midnight
        case "yesterday":
            return midnight - timedelta(days=1)
        case _:
            return parse_moment(text)


def _is(piece: _Piece, me: str) -> Term:
    match piece.value.lower():
        case "new":
            return _made(piece, Match.NEW, "")
        case "mine":
            return _made(piece, Match.ASSIGNEE, me, operator="=")
        case "unassigned":
            return _made(piece, Match.ASSIGNEE, "", operator="=")
        case "snoozed":
            return _made(piece, Match.STATE, "snoozed")
        case _:
            raise piece.wrong(f"Nothing is “{piece.value}”", "Allowed: new, mine, snoozed, unassigned.")


def _payload(piece: _Piece) -> Term:
    name = piece.field
    if name.lower().startswith("payload."):
        name = name[len("payload.") :]
    elif near := difflib.get_close_matches(name.lower(), FIELDS, n=1, cutoff=_NEAR):
        raise piece.wrong(
            f"There is no field “{name}”",
            f"Did you mean “{near[0]}”? A field of the record of that name: payload.{name}:{piece.value}",
        )
    if not name:
        raise piece.wrong("Which field of the record?", "Write payload.state:KA.")
    if piece.operator in {"<", ">"}:
        raise piece.wrong(
            f"“{name}” can't be compared by “{piece.operator}”", f"Write {name}:{piece.value} or {name}:={piece.value}."
        )
    return _made(piece, Match.PAYLOAD, piece.value, name=name.lower(), operator=piece.operator)
