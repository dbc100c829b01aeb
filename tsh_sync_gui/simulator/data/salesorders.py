"""Sales orders; zoho-api.md 3.5, captures inventory-webhook-salesorder and books-salesorders-list-row."""

from collections.abc import Sequence
from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.clock import DATA_END, day_bytes, stamp
from tsh_sync_gui.simulator.collection import (
    BOOKS,
    ID_BASE,
    ID_SERIES,
    ID_STEP,
    INVENTORY,
    Collection,
    Row,
    World,
    spread,
    template,
)
from tsh_sync_gui.simulator.documents import Documents, Line
from tsh_sync_gui.simulator.money import money

_SERIES = 3
_FIRST_ID = ID_BASE + _SERIES * ID_SERIES
# status (Inventory's word), order_status, invoiced_status, paid_status, shipped_status; one of 16 by chance
_STATES = (
    *((("invoiced", "closed", "invoiced", "paid", "fulfilled"),) * 5),
    *((("shipped", "confirmed", "invoiced", "unpaid", "shipped"),) * 2),
    *((("confirmed", "confirmed", "not_invoiced", "unpaid", "pending"),) * 4),
    *((("partially_invoiced", "confirmed", "partially_invoiced", "unpaid", "partially_shipped"),) * 2),
    ("draft", "draft", "", "", "pending"),
    ("void", "void", "not_invoiced", "unpaid", "pending"),
    ("fulfilled", "confirmed", "not_invoiced", "unpaid", "fulfilled"),
)
_ROW = template(
    {
        "salesorder_id": b'"%d"',
        "salesorder_number": b'"SO-%05d"',
        "reference_number": b'"%b"',
        "zcrm_potential_id": "",
        "zcrm_potential_name": "",
        "customer_id": b'"%b"',
        "customer_name": b'"%b"',
        "company_name": b'"%b"',
        "email": "",
        "date": b'"%b"',
        "shipment_date": b'"%b"',
        "shipment_days": "",
        "delivery_date": "",
        "status": b'"%b"',
        "order_status": b'"%b"',
        "invoiced_status": b'"%b"',
        "paid_status": b'"%b"',
        "shipped_status": b'"%b"',
        "current_sub_status": b'"%b"',
        "current_sub_status_id": "",
        "currency_id": b'"%b"',
        "currency_code": b'"%b"',
        "total": b"%b",
        "sub_total": b"%b",
        "bcy_total": b"%b",
        "total_invoiced_amount": b"%b",
        "balance": b"%b",
        "quantity": b"%d.0",
        "quantity_invoiced": b"%d.0",
        "quantity_packed": b"%d.0",
        "quantity_shipped": b"%d.0",
        "created_time": b'"%b"',
        "last_modified_time": b'"%b"',
        "is_emailed": False,
        "source": "Client",
        "sales_channel": "direct_sales",
        "sales_channel_formatted": "Direct Sales",
        "salesperson_id": b'"%b"',
        "salesperson_name": b'"%b"',
        "location_id": b'"%b"',
        "location_name": b'"%b"',
        "has_attachment": False,
        "delivery_method": "",
        "delivery_method_id": "",
        "due_by_days": "",
        "due_in_days": "",
        "color_code": "",
        "pickup_location_id": "",
        "tags": [],
        "custom_fields": [],
        "custom_field_hash": {},
        "is_drop_shipment": False,
        "is_backorder": False,
        "is_manually_fulfilled": False,
        "tax_treatment": "",
    }
)


