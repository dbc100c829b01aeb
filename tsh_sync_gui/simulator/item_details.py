"""What an item's detail holds beyond its list row; capture inventory-item-detail, and the places of zoho-api.md 3.3."""

from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.catalogue import Product
from tsh_sync_gui.simulator.config import SimulatorConfig

Row = dict[str, Any]
CUSTOM_FIELDS = (("cf_warranty_months", "Warranty Months"), ("cf_shelf", "Shelf"))
_SHARES = (0, 3, 2, 1, 1)
STOCK_KEYS = ("stock_on_hand", "available_stock", "actual_available_stock", "reorder_level")
_ONLY_IN_ROWS = frozenset(
    {
        *("item_name", "image_document_id", "has_attachment", "length", "width", "height", "weight", "weight_unit"),
        *("dimension_unit", "dimensions_with_unit", "weight_with_unit"),
    }
)


def item_detail(product: Product, row: Row, config: SimulatorConfig) -> Row:
    """Return the detail of an item whose current list row is *row*."""
    detail: Row = {
        key: value
        for key, value in row.items()
        if key not in _ONLY_IN_ROWS and not key.startswith("cf_") and key not in STOCK_KEYS
    }
    detail |= _detail_constants()
    detail |= {
        "unit_id": org.setting_id(700),
        "pricebook_rate": row["rate"],
        "sales_rate": row["rate"],
        "default_price_brackets": [{"start_quantity": 1.0, "end_quantity": 1.0, "pricebook_rate": row["rate"]}],
        "inventory_account_id": org.STOCK_ACCOUNT if product.tracked else "",
        "inventory_account_name": "Inventory Asset" if product.tracked else "",
        "has_variant": bool(product.option),
        "combo_type": "kit" if product.kind == "set" else "",
        "vendor_id": "",
        **({"minimum_order_quantity": 5.0, "maximum_order_quantity": 500.0} if product.price < 10_000 else {}),
        "tax_type": "tax" if product.taxed else "",
        "custom_fields": _custom_fields(row),
        "custom_field_hash": {key: value for key, value in row.items() if key.startswith("cf_")},
    }
    if product.tracked:
        detail |= _stock(row, config)
    return detail


def _stock(row: Row, config: SimulatorConfig) -> Row:
    """Return the stock figures of a detail; the places' figures add up to the item's."""
    word = "warehouse" if config.warehouses else "location"
    places = org.place_ids(config)
    on_hand = _shared(row["stock_on_hand"], len(places))
    available = _shared(row["available_stock"], len(places))
    actual = _shared(row["actual_available_stock"], len(places))
    committed = row["stock_on_hand"] - row["available_stock"]
    entries = [
        {
            f"{word}_id": place_id,
            f"{word}_name": name,
            "status": "active",
            "is_primary": number == 0,
            f"{word}_stock_on_hand": on_hand[number],
            "initial_stock": 0.0,
            "initial_stock_rate": 0.0,
            f"{word}_available_stock": available[number],
            f"{word}_actual_available_stock": actual[number],
            f"{word}_committed_stock": on_hand[number] - available[number],
            f"{word}_actual_committed_stock": on_hand[number] - available[number],
            f"{word}_available_for_sale_stock": available[number],
            f"{word}_actual_available_for_sale_stock": actual[number] - on_hand[number] + available[number],
            "is_fba_warehouse": False,
            "sales_channels": [],
        }
        for number, (place_id, name) in enumerate(places)
    ]
    return {
        **{key: row[key] for key in STOCK_KEYS if key in row},
        "available_for_sale_stock": row["available_stock"],
        "actual_available_for_sale_stock": row["actual_available_stock"] - committed,
        "committed_stock": committed,
        "actual_committed_stock": committed,
        "asset_value": max(row["stock_on_hand"], 0.0) * float(row["purchase_rate"] or 0),
        f"{word}s": entries,
    }


def _shared(figure: float, places: int) -> list[float]:
    """Return *figure* split over *places*; the first takes what is left."""
    rest = [float(int(figure) * _SHARES[number % len(_SHARES)] // 10) for number in range(1, places)]
    return [figure - sum(rest), *rest]


def _custom_fields(row: Row) -> list[Row]:
    return [
        {
            "field_id": org.setting_id(600 + number),
            "customfield_id": org.setting_id(600 + number),
            "show_in_store": False,
            "show_in_portal": False,
            "is_active": True,
            "index": number + 1,
            "label": label,
            "show_on_pdf": False,
            "edit_on_portal": False,
            "edit_on_store": False,
            "api_name": key,
            "show_in_all_pdf": False,
            "value_formatted": str(row[key]),
            "search_entity": "item",
            "data_type": "number" if key == "cf_warranty_months" else "string",
            "placeholder": key,
            "value": row[key],
            "is_dependent_field": False,
        }
        for number, (key, label) in enumerate(CUSTOM_FIELDS)
        if row[key] != ""
    ]


def _detail_constants() -> Row:
    """Return what a captured detail holds beyond the row and every item here has alike."""
    empty = (
        *("crm_owner_id", "tax_status", "tax_start_date", "tax_end_date", "tax_groups_details", "tax_country_code"),
        *("tax_information", "is_tax_expired", "purchase_tax_information", "associated_template_id", "sales_margin"),
        *("offline_created_date_with_time", "minimum_order_quantity", "maximum_order_quantity", "initial_stock"),
        *("initial_stock_rate", "hsn_or_sac"),
    )
    false = (
        "has_attribute_options",
        "is_default_tax_applied",
        "is_fulfillable",
        "image_sync_in_progress",
        "is_modifier_item",
    )
    lists = (
        "documents",
        "price_brackets",
        "locked_actions",
        "sales_channels",
        "integration_references",
        "item_tax_preferences",
    )
    return {
        **dict.fromkeys(empty, ""),
        **dict.fromkeys(false, False),
        **{key: [] for key in lists},
        "item_code": {},
        "is_taxable": True,
        "pricing_scheme": "unit",
        "lock_details": {"can_lock": False},
        "locked_fields": {},
        "lock_detail": {"can_lock": True, "custom_locks": [], "system_locks": []},
        "package_details": {
            "length": "",
            "width": "",
            "height": "",
            "weight": "",
            "weight_unit": "kg",
            "dimension_unit": "cm",
        },
    }
