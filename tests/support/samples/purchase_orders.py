"""Purchase orders: Zoho's, read-only in TSH."""

from tsh_sync_gui.entities.documents import LINE_FIELDS, document_api
from tsh_sync_gui.entities.spec import Child, Entity, Field, Kind, Product, Pull, TimeFilter

PURCHASE_ORDERS = Entity(
    name="purchase_orders",
    title="Purchase orders",
    one="purchase order",
    zoho="purchaseorders",
    route="purchaseorders",
    apis=(
        document_api(Product.BOOKS, "purchaseorders", time_filter=TimeFilter.DOCUMENTED),
        document_api(Product.INVENTORY, "purchaseorders", time_filter=TimeFilter.UNDOCUMENTED),
    ),
    pull=Pull(id="purchaseorder_id"),
    parents=("products",),
    label="number",
    rank=90,
    fields=(
        Field("number", sources=("purchaseorder_number",), required=True, indexed=True, shown=True, longest=200),
        Field("vendor_zoho_id", Kind.ID, sources=("vendor_id",), indexed=True),
        Field("vendor_name", shown=True, longest=500),
        Field("date", Kind.DAY, shown=True),
        Field("status", shown=True, longest=100),
        Field("total", Kind.MONEY, shown=True),
        Field("created_time", Kind.STAMP),
        Field("notes", detail=True),
    ),
    children=(Child(table="purchase_order_lines", source="line_items", fields=LINE_FIELDS),),
)
