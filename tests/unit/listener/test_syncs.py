"""Syncs by the HTTP API: who began a run is told that run."""

import asyncio
from datetime import UTC, datetime

import pytest

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.events import RunStarted
from tsh_sync_gui.core.values import Mode, RunId
from tsh_sync_gui.engine.views import SyncReport, SyncRequest
from tsh_sync_gui.listener.syncs import Syncs


class Service:
    """Begins a run for each sync, in a task of its own, when all are asked for."""

    def __init__(self, number):
        self.bus, self._all = Bus(), asyncio.Barrier(number)

    async def sync(self, request):
        await self._all.wait()
        await asyncio.create_task(self._walk(request))
        return SyncReport(runs=())

    async def _walk(self, request):
        self.bus.publish(
            RunStarted(
                run=RunId(f"run of {request.record_id}"),
                entity=request.entities[0],
                mode=Mode.RECORD,
                trigger="api",
                machine="",
                user="",
                at=datetime.now(UTC),
            )
        )
        await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_two_records_of_one_kind_at_once_are_told_apart():
    service, syncs = Service(2), Syncs()
    asked = [SyncRequest(entities=("products",), record_id=one) for one in ("1", "2")]

    found = await asyncio.gather(*(syncs.first_news(service, one) for one in asked))

    assert [one["run_id"] for one in found] == ["run of 1", "run of 2"]
    await syncs.close()
