"""From a delivery to the row: fetched once, related records first, deletes, disorder, and what the body says itself."""

import json
from datetime import UTC, datetime

from tests.support.simulator import SimulatedZoho
from tsh_sync_gui.core.values import zoho_stamp

LATER = "2026-11-22T10:00:00+0300"


def newest(world, simulator, zoho="invoices"):
    return world.http.get(f"{simulator.url}/__sim/ids", params={"entity": zoho}).json()["ids"][-1]


def record(world, simulator, record_id, zoho="invoices"):
    return world.http.get(f"{simulator.url}/__sim/record", params={"entity": zoho, "id": record_id}).json()


def calls(world, simulator):
    paths = world.http.get(f"{simulator.url}/__sim/requests").json()["by_path"]
    return sum(number for path, number in paths.items() if not path.startswith(("/oauth", "/books/v3/organizations")))


def settled(world):
    return world.eventually(
        lambda: world.query("SELECT count(*) FROM sync.webhook_events WHERE state = 'waiting'") == [(0,)]
    )


def test_a_delivery_brings_its_record_and_first_the_customer_it_names(worker, simulator):
    invoice = newest(worker, simulator)

    worker.deliver({"event_type": "invoice_created", "data": {"invoice_id": invoice}})

    assert settled(worker)
    ((number, customer),) = worker.query("SELECT number, customer_zoho_id FROM tsh.invoices")
    assert number == record(worker, simulator, invoice)["invoice_number"]
    assert worker.query("SELECT zoho_id FROM tsh.customers") == [(customer,)]
    assert worker.events() == [("accepted", "done", "fetched")]
    ((linked,),) = worker.query("SELECT count(*) FROM sync.webhook_events e JOIN sync.runs r ON r.id = e.run_id")
    assert linked == 1
    assert calls(worker, simulator) == 2


def test_twenty_deliveries_for_one_record_cost_at_most_two_fetches(worker, simulator):
    contact = newest(worker, simulator, "items")
    before = calls(worker, simulator)

    for number in range(20):
        worker.deliver({"event_type": "item_updated", "data": {"item_id": contact, "n": number}})

    assert settled(worker)
    assert 1 <= calls(worker, simulator) - before <= 2
    assert worker.query("SELECT zoho_id FROM tsh.products") == [(contact,)]


def test_a_delete_leaves_a_tombstone_and_once_more_costs_no_call(worker, simulator):
    worker.token()
    worker.http.post("/api/zoho/sync/pricelists?wait=true")
    (gone,) = worker.http.post(f"{simulator.url}/__sim/delete", params={"entity": "pricebooks", "count": 1}).json()[
        "ids"
    ]

    worker.deliver({"pricebook": {"pricebook_id": gone}})
    assert settled(worker)
    assert worker.events() == [("accepted", "done", "gone, marked as deleted")]
    before = calls(worker, simulator)
    worker.deliver({"event_type": "pricebook_deleted", "data": {"pricebook_id": gone, "again": True}})

    assert settled(worker)
    assert worker.query("SELECT zoho_id FROM tsh.price_lists WHERE deleted_at IS NOT NULL") == [(gone,)]
    assert worker.events()[-1] == ("accepted", "done", "already deleted")
    assert calls(worker, simulator) == before


def test_a_delete_is_no_repetition_of_the_change_before_though_zoho_sends_the_same_body(worker, simulator):
    one = newest(worker, simulator, "pricebooks")
    body = {"pricebook": record(worker, simulator, one, "pricebooks") | {"last_modified_time": LATER}}
    worker.deliver(body)
    assert settled(worker)
    worker.http.post(f"{simulator.url}/__sim/delete", params={"entity": "pricebooks", "id": one}).raise_for_status()

    told = worker.deliver(body, address="/api/webhooks/zoho?event=deleted", signed_with="eventdeleted")

    assert told.json()["status"] == "accepted"
    assert settled(worker)
    assert worker.query("SELECT zoho_id FROM tsh.price_lists WHERE deleted_at IS NOT NULL") == [(one,)]


def test_a_whole_body_that_comes_after_the_delete_brings_nothing_back(worker, simulator):
    known, unknown = worker.http.get(f"{simulator.url}/__sim/ids", params={"entity": "pricebooks"}).json()["ids"][:2]
    bodies = {
        one: record(worker, simulator, one, "pricebooks") | {"last_modified_time": LATER} for one in (known, unknown)
    }
    worker.deliver({"event_type": "pricebook_updated", "data": {"pricebook_id": known}})
    assert settled(worker)
    for one in (known, unknown):
        worker.http.post(f"{simulator.url}/__sim/delete", params={"entity": "pricebooks", "id": one}).raise_for_status()
        worker.deliver({"event_type": "pricebook_deleted", "data": bodies[one]})
    assert settled(worker)

    for one in (known, unknown):
        worker.deliver({"event_type": "pricebook_updated", "data": bodies[one]})

    assert settled(worker)
    assert worker.query("SELECT zoho_id FROM tsh.price_lists WHERE deleted_at IS NULL") == []


