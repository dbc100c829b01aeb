"""What deliveries say, in every form a body may have."""

import json
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.facts import body as captured_body
from tests.support.facts import needs_captures
from tsh_sync_gui.engine.ports.inbox import Change, Delivery
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.zoho.webhook_bodies import BodyError, is_test, understand

FORM = "application/x-www-form-urlencoded"
LARGE = "4600000000001234567891"  # beyond what a double, and 64 bits, can hold


def said(body, *, content_type="application/json", address="/api/webhooks/zoho", query=()):
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    return understand(Delivery(address=address, body=text, content_type=content_type, query=query), REGISTRY)


def test_an_event_names_its_entity_and_change():
    hint = said({"event_type": "item_created", "data": {"item_id": "4600001", "name": "Rice"}})

    assert (hint.entity, hint.record_id, hint.change) == ("products", "4600001", Change.CREATED)
    assert json.loads(hint.record) == {"item_id": "4600001", "name": "Rice"}


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
def test_each_entitys_default_payload_is_understood(entity):
    record = entity.apis[0].record
    body = {record: {entity.pull.id: 4600000000012345678, "last_modified_time": "2026-11-22T10:24:19+0300"}}

    hint = said(body)

    assert hint.record_id == "4600000000012345678"
    assert REGISTRY.get(hint.entity).walk == entity.walk
    assert hint.modified_at == datetime(2026, 11, 22, 7, 24, 19, tzinfo=UTC)


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
@pytest.mark.parametrize("pattern", ["{}_updated", "{}.updated", "{}s.updated", "{} updated"])
def test_each_entitys_events_are_understood(entity, pattern):
    event = pattern.format(entity.apis[0].record)

    hint = said({"event_type": event, "data": {"id": "77"}})

    assert REGISTRY.get(hint.entity).walk == entity.walk
    assert (hint.record_id, hint.change) == ("77", Change.UPDATED)


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
def test_the_address_names_the_entity(entity):
    hint = said({"id": LARGE}, address=f"/api/tds/webhooks/{entity.route}")

    assert (hint.entity, hint.record_id) == (entity.name, LARGE)


def test_ids_beyond_a_doubles_precision_stay_exact():
    hint = said(f'{{"contact": {{"contact_id": {LARGE}}}}}'.encode())

    assert hint.record_id == LARGE


def test_an_id_that_is_no_whole_number_is_refused():
    with pytest.raises(BodyError, match="not a number"):
        said({"item": {"item_id": "abc"}})


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (urlencode({"event_type": "contact_deleted", "contact_id": LARGE}).encode(), FORM),
        (urlencode({"event": "deleted", "module": "contacts", "id": LARGE}).encode(), FORM),
        (
            urlencode(
                {"event_type": "contact_deleted", "JSONString": json.dumps({"contact": {"contact_id": LARGE}})}
            ).encode(),
            FORM,
        ),
        (f"event: contact_deleted\ncontact_id: {LARGE}".encode(), "text/plain"),
        (f"event_type=contact_deleted&contact_id={LARGE}".encode(), "text/plain"),
        (f'{{"event": "contact deleted", "Contacts.Contact ID": {LARGE}}}'.encode(), "text/plain"),
        (f'{{"event": contact_deleted, "contact_id": {LARGE},}}'.encode(), "application/json"),
        (json.dumps({"event_type": "contact_deleted", "data": json.dumps({"contact_id": LARGE})}).encode(), "x"),
    ],
)
def test_forms_and_texts_are_understood(body, kind):
    hint = said(body, content_type=kind)

    assert (hint.entity, hint.record_id, hint.change) == ("customers", LARGE, Change.DELETED)


def test_a_text_that_is_an_id_needs_the_address_to_name_the_entity():
    hint = said(LARGE.encode(), content_type="text/plain", address="/api/zoho/webhooks/invoices")

    assert (hint.entity, hint.record_id) == ("invoices", LARGE)


