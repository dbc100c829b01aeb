"""One delivery in words: what was done, its body, its diagnosis, as a request without secrets, and replays."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.fake_service import quota_of
from tests.support.fake_webhooks import NOW, FakeWebhooks, row_of
from tsh_sync_gui.engine.ports.deliveries import InboxDetail, ReplayPlan, SecretState, Standing
from tsh_sync_gui.engine.ports.inbox import Delivery, EventState, Verdict
from tsh_sync_gui.ui.state import webhook_address as addresses
from tsh_sync_gui.ui.state import webhooks_body as bodies
from tsh_sync_gui.ui.state import webhooks_detail as state
from tsh_sync_gui.ui.state import webhooks_diagnosis as diagnosis
from tsh_sync_gui.ui.state import webhooks_replay as replays


def opened(number: int = 10, **changes: object) -> InboxDetail:
    inbox = FakeWebhooks(rows=[row_of(number, **changes)])
    found = asyncio.run(inbox.detail(number))
    assert found is not None
    return found


def facts_of(detail: InboxDetail) -> dict[str, str]:
    return {fact.name: fact.value for fact in state.facts(detail, now=NOW, zone="")}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"verdict": Verdict.REFUSED, "state": EventState.IGNORED, "outcome": ""}, "answered with 401"),
        ({"verdict": Verdict.PING, "state": EventState.IGNORED, "outcome": ""}, "A test"),
        ({"outcome": "fetched"}, "was fetched from Zoho"),
        ({"outcome": "gone, marked as deleted"}, "is gone in Zoho; it is marked as deleted"),
        ({"outcome": "taken from the body"}, "without a call"),
        ({"outcome": "something new"}, "something new"),
        ({"state": EventState.WAITING, "outcome": ""}, "waits for its turn"),
        ({"state": EventState.FAILED, "outcome": ""}, "went to the dead letters"),
        ({"verdict": Verdict.DUPLICATE, "state": EventState.IGNORED, "outcome": ""}, "came before"),
        ({"state": EventState.IGNORED, "outcome": ""}, "nothing to do"),
    ],
)
def test_what_was_done_is_said_in_a_sentence(changes, words):
    assert words in state.done_words(opened(**changes), NOW)


def test_of_what_waits_is_said_what_went_wrong_and_when_it_is_tried_next():
    work = Standing(job="7", number=3, most=5, next_at=NOW + timedelta(minutes=5), is_running=False, title="Trouble")
    waiting = replace(opened(state=EventState.WAITING, outcome=""), work=work)

    assert re.fullmatch(r"Trouble\. Next try \d\d:\d\d \(3 of 5\)\.", state.done_words(waiting, NOW))
    assert "Next try at once" in state.next_words(replace(work, next_at=None), NOW)
    assert "being done now" in state.next_words(replace(work, is_running=True), NOW)
    assert "waits for its turn" in state.next_words(replace(work, title=""), NOW)


def test_facts_name_what_is_known_and_link_replays():
    first = opened(title="Zoho has trouble")
    again = replace(first, row=replace(first.row, replay_of=7), replays=(11, 12))

    assert facts_of(first)["Reason"] == "Zoho has trouble"
    assert facts_of(first)["Address"] == "/api/webhooks/zoho?event=item_updated"
    assert facts_of(first)["Body"] == "102 bytes, application/json"
    assert (facts_of(again)["Replay of"], facts_of(again)["Replayed as"]) == ("#7", "#11, #12")
    assert state.heading(first, "Products") == "Products · updated · LED panel 60x60"
    assert facts_of(first)["Record"] == first.row.record_id
    assert state.heading(opened(6), "") == "Delivery #6"


def delivery(body: bytes, kind: str = "application/json") -> Delivery:
    return Delivery(address="/a", body=body, content_type=kind)


def test_bodies_of_all_forms_are_read_and_others_stay_as_they_are():
    form = "application/x-www-form-urlencoded"

    assert state.document_of(delivery(b'{"item":{"a":1}}', form)) == {"item": {"a": 1}}
    assert state.document_of(delivery(b"JSONString=%7B%22a%22%3A1%7D&b=2", form)) == {"JSONString": {"a": 1}, "b": "2"}
    assert state.document_of(delivery(b"plain words", "text/plain")) is None
    assert state.document_of(delivery(b"")) is None
    assert state.document_of(delivery(b"[" * 100_000)) is None
    assert state.body_text(delivery(b'{"a":"\xd9\x85"}')) == '{\n  "a": "\u0645"\n}'
    assert state.body_text(delivery(b"\xff\xfe", "text/plain")) == "\ufffd\ufffd"


def test_of_a_long_body_only_the_beginning_is_shown():
    rows = [{f"k{place}": "v"} for place in range(60_000)]

    body = bodies.body_of(delivery(json.dumps({"a": rows}).encode()))

    assert body.is_document
    assert len(body.text) < 201_000
    assert body.text.endswith("bytes in all)")
    assert bodies.body_of(delivery(b"plain", "text/plain")) == bodies.Body("plain")


def test_a_diagnosis_is_told_in_words_steps_and_text():
    detail = opened(6)

    problem, tried = diagnosis.diagnosis_problem(detail.diagnosis), diagnosis.tried_rows(detail.diagnosis)
    steps = {fact.name: fact.value for fact in diagnosis.diagnosis_facts(detail.diagnosis)}
    text = {column.key: column.text(tried[0]) for column in diagnosis.tried_columns()}

    assert problem.title == "The secret in Zoho has a space at the end"
    assert steps["Answered with"] == "401"
    assert steps["Header present"] == "yes"
    assert steps["Length"] == "64 characters: right for hex"
    assert text == {
        "scheme": "as documented",
        "starts": "9f86d081…",
        "given": "9f82ac51…",
        "differs": "at character 4",
    }
    assert "has a space at the end" in diagnosis.diagnosis_text(detail)
    missing = {"header": {"present": False, "length": 0, "encoding": "none"}, "tried": [], "cause": "x"}
    assert [fact.value for fact in diagnosis.diagnosis_facts(missing)] == ["401", "no"]
    other = {"title": "Another organization's delivery", "status": 403}
    assert [fact.value for fact in diagnosis.diagnosis_facts(other)] == ["403"]
    assert "answered with 403" in state.done_words(replace(detail, diagnosis=other), NOW)
    assert "answered with 400" in state.done_words(replace(detail, diagnosis={"title": "The body cannot be read"}), NOW)
    assert diagnosis.diagnosis_problem({}).title


def test_a_request_is_copied_without_secrets_and_safe_for_a_shell():
    detail = opened()
    nasty = replace(
        detail,
        delivery=replace(
            detail.delivery,
            body=b'{"a":"it\'s $(rm)"}',
            query=(("event", "a b"), ("token", "abc123")),
            headers={**detail.delivery.headers, "authorization": "Bearer x", "x-tsh-secret": "s3cret"},
        ),
    )

    text = state.as_request(nasty, "https://hooks.tsh.example/")

    assert text.startswith("curl -X POST \\\n  'https://hooks.tsh.example/api/webhooks/zoho?event=a+b&token=••••'")
    assert "9f82ac5177aa31" not in text
    assert "s3cret" not in text
    assert "Bearer x" not in text
    assert "-H 'content-type: application/json'" in text
    assert "host:" not in text
    assert "--data-raw '{\"a\":\"it'\\''s $(rm)\"}'" in text


def test_a_replay_says_what_it_does_costs_and_leaves_out():
    plan = ReplayPlan(deliveries=3, records=2, duplicates=1, left_out=4, ids=(1, 2, 3))

    lines = replays.plan_lines(plan, quota_of(999), force=False)

    assert lines == (
        "3 deliveries of 2 records once more: at most 2 calls.",
        "Duplicates skipped: 1.",
        "Left out, for they were rejected or name no record: 4.",
        "Calls left today: 1; the rest waits for the reset.",
    )
    assert "skipped" not in "".join(replays.plan_lines(plan, None, force=True))
    assert replays.plan_lines(ReplayPlan(), None, force=False) == ("None of them can be replayed.",)
    assert replays.go_text(plan) == "Replay · at most 2 calls"
    assert replays.go_text(None) == "Replay"
    assert replays.replay_heading(1) == "Replay this delivery?"
    assert replays.replay_heading(None) == "Replay everything since…"
    assert replays.replayed_problem(3).title == "3 deliveries wait again"


def test_a_secret_s_standing_and_what_was_typed_are_judged():
    until = datetime.now(UTC) + timedelta(hours=3)

    assert "No secret is set" in replays.secret_lines(SecretState(is_set=False), NOW)[0]
    assert "environment" in replays.secret_lines(SecretState(is_set=True, locked_by="environment"), NOW)[1]
    assert "valid until" in replays.secret_lines(SecretState(is_set=True, previous_until=until), NOW)[1]
    assert replays.secret_lines(None, NOW)
    assert not any("24 hours" in line for line in replays.change_lines(SecretState(is_set=False), NOW))
    assert "stays valid for 24 hours" in replays.change_lines(SecretState(is_set=True), NOW)[-1]
    assert "24 hours" not in replays.fresh_words(SecretState(is_set=True))
    assert "24 hours" in replays.fresh_words(SecretState(is_set=True, previous_until=until))


def test_an_address_says_for_which_event_and_whether_zoho_could_reach_it():
    assert addresses.address_of("https://a.example/x", "created") == "https://a.example/x?event=created"
    assert addresses.address_of("https://a.example/x?k=1", "deleted") == "https://a.example/x?k=1&event=deleted"
    assert addresses.address_of("", "created") == ""
    here = ("http://127.0.0.1:8000/x", "https://localhost", "https://192.168.1.4/x", "http://[::1]:1/", "https://erp/x")
    assert all(addresses.is_only_here(one) for one in here)
    assert not addresses.is_only_here("https://hooks.example.com/x")
    assert not addresses.is_only_here("https://8.8.8.8/x")
    assert replays.typed_fault("") == ""
    assert replays.typed_fault("GoodSecret2026x") == ""
    assert "these are 5" in replays.typed_fault("short")
    assert replays.typed_fault("has a space in it") != ""
