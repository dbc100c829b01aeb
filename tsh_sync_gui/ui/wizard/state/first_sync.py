"""The last step: what the first sync costs, and when tonight is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.ui.state.prices import price, total
from tsh_sync_gui.ui.state.texts import number, span, tr
from tsh_sync_gui.ui.wizard.state.cells import Cell, Row

_NIGHT: Final = time(2, 0)


def tonight(now: datetime, zone: str) -> datetime:
    """Return the next 02:00 in the organization's time zone, in UTC; without a known zone in this computer's."""
    try:
        there = now.astimezone(ZoneInfo(zone)) if zone else now.astimezone()
    except (ZoneInfoNotFoundError, ValueError):
        there = now.astimezone()
    night = there.replace(hour=_NIGHT.hour, minute=_NIGHT.minute, second=0, microsecond=0)
    return (night if night > there else night + timedelta(days=1)).astimezone(UTC)


def estimate_rows(forecasts: Sequence[Forecast], names: Mapping[str, str]) -> tuple[Row, ...]:
    """Return a row per entity (*names* are titles by name), and the sum."""
    rows = [
        Row(
            key=one.entity,
            cells=(
                Cell(tr(names.get(one.entity, one.entity))),
                Cell(number(one.records) if one.records is not None else "–", align="end"),
                Cell(price(one), align="end"),
                Cell(span(one.seconds) if one.seconds else "–", align="end"),
            ),
        )
        for one in forecasts
    ]
    whole = total(forecasts)
    if whole is None:
        return ()
    records = [one.records for one in forecasts if one.records is not None]
    end = Row(
        key="",
        strong=True,
        cells=(
            Cell(tr("Together")),
            Cell(number(sum(records)) if records else "–", align="end"),
            Cell(price(whole), align="end"),
            Cell(span(whole.seconds) if whole.seconds else "–", align="end"),
        ),
    )
    return (*rows, end)


def quota_text(forecasts: Sequence[Forecast], per_day: int) -> tuple[str, bool]:
    """Return how the first sync stands to the day's quota, and whether it fits."""
    whole = total(forecasts)
    if whole is None:
        return "", True
    fits = all(one.fits for one in forecasts) and whole.calls_low <= per_day
    if fits:
        text = tr(
            "It fits in today's {quota} calls; details of documents follow over the next days, as calls are left."
        )
        return text.format(quota=number(per_day)), True
    text = tr("It does not fit in today's {quota} calls: what is left over goes on tomorrow by itself.")
    return text.format(quota=number(per_day)), False


def tonight_text(when: datetime, zone: str) -> str:
    """Return when tonight is, in the organization's zone."""
    try:
        there = when.astimezone(ZoneInfo(zone)) if zone else when.astimezone()
    except (ZoneInfoNotFoundError, ValueError):
        there, zone = when.astimezone(), ""
    shown = there.strftime("%H:%M")
    return (
        tr("Run tonight at {time} ({zone})").format(time=shown, zone=zone)
        if zone
        else tr("Run tonight at {time}").format(time=shown)
    )


def waiting_text(when: datetime, now: datetime, zone: str) -> str:
    """Return that the first sync is going to run by itself."""
    try:
        there = when.astimezone(ZoneInfo(zone)) if zone else when.astimezone()
    except (ZoneInfoNotFoundError, ValueError):
        there = when.astimezone()
    left = span(max(0.0, (when - now).total_seconds()))
    return tr("The first sync runs by itself at {time}, in {left}. Leave the program open until then.").format(
        time=there.strftime("%H:%M"), left=left
    )
