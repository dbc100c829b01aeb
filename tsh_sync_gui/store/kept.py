"""Pages an estimate has read, in `sync.kept_pages`: used by the walk that follows while they are fresh."""

from __future__ import annotations

from typing import Final

import msgspec

from tsh_sync_gui.engine.ports import KeptList, PageReply
from tsh_sync_gui.store.database import Database

_FRESH: Final = "kept_at > clock_timestamp() - interval '15 minutes'"
_KEEP: Final = """
INSERT INTO sync.kept_pages (list, page, sent_at, server_date, has_more, records, body)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (list, page) DO UPDATE SET kept_at = now(), sent_at = excluded.sent_at, is_last = false,
    server_date = excluded.server_date, has_more = excluded.has_more, records = excluded.records, body = excluded.body
"""
# How long a list was stays worth knowing; what it said then is not read any more.
_EMPTY_STALE: Final = f"UPDATE sync.kept_pages SET body = '' WHERE NOT {_FRESH} AND body <> ''"
_LAST: Final = "UPDATE sync.kept_pages SET is_last = page = %s WHERE list = %s"
_LOOK: Final = f"SELECT page, is_last, records, {_FRESH} FROM sync.kept_pages WHERE list = %s"
_PAGE: Final = f"""
SELECT sent_at, server_date, has_more, body FROM sync.kept_pages WHERE list = %s AND page = %s AND {_FRESH}
"""

_records: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode


class PgKeptPages:
    """Pages by list, for all processes of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, name: str, reply: PageReply) -> None:
        """Keep one page of a list."""
        body = b"[" + b",".join(map(bytes, reply.records)) + b"]"
        facts = (reply.sent_at, reply.server_date, reply.has_more, len(reply.records))
        async with self._database.raw() as connection:
            await connection.execute(_EMPTY_STALE)
            await connection.execute(_KEEP, (name, reply.page, *facts, body))

    async def found_last(self, name: str, page: int) -> None:
        """Note that *page* is the list's last."""
        async with self._database.raw() as connection:
            await connection.execute(_LAST, (page, name))

    async def look(self, name: str) -> KeptList:
        """Return what is kept of a list."""
        async with self._database.raw() as connection:
            rows = await (await connection.execute(_LOOK, (name,))).fetchall()
        fresh = frozenset(page for page, _, _, is_fresh in rows if is_fresh)
        last = next(((page, records) for page, is_last, records, _ in rows if is_last), None)
        return KeptList(fresh=fresh, last=last[0] if last else None, on_last=last[1] if last else 0)

    async def page(self, name: str, number: int) -> PageReply | None:
        """Return a page that is still fresh."""
        async with self._database.raw() as connection:
            row = await (await connection.execute(_PAGE, (name, number))).fetchone()
        if row is None:
            return None
        sent_at, server_date, has_more, body = row
        return PageReply(
            page=number,
            records=_records(body),
            has_more=has_more,
            sent_at=sent_at,
            server_date=server_date,
            size=len(body),
        )

    async def forget(self, name: str) -> None:
        """Drop what is kept of a list."""
        async with self._database.raw() as connection:
            await connection.execute("DELETE FROM sync.kept_pages WHERE list = %s", (name,))
