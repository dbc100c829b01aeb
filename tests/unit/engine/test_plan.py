"""What a request comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import Mode
from tsh_sync_gui.engine.plan import OVERLAP, Situation, check, chosen, group, missing_words, plan_walk, usable_api
from tsh_sync_gui.engine.ports import Absence, ListOrder, Watermark
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Product

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
BOTH = frozenset({Product.BOOKS, Product.INVENTORY})


def situation(**walked_minutes_ago):
    marks = {one.name: Watermark(entity=one.name) for one in REGISTRY.all}
    for name, minutes in walked_minutes_ago.items():
        moment = NOW - timedelta(minutes=minutes)
        marks[name] = Watermark(entity=name, since=moment, walked_at=moment, last_good_at=moment)
    return Situation(now=NOW, marks=marks, intervals={"stock_levels": 30}, products=BOTH)


def plan(names, request=None, *, having=BOTH, **walked):
    entities = tuple(REGISTRY.get(name) for name in names)
    state = replace(situation(**walked), products=having)
    api = usable_api(entities[0], having, ())
    return plan_walk(REGISTRY.walk(entities[0].walk), entities, api, request or SyncRequest(), state)


def test_a_first_sync_walks_everything_and_products_lead():
    made = plan(["products", "stock_levels"])

    assert made.mode is Mode.FULL
    assert made.leader.name == "products"
    assert [one.name for one in made.running] == ["products", "stock_levels"]
    assert made.covers_all


def test_products_alone_ask_for_changes_and_stock_rides_without_a_run():
    made = plan(["products"], products=90, stock_levels=90)

    assert made.order is ListOrder.FILTERED
    assert made.since == NOW - timedelta(minutes=90) - OVERLAP
    assert [one.name for one in made.members] == ["products", "stock_levels"]
    assert [one.name for one in made.running] == ["products"]


def test_what_nobody_ever_synced_does_not_ride():
    made = plan(["products"])

    assert [one.name for one in made.members] == ["products"]


def test_a_stock_walk_that_is_due_serves_products_and_is_paid_by_stock():
    made = plan(["products", "stock_levels"], products=5, stock_levels=31)

    assert made.mode is Mode.FULL
    assert made.leader.name == "stock_levels"
    assert [one.name for one in made.running] == ["products", "stock_levels"]


def test_stock_is_idle_before_its_interval_is_over():
    made = plan(["products", "stock_levels"], products=5, stock_levels=29)

    assert [one.name for one in made.idle] == ["stock_levels"]
    assert made.mode is Mode.INCREMENTAL


def test_stock_alone_before_its_interval_needs_no_walk():
    assert plan(["stock_levels"], stock_levels=29) is None


def test_force_walks_stock_before_its_interval():
    made = plan(["stock_levels"], SyncRequest(force=True), stock_levels=1)

    assert made.mode is Mode.FULL


def test_customers_are_read_newest_first_to_the_watermark():
    made = plan(["customers"], customers=60)

    assert made.order is ListOrder.NEWEST
    assert made.stop == NOW - timedelta(minutes=60) - OVERLAP


def test_payments_are_read_newest_first_seven_days_beyond_the_watermark():
    made = plan(["payments"], payments=60)

    assert made.order is ListOrder.NEWEST
    assert made.stop == NOW - timedelta(minutes=60) - OVERLAP - timedelta(days=7)


def test_price_lists_are_read_whole():
    made = plan(["price_lists"], price_lists=60)

    assert made.order is ListOrder.FULL
    assert made.mode is Mode.INCREMENTAL
    assert made.covers_all


def test_an_ignored_filter_is_not_sent_again():
    entity = REGISTRY.get("invoices")
    state = situation(invoices=60)
    state.marks["invoices"] = Watermark(entity="invoices", since=NOW, filter_absent=True)

    made = plan_walk((entity,), (entity,), entity.apis[0], SyncRequest(), state)

    assert made.order is ListOrder.NEWEST


def test_a_window_asks_from_its_first_day_and_covers_nothing():
    since = NOW - timedelta(days=7)

    made = plan(["sales_orders"], SyncRequest(since=since))

    assert made.mode is Mode.WINDOW
    assert made.since == since
    assert not made.covers_all


def test_a_sweep_walks_all():
    made = plan(["customers"], SyncRequest(sweep=True), customers=5)

    assert made.mode is Mode.SWEEP
    assert made.covers_all


def test_books_alone_serves_products_without_stock():
    books = frozenset({Product.BOOKS})

    made = plan(["products"], having=books)

    assert made.api.product is Product.BOOKS
    assert [one.name for one in made.members] == ["products"]
    assert missing_words(REGISTRY.get("stock_levels"), books) == (
        "Stock needs Zoho Inventory, which this organization does not have"
    )


def test_a_list_known_to_be_absent_is_served_by_the_other_product():
    absent = (Absence(path="inventory:/items", until=NOW),)

    assert usable_api(REGISTRY.get("products"), BOTH, absent).product is Product.BOOKS


@pytest.mark.parametrize(
    "request_",
    [
        SyncRequest(record_id="1"),
        SyncRequest(record_id="1", full=True, entities=("products",)),
        SyncRequest(full=True, since=NOW),
        SyncRequest(sweep=True, since=NOW),
        SyncRequest(details=-1),
    ],
)
def test_contradictions_are_refused(request_):
    with pytest.raises(ConfigurationError):
        check(request_, chosen(REGISTRY, request_))


def test_entities_are_found_by_name_zoho_name_and_route_in_dependency_order():
    found = chosen(REGISTRY, SyncRequest(entities=("salesorders", "contacts", "products")))

    assert [one.name for one in found] == ["products", "customers", "sales_orders"]


def test_an_unknown_entity_names_the_choices():
    with pytest.raises(ConfigurationError, match="Choose from: products"):
        chosen(REGISTRY, SyncRequest(entities=("widgets",)))


def test_products_and_stock_are_one_walk():
    walks = group(REGISTRY.all)

    assert next(name for name, _ in walks) == "items"
    assert [one.name for one in dict(walks)["items"]] == ["products", "stock_levels"]
