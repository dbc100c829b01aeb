"""What every budget keeps to, whether it counts for one process in memory or for all in PostgreSQL."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.memory import MemoryBudget
from tests.support.stores import opened, session_url, tables_url
from tsh_sync_gui.core.clock import SystemClock
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports import RateHeaders, Slot, Wait
from tsh_sync_gui.store.budget import Limits, PgBudget

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]


@pytest_asyncio.fixture(params=["memory", "PostgreSQL", "PostgreSQL in batches"])
async def budget(request, tables_url):
    """A budget of 3 calls a day and 2 at once."""
    if request.param == "memory":
        yield MemoryBudget(SystemClock(), per_minute=100, per_day=3, concurrency=2)
        return
    per_minute = 100 if request.param == "PostgreSQL" else 60_000
    async with opened(tables_url) as (database,):
        one = PgBudget(database, Limits(per_minute=per_minute, per_day=3, concurrency=2))
        yield one
        await one.close()


async def take(budget):
    slot = await budget.reserve(Lane.PERSON)
    assert isinstance(slot, Slot), slot
    return slot


async def test_slots_differ_and_carry_lane_and_moment(budget):
    one, other = await take(budget), await take(budget)

    assert one.id != other.id
    assert one.lane is Lane.PERSON
    assert abs(datetime.now(UTC) - one.granted_at) < timedelta(seconds=30)


async def test_more_at_once_than_allowed_wait_until_one_is_settled(budget):
    first, _ = await take(budget), await take(budget)

    refused = await budget.reserve(Lane.PERSON)
    await budget.settle(first, None)

    assert isinstance(refused, Wait)
    assert refused.reason == "concurrency"
    assert isinstance(await budget.reserve(Lane.PERSON), Slot)


async def test_a_used_up_day_waits_for_its_end(budget):
    for _ in range(3):
        await budget.settle(await take(budget), None)

    refused = await budget.reserve(Lane.PERSON)

    assert isinstance(refused, Wait)
    assert refused.reason == "daily_quota"
    assert abs(refused.until - (await budget.status()).resets_at) < timedelta(seconds=30)
    assert await budget.left(Lane.PERSON) == 0


async def test_status_and_what_is_left_tell_of_the_same_calls(budget):
    await budget.settle(await take(budget), None)

    status = await budget.status()

    assert (status.day_used, status.day_limit, status.minute_used) == (1, 3, 1)
    assert await budget.left(Lane.PERSON) == 2


async def test_what_was_never_sent_is_as_if_it_had_not_been(budget):
    await budget.give_back(await take(budget))

    assert (await budget.status()).day_used == 0
    assert await budget.left(Lane.PERSON) == 3


async def test_headers_are_taken(budget):
    await budget.settle(await take(budget), RateHeaders(limit=3, remaining=2, reset_seconds=3600))

    assert isinstance(await budget.reserve(Lane.PERSON), Slot)


@pytest.mark.parametrize(("code", "reason"), [(44, "minute_limit"), (45, "daily_quota")])
async def test_what_zoho_refused_is_not_asked_again_at_once(budget, code, reason):
    await budget.settle(await take(budget), None)

    await budget.refused(code)

    refused = await budget.reserve(Lane.PERSON)
    assert isinstance(refused, Wait)
    assert refused.reason == reason
