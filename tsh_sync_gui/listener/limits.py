"""How many refused requests one caller, and all together, may make: each is work, and a row in the database."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

_MOST_SOURCES: Final = 10_000


class Bucket:
    """Fills at *per_second* up to *most*, and is full at first."""

    def __init__(self, most: float, per_second: float, now: float) -> None:
        self._most = most
        self._per_second = per_second
        self._left = most
        self._at = now

    def take(self, now: float) -> float:
        """Take one; returns 0, or after how many seconds there is one again."""
        self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            return 0.0
        return (1 - self._left) / self._per_second


class Patience:
    """What is borne of callers who prove nothing; who proves himself is never held up."""

    def __init__(
        self,
        *,
        burst: int = 60,
        per_second: float = 1.0,
        all_burst: int = 600,
        all_per_second: float = 10.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._all = Bucket(all_burst, all_per_second, clock())
        self._sources: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, source: str) -> float:
        """Bear one more of *source*; returns 0, or the seconds it is to stay away."""
        now = self._clock()
        bucket = self._sources.get(source)
        if bucket is None:
            bucket = self._sources[source] = Bucket(self._burst, self._per_second, now)
            if len(self._sources) > _MOST_SOURCES:
                self._sources.popitem(last=False)
        self._sources.move_to_end(source)
        return bucket.take(now) or self._all.take(now)
