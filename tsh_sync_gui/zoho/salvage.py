r"""The records of a reply that does not decode as a whole, cut apart so that only the bad ones are lost.

msgspec refuses a whole document for half a character (`\ud800`) anywhere in it. The standard library reads on, and
tells where each record begins and ends; the normalizer then refuses just those that hold such text.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from msgspec import Raw

_decoder: Final = json.JSONDecoder(parse_int=str, parse_float=str)
_SPACE: Final = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Salvaged:
    """A reply's records, undecoded, and its other members (numbers as their text)."""

    records: list[Raw]
    envelope: dict[str, Any]


def salvage(body: bytes, key: str) -> Salvaged:
    """Return the records that stand under *key* in the reply *body*; ValueError when it is no JSON object."""
    text = body.decode(errors="surrogateescape")
    records: list[Raw] = []
    envelope: dict[str, Any] = {}
    at = _expect(text, 0, "{")
    while text[at : at + 1] != "}":
        name, at = _decoder.raw_decode(text, at)
        at = _expect(text, at, ":")
        if name == key and text[at : at + 1] == "[":
            at = _cut(text, at, records)
        else:
            envelope[name], at = _decoder.raw_decode(text, at)
        at = _next(text, at, "}")
    return Salvaged(records=records, envelope=envelope)


def _cut(text: str, at: int, records: list[Raw]) -> int:
    """Add the elements of the list that begins at *at* to *records*; returns where the list ends."""
    at = _expect(text, at, "[")
    while text[at : at + 1] != "]":
        _, end = _decoder.raw_decode(text, at)
        records.append(Raw(text[at:end].encode(errors="surrogateescape")))
        at = _next(text, end, "]")
    return at + 1


def _next(text: str, at: int, closing: str) -> int:
    """Return where the next element begins, or where *closing* stands."""
    at = _skip(text, at)
    return at if text[at : at + 1] == closing else _expect(text, at, ",")


def _expect(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError(f"{mark} expected at character {at}")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at
