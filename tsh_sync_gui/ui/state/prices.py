"""What an action costs in calls to Zoho, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tsh_sync_gui.engine.views import Forecast
from tsh_sync_gui.ui.state.texts import number, span, tr


@dataclass(frozen=True, slots=True)
class Prices:
    """Forecasts by entity, of fetching changes and of a full walk; and of everything at once.

    Everything costs less than the sum: entities of one walk are served by the same calls.
    """

    changes: Mapping[str, Forecast] = field(default_factory=dict)
    full: Mapping[str, Forecast] = field(default_factory=dict)
    all_changes: Forecast | None = None
    all_full: Forecast | None = None


def price(forecast: Forecast | None) -> str:
    """Return the price as it stands beside a button; empty while it is not known."""
    if forecast is None:
        return ""
    low, high = forecast.calls_low, max(forecast.calls_low, forecast.calls_high)
    if not forecast.known:
        return tr("at least %Ln call(s)", None, max(1, low))
    if high == 0:
        return tr("no calls")
    if low == high:
        return tr("about %Ln call(s)", None, high)
    return tr("{low}–{high} calls").format(low=number(low), high=number(high))


def priced(text: str, forecast: Forecast | None) -> str:
    """Return an action's text with its price."""
    cost = price(forecast)
    return f"{text} · {cost}" if cost else text


def total(forecasts: Iterable[Forecast]) -> Forecast | None:
    """Return what several runs cost together; None for none."""
    all_of_them = tuple(forecasts)
    if not all_of_them:
        return None
    return Forecast(
        entity="",
        calls_low=sum(one.calls_low for one in all_of_them),
        calls_high=sum(max(one.calls_low, one.calls_high) for one in all_of_them),
        detail_calls=sum(one.detail_calls for one in all_of_them),
        details_later=sum(one.details_later for one in all_of_them),
        later_by_share=any(one.later_by_share for one in all_of_them),
        details_open=any(one.details_open for one in all_of_them),
        share_of_day=sum(one.share_of_day for one in all_of_them),
        seconds=sum(one.seconds for one in all_of_them),
        known=all(one.known for one in all_of_them),
        fits=all(one.fits for one in all_of_them),
    )


def fits(forecast: Forecast | None, left_today: int | None) -> bool:
    """Tell whether the price fits in what is left today."""
    if forecast is None:
        return True
    return forecast.fits and (left_today is None or forecast.calls_low <= left_today)


def details_sentence(forecast: Forecast | None) -> str:
    """Return which details wait, and for what; empty where none do."""
    if forecast is None:
        return ""
    if forecast.details_open and not forecast.known:
        return tr("details come besides: how many records Zoho has is not known yet")
    if not forecast.details_later:
        return ""
    if forecast.later_by_share:
        return tr("the rest of the details (%Ln record(s)) waits for tomorrow's calls", None, forecast.details_later)
    return tr("the rest of the details (%Ln record(s)) waits for the next syncs", None, forecast.details_later)


def cost_sentence(forecast: Forecast | None) -> str:
    """Return price, share of the day and time, and which details wait, for a tooltip."""
    if forecast is None:
        return ""
    parts = [price(forecast)]
    if forecast.detail_calls and forecast.known:
        parts.append(tr("%Ln of them for details", None, forecast.detail_calls))
    if forecast.share_of_day:
        parts.append(tr("{share} % of the day's calls").format(share=number(round(forecast.share_of_day * 100, 1))))
    if forecast.seconds:
        parts.append(tr("takes about {time}").format(time=span(forecast.seconds)))
    if waits := details_sentence(forecast):
        parts.append(waits)
    return " · ".join(parts)
