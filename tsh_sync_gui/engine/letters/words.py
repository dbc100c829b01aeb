"""What a letter is found and grouped by: the text that is searched, the cause without particulars, the record's name.

The searched text is one line a value: a code for its name, `=`, the value in small letters. Codes are of capitals and
digits, so that words a person types (which are looked for in small letters, too) never find a name; they are short,
because a search reads all of it. The letter's own lines begin with @.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from zlib import crc32

import msgspec

from tsh_sync_gui.engine.rows import members_of
from tsh_sync_gui.entities.spec import Entity

LONGEST_LABEL: Final = 200
_LONGEST_VALUE: Final = 120
_LONGEST: Final = 2000
_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PARTICULARS: Final = re.compile(r"“[^”]*”|\"[^\"]*\"|'[^']*'|\d+")
_NUMBERS: Final = re.compile(r"\d+")
_EXAMPLE: Final = re.compile(r" such as \S*…\S*")
_value: Final = msgspec.json.Decoder().decode


def cause_of(field: str, reason: str) -> str:
    """Return *reason* without its particulars (values, ids, numbers), so that letters group by it."""
    where, name = _NUMBERS.sub("…", field), field.rpartition(".")[2]

    def general(found: re.Match[str]) -> str:
        # The name of the field is what they have in common.
        return found[0] if name and found[0][1:-1] == name else "…"

    return f"{where}: {_PARTICULARS.sub(general, reason)}" if field else _PARTICULARS.sub(general, reason)


def title_of(cause: str, field: str) -> str:
    """Return a cause in words: without the field before it, where the words name it themselves.

    An example of what would be right is left out: its numbers went with the particulars.
    """
    cause = _EXAMPLE.sub("", cause)
    where, _, words = cause.partition(": ")
    if not field or not words or where != _NUMBERS.sub("…", field):
        return cause
    return words if field.rpartition(".")[2] in words else f"{words} ({where})"


def label_of(payload: bytes, entity: Entity | None) -> str:
    """Return what a person knows the refused record by, as far as its text says it."""
    members = members_of(payload) if entity is not None else None
    if entity is None or not members:
        return ""
    keys = next((field.keys for field in entity.fields if field.name == entity.label), (entity.label,))
    return next((text for key in keys if (text := _text(members.get(key)))), "")[:LONGEST_LABEL]


def code_of(name: str) -> str:
    """Return what stands for a member's *name* in the searched text: three signs, the same for no two in thousands."""
    number = crc32(name.lower().encode("utf-8", "replace"))
    return "".join(_DIGITS[number // 36**place % 36] for place in range(3))


def searchable(payload: bytes, own: Mapping[str, str]) -> str:
    """Return the text that is searched: the letter's *own* values, then those of the record's members."""
    lines = [f"@{code_of(name)}={_line(value)}" for name, value in own.items() if value]
    size = sum(map(len, lines))
    for name, raw in (members_of(payload) or {}).items():
        value = _text(raw)
        if not value:
            continue
        line = f"{code_of(name)}={_line(value)}"
        if size + len(line) > _LONGEST:
            break
        lines.append(line)
        size += len(line) + 1
    return "\n".join(["", *lines, ""])


def _text(raw: Any) -> str:
    """Return a member's value as text, numbers as they are written; "" for what is nothing, a flag, or holds others."""
    if raw is None:
        return ""
    text = bytes(raw)
    try:
        value = _value(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(value, str):
        return value
    return text.decode() if isinstance(value, (int, float)) and not isinstance(value, bool) else ""


def _line(text: str) -> str:
    shown = text[:_LONGEST_VALUE].replace("\x00", "␀").encode("utf-8", "replace").decode()
    return " ".join(shown.split()).lower()
