"""When something is due: intervals and cron lines in the organization's zone, quiet hours, what was missed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from tsh_sync_gui.core.errors import ConfigurationError

GRACE: Final = timedelta(minutes=5)
"""A due time that is acted on within this is on time; later it was missed."""
LONGEST: Final = 7 * 1440
"""An interval lasts a week at most; what is to come less often is a cron line's matter."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SPAN: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*[-–]\s*([01]?\d|2[0-3]):([0-5]\d)")
_MOST: Final = 5000


@dataclass(frozen=True, slots=True)
class Timing:
    """Every so many *minutes*, counted from the same moment on all machines, or at the times of a *cron* line."""

    minutes: int = 0
    cron: str = ""

    def __post_init__(self) -> None:
        if self.cron:
            _check_cron(self.cron)
        elif not 1 <= self.minutes <= LONGEST:
            raise ConfigurationError(
                f"A schedule cannot be every {self.minutes} minutes", advice=f"Allowed: 1 to {LONGEST:,} minutes."
            )

    def __str__(self) -> str:
        return self.cron or f"every {self.minutes} min"


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of a day in which nothing begins; they may go over midnight. What falls into them waits for their end."""

    start: time
    end: time

    @classmethod
    def parse(cls, text: str) -> Quiet | None:
        """Return the hours that `22:00-06:00` names, None for an empty text; ConfigurationError for anything else."""
        if not text.strip():
            return None
        found = _SPAN.fullmatch(text.strip())
        if found is None:
            raise ConfigurationError(f"The quiet hours are “{text}”", advice="Write them as 22:00-06:00.")
        start, end = time(int(found[1]), int(found[2])), time(int(found[3]), int(found[4]))
        if start == end:
            raise ConfigurationError(
                f"The quiet hours are “{text}”, which is no time or all day",
                advice="Give two different times; pause the schedule to stop it.",
            )
        return cls(start, end)

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Tell whether *moment* lies in the quiet hours."""
        at = moment.astimezone(zone).time()
        if self.start < self.end:
            return self.start <= at < self.end
        return at >= self.start or at < self.end

    def ends_after(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return when the hours that hold *moment* are over: the first moment behind it that they don't hold."""
        found = [one for one in _turns(self.end, moment, zone) if one > moment and not self.holds(one, zone)]
        return min(found)

    def began_before(self, moment: datetime, zone: ZoneInfo) -> datetime:
        """Return when the hours that hold *moment* began."""
        turns = [one for one in _turns(self.start, moment, zone) if one <= moment]
        return max(one for one in turns if not self.holds(one - timedelta(microseconds=1), zone))


def zone_of(name: str) -> ZoneInfo:
    """Return the zone called *name*; UTC where there is none of that name, or none is known yet."""
    try:
        return ZoneInfo(name) if name else ZoneInfo("UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def occurrences(timing: Timing, after: datetime, zone: ZoneInfo, quiet: Quiet | None = None) -> Iterator[datetime]:
    """Yield the moments after *after* (UTC) at which something is due, in order."""
    if quiet is None:
        yield from _plain(timing, after, zone)
        return
    # What was due earlier in quiet hours that still last comes at their end.
    start = quiet.began_before(after, zone) - timedelta(seconds=1) if quiet.holds(after, zone) else after
    last, quiet_until = after, start
    for moment in _plain(timing, start, zone):
        if moment >= quiet_until and quiet.holds(moment, zone):
            quiet_until = quiet.ends_after(moment, zone)
        due = max(moment, quiet_until)
        if due > last:
            last = due
            yield due


def upcoming(
    timing: Timing, after: datetime, zone: ZoneInfo, quiet: Quiet | None = None, *, number: int = 1
) -> tuple[datetime, ...]:
    """Return the next *number* due moments; fewer where a cron line has an end."""
    return tuple(islice(occurrences(timing, after, zone, quiet), number))


def between(
    timing: Timing, after: datetime, until: datetime, zone: ZoneInfo, quiet: Quiet | None = None
) -> tuple[datetime, ...]:
    """Return what is due after *after* and up to *until*; of very many the first and the last ones."""
    found = tuple(islice(takewhile(lambda one: one <= until, occurrences(timing, after, zone, quiet)), _MOST))
    if len(found) < _MOST:
        return found
    late = upcoming(timing, until - timedelta(days=1), zone, quiet, number=_MOST)
    return (*found, *(one for one in late if found[-1] < one <= until))


def was_missed(dues: tuple[datetime, ...], now: datetime) -> bool:
    """Tell whether nobody was there when the first of *dues* was due."""
    return bool(dues) and now - dues[0] > GRACE


def late_from(timing: Timing, last_good: datetime, zone: ZoneInfo, quiet: Quiet | None = None) -> datetime | None:
    """Return from when an entity that was brought up to date at *last_good* is late: twice the interval without a run.

    Quiet hours count for nothing: a run that had to wait for their end is not late before the one after it.
    """
    due = upcoming(timing, last_good, zone, quiet, number=2)
    if len(due) < 2:
        return None
    interval = timedelta(minutes=timing.minutes) if timing.minutes else due[1] - due[0]
    return max(due[1], last_good + 2 * interval)


def a_day(timing: Timing, now: datetime, zone: ZoneInfo, quiet: Quiet | None = None) -> float:
    """Return how often something is due in a day, as the coming week has it."""
    if timing.minutes and quiet is None:
        return 1440 / timing.minutes
    until = now + timedelta(days=7)
    return sum(1 for _ in takewhile(lambda one: one <= until, occurrences(timing, now, zone, quiet))) / 7


def _plain(timing: Timing, after: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    if timing.cron:
        for moment in CronSim(timing.cron, after.astimezone(zone)):
            due = moment.astimezone(UTC)
            if due > after:  # two times of an hour that is left out fall on the same moment
                after = due
                yield due
        return
    step = timedelta(minutes=timing.minutes)
    due = _EPOCH + ((after - _EPOCH) // step + 1) * step
    while True:
        yield due
        due += step


def _turns(at: time, moment: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return the moments around *moment* at which quiet hours that begin or end at the time *at* may do so.

    Those when clocks show *at*, both times where they show it twice, and those when clocks are put forward or back,
    which may leave *at* out, or lead out of the hours and into them once more.
    """
    day = moment.astimezone(zone).date()
    shown = [
        datetime.combine(day + timedelta(days=on), at.replace(fold=fold), zone).astimezone(UTC)
        for on in (-2, -1, 0, 1, 2)
        for fold in (0, 1)
    ]
    return shown + _clock_changes(moment - timedelta(days=2), moment + timedelta(days=2), zone)


def _clock_changes(begin: datetime, end: datetime, zone: ZoneInfo) -> list[datetime]:
    """Return when between *begin* and *end* the clocks of *zone* are put forward or back."""
    found: list[datetime] = []
    first = begin.replace(microsecond=0)
    hours = [first + timedelta(hours=on) for on in range((end - begin) // timedelta(hours=1) + 2)]
    for before, after in pairwise(hours):
        if before.astimezone(zone).utcoffset() == after.astimezone(zone).utcoffset():
            continue
        early, late = before, after
        while late - early > timedelta(seconds=1):
            half = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
            is_early = half.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset()
            early, late = (half, late) if is_early else (early, half)
        found.append(late)
    return found


def _check_cron(line: str) -> None:
    advice = "Five fields: minute, hour, day of month, month, day of week; such as 0 3 * * * for 03:00 each day."
    if len(line.split()) != 5:
        raise ConfigurationError(f"The cron line is “{line}”", advice=advice)
    try:
        found = next(CronSim(line, datetime(2026, 1, 1, tzinfo=UTC)), None)
    except (CronSimError, ValueError, IndexError) as error:
        raise ConfigurationError(f"The cron line is “{line}”: {error}", advice=advice, cause=str(error)) from error
    if found is None:
        raise ConfigurationError(f"The cron line “{line}” never comes", advice=advice)
