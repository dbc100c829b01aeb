"""Delivery as Zoho does it: tries, gaps, limits; and silence, copies and disorder on demand."""

import json
import socket
import threading

import pytest

from tests.support.simulator import SimulatedZoho
from tests.unit.simulator.webhook_receiver import Receiver, until


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.close()


def hooked(zoho, url, **fields):
    zoho.control("webhooks", {"webhooks": [{"url": url, **fields}]})


def figures(zoho, place=0):
    return zoho.get("/__sim/webhooks").json()["webhooks"][place]


def deliveries(zoho, **params):
    return zoho.get("/__sim/webhooks/deliveries", params=params).json()["deliveries"]


def ids(receiver):
    return [json.loads(taken.body)["item"]["item_id"] for taken in receiver.taken]


@pytest.mark.parametrize("status", [301, 400, 422, 500, -1])
def test_whatever_is_no_2xx_is_tried_again_and_redirects_are_not_followed(make_simulator, receiver, status):
    with SimulatedZoho(make_simulator(webhook_gap_ms=10)) as zoho:
        receiver.statuses = [status, status]
        hooked(zoho, f"{receiver.url}/in")

        zoho.control("change", entity="items")

        until(lambda: figures(zoho)["delivered"])
        assert [taken.path for taken in receiver.taken] == ["/in"] * 3
        assert len({taken.body for taken in receiver.taken}) == 1
        assert (figures(zoho)["sent"], figures(zoho)["retries"], figures(zoho)["last_status"]) == (3, 2, 200)


def test_a_delivery_is_given_up_after_five_tries(make_simulator, receiver):
    with SimulatedZoho(make_simulator(webhook_gap_ms=1)) as zoho:
        receiver.statuses = [503] * 99
        hooked(zoho, f"{receiver.url}/in")

        zoho.control("change", entity="items")

        until(lambda: figures(zoho)["failed"])
        assert len(receiver.taken) == 5
        assert [(one["state"], one["tries"], one["status"]) for one in deliveries(zoho)] == [("failed", 5, 503)]
        assert figures(zoho)["waiting"] == 0


@pytest.mark.parametrize(
    ("growth", "gaps"),
    [("fixed", [60] * 4), ("additive", [60, 120, 180, 240]), ("multiplicative", [60, 120, 240, 480])],
)
def test_gaps_grow_and_pass_with_the_simulated_clock(make_simulator, receiver, growth, gaps):
    with SimulatedZoho(make_simulator(webhook_gap_growth=growth)) as zoho:
        receiver.statuses = [500] * 5
        hooked(zoho, f"{receiver.url}/in")
        zoho.control("change", entity="items")

        for place, gap in enumerate(gaps, start=1):
            until(lambda place=place: figures(zoho)["sent"] == place)
            zoho.control("clock", {"advance_seconds": gap - 20})
            assert len(receiver.taken) == place
            zoho.control("clock", {"advance_seconds": 20})

        until(lambda: figures(zoho)["failed"] == 1)
        assert len(receiver.taken) == 5


def test_a_receiver_that_is_away_or_does_not_answer_has_its_own_words(make_simulator, receiver):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with SimulatedZoho(make_simulator(webhook_gap_ms=1, webhook_read_ms=100, webhook_tries=1)) as zoho:
        hooked(zoho, f"http://127.0.0.1:{port}/in")
        zoho.control("change", entity="items")
        until(lambda: figures(zoho)["failed"])
        refused = deliveries(zoho)[0]

        receiver.gate = threading.Event()
        hooked(zoho, f"{receiver.url}/in")
        zoho.control("change", entity="items")
        until(lambda: figures(zoho)["failed"] == 2)
        slow = deliveries(zoho)[0]

    assert (refused["status"], refused["error"] != "") == (None, True)
    assert (slow["status"], slow["error"]) == (None, "no answer within 0.1 s")