_EMPTY = (
    *("account_identifier", "approver_id", "attachment_name", "bcy_shipping_charge_tax", "created_by_email"),
    *("created_by_name", "entity_tags", "estimate_id", "integration_id", "merchant_gst_no", "merchant_id"),
    *(
        "merchant_name",
        "notes",
        "offline_created_date_with_time",
        "shipping_charge_sac_code",
        "shipping_charge_tax",
    ),
    *("shipping_charge_tax_exemption_code", "shipping_charge_tax_exemption_id", "shipping_charge_tax_id"),
    *("shipping_charge_tax_name", "shipping_charge_tax_percentage", "shipping_charge_tax_type", "submitted_by"),
    *("submitted_by_email", "submitted_by_name", "submitted_by_photo_url", "submitted_date", "submitter_id"),
    *("tax_specification", "terms", "tracking_url", "pricebook_id"),
)
_ZERO = (
    *("bcy_adjustment", "bcy_discount_total", "bcy_shipping_charge", "reverse_charge_tax_total"),
    *("shipping_charge_exclusive_of_tax", "shipping_charge_inclusive_of_tax"),
)
_FALSE = (
    *("can_manually_fulfill", "can_send_in_mail", "has_discount", "has_qty_cancelled", "has_unconfirmed_line_item"),
    *("is_adv_tracking_in_package", "is_advanced_tracking_missing", "is_backordered", "is_dropshipped"),
    *("is_test_order", "is_backorder_allowed"),
)
_LISTS = (
    *(
        "approvers_list",
        "contact_person_details",
        "creditnotes",
        "custom_fields",
        "documents",
        "invoices",
        "packages",
    ),
    *("payments", "picklists", "purchaseorders", "refunds", "salesreturns", "sub_statuses", "tags", "tds_summary"),
)
_DETAIL_CONSTANTS: Row = {
    **dict.fromkeys(_EMPTY, ""),
    **dict.fromkeys(_ZERO, 0.0),
    **dict.fromkeys(_FALSE, False),
    **{key: [] for key in _LISTS},
    "computation_type": "basic",
    "created_by_id": org.USER,
    "last_modified_by_id": org.USER,
    "has_shipping_address": True,
    "custom_field_hash": {},
    "invoice_conversion_type": "invoice",
    "orientation": "portrait",
    "page_height": "11.69in",
    "page_width": "8.27in",
    "shipping_details": {},
    "tds_calculation_type": "tds_item_level",
    "tds_override_preference": "no_override",
    "template_id": org.TEMPLATE,
    "template_name": "Standard Template",
    "template_type": "standard",
    "so_cycle_preference": {
        "socycle_status": "not_triggered",
        "is_feature_enabled": False,
        "can_create_invoice": False,
        "can_create_package": False,
        "can_create_shipment": False,
        "invoice_preference": {
            "mark_as_sent": False,
            "payment_account_id": org.CASH_ACCOUNT,
            "record_payment": False,
            "payment_mode_id": org.setting_id(15),
        },
        "shipment_preference": {"default_carrier": "", "deliver_shipments": False, "send_notification": False},
    },
}


