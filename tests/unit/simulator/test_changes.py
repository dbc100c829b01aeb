"""Changes by the control endpoints and by clients, and what of them survives a kill."""

import json

import pytest

from tests.support.simulator import SimulatedZoho
from tests.unit.simulator.test_lists import LISTS, RECORD_KEYS


@pytest.mark.parametrize("name", LISTS)
def test_a_change_is_seen_in_list_and_detail_and_moves_the_stamp(zoho, name):
    before = {row[LISTS[name]]: row for row in zoho.walk(f"/books/v3/{name}", name, filter_by="Status.All")}

    changed = zoho.control("change", entity=name, count=2)["ids"]

    after = {row[LISTS[name]]: row for row in zoho.walk(f"/books/v3/{name}", name, filter_by="Status.All")}
    assert {key for key in before if before[key] != after[key]} == set(changed)
    assert len(changed) == 2
    for key in changed:
        assert after[key]["last_modified_time"] > max(row["last_modified_time"] for row in before.values())
        fields = {field for field in after[key] if after[key][field] != before[key][field]}
        assert fields - {"last_modified_time", "updated_time"}
        detail = zoho.read(f"/books/v3/{name}/{key}")[RECORD_KEYS[name]]
        for field in fields & detail.keys():
            assert detail[field] == after[key][field]


def test_every_change_is_later_than_the_one_before_even_within_a_second(zoho):
    for _ in range(3):
        zoho.control("change", entity="items", count=5)

    rows = zoho.read("/inventory/v1/items", sort_column="last_modified_time", sort_order="D", per_page=15)["items"]

    assert len({row["last_modified_time"] for row in rows}) >= 2
    newest = rows[0]["last_modified_time"]
    found = zoho.read("/inventory/v1/items", last_modified_time=newest)["items"]
    assert 0 < len(found) <= 5


def test_changed_rows_stand_where_their_values_belong(zoho):
    changed = zoho.control("change", entity="items", count=40)["ids"]

    for column in ("last_modified_time", "rate", "name", "created_time"):
        rows = zoho.walk("/inventory/v1/items", "items", sort_column=column, sort_order="A")
        values = [row[column] for row in rows]
        assert values == sorted(values)
        assert len({row["item_id"] for row in rows}) == 430
    newest = zoho.read("/inventory/v1/items", sort_column="last_modified_time", sort_order="D", per_page=40)["items"]
    assert {row["item_id"] for row in newest} == set(changed)


def test_stock_moves_without_the_stamp(zoho):
    before = {row["item_id"]: row for row in zoho.walk("/inventory/v1/items", "items")}

    moved = zoho.control("change", entity="items", count=7, what="stock")["ids"]

    after = {row["item_id"]: row for row in zoho.walk("/inventory/v1/items", "items")}
    assert len(moved) == 7
    for key in moved:
        assert after[key]["stock_on_hand"] == before[key]["stock_on_hand"] - 1
        assert after[key]["last_modified_time"] == before[key]["last_modified_time"]
        places = zoho.read(f"/inventory/v1/items/{key}")["item"]["locations"]
        assert sum(place["location_stock_on_hand"] for place in places) == after[key]["stock_on_hand"]


@pytest.mark.parametrize("name", LISTS)
def test_a_deleted_record_is_in_no_list_and_its_detail_is_1002(zoho, name):
    deleted = zoho.control("delete", entity=name, count=2)["ids"]

    rows = zoho.walk(f"/books/v3/{name}", name, filter_by="Status.All")
    reply = zoho.ask(f"/books/v3/{name}/{deleted[0]}")

    assert not {row[LISTS[name]] for row in rows} & set(deleted)
    assert not set(zoho.get("/__sim/ids", params={"entity": name}).json()["ids"]) & set(deleted)
    assert (reply.status_code, reply.json()["code"]) == (404, 1002)


def test_only_customers_are_counted_changed_and_deleted_among_contacts(zoho):
    vendors = {row["contact_id"] for row in zoho.walk("/books/v3/contacts", "contacts", contact_type="vendor")}

    changed = zoho.control("change", entity="contacts", count=1000)["ids"]

    assert len(changed) == 60
    assert not vendors & set(changed)


def test_clients_can_change_and_delete_too(zoho):
    row = zoho.read("/books/v3/salesorders")["salesorders"][0]
    path = f"/books/v3/salesorders/{row['salesorder_id']}?organization_id=748369814"

    changed = zoho.put(path, json={"reference_number": "TSH-77"}).json()["salesorder"]
    by_form = zoho.put(path, data={"JSONString": json.dumps({"notes": "x"})}).json()["salesorder"]
    zoho.delete(path)

    assert changed["reference_number"] == by_form["reference_number"] == "TSH-77"
    assert changed["last_modified_time"] > row["last_modified_time"]
    assert zoho.get(path).json()["code"] == 1002


@pytest.mark.parametrize(("body", "code"), [(b"", 11), (b"{nonsense", 1038), (b"[1]", 1038)])
def test_a_malformed_body_is_refused(zoho, body, code):
    row = zoho.read("/books/v3/salesorders")["salesorders"][0]

    reply = zoho.put(f"/books/v3/salesorders/{row['salesorder_id']}?organization_id=748369814", content=body)

    assert (reply.status_code, reply.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    "path",
    [
        "change?entity=nothing",
        "change?entity=items&count=x",
        "change?entity=items&what=smell",
        "delete?entity=items&id=1",
    ],
)
def test_a_wrong_control_request_says_what_is_wrong(zoho, path):
    reply = zoho.post(f"/__sim/{path}")

    assert reply.status_code == 400
    assert reply.json()["error"]


def test_the_date_header_follows_the_clock(zoho):
    before = zoho.ask("/books/v3/pricebooks").headers["date"]

    zoho.control("clock", {"advance_seconds": 30 * 86400})

    assert zoho.ask("/books/v3/pricebooks").headers["date"] != before
    assert zoho.post("/__sim/clock", json={"advance_seconds": -1}).status_code == 400


def test_changes_survive_in_the_state_file_even_a_torn_one(make_simulator, tmp_path):
    state = tmp_path / "state.jsonl"
    with SimulatedZoho(make_simulator(state_file=state)) as zoho:
        zoho.control("change", entity="items", count=20)
        zoho.control("change", entity="items", count=5, what="stock")
        zoho.control("delete", entity="contacts", count=3)
        zoho.control("clock", {"advance_seconds": 1800})
        items = zoho.walk("/inventory/v1/items", "items")
        contacts = zoho.walk("/books/v3/contacts", "contacts", filter_by="Status.All")
    with state.open("ab") as file:
        file.write(b'{"op":"delete","entity":"items","id":"5461')

    with SimulatedZoho(make_simulator(state_file=state)) as again:
        assert again.walk("/inventory/v1/items", "items") == items
        assert again.walk("/books/v3/contacts", "contacts", filter_by="Status.All") == contacts
        newest = max(row["last_modified_time"] for row in items)
        changed = again.control("change", entity="items", count=1)["ids"][0]
        assert again.read(f"/inventory/v1/items/{changed}")["item"]["last_modified_time"] > newest
