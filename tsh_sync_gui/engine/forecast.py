"""What a run will cost, before it starts: calls, share of the day, time with all waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from tsh_sync_gui.core.values import Mode
from tsh_sync_gui.engine.details import DEFAULT_TIME
from tsh_sync_gui.engine.plan import WalkPlan, pages_of
from tsh_sync_gui.engine.ports import Checkpoint, ListOrder, QuotaStatus, RunInfo, Watermark
from tsh_sync_gui.engine.views import Details, Forecast
from tsh_sync_gui.engine.walk import Pace

SECONDS_A_CALL = 0.3
"""How long Zoho takes to answer, where no limit is what a run waits for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a forecast is made from.

    *records* is how many records the walk's list has, *pages* how many pages it was found to have; while nobody knows,
    *at_least* records are known to be there. *asked* pages need not be asked for: the run that goes on has stored
    them, or an estimate has read them, as it has those that are *kept*; *listed* says that its lists are done.
    *lane_left* is how many calls the share of the day has left that pays for details; *before* are the calls that
    other walks of the request make.
    """

    mark: Watermark
    records: int | None
    history: Sequence[RunInfo]
    outstanding: int
    bulk_size: int
    lane_left: int = 0
    before: int = 0
    pages: int | None = None
    at_least: int = 0
    asked: int = 0
    kept: int = 0
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailCost:
    """The calls for details that a run makes, and for how many records details wait; *by_share* for the day's calls."""

    calls: int = 0
    later: int = 0
    by_share: bool = False


def list_total(plan: WalkPlan, marks: Mapping[str, Watermark]) -> int | None:
    """Return how many records the list of *plan* has: some members keep only part of its rows, the fullest counts."""
    totals = [marks[one.name].remote for one in plan.members]
    return max((one for one in totals if one is not None), default=None)


def pages_behind(checkpoint: Checkpoint | None) -> int:
    """Return how many pages the run that goes on from *checkpoint* has behind it; the last one is looked at again."""
    return max(0, checkpoint.next_page - 2) if checkpoint and not checkpoint.is_tail else 0


def list_calls(plan: WalkPlan, known: Known, pace: Pace) -> tuple[int, int, bool]:
    """Return the fewest and the most list calls, and whether that is more than "at least"."""
    if plan.mode is Mode.RECORD or known.listed:
        return 0, 0, True
    if known.pages is not None:
        rest = max(0, known.pages - known.asked)
        return rest, rest, True
    if plan.order is ListOrder.FULL:
        if known.records is None:
            fewest = max(1, pages_of(known.at_least, pace.per_page) - known.asked)
            return fewest, fewest, False
        pages = max(1, pages_of(known.records, pace.per_page) - known.asked)
        return pages, pages, True
    past = [run.calls.list for run in known.history if run.mode is plan.mode and run.calls.list]
    # A filter asks for minutes or hours and mostly fits one page; how far a window or a sorted walk goes is open.
    is_short = plan.order is ListOrder.FILTERED and plan.mode is not Mode.WINDOW
    low, high = (max(1, pages - known.asked) for pages in (min(past, default=1), max(past, default=1)))
    return low, high, bool(past) or is_short


def detail_cost(plan: WalkPlan, known: Known, pace: Pace, limit: Details) -> DetailCost:
    """Return the calls for details that are outstanding now; on a first walk all records will be."""
    if plan.mode is Mode.RECORD:
        return DetailCost(calls=1)
    if limit in {"none", 0} or not any(one.has_details for one in plan.members):
        return DetailCost()
    records = known.outstanding
    if is_first(plan, known):
        records = max(records, known.at_least if known.records is None else known.records)
    if isinstance(limit, int):
        records = min(records, limit)
    calls = ceil(records / known.bulk_size)
    if limit is not None:
        return DetailCost(calls=calls)
    in_time = int(pace.per_minute * DEFAULT_TIME.total_seconds() / 60)
    made = min(calls, max(0, known.lane_left), in_time)
    later = max(0, records - made * known.bulk_size)
    return DetailCost(calls=made, later=later, by_share=made < calls and known.lane_left < in_time)


def is_first(plan: WalkPlan, known: Known) -> bool:
    """Tell whether the details of all that the walk meets will be outstanding after it."""
    return plan.order is ListOrder.FULL and known.mark.since is None


def seconds_for(calls: int, quota: QuotaStatus, pace: Pace) -> float:
    """Return how long *calls* take with the waits for the minute limit."""
    free = max(0, quota.minute_limit - quota.minute_used)
    waits = ceil(max(0, calls - free) / quota.minute_limit) * 60 if calls > free else 0
    tail = max(0, calls - free) % quota.minute_limit / pace.ahead * SECONDS_A_CALL
    return round(waits + (tail if waits else calls / pace.ahead * SECONDS_A_CALL), 1)


def forecast(plan: WalkPlan, known: Known, quota: QuotaStatus, pace: Pace, limit: Details) -> Forecast:
    """Return the cost of *plan* for its leader."""
    low, high, is_known = list_calls(plan, known, pace)
    details = detail_cost(plan, known, pace, limit)
    total = high + details.calls
    before = known.before
    return Forecast(
        entity=plan.leader.name,
        calls_low=low + details.calls,
        calls_high=total,
        detail_calls=details.calls,
        details_later=details.later,
        later_by_share=details.by_share,
        details_open=not is_known and limit not in {"none", 0} and is_first(plan, known),
        kept_pages=known.kept,
        share_of_day=round(total / quota.day_limit, 4) if quota.day_limit else 1.0,
        seconds=round(seconds_for(before + total, quota, pace) - seconds_for(before, quota, pace), 1),
        known=is_known,
        fits=before + total <= quota.day_limit - quota.day_used,
        records=known.records,
    )


def nothing(entity: str) -> Forecast:
    """Return the forecast of a run that has nothing to do."""
    return Forecast(entity=entity, calls_low=0, calls_high=0)
