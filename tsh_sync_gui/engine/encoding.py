"""Which records hold text that PostgreSQL does not take: bytes that are no UTF-8, NUL, halves of a character.

PostgreSQL's `json` type would keep the escapes of the last two, and every later reading of them would fail.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final

from tsh_sync_gui.core.errors import RecordRejectedError
from tsh_sync_gui.engine.rows import rejection

_TOGETHER: Final = 16
"""So many records are decoded as one: each alone costs thrice as much, and a page more memory than is at hand."""


def is_utf8(text: bytes) -> bool:
    """Tell whether *text* is UTF-8."""
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_plain(records: Sequence[bytes]) -> bool:
    r"""Tell whether all *records* are UTF-8 and spell no character as `\u…`: there is nothing in them to look for."""
    for start in range(0, len(records), _TOGETHER):
        together = b",".join(records[start : start + _TOGETHER])
        if not is_utf8(together) or (b"\\" in together and rb"\u" in together):
            return False
    return True


def find_trouble(record: bytes) -> RecordRejectedError | None:
    """Return why *record* cannot be kept, None when it can."""
    try:
        check_text(record)
    except RecordRejectedError as error:
        return error
    return None


def check_text(record: bytes) -> None:
    """Raise RecordRejectedError when *record* holds such text anywhere, naming the member that does."""
    has_escapes = rb"\u" in record and (rb"\u0000" in record or rb"\ud" in record or rb"\uD" in record)
    if not has_escapes and is_utf8(record):
        return
    content = read_leniently(record)
    members = content.items() if isinstance(content, dict) else [("", content)]
    for key, value in members:
        for text in (key, *_texts(value)):
            if why := _trouble(text):
                raise rejection(
                    _shown(key), _shown(text).encode(), f"Zoho sent a value we cannot keep: “{_shown(key)}” {why}"
                )
    if not is_utf8(record):
        raise rejection("", record, "Zoho sent a record that is not UTF-8 text")


def read_leniently(record: bytes) -> object:
    """Return what *record* holds, numbers as text, bytes that are no UTF-8 as lone surrogates; None for no JSON."""
    try:
        return json.loads(record.decode(errors="surrogateescape"), parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return None


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for key, inner in value.items():
                yield key
                yield from _texts(inner)
        case list():
            for inner in value:
                yield from _texts(inner)


def _trouble(text: str) -> str:
    if "\0" in text:
        return "holds the character NUL"
    if any("\udc80" <= character <= "\udcff" for character in text):
        return "is not UTF-8 text"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "holds half a character"
    return ""


def _shown(text: str) -> str:
    return text.encode(errors="replace").decode().replace("\0", "␀")
