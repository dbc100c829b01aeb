"""One budget for all processes: the minute, the concurrency, the day and its lanes."""

import asyncio
from collections import deque
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.budgets import call, granted, processes, set_day
from tests.support.stores import end_sessions, eventually, query, session_url, tables_url
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports import Organization, Slot, Wait
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.ledger import PgLedger

pytestmark = pytest.mark.asyncio
__all__ = ["processes", "session_url", "tables_url"]


class Counter:
    """A Zoho that counts arrivals in a window that slides, and requests in process."""

    def __init__(self, limit, window, concurrency):
        self.limit, self.window, self.concurrency = limit, window, concurrency
        self.arrivals = deque()
        self.inside = self.total = 0
        self.refused = []

    async def take(self):
        now = asyncio.get_running_loop().time()
        while self.arrivals and self.arrivals[0] <= now - self.window:
            self.arrivals.popleft()
        if len(self.arrivals) >= self.limit:
            self.refused.append(44)
        if self.inside >= self.concurrency:
            self.refused.append(1070)
        self.arrivals.append(now)
        self.total += 1
        self.inside += 1
        await asyncio.sleep(0.005)
        self.inside -= 1


async def work(budget, zoho, until):
    """Make calls as the client does until *until* were made by all; returns how many this one made."""
    made = 0
    while zoho.total < until:
        got = await budget.reserve(Lane.PULLS)
        if isinstance(got, Wait):
            await asyncio.sleep(max(0.0, (got.until - datetime.now(UTC)).total_seconds()))
            continue
        await zoho.take()
        await budget.settle(got, None)
        made += 1
    return made


# ---------------------------------------------------------------------------------------------- minute, concurrency


