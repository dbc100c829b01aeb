"""Zoho's records into COPY lines, or into dead letters: one normalizer for each entity, made from its spec."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Raw

from tsh_sync_gui.core.errors import RecordRejectedError
from tsh_sync_gui.engine import copytext
from tsh_sync_gui.engine.copytext import NULL
from tsh_sync_gui.engine.detail_rows import DetailRows, RenderedDetail
from tsh_sync_gui.engine.encoding import check_text, find_trouble, is_plain, read_leniently
from tsh_sync_gui.engine.list_rows import ListRows
from tsh_sync_gui.engine.ports import Batch, DetailBatch, Lines, Rejected
from tsh_sync_gui.engine.reading import LONGEST_ID
from tsh_sync_gui.engine.rows import Cells, members_of
from tsh_sync_gui.entities.spec import Entity

_ZONE_AT: Final = len("2026-11-22T10:24:19")


class Normalizer:
    """Checks and renders the records of *entity*; one bad record never harms its neighbours."""

    def __init__(self, entity: Entity) -> None:
        self._entity = entity
        self._list = ListRows(entity)
        self._details = DetailRows(entity)

    @property
    def entity(self) -> Entity:
        """Return whose records these are."""
        return self._entity

    def page(self, records: Sequence[Raw], *, observed_at: datetime, since: datetime | None = None) -> Batch:
        """Return the list rows of one page; rows whose change stamp is before *since* are counted.

        A record that is whole, but has no row in this entity (see Spread), stands nowhere in the batch.
        """
        return self._rows(records, records, observed_at=observed_at, since=since)

    def details(self, records: Sequence[Raw], *, observed_at: datetime) -> DetailBatch:
        """Return the details of *records*: their own columns, their children, and the rows a spread makes of them.

        *ids* are the records whose children and spread rows are known now, also those that have none.
        """
        observed = copytext.stamp(observed_at)
        rendered: dict[str, RenderedDetail] = {}
        rejected: list[Rejected] = []
        for record in map(bytes, records):
            try:
                check_text(record)
                detail = self._details.render(record, observed)
            except RecordRejectedError as error:
                rejected.append(self._rejected(record, error))
            else:
                rendered[detail.id] = detail
        return self._details.batch(rendered.values(), rejected)

    def record(self, detail: Raw, *, stored_raw: bytes | None, observed_at: datetime) -> tuple[Batch, DetailBatch]:
        """Return list row and detail of a record fetched alone: its detail laid over what its list row said last.

        A key the detail lacks keeps the stored value, and the stored list row stays the row's `raw`. A record whose
        list row is refused has no detail either.
        """
        text = bytes(detail)
        row, document = text, text
        stored, fetched = members_of(stored_raw or b""), members_of(text)
        if stored_raw and stored is not None and fetched is not None:
            row, document = msgspec.json.encode(stored | fetched), stored_raw
        batch = self._rows([row], [document], observed_at=observed_at, since=None)
        batch.rejected = [replace(one, payload=text) for one in batch.rejected]
        return batch, self.details([] if batch.rejected else [detail], observed_at=observed_at)

    def _rows(
        self, records: Sequence[bytes], documents: Sequence[bytes], *, observed_at: datetime, since: datetime | None
    ) -> Batch:
        """Return the list rows of *records*; *documents*, one each, are what is kept as `raw`."""
        lines = Lines(columns=self._entity.copy_columns)
        rejected: list[Rejected] = []
        stamps: list[str] = []
        observed = copytext.stamp(observed_at)
        for record, row, document in zip(records, self._read(records), self._list.documents(documents), strict=True):
            if isinstance(row, RecordRejectedError):
                rejected.append(self._rejected(bytes(record), row))
            elif row:
                lines.keys.append(row[0])
                lines.lines.append(self._list.line(row, observed, document))
                stamps.append(row[-1])
        batch = Batch(entity=self._entity, ids=list(dict.fromkeys(lines.keys)), lines=lines, rejected=rejected)
        _take_times(batch, stamps, since)
        return batch

    def _read(self, records: Sequence[bytes]) -> list[Cells | RecordRejectedError]:
        """Return the cells of each of *records*, none for one without a row here, or why it cannot be taken."""
        if is_plain(records):
            return self._list.read(records)
        texts = list(map(bytes, records))
        troubles = [find_trouble(text) for text in texts]
        found = iter(self._list.read([text for text, why in zip(texts, troubles, strict=True) if why is None]))
        return [next(found) if why is None else why for why in troubles]

    def _rejected(self, record: bytes, error: RecordRejectedError) -> Rejected:
        content = read_leniently(record)
        found = content.get(self._entity.pull.id) if isinstance(content, dict) else None
        found = str(found) if type(found) is int else found
        known = found if isinstance(found, str) and found.isascii() and found.isprintable() else ""
        return Rejected(
            record_id=known[:LONGEST_ID], field=error.field, value=error.value, reason=error.title, payload=record
        )


def _take_times(batch: Batch, stamps: Sequence[str], since: datetime | None) -> None:
    """Set the batch's times; stamps of one zone are compared as text, and only the outermost are parsed."""
    zones: dict[str, list[str]] = {}
    for stamp in stamps:
        if stamp != NULL:
            zones.setdefault(stamp[_ZONE_AT:], []).append(stamp)
    outermost = [_moment(pick(alike)) for alike in zones.values() for pick in (min, max)]
    batch.oldest, batch.newest = min(outermost, default=None), max(outermost, default=None)
    if since is not None:
        batch.before_since = sum(_moment(stamp) < since for alike in zones.values() for stamp in alike)


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)
