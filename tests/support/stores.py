"""Databases with all tables for tests of the store, and waiting for what happens in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest

from tests.support.postgres import Databases
from tsh_sync_gui.core.values import Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database


def with_tables(url: str) -> None:
    """Prepare a template with all tables, also from within a running loop."""

    async def migrate() -> None:
        await (await Database.open(url, registry=REGISTRY)).close()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(migrate())).result()


@asynccontextmanager
async def opened(url: str, number: int = 1) -> AsyncIterator[list[Database]]:
    """Open *number* databases on *url*, each as a process of its own would."""
    databases = [await Database.open(url, registry=REGISTRY) for _ in range(number)]
    try:
        yield databases
    finally:
        for database in databases:
            await database.close()


async def query(database: Database, statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows of *statement*."""
    async with database.raw() as connection:
        cursor = await connection.execute(statement, values)  # type: ignore[arg-type]  # statements written in tests
        return await cursor.fetchall() if cursor.description else []


async def eventually(look: Callable[[], Awaitable[Any]], seconds: float = 20.0) -> Any:
    """Return what *look* returns as soon as it is true; what it returns at last when it never is."""
    for _ in range(int(seconds / 0.02)):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.02)
    return await look()


def end_sessions(url: str, purpose: str) -> int:
    """End the sessions that serve *purpose*, as a lost network would; returns how many there were."""
    with psycopg.connect(url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        rows = connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND application_name LIKE %s",
            (f"% {purpose}",),
        ).fetchall()
    return len(rows)


def a_run(name: str = "run-1", *, entity: str = "invoices", leader: str = "", **fields: Any) -> RunInfo:
    """Return a run as a sync begins it."""
    moment = datetime.now(UTC)
    return RunInfo(
        **{
            "id": RunId(name),
            "leader": RunId(leader or name),
            "entity": entity,
            "mode": Mode.FULL,
            "state": RunState.RUNNING,
            "phase": Phase.LIST,
            "trigger": "person",
            "machine": "office-1",
            "user": "amal",
            "started_at": moment,
            "heartbeat_at": moment,
            "request": {"entities": [entity]},
            **fields,
        }
    )


class Shared:
    """A database with all tables that the tests of one worker share, one after the other."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self._name = self._url = self._shape = ""

    def empty(self) -> str:
        """Return its address once nothing is in it; a test that has changed more than rows gets it replaced."""
        if self._url and not self._emptied():
            self.drop()
        if not self._url:
            endpoint = self._databases.endpoint(with_tables)
            self._name, self._url = endpoint.dbname, endpoint.sqlalchemy_url
            with self._connected() as connection:
                self._shape = _shape(connection)
        return self._url

    def drop(self) -> None:
        """Remove it."""
        if self._url:
            self._databases.drop(self._name)
            self._url = ""

    def _connected(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self._url.replace("postgresql+psycopg", "postgresql"), autocommit=True)

    def _emptied(self) -> bool:
        with self._connected() as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            if _shape(connection) != self._shape:
                return False
            connection.execute(_EMPTY)
        return True


# Tables, columns, and what watches over them; also settings of the database.
_SHAPE = """
    SELECT concat_ws(' ',
        (SELECT md5(string_agg(concat_ws(' ', c.oid, c.relname, c.relkind, a.attname, a.atttypid, a.attnotnull), ','
                               ORDER BY c.oid, a.attnum))
           FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
           LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
          WHERE n.nspname !~ '^(pg_|information_schema)'),
        (SELECT count(*) FROM pg_namespace WHERE nspname !~ '^pg_'),
        (SELECT count(*) FROM pg_proc), (SELECT count(*) FROM pg_constraint),
        (SELECT string_agg(tgname || tgenabled::text, ',' ORDER BY oid) FROM pg_trigger WHERE NOT tgisinternal),
        (SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
          WHERE d.datname = current_database()))
"""
# Most tests fill a few of the tables, and emptying all would take as long as another database.
_EMPTY = """
    DO $$
    DECLARE
        one record;
        is_filled boolean;
        filled text;
    BEGIN
        FOR one IN SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
                    WHERE schemaname IN ('sync', 'tsh', 'jobs') AND tablename <> 'alembic_version' LOOP
            EXECUTE 'SELECT EXISTS (SELECT FROM ' || one.name || ')' INTO is_filled;
            IF is_filled THEN
                filled := concat_ws(', ', filled, one.name);
            END IF;
        END LOOP;
        IF filled IS NOT NULL THEN
            EXECUTE 'TRUNCATE ' || filled || ' CASCADE';
        END IF;
        PERFORM setval(format('%I.%I', schemaname, sequencename), start_value, false) FROM pg_sequences
          WHERE schemaname IN ('sync', 'tsh', 'jobs') AND last_value IS NOT NULL;
        INSERT INTO sync.quota DEFAULT VALUES;
    END $$
"""


def _shape(connection: psycopg.Connection[Any]) -> str:
    row = connection.execute(_SHAPE).fetchone()
    assert row is not None
    return str(row[0])


@pytest.fixture(scope="session")
def session_url(databases: Databases) -> Iterator[Shared]:
    """The database that the tests of one worker share."""
    shared = Shared(databases)
    yield shared
    shared.drop()


@pytest.fixture
def tables_url(session_url: Shared) -> str:
    """A database with all tables, empty; quicker than a fresh one."""
    return session_url.empty()
