"""Payments: customers' payments, read-only in TSH; edits beyond the overlap are found by the weekly walk."""

from tsh_sync_gui.entities.documents import document_api
from tsh_sync_gui.entities.spec import Child, Entity, Field, Kind, Product, Pull, Sort, TimeFilter

PAYMENTS = Entity(
    name="payments",
    title="Payments",
    one="payment",
    zoho="customerpayments",
    route="payments",
    apis=(
        document_api(
            Product.BOOKS,
            "customerpayments",
            time_filter=TimeFilter.NONE,
            change_sort=False,
            full_sort=Sort(column="created_time", descending=True),
            record="payment",
        ),
    ),
    pull=Pull(id="payment_id", overlap_days=7, interval_minutes=120),
    parents=("customers", "invoices"),
    label="number",
    rank=70,
    events=("created",),
    module="Payments Received",
    fields=(
        Field("number", sources=("payment_number",), indexed=True, shown=True, compared=True, longest=200),
        Field("customer_zoho_id", Kind.ID, sources=("customer_id",), indexed=True, compared=True),
        Field("customer_name", shown=True, longest=500),
        Field("date", Kind.DAY, shown=True, compared=True),
        Field("payment_mode", shown=True, compared=True, longest=200),
        Field("amount", Kind.MONEY, shown=True, compared=True),
        Field("unused_amount", Kind.MONEY, volatile=True),
        Field("reference_number", compared=True, longest=500),
        Field("description", compared=True),
        Field("invoice_numbers", sources=("invoice_numbers", "invoice_number")),
        Field("account_zoho_id", Kind.ID, sources=("account_id",)),
        Field("account_name", longest=500),
        Field("created_time", Kind.STAMP),
        Field("currency_code", detail=True, longest=20),
        Field("exchange_rate", Kind.NUMBER, detail=True),
        Field("custom_fields", Kind.JSON, detail=True),
    ),
    children=(
        Child(
            table="payment_applications",
            source="invoices",
            fields=(
                Field("zoho_id", Kind.ID, sources=("invoice_payment_id",)),
                Field("invoice_zoho_id", Kind.ID, sources=("invoice_id",), indexed=True),
                Field("invoice_number", longest=200),
                Field("date", Kind.DAY),
                Field("invoice_amount", Kind.MONEY),
                Field("amount_applied", Kind.MONEY),
                Field("balance_amount", Kind.MONEY),
            ),
        ),
    ),
)
