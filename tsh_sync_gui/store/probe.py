"""What a start asks the server first: that it is new enough, writable, ours to use, and its tables known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from tsh_sync_gui.core.errors import ConfigurationError, SchemaMismatchError
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.address import VARIABLE, Address
from tsh_sync_gui.store.migrate import VERSION_TABLE, refuse_newer
from tsh_sync_gui.store.tables_sync import SYNC

OLDEST: Final = 150_000

_LOOK: Final = f"""
SELECT current_setting('server_version_num')::int, current_setting('server_version'),
       current_setting('server_encoding'), current_setting('transaction_read_only') = 'on',
       has_database_privilege(current_database(), 'CREATE'),
       coalesce((SELECT has_schema_privilege(oid, 'USAGE') FROM pg_namespace WHERE nspname = '{SYNC}'), true),
       EXISTS (SELECT FROM pg_class WHERE relname = '{VERSION_TABLE}' AND relnamespace = to_regnamespace('{SYNC}'))
"""
_RIGHTS: Final = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('tsh', 'sync', 'jobs') AND c.relkind IN ('r', 'p')
  AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')) ORDER BY 1 LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What the server says of itself; *schema* is the version of our tables, '' without any."""

    number: int
    version: str
    encoding: str
    read_only: bool
    may_create: bool
    may_use: bool
    schema: str


async def look(connection: psycopg.AsyncConnection[Any]) -> Server:
    """Ask the server for everything a start depends on."""
    row = await _one(connection, _LOOK)
    number, version, encoding, read_only, may_create, may_use, has_tables = row
    schema = ""
    if has_tables and may_use:
        schema = str((await _one(connection, f"SELECT max(version_num) FROM {SYNC}.{VERSION_TABLE}"))[0] or "")
    return Server(
        number=number,
        version=version.split()[0],
        encoding=encoding,
        read_only=read_only,
        may_create=may_create,
        may_use=may_use,
        schema=schema,
    )


def check_server(server: Server, address: Address) -> None:
    """Raise ConfigurationError or SchemaMismatchError when the program cannot work with *server*."""
    if server.number < OLDEST:
        raise ConfigurationError(
            f"PostgreSQL {server.version} is too old",
            advice=f"The program needs PostgreSQL 15 or newer. Upgrade the server at {address.where}, "
            f"or let {VARIABLE} name another; without it the program brings its own.",
        )
    if server.encoding != "UTF8":
        raise ConfigurationError(
            f"The database “{address.database}” cannot hold all letters",
            advice=f"Its encoding is {server.encoding}; create one with ENCODING 'UTF8' and let {VARIABLE} name it.",
        )
    if server.read_only:
        raise ConfigurationError(
            "The database is read-only",
            advice=f"{address.where} may be a standby copy. Let {VARIABLE} name the main server, "
            "or make the database writable.",
        )
    if not server.may_use:
        raise ConfigurationError(
            f"The user “{address.user}” may not use the schema {SYNC}",
            advice=f"As its owner run: GRANT ALL ON SCHEMA tsh, sync, jobs TO {address.user or 'the user'}; "
            "and likewise on all tables in them.",
        )
    refuse_newer(server.schema)


def check_may_create(server: Server, address: Address) -> None:
    """Raise ConfigurationError when the tables are to be made and the right for it is missing."""
    if not server.may_create and not server.schema:
        raise ConfigurationError(
            f"The user “{address.user}” may not create tables in “{address.database}”",
            advice=f"The right CREATE is missing: GRANT CREATE ON DATABASE {address.database or '…'} TO "
            f"{address.user or 'the user'};",
        )


async def check_tables(connection: psycopg.AsyncConnection[Any], entities: Iterable[Entity]) -> None:
    """Raise when a table of *entities* is missing or may not be written; make the audit's next months."""
    wanted = [entity.name for entity in entities]
    cursor = await connection.execute(
        f"SELECT ({_RIGHTS.strip()}), ARRAY(SELECT name FROM unnest(%s::text[]) AS wanted(name)"
        " WHERE to_regclass('tsh.' || quote_ident(name)) IS NULL), sync.make_audit_months(2)",
        (wanted,),
    )
    row: tuple[Any, ...] = await cursor.fetchone() or ("", [], 0)
    if row[0]:
        raise ConfigurationError(
            f"The database user may not read and write {row[0]}",
            advice="As the tables' owner run: GRANT ALL ON ALL TABLES IN SCHEMA tsh, sync, jobs TO the user; "
            "and GRANT USAGE ON ALL SEQUENCES IN SCHEMA tsh, sync, jobs TO the user;",
        )
    if row[1]:
        raise SchemaMismatchError(
            f"The database has no table for {', '.join(row[1])}",
            advice="Write the migration that creates it, then run `tsh-sync db upgrade`.",
        )


async def _one(connection: psycopg.AsyncConnection[Any], statement: str) -> tuple[Any, ...]:
    cursor = await connection.execute(statement.encode())
    row: tuple[Any, ...] | None = await cursor.fetchone()
    if row is None:
        raise SchemaMismatchError("The database gave no answer", advice="Check the server's log.", cause=statement)
    return row
