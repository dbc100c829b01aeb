"""One value of Zoho's JSON into one cell, by kind, and the words for what cannot be read (ux.md 3).

A reader takes a value's own bytes and returns its cell: NULL for what is absent (missing, `null` and `""` alike,
zoho-api.md 0.9), else text that PostgreSQL takes for that kind. It raises ValueError with the end of the sentence
“… is not a number”. What Zoho writes day by day is matched by one expression; all else is decoded first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from tsh_sync_gui.engine.copytext import NULL, escape, escape_json
from tsh_sync_gui.entities.spec import Kind

Reader = Callable[[bytes], str]

LONGEST_ID: Final = 100
LONGEST_STAMP: Final = 40
LONGEST_JSON: Final = 1_000_000
MOST_DIGITS: Final = 40
_LONGEST_NUMBER: Final = 200
_TOO_MANY_DIGITS: Final = f"has more than {MOST_DIGITS} digits"
_BIGINT: Final = range(-(2**63), 2**63)
_KEPT: Final = 8192

ABSENT: Final = frozenset((b"", b"null", b'""'))

_DATE = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}"
_TIME = r"T(?:[01][0-9]|2[0-3])(?::[0-5][0-9]){2}(?:\.[0-9]{1,9})?"
_ZONE = "(?:Z|[+-](?:0[0-9]|1[0-5]):?[0-5][0-9])"
_STAMP: Final = re.compile(f"({_DATE}){_TIME}{_ZONE}")
_DAY_LENGTH: Final = len("2026-10-06")
_LIKE_THIS: Final = "2026-11-22T10:24:19+0300"
_NAIVE: Final = re.compile(_DATE + _TIME.replace("T", "[T ]"))
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_ID: Final = re.compile(rf"[!-\[\]-~]{{1,{LONGEST_ID}}}")
_INTEGER = "-?(?:0|[1-9][0-9]{0,19})"
_SHORT_NUMBER: Final = re.compile(rf"({_INTEGER}\.[0-9]{{0,18}}[1-9])0*|({_INTEGER})(?:\.0+)?".encode())
_ANY_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_DIGITS: Final = re.compile(r"(-?)0*([0-9]+?)(?:\.([0-9]*?)0*)?")
_FLAGS: Final = {"true": "t", "false": "f"}


class _Value(NamedTuple):
    """A JSON value: whether it was a text, a number or a flag, and its text; a structure has *shape* `structure`."""

    shape: str
    text: str


class _Known(dict[bytes, str]):
    """Cells of values met before; a few thousand are kept, then it starts anew."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    def __missing__(self, raw: bytes) -> str:
        cell = self._reader(raw)
        if len(self) >= _KEPT:
            self.clear()
        self[raw] = cell
        return cell


def _value(raw: bytes) -> _Value:
    match raw[:1]:
        case b'"':
            return _Value("text", msgspec.json.decode(raw, type=str))
        case b"t" | b"f":
            return _Value("flag", raw.decode())
        case b"{" | b"[":
            return _Value("structure", raw.decode())
        case _:
            return _Value("number", raw.decode())


def _number(raw: bytes) -> str:
    found = _SHORT_NUMBER.fullmatch(raw)
    if found and raw[:2] != b"-0":
        return (found[1] or found[2]).decode()
    if raw in ABSENT:
        return NULL
    value = _value(raw)
    if value.shape not in {"text", "number"} or not _ANY_NUMBER.fullmatch(value.text):
        raise ValueError("is not a number")
    return _shortest(value.text)


def _shortest(number: str) -> str:
    """Return *number* without the zeros and the exponent that make no difference, so that equal ones are equal."""
    if len(number) > _LONGEST_NUMBER:
        raise ValueError(_TOO_MANY_DIGITS)
    found = _DIGITS.fullmatch(_without_exponent(number.lower()))
    if found is None:
        raise ValueError(_TOO_MANY_DIGITS)
    sign, whole, fraction = found[1], found[2], found[3] or ""
    if len(whole) + len(fraction) > MOST_DIGITS:
        raise ValueError(_TOO_MANY_DIGITS)
    text = f"{whole}.{fraction}" if fraction else whole
    return text if text == "0" else sign + text


