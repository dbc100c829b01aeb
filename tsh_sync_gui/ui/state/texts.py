"""Words, numbers and times in the person's language; Qt's translator is put in from outside."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_OPTIONAL: Final = re.compile(r"\((\w+)\)")
_LONG_PATH: Final = re.compile(r" (?=/\S{24})")
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def _plain_number(value: float) -> str:
    return f"{value:,}"


def _english(text: str, comment: str | None, n: int) -> str:
    """Resolve `(s)` by *n*: English needs no file of translations."""
    del comment
    if n < 0:
        return text
    plural = _OPTIONAL.sub("" if n == 1 else r"\1", text)
    return plural.replace("%Ln", _plain_number(n))


@dataclass(slots=True)
class Language:
    """The functions that speak: *translate* takes text, comment and number as Qt's does."""

    translate: Callable[[str, str | None, int], str] = _english
    number: Callable[[float], str] = _plain_number


_spoken: Final = Language()


def speak(language: Language) -> None:
    """Use *language* from now on."""
    _spoken.translate, _spoken.number = language.translate, language.number


def tr(text: str, comment: str | None = None, n: int = -1) -> str:
    """Return *text* in the person's language; `%Ln` becomes *n* and `(s)` goes by it."""
    return _spoken.translate(text, comment, n)


def english(text: str, n: int = -1) -> str:
    """Return *text* as English without a translator would say it."""
    return _english(text, None, n)


def number(value: float) -> str:
    """Return *value* with the person's digits and separators."""
    return _spoken.number(value)


def capital(text: str) -> str:
    """Return *text* with its first letter as a capital, the rest as it is."""
    return text[:1].upper() + text[1:]


def with_whole_paths(text: str) -> str:
    """Return *text* with long paths on a line of their own: a label would part them behind their first slash."""
    return _LONG_PATH.sub("\n", text)


def clock(moment: datetime, now: datetime, zone: str = "") -> str:
    """Return the time of day, local or in *zone*, with the day where it is not today's there."""
    there = zone_called(zone)
    here, today = moment.astimezone(there), now.astimezone(there).date()
    if here.date() == today:
        return here.strftime("%H:%M")
    if abs((here.date() - today).days) < 7:
        return f"{_weekday(here.weekday())} {here:%H:%M}"
    return here.strftime("%Y-%m-%d %H:%M")


def _weekday(day: int) -> str:
    """Return a day of the week, 0 for Monday, as short as people write it."""
    return (tr("Mon"), tr("Tue"), tr("Wed"), tr("Thu"), tr("Fri"), tr("Sat"), tr("Sun"))[day]


def scheduled(moment: datetime, now: datetime, zone: str) -> str:
    """Return the time of day in the organization's *zone*, named by its city where this computer's differs."""
    text, there = clock(moment, now, zone), zone_called(zone)
    if there is None or moment.astimezone(there).utcoffset() == moment.astimezone().utcoffset():
        return text
    return f"{text} {zone.rpartition('/')[2].replace('_', ' ')}"


def zone_called(name: str) -> ZoneInfo | None:
    """Return the zone called *name*, None (this computer's own) where there is none of that name."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


def exact(moment: datetime | None, zone: str = "") -> str:
    """Return the moment to the second in the person's zone, and in the organization's where that is known."""
    if moment is None:
        return ""
    local = moment.astimezone()
    here = local.strftime("%Y-%m-%d %H:%M:%S %Z")
    known = zone_called(zone)
    if known is None:
        return here
    there = moment.astimezone(known)
    same_day = there.date() == local.date()
    return f"{here}\n{there.strftime('%H:%M:%S' if same_day else '%Y-%m-%d %H:%M:%S')} {zone}"


def ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago *moment* was, roughly."""
    if moment is None:
        return tr("never")
    seconds = (now - moment).total_seconds()
    if seconds < 10:
        return tr("just now")
    if seconds < _MINUTE:
        return tr("%Ln s ago", None, int(seconds))
    if seconds < _HOUR:
        return tr("%Ln min ago", None, int(seconds // _MINUTE))
    if seconds < _DAY:
        return tr("%Ln h ago", None, int(seconds // _HOUR))
    if seconds < 14 * _DAY:
        return tr("%Ln day(s) ago", None, int(seconds // _DAY))
    return moment.astimezone().strftime("%Y-%m-%d")


def span(seconds: float) -> str:
    """Return a length of time in at most two units."""
    if seconds < 1:
        return tr("under 1 s")
    if seconds < _MINUTE:
        return tr("%Ln s", None, round(seconds))
    minutes, rest = divmod(round(seconds), _MINUTE)
    if minutes < 10 and rest:
        return tr("{minutes} min {seconds} s").format(minutes=number(minutes), seconds=number(rest))
    if minutes < 60:
        return tr("%Ln min", None, minutes)
    hours, minutes = divmod(minutes, 60)
    if hours < 48 and minutes:
        return tr("{hours} h {minutes} min").format(hours=number(hours), minutes=number(minutes))
    return tr("%Ln h", None, hours) if hours < 48 else tr("%Ln day(s)", None, hours // 24)


def duration(seconds: float) -> str:
    """Return how long a run took, with tenths where it was short."""
    return tr("{seconds} s").format(seconds=number(round(seconds, 1))) if seconds < 10 else span(seconds)


def utc(moment: datetime) -> datetime:
    """Return *moment* in UTC; a naive one is local time."""
    return moment.astimezone(UTC)
