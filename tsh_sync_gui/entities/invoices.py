"""Invoices: Zoho's, read-only in TSH."""

from tsh_sync_gui.entities.documents import LINE_FIELDS, document_api
from tsh_sync_gui.entities.spec import Child, Entity, Field, Kind, Product, Pull, TimeFilter

INVOICES = Entity(
    name="invoices",
    title="Invoices",
    one="invoice",
    zoho="invoices",
    route="invoices",
    apis=(
        document_api(Product.BOOKS, "invoices", time_filter=TimeFilter.DOCUMENTED, change_sort=False),
        document_api(Product.INVENTORY, "invoices", time_filter=TimeFilter.UNDOCUMENTED, change_sort=False),
    ),
    pull=Pull(id="invoice_id", modified=("last_modified_time", "updated_time")),
    parents=("customers", "products"),
    label="number",
    rank=60,
    events=("created", "updated"),
    module="Invoices",
    fields=(
        Field("number", sources=("invoice_number",), indexed=True, shown=True, compared=True, longest=200),
        Field("reference_number", indexed=True, compared=True, longest=500),
        Field("customer_zoho_id", Kind.ID, sources=("customer_id",), indexed=True, compared=True),
        Field("customer_name", shown=True, longest=500),
        Field("date", Kind.DAY, shown=True, compared=True),
        Field("due_date", Kind.DAY, shown=True, compared=True),
        Field("status", volatile=True, shown=True, longest=100),
        Field("due_days", volatile=True, longest=200),
        Field("currency_code", longest=20),
        Field("exchange_rate", Kind.NUMBER),
        Field("total", Kind.MONEY, shown=True, compared=True),
        Field("balance", Kind.MONEY, volatile=True, shown=True),
        Field("salesperson_name", longest=500),
        Field("created_time", Kind.STAMP),
        Field("sub_total", Kind.MONEY, detail=True),
        Field("tax_total", Kind.MONEY, detail=True),
        Field("payment_made", Kind.MONEY, detail=True),
        Field("credits_applied", Kind.MONEY, detail=True),
        Field("notes", detail=True),
        Field("terms", detail=True),
        Field("custom_fields", Kind.JSON, detail=True),
    ),
    children=(Child(table="invoice_lines", source="line_items", fields=LINE_FIELDS),),
)
