"""What a run will cost."""

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from tsh_sync_gui.core.values import Calls, Mode
from tsh_sync_gui.engine.fallback import without_filter
from tsh_sync_gui.engine.forecast import Known, forecast, list_total, seconds_for
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import ListOrder, QuotaStatus, Watermark
from tsh_sync_gui.engine.sweep import is_too_many
from tsh_sync_gui.engine.walk import Pace
from tsh_sync_gui.entities.registry import REGISTRY

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
PACE = Pace(per_page=200, concurrency=5, per_minute=20)
QUOTA = QuotaStatus(day_used=100, day_limit=1000, resets_at=NOW, minute_used=0, minute_limit=20)
PRODUCTS = REGISTRY.get("products")


def plan(order=ListOrder.FULL, mode=Mode.FULL):
    return WalkPlan(
        walk="items",
        api=PRODUCTS.apis[0],
        leader=PRODUCTS,
        members=(PRODUCTS,),
        requested=(PRODUCTS,),
        mode=mode,
        order=order,
    )


def known(remote=None, history=(), outstanding=0, left=1000):
    mark = Watermark(entity="products", remote=remote, since=NOW if remote else None)
    return Known(mark=mark, records=remote, history=history, outstanding=outstanding, bulk_size=100, lane_left=left)


def test_a_full_walk_costs_a_call_for_each_page():
    cost = forecast(plan(), known(remote=1250), QUOTA, PACE, "none")

    assert (cost.calls_low, cost.calls_high, cost.known) == (7, 7, True)
    assert cost.share_of_day == 0.007


def test_without_a_total_it_is_at_least_one_call():
    cost = forecast(plan(), known(), QUOTA, PACE, "none")

    assert (cost.calls_low, cost.known) == (1, False)


def test_changes_cost_what_they_cost_before():
    history = [SimpleNamespace(mode=Mode.INCREMENTAL, calls=Calls(list=number)) for number in (1, 4, 2)]

    cost = forecast(plan(ListOrder.FILTERED, Mode.INCREMENTAL), known(remote=1250, history=history), QUOTA, PACE, None)

    assert (cost.calls_low, cost.calls_high) == (1, 4)


@pytest.mark.parametrize(
    ("order", "mode", "is_known"),
    [
        (ListOrder.FILTERED, Mode.INCREMENTAL, True),
        (ListOrder.NEWEST, Mode.INCREMENTAL, False),
        (ListOrder.FILTERED, Mode.WINDOW, False),
        (ListOrder.NEWEST, Mode.WINDOW, False),
    ],
)
def test_without_a_walk_of_its_kind_before_only_what_changed_by_filter_is_one_call(order, mode, is_known):
    cost = forecast(plan(order, mode), known(remote=1250), QUOTA, PACE, "none")

    assert (cost.calls_low, cost.calls_high, cost.known) == (1, 1, is_known)


def test_the_fullest_member_tells_how_long_the_list_is():
    stock = REGISTRY.get("stock_levels")
    walk = replace(plan(), leader=stock, members=(PRODUCTS, stock))
    marks = {"products": Watermark(entity="products", remote=430), stock.name: Watermark(entity=stock.name, remote=390)}

    total = list_total(walk, marks)

    assert total == 430
    assert list_total(walk, {**marks, "products": Watermark(entity="products")}) == 390


def test_a_list_without_its_filter_is_read_newest_first_where_it_sorts_by_change_else_all():
    by_change = next(one for one in REGISTRY if one.apis[0].change_sort)
    filtered = replace(plan(ListOrder.FILTERED, Mode.INCREMENTAL), since=NOW)

    newest = without_filter(replace(filtered, api=by_change.apis[0]))
    whole = without_filter(replace(filtered, api=replace(by_change.apis[0], change_sort=None)))

    assert (newest.order, newest.since, newest.stop) == (ListOrder.NEWEST, None, NOW)
    assert (whole.order, whole.since, whole.stop) == (ListOrder.FULL, None, None)


def test_details_are_counted_in_bulk_and_by_what_the_lane_has_left():
    all_of_them = forecast(plan(), known(remote=1250, outstanding=1250), QUOTA, PACE, "all")
    little_left = forecast(plan(), known(remote=1250, outstanding=1250, left=3), QUOTA, PACE, None)

    assert all_of_them.detail_calls == 13
    assert little_left.detail_calls == 3
    assert (all_of_them.details_later, little_left.details_later, little_left.later_by_share) == (0, 950, True)
    slow = forecast(plan(), known(remote=50_000, outstanding=50_000), QUOTA, PACE, None)
    assert (slow.detail_calls, slow.details_later, slow.later_by_share) == (200, 30_000, False)


def test_what_nobody_knows_leaves_the_details_open():
    assert forecast(plan(), known(), QUOTA, PACE, None).details_open
    assert not forecast(plan(), known(), QUOTA, PACE, "none").details_open
    assert not forecast(plan(), known(remote=1250), QUOTA, PACE, None).details_open


def test_more_than_is_left_today_does_not_fit():
    assert not forecast(plan(), known(remote=1_000_000), QUOTA, PACE, "none").fits


@pytest.mark.parametrize(("calls", "least", "most"), [(10, 0, 10), (21, 60, 70), (100, 240, 260)])
def test_time_includes_the_waits_for_the_minute(calls, least, most):
    assert least <= seconds_for(calls, QUOTA, PACE) <= most


@pytest.mark.parametrize(
    ("gone", "live", "asks"),
    [
        (4, 10, False),
        (5, 90, True),
        (5, 100, False),
        (6, 100, True),
        (50, 10_000, False),
        (51, 10_000, True),
        (0, 0, False),
    ],
)
def test_many_deletes_need_a_person(gone, live, asks):
    assert is_too_many(gone, live) is asks
