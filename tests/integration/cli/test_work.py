"""`tsh-sync work` and `queue`: a worker in a process of its own, on the embedded database, that bears kills."""

import asyncio
import os
import signal
import time

import httpx
import psycopg
import pytest

from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.handlers import enqueue_fetch
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.jobs import PgJobs

pytestmark = pytest.mark.skipif(os.name == "nt", reason="a process is asked to end, or killed, by a signal")


def fetch(url, *records, lane=Lane.WEBHOOKS):
    async def go():
        database = await Database.open(url, registry=())
        for record in records:
            await enqueue_fetch(PgJobs(database), "products", record, lane=lane)
        await database.close()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(go())


def until(look, seconds=60):
    for _ in range(int(seconds / 0.1)):
        try:
            if found := look():
                return found
        except psycopg.OperationalError:
            pass
        time.sleep(0.1)
    return look()


def stored(url):
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute("SELECT zoho_id FROM tsh.products").fetchall()}


def postmaster(url):
    with psycopg.connect(url) as connection:
        return int(connection.execute("SELECT pg_read_file('postmaster.pid')").fetchone()[0].split()[0])


@pytest.fixture
def ids(zoho):
    return httpx.get(f"{zoho.url}/__sim/ids", params={"entity": "items"}).json()["ids"]


def test_a_worker_fetches_what_waits_bears_the_death_of_postgres_and_stops_in_order(at_home, ids):
    url = at_home("db", "url").out.strip()
    empty = at_home("queue", "--json")
    fetch(url, *ids[:3])
    filled = at_home("queue", "--json").document
    program = at_home.begin("work", "--concurrency", "2", "--json")
    try:
        assert until(lambda: stored(url) >= set(ids[:3]))
        os.kill(postmaster(url), signal.SIGKILL)
        url = at_home("db", "url").out.strip()
        fetch(url, *ids[3:6])
        assert until(lambda: stored(url) >= set(ids[:6]))
    finally:
        program.send_signal(signal.SIGTERM)
        out, err = program.communicate(timeout=60)

    assert empty.document == {"depth": 0, "oldest_seconds": 0.0, "running": 0, "failed": 0, "by_lane": {}}
    assert (filled["depth"], filled["by_lane"]) == (3, {"webhooks": 3})
    assert program.returncode == 0, err
    assert '"done": 6' in out
    assert f"fetch products:{ids[0]}: done after" in err
    assert "Stopping after the page in hand" in err
    assert at_home("queue", "--json").document["depth"] == 0


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"ZOHO_SYNC_ENABLED": "false"}, "jobs that call Zoho wait"),
        (dict.fromkeys(("ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"), ""), "are left to others"),
    ],
)
def test_while_syncing_is_off_or_nobody_signed_in_here_no_job_that_calls_zoho_leaves(
    at_home, ids, zoho, variables, said
):
    url = at_home("db", "url").out.strip()
    fetch(url, *ids[:2])
    at_home.environment |= variables
    program = at_home.begin("work")
    try:
        lines = [program.stderr.readline() for _ in range(2)]
        time.sleep(2)
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=60)

    assert said in "".join(lines)
    assert httpx.get(f"{zoho.url}/__sim/requests").json()["total"] == 0
    assert at_home("queue", "--json").document["depth"] == 2


def test_the_queue_in_words(at_home, ids):
    fetch(at_home("db", "url").out.strip(), *ids[:2], lane=Lane.PERSON)

    ended = at_home("queue")

    assert ended.code == 0
    assert "2 jobs wait, the oldest for" in ended.out
    assert "person" in ended.out

    listed = at_home("queue", "list", "--json").document["jobs"]
    number = listed[0]["id"]
    assert {one["key"] for one in listed} == {f"products:{one}" for one in ids[:2]}
    assert {(one["state"], one["attempts"], one["trouble"]) for one in listed} == {("waiting", 0, None)}
    assert "products:" in at_home("queue", "list").out
    assert at_home("queue", "retry", number).code == 0
    assert at_home("queue", "cancel", number, "--json").document == {"job": number, "cancelled": True}
    assert at_home("queue", "cancel", number).out.strip() == "It is over already."
    assert at_home("queue", "show", number, "--json").document["state"] == "cancelled"
    assert len(at_home("queue", "list", "--json").document["jobs"]) == 1
    assert at_home("queue", "retry", number, "--json").document["queued"]
    assert at_home("queue", "show", number).out.splitlines()[1] == "waiting"
    assert at_home("queue", "show", "999999").code == 2
