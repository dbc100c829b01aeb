"""The simulator's clock, which tests move, and Zoho's way of writing times."""

import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import cache

OFFSET_SECONDS = 3 * 3600
"""Baghdad is three hours ahead of UTC all year."""
DATA_START = int(datetime(2023, 1, 5, 6, 0, tzinfo=UTC).timestamp())
DATA_END = int(datetime(2026, 10, 31, 20, 59, 59, tzinfo=UTC).timestamp())
"""The last second of 31 October 2026 in Baghdad: no made-up stamp is later."""
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4}")
_DAY_ZERO = datetime(1970, 1, 1, tzinfo=UTC)


class Clock:
    """Real time plus what tests have added; never earlier than the day after the data ends."""

    def __init__(self) -> None:
        self._shift = max(0.0, DATA_END + 86400 - time.time())
        self.advanced = 0.0

    def now(self) -> float:
        """Return the simulated time as seconds since 1970."""
        return time.time() + self._shift + self.advanced

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self.advanced += seconds

    def books_day(self) -> int:
        """Return the day, counted from 1970, that `due_days` and `overdue` are reckoned from.

        The data ends on a fixed day, so today is that day plus what the clock was moved.
        """
        return (DATA_END + OFFSET_SECONDS + int(self.advanced)) // 86400

    def seconds_to_midnight(self) -> int:
        """Return the seconds until the organization's next midnight."""
        return 86400 - int(self.now() + OFFSET_SECONDS) % 86400

    def day(self) -> int:
        """Return the organization's calendar day, counted from 1970."""
        return int(self.now() + OFFSET_SECONDS) // 86400

    def http_date(self) -> str:
        """Return the value of the Date header."""
        return formatdate(self.now(), usegmt=True)


@cache
def seconds_table() -> list[bytes]:
    """Return the 86,400 clock times of a day with Baghdad's offset, so that a stamp costs two look-ups."""
    return [b"T%02d:%02d:%02d+0300" % (s // 3600, s // 60 % 60, s % 60) for s in range(86400)]


@cache
def day_text(day: int) -> str:
    """Return the calendar date of a day counted from 1970."""
    return (_DAY_ZERO + timedelta(days=day)).strftime("%Y-%m-%d")


@cache
def day_bytes(day: int) -> bytes:
    """Return the calendar date of a day counted from 1970, as bytes."""
    return day_text(day).encode()


def stamp(epoch: int) -> bytes:
    """Return Zoho's text of a time: organization-local, whole seconds, no colon in the offset."""
    day, second = divmod(epoch + OFFSET_SECONDS, 86400)
    return day_bytes(day) + seconds_table()[second]


def stamp_text(epoch: int) -> str:
    """Return `stamp` as text."""
    return stamp(epoch).decode()


def parse_stamp(text: str) -> int | None:
    """Return the seconds since 1970 of the one format that Zoho accepts, else None."""
    if not _STAMP.fullmatch(text):
        return None
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z").timestamp())
    except ValueError:
        return None
