"""Webhooks of the simulator: which change is told, in which form, signed how."""

import base64
import hashlib
import hmac
import json
from urllib.parse import parse_qs, parse_qsl

import pytest

from tests.unit.simulator.test_lists import LISTS, RECORD_KEYS
from tests.unit.simulator.webhook_receiver import Receiver, until
from tsh_sync_gui.simulator.webhooks_bodies import signature

SECRET = "abcDEF1234567890"


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def hooked(zoho, receiver, **fields):
    return zoho.control("webhooks", {"webhooks": [{"url": f"{receiver.url}/in", **fields}]})


def one(zoho, receiver, **fields):
    """Change an item, and return what its webhook sent, with the item."""
    hooked(zoho, receiver, **fields)
    item = zoho.control("change", entity="items")["ids"][0]
    until(lambda: receiver.taken)
    return receiver.taken[0], zoho.get("/__sim/record", params={"entity": "items", "id": item}).json()


def digest(text, secret=SECRET):
    return hmac.new(secret.encode(), text, hashlib.sha256)


def test_nothing_is_sent_unless_webhooks_are_set(zoho, receiver):
    zoho.control("change", entity="items", count=3)
    hooked(zoho, receiver)

    item = zoho.control("change", entity="items")["ids"][0]

    until(lambda: receiver.taken)
    assert [json.loads(taken.body)["item"]["item_id"] for taken in receiver.taken] == [item]


@pytest.mark.parametrize("name", LISTS)
def test_created_edited_and_deleted_records_are_told_with_their_detail(zoho, receiver, name):
    module = name.removesuffix("s")
    events = ("created", "edited", "deleted")
    webhooks = [{"url": f"{receiver.url}/{event}", "events": [f"{module}.{event}"]} for event in events]
    zoho.control("webhooks", {"webhooks": webhooks})

    made = zoho.control("create", entity=name)["ids"][0]
    zoho.control("change", entity=name, id=made)
    before = zoho.get("/__sim/record", params={"entity": name, "id": made}).json()
    zoho.control("delete", entity=name, id=made)

    until(lambda: len(receiver.taken) == 3)
    sent = {taken.path: json.loads(taken.body) for taken in receiver.taken}
    assert sent.keys() == {"/created", "/edited", "/deleted"}
    assert {body[RECORD_KEYS[name]][LISTS[name]] for body in sent.values()} == {made}
    assert sent["/edited"] == sent["/deleted"] == {RECORD_KEYS[name]: before}


def test_what_clients_write_is_told_and_costs_no_call(zoho, receiver):
    hooked(zoho, receiver, events=["item.*", "salesorder.deleted"])
    item = zoho.read("/books/v3/items")["items"][0]["item_id"]
    order = zoho.read("/books/v3/salesorders")["salesorders"][0]["salesorder_id"]
    before = zoho.requests()["total"]

    zoho.put(f"/books/v3/items/{item}?organization_id=748369814", json={"description": "new"})
    zoho.post(f"/books/v3/items/{item}/inactive?organization_id=748369814")
    zoho.put(f"/books/v3/salesorders/{order}?organization_id=748369814", json={"reference_number": "told to nobody"})
    zoho.delete(f"/books/v3/salesorders/{order}?organization_id=748369814")

    until(lambda: len(receiver.taken) == 3)
    bodies = [json.loads(taken.body) for taken in receiver.taken]
    assert sorted(next(iter(body)) for body in bodies) == ["item", "item", "salesorder"]
    assert {body["item"]["status"] for body in bodies if "item" in body} == {"active", "inactive"}
    assert zoho.requests()["total"] == before + 4


def test_stock_that_moves_by_documents_is_no_edit_unless_asked_for(zoho, receiver):
    hooked(zoho, receiver)
    zoho.control("change", entity="items", count=3, what="stock")
    zoho.control("config", {"webhooks_for_stock": True})

    zoho.control("change", entity="items", count=2, what="stock")

    until(lambda: len(receiver.taken) == 2)
    assert zoho.get("/__sim/webhooks").json()["webhooks"][0]["triggered"] == 2


