"""Products: Zoho's items, read-only in TSH."""

from tsh_sync_gui.entities.items import BOOKS_ITEMS, INVENTORY_ITEMS
from tsh_sync_gui.entities.spec import Entity, Field, Kind, Pull

PRODUCTS = Entity(
    name="products",
    title="Products",
    one="product",
    zoho="items",
    route="products",
    apis=(INVENTORY_ITEMS, BOOKS_ITEMS),
    pull=Pull(id="item_id", walk="items"),
    rank=10,
    events=("created", "updated", "deleted"),
    module="Items",
    fields=(
        Field(
            "name", sources=("name", "item_name"), required=True, indexed=True, shown=True, compared=True, longest=500
        ),
        Field("sku", title="SKU", indexed=True, shown=True, compared=True, longest=500),
        Field("status", shown=True, compared=True, longest=100),
        Field("item_type", longest=100),
        Field("product_type", longest=100),
        Field("unit", compared=True, longest=200),
        Field("rate", Kind.MONEY, shown=True, compared=True),
        Field("purchase_rate", Kind.MONEY, compared=True),
        Field("description", compared=True),
        Field("brand", compared=True, longest=500),
        Field("manufacturer", compared=True, longest=500),
        Field("category_zoho_id", Kind.ID, sources=("category_id",)),
        Field("category_name", compared=True, longest=500),
        Field("group_zoho_id", Kind.ID, sources=("group_id",)),
        Field("group_name", longest=500),
        Field("is_combo_product", Kind.FLAG, title="Composite"),
        Field("tax_zoho_id", Kind.ID, sources=("tax_id",)),
        Field("upc", title="UPC", longest=200),
        Field("ean", title="EAN", longest=200),
        Field("part_number", longest=200),
        Field("track_inventory", Kind.FLAG),
        Field("reorder_level", Kind.NUMBER),
        Field("stock_on_hand", Kind.NUMBER, volatile=True, shown=True),
        Field("available_stock", Kind.NUMBER, volatile=True),
        Field("actual_available_stock", Kind.NUMBER, volatile=True),
        Field("image_name", longest=500),
        Field("image_document_id", Kind.ID),
        Field("vendor_name", longest=500),
        Field("created_time", Kind.STAMP),
        Field("minimum_order_quantity", Kind.NUMBER, detail=True),
        Field("maximum_order_quantity", Kind.NUMBER, detail=True),
        Field("custom_fields", Kind.JSON, detail=True),
    ),
)
