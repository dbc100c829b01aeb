"""Records that are created while the simulator runs: each is like a made-up one, but for what tells records apart."""

import re
from dataclasses import dataclass
from typing import Any, Self

from tsh_sync_gui.simulator.clock import stamp_text
from tsh_sync_gui.simulator.collection import ID_BASE, ID_SERIES, ID_STEP, Collection, Row

_NAMES = ("name", "item_name")
_NAMES_OF_A_CONTACT = ("contact_name", "customer_name", "vendor_name", "company_name")
_NUMBERS = ("salesorder_number", "invoice_number", "creditnote_number", "payment_number", "upc", "ean")
_EMPTIED = ("image_name", "image_type", "image_document_id")
_OWN_IDS = frozenset({"line_item_id", "contact_person_id", "address_id", "invoice_payment_id", "pricebook_item_id"})
"""Ids of what belongs to one record alone, so that a record like another needs others."""
_PARTS = 1000
_LAST_DIGITS = re.compile(r"\d+$")


@dataclass(frozen=True, slots=True)
class Origin:
    """What a created record is like, and what it has of its own."""

    index: int
    created: int
    values: Row

    @classmethod
    def of(cls, collection: Collection, row: Row, indexes: tuple[int, int], created: int) -> Self:
        """Return the origin of a record, given the list *row* it is like, and the indexes of both."""
        like, index = indexes
        own = {collection.id_key: collection.id_of(index), "created_time": stamp_text(created)}
        names = _NAMES_OF_A_CONTACT if "contact_name" in row else _NAMES
        own |= {key: f"{row[key]} (new {index + 1})" for key in names if row.get(key)}
        own |= {key: _moved(row[key], index - like) for key in _NUMBERS if row.get(key)}
        own |= dict.fromkeys((key for key in _EMPTIED if key in row), "")
        if row.get("sku"):
            own["sku"] = f"{row['sku']}-N{index + 1}"
        return cls(like, created, {key: value for key, value in own.items() if key in row})

    def value(self, column: str, alike: Any) -> Any:
        """Return the value of a sortable column, of which the record alike has *alike*."""
        return self.created if column == "created_time" else self.values.get(column, alike)

    def parted(self, detail: Row, index: int) -> Row:
        """Return *detail* with ids of its own for its lines, people and addresses."""
        found: dict[str, str] = {}
        _collect(detail, found)
        for place, old in enumerate(found):
            series = (int(old) - ID_BASE) // ID_SERIES
            # The upper half of a series is free: made-up records fill the lower.
            found[old] = str(ID_BASE + series * ID_SERIES + ID_SERIES // 2 + (index * _PARTS + place) * ID_STEP)
        own: Row = _replaced(detail, found)
        return own | ({"created_time": stamp_text(self.created)} if "created_time" in own else {})


def _moved(text: str, steps: int) -> str:
    return _LAST_DIGITS.sub(lambda found: f"{int(found[0]) + steps:0{len(found[0])}}", text)


def _collect(value: Any, found: dict[str, str]) -> None:
    if isinstance(value, dict):
        found.update({text: "" for key, text in value.items() if key in _OWN_IDS and text})
        for part in value.values():
            _collect(part, found)
    elif isinstance(value, list):
        for part in value:
            _collect(part, found)


def _replaced(value: Any, found: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(part, found) for key, part in value.items()}
    if isinstance(value, list):
        return [_replaced(part, found) for part in value]
    return found.get(value, value) if isinstance(value, str) else value
