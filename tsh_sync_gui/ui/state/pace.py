"""How fast a run goes, smoothly, and when it will be done, waits included."""

from __future__ import annotations

from dataclasses import dataclass, replace

_WINDOW = 90.0
_STEP = 0.5
_ENOUGH = 1.5


@dataclass(frozen=True, slots=True)
class Pace:
    """The last minute and a half of a run's progress, as (seconds, records done).

    The window is longer than Zoho's minute, so that the stops of the minute limit are part of the pace.
    """

    samples: tuple[tuple[float, int], ...] = ()

    def moved(self, at: float, done: int) -> Pace:
        """Return the pace with one more observation; a count that fell starts it anew."""
        if self.samples and done < self.samples[-1][1]:
            return Pace(((at, done),))
        kept = tuple(one for one in self.samples if one[0] >= at - _WINDOW)
        if len(kept) > 1 and at - kept[-2][0] < _STEP:
            kept = kept[:-1]
        return replace(self, samples=(*kept, (at, done)))

    def rate(self, at: float) -> float | None:
        """Return records a second, None while too little has been seen."""
        if len(self.samples) < 2:
            return None
        (start, first), (_, last) = self.samples[0], self.samples[-1]
        passed = max(at, self.samples[-1][0]) - start
        return (last - first) / passed if passed >= _ENOUGH and last > first else None

    def left(self, at: float, done: int, expected: int | None) -> float | None:
        """Return the seconds to go, None when the total or the pace is not known."""
        rate = self.rate(at)
        if rate is None or expected is None or expected < done:
            return None
        return (expected - done) / rate


def blended(measured: float | None, forecast: float | None, share: float) -> float | None:
    """Return the seconds to go: the forecast at first, the measured pace as the done *share* grows."""
    if measured is None or forecast is None:
        return measured if forecast is None else forecast
    weight = min(1.0, share * 5)
    return weight * measured + (1 - weight) * forecast
