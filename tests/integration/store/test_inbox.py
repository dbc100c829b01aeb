"""The inbox: what is kept, what counts as a repetition, how many commits many deliveries need."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.support.stores import end_sessions, opened, query, session_url, tables_url
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.engine.handlers import enqueue_fetch
from tsh_sync_gui.engine.ports.inbox import Arrival, Change, Delivery, EventState, Handled, Hint, Verdict
from tsh_sync_gui.store.inbox import InboxWriter, PgInbox
from tsh_sync_gui.store.inbox_sql import MOST_REFUSED
from tsh_sync_gui.store.jobs import PgJobs

__all__ = ["session_url", "tables_url"]
pytestmark = pytest.mark.asyncio


def arrival(record_id="1", *, body=b'{"a":1}', stamped=True, verdict=Verdict.ACCEPTED, key="", **delivery):
    moment = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    hint = Hint(
        entity="things" if verdict is Verdict.ACCEPTED else "",
        record_id=record_id,
        change=Change.UPDATED,
        modified_at=moment if stamped else None,
    )
    return Arrival(
        key=key or uuid4().hex,
        received_at=datetime.now(UTC),
        delivery=Delivery(address="/api/webhooks/zoho", body=body, **delivery),
        verdict=verdict,
        hint=hint,
        scheme="hex",
        diagnosis={"cause": "no\0ne \ud800"} if verdict is Verdict.REFUSED else {},
    )


@pytest_asyncio.fixture
async def parts(tables_url):
    async with opened(tables_url) as (database,):
        jobs = PgJobs(database)
        await query(database, "DELETE FROM jobs.procrastinate_jobs")
        writer = InboxWriter(database, patience=10)
        yield database, PgInbox(database, jobs), writer
        await writer.close()


async def jobs_of(database):
    rows = await query(database, "SELECT args->'arguments'->'ids' FROM jobs.procrastinate_jobs ORDER BY id")
    return [row[0] for row in rows]


async def test_a_delivery_and_its_job_are_kept_together(parts):
    database, inbox, writer = parts

    assert await writer.keep(arrival("7", query=(("a", "b"),))) is Verdict.ACCEPTED

    ((ids,),) = [await jobs_of(database)]
    (event,) = await inbox.waiting("things", "7")
    assert [event.id] == ids
    assert event.delivery.body == b'{"a":1}'
    assert event.delivery.query == (("a", "b"),)


async def test_many_deliveries_at_once_share_commits(parts):
    database, _inbox, writer = parts

    verdicts = await asyncio.gather(*(writer.keep(arrival(str(number))) for number in range(200)))

    assert set(verdicts) == {Verdict.ACCEPTED}
    assert (await query(database, "SELECT count(*) FROM sync.webhook_events"))[0] == (200,)
    assert writer.flushes <= 8  # halves of what waits, down to a few: two connections take turns
    assert sum(map(len, await jobs_of(database))) == 200


async def test_the_same_text_once_more_is_a_duplicate_and_asks_for_no_work(parts):
    database, _inbox, writer = parts

    first = await writer.keep(arrival())
    again = await writer.keep(arrival())
    both = await asyncio.gather(writer.keep(arrival("2")), writer.keep(arrival("2")))

    assert (first, again) == (Verdict.ACCEPTED, Verdict.DUPLICATE)
    assert both == [Verdict.ACCEPTED, Verdict.DUPLICATE]
    assert len(await jobs_of(database)) == 2


async def test_the_same_text_counts_again_when_something_came_between_or_nothing_dates_it(parts):
    _database, _inbox, writer = parts

    kept = [
        await writer.keep(one)
        for one in (
            arrival(body=b"A"),
            arrival(body=b"B"),
            arrival(body=b"A"),
            arrival("9", stamped=False),
            arrival("9", stamped=False),
        )
    ]

    assert kept == [Verdict.ACCEPTED] * 5


async def test_refused_deliveries_and_pings_queue_nothing_and_are_bounded(parts):
    database, _inbox, writer = parts
    refused = [arrival(body=b"x" * 40_000, verdict=Verdict.REFUSED, headers={"authorization": "Bearer s"})]
    refused += [arrival(verdict=Verdict.REFUSED) for _ in range(MOST_REFUSED + 700)]

    await asyncio.gather(*(writer.keep(one) for one in refused[:1]))
    ((size, headers),) = await query(database, "SELECT length(body), headers FROM sync.webhook_events")
    await asyncio.gather(*(writer.keep(one) for one in refused[1:]))
    await writer.keep(arrival(verdict=Verdict.PING))
    for _ in range(600):
        await writer.keep(arrival(verdict=Verdict.REFUSED))

    ((left,),) = await query(database, "SELECT count(*) FROM sync.webhook_events WHERE verdict = 'refused'")
    assert size == 16_384
    assert headers == {"authorization": "••••"}
    assert MOST_REFUSED <= left < MOST_REFUSED + 600
    assert await jobs_of(database) == []


async def test_pings_are_bounded_where_nothing_is_refused(parts):
    database, _inbox, writer = parts
    await query(
        database,
        "INSERT INTO sync.webhook_events (key, received_at, verdict, state)"
        " SELECT 'p' || n, now(), 'ping', 'ignored' FROM generate_series(1, %s) n",
        MOST_REFUSED + 10,
    )

    await writer.keep(arrival(verdict=Verdict.REFUSED))
    await writer.close()

    counts = "SELECT verdict, count(*) FROM sync.webhook_events GROUP BY verdict ORDER BY verdict"
    assert await query(database, counts) == [("ping", MOST_REFUSED), ("refused", 1)]


async def test_what_was_kept_already_is_not_kept_twice(parts):
    database, _inbox, writer = parts
    one = arrival(key="k1")

    await writer.keep_all([one, arrival(key="k2", body=b"B")])
    await writer.keep_all([one])

    assert await query(database, "SELECT key FROM sync.webhook_events ORDER BY id") == [("k1",), ("k2",)]


async def test_a_lost_connection_is_replaced_unnoticed(parts, tables_url):
    database, _inbox, writer = parts
    await writer.keep(arrival())
    assert end_sessions(tables_url, "inbox") >= 1

    assert await writer.keep(arrival("2")) is Verdict.ACCEPTED

    assert await query(database, "SELECT count(*) FROM sync.webhook_events") == [(2,)]


async def test_a_database_that_does_not_answer_in_time_is_told(parts):
    database, _inbox, writer = parts
    hasty = InboxWriter(database, patience=0.2)
    try:
        async with database.raw() as connection:
            await connection.execute("LOCK TABLE sync.webhook_events")
            with pytest.raises(UnreachableError):
                await hasty.keep(arrival())
    finally:
        await hasty.close()

    assert await writer.keep(arrival("2")) is Verdict.ACCEPTED


async def test_work_that_ended_is_written_once(parts):
    database, inbox, writer = parts
    await writer.keep(arrival("7"))
    (event,) = await inbox.waiting("things", "7")

    await inbox.handled(Handled(ids=(event.id,), state=EventState.DONE, outcome="updated"))
    await inbox.handled(Handled(ids=(event.id,), state=EventState.FAILED, outcome="late"))

    assert await query(database, "SELECT state, outcome FROM sync.webhook_events") == [("done", "updated")]
    assert await inbox.records([event.id]) == []


async def test_a_job_is_given_up_in_its_own_transaction_and_for_nothing_that_has_another_job(parts):
    database, inbox, writer = parts
    jobs = PgJobs(database)

    async def give_up():
        async with database.raw() as connection:
            await inbox.fail("things", "7", title="It broke", job_id="77", connection=connection)
            others = await inbox.waiting("things", "7")
        rows = await query(database, "SELECT state, title, job_id FROM sync.webhook_events ORDER BY id")
        return len(others), [row[0] for row in rows], rows[0]

    await writer.keep(arrival("7"))
    await query(database, "UPDATE jobs.procrastinate_jobs SET status = 'doing'")
    await query(database, "UPDATE jobs.procrastinate_jobs SET status = 'succeeded'")
    await writer.keep(arrival("7", body=b'{"a":2}'))
    later = await give_up()
    await query(database, "DELETE FROM jobs.procrastinate_jobs WHERE status = 'todo'")
    job = await enqueue_fetch(jobs, "things", "7")
    follow_up = await give_up()
    await jobs.cancel(job)
    alone = await give_up()

    assert later == (2, ["failed", "waiting"], ("failed", "It broke", "77"))
    assert follow_up[:2] == (1, ["failed", "waiting"])
    assert alone[:2] == (1, ["failed", "failed"])


async def test_a_replay_is_new_work_for_the_same_record(parts):
    database, inbox, writer = parts
    await writer.keep(arrival("7"))
    await writer.keep(arrival("7"))
    await writer.keep(arrival(verdict=Verdict.REFUSED))
    ids = [row[0] for row in await query(database, "SELECT id FROM sync.webhook_events ORDER BY id")]

    made = await inbox.replay(ids)

    assert len(made) == 1
    assert await inbox.records(made) == [("things", "7")]
    assert (await inbox.figures()).refused == 1
    # What waits over midnight still waits; a replay is nothing that Zoho has sent, but what was rejected is.
    await query(database, "UPDATE sync.webhook_events SET received_at = now() - interval '30 hours' WHERE id < 3")
    figures = await inbox.figures()
    assert (figures.received, figures.waiting) == (1, 2)
    assert figures.last is not None
    assert datetime.now(UTC) - figures.last > timedelta(hours=29)
