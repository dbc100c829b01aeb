"""The ids of undecoded records."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


def record_ids(records: Iterable[msgspec.Raw], key: str) -> set[str]:
    """Return the ids under *key*; strings and integers alike (zoho-api.md 6).

    Records without one, and records that cannot be read, are left out.
    """
    shape = msgspec.defstruct("Identified", [("id", str | int | None, msgspec.field(name=key, default=None))])
    decoder = msgspec.json.Decoder(shape)
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
