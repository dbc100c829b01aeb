"""Rows made of a list's records: typed columns, change stamp, content hash, when it was seen, Zoho's own text."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from tsh_sync_gui.core.errors import RecordRejectedError
from tsh_sync_gui.engine import copytext
from tsh_sync_gui.engine.copytext import NULL
from tsh_sync_gui.engine.rows import Cells, RowReader, picker
from tsh_sync_gui.entities.spec import Entity, Field, Kind

NO_DOCUMENT: Final = NULL.encode()


def id_field(entity: Entity) -> Field:
    """Return the field that identifies a record of *entity*."""
    return Field("zoho_id", Kind.ID, sources=(entity.pull.id,), title="id", required=True)


def modified_field(entity: Entity) -> Field:
    """Return the field with a record's change stamp."""
    return Field("zoho_modified_at", Kind.STAMP, sources=entity.pull.modified)


class ListRows:
    """Reads and renders the list rows of *entity*; their cells are id, list fields, change stamp."""

    def __init__(self, entity: Entity) -> None:
        fields = [id_field(entity), *entity.list_fields, modified_field(entity)]
        self._columns = len(fields)
        self._has_document = entity.spread is None
        self._condition: int | None = None
        if entity.spread:
            key = (entity.spread.only_with,)
            own = (place for place, field in enumerate(fields) if field.keys == key)
            self._condition = next(own, self._columns)
            if self._condition == self._columns:
                fields.append(Field("condition", Kind.JSON, sources=key))
        self._only = entity.pull.only
        if self._only:
            fields.append(Field("only", sources=(self._only[0],)))
        self._reader = RowReader(fields, subject=entity.one)
        names = [field.name for field in entity.list_fields]
        self._key_places = [1 + names.index(name) for name in entity.key[1:]]
        self._stable = picker([place for place, field in enumerate(entity.list_fields, start=1) if not field.volatile])

    def read(self, records: Sequence[bytes]) -> list[Cells | RecordRejectedError]:
        """Return the cells of each of *records*, none when it has no row here, or why it cannot be taken."""
        found = self._reader.read_all(records)
        if self._only is None and self._condition is None:
            return found
        return [one if isinstance(one, RecordRejectedError) else self._own(one) for one in found]

    def _own(self, cells: Cells) -> Cells:
        """Return those of *cells* that are columns, none when the record has no row here."""
        if self._only and cells[-1] not in {self._only[1], NULL}:
            return ()
        if self._condition is None:
            return cells[: self._columns]
        if cells[self._condition] == NULL:
            return ()
        row = list(cells[: self._columns])
        for place in self._key_places:
            row[place] = ""
        return row

    def line(self, cells: Cells, observed: str, document: bytes) -> bytes:
        """Return the COPY line of *cells*; *document* is Zoho's text as a cell of `documents`."""
        content = blake2b("\t".join(self._stable(cells)).encode(), digest_size=16).hexdigest()
        return copytext.line_with((*cells, rf"\\x{content}", observed), document)

    def documents(self, documents: Sequence[bytes]) -> Sequence[bytes]:
        """Return Zoho's texts as cells; they are kept once, not with the rows of a spread."""
        return copytext.escape_documents(documents) if self._has_document else [NO_DOCUMENT] * len(documents)
