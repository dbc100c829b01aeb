"""The made-up organization: the same for the same seed, and it adds up."""

from decimal import Decimal

import pytest

from tests.support.simulator import SMALL, SimulatedZoho
from tsh_sync_gui.simulator import ORGANIZATION_ID, SimulatorConfig
from tsh_sync_gui.simulator.simulation import Simulation

LISTS = ("items", "contacts", "salesorders", "invoices", "customerpayments", "pricebooks", "creditnotes")


@pytest.fixture(scope="module")
def books():
    """Every detail of a small organization, by list and id."""
    simulation = Simulation(SimulatorConfig(**SMALL))
    return {
        name: {
            table.collection.id_of(index): (table.row(index), table.detail(index)) for index in range(table.base_count)
        }
        for name, table in simulation.tables.items()
    }


def pages(simulation):
    return [table.rendered(range(table.base_count)) for table in simulation.tables.values()]


def test_equal_seeds_and_sizes_give_equal_data():
    first, second = Simulation(SimulatorConfig(**SMALL)), Simulation(SimulatorConfig(**SMALL))
    other = Simulation(SimulatorConfig(**{**SMALL, "seed": 2}))

    assert pages(first) == pages(second)
    assert pages(first)[1] != pages(other)[1]


def test_every_size_can_be_nothing():
    empty = Simulation(
        SimulatorConfig(items=0, customers=0, orders=0, invoices=0, payments=0, credit_notes=0, price_lists=0)
    )
    few = Simulation(SimulatorConfig(items=3, customers=1, orders=1, invoices=9, payments=50, credit_notes=5))

    assert pages(empty) == [[]] * 7
    assert [len(rows) for rows in pages(few)] == [5, 3, 6, 1, 9, 50, 5]


def test_document_lines_add_up_to_their_totals(books):
    for name in ("salesorders", "invoices", "creditnotes"):
        for row, detail in books[name].values():
            lines = detail["line_items"]
            total = sum(Decimal(str(line["item_total"])) for line in lines)
            tax = Decimal(str(detail["tax_total"]))
            for line in lines:
                assert Decimal(str(line["rate"])) * Decimal(str(line["quantity"])) == Decimal(str(line["item_total"]))
            assert total == Decimal(str(detail["sub_total"]))
            assert total + tax == Decimal(str(detail["total"])) == Decimal(str(row["total"]))
            assert sum(Decimal(str(part["tax_amount"])) for part in detail["taxes"]) == tax


def test_payments_and_credits_explain_every_balance(books):
    paid = dict.fromkeys(books["invoices"], Decimal(0))
    for row, payment in books["customerpayments"].values():
        applied = [Decimal(str(entry["amount_applied"])) for entry in payment["invoices"]]
        assert sum(applied) + Decimal(str(row["unused_amount"])) == Decimal(str(row["amount"]))
        assert row["invoice_numbers"] == ",".join(entry["invoice_number"] for entry in payment["invoices"])
        for entry, amount in zip(payment["invoices"], applied, strict=True):
            paid[entry["invoice_id"]] += amount
    credited = dict.fromkeys(books["invoices"], Decimal(0))
    for _, note in books["creditnotes"].values():
        for entry in note["invoices"]:
            credited[entry["invoice_id"]] += Decimal(str(entry["amount"]))

    for identifier, (row, detail) in books["invoices"].items():
        assert Decimal(str(detail["payment_made"])) == paid[identifier]
        assert Decimal(str(detail["credits_applied"])) == credited[identifier]
        if row["status"] != "void":
            rest = Decimal(str(row["total"])) - paid[identifier] - credited[identifier]
            assert rest == Decimal(str(row["balance"]))


def test_invoices_have_every_status_and_overdue_ones_say_by_how_much(books):
    rows = [row for row, _ in books["invoices"].values()]

    assert {row["status"] for row in rows} >= {"paid", "overdue", "draft"}
    assert all(row["due_days"].startswith("Overdue by ") for row in rows if row["status"] == "overdue")


def test_overdue_comes_with_the_day_and_without_an_edit(make_simulator):
    with SimulatedZoho(make_simulator(invoices=600)) as zoho:
        before = {row["invoice_id"]: row for row in zoho.walk("/books/v3/invoices", "invoices")}
        zoho.control("clock", {"advance_seconds": 40 * 86400})
        zoho.sign_in()
        after = {row["invoice_id"]: row for row in zoho.walk("/books/v3/invoices", "invoices")}

    moved = [key for key, row in before.items() if row["status"] != after[key]["status"]]
    assert moved
    assert {after[key]["status"] for key in moved} == {"overdue"}
    assert all(before[key]["last_modified_time"] == after[key]["last_modified_time"] for key in moved)


def test_stock_of_the_places_adds_up_to_the_items(books):
    tracked = [(row, detail) for row, detail in books["items"].values() if row["track_inventory"]]

    for row, detail in tracked:
        for figure in ("stock_on_hand", "available_stock", "actual_available_stock"):
            assert sum(place[f"location_{figure}"] for place in detail["locations"]) == row[figure]
    assert len(tracked) > 300


