"""What Zoho's sales documents share: their line items and how Books and Inventory serve them."""

from tsh_sync_gui.entities.spec import Api, Field, Kind, Product, Sort, TimeFilter

LINE_FIELDS = (
    Field("zoho_id", Kind.ID, sources=("line_item_id",)),
    Field("item_zoho_id", Kind.ID, sources=("item_id",), indexed=True),
    Field("sku", longest=500),
    Field("name", longest=500),
    Field("description"),
    Field("quantity", Kind.NUMBER),
    Field("unit", longest=200),
    Field("rate", Kind.MONEY),
    Field("discount", longest=100),
    Field("tax_name", longest=200),
    Field("tax_percentage", Kind.NUMBER),
    Field("item_total", Kind.MONEY),
)


def document_api(
    product: Product,
    name: str,
    *,
    time_filter: TimeFilter,
    change_sort: bool = True,
    full_sort: Sort | None = Sort(column="created_time"),  # noqa: B008 -- frozen
    record: str = "",
) -> Api:
    """Return how *product* serves the documents *name* (Zoho's list name, also its path and reply key)."""
    service = "ZohoBooks" if product is Product.BOOKS else "ZohoInventory"
    return Api(
        product=product,
        path=f"/{name}",
        records=name,
        record=record or name.removesuffix("s"),
        scope=f"{service}.{name}.READ",
        full_sort=full_sort,
        change_sort=Sort(column="last_modified_time", descending=True) if change_sort else None,
        time_filter=time_filter,
    )
