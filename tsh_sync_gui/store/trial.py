"""Looks at a database before it is chosen, and creates one that is missing; nothing else is changed there."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import psycopg
from psycopg import sql

from tsh_sync_gui.core.errors import ConfigurationError, SchemaMismatchError
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store import probe
from tsh_sync_gui.store.address import Address, parse_address
from tsh_sync_gui.store.errors import refused, translated
from tsh_sync_gui.store.migrations import HEAD
from tsh_sync_gui.store.tables import metadata

_MAINTENANCE: Final = ("postgres", "template1")
_MAY_CREATE: Final = "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
_EXISTS: Final = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = %s)"
_USER: Final = "SELECT current_user, current_database()"
_THERE: Final = """
SELECT n.nspname || '.' || c.relname,
       has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
       AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'),
       pg_has_role(current_user, c.relowner, 'USAGE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('tsh', 'sync') AND c.relkind IN ('r', 'p')
"""
_SCHEMAS: Final = """
SELECT nspname FROM pg_namespace WHERE nspname IN ('tsh', 'sync', 'jobs')
ORDER BY array_position(ARRAY['tsh', 'sync', 'jobs'], nspname::text)
"""
_OWNER: Final = "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'sync.runs'::regclass"
_PLAIN: Final = re.compile(r"[a-z_][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is at an address. *missing_right* names what the user lacks, *remedy* the statement that grants it."""

    version: str = ""
    exists: bool = True
    may_create_database: bool = False
    missing_right: str = ""
    remedy: str = ""
    tables_present: int = 0
    tables_missing: tuple[str, ...] = ()
    mirrors: str = ""


def wanted_tables(entities: Iterable[Entity]) -> tuple[str, ...]:
    """Return the names of all tables the program makes, in the order in which they are made."""
    return tuple(f"{table.schema}.{table.name}" for table in metadata(tuple(entities)).sorted_tables)


async def examine(url: str, entities: Iterable[Entity]) -> Found:
    """Look at the database at *url*; raises what keeps the program from using that server at all."""
    address = parse_address(url)
    wanted = wanted_tables(entities)
    try:
        async with _session(address) as connection:
            return await _look(connection, address, wanted)
    except ConfigurationError as error:
        if "does not exist" not in error.title:
            raise
        refusal = error
    try:
        async with _maintenance(address) as connection:
            server = await probe.look(connection)
            if server.number < probe.OLDEST:
                probe.check_server(server, address)
            if await _value(connection, _EXISTS, (address.database,)):
                raise refusal
            may_create = bool(await _value(connection, _MAY_CREATE))
            user = str(await _value(connection, "SELECT current_user"))
    except (ConfigurationError, SchemaMismatchError):
        raise refusal from None
    found = Found(version=server.version, exists=False, may_create_database=may_create, tables_missing=wanted)
    if may_create:
        return found
    remedy = f"CREATE DATABASE {_name(address.database)} OWNER {_name(user)} ENCODING 'UTF8' TEMPLATE template0;"
    return replace(found, missing_right=f"the right to create the database “{address.database}”", remedy=remedy)


async def create(url: str) -> None:
    """Create the database that *url* names, empty and in UTF-8; ConfigurationError names the missing right."""
    address = parse_address(url)
    if not address.database:
        raise ConfigurationError(
            "The address names no database", advice="Write postgresql://user:password@host:5432/database."
        )
    async with _maintenance(address) as connection:
        statement = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(
            sql.Identifier(address.database)
        )
        try:
            await connection.execute(statement)
        except psycopg.errors.DuplicateDatabase:
            return
        except psycopg.errors.InsufficientPrivilege as error:
            raise ConfigurationError(
                f"The user “{address.user}” may not create databases",
                advice=f"The right CREATEDB is missing: ALTER ROLE {_name(address.user or 'the user')} CREATEDB;",
                cause=str(error),
            ) from None


async def _look(connection: psycopg.AsyncConnection[Any], address: Address, wanted: tuple[str, ...]) -> Found:
    server = await probe.look(connection)
    probe.check_server(replace(server, may_use=True), address)
    rows = await (await connection.execute(_USER)).fetchall()
    user, database = rows[0]
    there = {name: (may_write, is_owner) for name, may_write, is_owner in await _rows(connection)}
    found = Found(
        version=server.version,
        tables_present=sum(name in there for name in wanted),
        tables_missing=tuple(name for name in wanted if name not in there),
    )
    role = _name(user)
    # Only what is there: a statement that names a schema too many grants nothing at all.
    schemas = ", ".join(name for (name,) in await (await connection.execute(_SCHEMAS)).fetchall())
    on_tables = (
        f"GRANT ALL ON ALL TABLES IN SCHEMA {schemas} TO {role};"
        f" GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schemas} TO {role};"
    )
    if not server.may_use:
        grant = f"GRANT ALL ON SCHEMA {schemas} TO {role}; {on_tables}"
        return replace(found, missing_right="the right to use the schemas tsh and sync", remedy=grant)
    if not server.schema and not server.may_create:
        grant = f"GRANT CREATE ON DATABASE {_name(database)} TO {role};"
        return replace(found, missing_right=f"the right to make schemas and tables in “{database}”", remedy=grant)
    if closed := next((name for name in wanted if name in there and not there[name][0]), ""):
        return replace(found, missing_right=f"the right to read and write {closed}", remedy=on_tables)
    if server.schema not in {"", HEAD} and not all(is_owner for _, is_owner in there.values()):
        owner = _name(str(await _value(connection, _OWNER)))
        missing = "ownership of the tables, which must be brought up to date"
        return replace(found, missing_right=missing, remedy=f"GRANT {owner} TO {role};")
    if "sync.organization" in there:
        mirrors = await _value(connection, "SELECT name || ' (' || id || ')' FROM sync.organization")
        found = replace(found, mirrors=str(mirrors or ""))
    return found


async def _rows(connection: psycopg.AsyncConnection[Any]) -> list[Any]:
    return await (await connection.execute(_THERE)).fetchall()


async def _value(connection: psycopg.AsyncConnection[Any], statement: str, values: tuple[Any, ...] = ()) -> Any:
    row = await (await connection.execute(statement.encode(), values)).fetchone()
    return row[0] if row else None


@asynccontextmanager
async def _session(address: Address) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    with translated():
        try:
            connection = await psycopg.AsyncConnection.connect(**address.connect_args("set-up"), autocommit=True)
        except psycopg.Error as error:
            raise refused(error, address, kind="server") from error
        async with connection:
            yield connection


@asynccontextmanager
async def _maintenance(address: Address) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
    """Enter the server by a database that every server has."""
    last = len(_MAINTENANCE) - 1
    for number, name in enumerate(_MAINTENANCE):
        entered = False
        try:
            async with _session(Address({**address.params, "dbname": name})) as connection:
                entered = True
                yield connection
                return
        except ConfigurationError:
            if entered or number == last:
                raise


def _name(text: str) -> str:
    """Return a role's or database's name as a statement takes it."""
    return text if _PLAIN.match(text) else '"' + text.replace('"', '""') + '"'