def test_a_delete_that_waits_beside_a_whole_body_is_not_lost(database, tmp_path, simulator):
    from tests.integration.listener.conftest import listening  # noqa: PLC0415 -- of this test only

    with listening(database, tmp_path, simulator.url, jobs=0) as running:
        one = newest(running, simulator, "pricebooks")
        body = record(running, simulator, one, "pricebooks") | {"last_modified_time": LATER}
        running.http.post(f"{simulator.url}/__sim/delete", params={"entity": "pricebooks", "id": one})
        running.deliver({"event_type": "pricebook_deleted", "data": body})
        running.deliver({"event_type": "pricebook_updated", "data": body})
    with listening(database, tmp_path, simulator.url, jobs=2) as running:
        assert settled(running)
        assert running.query("SELECT zoho_id FROM tsh.price_lists WHERE deleted_at IS NULL") == []


def test_a_delete_of_what_was_never_known_costs_no_call(worker, simulator):
    worker.deliver({"event_type": "item_deleted", "data": {"item_id": "123456789"}})

    assert settled(worker)
    assert worker.events() == [("accepted", "done", "never known")]
    assert calls(worker, simulator) == 0


def test_an_older_state_changes_nothing_and_costs_no_call(worker, simulator):
    invoice = newest(worker, simulator)
    worker.deliver({"event_type": "invoice_updated", "data": {"invoice_id": invoice}})
    assert settled(worker)
    before = calls(worker, simulator)
    old = {"invoice_id": invoice, "last_modified_time": "2019-01-01T10:00:00+0300", "invoice_number": "OLD"}

    worker.deliver({"event_type": "invoice_updated", "data": old})

    assert settled(worker)
    assert worker.events()[-1] == ("out_of_order", "done", "the mirror is newer")
    assert calls(worker, simulator) == before
    assert worker.query("SELECT number FROM tsh.invoices") != [("OLD",)]


def test_a_whole_and_newer_body_is_taken_as_it_is(worker, simulator):
    invoice = newest(worker, simulator)
    worker.deliver({"event_type": "invoice_updated", "data": {"invoice_id": invoice}})
    assert settled(worker)
    before = calls(worker, simulator)
    body = record(worker, simulator, invoice) | {
        "last_modified_time": zoho_stamp(datetime.now(UTC)),
        "reference_number": "from the body",
    }
    ahead = body | {"last_modified_time": "9999-12-31T23:59:59+0000", "reference_number": "by no clock"}

    worker.deliver({"event_type": "invoice_updated", "data": body})

    assert settled(worker)
    assert worker.events()[-1] == ("accepted", "done", "taken from the body")
    assert worker.query("SELECT reference_number FROM tsh.invoices") == [("from the body",)]
    assert calls(worker, simulator) == before
    ((late,),) = worker.query("SELECT count(*) FROM tsh.invoices WHERE detailed_at < synced_at")
    assert late == 0
    # A stamp of the future would keep every later change out.
    worker.deliver({"event_type": "invoice_updated", "data": ahead})
    assert settled(worker)
    assert worker.events()[-1] == ("accepted", "done", "fetched")


def test_a_vendor_is_fetched_and_not_taken_for_a_customer(worker, simulator):
    with SimulatedZoho(simulator) as zoho:
        vendor = zoho.read("/books/v3/contacts", contact_type="vendor")["contacts"][0]["contact_id"]

    worker.deliver({"contact": {"contact_id": vendor}})

    assert settled(worker)
    assert worker.query("SELECT 1 FROM tsh.customers") == []
    assert worker.events() == [("accepted", "done", "nothing to keep")]
    ((state, title),) = worker.query("SELECT state, title FROM sync.runs")
    assert state == "up_to_date", title
    assert worker.query("SELECT 1 FROM sync.dead_letters") == []


def test_while_syncing_is_off_deliveries_are_kept_and_nothing_is_asked(database, tmp_path, simulator):
    from tests.integration.listener.conftest import listening  # noqa: PLC0415 -- of this test only

    with listening(database, tmp_path, simulator.url, jobs=2, sync_enabled=False) as running:
        running.deliver({"item": {"item_id": newest(running, simulator, "items")}})
        assert running.eventually(lambda: running.queued() >= 2)
        assert calls(running, simulator) == 0
        assert running.events() == [("accepted", "waiting", "")]
    with listening(database, tmp_path, simulator.url, jobs=2) as running:
        assert settled(running)
        assert len(running.query("SELECT 1 FROM tsh.products")) == 1


def test_a_fetch_that_fails_is_tried_again_later(worker, simulator):
    invoice = newest(worker, simulator)
    rule = {"path": f"*/invoices/{invoice}", "kind": "html", "times": 1}
    worker.http.post(f"{simulator.url}/__sim/faults", content=json.dumps({"rules": [rule]}))

    worker.deliver({"event_type": "invoice_updated", "data": {"invoice_id": invoice}})

    assert worker.eventually(
        lambda: (
            worker.query("SELECT 1 FROM sync.webhook_events WHERE state <> 'waiting'")
            or worker.query("SELECT 1 FROM jobs.procrastinate_jobs WHERE status = 'todo' AND attempts > 0")
        )
    )