def test_a_flat_record_is_told_by_its_own_id():
    body = {"invoice_id": "9", "customer_id": "5", "payments": [], "contact": {"contact_id": "5"}, "pricebook_id": "3"}

    hint = said(body)

    assert (hint.entity, hint.record_id) == ("invoices", "9")


def test_a_form_that_names_other_records_first_is_told_by_its_own_fields():
    fields = {"customer_id": "5", "invoice_id": "3", "pricebook_id": "4", "salesorder_id": "9"}
    body = urlencode(fields | {"salesorder_number": "SO-1", "shipment_date": "2026-11-22"}).encode()

    hint = said(body, content_type=FORM)

    assert (hint.entity, hint.record_id) == ("sales_orders", "9")


def test_the_organization_is_told_wherever_it_stands():
    assert said({"invoice": {"invoice_id": "1"}, "organization_id": 748369814}).organization_id == "748369814"
    assert said({"invoice": {"invoice_id": "1", "organization_id": "5"}}).organization_id == "5"
    assert said({"invoice": {"invoice_id": "1"}, "organization": "TSH Trading"}).organization_id == ""


@pytest.mark.parametrize("body", [{"test": True}, {"payload": ""}])
def test_probes_are_pings(body):
    assert said(body).is_ping


def test_only_the_whole_test_body_is_a_ping_without_signature():
    assert is_test(Delivery(address="/", body=b' {"test" : true} '))
    assert not is_test(Delivery(address="/", body=b'{"test": true, "item": {"item_id": 1}}'))
    assert not is_test(Delivery(address="/", body=b'{"test": 1}x'))


@pytest.mark.parametrize(
    ("body", "kind", "words"),
    [
        (b"", "", "empty"),
        (b"  \n", "application/json", "empty"),
        (b"\xff\xfe{}", "application/json", "UTF-8"),
        (b'{"item": \xff}', "application/json", "UTF-8"),
        (b"[1,2]", "application/json", "no JSON object"),
        (b'{"item": {', "application/json", "no JSON object"),
        (b"[" * 200_000, "application/json", "no JSON object"),
        (b'{"a":' * 200_000, "application/json", "no JSON object"),
        (b"JSONString=%7B%7D&JSONString=%7B%7D", FORM, "more than one JSONString"),
        (b"JSONString=nonsense", FORM, "JSONString"),
        (b"hello there", "text/plain", "names no record"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(body, kind, words):
    with pytest.raises(BodyError, match=words):
        said(body, content_type=kind)


def test_what_we_do_not_keep_is_no_hint():
    hint = said({"event_type": "bill_created", "data": {"bill_id": "1"}})

    assert (hint.entity, hint.record_id, hint.event) == ("", "", "bill_created")


@needs_captures
def test_captured_deliveries_are_understood():
    for name in ("books-webhook-salesorder-vendor", "inventory-webhook-salesorder"):
        hint = said(captured_body(name))

        assert hint.entity == "sales_orders"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=9), inside, max_size=4),
    max_leaves=12,
)
_KEYS = st.sampled_from(
    ["item", "data", "event_type", "payload", "item_id", "organization_id", "test", "invoice", "id"]
)


@given(st.dictionaries(_KEYS, _JSON, max_size=5))
def test_any_json_is_understood_or_refused(document):
    try:
        hint = said(document)
    except BodyError:
        return
    assert not hint.record_id or hint.record_id.isdigit()


@given(st.binary(max_size=400), st.sampled_from([FORM, "application/json", "text/plain", ""]))
def test_any_bytes_are_understood_or_refused(body, kind):
    try:
        hint = said(body, content_type=kind)
    except BodyError:
        return
    assert not hint.record_id or hint.record_id.isdigit()


@given(st.integers(min_value=1, max_value=10**25 - 1), st.booleans())
def test_every_id_comes_through_exactly(number, as_text):
    written = f'"{number}"' if as_text else str(number)

    assert said(f'{{"item": {{"item_id": {written}}}}}'.encode()).record_id == str(number)