def test_the_default_form_is_the_detail_with_ids_as_texts_or_numbers(zoho, receiver):
    plain, item = one(zoho, receiver)
    receiver.taken.clear()
    numbers, other = one(zoho, receiver, numeric_ids=True, organization_id="748369814")

    assert json.loads(plain.body) == {"item": item}
    assert (plain.method, plain.path, plain.headers["content-type"]) == ("POST", "/in", "application/json")
    body = json.loads(numbers.body)
    assert body["organization_id"] == 748369814
    assert body["item"]["item_id"] == int(other["item_id"])
    assert body["item"]["locations"][0]["location_id"] == int(other["locations"][0]["location_id"])
    assert body["item"]["name"] == other["name"]


@pytest.mark.parametrize(
    ("fields", "word"),
    [({}, "item_updated"), ({"event_words": {"edited": "changed"}}, "item_changed")],
)
def test_the_event_form_names_the_event(zoho, receiver, fields, word):
    taken, item = one(zoho, receiver, form="event", **fields)

    assert json.loads(taken.body) == {"event_type": word, "data": item}


def test_the_form_form_holds_chosen_pairs_or_all_single_values(zoho, receiver):
    taken, item = one(zoho, receiver, form="form")
    receiver.taken.clear()
    chosen = {"id": "${Items.Item ID}", "title": "${Items.Name}", "fixed": "a&b", "none": "${Items.No Such Thing}"}
    few, other = one(zoho, receiver, form="form", fields=chosen)

    pairs = dict(parse_qsl(taken.body.decode(), keep_blank_values=True))
    assert taken.headers["content-type"] == "application/x-www-form-urlencoded"
    assert (pairs["item_id"], pairs["name"], pairs["can_be_sold"]) == (item["item_id"], item["name"], "true")
    assert "locations" not in pairs
    assert parse_qsl(few.body.decode(), keep_blank_values=True) == [
        ("id", other["item_id"]),
        ("title", other["name"]),
        ("fixed", "a&b"),
        ("none", ""),
    ]


def test_the_form_json_form_holds_the_document_in_one_field(zoho, receiver):
    taken, item = one(zoho, receiver, form="form_json")

    fields = parse_qs(taken.body.decode())
    assert fields.keys() == {"JSONString"}
    assert json.loads(fields["JSONString"][0]) == {"item": item}


def test_the_raw_form_fills_a_template(zoho, receiver):
    taken, item = one(zoho, receiver, form="raw", template="item ${Items.Item ID} is now ${item.rate} الآن")
    receiver.taken.clear()
    whole, other = one(zoho, receiver, form="raw", template='{"is": ${JSONString}}', method="PUT")

    assert taken.body.decode() == f"item {item['item_id']} is now {item['rate']} الآن"
    assert taken.headers["content-type"] == "text/plain"
    assert (whole.method, whole.headers["content-type"]) == ("PUT", "application/json")
    assert json.loads(whole.body) == {"is": {"item": other}}


def test_query_and_headers_are_sent_along(zoho, receiver):
    hooked(
        zoho,
        receiver,
        url=f"{receiver.url}/in?key=a%20b",
        query={"id": "${item.item_id}", "event": "edited"},
        headers={"X-From": "Zoho", "X-Name": "${item.name}"},
    )
    item = zoho.control("change", entity="items")["ids"][0]

    until(lambda: receiver.taken)
    assert receiver.taken[0].query == [("key", "a b"), ("id", item), ("event", "edited")]
    assert receiver.taken[0].headers["x-from"] == "Zoho"


def test_the_documented_example_is_signed_as_documented():
    pairs = [("subscription_id", "90343"), ("name", "basic")]
    body = b'{"created_date":"2019-03-06","event_id":"5675"}'
    signed = digest(b'namebasicsubscription_id90343{"created_date":"2019-03-06","event_id":"5675"}')

    assert signature(SECRET, pairs, body, "hex") == signed.hexdigest()
    assert signature(SECRET, pairs, body, "base64") == base64.b64encode(signed.digest()).decode()


@pytest.mark.parametrize("encoding", ["hex", "base64"])
def test_json_is_signed_with_the_query_before_it(zoho, receiver, encoding):
    taken, _ = one(zoho, receiver, secret=SECRET, digest=encoding, query={"b": "2", "a": "x y"})

    made = digest(b"ax yb2" + taken.body)
    expected = made.hexdigest() if encoding == "hex" else base64.b64encode(made.digest()).decode()
    assert taken.headers["x-zoho-webhook-signature"] == expected


