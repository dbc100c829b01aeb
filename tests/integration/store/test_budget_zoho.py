"""What Zoho says of the day, the minute and the concurrency corrects the budget of all processes."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.support.budgets import call, granted, processes, set_day
from tests.support.stores import eventually, query, session_url, tables_url
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports import RateHeaders, Slot, Wait

pytestmark = pytest.mark.asyncio
__all__ = ["processes", "session_url", "tables_url"]


def headers(limit=1000, remaining=990, reset_seconds=36_000):
    return RateHeaders(limit=limit, remaining=remaining, reset_seconds=reset_seconds)


async def answered(budget, said, lane=Lane.PULLS):
    slot = await budget.reserve(lane)
    assert isinstance(slot, Slot), slot
    await budget.settle(slot, said)


async def test_headers_correct_limit_use_and_reset(processes):
    one, other = await processes(2, per_day=1000)

    await answered(one, headers(limit=500, remaining=90, reset_seconds=36_000))

    status = await other.status()
    assert (status.day_used, status.day_limit, status.source) == (410, 500, "Zoho")
    assert abs(status.resets_at - datetime.now(UTC) - timedelta(hours=10)) < timedelta(minutes=1)
    assert await other.left(Lane.PERSON) == 90


async def test_a_limit_of_ones_own_below_zohos_is_obeyed(processes):
    (budget,) = await processes(per_day=3)

    await answered(budget, headers(limit=10_000, remaining=9_999), Lane.PERSON)

    assert (await budget.status()).day_limit == 3
    assert await budget.left(Lane.PERSON) == 2


async def test_calls_that_zoho_never_counted_are_given_back(processes):
    (budget,) = await processes()
    for _ in range(5):
        await call(budget)

    await answered(budget, headers(remaining=999))

    assert (await budget.status()).day_used == 1


async def test_answers_that_overtake_one_another_correct_nothing(processes):
    (budget,) = await processes()
    first, second = await budget.reserve(Lane.PULLS), await budget.reserve(Lane.PULLS)

    await budget.settle(second, headers(remaining=998))
    await budget.settle(first, headers(remaining=999))

    assert (await budget.status()).day_used == 2


async def test_a_day_that_turned_earlier_than_known_is_noticed(processes):
    (budget,) = await processes()
    await set_day(processes, {"stock": 300}, hours=3)

    await answered(budget, headers(remaining=999, reset_seconds=86_000))

    status = await budget.status()
    assert status.day_used == 1
    assert status.by_lane == {}


@pytest.mark.parametrize("said", [headers(limit=0, remaining=0), headers(remaining=2000), headers(reset_seconds=-5)])
async def test_headers_that_cannot_be_true_are_left_aside(processes, said):
    (budget,) = await processes()

    await answered(budget, said)

    assert (await budget.status()).source == "own count"


async def test_headers_are_heard_in_batches_too(processes):
    one, other = await processes(2, per_minute=60_000, per_day=100_000)

    await answered(one, headers(limit=2000, remaining=500))

    async def heard():
        return (await other.status()).day_limit == 2000

    assert await eventually(heard)
    await one.close()
    assert (await other.status()).day_used == 1500


async def test_code_44_holds_all_until_the_minute_is_out(processes):
    one, other = await processes(2, window=1.0)
    await call(other)

    await one.refused(44)

    refused = await other.reserve(Lane.PERSON)
    assert isinstance(refused, Wait)
    assert refused.reason == "minute_limit"

    async def free_again():
        return isinstance(await other.reserve(Lane.PERSON), Slot)

    assert await eventually(free_again)


async def test_code_45_holds_all_until_the_day_turns(processes):
    one, other = await processes(2)
    await call(one)

    await one.refused(45)

    refused = await other.reserve(Lane.PERSON)
    assert isinstance(refused, Wait)
    assert (refused.reason, await other.left(Lane.PERSON)) == ("daily_quota", 0)
    assert abs(refused.until - (await other.status()).resets_at) < timedelta(seconds=5)
    await query(processes.database, "UPDATE sync.quota SET resets_at = now() - interval '1 s'")
    assert isinstance(await eventually(lambda: granted(other, Lane.PERSON)), Slot)


async def test_code_1070_lowers_the_concurrency_which_then_recovers(processes):
    one, other = await processes(2, concurrency=3, window=2.0)

    await one.refused(1070)
    await one.refused(1070)

    slots = [await other.reserve(Lane.PULLS) for _ in range(3)]
    assert [type(one) for one in slots] == [Slot, Slot, Wait]
    assert isinstance(await eventually(lambda: granted(other, Lane.PERSON)), Slot)


async def test_an_unknown_code_holds_nobody(processes):
    (budget,) = await processes()

    await budget.refused(9999)

    assert isinstance(await budget.reserve(Lane.PULLS), Slot)
