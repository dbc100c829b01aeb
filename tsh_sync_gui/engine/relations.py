"""Which other records a record names: an invoice its customer. Derived from the specs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from tsh_sync_gui.engine.ids import record_ids
from tsh_sync_gui.entities.spec import Entity, Field, Kind


def named_parents(entity: Entity, known: Mapping[str, Entity]) -> tuple[tuple[Entity, Field], ...]:
    """Return the parents that a record of *entity* names in a field of its own, and that field."""
    found = []
    for name in entity.parents:
        parent = known.get(name)
        if parent is not None:
            columns = {
                f"{word}_zoho_id" for word in (parent.one.replace(" ", "_"), *(api.record for api in parent.apis))
            }
            found += [(parent, field) for field in entity.fields if field.kind is Kind.ID and field.name in columns]
    return tuple(found)


def parent_ids(record: msgspec.Raw, entity: Entity, known: Mapping[str, Entity]) -> Iterable[tuple[Entity, str]]:
    """Yield the records that *record* names, with their entities."""
    for parent, field in named_parents(entity, known):
        for key in field.keys:
            if ids := record_ids([record], key):
                yield parent, ids.pop()
                break
