"""Purchase orders in the simulated organization."""

from typing import Any

from tsh_sync_gui.simulator.collection import BOTH, Collection, Row, SimpleSource, World

_VENDORS = (("5461470000900000001", "Shenzhen Bright Electronics"), ("5461470000900000003", "شركة الخليج للإلكترونيات"))
SORTS = ("vendor_name", "purchaseorder_number", "date", "total", "created_time", "last_modified_time")
COUNT = 430


def _row(index: int) -> Row:
    vendor_id, vendor_name = _VENDORS[index % len(_VENDORS)]
    return {
        "purchaseorder_id": PURCHASE_ORDERS_DATA.id_of(index),
        "purchaseorder_number": f"PO-{index:05d}",
        "vendor_id": vendor_id,
        "vendor_name": vendor_name,
        "date": f"2026-{index % 9 + 1:02d}-{index % 28 + 1:02d}",
        "status": ("draft", "open", "billed")[index % 3],
        "description": "",
        "total": 1500.0 * (index % 7 + 1),
    }


def _detail(row: Row) -> Row:
    line: dict[str, Any] = {
        "line_item_id": f"{row['purchaseorder_id']}1",
        "item_id": "5461470100000000000",
        "sku": "TSH-00001",
        "name": "Cable كيبل",
        "quantity": 3.0,
        "unit": "pcs",
        "rate": row["total"] / 3,
        "item_total": row["total"],
    }
    return {"notes": "Deliver to Basra", "line_items": [line]}


def _source(_world: World) -> SimpleSource:
    return SimpleSource(COUNT, _row, _detail)


PURCHASE_ORDERS_DATA = Collection(
    name="purchaseorders",
    record_key="purchaseorder",
    id_key="purchaseorder_id",
    label="Purchase Order",
    report="Purchase Orders",
    series=70,
    source=_source,
    size=lambda _config: COUNT,
    products=BOTH,
    sorts=dict.fromkeys(sorted(BOTH), SORTS),
    time_filter=BOTH,
    change=lambda _row, serial: {"vendor_name": f"Vendor {serial}"},
)
