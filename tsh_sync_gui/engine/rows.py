"""One record, or one element of a list in it, into the cells of its columns: fast where it is as expected.

The fast way lets msgspec take the record apart into a struct made for the fields; anything unusual (a number where
text is expected, a text too long, a value that cannot be read) sends that one record the careful way, field by field,
which gives the same cells or the words for the dead letters. Many records are read together, column by column: what is
done once for a column costs a record next to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType
from msgspec.structs import astuple

from tsh_sync_gui.core.errors import RecordRejectedError
from tsh_sync_gui.engine.copytext import NULL, escape_all
from tsh_sync_gui.engine.reading import (
    LONGEST_ID,
    LONGEST_STAMP,
    READERS,
    Reader,
    check_stamp,
    check_stamps,
    text_reader,
)
from tsh_sync_gui.entities.spec import Field, Kind

LONGEST_SHOWN: Final = 200
_TEXTS: Final = {Kind.TEXT: 0, Kind.ID: LONGEST_ID, Kind.STAMP: LONGEST_STAMP}
"""Kinds that msgspec decodes to text, and how long that may be (0: as the field says)."""
_MISSING: Final = Raw(b"")
_members: Final = msgspec.json.Decoder(dict[str, Raw]).decode

_FEWEST: Final = 8
"""So few records are read one by one."""

Cells = Sequence[str]


def picker(places: Sequence[int]) -> Callable[[Sequence[Any]], tuple[Any, ...]]:
    """Return what picks *places* of a sequence, in that order."""
    if len(places) > 1:
        return itemgetter(*places)
    return lambda values: tuple(values[place] for place in places)


def members_of(record: bytes) -> dict[str, Raw] | None:
    """Return the members of a JSON object, undecoded; None when *record* is no object."""
    try:
        return _members(record)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def rejection(field: str, value: bytes, reason: str) -> RecordRejectedError:
    """Return the error for a record whose *field* holds *value*, which is shown shortened."""
    text = value[: 4 * LONGEST_SHOWN + 2].decode(errors="replace")
    shown = text[1:].removesuffix('"') if text.startswith('"') else text
    return RecordRejectedError(reason, field=field, value=shown[:LONGEST_SHOWN])


class RowReader:
    """Reads the cells of *fields*, in their order; *subject* is what a record is called in words."""

    def __init__(self, fields: Sequence[Field], *, subject: str) -> None:
        self._fields = fields
        self._subject = subject
        self._careful: tuple[Reader, ...] = tuple(
            text_reader(field.longest) if field.kind is Kind.TEXT else READERS[field.kind] for field in fields
        )
        self._required = [place for place, field in enumerate(fields) if field.required]
        self._has_seen_one = False
        self._lay_out()

    def _lay_out(self, order: Iterable[str] = ()) -> None:
        """Group the fields: texts that msgspec decodes, then all that is read from its own bytes.

        Members that come in *order*, as the struct has them, are found at once.
        """
        undecoded = {key for one in self._fields for n, key in enumerate(one.keys) if n or one.kind not in _TEXTS}
        is_text = [one.keys[0] not in undecoded for one in self._fields]
        grouped = sorted(range(len(self._fields)), key=lambda place: not is_text[place])
        texts = {place: self._fields[place] for place in grouped if is_text[place]}
        others = grouped[len(texts) :]
        wanted = {key: None for one in self._fields for key in one.keys}
        seen = [key for key in order if key in wanted]
        keys = {key: at for at, key in enumerate(dict.fromkeys((*seen, *wanted)))}

        row = _row_type(keys, {key: _longest(key, texts.values()) for key in keys if key not in undecoded})
        self._decode = msgspec.json.Decoder(row).decode
        self._decode_all = msgspec.json.Decoder(list[row]).decode  # type: ignore[valid-type]  # made at run time
        self._text_kinds = [one.kind for one in texts.values()]
        self._pick_texts = picker([keys[one.keys[0]] for one in texts.values()])
        self._pick_ids = picker([at for at, one in enumerate(texts.values()) if one.kind is Kind.ID])
        self._pick_stamps = picker([at for at, one in enumerate(texts.values()) if one.kind is Kind.STAMP])
        self._pick_others = picker([keys[self._fields[place].keys[0]] for place in others])
        self._readers = [self._careful[place] for place in others]
        self._further = [
            (at, self._careful[place], [keys[key] for key in self._fields[place].keys[1:]])
            for at, place in enumerate(grouped)
            if len(self._fields[place].keys) > 1
        ]
        self._in_order = picker([grouped.index(place) for place in range(len(grouped))])

    def read(self, record: bytes) -> Cells:
        """Return the cells of *record*; RecordRejectedError when it cannot be taken."""
        try:
            cells = self._fast(record)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return self._slow(record)
        for place in self._required:
            if cells[place] == NULL:
                return self._slow(record)
        return cells

    def read_all(self, records: Sequence[bytes]) -> list[Cells | RecordRejectedError]:
        """Return the cells of each of *records*, or why it cannot be taken; an unusual one costs the others little."""
        if len(records) < _FEWEST:
            return [self._outcome(bytes(record)) for record in records]
        if not self._has_seen_one:
            self._has_seen_one = True
            self._lay_out(members_of(records[0]) or ())
        try:
            return self._columns(records)
        except (msgspec.DecodeError, ValueError, RecursionError):
            middle = len(records) // 2
            return self.read_all(records[:middle]) + self.read_all(records[middle:])

    def _outcome(self, record: bytes) -> Cells | RecordRejectedError:
        try:
            return self.read(record)
        except RecordRejectedError as error:
            return error

    def _columns(self, records: Sequence[bytes]) -> list[Cells | RecordRejectedError]:
        """Return the cells of *records*; ValueError when one of them wants care."""
        array = b"[%b]" % b",".join(records)
        rows = self._decode_all(array)
        if len(rows) != len(records):
            raise ValueError("what should be one record is several")
        values = list(zip(*map(astuple, rows), strict=True))
        has_escapes = b"\\" in array
        columns = [
            _text_column(column, kind, has_escapes=has_escapes)
            for column, kind in zip(self._pick_texts(values), self._text_kinds, strict=True)
        ]
        columns += [
            list(map(read, map(bytes, column)))
            for read, column in zip(self._readers, self._pick_others(values), strict=True)
        ]
        for at, read, places in self._further:
            for place in places:
                if NULL in columns[at]:
                    pairs = zip(columns[at], values[place], strict=True)
                    columns[at] = [read(bytes(raw)) if cell == NULL else cell for cell, raw in pairs]
        found = self._in_order(columns)
        if any(NULL in found[place] for place in self._required):
            raise ValueError("a required value is missing")
        return list(zip(*found, strict=True))

    def _fast(self, record: bytes) -> Cells:
        values = astuple(self._decode(record))
        texts = [text or "" for text in self._pick_texts(values)]
        ids = "".join(self._pick_ids(texts))
        if ids and not (ids.isdigit() and ids.isascii()):
            raise ValueError("there is an id that has more than digits")
        for stamp in self._pick_stamps(texts):
            if stamp:
                check_stamp(stamp)
        if b"\\" in record:
            texts = escape_all(texts)
        cells = [text or NULL for text in texts]
        cells += [read(bytes(raw)) for read, raw in zip(self._readers, self._pick_others(values), strict=True)]
        for at, read, places in self._further:
            for place in places:
                if cells[at] == NULL:
                    cells[at] = read(bytes(values[place]))
        return self._in_order(cells)

    def _slow(self, record: bytes) -> Cells:
        members = members_of(record)
        if members is None:
            raise rejection("", record, f"Zoho sent something else where {_a(self._subject)} should be")
        return [self._cell(field, read, members) for field, read in zip(self._fields, self._careful, strict=True)]

    def _cell(self, field: Field, read: Reader, members: Mapping[str, Raw]) -> str:
        for key in field.keys:
            raw = bytes(members.get(key, _MISSING))
            try:
                cell = read(raw)
            except ValueError as error:
                raise rejection(key, raw, f"Zoho sent a value we cannot read: “{key}” {error}") from error
            if cell != NULL:
                return cell
        if field.required:
            heading = field.heading if field.heading.isupper() else field.heading.lower()
            raise rejection(field.keys[0], b"", f"{self._subject.capitalize()} needs {_a(heading)}")
        return NULL


def _longest(key: str, fields: Iterable[Field]) -> int:
    return min(_TEXTS[one.kind] or one.longest for one in fields if one.keys[0] == key)


def _text_column(values: Iterable[Any], kind: Kind, *, has_escapes: bool) -> list[str]:
    """Return the cells of decoded texts; ValueError when one of them wants care."""
    if kind is Kind.ID:
        ids = "".join(filter(None, values))
        if ids and not (ids.isdigit() and ids.isascii()):
            raise ValueError("there is an id that has more than digits")
    elif kind is Kind.STAMP:
        check_stamps(filter(None, values))
    elif has_escapes:
        return [text or NULL for text in escape_all([text or "" for text in values])]
    return [text or NULL for text in values]


def _row_type(keys: Mapping[str, int], longest: Mapping[str, int]) -> type[msgspec.Struct]:
    """Return a struct with a member for each of *keys*: text where *longest* says, else undecoded."""
    types: list[tuple[str, Any, Any]] = [
        (f"m{at}", Annotated[str, Meta(max_length=longest[key])] | None | UnsetType, UNSET)
        if key in longest
        else (f"m{at}", Raw, _MISSING)
        for key, at in keys.items()
    ]
    names = {f"m{at}": key for key, at in keys.items()}
    return msgspec.defstruct("Row", types, rename=names, gc=False)


def _a(noun: str) -> str:
    return f"an {noun}" if noun[0].lower() in "aeiou" else f"a {noun}"
