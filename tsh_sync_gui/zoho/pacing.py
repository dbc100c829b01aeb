"""When a request may leave: waits for a slot of the shared budget, and tells the caller of waits one would notice."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import QuotaExhaustedError
from tsh_sync_gui.engine.ports import Budget, Caller, Slot, Wait

TOLD_FROM: Final = 0.5
"""Seconds from which a wait is told."""
ONE_BLOCK: Final = 30.0
"""Refusals within so many seconds are one block, met by several requests that were under way."""
LONGEST_HOLD: Final = 900.0
Jitter = Callable[[float, float], float]


class Pacer:
    """Hands out slots for one process; the budget behind it is shared by all."""

    def __init__(self, budget: Budget, clock: Clock, *, jitter: Jitter = random.uniform) -> None:
        self._budget = budget
        self._clock = clock
        self._jitter = jitter
        self._blocked = 0
        self._block_met = float("-inf")

    async def slot(self, caller: Caller) -> Slot:
        """Return a slot, waiting as long as it takes; QuotaExhaustedError when only another day brings one."""
        told = False
        try:
            while True:
                got = await self._budget.reserve(caller.lane)
                if isinstance(got, Slot):
                    return got
                if got.reason == "daily_quota":
                    today = await self._budget.status()
                    raise quota_exhausted(got.until, is_share=today.day_used < today.day_limit)
                seconds = max(0.0, (got.until - self._clock.now()).total_seconds())
                if seconds > TOLD_FROM:
                    caller.on_wait(got)
                    told = True
                # Those who wait for the same moment don't all wake in it; never 0, so that no clock makes this spin.
                await self._clock.sleep(seconds + self._jitter(0.005, 0.02))
        finally:
            if told:
                caller.on_wait(None)

    async def wait(self, caller: Caller, reason: str, seconds: float, *, detail: str = "") -> None:
        """Wait for *seconds* and tell the caller why, in *detail*, and until when; ended by `on_wait(None)`."""
        if seconds <= TOLD_FROM:
            await self._clock.sleep(seconds)
            return
        until = self._clock.now() + timedelta(seconds=seconds)
        caller.on_wait(Wait(reason=reason, until=until, detail=detail))
        try:
            await self._clock.sleep(seconds)
        finally:
            caller.on_wait(None)

    async def blocked(self, caller: Caller) -> None:
        """Hold back after Zoho's minute block, longer each time it meets us again: asking during it prolongs it.

        The first two blocks are waited out in the budget alone, by all processes.
        """
        await self._budget.refused(44)
        if self._clock.monotonic() - self._block_met > ONE_BLOCK:
            self._block_met = self._clock.monotonic()
            self._blocked += 1
        if self._blocked > 2:
            await self.wait(caller, "minute_limit", min(LONGEST_HOLD, 60.0 * 2 ** (self._blocked - 3)))

    def answered(self) -> None:
        """Note that Zoho serves us: a block, if there was one, is over."""
        self._blocked = 0


def quota_exhausted(until: datetime | None, *, is_share: bool = False) -> QuotaExhaustedError:
    """Return the error for a used-up day, or a lane's used-up share of it, in the words a person reads."""
    if not is_share:
        advice = "Nothing is lost. The next sync goes on from here."
        return QuotaExhaustedError("Daily quota used up", resets_at=until, advice=advice)
    return QuotaExhaustedError(
        "The share of today's calls for such work is used up",
        resets_at=until,
        is_share=True,
        advice="The rest is kept for people, orders and webhooks. Nothing is lost; the next sync goes on from here.",
    )