def test_a_form_is_signed_by_its_decoded_pairs_alone(zoho, receiver):
    fields = {"title": "a&b ج", "id": "${Items.Item ID}"}
    taken, item = one(zoho, receiver, form="form", secret=SECRET, fields=fields, query={"k": "v"})

    expected = digest(f"id{item['item_id']}kvtitlea&b ج".encode()).hexdigest()
    assert taken.headers["x-zoho-webhook-signature"] == expected


def test_a_static_secret_header_stands_instead_of_a_signature_and_signing_can_be_off(zoho, receiver):
    taken, _ = one(zoho, receiver, secret=SECRET, secret_header="X-Our-Key")
    receiver.taken.clear()
    unsigned, _ = one(zoho, receiver, secret=SECRET, sign=False)

    assert taken.headers["x-our-key"] == SECRET
    assert "x-zoho-webhook-signature" not in {*taken.headers, *unsigned.headers}


def test_a_secret_is_never_shown(zoho, receiver):
    told = hooked(zoho, receiver, secret=SECRET)

    assert SECRET not in json.dumps(told) + zoho.get("/__sim/config").text
    assert told["webhooks"][0]["secret"] == "set"
    assert SECRET not in repr(zoho.simulator.simulation.webhooks.hooks)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"url": "https://example.com/in"}, "sends only to this machine"),
        ({"url": "http://10.0.0.7/in"}, "sends only to this machine"),
        ({"url": "http://127.0.0.1.example.com/in"}, "sends only to this machine"),
        ({"url": "http://me@127.0.0.1/in"}, "user name"),
        ({"url": "ftp://127.0.0.1/in"}, "no http or https address"),
        ({"url": "http://[::1"}, "no address"),
        ({"form": "xml"}, "form must be one of default, event"),
        ({"digest": "md5"}, "digest must be one of hex, base64"),
        ({"events": ["item.exploded"]}, "is no event"),
        ({"smell": 1}, "no field smell"),
        ({"headers": {"X-A": "b\r\nX-B: c"}}, "cannot be a header"),
        ({"query": {"a": 1}}, "query must hold texts"),
        ({"secret": 12}, "secret must be a text"),
        ({"numeric_ids": "yes"}, "numeric_ids must be true or false"),
        ({"secret_header": "X-Key"}, "secret_header needs a secret"),
    ],
)
def test_a_webhook_that_cannot_be_is_refused_in_words(zoho, receiver, fields, words):
    reply = zoho.post("/__sim/webhooks", json={"webhooks": [{"url": f"{receiver.url}/in", **fields}]})

    assert reply.status_code == 400
    assert words in reply.json()["error"]
    assert zoho.get("/__sim/webhooks").json()["webhooks"] == []


def test_zohos_api_makes_a_webhook_that_waits_for_a_rule(zoho, receiver):
    path = "/books/v3/settings/webhooks?organization_id=748369814"
    body = {
        "webhook_name": "orders",
        "url": f"{receiver.url}/in",
        "entity": "salesorder",
        "method": "POST",
        "body_type": "application/json",
        "raw_data": "${JSONString}",
    }

    made = zoho.post(path, json=body)
    identifier = made.json()["webhook"]["webhook_id"]
    zoho.control("change", entity="salesorders")
    zoho.control("webhooks/rule", {"webhook_id": identifier, "events": ["salesorder.edited"]})
    order = zoho.control("change", entity="salesorders")["ids"][0]
    until(lambda: receiver.taken)
    gone = zoho.delete(f"/books/v3/settings/webhooks/{identifier}?organization_id=748369814")
    again = zoho.delete(f"/books/v3/settings/webhooks/{identifier}?organization_id=748369814")

    assert (made.status_code, made.json()["code"]) == (201, 0)
    assert [json.loads(taken.body)["salesorder"]["salesorder_id"] for taken in receiver.taken] == [order]
    assert (gone.status_code, again.status_code, again.json()["code"]) == (200, 404, 1002)
    assert zoho.post(path, json={**body, "url": "https://example.com"}).json()["code"] == 2
    assert zoho.post(path, json={"url": receiver.url}).json()["code"] == 2
