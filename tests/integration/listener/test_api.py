"""The HTTP API: who may use it, what it answers, and that no bad input makes it stumble."""

import re
from collections import defaultdict
from functools import partial

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.integration.listener.conftest import listening, signed
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.listener.limits import Patience

CLOSED = [
    ("GET", "/api/zoho/sync/stats"),
    ("GET", "/api/zoho/test-connection"),
    ("GET", "/api/tds/queue"),
    ("POST", "/api/zoho/sync/full"),
    ("POST", "/api/tds/stock/sync"),
    ("POST", "/api/zoho/sync/products/46"),
]


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_token_nothing_is_done(listener, method, path):
    for headers in ({}, {"Authorization": "Bearer tsh_wrong"}, {"Authorization": "Basic dXNlcjpwYXNz"}):
        answer = listener.http.request(method, path, headers=headers)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert "TSH_API_LOOPBACK_OPEN" in answer.json()["error"]["advice"]
    assert listener.query("SELECT 1 FROM sync.runs") == []


def test_a_token_lets_in_until_it_is_revoked_and_is_nowhere_in_the_database(listener):
    text = listener.token("cron")

    assert listener.http.get("/api/tds/queue").status_code == 200
    kept = listener.query("SELECT row_to_json(t)::text FROM sync.api_tokens t")[0][0]
    assert text[8:] not in kept
    assert '"last_used_at":null' not in kept
    listener.run(listener.listener.backend.up.tokens.revoke("cron"))
    assert listener.http.get("/api/tds/queue").status_code == 401


def test_who_guesses_tokens_is_held_off(listener):
    statuses = {listener.http.get("/api/tds/queue").status_code for _ in range(70)}

    assert statuses == {401, 429}


def test_programs_on_this_computer_may_be_let_in_without_a_token(database, tmp_path):
    with listening(database, tmp_path, api_loopback_open=True) as running:
        assert running.http.get("/api/tds/queue").status_code == 200
        others = {"X-Forwarded-For": "1.2.3.4"}, {"Origin": "https://evil.example"}, {"Host": "evil.example"}
        for headers in (*others, {"Sec-Fetch-Site": "cross-site"}):
            assert running.http.get("/api/tds/queue", headers=headers).status_code == 401


def test_the_queue_is_told_in_its_shape(listener):
    listener.token()
    listener.deliver({"item": {"item_id": "1"}})

    queue = listener.http.get("/api/tds/queue").json()

    assert queue["depth"] == 1
    assert queue["by_lane"] == {"webhooks": 1}
    assert set(queue) == {"depth", "oldest_seconds", "running", "failed", "by_lane"}


def test_the_connection_is_tested_in_its_shape(worker):
    worker.token()

    assert worker.http.get("/api/zoho/test-connection").json() == {
        "status": "connected",
        "organization": "TSH Trading",
        "organization_id": "748369814",
        "api_version": "v3",
    }


def test_a_sync_begins_and_its_run_is_told(worker):
    worker.token()

    begun = worker.http.post("/api/zoho/sync/pricelists")

    assert begun.status_code == 202
    assert begun.json()["entity"] == "price_lists"
    ((run, trigger),) = worker.query("SELECT id, trigger FROM sync.runs")
    assert (begun.json()["run_id"], trigger) == (run, "http")


def test_a_sync_can_be_waited_for_and_takes_json_under_any_content_type(worker):
    worker.token()

    ended = worker.http.post(
        "/api/zoho/sync/salesorders?wait=true",
        content=b'{"days": 7}',
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )

    assert ended.status_code == 200
    (run,) = ended.json()["runs"]
    assert (run["entity"], run["mode"], run["state"]) == ("sales_orders", "window", "up_to_date")


def test_one_record_can_be_fetched(worker, simulator):
    worker.token()
    record = worker.http.get(f"{simulator.url}/__sim/ids", params={"entity": "items"}).json()["ids"][0]

    ended = worker.http.post(f"/api/zoho/sync/products/{record}?force=true&wait=true")

    assert ended.json()["runs"][0]["created"] == 1
    assert worker.query("SELECT zoho_id FROM tsh.products") == [(record,)]


def test_the_figures_keep_their_shape(listener):
    listener.token()

    stats = listener.http.get("/api/zoho/sync/stats").json()

    assert stats["success_rate"] == 100.0
    assert set(stats["entities_synced"]) == {entity.stats_key for entity in REGISTRY}


