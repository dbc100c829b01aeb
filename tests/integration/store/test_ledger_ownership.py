"""Who owns a walk: one process, for as long as it lives."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.stores import a_run, end_sessions, eventually, opened, query, session_url, tables_url
from tsh_sync_gui.engine.ports import Checkpoint
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.ledger import PgLedger

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]

OWNER = """
import asyncio, sys
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.ledger import PgLedger

async def main():
    database = await Database.open(sys.argv[1], registry=REGISTRY)
    lock = await PgLedger(database, REGISTRY, "1").own("products")
    assert lock
    print("owned", flush=True)
    await asyncio.sleep(60)

with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
    runner.run(main())
"""


def owner(url):
    """Start a process that owns the walk of the products until it is killed."""
    return subprocess.Popen([sys.executable, "-c", OWNER, url], stdout=subprocess.PIPE, text=True)


@pytest_asyncio.fixture
async def ledgers(tables_url):
    async with opened(tables_url, 5) as databases:
        yield [PgLedger(database, REGISTRY, str(number)) for number, database in enumerate(databases)]


async def test_of_many_processes_one_owns_a_walk(ledgers):
    got = await asyncio.gather(*(ledger.own("products") for ledger in ledgers for _ in range(2)))

    owners = [one for one in got if one]
    assert len(owners) == 1
    assert await owners[0].held()
    await owners[0].release()


async def test_walks_are_owned_one_by_one_and_let_go(ledgers):
    one, other = ledgers[:2]
    products, customers = await one.own("products"), await other.own("customers")

    assert products is not None
    assert customers is not None
    assert await one.owned(["products", "customers", "invoices"]) == {"products", "customers"}
    assert await other.own("products") is None
    await products.release()
    again = await other.own("products")
    assert again is not None
    await again.release()
    await customers.release()
    assert await one.owned(["products", "customers"]) == set()


async def test_a_killed_process_leaves_its_walk_at_once(ledgers, tables_url):
    with owner(tables_url) as process:
        assert await asyncio.to_thread(process.stdout.readline) == "owned\n"
        assert await ledgers[0].own("products") is None

        process.kill()
        process.wait()

    taken = await eventually(lambda: ledgers[0].own("products"))
    assert taken
    await taken.release()


async def test_a_lost_connection_is_taken_up_again(ledgers, tables_url):
    lock = await ledgers[0].own("products")
    end_sessions(tables_url, "walk products")

    assert await lock.held()

    assert await ledgers[1].own("products") is None
    await lock.release()


async def test_what_another_has_taken_meanwhile_is_lost(ledgers, tables_url):
    lock = await ledgers[0].own("products")
    end_sessions(tables_url, "walk products")
    taken = await eventually(lambda: ledgers[1].own("products"))

    assert not await lock.held()

    assert await taken.held()
    await lock.release()
    await taken.release()


async def test_only_a_silent_owner_is_ended(ledgers):
    one, other = ledgers[:2]
    lock = await one.own("invoices")
    run = a_run()
    await one.open_runs([run], Checkpoint())
    await one.beat([run.id])

    assert await other.own("invoices", take_over=True) is None
    await query(one._database, "UPDATE sync.runs SET heartbeat_at = now() - interval '121 s'")
    assert await other.own("invoices") is None
    taken = await other.own("invoices", take_over=True)

    assert taken is not None
    assert not await lock.held()
    await taken.release()


async def test_an_owner_that_has_not_opened_its_run_yet_is_given_time(ledgers):
    lock = await ledgers[0].own("invoices")
    finished = a_run(
        started_at=datetime.now(UTC) - timedelta(days=1), heartbeat_at=datetime.now(UTC) - timedelta(days=1)
    )
    await ledgers[0].open_runs([finished], Checkpoint())
    await query(ledgers[0]._database, "UPDATE sync.runs SET ended_at = now()")

    assert await ledgers[1].own("invoices", take_over=True) is None

    hasty = PgLedger(ledgers[1]._database, REGISTRY, silent_after=0.0)
    taken = await hasty.own("invoices", take_over=True)
    assert taken is not None
    await taken.release()
    await lock.release()
