"""Events between processes: hints, few, never an echo."""

import asyncio
import threading
from datetime import UTC, datetime

import psycopg
import pytest
import pytest_asyncio

from tests.support.stores import end_sessions, eventually, opened, query, session_url, tables_url
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.events import (
    ConnectionChanged,
    Notice,
    PageStored,
    QuotaChanged,
    RecordsRejected,
    RunFinished,
    RunStarted,
)
from tsh_sync_gui.core.values import Calls, Counts, Mode, Phase, RunId, RunState
from tsh_sync_gui.store.notify import CHANNEL, Notifier

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]

RUN = RunId("run-1")
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


FOREIGN = (
    "",
    "nonsense",
    '{"sender":"x","events":[{"event":"from_the_future","run":1}]}',
    '{"sender":"x","stored":99}',
)


class Process:
    """A bus with its notifier, and what was heard on it."""

    def __init__(self, database):
        self.bus = Bus()
        self.heard = []
        self.bus.subscribe(self.heard.append)
        self.notifier = Notifier(database, self.bus)


@pytest_asyncio.fixture
async def processes(tables_url):
    async with opened(tables_url, 2) as databases:
        both = [Process(database) for database in databases]
        for process in both:
            await process.notifier.start()
        yield both
        for process in both:
            await process.notifier.close()


@pytest_asyncio.fixture
async def letters(tables_url):
    """The notifications as they travel."""
    connection = await psycopg.AsyncConnection.connect(
        tables_url.replace("postgresql+psycopg", "postgresql"), autocommit=True
    )
    await connection.execute(f"LISTEN {CHANNEL}")

    async def received(seconds):
        return [note.payload async for note in connection.notifies(timeout=seconds)]

    yield received
    await connection.close()


def started(run=RUN):
    return RunStarted(run=run, entity="invoices", mode=Mode.FULL, trigger="person", machine="a", user="b", at=NOW)


def page(seen, run=RUN):
    return PageStored(
        run=run, entity="invoices", phase=Phase.LIST, counts=Counts(seen=seen), calls=Calls(list=1), done=seen
    )


def finished(run=RUN, title=""):
    return RunFinished(
        run=run,
        entity="invoices",
        state=RunState.UP_TO_DATE,
        counts=Counts(seen=9),
        calls=Calls(list=3),
        seconds=1.5,
        at=NOW,
        title=title,
    )


async def hears(process, event):
    async def has_it():
        return event in process.heard

    return await eventually(has_it)


async def test_an_event_reaches_the_other_process_once_and_comes_back_to_nobody(processes):
    one, other = processes

    one.bus.publish(started())

    assert await hears(other, started())
    one.bus.publish(finished())
    assert await hears(other, finished())
    assert other.heard == [started(), finished()]
    assert one.heard == [started(), finished()]


async def test_pages_are_few_and_the_last_one_counts(processes, letters):
    one, other = processes
    one.bus.publish(started())
    for seen in range(200, 20_200, 200):
        one.bus.publish(page(seen))
        await asyncio.sleep(0.002)

    assert await hears(other, page(20_000))

    assert len(await letters(0.5)) < 10
    assert other.heard[0] == started()
    assert [event.done for event in other.heard[1:]] == sorted(event.done for event in other.heard[1:])


async def test_an_end_is_told_at_once_and_outdates_the_pages_before_it(processes, letters):
    one, other = processes
    one.bus.publish(started())
    one.bus.publish(page(200))
    one.bus.publish(RecordsRejected(run=RUN, entity="invoices", number=2, reason="no id"))
    one.bus.publish(RecordsRejected(run=RUN, entity="invoices", number=3, reason="no id"))
    one.bus.publish(finished())

    assert await hears(other, finished())

    rejected = RecordsRejected(run=RUN, entity="invoices", number=5, reason="no id")
    assert other.heard == [started(), rejected, finished()]
    assert len(await letters(0.4)) == 2


async def test_runs_do_not_hold_one_another_up(processes):
    one, other = processes
    for number in range(5):
        one.bus.publish(page(200, RunId(f"run-{number}")))

    for number in range(5):
        assert await hears(other, page(200, RunId(f"run-{number}")))


async def test_an_event_too_long_for_a_notification_travels_by_its_row(processes, letters):
    one, other = processes
    long = finished(title="ج" * 20_000)

    one.bus.publish(long)

    assert await hears(other, long)
    (text,) = await letters(0.3)
    assert len(text.encode()) < 200


async def test_events_of_another_thread_are_carried_too(processes):
    one, other = processes
    event = Notice(entity="invoices", title="The list is absent")

    thread = threading.Thread(target=one.bus.publish, args=(event,))
    thread.start()
    thread.join()

    assert await hears(other, event)


async def test_a_connection_is_everybodys_own_affair(processes):
    one, other = processes
    one.bus.publish(ConnectionChanged(what="zoho", up=False))
    quota = QuotaChanged(day_used=1, day_limit=1000, resets_at=NOW, minute_used=1, minute_limit=20)
    one.bus.publish(quota)

    assert await hears(other, quota)

    assert other.heard == [quota]


async def test_after_a_lost_connection_viewers_are_told_to_look_again(processes, tables_url):
    one, other = processes

    assert end_sessions(tables_url, "listener") == 2

    assert await hears(other, ConnectionChanged(what="database", up=True))
    down = next(event for event in other.heard if isinstance(event, ConnectionChanged))
    assert not down.up
    assert down.title == "Database not reachable"
    one.bus.publish(finished())
    assert await hears(other, finished())


async def test_what_other_versions_send_is_left_aside(processes, tables_url):
    one, other = processes
    with psycopg.connect(tables_url.replace("postgresql+psycopg", "postgresql"), autocommit=True) as connection:
        for payload in FOREIGN:
            connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, payload))

    one.bus.publish(finished())

    assert await hears(other, finished())
    assert other.heard == [finished()]


async def test_closing_sends_what_waits(tables_url):
    async with opened(tables_url, 2) as databases:
        leaving, staying = [Process(database) for database in databases]
        for process in (leaving, staying):
            await process.notifier.start()
        leaving.bus.publish(page(200))
        leaving.bus.publish(page(400))

        await leaving.notifier.close()

        assert await hears(staying, page(400))
        await staying.notifier.close()


async def test_long_texts_are_removed_in_the_end(processes):
    one, other = processes
    database = one.notifier._database
    await query(database, "INSERT INTO sync.events (payload, at) VALUES ('old', now() - interval '2 hours')")

    one.bus.publish(finished(title="x" * 8000))

    assert await hears(other, finished(title="x" * 8000))
    assert await query(database, "SELECT count(*) FROM sync.events") == [(1,)]
