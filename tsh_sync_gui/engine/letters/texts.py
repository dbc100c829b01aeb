"""Payloads as people read them: laid out, and compared value by value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from tsh_sync_gui.engine.letters.values import Difference

MOST_DIFFERENCES: Final = 500
_LONGEST: Final = 1000
_DEEPEST: Final = 100


class _Number(str):
    """A number as it is written: 12.50 is not 12.5 to a person who compares."""

    __slots__ = ()


def laid_out(payload: bytes) -> tuple[str, bool]:
    """Return *payload* as text, one value a line where it is JSON, and whether it is."""
    try:
        return msgspec.json.format(payload, indent=2).decode(), True
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return payload.decode(errors="replace").replace("\x00", "␀"), False


def compact(text: str) -> bytes:
    """Return JSON *text* without the blanks that laid it out; numbers stay as they are written."""
    return msgspec.json.format(text.encode(), indent=-1)


def differences(before: bytes | str | None, after: bytes | str | None) -> tuple[Difference, ...]:
    """Return what differs between two JSON texts, value by value; () when one of them is none."""
    if not before or not after:
        return ()
    try:
        old, new = dict(_values(_read(before))), dict(_values(_read(after)))
    except (ValueError, RecursionError):
        return ()
    paths = [*old, *(path for path in new if path not in old)]
    found = (Difference(path=one, before=old.get(one), after=new.get(one)) for one in paths)
    return tuple(one for one in found if one.before != one.after)[:MOST_DIFFERENCES]


def _read(text: bytes | str) -> Any:
    return json.loads(text, parse_float=_Number, parse_int=_Number)


def _values(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield path and text of each value that holds no others."""
    if depth > _DEEPEST:
        yield path, "…"
    elif isinstance(value, dict) and value:
        for name, one in value.items():
            yield from _values(one, f"{path}.{name}" if path else str(name), depth + 1)
    elif isinstance(value, list) and value:
        for at, one in enumerate(value, start=1):
            yield from _values(one, f"{path}[{at}]", depth + 1)
    elif isinstance(value, _Number):
        yield path, str(value)
    elif isinstance(value, str):
        yield path, value[:_LONGEST]
    else:
        yield path, json.dumps(value)