def test_copies_and_disorder_come_on_demand(make_simulator, receiver):
    with SimulatedZoho(make_simulator(webhooks_at_once=1)) as zoho:
        hooked(zoho, f"{receiver.url}/in")
        zoho.control("webhooks/mode", {"duplicate": 1})
        first = zoho.control("change", entity="items")["ids"]
        until(lambda: len(receiver.taken) == 2)
        zoho.control("webhooks/mode", {"duplicate": 0, "reorder": 4})

        later = [zoho.control("change", entity="items")["ids"][0] for _ in range(4)]
        last = zoho.control("change", entity="items")["ids"]

        until(lambda: len(receiver.taken) == 7)
        assert ids(receiver) == [*first, *first, *reversed(later), *last]
        assert sum(one["is_copy"] for one in deliveries(zoho)) == 1


def test_a_delay_passes_with_the_simulated_clock(zoho, receiver):
    hooked(zoho, f"{receiver.url}/in")
    zoho.control("webhooks/mode", {"delay_ms": 3_600_000})
    zoho.control("change", entity="items", count=3)
    assert figures(zoho)["waiting"] == 3

    zoho.control("clock", {"advance_seconds": 3601})

    until(lambda: figures(zoho)["delivered"] == 3)


def test_what_changes_in_silence_is_never_told(zoho, receiver):
    hooked(zoho, f"{receiver.url}/in")
    zoho.control("webhooks/mode", {"silent": True})
    zoho.control("change", entity="items", count=14)
    zoho.control("webhooks/mode", {"silent": False})

    item = zoho.control("change", entity="items")["ids"]

    until(lambda: receiver.taken)
    assert ids(receiver) == item
    assert (figures(zoho)["triggered"], figures(zoho)["silenced"]) == (15, 14)


def test_the_day_has_a_limit_that_ends_at_midnight(make_simulator, receiver):
    with SimulatedZoho(make_simulator(webhooks_per_day=3)) as zoho:
        hooked(zoho, f"{receiver.url}/in")
        zoho.control("change", entity="items", count=5)
        until(lambda: figures(zoho)["delivered"] == 3)
        assert (figures(zoho)["over_limit"], zoho.get("/__sim/webhooks").json()["today"]) == (2, 3)

        zoho.control("clock", {"advance_seconds": 86400})
        zoho.control("change", entity="items")

        until(lambda: figures(zoho)["delivered"] == 4)


def test_more_than_may_wait_is_lost_and_counted(make_simulator, receiver):
    with SimulatedZoho(make_simulator(webhooks_waiting=10)) as zoho:
        hooked(zoho, f"{receiver.url}/in")

        zoho.control("change", entity="items", count=25)

        until(lambda: figures(zoho)["delivered"] == 10)
        assert figures(zoho)["overflowed"] == 15


@pytest.mark.parametrize(
    "values", [{"silent": 1}, {"duplicate": -1}, {"duplicate": 11}, {"reorder": "x"}, {"delay_ms": 1.5}, {"loud": True}]
)
def test_a_mode_that_cannot_be_is_refused_in_words(zoho, values):
    reply = zoho.post("/__sim/webhooks/mode", json=values)

    assert reply.status_code == 400
    assert next(iter(values)) in reply.json()["error"]


def test_five_hundred_changes_flow_to_five_webhooks(make_simulator, receiver):
    with SimulatedZoho(make_simulator(items=600, webhooks_per_day=10_000)) as zoho:
        forms = ("default", "event", "form", "form_json", "raw")
        webhooks = [{"url": f"{receiver.url}/{form}", "form": form, "secret": "abcdefghijkl"} for form in forms]
        zoho.control("webhooks", {"webhooks": webhooks})

        zoho.control("change", entity="items", count=500)

        until(lambda: len(receiver.taken) == 2500, 100)
        until(lambda: all(hook["delivered"] == 500 for hook in zoho.get("/__sim/webhooks").json()["webhooks"]))
        first, second = (
            zoho.get("/__sim/webhooks/deliveries", params={"per_page": 1000, "page": page, "webhook": "1"}).json()
            for page in (1, 2)
        )
        assert (len(first["deliveries"]), first["has_more_page"], second["deliveries"]) == (500, False, [])
        assert {one["state"] for one in first["deliveries"]} == {"delivered"}


