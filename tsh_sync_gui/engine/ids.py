"""The ids of undecoded records."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


def record_ids(records: Iterable[msgspec.Raw], key: str) -> set[str]:
    """Return the ids under *key*; strings and integers alike (zoho-api.md 6), records without one are left out."""
    shape = msgspec.defstruct("Identified", [("id", str | int | None, msgspec.field(name=key, default=None))])
    decoder = msgspec.json.Decoder(shape)
    found = (getattr(decoder.decode(record), "id", None) for record in records)
    return {str(one) for one in found if one not in {None, ""}}