@pytest.mark.parametrize("per_minute", [20, 900], ids=["asking each time", "in batches"])
async def test_five_processes_stay_inside_one_limit_and_none_starves(processes, per_minute):
    limit, until = per_minute, per_minute * 2
    zoho = Counter(limit, window=1.5, concurrency=5)
    budgets = await processes(5, per_minute=limit, per_day=10**6, window=2.0)

    made = await asyncio.gather(*(work(budget, zoho, until) for budget in budgets for _ in range(2)))

    assert zoho.refused == []
    assert all(sum(made[at : at + 2]) > until // 40 for at in range(0, 10, 2)), made


async def test_a_full_minute_names_the_moment_its_oldest_call_leaves_it(processes):
    (budget,) = await processes(per_minute=3, window=2.0)
    first = await call(budget)
    await call(budget)
    await call(budget)

    wait = await budget.reserve(Lane.PULLS)

    assert isinstance(wait, Wait)
    assert wait.reason == "minute_limit"
    assert abs((wait.until - first.granted_at).total_seconds() - 2.0) < 0.5
    await asyncio.sleep((wait.until - datetime.now(UTC)).total_seconds())
    assert isinstance(await budget.reserve(Lane.PULLS), Slot)


async def test_each_process_obeys_its_own_limit_against_the_calls_of_all(processes):
    (wide,) = await processes(per_minute=100)
    (narrow,) = await processes(per_minute=4)
    for _ in range(4):
        await call(wide)

    assert isinstance(await narrow.reserve(Lane.PULLS), Wait)
    assert isinstance(await wide.reserve(Lane.PULLS), Slot)


async def test_requests_at_once_are_counted_over_all_processes(processes):
    one, other = await processes(2, concurrency=2)
    first, second = await one.reserve(Lane.PULLS), await other.reserve(Lane.PULLS)

    refused = await one.reserve(Lane.PULLS)

    assert isinstance(first, Slot)
    assert isinstance(second, Slot)
    assert isinstance(refused, Wait)
    assert refused.reason == "concurrency"
    await other.settle(second, None)
    assert isinstance(await eventually(lambda: granted(one)), Slot)


@pytest.mark.parametrize("per_minute", [600, 60_000], ids=["asking each time", "in batches"])
async def test_a_dead_process_holds_no_concurrency(processes, per_minute):
    dead, alive = await processes(2, per_minute=per_minute, concurrency=2)
    for _ in range(2):
        assert isinstance(await dead.reserve(Lane.PULLS), Slot)
    assert await granted(alive) is None
    if dead._keeper:
        dead._keeper.cancel()

    end_sessions(processes.url, "budget")

    assert isinstance(await eventually(lambda: granted(alive)), Slot)


async def test_a_lost_connection_is_made_anew_with_the_calls_under_way(processes):
    (budget,) = await processes(concurrency=3)
    slot = await budget.reserve(Lane.PULLS)
    end_sessions(processes.url, "budget")

    again = await budget.reserve(Lane.PULLS)

    assert isinstance(again, Slot)
    (permits,) = (await query(processes.database, "SELECT max(permits) FROM sync.callers"))[0]
    assert permits == 2
    await budget.settle(slot, None)


async def test_a_reservation_nobody_waits_for_any_more_goes_back(processes):
    (budget,) = await processes()
    asking = asyncio.ensure_future(budget.reserve(Lane.PULLS))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    async def nothing_left():
        rows = await query(
            processes.database,
            "SELECT own, (SELECT count(*) FROM sync.call_slots), (SELECT coalesce(sum(permits), 0) FROM sync.callers),"
            " (SELECT count(*) FROM sync.callers) FROM sync.quota",
        )
        return rows[0] == (0, 0, 0, 1)

    assert await eventually(nothing_left)


async def test_a_call_that_was_not_sent_counts_nowhere(processes):
    (budget,) = await processes(per_minute=1)
    slot = await budget.reserve(Lane.STOCK)

    await budget.give_back(slot)

    status = await budget.status()
    assert (status.day_used, status.minute_used, status.by_lane) == (0, 0, {})
    assert isinstance(await budget.reserve(Lane.STOCK), Slot)


# ---------------------------------------------------------------------------------------------- batches


async def test_wide_limits_cost_a_handful_of_statements(processes):
    (budget,) = await processes(per_minute=1_000_000, per_day=100_000_000)

    for _ in range(2000):
        await call(budget)

    (taken,) = (await query(processes.database, "SELECT max(id) FROM sync.call_slots"))[0]
    assert taken < 50
    assert (await budget.status()).day_used == 2000


async def test_what_was_taken_ahead_and_not_used_goes_back(processes):
    taker, watcher = await processes(2, per_minute=60_000, per_day=100_000)
    for _ in range(3):
        await call(taker)
    assert (await watcher.status()).day_used > 3

    async def gone_back():
        status = await watcher.status()
        return (status.day_used, status.minute_used, status.by_lane) == (3, 3, {"pulls": 3})

    assert await eventually(gone_back)
    assert await query(processes.database, "SELECT sum(permits) FROM sync.callers") == [(0,)]


async def test_closing_gives_back_at_once(processes):
    taker, watcher = await processes(2, per_minute=60_000, per_day=100_000)
    await call(taker)

    await taker.close()

    assert (await watcher.status()).day_used == 1
    assert await query(processes.database, "SELECT count(*) FROM sync.callers") == [(0,)]


async def test_a_newcomer_gets_its_share_of_a_busy_process(processes):
    busy, newcomer = await processes(2, per_minute=60_000, per_day=10**6, concurrency=4)
    zoho = Counter(10**6, window=60, concurrency=4)
    working = [asyncio.ensure_future(work(busy, zoho, 10**6)) for _ in range(6)]
    await asyncio.sleep(0.2)

    got = await eventually(lambda: granted(newcomer))

    assert isinstance(got, Slot)
    await newcomer.settle(got, None)
    for task in working:
        task.cancel()
    await asyncio.wait(working)
    assert zoho.refused == []


# ---------------------------------------------------------------------------------------------- the day

NOTHING = {"person": 100, "orders": 95, "webhooks": 80, "stock": 65, "pulls": 30, "details": 30, "images": 30}
LANES = {
    "nothing used": ({}, 0, NOTHING),
    "stock used its own": (
        {"stock": 35},
        0,
        {"person": 65, "orders": 60, "webhooks": 45, "stock": 30, "pulls": 30},
    ),
    "stock has used more": ({"stock": 50}, 0, {"person": 50, "orders": 45, "webhooks": 30, "stock": 15, "pulls": 15}),
    "pulls used the rest": (
        {"pulls": 30},
        0,
        {"person": 70, "orders": 65, "webhooks": 50, "stock": 35, "pulls": 0},
    ),
    "all is used": ({"pulls": 60, "stock": 40}, 0, {"person": 0, "orders": 0, "stock": 0, "pulls": 0, "images": 0}),
    "others have used it": ({}, 80, {"person": 20, "orders": 15, "webhooks": 0, "stock": 0, "pulls": 0}),
}


@pytest.mark.parametrize(("used", "elsewhere", "left"), LANES.values(), ids=LANES.keys())
async def test_a_lane_leaves_the_unfilled_reserves_of_those_before_it(processes, used, elsewhere, left):
    (budget,) = await processes(per_day=100)
    await set_day(processes, used, elsewhere=elsewhere, hours=12)

    assert {lane: await budget.left(Lane(lane)) for lane in left} == left
    for lane, number in left.items():
        got = await budget.reserve(Lane(lane))
        assert isinstance(got, Slot) == (number > 0), lane
        if isinstance(got, Slot):
            await budget.give_back(got)


async def test_two_hours_before_the_reset_the_reserves_are_for_all(processes):
    (budget,) = await processes(per_day=100)
    await set_day(processes, {"pulls": 30}, hours=1.9)

    assert await budget.left(Lane.IMAGES) == 70
    assert isinstance(await budget.reserve(Lane.IMAGES), Slot)


async def test_a_lane_without_share_waits_for_the_release_and_a_used_up_day_for_its_end(processes):
    (budget,) = await processes(per_day=100)
    await set_day(processes, {"pulls": 30}, hours=12)
    status = await budget.status()

    lane = await budget.reserve(Lane.PULLS)
    await set_day(processes, {"pulls": 100}, hours=12)
    day = await budget.reserve(Lane.PERSON)

    assert isinstance(lane, Wait)
    assert isinstance(day, Wait)
    assert lane.reason == day.reason == "daily_quota"
    assert abs(status.resets_at - timedelta(hours=2) - lane.until) < timedelta(seconds=5)
    assert abs(status.resets_at - day.until) < timedelta(seconds=60)


async def test_a_limit_of_zero_lets_nothing_out(processes):
    (budget,) = await processes(per_day=0)

    assert isinstance(await budget.reserve(Lane.PERSON), Wait)
    assert await budget.left(Lane.PERSON) == 0


async def test_the_day_begins_anew_when_its_end_has_passed(processes):
    (budget,) = await processes(per_day=5)
    await set_day(processes, {"person": 5}, hours=-0.001)

    assert isinstance(await budget.reserve(Lane.PERSON), Slot)

    status = await budget.status()
    assert status.day_used == 1
    assert status.resets_at > datetime.now(UTC)


async def test_without_headers_the_day_turns_at_the_organizations_midnight(processes):
    (budget,) = await processes()
    baghdad = Organization(id="748369814", name="TSH Trading", currency_code="IQD", time_zone="Asia/Baghdad")
    await call(budget)

    await PgLedger(processes.database, REGISTRY, baghdad.id).bind_organization(baghdad)

    resets_at = (await budget.status()).resets_at.astimezone(UTC)
    assert (resets_at.hour, resets_at.minute) == (21, 0)
    assert (await budget.status()).day_used == 1
    assert (await budget.status()).source == "own count"
