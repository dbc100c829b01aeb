"""Time as a port: now, a monotonic counter and sleep, so that tests need not wait."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time (aware, UTC) and waits."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait for *seconds*; a cancelled wait raises CancelledError."""
        ...


class SystemClock:
    """The machine's clock, shifted by the offset another clock (the database's) was measured to have."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self.offset = offset

    def now(self) -> datetime:
        """Return the present moment on the shared clock."""
        return datetime.now(UTC) + self.offset

    def monotonic(self) -> float:
        """Return seconds that never go back."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for *seconds*."""
        await asyncio.sleep(max(0.0, seconds))


class ManualClock:
    """A clock that tests move; sleeping advances it at once."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        self._mono = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        """Return the moment the test has set."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds advanced so far."""
        return self._mono

    def advance(self, seconds: float) -> None:
        """Move the clock on by *seconds*."""
        self._now += timedelta(seconds=seconds)
        self._mono += seconds

    async def sleep(self, seconds: float) -> None:
        """Advance by *seconds* and let other tasks run."""
        self.slept.append(seconds)
        self.advance(max(0.0, seconds))
        await asyncio.sleep(0)
