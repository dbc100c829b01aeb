"""Lists: envelope, paging, order, filters."""

import json

import pytest

from tests.support.simulator import SimulatedZoho
from tsh_sync_gui.simulator import ORGANIZATION_ID

LISTS = {
    "items": "item_id",
    "contacts": "contact_id",
    "salesorders": "salesorder_id",
    "invoices": "invoice_id",
    "customerpayments": "payment_id",
    "pricebooks": "pricebook_id",
    "creditnotes": "creditnote_id",
}
RECORD_KEYS = {
    "items": "item",
    "contacts": "contact",
    "salesorders": "salesorder",
    "invoices": "invoice",
    "customerpayments": "payment",
    "pricebooks": "pricebook",
    "creditnotes": "creditnote",
}
PRODUCTS = ("books/v3", "inventory/v1")


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", LISTS)
def test_a_walk_brings_every_record_once(zoho, product, name):
    rows = zoho.walk(f"/{product}/{name}", name, filter_by="Status.All", per_page=37)

    ids = sorted(row[LISTS[name]] for row in rows if row.get("contact_type") != "vendor")
    assert ids == zoho.get("/__sim/ids", params={"entity": name}).json()["ids"]
    assert all(len(identifier) == 19 and int(identifier) > 2**53 for identifier in ids)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("name", LISTS)
def test_each_record_has_a_detail_under_its_singular_key(zoho, product, name):
    row = zoho.read(f"/{product}/{name}", filter_by="Status.All")[name][0]

    reply = zoho.read(f"/{product}/{name}/{row[LISTS[name]]}")

    detail = reply[RECORD_KEYS[name]]
    assert detail[LISTS[name]] == row[LISTS[name]]
    assert zoho.get("/__sim/record", params={"entity": name, "id": row[LISTS[name]]}).json().keys() == detail.keys()


def test_a_page_beyond_the_last_is_empty(zoho):
    reply = zoho.read("/inventory/v1/items", page=900)

    assert reply["items"] == []
    assert reply["page_context"]["has_more_page"] is False


def test_page_size_is_200_unless_asked_for_less_and_never_more(zoho):
    assert len(zoho.read("/inventory/v1/items")["items"]) == 200
    assert len(zoho.read("/inventory/v1/items", per_page=1000)["items"]) == 200
    assert len(zoho.read("/inventory/v1/items", per_page=7)["items"]) == 7


def test_the_page_context_has_the_captured_keys(zoho):
    context = zoho.read("/inventory/v1/items", per_page=5)["page_context"]

    assert list(context) == [
        *("page", "per_page", "has_more_page", "report_name", "applied_filter", "custom_fields"),
        *("sort_column", "sort_order"),
    ]
    assert (context["sort_column"], context["sort_order"]) == ("name", "A")


def test_a_search_names_its_criteria_instead_of_custom_fields(zoho):
    reply = zoho.read("/inventory/v1/items", search_text="galaxy")

    assert {criterion["column_name"] for criterion in reply["page_context"]["search_criteria"]} == {
        *("description", "item_name", "sku")
    }
    assert "custom_fields" not in reply["page_context"]
    assert reply["items"]
    assert all("galaxy" in json.dumps(row).lower() for row in reply["items"])


@pytest.mark.parametrize(
    "column", ["name", "sku", "rate", "created_time", "last_modified_time", "stock_on_hand", "reorder_level"]
)
def test_items_come_in_the_asked_order_and_backwards(zoho, column):
    up = zoho.walk("/inventory/v1/items", "items", sort_column=column, sort_order="A")
    down = zoho.walk("/inventory/v1/items", "items", sort_column=column, sort_order="D")

    values = [row.get(column) for row in up]
    known = [value for value in values if value not in {None, ""}]
    assert known == sorted(known)
    assert [row["item_id"] for row in down] == [row["item_id"] for row in reversed(up)]


def test_an_undocumented_sort_column_is_ignored(zoho):
    context = zoho.read("/books/v3/items", sort_column="created_time", sort_order="A")["page_context"]

    assert context["sort_column"] == "name"


def test_inactive_records_hide_where_zoho_hides_them(zoho):
    everything = zoho.walk("/books/v3/items", "items", filter_by="Status.All")
    default = zoho.walk("/books/v3/items", "items")
    inactive = zoho.walk("/inventory/v1/items", "items", filter_by="Status.Inactive")

    assert len(everything) == len(default) + len(inactive)
    assert {row["status"] for row in default} == {"active"}
    assert 0 < len(inactive) < len(everything) / 10


def test_contact_type_tells_customers_from_vendors(zoho):
    customers = zoho.walk("/books/v3/contacts", "contacts", contact_type="customer", filter_by="Status.All")
    vendors = zoho.walk("/books/v3/contacts", "contacts", contact_type="vendor", filter_by="Status.All")

    assert len(customers) == 60
    assert vendors
    assert {row["contact_type"] for row in vendors} == {"vendor"}