@pytest.mark.parametrize(
    "body",
    [
        b"[1]",
        b'{"days": 0}',
        b'{"days": "7"}',
        b'{"dayz": 7}',
        b'{"days": 7, "since": "2026-01-01"}',
        b'{"since": "tomorrow"}',
        b'{"since": "2999-01-01"}',
        b"\xff",
        b"[" * 60_000,
        b'{"details": -1}',
    ],
)
def test_a_wrong_body_is_refused_in_words_and_begins_nothing(listener, body):
    listener.token()

    answer = listener.http.post("/api/zoho/sync/products", content=body)

    assert answer.status_code == 422
    assert answer.json()["error"]["title"]
    assert listener.query("SELECT 1 FROM sync.runs") == []


def test_a_body_without_end_is_refused(listener):
    listener.token()

    assert listener.http.post("/api/zoho/sync/products", content=b" " * 70_000).status_code == 413


@pytest.mark.parametrize("path", ["/api/zoho/sync/nonsense", "/api/zoho/sync/products/abc", "/api/tds/nonsense/sync"])
def test_what_there_is_not_is_refused(listener, path):
    listener.token()

    assert listener.http.post(path).status_code in {404, 422}


_STRANGE = settings(
    max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate]
)


def _asked(running, *, headers=None):
    """Send what fits and breaks the OpenAPI page; returns each address's statuses. No answer may be a 5xx."""
    found = defaultdict(set)
    schema = schemathesis.openapi.from_url(f"{running.url}/openapi.json")
    with requests.Session() as session:
        for operation in (one.ok() for one in schema.get_all_operations()):

            @_STRANGE
            @given(case=operation.as_strategy())
            def try_it(case):
                given = case.as_transport_kwargs(base_url=running.url)
                # A sync that is waited for, or forced, would be one: here is asked what is let through to it.
                for place in ("params", "json"):
                    if isinstance(given.get(place), dict):
                        given[place] = {k: v for k, v in given[place].items() if k not in {"wait", "force"}}
                sent = requests.Request(**given).prepare()
                body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
                if headers is not None:
                    sent.headers.update(headers(case.operation.path, body))
                answer = session.send(sent, timeout=30)
                assert answer.status_code < 500, answer.text
                if answer.status_code >= 400:
                    assert answer.json()["error"]["title"]
                found[case.operation.path].add(answer.status_code)

            try_it()
    return found


def test_nothing_that_fits_or_breaks_the_openapi_page_gets_by_the_door(listener):
    statuses = _asked(listener)

    assert len(statuses) > 20
    closed = set().union(*(seen for path, seen in statuses.items() if path not in {"/health", "/api/health"}))
    assert closed <= {400, 401, 404, 405, 413, 415, 422, 429}
    assert listener.queued() == 0


def test_nothing_that_fits_or_breaks_the_openapi_page_makes_it_stumble_behind_the_door(
    database, tmp_path, simulator, monkeypatch
):
    patient = partial(Patience, burst=100_000, all_burst=100_000)
    monkeypatch.setattr("tsh_sync_gui.listener.server.Patience", patient)
    with listening(database, tmp_path, simulator.url, sync_enabled=False) as running:
        token = running.token()

        def headers(path, body):
            if "webhooks" in path:
                return {"X-Zoho-Webhook-Signature": signed(body)}
            return {"Authorization": f"Bearer {token}"}

        statuses = _asked(running, headers=headers)

        hooks = {path: statuses.pop(path) for path in list(statuses) if "webhooks" in path}
        assert not {401, 429} & set().union(*statuses.values()), statuses
        assert statuses["/api/zoho/sync/stats"] == statuses["/api/tds/queue"] == statuses["/metrics"] == {200}
        assert 422 in statuses["/api/zoho/sync/full"]
        assert all({200, 400} <= seen for seen in hooks.values()), hooks
        refused = "SELECT count(*) FROM sync.webhook_events WHERE verdict = 'refused' AND state <> 'ignored'"
        assert running.query(refused) == [(0,)]
        assert running.query("SELECT 1 FROM sync.runs") == []


def test_the_openapi_page_needs_no_other_server(listener):
    page = listener.http.get("/docs").text
    files = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert "://" not in page.replace("window.location.protocol + '//'", "")
    assert len(files) == 3
    assert {listener.http.get(file).status_code for file in files} == {200}
