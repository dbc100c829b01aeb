"""Faults on demand, each as it looks on the wire."""

import json

import httpx
import pytest


def fault(zoho, kind, *, path="*/items", **more):
    zoho.control("faults", {"rules": [{"path": path, "kind": kind, **more}]})


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [("429_44", 429, 44), ("429_45", 429, 45), ("429_1070", 429, 1070), ("401", 401, 57), ("500", 500, 1000)],
)
def test_a_refusal_has_zohos_status_and_body(zoho, kind, status, code):
    fault(zoho, kind, times=1)

    refused, next_reply = zoho.ask("/inventory/v1/items"), zoho.ask("/inventory/v1/items")

    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert next_reply.status_code == 200


def test_a_rule_lets_some_pass_first_and_leaves_other_paths_alone(zoho):
    fault(zoho, "500", times=1, after=2, path="/items")

    found = [zoho.ask("/inventory/v1/items").status_code for _ in range(4)]

    assert found == [200, 200, 500, 200]
    fault(zoho, "500")
    assert zoho.ask("/inventory/v1/contacts").status_code == 200


def test_rules_without_times_last_until_replaced(zoho):
    fault(zoho, "500")
    assert [zoho.ask("/inventory/v1/items").status_code for _ in range(3)] == [500] * 3

    zoho.control("faults", {"rules": []})

    assert zoho.ask("/inventory/v1/items").status_code == 200


def test_html_comes_with_status_200(zoho):
    fault(zoho, "html", times=1)

    reply = zoho.ask("/inventory/v1/items")

    assert reply.status_code == 200
    assert reply.text.startswith("<!DOCTYPE html>")


def test_truncated_json_is_a_whole_http_answer(zoho):
    fault(zoho, "truncated", times=1)

    reply = zoho.get(
        "/inventory/v1/items", params={"organization_id": "748369814"}, headers={"Accept-Encoding": "identity"}
    )

    with pytest.raises(json.JSONDecodeError):
        reply.json()


def test_a_cut_connection_breaks_the_body_off(zoho):
    fault(zoho, "cut", times=1)

    with pytest.raises(httpx.RemoteProtocolError):
        zoho.ask("/inventory/v1/items")
    assert zoho.ask("/inventory/v1/items").status_code == 200


def test_a_lost_answer_was_worked_on(zoho):
    order = zoho.read("/books/v3/salesorders")["salesorders"][0]["salesorder_id"]
    fault(zoho, "lost_answer", times=1, path="*/salesorders/*")

    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        zoho.put(f"/books/v3/salesorders/{order}?organization_id=748369814", json={"reference_number": "TSH-1"})

    assert zoho.read(f"/books/v3/salesorders/{order}")["salesorder"]["reference_number"] == "TSH-1"


def test_a_slow_answer_is_late_but_right(zoho):
    fault(zoho, "slow", times=1, delay_ms=300)

    reply = zoho.ask("/inventory/v1/items")

    assert reply.json()["code"] == 0
    assert reply.elapsed.total_seconds() >= 0.3


def test_a_duplicate_doubles_one_row(zoho):
    fault(zoho, "duplicate", times=1)

    ids = [row["item_id"] for row in zoho.read("/inventory/v1/items", per_page=50)["items"]]

    assert (len(ids), len(set(ids))) == (51, 50)


def test_an_ignored_filter_brings_everything(zoho):
    fault(zoho, "filter_ignored", times=1)

    rows = zoho.read("/inventory/v1/items", last_modified_time="2030-01-01T00:00:00+0300")["items"]

    assert len(rows) == 200


@pytest.mark.parametrize("kind", ["bad_record", "bad_value", "bad_date", "huge_field"])
def test_one_row_in_the_middle_is_bad_and_its_neighbours_are_not(zoho, kind):
    good = zoho.read("/inventory/v1/items", per_page=9)["items"]
    fault(zoho, kind, times=1)

    rows = zoho.read("/inventory/v1/items", per_page=9)["items"]

    assert [row == other for row, other in zip(rows, good, strict=True)] == [True] * 4 + [False] + [True] * 4
    bad = rows[4]
    assert {
        "bad_record": "item_id" not in bad,
        "bad_value": isinstance(bad.get("rate"), str),
        "bad_date": bad["created_time"].startswith("2026-13"),
        "huge_field": len(bad["description"]) == 1 << 20,
    }[kind]


def test_three_causes_spoil_the_same_records_in_the_list_and_alone(zoho):
    good = {row["item_id"]: row for row in zoho.read("/inventory/v1/items", per_page=100)["items"]}
    fault(zoho, "three_causes", path="*/items*")

    rows = {row["item_id"]: row for row in zoho.read("/inventory/v1/items", per_page=100)["items"]}

    bad = {one for one in rows if rows[one] != good[one]}
    assert {name for one in bad for name in rows[one] if rows[one][name] != good[one][name]} == {
        "name",
        "item_name",
        "rate",
        "created_time",
        "last_modified_time",
    }
    assert 10 < len(bad) < 70
    alone = zoho.read(f"/inventory/v1/items/{min(bad)}")["item"]
    assert {name: alone.get(name) for name in ("name", "rate", "created_time")} == {
        name: rows[min(bad)].get(name) for name in ("name", "rate", "created_time")
    }


def test_a_wrong_key_hides_the_list(zoho):
    fault(zoho, "wrong_key", times=1)

    assert "items" not in zoho.read("/inventory/v1/items")


def test_bad_records_come_in_bulk_details_too(zoho):
    ids = zoho.get("/__sim/ids", params={"entity": "items"}).json()["ids"][:5]
    fault(zoho, "bad_record", times=1, path="*/itemdetails")

    found = zoho.read("/inventory/v1/itemdetails", item_ids=",".join(ids))["items"]

    assert [item.get("item_id") for item in found] == [ids[0], ids[1], None, ids[3], ids[4]]


def test_faults_reach_the_token_endpoint(zoho):
    fault(zoho, "500", path="/oauth/*", times=1)

    assert zoho.post("/oauth/v2/token").status_code == 500


@pytest.mark.parametrize(
    "rule", [{"kind": "nonsense"}, {"kind": "500", "times": "x"}, {"kind": "500", "color": 1}, "500"]
)
def test_a_wrong_rule_is_refused_in_words(zoho, rule):
    reply = zoho.post("/__sim/faults", json={"rules": [rule]})

    assert reply.status_code == 400
    assert reply.json()["error"]