def test_the_time_filter_brings_what_was_modified_since(zoho):
    rows = zoho.walk("/inventory/v1/items", "items", sort_column="last_modified_time", sort_order="A")
    middle = rows[len(rows) // 2]["last_modified_time"]

    found = zoho.walk("/inventory/v1/items", "items", last_modified_time=middle)

    assert {row["item_id"] for row in found} == {row["item_id"] for row in rows if row["last_modified_time"] >= middle}


@pytest.mark.parametrize(
    "text", ["2026-10-31T10:00:00Z", "2026-10-31T10:00:00+03:00", "2026-10-31T10:00:00.5+0300", "2026-10-31", "soon"]
)
def test_any_other_form_of_time_is_refused(zoho, text):
    reply = zoho.ask("/inventory/v1/items", last_modified_time=text)

    assert (reply.status_code, reply.json()["code"]) == (400, 2)


def test_a_plus_that_is_not_encoded_becomes_a_space_and_is_refused(zoho):
    path = f"/inventory/v1/items?organization_id={ORGANIZATION_ID}&last_modified_time=2026-10-31T10:00:00+0300"

    assert zoho.get(path).json()["code"] == 2


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/inventory/v1/contacts", "contacts"),
        ("/inventory/v1/invoices", "invoices"),
        ("/inventory/v1/creditnotes", "creditnotes"),
        ("/books/v3/customerpayments", "customerpayments"),
        ("/books/v3/pricebooks", "pricebooks"),
    ],
)
def test_lists_without_a_time_filter_ignore_it_even_malformed(zoho, path, name):
    everything = zoho.read(path)[name]

    assert zoho.read(path, last_modified_time="2026-10-31T10:00:00+0300")[name] == everything
    assert zoho.read(path, last_modified_time="nonsense")[name] == everything


def test_the_exclusive_switch_leaves_out_the_very_second(make_simulator):
    with SimulatedZoho(make_simulator(exclusive_times=True)) as zoho:
        row = zoho.read("/inventory/v1/items", sort_column="last_modified_time", sort_order="D")["items"][0]

        found = zoho.read("/inventory/v1/items", last_modified_time=row["last_modified_time"])["items"]

    assert found == []


def test_documents_are_filtered_by_date_status_customer_and_number(zoho):
    rows = zoho.walk("/books/v3/invoices", "invoices")
    chosen = rows[10]

    by_customer = zoho.walk("/books/v3/invoices", "invoices", customer_id=chosen["customer_id"])
    by_date = zoho.walk("/books/v3/invoices", "invoices", date_start="2025-01-01", date_end="2025-06-30")
    by_number = zoho.read("/books/v3/invoices", invoice_number=chosen["invoice_number"])["invoices"]
    by_total = zoho.walk("/books/v3/invoices", "invoices", total_greater_than=chosen["total"])
    paid = zoho.walk("/books/v3/invoices", "invoices", status="paid")

    assert {row["customer_id"] for row in by_customer} == {chosen["customer_id"]}
    assert len(by_date) == sum("2025-01-01" <= row["date"] <= "2025-06-30" for row in rows)
    assert [row["invoice_id"] for row in by_number] == [chosen["invoice_id"]]
    assert len(by_total) == sum(row["total"] > chosen["total"] for row in rows)
    assert {row["status"] for row in paid} == {"paid"}


def test_books_says_open_where_inventory_says_confirmed(zoho):
    books = zoho.walk("/books/v3/salesorders", "salesorders", filter_by="Status.Open")
    inventory = zoho.walk("/inventory/v1/salesorders", "salesorders", status="confirmed")

    assert {row["status"] for row in books} == {"open"}
    assert {row["status"] for row in inventory} == {"confirmed"}
    assert [row["salesorder_id"] for row in books] == [row["salesorder_id"] for row in inventory]


def test_up_to_a_hundred_items_come_in_one_bulk_call(zoho):
    ids = zoho.get("/__sim/ids", params={"entity": "items"}).json()["ids"]

    hundred = zoho.read("/inventory/v1/itemdetails", item_ids=",".join(ids[:100]))["items"]
    too_many = zoho.ask("/inventory/v1/itemdetails", item_ids=",".join(ids[:101]))
    with_unknown = zoho.read("/books/v3/itemdetails", item_ids=f"{ids[0]},5461470199999999999")["items"]

    assert [item["item_id"] for item in hundred] == ids[:100]
    assert too_many.json()["code"] == 2
    assert len(with_unknown) == 1


def test_the_odd_habits_of_clients_are_accepted(zoho):
    row = zoho.read("/inventory/v1/items")["items"][0]
    path = f"/inventory/v1/items/{row['item_id']}/?organization_id={ORGANIZATION_ID}&id={row['item_id']}&"

    reply = zoho.get(path)
    unknown = zoho.read("/books/v3/invoices", sort_order="ascending", filter_by="draft", nonsense="1")

    assert reply.json()["item"]["item_id"] == row["item_id"]
    assert len(unknown["invoices"]) == 90


def test_composite_items_are_a_list_of_their_own_and_stand_among_the_items(zoho):
    composites = zoho.walk("/inventory/v1/compositeitems", "composite_items")
    items = zoho.walk("/inventory/v1/items", "items")

    detail = zoho.read(f"/inventory/v1/compositeitems/{composites[0]['composite_item_id']}")["composite_item"]

    assert {row["composite_item_id"] for row in composites} == {
        row["item_id"] for row in items if row["is_combo_product"]
    }
    assert detail["mapped_items"] == []


def test_places_are_locations_or_warehouses(zoho, make_simulator):
    places = zoho.read("/inventory/v1/locations")
    assert [place["is_primary"] for place in places["locations"]] == [True, False, False]
    assert "page_context" not in places

    with SimulatedZoho(make_simulator(warehouses=True)) as older:
        tracked = next(row for row in older.read("/inventory/v1/items")["items"] if row["track_inventory"])
        detail = older.read(f"/inventory/v1/items/{tracked['item_id']}")["item"]
        assert older.ask("/inventory/v1/locations").json()["code"] == 5
        assert len(older.read("/inventory/v1/settings/warehouses")["warehouses"]) == 3
        assert sum(place["warehouse_stock_on_hand"] for place in detail["warehouses"]) == tracked["stock_on_hand"]


def test_gzip_comes_only_when_asked_for(zoho):
    packed = zoho.ask("/inventory/v1/items")
    plain = zoho.get(
        "/inventory/v1/items", params={"organization_id": ORGANIZATION_ID}, headers={"Accept-Encoding": "identity"}
    )

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()
