"""Tries a database address before it is saved: nothing is made or changed there."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tsh_sync_gui.core.paths import default_home
from tsh_sync_gui.store import probe
from tsh_sync_gui.store.address import parse_address
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.embedded import EmbeddedServer


async def try_database(url: str) -> str:
    """Return in words what is at *url* (empty: the embedded server); raises what keeps the program from using it."""
    kind = "server" if url else "embedded"
    address = url or (await asyncio.to_thread(EmbeddedServer(default_home()).ensure)).sqlalchemy_url
    database = Database(parse_address(address), kind=kind)
    try:
        async with database.raw() as connection:
            server = await probe.look(connection)
        probe.check_server(server, database.address)
        if not server.schema:
            probe.check_may_create(server, database.address)
    finally:
        with suppress(OSError):
            await database.close()
    tables = f"tables of version {server.schema} are there" if server.schema else "its tables will be made"
    return f"Reached PostgreSQL {server.version}; {tables}."
