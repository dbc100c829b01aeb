"""The log of requests: complete, in the background, for a week."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.stores import eventually, opened, query, session_url, tables_url
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.core.values import CallKind, Lane, RunId
from tsh_sync_gui.engine.ports import CallRecord
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.calls import PgCallLog
from tsh_sync_gui.store.ledger import PgLedger

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]


@pytest_asyncio.fixture
async def database(tables_url):
    async with opened(tables_url) as (one,):
        yield one


def record(number=0, **fields):
    return CallRecord(
        **{
            "run": RunId("run-1"),
            "entity": "invoices",
            "lane": Lane.PULLS,
            "kind": CallKind.LIST,
            "method": "GET",
            "path": f"/books/v3/invoices?page={number}",
            "status": 200,
            "code": 0,
            "milliseconds": 120,
            "size": 345_678,
            "sent_at": datetime.now(UTC),
            "request": "asked",
            "answer": "said",
            **fields,
        }
    )


async def stored(database):
    return (await query(database, "SELECT count(*) FROM sync.api_calls"))[0][0]


async def test_a_request_is_written_soon_without_being_waited_for(database):
    log = PgCallLog(database)

    log.add(record())

    assert await eventually(lambda: stored(database)) == 1
    await log.close()


async def test_the_last_request_of_a_run_is_known_at_once_before_others_one_that_failed():
    log = PgCallLog(None)
    log._task = asyncio.current_task()  # nobody writes
    for one in (record(1), record(2, status=500, error="broke"), record(3), record(4, run=RunId("run-2"))):
        log.add(one)

    assert log.last(RunId("run-1")).answered == "HTTP 500, broke"
    assert log.last(RunId("run-2")).asked.endswith("page=4")
    assert log.last(RunId("run-3")) is None


async def test_closing_writes_what_waits(database):
    log = PgCallLog(database)
    for number in range(450):
        log.add(record(number))

    await log.close()

    assert await stored(database) == 450


async def test_records_come_back_as_they_were(database):
    log = PgCallLog(database, bodies=True)
    kept = record(run=RunId("run-9"), status=429, code=44, error="blocked\tby “Zoho”\n")

    log.add(kept)
    await log.close()

    assert await PgLedger(database, REGISTRY).calls(RunId("run-9")) == [kept]


async def test_bodies_are_kept_only_when_asked_for(database):
    log = PgCallLog(database)
    log.add(record(run=None))
    log.bodies = True
    log.add(record(1))
    await log.close()

    rows = await query(database, "SELECT request, answer FROM sync.api_calls ORDER BY id")

    assert rows == [("", ""), ("asked", "said")]


async def test_characters_that_postgresql_refuses_do_not_lose_the_batch(database):
    log = PgCallLog(database, bodies=True)
    log.add(record(answer="a\0b\ud800c", error="x" * 100_000))
    log.add(record(1))

    await log.close()

    rows = await query(database, "SELECT answer, length(error) FROM sync.api_calls ORDER BY id LIMIT 1")
    assert rows == [("a\ufffdb?c", 65_536)]
    assert await stored(database) == 2


async def test_requests_older_than_a_week_are_removed(database):
    old = PgCallLog(database)
    old.add(record(sent_at=datetime.now(UTC) - timedelta(days=8)))
    old.add(record(sent_at=datetime.now(UTC) - timedelta(days=6)))
    await old.close()

    log = PgCallLog(database)
    log.add(record())

    async def one_less():
        return await stored(database) == 2

    assert await eventually(one_less)
    await log.close()


async def test_while_the_database_is_away_records_wait(database, monkeypatch):
    log = PgCallLog(database)
    write = log._write

    async def away(_records):
        raise UnreachableError("Database not reachable", what="database")

    monkeypatch.setattr(log, "_write", away)
    log.add(record())
    with pytest.raises(UnreachableError):
        await log.flush()
    log.add(record(1))
    monkeypatch.setattr(log, "_write", write)

    await log.close()

    assert await stored(database) == 2
