"""Brings the database's tables to this program's version: by Alembic, one process at a time, all or nothing.

Alembic is imported only when there is something to do, so that a usual start stays quick.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from sqlalchemy import Connection, Table, inspect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateSchema

from tsh_sync_gui.core.errors import SchemaMismatchError, TransientError
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.store.migrations import FOLDER, HEAD, KNOWN
from tsh_sync_gui.store.tables import TSH, metadata
from tsh_sync_gui.store.tables_sync import SYNC

VERSION_TABLE: Final = "alembic_version"
# An arbitrary number that all versions of the program agree on.
LOCK: Final = 0x7453_4801
_PATIENCE_S: Final = 300

Progress = Callable[[str], None]


def refuse_newer(version: str) -> None:
    """Raise SchemaMismatchError when *version* of the tables is none that this program knows."""
    if version and version not in KNOWN:
        raise SchemaMismatchError(
            "This database was made by a newer version of the program",
            advice="Install the newest version on this computer too. Nothing was changed.",
            cause=f"schema {version}, known are {', '.join(KNOWN)}",
        )


async def upgrade(engine: AsyncEngine, *, progress: Progress) -> None:
    """Apply all migrations the database lacks in one transaction; others that start meanwhile wait."""
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade, progress)


def _upgrade(connection: Connection, progress: Progress) -> None:
    _lock(connection, progress)
    version = read_version(connection)
    refuse_newer(version)
    if version == HEAD:
        return
    progress("Updating the tables" if version else "Creating the tables")
    from alembic import command  # noqa: PLC0415 -- its import costs more than a whole start without migrations
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    # A per cent sign in the folder's name would be read as the file format's interpolation.
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    connection.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
    connection.exec_driver_sql("SET LOCAL statement_timeout = '10min'")
    command.upgrade(config, "head")


def _lock(connection: Connection, progress: Progress) -> None:
    if connection.exec_driver_sql(f"SELECT pg_try_advisory_xact_lock({LOCK})").scalar():
        return
    progress("Waiting for another program that updates the tables")
    connection.exec_driver_sql(f"SET LOCAL statement_timeout = '{_PATIENCE_S}s'")
    try:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    except Exception as error:
        if getattr(getattr(error, "orig", None), "sqlstate", "") != "57014":
            raise
        raise TransientError(
            "Another program has been updating the tables for a long time",
            advice="Wait for it, or stop it, and start again.",
        ) from error
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")


def read_version(connection: Connection) -> str:
    """Return the version of the database's tables, '' when there are none."""
    if connection.exec_driver_sql(f"SELECT to_regclass('{SYNC}.{VERSION_TABLE}')").scalar() is None:
        return ""
    return str(connection.exec_driver_sql(f"SELECT version_num FROM {SYNC}.{VERSION_TABLE}").scalar() or "")


async def create_entity_tables(connection: AsyncConnection, entities: Iterable[Entity]) -> list[str]:
    """Create the `tsh` tables, columns and indexes that *entities* have and the database lacks; returns their names.

    This is the draft of a migration: tests use it for entities of their own, engineers to see what a spec needs.
    """
    return await connection.run_sync(_create_missing, tuple(entities))


def _create_missing(connection: Connection, entities: tuple[Entity, ...]) -> list[str]:
    connection.execute(CreateSchema(TSH, if_not_exists=True))
    there = inspect(connection)
    made: list[str] = []
    for table in metadata(entities).sorted_tables:
        if table.schema != TSH:
            continue
        if there.has_table(table.name, schema=TSH):
            made.extend(_widen(connection, table))
        else:
            table.create(connection)
            made.append(table.name)
    return made


def _widen(connection: Connection, table: Table) -> list[str]:
    there = inspect(connection)
    columns = {column["name"] for column in there.get_columns(table.name, schema=table.schema)}
    indexes = {index["name"] for index in there.get_indexes(table.name, schema=table.schema)}
    made: list[str] = []
    for column in table.columns:
        if column.name not in columns:
            clause = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.schema}.{table.name} ADD COLUMN {clause}")
            made.append(f"{table.name}.{column.name}")
    for index in table.indexes:
        if index.name not in indexes:
            connection.execute(CreateIndex(index))
            made.append(str(index.name))
    return made