def test_a_page_of_the_history_is_filtered_and_newest_first(zoho, receiver):
    hooked(zoho, f"{receiver.url}/in")
    zoho.control("change", entity="items", count=5)
    until(lambda: figures(zoho)["delivered"] == 5)
    zoho.control("webhooks/mode", {"delay_ms": 100_000})
    zoho.control("change", entity="items", count=2)

    assert [one["id"] for one in deliveries(zoho, per_page=3)] == [7, 6, 5]
    assert [one["id"] for one in deliveries(zoho, per_page=3, page=2)] == [4, 3, 2]
    assert [one["id"] for one in deliveries(zoho, state="waiting")] == [7, 6]
    assert zoho.get("/__sim/webhooks/deliveries", params={"state": "lost"}).status_code == 400
    assert zoho.get("/__sim/webhooks/deliveries", params={"page": "0"}).status_code == 400


def test_webhooks_mode_and_what_waits_survive_in_the_state_file(make_simulator, receiver, tmp_path):
    state = tmp_path / "state.jsonl"
    with SimulatedZoho(make_simulator(state_file=state, webhooks_per_day=6)) as zoho:
        zoho.control(
            "webhooks",
            {"webhooks": [{"url": f"{receiver.url}/in", "id": "a", "secret": "abcdefghijkl", "form": "raw"}]},
        )
        zoho.control("change", entity="items", count=2)
        until(lambda: figures(zoho)["delivered"] == 2)
        zoho.control("webhooks/mode", {"delay_ms": 200_000})
        gone = zoho.control("create", entity="items")["ids"][0]
        zoho.control("delete", entity="items", id=gone)
        told = zoho.get("/__sim/webhooks").json()
        zoho.simulator.stop()
    assert len(receiver.taken) == 2

    with SimulatedZoho(make_simulator(state_file=state, webhooks_per_day=6)) as zoho:
        again = zoho.get("/__sim/webhooks").json()
        zoho.control("clock", {"advance_seconds": 3600})
        until(lambda: figures(zoho)["delivered"] == 2)
        zoho.control("webhooks/mode", {"delay_ms": 0})
        item = zoho.control("change", entity="items")["ids"][0]
        until(lambda: figures(zoho)["delivered"] == 3)

    for known in (told, again):
        for hook in known["webhooks"]:
            for name in ("triggered", "sent", "delivered", "last_status", "last_time"):
                hook.pop(name)
    assert told == again
    assert ids(receiver)[2:] == [gone, gone, item]


def test_a_webhook_that_is_taken_away_takes_what_waits_along(zoho, receiver):
    hooked(zoho, f"{receiver.url}/in", id="old")
    zoho.control("webhooks/mode", {"delay_ms": 100_000})
    zoho.control("change", entity="items", count=3)

    hooked(zoho, f"{receiver.url}/in", id="new")

    assert [one["state"] for one in deliveries(zoho)] == ["dropped"] * 3
    assert figures(zoho)["waiting"] == 0


def test_after_a_kill_nothing_that_waited_is_lost(make_simulator, receiver, tmp_path):
    state = tmp_path / "state.jsonl"
    with SimulatedZoho(make_simulator(state_file=state)) as zoho:
        receiver.statuses = [500] * 6
        hooked(zoho, f"{receiver.url}/in")
        items = zoho.control("change", entity="items", count=6)["ids"]
        until(lambda: figures(zoho)["sent"] == 6)
        (tmp_path / "killed.jsonl").write_bytes(state.read_bytes())
    receiver.taken.clear()

    with SimulatedZoho(make_simulator(state_file=tmp_path / "killed.jsonl")) as zoho:
        until(lambda: figures(zoho)["delivered"] == 6)

    assert sorted(ids(receiver)) == sorted(items)
