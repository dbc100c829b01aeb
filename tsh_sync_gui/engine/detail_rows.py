"""Rows made of a record's detail: its own columns, its children by table, and the rows a spread makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Raw

from tsh_sync_gui.core.errors import RecordRejectedError
from tsh_sync_gui.engine import copytext
from tsh_sync_gui.engine.copytext import NULL
from tsh_sync_gui.engine.list_rows import NO_DOCUMENT, ListRows, id_field, modified_field
from tsh_sync_gui.engine.ports import DetailBatch, Lines, Rejected
from tsh_sync_gui.engine.reading import ABSENT
from tsh_sync_gui.engine.rows import Cells, RowReader, rejection
from tsh_sync_gui.entities.spec import Child, Entity, Spread

KEY_SEPARATOR: Final = "\x1f"
"""Stands between the parts of a spread row's key in `Lines.keys`."""

SOURCE_KEY: Final = "@key"
"""The source of a child's field that holds the key its row stood under."""

_elements: Final = msgspec.json.Decoder(list[Raw]).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderedDetail:
    """One record's detail in lines; *spread* are pairs of key and line."""

    id: str
    line: bytes
    children: dict[str, list[bytes]]
    spread: list[tuple[str, bytes]]


class DetailRows:
    """Reads and renders the details of *entity*."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._reader = RowReader((id_field(entity), *entity.detail_fields, modified_field(entity)), subject=entity.one)
        self._children = [_Children(child) for child in entity.children]
        self._spread = _SpreadRows(entity, entity.spread) if entity.spread else None
        objects = {key for child in entity.children for key in child.objects}
        arrays = [child.source for child in entity.children] + list(entity.spread.arrays if entity.spread else ())
        self._arrays = _Arrays(tuple(dict.fromkeys(arrays)), tuple(sorted(objects)))

    def render(self, record: bytes, observed: str) -> RenderedDetail:
        """Return the detail *record* in lines; RecordRejectedError when anything in it cannot be taken."""
        cells = self._reader.read(record)
        arrays = self._arrays.read(record)
        return RenderedDetail(
            id=cells[0],
            line=copytext.line_with((*cells, observed), NO_DOCUMENT if self._spread else copytext.escape_json(record)),
            children={one.table: one.lines(cells[0], arrays) for one in self._children},
            spread=list(self._spread.rows(record, arrays, observed)) if self._spread else [],
        )

    def batch(self, details: Iterable[RenderedDetail], rejected: list[Rejected]) -> DetailBatch:
        """Return *details*, each id once, as one batch."""
        batch = DetailBatch(
            entity=self._entity,
            ids=[],
            lines=Lines(columns=self._entity.detail_columns),
            children={one.table: Lines(columns=one.columns) for one in self._children},
            spread=Lines(columns=self._entity.copy_columns) if self._spread else None,
            rejected=rejected,
        )
        for detail in details:
            batch.ids.append(detail.id)
            batch.lines.keys.append(detail.id)
            batch.lines.lines.append(detail.line)
            for table, lines in detail.children.items():
                batch.children[table].keys.extend([detail.id] * len(lines))
                batch.children[table].lines.extend(lines)
            if batch.spread:
                batch.spread.keys.extend(key for key, _ in detail.spread)
                batch.spread.lines.extend(line for _, line in detail.spread)
        return batch


class _Arrays:
    """Finds the lists, and the single *objects*, that stand in a detail under their keys."""

    def __init__(self, lists: tuple[str, ...], objects: tuple[str, ...]) -> None:
        keys = (*lists, *objects)
        self._keys = keys
        self._objects = frozenset(objects)
        members = [(f"m{at}", Raw, Raw(b"")) for at in range(len(keys))]
        names = {f"m{at}": key for at, key in enumerate(keys)}
        self._decode = msgspec.json.Decoder(msgspec.defstruct("Arrays", members, rename=names)).decode

    def read(self, record: bytes) -> dict[str, list[Raw]]:
        """Return the elements by key, none for a list that is absent."""
        if not self._keys:
            return {}
        values = msgspec.structs.astuple(self._decode(record))
        found = zip(self._keys, map(bytes, values), strict=True)
        return {
            key: [Raw(raw)] if key in self._objects and raw.startswith(b"{") else _list(key, raw) for key, raw in found
        }


def _list(key: str, raw: bytes) -> list[Raw]:
    if raw in ABSENT:
        return []
    try:
        return _elements(raw)
    except msgspec.DecodeError as error:
        raise rejection(key, raw, f"Zoho sent a value we cannot read: “{key}” is not a list") from error


def _read_element(reader: RowReader, element: bytes, where: str) -> Cells:
    """Return the cells of a list's *element*; what is refused is named as standing in *where*."""
    try:
        return reader.read(element)
    except RecordRejectedError as error:
        field = f"{where}.{error.field}" if error.field else where
        raise RecordRejectedError(error.title, field=field, value=error.value) from error


class _Children:
    """Renders the rows of one child table; positions count from 1, in Zoho's order."""

    def __init__(self, child: Child) -> None:
        self.table = child.table
        self.columns = ("parent_zoho_id", "position", *(field.name for field in child.fields))
        self._sources = (*child.objects, child.source)
        self._array = child.source
        keys = [at for at, field in enumerate(child.fields) if field.keys == (SOURCE_KEY,)]
        self._key_place = keys[0] if keys else None
        self._reader = RowReader(child.fields, subject=f"entry of {child.source}")

    def lines(self, parent: str, arrays: dict[str, list[Raw]]) -> list[bytes]:
        """Return the lines of the record *parent*; an object without any value is no row."""
        found: list[bytes] = []
        for source in self._sources:
            for at, one in enumerate(arrays[source], start=1):
                where = f"{source}[{at}]" if source == self._array else source
                cells = list(_read_element(self._reader, bytes(one), where))
                if source != self._array and all(cell == NULL for cell in cells):
                    continue
                if self._key_place is not None:
                    cells[self._key_place] = source
                found.append(copytext.line((parent, str(len(found) + 1), *cells)))
        return found


class _SpreadRows:
    """Renders a row like a list row for each element of the first list that has any."""

    def __init__(self, entity: Entity, spread: Spread) -> None:
        self._arrays = spread.arrays
        self._rows = ListRows(entity)
        own = [field.name for field in spread.fields]
        shared = [field for field in entity.list_fields if field.name not in own]
        self._record = RowReader((id_field(entity), *shared, modified_field(entity)), subject=entity.one)
        self._element = RowReader(spread.fields, subject=f"entry of {spread.arrays[0]}")
        self._columns = ["zoho_id", *(field.name for field in entity.list_fields), "zoho_modified_at"]
        self._record_columns = ["zoho_id", *(field.name for field in shared), "zoho_modified_at"]
        self._element_columns = own
        self._key = [own.index(name) for name in spread.key]

    def rows(self, record: bytes, arrays: dict[str, list[Raw]], observed: str) -> Iterator[tuple[str, bytes]]:
        """Yield key and line of each row that *record* makes."""
        source = next((key for key in self._arrays if arrays[key]), "")
        if not source:
            return
        shared = dict(zip(self._record_columns, self._record.read(record), strict=True))
        for at, element in enumerate(arrays[source], start=1):
            own = _read_element(self._element, bytes(element), f"{source}[{at}]")
            values = shared | dict(zip(self._element_columns, own, strict=True))
            cells = [values.get(name, NULL) for name in self._columns]
            key = KEY_SEPARATOR.join((cells[0], *(own[place] for place in self._key)))
            yield key, self._rows.line(cells, observed, NO_DOCUMENT)
