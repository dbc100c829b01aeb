"""Zoho in a box delivers, in every form of body and digest: the mirror follows, with no sync."""

import pytest

from tests.integration.listener.conftest import ADDRESS, SECRET
from tests.integration.listener.test_applying import settled

LISTS = {"items": "products", "invoices": "invoices", "contacts": "customers", "salesorders": "sales_orders"}


@pytest.mark.parametrize(
    ("form", "digest"),
    [("default", "hex"), ("event", "base64"), ("form", "hex"), ("form_json", "base64"), ("raw", "hex")],
)
def test_every_form_of_delivery_reaches_the_mirror(worker, simulator, form, digest):
    hooks = [
        {
            "id": name,
            "url": f"{worker.url}/api/tds/webhooks/{entity}" if form == "raw" else f"{worker.url}{ADDRESS}",
            "events": [f"{name.removesuffix('s')}.*"],
            "form": form,
            "digest": digest,
            "secret": SECRET,
            "query": [["source", "zoho"]],
            "numeric_ids": form != "form",
            "organization_id": "748369814",
        }
        for name, entity in LISTS.items()
    ]
    answer = worker.http.post(f"{simulator.url}/__sim/webhooks", json={"webhooks": hooks})
    assert answer.status_code == 200, answer.text

    changed = {
        name: worker.http.post(f"{simulator.url}/__sim/change", params={"entity": name, "count": 2}).json()["ids"]
        for name in LISTS
    }
    expected = sum(map(len, changed.values()))

    def arrived():
        rows = worker.query("SELECT count(*) FROM sync.webhook_events WHERE verdict IN ('accepted', 'duplicate')")
        return rows[0][0] >= expected

    assert worker.eventually(arrived), worker.query("SELECT verdict, diagnosis FROM sync.webhook_events")
    assert settled(worker), worker.events()
    for name, entity in LISTS.items():
        for record_id in changed[name]:
            record = worker.http.get(f"{simulator.url}/__sim/record", params={"entity": name, "id": record_id}).json()
            if name == "contacts" and record["contact_type"] != "customer":
                continue
            found = worker.query(
                f"SELECT zoho_modified_at = %s::timestamptz FROM tsh.{entity} WHERE zoho_id = %s",
                record["last_modified_time"],
                record_id,
            )
            assert found == [(True,)], (name, record_id, worker.events())
