"""The queue's keeper goes on whatever happens."""

import asyncio
from types import SimpleNamespace

from tsh_sync_gui.core.clock import SystemClock
from tsh_sync_gui.store.jobs_keeper import Keeper


def test_an_unforeseen_error_does_not_end_it():
    looks = []

    class Broken(Keeper):
        async def rescue(self):
            looks.append(1)
            if len(looks) > 1:
                raise asyncio.CancelledError
            raise KeyError

    async def keep():
        keeper = Broken(SimpleNamespace(clock=SystemClock()), stalled_s=0.01, lost=None)
        done, _ = await asyncio.wait({asyncio.create_task(keeper.run())}, timeout=5)
        return len(done)

    assert asyncio.run(keep()) == 1
    assert len(looks) == 2
