"""Deliveries worked off: what one of them does not let be made out holds up no other."""

import asyncio
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from tests.support.memory_jobs import MemoryJobs
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import UnreachableError
from tsh_sync_gui.engine.handlers import FETCH
from tsh_sync_gui.engine.inbound import Inbound
from tsh_sync_gui.engine.ports.inbox import Change, Delivery, EventState, InboxEvent
from tsh_sync_gui.engine.ports.jobs import JobContext, JobState, Kind
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Inbox:
    """Rows that wait, by record, and how work ended."""

    def __init__(self, *records):
        self.rows = {one: [waiting(number, one)] for number, one in enumerate(records, start=1)}
        self.ended = []

    async def records(self, _ids):
        return [("products", one) for one in self.rows]

    async def waiting(self, _entity, record_id):
        return [one for one in self.rows[record_id] if not any(one.id in how.ids for how in self.ended)]

    async def told_deleted(self, _entity, _record_id):
        return False

    async def handled(self, *how):
        self.ended += how


class Mirror:
    """Knows nothing, and may be away."""

    def __init__(self):
        self.is_away = False

    async def seen(self, _entity, _record_id):
        if self.is_away:
            raise UnreachableError("Database not reachable", what="database")


def waiting(number, record_id):
    return InboxEvent(
        id=number,
        received_at=NOW - timedelta(seconds=5),
        entity="products",
        record_id=record_id,
        change=Change.UPDATED,
        modified_at=NOW,
        delivery=Delivery(address="/", body=record_id.encode()),
    )


class World:
    def __init__(self, *records):
        self.inbox, self.jobs, self.mirror, self.fetched = Inbox(*records), MemoryJobs(ManualClock(NOW)), Mirror(), []
        parts = SimpleNamespace(mirror=self.mirror, bus=SimpleNamespace(publish=lambda _event: None))
        self.inbound = Inbound(parts, REGISTRY, inbox=self.inbox, jobs=self.jobs, understand=self.understand)

    def understand(self, delivery):
        if delivery.body == b"1":
            raise ValueError("a body of another version")
        return SimpleNamespace(record=None)

    async def fetch(self, arguments, _context):
        self.fetched.append(arguments["record_id"])

    async def do_all(self):
        kinds = {one.name: one for one in self.inbound.kinds([Kind(name=FETCH, handler=self.fetch)])}
        for job in reversed(await self.jobs.jobs(JobState.WAITING)):
            await kinds[job.kind].handler(job.arguments, JobContext(job))


def test_a_delivery_that_cannot_be_made_out_is_fetched_and_holds_up_no_other():
    world = World("1", "2")

    async def go():
        await world.inbound.deliver({"ids": [1, 2]}, None)
        await world.do_all()

    asyncio.run(go())

    assert world.fetched == ["1", "2"]
    assert [(how.ids, how.state) for how in world.inbox.ended] == [((1,), EventState.DONE), ((2,), EventState.DONE)]


def test_a_database_that_is_away_is_no_fault_of_the_delivery():
    world = World("1")
    world.mirror.is_away = True

    with pytest.raises(UnreachableError):
        asyncio.run(world.inbound.deliver({"ids": [1, 2]}, None))

    assert world.jobs.all == {}
