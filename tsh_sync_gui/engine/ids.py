"""The ids of undecoded records."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

import msgspec


def record_ids(records: Iterable[msgspec.Raw], key: str) -> set[str]:
    """Return the ids under *key*; strings and integers alike (zoho-api.md 6).

    Records without one, and records that cannot be read, are left out.
    """
    decoder = _decoder(key)
    found = set()
    for record in records:
        try:
            one = getattr(decoder.decode(record), "id", None)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # A record that nobody can name stands for none of the ids; the normalizer rejects it in words.
            continue
        if one not in {None, ""}:
            found.add(str(one))
    return found


@cache
def _decoder(key: str) -> msgspec.json.Decoder[Any]:
    shape = msgspec.defstruct("Identified", [("id", str | int | None, msgspec.field(name=key, default=None))])
    return msgspec.json.Decoder(shape)
