"""Deliveries by HTTP: what is acknowledged is kept, what is refused has a reason, and queues nothing."""

import gzip
import json
import socket
from urllib.parse import urlencode

import httpx
import psycopg
import pytest

from tests.integration.listener.conftest import ADDRESS, listening, signed
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.listener import requests, server

ITEM = {"event_type": "item_updated", "data": {"item_id": "4600001", "last_modified_time": "2026-11-22T10:00:00+0300"}}


def test_a_signed_delivery_is_kept_with_its_job_before_it_is_acknowledged(listener):
    answer = listener.deliver(ITEM)

    assert answer.status_code == 200
    assert answer.json() == {"status": "accepted", "entity": "products", "record_id": "4600001"}
    assert listener.events() == [("accepted", "waiting", "")]
    assert listener.queued() == 1


@pytest.mark.parametrize("place", ["/api/webhooks/zoho", "/api/webhooks/zoho/", "/api/tds/webhooks/anything"])
def test_every_address_takes_deliveries(listener, place):
    assert listener.deliver(ITEM, address=place).status_code == 200


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
def test_the_address_names_each_entity(listener, entity):
    answers = [
        listener.deliver({"id": "77"}, address=f"/api/{owner}/webhooks/{entity.route}") for owner in ("tds", "zoho")
    ]

    assert [one.json()["entity"] for one in answers] == [entity.name] * 2


def test_put_and_delete_deliver_too(listener):
    body = json.dumps(ITEM).encode()
    headers = {"X-Zoho-Webhook-Signature": signed(body)}

    answers = [listener.http.request(method, ADDRESS, content=body, headers=headers) for method in ("PUT", "DELETE")]

    assert [one.json()["status"] for one in answers] == ["accepted", "duplicate"]


def test_a_form_with_a_document_is_taken(listener):
    document = json.dumps({"invoice": {"invoice_id": 4600000000001234567}})
    body = urlencode({"JSONString": document}).encode()
    headers = {
        "X-Zoho-Webhook-Signature": signed(b"JSONString" + document.encode()),
        "Content-Type": "application/x-www-form-urlencoded",
    }

    answer = listener.http.post(ADDRESS, content=body, headers=headers)

    assert answer.json() == {"status": "accepted", "entity": "invoices", "record_id": "4600000000001234567"}


def test_a_ping_needs_no_signature_and_queues_nothing(listener):
    answer = listener.http.post(ADDRESS, json={"test": True})

    assert (answer.status_code, answer.json()) == (200, {"status": "ping"})
    assert listener.events() == [("ping", "ignored", "")]
    assert listener.queued() == 0


def test_a_repeated_delivery_is_acknowledged_and_queues_nothing_more(listener):
    assert [listener.deliver(ITEM).json()["status"] for _ in range(3)] == ["accepted", "duplicate", "duplicate"]
    assert listener.queued() == 1


_DEEP = b'{"a":' * 100_000
BAD = {
    "unsigned": (b'{"item": {"item_id": "1"}}', {"X-Zoho-Webhook-Signature": ""}, 401),
    "a wrong signature": (b'{"item": {"item_id": "1"}}', {"X-Zoho-Webhook-Signature": "0" * 64}, 401),
    "a signature of another length": (b"{}", {"X-Zoho-Webhook-Signature": "abc"}, 401),
    "a signature that is no text": (b"{}", {"X-Zoho-Webhook-Signature": "\xff\xfe"}, 401),
    "a signed test that is not signed rightly": (b'{"test": true}', {"X-Zoho-Webhook-Signature": "0" * 64}, 401),
    "empty": (b"", {}, 400),
    "huge": (b'"' + b"x" * 1_048_576 + b'"', {}, 413),
    "not UTF-8": (b'{"item": "\xff\xfe"}', {}, 400),
    "deep": (_DEEP, {}, 400),
    "no object": (b"[1, 2]", {}, 400),
    "broken": (b'{"item": {', {}, 400),
    "an id that is none": (b'{"item": {"item_id": "../../etc"}}', {}, 400),
    "compressed": (gzip.compress(b'{"item": {"item_id": "1"}}'), {"Content-Encoding": "gzip"}, 400),
    "another organization's": (b'{"item": {"item_id": "1"}, "organization_id": "5"}', {}, 403),
}


@pytest.mark.parametrize(("body", "headers", "status"), BAD.values(), ids=BAD)
def test_bad_input_is_refused_with_a_reason_and_queues_nothing(listener, body, headers, status):
    sent = {"X-Zoho-Webhook-Signature": signed(body), "Content-Type": "application/json"} | headers
    raw = [(name.encode(), value.encode("latin-1")) for name, value in sent.items() if value]

    answer = listener.http.post(ADDRESS, content=body, headers=raw)

    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"kind", "title", "advice"}
    assert listener.queued() == 0
    assert {row[0] for row in listener.events()} <= {"refused"}
    assert listener.query("SELECT diagnosis->'status' FROM sync.webhook_events") in ([], [(status,)])


