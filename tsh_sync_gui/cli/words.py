"""How states, numbers, times and costs read on a terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

from tsh_sync_gui.core.values import EntityState, Lane, Mode, RunState
from tsh_sync_gui.engine.views import Forecast

if TYPE_CHECKING:
    from tsh_sync_gui.engine.schedule import Timing

STATES: Final[dict[str, tuple[str, str]]] = {
    EntityState.UP_TO_DATE: ("Up to date", "green"),
    EntityState.RUNNING: ("Running", "blue"),
    EntityState.WAITING: ("Waiting", "blue"),
    EntityState.LATE: ("Late", "yellow"),
    EntityState.PARTLY_DONE: ("Partly done", "yellow"),
    EntityState.FAILED: ("Failed", "red"),
    EntityState.NEEDS_YOU: ("Needs you", "red"),
    EntityState.PAUSED: ("Paused", "bright_black"),
    EntityState.NEVER_RUN: ("Never run", "bright_black"),
    RunState.CANCELLED: ("Paused", "bright_black"),
}
MODES: Final = {
    Mode.FULL: ("Full", "full sync"),
    Mode.INCREMENTAL: ("Changes", "sync of changes"),
    Mode.WINDOW: ("Window", "sync of a window"),
    Mode.RECORD: ("One record", "sync of one record"),
    Mode.SWEEP: ("Find deleted", "search for deleted records"),
}
LANES: Final = {
    Lane.PERSON: "what people start",
    Lane.ORDERS: "orders to Zoho",
    Lane.WEBHOOKS: "webhooks",
    Lane.STOCK: "stock",
    Lane.PULLS: "the other lists",
    Lane.DETAILS: "details",
    Lane.IMAGES: "images",
}
_CRON: Final = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* ([0-7]|\*)")
_DAYS: Final = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays")
WAITS: Final = {
    "minute_limit": "Zoho's per-minute limit",
    "concurrency": "Zoho's limit of calls at once",
    "daily_quota": "the daily quota",
    "daily_share": "the next day's share of calls",
    "network": "the network",
    "database": "the database",
    "other_machine": "another machine",
}


def state(value: EntityState | RunState) -> str:
    """Return the state's word (ux.md 1)."""
    return STATES[value.value][0]


def coloured(value: EntityState | RunState) -> str:
    """Return the state's word with its colour, as Rich markup."""
    word, colour = STATES[value.value]
    return f"[{colour}]{word}[/]"


def number(value: int) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def counted(value: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 call", "1,250 calls"."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"


def duration(seconds: float) -> str:
    """Return a length of time as a person says it."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def mode(value: Mode) -> str:
    """Return what a run walks, in the words of the window."""
    return MODES[value][0]


def zone_named(name: str) -> tzinfo | None:
    """Return the organization's zone by its name, None (the person's own) while none is known."""
    from tsh_sync_gui.engine.schedule import zone_of  # most commands need none of it

    return zone_of(name) if name else None


def local(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """Return *moment* in *zone*, or in the person's, for a column that `in_zone` heads."""
    return "" if moment is None else f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def minute(moment: datetime | None, zone: tzinfo | None = None) -> str:
    """Return day and minute of *moment* in *zone*, short, where a table has little room."""
    return "" if moment is None else f"{moment.astimezone(zone):%m-%d %H:%M}"


def zone_words(zone: tzinfo | None = None) -> str:
    """Return the name of *zone*, or of the person's own."""
    return str(zone or datetime.now().astimezone().tzname())


def with_zone(moment: datetime, zone: tzinfo | None = None) -> str:
    """Return *moment* in *zone*, or in the person's, and which that is."""
    return f"{local(moment, zone)} {zone or moment.astimezone().tzname()}"


def in_zone(heading: str, zone: tzinfo | None = None) -> str:
    """Return the heading of a column of times, with the zone they are in."""
    return f"{heading} ({zone_words(zone)})"


def listed(names: Sequence[str]) -> str:
    """Return names as a sentence has them: "Products, Stock and Customers"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def timing(value: Timing | None) -> str:
    """Return how often, in the words of the window; a cron line that is no plain day or week stays as it is."""
    if value is None:
        return "none"
    if not value.cron:
        hours, rest = divmod(value.minutes, 60)
        return f"every {value.minutes} min" if rest else f"every {hours} h"
    if (found := _CRON.fullmatch(value.cron)) is None:
        return value.cron
    day = "daily" if found[3] == "*" else _DAYS[int(found[3]) % 7]
    return f"{day} at {int(found[2]):02}:{int(found[1]):02}"


def sentence(text: str) -> str:
    """Return *text* with a full stop where it has no ending of its own."""
    return text if text.endswith((".", "?", "…", ":")) else f"{text}."


def price(forecasts: Sequence[Forecast], *, timed: bool = True) -> str:
    """Return what a sync will cost: "about 9 calls, 1 % of today, about 30 s", and which details wait.

    Not *timed* it leaves out how long that takes: a simulated Zoho answers sooner than the real one.
    """
    cost, later = _calls(forecasts, timed=timed), sum(one.details_later for one in forecasts)
    if not later:
        return cost
    until = "tomorrow's calls" if any(one.later_by_share for one in forecasts) else "the next syncs"
    return f"{cost}; the rest of the details ({counted(later, 'record')}) waits for {until}"


def _calls(forecasts: Sequence[Forecast], *, timed: bool) -> str:
    if not any(one.calls_high for one in forecasts):
        return "no calls: its list was just read" if any(one.kept_pages for one in forecasts) else "no calls"
    low, high = (sum(each) for each in zip(*((one.calls_low, one.calls_high) for one in forecasts), strict=True))
    if not all(one.known for one in forecasts):
        if any(one.details_open for one in forecasts):
            besides = "and what details take besides: how many records Zoho has is not known yet"
            return f"at least {counted(low, 'call')}, {besides}"
        return f"at least {counted(low, 'call')}: how much there is to read is not known yet"
    parts = [f"about {counted(high, 'call')}" if low >= 0.9 * high else f"{low:,} to {counted(high, 'call')}"]
    if details := sum(one.detail_calls for one in forecasts):
        parts.append(f"{details:,} of them for details" if details < high else "all for details")
    share = 100 * sum(one.share_of_day for one in forecasts)
    parts.append("less than 1 % of today" if share < 1 else f"{share:.0f} % of today")
    if timed:
        parts.append(f"about {duration(max(1.0, round(sum(one.seconds for one in forecasts))))}")
    return ", ".join(parts)
