"""Stock: figures of an item, in total (location '') from the list and per location from its detail."""

from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.entities.items import INVENTORY_ITEMS
from tsh_sync_gui.entities.spec import Entity, Field, Kind, Pull, Spread

STOCK_LEVELS = Entity(
    name="stock_levels",
    title="Stock",
    one="item's stock",
    zoho="itemdetails",
    route="stock",
    apis=(INVENTORY_ITEMS,),
    pull=Pull(
        id="item_id",
        walk="items",
        interval_minutes=30,
        interval_setting="stock_interval_minutes",
        by_interval=True,
        lane=Lane.STOCK,
    ),
    parents=("products",),
    rank=30,
    label="item_name",
    fields=(
        Field("location_id", Kind.ID, sources=("_none",), indexed=True),
        Field("location_name", sources=("_none",), shown=True, longest=500),
        Field("item_name", sources=("name", "item_name"), shown=True, longest=500),
        Field("sku", title="SKU", shown=True, longest=500),
        Field("stock_on_hand", Kind.NUMBER, shown=True, compared=True),
        Field("available_stock", Kind.NUMBER, shown=True, compared=True),
        Field("actual_available_stock", Kind.NUMBER, compared=True),
    ),
    spread=Spread(
        arrays=("locations", "warehouses"),
        only_with="stock_on_hand",
        key=("location_id",),
        fields=(
            Field("location_id", Kind.ID, sources=("location_id", "warehouse_id"), required=True),
            Field("location_name", sources=("location_name", "warehouse_name"), longest=500),
            Field("stock_on_hand", Kind.NUMBER, sources=("location_stock_on_hand", "warehouse_stock_on_hand")),
            Field("available_stock", Kind.NUMBER, sources=("location_available_stock", "warehouse_available_stock")),
            Field(
                "actual_available_stock",
                Kind.NUMBER,
                sources=("location_actual_available_stock", "warehouse_actual_available_stock"),
            ),
        ),
    ),
)
