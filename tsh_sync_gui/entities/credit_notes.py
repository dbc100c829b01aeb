"""Credit notes: Zoho's, read-only in TSH."""

from tsh_sync_gui.entities.documents import LINE_FIELDS, document_api
from tsh_sync_gui.entities.spec import Child, Entity, Field, Kind, Product, Pull, TimeFilter

CREDIT_NOTES = Entity(
    name="credit_notes",
    title="Credit notes",
    one="credit note",
    zoho="creditnotes",
    route="creditnotes",
    apis=(document_api(Product.BOOKS, "creditnotes", time_filter=TimeFilter.DOCUMENTED),),
    pull=Pull(id="creditnote_id", modified=("last_modified_time", "updated_time"), interval_minutes=240),
    parents=("customers", "invoices"),
    label="number",
    rank=80,
    fields=(
        Field("number", sources=("creditnote_number",), indexed=True, shown=True, compared=True, longest=200),
        Field("reference_number", compared=True, longest=500),
        Field("customer_zoho_id", Kind.ID, sources=("customer_id",), indexed=True, compared=True),
        Field("customer_name", shown=True, longest=500),
        Field("date", Kind.DAY, shown=True, compared=True),
        Field("status", shown=True, compared=True, longest=100),
        Field("currency_code", longest=20),
        Field("total", Kind.MONEY, shown=True, compared=True),
        Field("balance", Kind.MONEY, volatile=True, shown=True),
        Field("created_time", Kind.STAMP),
        Field("exchange_rate", Kind.NUMBER, detail=True),
        Field("sub_total", Kind.MONEY, detail=True),
        Field("tax_total", Kind.MONEY, detail=True),
        Field("notes", detail=True),
        Field("terms", detail=True),
        Field("custom_fields", Kind.JSON, detail=True),
    ),
    children=(Child(table="credit_note_lines", source="line_items", fields=LINE_FIELDS),),
)
