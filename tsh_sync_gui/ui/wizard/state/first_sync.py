"""The last step: what the first sync costs, and when tonight is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import structs

from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.entities.spec import Entity
from tsh_sync_gui.ui.state.prices import cost_sentence, details_sentence, price, total
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


def estimate_rows(forecasts: Sequence[Forecast], entities: Sequence[Entity]) -> tuple[Row, ...]:
    """Return a row for each of *entities* that is read, and the sum; who is read along with another says with whom."""
    priced = {one.entity: one for one in forecasts}
    leaders = {entity.walk: entity.title for entity in entities if entity.name in priced}
    rows = []
    for entity in entities:
        if entity.name in priced:
            rows.append(_row(entity.name, tr(entity.title), priced[entity.name]))
        elif entity.walk in leaders:
            along = tr("with {entity}").format(entity=tr(leaders[entity.walk]))
            cells = (Cell(tr(entity.title)), _end("–"), _end(along), _end("–"), _end("–"))
            rows.append(Row(key=entity.name, cells=cells))
    whole = total(forecasts)
    if whole is None:
        return ()
    records = [one.records for one in forecasts if one.records is not None]
    whole = structs.replace(whole, records=sum(records) if records else None)
    return (*rows, _row("", tr("Together"), whole, strong=True))


def _row(key: str, title: str, cost: Forecast, *, strong: bool = False) -> Row:
    waits = number(cost.details_later) if cost.details_later else "?" if cost.details_open else "–"
    return Row(
        key=key,
        strong=strong,
        cells=(
            Cell(title),
            _end(number(cost.records) if cost.records is not None else "–"),
            _end(price(cost), hint=cost_sentence(cost)),
            _end(waits, hint=details_sentence(cost)),
            _end(span(cost.seconds) if cost.seconds else "–"),
        ),
    )


def _end(text: str, *, hint: str = "") -> Cell:
    return Cell(text, align="end", hint=hint)


def quota_text(forecasts: Sequence[Forecast], per_day: int) -> tuple[str, bool]:
    """Return how the first sync stands to the day's quota, and whether it fits."""
    whole = total(forecasts)
    if whole is None:
        return "", True
    fits = all(one.fits for one in forecasts) and whole.calls_low <= per_day
    if not fits:
        text = tr("It does not fit in today's {quota} calls: what is left over goes on tomorrow by itself.")
        return text.format(quota=number(per_day)), False
    if waits := details_sentence(whole):
        text = tr("It fits in today's {quota} calls; {waits}.")
        return text.format(quota=number(per_day), waits=waits), True
    return tr("It fits in today's {quota} calls, with all details.").format(quota=number(per_day)), True


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
