"""Dead letters made for tests, as a sync would write them."""

from __future__ import annotations

import json
from typing import Any

from tsh_sync_gui.engine.ports import Rejected
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.mirror_letters import write_letters


def rejected(record_id: str, *, field: str = "rate", reason: str = "", **members: Any) -> Rejected:
    """Return a record whose *field* cannot be read."""
    payload = json.dumps({"item_id": record_id, **members}, ensure_ascii=False).encode()
    words = reason or f"Zoho sent a value we cannot read: “{field}” is not a number"
    return Rejected(record_id=record_id, field=field, value=str(members.get(field, "")), reason=words, payload=payload)


async def write(database: Database, entity: str, *records: Rejected, part: str = "list", run: str = "run-1") -> None:
    """Keep *records* as dead letters of *entity*."""
    async with database.raw() as connection, connection.cursor() as cursor:
        await write_letters(cursor, REGISTRY.get(entity), records, part=part, run=run)  # type: ignore[arg-type]  # a plain text