def test_services_have_no_stock_keys_at_all(books):
    untracked = [(row, detail) for row, detail in books["items"].values() if not row["track_inventory"]]

    assert untracked
    for row, detail in untracked:
        assert not {"stock_on_hand", "available_stock", "actual_available_stock", "reorder_level"} & row.keys()
        assert "locations" not in detail


def test_items_are_of_all_kinds(books):
    rows = [row for row, _ in books["items"].values()]

    assert 0 < sum(row["status"] == "inactive" for row in rows) < len(rows) * 0.1
    assert any(row["is_combo_product"] for row in rows)
    assert any("group_id" in row for row in rows)
    assert any("group_id" not in row for row in rows)
    assert any(row["purchase_rate"] == "" for row in rows)
    assert any(any("؀" <= letter <= "ۿ" for letter in row["name"]) for row in rows)
    assert len({row["name"] for row in rows}) == len({row["sku"] for row in rows}) == len(rows)


def test_hundreds_of_items_share_a_second_and_no_stamp_is_later_than_october(books):
    stamps = [row["created_time"] for row, _ in books["items"].values()]

    assert max(stamps.count(stamp) for stamp in set(stamps)) >= 200
    for name in LISTS:
        for row, _ in books[name].values():
            assert row["last_modified_time"] <= "2026-10-31T23:59:59+0300"
            assert row["last_modified_time"].endswith("+0300")


def test_an_item_row_is_about_two_kilobytes():
    table = Simulation(SimulatorConfig()).tables["items"]
    rows = table.rendered(range(table.base_count))

    assert 1900 <= sum(map(len, rows)) / len(rows) <= 2200


def test_price_lists_are_of_all_three_kinds_in_both_currencies(books):
    rows = [row for row, _ in books["pricebooks"].values()]
    details = [detail for _, detail in books["pricebooks"].values()]

    assert {(row["pricebook_type"], row["pricing_scheme"]) for row in rows} == {
        *(("fixed_percentage", ""), ("per_item", "unit"), ("per_item", "volume"))
    }
    assert {row["currency_code"] for row in rows} == {"", "IQD", "USD"}
    assert all("last_modified_time" not in detail for detail in details)
    assert any("price_brackets" in entry for detail in details for entry in detail["pricebook_items"])


def test_some_customers_pay_by_terms_that_are_sentinels(books):
    terms = {row["payment_terms"] for row, _ in books["contacts"].values()}

    assert {-3, -2} & terms
    assert {"", "USD", "IQD"} - {row["currency_code"] for row, _ in books["contacts"].values()} == {""}


def test_credit_note_details_call_their_stamp_updated_time(books):
    for row, detail in books["creditnotes"].values():
        assert detail["updated_time"] == row["last_modified_time"]
        assert "last_modified_time" not in detail


def test_the_organization_is_tsh_trading_in_baghdad(zoho):
    listed = zoho.get("/books/v3/organizations").json()["organizations"][0]
    detail = zoho.get(f"/inventory/v1/organizations/{ORGANIZATION_ID}").json()["organization"]

    assert (listed["organization_id"], listed["name"]) == ("748369814", "TSH Trading")
    assert (listed["time_zone"], listed["currency_code"]) == ("Asia/Baghdad", "IQD")
    assert detail == listed


def test_a_missing_or_foreign_organization_is_code_6041(zoho):
    for params in ({}, {"organization_id": "1"}):
        reply = zoho.get("/books/v3/items", params=params)
        assert (reply.status_code, reply.json()["code"]) == (400, 6041)


@pytest.mark.parametrize(("switch", "there", "gone"), [("books_only", "books/v3", "inventory/v1")])
def test_an_organization_with_one_product_does_not_know_the_other(make_simulator, switch, there, gone):
    with SimulatedZoho(make_simulator(**{switch: True})) as zoho:
        assert zoho.ask(f"/{there}/items").status_code == 200
        assert zoho.ask(f"/{gone}/items").json()["code"] == 6041
        assert zoho.get(f"/{gone}/organizations").json()["organizations"] == []
        assert zoho.get(f"/{there}/organizations").json()["organizations"][0]["AppList"] == ["books"]


def test_wrong_paths_and_missing_records_differ(zoho):
    for path in ("/books/v3/nothing", "/inventory/v1/items/x/y", "/books/v9/items", "/"):
        assert zoho.ask(path).json()["code"] == 5
    gone = zoho.ask("/books/v3/invoices/5461470499999999999")
    assert (gone.status_code, gone.json()) == (404, {"code": 1002, "message": "Invoice does not exist."})


def test_bulk_details_can_be_missing(make_simulator):
    with SimulatedZoho(make_simulator(bulk_missing=True)) as zoho:
        reply = zoho.ask("/inventory/v1/itemdetails", item_ids="5461470100000000000")

    assert (reply.status_code, reply.json()["code"]) == (404, 5)
