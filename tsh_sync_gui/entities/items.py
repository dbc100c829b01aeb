"""What products and their stock share: one walk of Zoho's items serves both."""

from tsh_sync_gui.entities.spec import Api, Bulk, Product, Sort, TimeFilter

_DETAILS = Bulk(path="/itemdetails", param="item_ids", records="items")

INVENTORY_ITEMS = Api(
    product=Product.INVENTORY,
    path="/items",
    records="items",
    record="item",
    scope="ZohoInventory.items.READ",
    fixed=(("filter_by", "Status.All"),),
    full_sort=Sort(column="created_time"),
    change_sort=Sort(column="last_modified_time", descending=True),
    time_filter=TimeFilter.DOCUMENTED,
    bulk=_DETAILS,
)

BOOKS_ITEMS = Api(
    product=Product.BOOKS,
    path="/items",
    records="items",
    record="item",
    scope="ZohoBooks.settings.READ",
    fixed=(("filter_by", "Status.All"),),
    full_sort=Sort(column="name"),
    time_filter=TimeFilter.UNDOCUMENTED,
    bulk=_DETAILS,
)