def _without_exponent(text: str) -> str:
    if "e" not in text:
        return text
    if abs(int(text.partition("e")[2])) > _LONGEST_NUMBER:
        return ""
    return format(Decimal(text), "f")


def _integer(raw: bytes) -> str:
    cell = _number(raw)
    if cell != NULL and "." in cell:
        raise ValueError("is not a whole number")
    if cell != NULL and int(cell) not in _BIGINT:
        raise ValueError("is too large a whole number")
    return cell


def _flag(raw: bytes) -> str:
    if raw in ABSENT:
        return NULL
    value = _value(raw)
    if value.shape not in {"flag", "text"} or value.text not in _FLAGS:
        raise ValueError("is neither true nor false")
    return _FLAGS[value.text]


def _day(raw: bytes) -> str:
    if raw in ABSENT:
        return NULL
    value = _value(raw)
    if value.shape != "text" or not _DAY.fullmatch(value.text):
        raise ValueError("is not a day such as 2026-11-22")
    _check_calendar(value.text)
    return value.text


@lru_cache(maxsize=_KEPT)
def _check_calendar(day: str) -> None:
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise ValueError("is a day no calendar has") from error


def check_stamp(text: str) -> None:
    """Raise ValueError when *text* is no moment in a known time zone."""
    found = _STAMP.fullmatch(text)
    if found is None:
        is_naive = _NAIVE.fullmatch(text)
        raise ValueError("does not say its time zone" if is_naive else f"is not a time such as {_LIKE_THIS}")
    _check_calendar(found[1])


def check_stamps(texts: Iterable[str]) -> None:
    """Raise ValueError when one of *texts* is no moment in a known time zone."""
    given = tuple(texts)
    if not all(map(_STAMP.fullmatch, given)):
        raise ValueError("there is a time that is none")
    for day in {text[:_DAY_LENGTH] for text in given}:
        _check_calendar(day)


def _stamp(raw: bytes) -> str:
    if raw in ABSENT:
        return NULL
    value = _value(raw)
    if value.shape != "text":
        raise ValueError(f"is not a time such as {_LIKE_THIS}")
    check_stamp(value.text)
    return value.text


def _id(raw: bytes) -> str:
    if raw in ABSENT:
        return NULL
    value = _value(raw)
    is_id = _ID.fullmatch(value.text) if value.shape == "text" else value.text.isdigit()
    if not is_id or len(value.text) > LONGEST_ID:
        raise ValueError("is not an id")
    return value.text


def _json(raw: bytes) -> str:
    if raw in ABSENT:
        return NULL
    if len(raw) > LONGEST_JSON:
        raise ValueError(f"is longer than {LONGEST_JSON:,} bytes")
    return escape_json(raw).decode()


def text_reader(longest: int) -> Reader:
    """Return the reader of texts of up to *longest* characters; a number counts as its text."""

    def text(raw: bytes) -> str:
        if raw in ABSENT:
            return NULL
        value = _value(raw)
        if value.shape not in {"text", "number"}:
            raise ValueError("is not text")
        if len(value.text) > longest:
            raise ValueError(f"is longer than {longest:,} characters")
        return escape(value.text)

    return text


READERS: Final[dict[Kind, Reader]] = {
    Kind.ID: _id,
    Kind.MONEY: _Known(_number).__getitem__,
    Kind.NUMBER: _Known(_number).__getitem__,
    Kind.INTEGER: _Known(_integer).__getitem__,
    Kind.FLAG: _Known(_flag).__getitem__,
    Kind.DAY: _Known(_day).__getitem__,
    Kind.STAMP: _stamp,
    Kind.JSON: _json,
}
"""The reader of every kind but TEXT; kinds of few different values remember them."""
