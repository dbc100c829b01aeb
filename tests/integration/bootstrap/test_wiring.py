"""What the wiring opens is closed: after use, and when opening fails half-way."""

import asyncio

import pytest

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.store.notify import Notifier

pytestmark = pytest.mark.asyncio

NAMES = {"notifications", "notifications out", "shared settings"}


def at_work():
    """Return which of the wiring's own tasks are at work."""
    return NAMES & {task.get_name() for task in asyncio.all_tasks()}


async def test_nothing_stays_at_work_after_use(open_world):
    async with open_world():
        during = at_work()

    assert during == NAMES
    assert at_work() == set()


async def test_nothing_stays_at_work_when_opening_fails_half_way(open_world, monkeypatch):
    start, cuts = Notifier.start, []
    subscribe = Bus.subscribe

    async def begun_and_broken(notifier):
        await start(notifier)
        raise RuntimeError("broken half-way")

    def counted(bus, listener):
        cut = subscribe(bus, listener)
        cuts.append(listener)
        return lambda: (cut(), cuts.remove(listener))

    monkeypatch.setattr(Notifier, "start", begun_and_broken)
    monkeypatch.setattr(Bus, "subscribe", counted)

    with pytest.raises(RuntimeError, match="half-way"):
        async with open_world():
            pass

    assert at_work() == set()
    assert [one.__qualname__ for one in cuts if isinstance(getattr(one, "__self__", None), Notifier)] == []
