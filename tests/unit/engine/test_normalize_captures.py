"""Captured replies of real organizations go through the normalizer whole; read from outside the project."""

import json

import msgspec
import pytest

from tests.support.copylines import rows
from tests.support.facts import body as body_of
from tests.support.facts import needs_captures
from tests.unit.engine.things import NOW, raw
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.entities.registry import REGISTRY

pytestmark = needs_captures

LISTS = [
    ("products", "inventory-items-list", "items"),
    ("products", "inventory-items-search", "items"),
    ("customers", "books-contacts-list", "contacts"),
    ("customers", "books-contacts-list-row", ""),
    ("sales_orders", "books-salesorders-list-row-vendor", ""),
    ("invoices", "books-invoices-list-row", ""),
    ("invoices", "books-invoices-list-vendor", "invoices"),
    ("payments", "books-customerpayments-list-row", ""),
    ("price_lists", "books-pricebooks-list", "pricebooks"),
    ("credit_notes", "books-creditnotes-list-vendor", "creditnotes"),
]

DETAILS = [
    ("products", "inventory-item-detail", "item", {}),
    ("products", "inventory-itemdetails-vendor", "items", {}),
    ("stock_levels", "inventory-itemdetails-vendor", "items", {}),
    ("stock_levels", "inventory-item-detail-locations-vendor", "item", {}),
    ("customers", "books-contact-detail-customer", "contact", {}),
    ("customers", "books-contact-detail-customer-sparse", "contact", {}),
    ("sales_orders", "inventory-webhook-salesorder", "salesorder", {"sales_order_lines"}),
    ("invoices", "books-invoice-detail-vendor", "invoice", {"invoice_lines"}),
    ("payments", "books-customerpayment-detail-vendor", "payment", {"payment_applications"}),
    ("price_lists", "books-pricebook-detail-unit", "pricebook", {"price_list_items"}),
    ("price_lists", "books-pricebook-detail-volume", "pricebook", {"price_list_items"}),
    ("credit_notes", "books-creditnote-detail-vendor", "creditnote", {"credit_note_lines"}),
]


def captured(name, key):
    """Return the records of a captured reply, undecoded, as the client hands them on."""
    body = body_of(name)
    found = msgspec.json.decode(body, type=dict[str, msgspec.Raw])[key] if key else msgspec.Raw(body)
    is_list = bytes(found).lstrip().startswith(b"[")
    return msgspec.json.decode(found, type=list[msgspec.Raw]) if is_list else [found]


def filled(record):
    """Return *record* without the vendor's placeholders, which are no values Zoho sends."""
    members = msgspec.json.decode(bytes(record), type=dict[str, msgspec.Raw])
    held = {key: value for key, value in members.items() if bytes(value) != b'"string"'}
    return record if len(held) == len(members) else msgspec.Raw(msgspec.json.encode(held))


@pytest.mark.parametrize(("entity", "name", "key"), LISTS)
def test_captured_list_rows_are_taken(entity, name, key):
    records = captured(name, key)
    spec = REGISTRY.get(entity)

    batch = Normalizer(spec).page([filled(one) for one in records], observed_at=NOW)

    found = rows(batch.lines)
    assert batch.rejected == []
    assert len(found) == len(records)
    assert all(row["zoho_id"] and row["zoho_modified_at"] for row in found)
    assert all(str(json.loads(row["raw"])[spec.pull.id]) == row["zoho_id"] for row in found)
    assert all(row[spec.label] for row in found if spec.label in row)


@pytest.mark.parametrize(("entity", "name", "key", "tables"), DETAILS)
def test_captured_details_are_taken(entity, name, key, tables):
    records = captured(name, key)

    batch = Normalizer(REGISTRY.get(entity)).details(records, observed_at=NOW)

    assert batch.rejected == []
    assert len(batch.ids) == len(records)
    assert {table for table, lines in batch.children.items() if rows(lines)} >= set(tables)


def test_captured_warehouses_become_rows_of_stock():
    (entry,) = captured("inventory-item-warehouses-entry", "")
    record = raw({"item_id": "7", "name": "Cable", "warehouses": [json.loads(bytes(entry))]})

    batch = Normalizer(REGISTRY.get("stock_levels")).details([record], observed_at=NOW)

    (row,) = rows(batch.spread)
    assert row["location_id"]
    assert row["stock_on_hand"] is not None
    assert row["item_name"] == "Cable"


def test_captured_locations_become_rows_of_stock():
    records = captured("inventory-item-detail-locations-vendor", "item")

    batch = Normalizer(REGISTRY.get("stock_levels")).details(records, observed_at=NOW)

    assert batch.spread.lines
    assert all(row["location_id"] for row in rows(batch.spread))


def test_items_that_track_no_stock_have_no_row_of_stock():
    records = captured("inventory-items-list", "items")
    tracked = [one for one in records if "stock_on_hand" in json.loads(bytes(one))]

    batch = Normalizer(REGISTRY.get("stock_levels")).page(records, observed_at=NOW)

    assert len(batch.ids) == len(tracked)