class SalesOrders(Documents):
    """Orders of the customers, oldest first."""

    line_series = 84

    def __init__(self, world: World) -> None:
        count = world.config.orders if world.config.customers else 0
        created = spread(count, imported=count // 3)
        words = world.words("salesorders", count)
        modified = [
            start + min((word >> 54) * 900, DATA_END - start) if word >> 20 & 1 else start
            for start, word in zip(created, words, strict=True)
        ]
        super().__init__(world, "salesorders", created, modified)

    def state(self, index: int) -> tuple[str, str, str, str, str]:
        """Return the five statuses of an order."""
        return _STATES[self.words[index] >> 12 & 15]

    def one(self, index: int) -> bytes:  # noqa: D102 - as in the base class
        lines = self.lines(index)
        customer = self.customer(index)
        dollars = self.contacts.in_dollars(customer)
        name = self.contacts.name(customer).encode()
        status, order_status, invoiced, paid, shipped = self.state(index)
        sub_total = sum(line.total for line in lines)
        total = sub_total + sum(line.tax for line in lines)
        bcy_total = total * org.DOLLAR if dollars else total
        quantity = sum(line.quantity for line in lines)
        billed = total if invoiced == "invoiced" else 0
        gone = quantity if shipped in {"fulfilled", "shipped"} else 0
        day = self.date(index)
        salesperson_id, salesperson_name = self.salesperson(index)
        place_id, place_name = self.place(index)
        return _ROW % (
            *(
                _FIRST_ID + index * ID_STEP,
                index + 1,
                self._reference(index),
                self.contacts.contact_id(customer).encode(),
            ),
            *(name, name, day_bytes(day), day_bytes(day + 2) if gone else b""),
            *(
                status.encode(),
                order_status.encode(),
                invoiced.encode(),
                paid.encode(),
                shipped.encode(),
                status.encode(),
            ),
            (org.USD if dollars else org.IQD).encode(),
            b"USD" if dollars else b"IQD",
            *(money(total), money(sub_total), money(bcy_total), money(billed), money(0 if paid == "paid" else total)),
            *(quantity, quantity if billed else 0, gone, gone),
            *(stamp(self.created[index]), stamp(self.modified[index])),
            *(salesperson_id.encode(), salesperson_name.encode(), place_id.encode(), place_name.encode()),
        )

    def _reference(self, index: int) -> bytes:
        word = self.words[index]
        return b"PO-%05d" % (word >> 30 & 0xFFFF) if word >> 21 & 1 else b""

    def make_column(self, name: str) -> Sequence[Any]:  # noqa: D102 - as in the base class
        if name == "status":
            return [self.state(index)[0] for index in range(self.count)]
        if name == "total":
            return [self.total(index) / 100 for index in range(self.count)]
        return super().make_column(name)

    def detail(self, index: int, row: Row) -> Row:  # noqa: D102 - as the protocol says
        lines = self.lines(index)
        same = (
            *(
                "salesorder_id",
                "salesorder_number",
                "reference_number",
                "date",
                "shipment_date",
                "status",
                "order_status",
            ),
            *(
                "invoiced_status",
                "paid_status",
                "shipped_status",
                "current_sub_status",
                "current_sub_status_id",
                "balance",
            ),
            *(
                "created_time",
                "last_modified_time",
                "is_emailed",
                "sales_channel",
                "source",
                "color_code",
                "delivery_method",
            ),
            *("delivery_method_id", "is_manually_fulfilled", "pickup_location_id", "zcrm_potential_id"),
            "zcrm_potential_name",
        )
        return {
            **_DETAIL_CONSTANTS,
            **self.party_of(index),
            **self.remarks_of(index),
            **self.money_of(index),
            **{key: row[key] for key in same},
            "created_date": row["date"],
            "line_items": [
                line_row | self._progress(line, row) for line_row, line in zip(self.lines_of(index), lines, strict=True)
            ],
            "total_quantity": float(sum(line.quantity for line in lines)),
            "contact": {
                "customer_balance": 0.0,
                "credit_limit": 0.0,
                "unused_customer_credits": 0.0,
                "is_credit_limit_migration_completed": True,
            },
            "discount_applied_on_amount": 0.0,
            "sub_total_exclusive_of_discount": row["sub_total"],
            "is_taxable": True,
            "warehouses": org.warehouses(self.world.config) if self.world.config.warehouses else [],
        }

    def _progress(self, line: Line, row: Row) -> Row:
        quantity = float(line.quantity)
        billed = quantity if row["invoiced_status"] == "invoiced" else 0.0
        gone = quantity if row["shipped_status"] in {"fulfilled", "shipped"} else 0.0
        zero = ("backordered", "dropshipped", "cancelled", "returned", "invoiced_cancelled", "manuallyfulfilled")
        return {
            **{f"quantity_{word}": 0.0 for word in zero},
            "quantity_invoiced": billed,
            "quantity_packed": gone,
            "quantity_shipped": gone,
            "quantity_delivered": gone if row["shipped_status"] == "fulfilled" else 0.0,
            "is_invoiced": bool(billed),
            "is_fulfillable": 0,
            "is_returnable": True,
            "is_unconfirmed_product": False,
            "package_details": {
                "length": "",
                "width": "",
                "height": "",
                "weight": "",
                "weight_unit": "kg",
                "dimension_unit": "cm",
            },
            "mapped_items": [],
            "hsn_or_sac": "",
            "gst_treatment_code": "",
            **{
                f"attribute_{part}{place}": "" for part in ("name", "option_name", "option_data") for place in (1, 2, 3)
            },
            **dict.fromkeys(("tds_tax_id", "tds_tax_name", "tds_tax_percentage"), ""),
            "tds_tax_amount": 0.0,
            "track_batch_number": False,
            "track_serial_number": False,
            "advanced_tracking_missing_quantity": 0.0,
        }


def _changed(_row: Row, serial: int) -> Row:
    return {"reference_number": f"PO-CHANGED-{serial}"}


def _localise(body: bytes, product: str) -> bytes:
    """Books says open where Inventory says confirmed."""
    return body.replace(b'"status":"confirmed"', b'"status":"open"') if product == BOOKS else body


SALES_ORDERS = Collection(
    name="salesorders",
    record_key="salesorder",
    id_key="salesorder_id",
    label="Sales Order",
    report="Sales Orders",
    series=_SERIES,
    source=SalesOrders,
    size=lambda config: config.orders,
    scopes={BOOKS: "salesorders", INVENTORY: "salesorders"},
    sorts=dict.fromkeys(
        (BOOKS, INVENTORY),
        (
            *(
                "customer_name",
                "salesorder_number",
                "reference_number",
                "shipment_date",
                "total",
                "date",
                "created_time",
            ),
            "last_modified_time",
        ),
    ),
    default_filter={BOOKS: "Status.All", INVENTORY: "Status.All"},
    time_filter=frozenset({BOOKS, INVENTORY}),
    statuses={
        "open": ("confirmed",),
        "confirmed": ("confirmed",),
        "draft": ("draft",),
        "void": ("void",),
        "invoiced": ("invoiced",),
        "partiallyinvoiced": ("partially_invoiced",),
        "closed": ("closed",),
        "overdue": (),
        "shipped": ("shipped",),
    },
    equal=(
        "status",
        "customer_id",
        "customer_name",
        "salesorder_number",
        "reference_number",
        "salesperson_id",
        "total",
    ),
    texts=("customer_name", "salesorder_number", "reference_number"),
    numbers=("total",),
    dates=("date", "shipment_date"),
    search=("salesorder_number", "customer_name", "reference_number"),
    id_filter="salesorder_ids",
    change=_changed,
    localise=_localise,
)