def test_where_the_settings_name_no_organization_the_database_does(database, tmp_path):
    with psycopg.connect(database.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("INSERT INTO sync.organization (id, name) VALUES ('77', 'TSH')")

    with listening(database, tmp_path, organization_id="") as running:
        assert running.deliver(ITEM | {"organization_id": "5"}).status_code == 403
        assert running.deliver(ITEM | {"organization_id": "77"}).status_code == 200


def test_a_form_with_two_documents_is_refused(listener):
    body = b"JSONString=%7B%7D&JSONString=%7B%7D"
    headers = {
        "X-Zoho-Webhook-Signature": signed(b"JSONString{}JSONString{}"),
        "Content-Type": "application/x-www-form-urlencoded",
    }

    answer = listener.http.post(ADDRESS, content=body, headers=headers)

    assert answer.status_code == 400
    assert "JSONString" in answer.json()["error"]["advice"]


def test_what_we_do_not_keep_is_acknowledged_and_ignored(listener):
    answer = listener.deliver({"event_type": "bill_created", "data": {"bill_id": "1"}})

    assert answer.status_code == 200
    assert listener.events() == [("accepted", "ignored", "")]
    assert listener.queued() == 0


def test_a_refused_delivery_is_kept_with_its_diagnosis(listener):
    listener.deliver(ITEM, secret="Geheimnis2026abc ")

    ((verdict, cause),) = listener.query("SELECT verdict, diagnosis->>'cause' FROM sync.webhook_events")
    assert (verdict, cause) == ("refused", "The secret in Zoho has a space at the end")


def test_who_is_refused_too_often_is_held_off_and_a_right_signature_still_gets_in(listener):
    statuses = [listener.deliver(ITEM, secret="wrong-wrong-wrong").status_code for _ in range(80)]

    assert set(statuses) == {401, 429}
    assert statuses[-1] == 429
    assert listener.deliver(ITEM).status_code == 200


def test_a_head_that_does_not_come_is_not_waited_for(listener, monkeypatch):
    monkeypatch.setattr(server, "HEAD_S", 0.2)
    host, port = listener.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as slow, socket.create_connection((host, int(port))):
        slow.sendall(b"POST /api/webhooks/zoho HTTP/1.1\r\nHost: x\r\n")

        try:
            assert slow.recv(100) == b""
        except ConnectionResetError:
            ended = True
        else:
            ended = True
    assert ended
    assert listener.http.get("/health").status_code == 200


def test_a_body_that_does_not_come_is_not_waited_for(listener, monkeypatch):
    monkeypatch.setattr(requests, "READ_S", 0.2)
    host, port = listener.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as slow:
        slow.sendall(b"POST /api/webhooks/zoho HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")

        assert slow.recv(1000).startswith(b"HTTP/1.1 408")
    assert listener.queued() == 0


def test_nonsense_on_the_line_is_refused(listener):
    host, port = listener.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n")

        head, _, body = line.recv(1000).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400")
    assert json.loads(body)["error"]["title"]


def test_headers_without_end_are_refused(listener):
    host, port = listener.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as line:
        line.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * 70_000 + b"\r\n")

        head, _, body = line.recv(1000).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431")
    assert json.loads(body)["error"]["title"]


def test_no_delivery_however_long_or_broken_its_parameters_and_headers_holds_up_others(listener):
    body = json.dumps(ITEM).encode()
    long = "&".join(f"k{number:03}={'v' * 300}" for number in range(200))
    many = {f"X-{number}": "h" * 1500 for number in range(40)}
    plain = long.replace("&", "").replace("=", "")

    answers = [
        listener.deliver(ITEM, address=f"{ADDRESS}?{long}", signed_with=plain, **many),
        listener.http.post(f"{ADDRESS}?a=%ff", content=body, headers={"X-Zoho-Webhook-Signature": "0" * 64}),
        listener.http.post(ADDRESS, data={"k" * 300_000: "1"}, headers={"X-Zoho-Webhook-Signature": "0" * 64}),
        listener.http.post("/api/tds/webhooks/items?id=%ff", headers={"X-Zoho-Webhook-Signature": signed(b"id\xff")}),
        listener.deliver(ITEM),
    ]

    assert [one.status_code for one in answers] == [200, 401, 401, 400, 200]
    assert listener.http.get("/health").json()["status"] == "ok"
    assert len(listener.events()) == 5


@pytest.mark.parametrize(("method", "path", "status"), [("GET", ADDRESS, 405), ("GET", "/nothing", 404)])
def test_what_is_not_there_is_told_as_json(listener, method, path, status):
    answer = listener.http.request(method, path)

    assert answer.status_code == status
    assert answer.json()["error"]["title"]


def test_who_asks_first_whether_to_go_on_is_answered(listener):
    body = json.dumps(ITEM).encode()
    host, port = listener.url.removeprefix("http://").split(":")
    head = (
        f"POST {ADDRESS} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n"
        f"X-Zoho-Webhook-Signature: {signed(body)}\r\n\r\n"
    )

    with socket.create_connection((host, int(port)), timeout=10) as caller:
        caller.sendall(head.encode())
        asked = caller.recv(1000)
        caller.sendall(body)
        answer = caller.recv(1000)

    assert asked.startswith(b"HTTP/1.1 100 ")
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b'"accepted"' in answer


def test_health_is_open_and_metrics_are_for_who_has_a_token(listener):
    listener.deliver(ITEM)

    assert listener.http.get("/health").json()["status"] == "ok"
    assert listener.http.get("/metrics").status_code == 401
    listener.token()
    page = listener.http.get("/metrics")
    assert page.headers["content-type"].startswith("text/plain")
    assert 'tsh_webhook_deliveries_total{verdict="accepted"} 1' in page.text
    assert "tsh_queue_depth 1" in page.text


def test_an_end_answers_what_is_under_way(database, tmp_path):
    from tests.integration.listener.conftest import listening  # noqa: PLC0415 -- of this test only

    with listening(database, tmp_path) as running:
        assert running.deliver(ITEM).status_code == 200
    with pytest.raises(httpx.TransportError):
        httpx.get(f"{running.url}/health")
    assert running.events() == [("accepted", "waiting", "")]
