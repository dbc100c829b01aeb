"""Sales orders: created in TSH, pushed to Zoho, confirmed by Zoho."""

from tsh_sync_gui.entities.documents import LINE_FIELDS, document_api
from tsh_sync_gui.entities.spec import Child, Direction, Entity, Field, Kind, Product, Pull, TimeFilter

SALES_ORDERS = Entity(
    name="sales_orders",
    title="Sales orders",
    one="sales order",
    zoho="salesorders",
    route="salesorders",
    apis=(
        document_api(Product.BOOKS, "salesorders", time_filter=TimeFilter.DOCUMENTED),
        document_api(Product.INVENTORY, "salesorders", time_filter=TimeFilter.UNDOCUMENTED),
    ),
    pull=Pull(id="salesorder_id"),
    parents=("customers", "products"),
    direction=Direction.TO_ZOHO,
    label="number",
    rank=50,
    counted_as="orders",
    fields=(
        Field("number", sources=("salesorder_number",), indexed=True, shown=True, compared=True, longest=200),
        Field("reference_number", indexed=True, shown=True, compared=True, longest=500),
        Field("customer_zoho_id", Kind.ID, sources=("customer_id",), indexed=True, compared=True),
        Field("customer_name", shown=True, longest=500),
        Field("date", Kind.DAY, shown=True, compared=True),
        Field("shipment_date", Kind.DAY, compared=True),
        Field("status", shown=True, compared=True, longest=100),
        Field("order_status", longest=100),
        Field("invoiced_status", longest=100),
        Field("paid_status", longest=100),
        Field("shipped_status", longest=100),
        Field("currency_code", longest=20),
        Field("total", Kind.MONEY, shown=True, compared=True),
        Field("balance", Kind.MONEY, volatile=True),
        Field("quantity", Kind.NUMBER),
        Field("due_by_days", volatile=True, longest=200),
        Field("due_in_days", volatile=True, longest=200),
        Field("salesperson_name", longest=500),
        Field("created_time", Kind.STAMP),
        Field("sub_total", Kind.MONEY, detail=True),
        Field("tax_total", Kind.MONEY, detail=True),
        Field("notes", detail=True),
        Field("terms", detail=True),
        Field("custom_fields", Kind.JSON, detail=True),
    ),
    children=(Child(table="sales_order_lines", source="line_items", fields=LINE_FIELDS),),
)
