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


@pytest.fixture(scope="session")
def session_url(databases: Databases) -> Iterator[str]:
    """A database with all tables that the tests of one worker share, one after the other."""
    endpoint = databases.endpoint(with_tables)
    yield endpoint.sqlalchemy_url
    databases.drop(endpoint.dbname)


@pytest.fixture
def tables_url(session_url: str) -> str:
    """A database with all tables, empty; quicker than a fresh one."""
    with psycopg.connect(session_url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        names = connection.execute(
            "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables"
            " WHERE schemaname IN ('sync', 'tsh', 'jobs') AND tablename <> 'alembic_version'"
        ).fetchone()
        connection.execute(f"TRUNCATE {names[0]} RESTART IDENTITY CASCADE")  # type: ignore[index, arg-type]
        connection.execute("INSERT INTO sync.quota DEFAULT VALUES")
    return session_url
