"""Records created by the control endpoint: like others, and in every list, order and filter."""

import pytest

from tests.support.simulator import SimulatedZoho
from tests.unit.simulator.test_lists import LISTS, RECORD_KEYS


@pytest.mark.parametrize("name", LISTS)
def test_created_records_are_in_list_and_detail_under_ids_of_their_own(zoho, name):
    before = {row[LISTS[name]] for row in zoho.walk(f"/books/v3/{name}", name, filter_by="Status.All")}

    made = zoho.control("create", entity=name, count=3)["ids"]

    after = {row[LISTS[name]]: row for row in zoho.walk(f"/books/v3/{name}", name, filter_by="Status.All")}
    assert after.keys() - before == set(made)
    assert len(made) == 3
    for key in made:
        detail = zoho.read(f"/books/v3/{name}/{key}")[RECORD_KEYS[name]]
        assert detail[LISTS[name]] == key
        shared = after[key].keys() & detail.keys() & {"name", "created_time", "last_modified_time", "invoice_number"}
        assert {field: detail[field] for field in shared} == {field: after[key][field] for field in shared}
    assert set(made) <= set(zoho.get("/__sim/ids", params={"entity": name}).json()["ids"])


@pytest.mark.parametrize("name", ["items", "contacts", "salesorders", "invoices"])
def test_a_created_record_stands_in_every_order_and_is_found_by_time(zoho, name):
    newest = max(row["last_modified_time"] for row in zoho.walk(f"/books/v3/{name}", name, filter_by="Status.All"))

    made = zoho.control("create", entity=name, count=2)["ids"]

    for column in ("created_time", "last_modified_time", "name"):
        rows = zoho.walk(f"/books/v3/{name}", name, filter_by="Status.All", sort_column=column, sort_order="A")
        assert set(made) <= {row[LISTS[name]] for row in rows}
        assert len(rows) == len({row[LISTS[name]] for row in rows})
    stamp = zoho.get("/__sim/record", params={"entity": name, "id": made[0]}).json()["last_modified_time"]
    assert stamp > newest
    found = zoho.read(f"/books/v3/{name}", last_modified_time=stamp, filter_by="Status.All")[name]
    assert {row[LISTS[name]] for row in found} == set(made) or name not in {"items", "contacts", "salesorders"}


def test_lines_people_and_names_are_no_one_elses(zoho):
    old = zoho.walk("/books/v3/salesorders", "salesorders")
    lines = {
        line["line_item_id"]
        for row in old
        for line in zoho.read(f"/books/v3/salesorders/{row['salesorder_id']}")["salesorder"]["line_items"]
    }

    made = zoho.control("create", entity="salesorders", count=2)["ids"]
    zoho.control("create", entity="items", count=500)

    details = [zoho.read(f"/books/v3/salesorders/{key}")["salesorder"] for key in made]
    fresh = [line["line_item_id"] for detail in details for line in detail["line_items"]]
    assert len(set(fresh)) == len(fresh)
    assert not lines & set(fresh)
    numbers = {row["salesorder_number"] for row in old} | {detail["salesorder_number"] for detail in details}
    assert len(numbers) == len(old) + 2
    items = zoho.walk("/inventory/v1/items", "items")
    assert len(items) == len({row["name"] for row in items}) == len({row["sku"] for row in items}) == 930


def test_what_is_created_takes_given_values_changes_and_goes(zoho):
    customer = zoho.control("create", {"contact_name": "Nur & Sons"}, entity="contacts")["ids"][0]
    order = zoho.control("create", {"customer_id": customer, "customer_name": "Nur & Sons"}, entity="salesorders")
    path = f"/books/v3/salesorders/{order['ids'][0]}"

    made = zoho.read(path)["salesorder"]
    zoho.put(f"{path}?organization_id=748369814", json={"reference_number": "R-1"})
    changed = zoho.read(path)["salesorder"]
    zoho.control("delete", entity="salesorders", id=order["ids"][0])

    assert (made["customer_id"], made["customer_name"]) == (customer, "Nur & Sons")
    assert zoho.read(f"/books/v3/contacts/{customer}")["contact"]["contact_name"] == "Nur & Sons"
    assert changed["reference_number"] == "R-1"
    assert zoho.ask(path).json()["code"] == 1002


def test_created_records_survive_in_the_state_file(make_simulator, tmp_path):
    with SimulatedZoho(make_simulator(state_file=tmp_path / "state.jsonl")) as zoho:
        made = zoho.control("create", {"description": "x"}, entity="items", count=4)["ids"]
        again = zoho.control("create", entity="items")["ids"]
        zoho.control("delete", entity="items", id=made[0])
        before = zoho.walk("/inventory/v1/items", "items")

    with SimulatedZoho(make_simulator(state_file=tmp_path / "state.jsonl")) as zoho:
        assert zoho.walk("/inventory/v1/items", "items") == before
        assert zoho.control("create", entity="items")["ids"][0] not in {*made, *again}


def test_nothing_can_be_created_where_there_is_nothing_alike(make_simulator):
    with SimulatedZoho(make_simulator(credit_notes=0)) as zoho:
        reply = zoho.post("/__sim/create?entity=creditnotes")

    assert reply.status_code == 400
    assert "no record that a new one could be like" in reply.json()["error"]
