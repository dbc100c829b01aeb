"""Lengths of time and moments as a person types them."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import parse_moment

_SECONDS: Final = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_LONGEST: Final = 10 * 366 * 86400.0
_SPAN: Final = re.compile(r"(\d{1,6})\s*([a-z]*)", re.ASCII)


def seconds_of(text: str, option: str, *, plain: float | None = None) -> float:
    """Return the seconds that `30m`, `2h` or `1d` names; a number alone counts *plain* seconds each, where given.

    ConfigurationError names the option and what is allowed.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    unit = found and (_SECONDS.get(found[2]) if found[2] else plain)
    if found is None or unit is None or int(found[1]) == 0:
        raise ConfigurationError(f"{option} is “{text}”", advice="Allowed: a length of time such as 30m, 2h or 1d.")
    seconds = int(found[1]) * unit
    if seconds > _LONGEST:
        raise ConfigurationError(f"{option} is “{text}”", advice="Allowed: ten years at most.")
    return seconds


def moment_of(text: str, option: str, now: datetime) -> datetime:
    """Return the moment to come that a person named; ConfigurationError when it is none, or has been."""
    try:
        moment = parse_moment(text)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{option} is “{text}”", advice="Allowed: a date or time such as 2026-11-23 or 2026-11-23T08:00."
        ) from None
    if moment <= now:
        raise ConfigurationError(f"{option} is “{text}”, which has been", advice="Give a time to come.")
    return moment
