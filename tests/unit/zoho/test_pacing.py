"""Waiting for slots: how long, and who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.support.memory import MemoryBudget
from tests.support.zoho import NOON, Heard
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import QuotaExhaustedError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports import Wait
from tsh_sync_gui.zoho.pacing import Pacer

pytestmark = pytest.mark.asyncio


async def test_the_next_slot_comes_when_the_minute_has_room_again():
    clock, heard = ManualClock(NOON), Heard()
    budget = MemoryBudget(clock, per_minute=2)
    pacer = Pacer(budget, clock)

    for _ in range(3):
        slot = await pacer.slot(heard.caller())

    assert NOON + timedelta(seconds=60.5) <= slot.granted_at <= NOON + timedelta(seconds=60.6)
    assert heard.reasons == ["minute_limit", ""]
    assert heard.waits[0].until == NOON + timedelta(seconds=60.5)


async def test_a_wait_nobody_would_notice_is_not_told():
    clock, heard = ManualClock(NOON), Heard()
    budget = MemoryBudget(clock, concurrency=1)
    pacer = Pacer(budget, clock)
    first = await pacer.slot(heard.caller())
    ended = clock.now() + timedelta(seconds=0.3)

    async def end_the_first(seconds):
        clock.advance(seconds)
        if clock.now() >= ended and first.id in budget.open:
            await budget.settle(first, None)

    clock.sleep = end_the_first
    await pacer.slot(heard.caller())

    assert heard.waits == []


async def test_a_used_up_day_is_an_error_with_the_moment_it_turns():
    clock, heard = ManualClock(NOON), Heard()

    with pytest.raises(QuotaExhaustedError) as caught:
        await Pacer(MemoryBudget(clock, per_day=0), clock).slot(heard.caller())

    assert caught.value.resets_at == NOON.replace(hour=0) + timedelta(days=1)
    assert (caught.value.title, caught.value.is_share) == ("Daily quota used up", False)
    assert heard.waits == []


async def test_refusals_of_requests_that_were_under_way_are_one_block():
    clock, heard = ManualClock(NOON), Heard()
    budget = MemoryBudget(clock)
    pacer = Pacer(budget, clock)

    for _ in range(5):
        await pacer.blocked(heard.caller())

    assert budget.refusals == [44] * 5
    assert clock.slept == []


async def test_an_answer_ends_a_block():
    clock, heard = ManualClock(NOON), Heard()
    pacer = Pacer(MemoryBudget(clock), clock)
    for _ in range(3):
        await pacer.blocked(heard.caller())
        clock.advance(61)
    assert clock.slept == [60]

    pacer.answered()
    await pacer.blocked(heard.caller())

    assert clock.slept == [60]


async def test_slots_carry_the_lane_of_their_caller():
    clock = ManualClock(NOON)

    slot = await Pacer(MemoryBudget(clock), clock).slot(Heard().caller())

    assert slot.lane is Lane.PULLS


async def test_a_lane_whose_share_is_used_up_is_not_told_that_the_day_is():
    clock, heard = ManualClock(NOON), Heard()
    budget = MemoryBudget(clock, per_day=1000)

    async def refuse(_lane):
        return Wait(reason="daily_quota", until=NOON + timedelta(hours=12))

    budget.reserve = refuse
    with pytest.raises(QuotaExhaustedError) as caught:
        await Pacer(budget, clock).slot(heard.caller())

    assert (caught.value.is_share, caught.value.waits_for) == (True, "daily_share")
    assert "kept for people" in caught.value.advice
