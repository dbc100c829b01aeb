"""Price lists: Zoho's pricebooks; few, so all are read, and every detail once a day (zoho-api.md 3.9)."""

from tsh_sync_gui.entities.spec import Api, Child, Entity, Field, Kind, Product, Pull


def _api(product: Product, scope: str) -> Api:
    return Api(product=product, path="/pricebooks", records="pricebooks", record="pricebook", scope=scope)


PRICE_LISTS = Entity(
    name="price_lists",
    title="Price lists",
    one="price list",
    zoho="pricebooks",
    route="pricelists",
    apis=(_api(Product.BOOKS, "ZohoBooks.settings.READ"), _api(Product.INVENTORY, "ZohoInventory.settings.READ")),
    pull=Pull(id="pricebook_id", whole=True, details_age_days=1, interval_minutes=1440),
    parents=("products",),
    rank=20,
    fields=(
        Field("name", required=True, indexed=True, shown=True, compared=True, longest=500),
        Field("description", compared=True),
        Field("status", shown=True, compared=True, longest=100),
        Field("currency_zoho_id", Kind.ID, sources=("currency_id",)),
        Field("currency_code", shown=True, compared=True, longest=20),
        Field("pricebook_type", shown=True, compared=True, longest=100),
        Field("pricing_scheme", compared=True, longest=100),
        Field("sales_or_purchase_type", shown=True, compared=True, longest=100),
        Field("is_increase", Kind.FLAG, compared=True),
        Field("percentage", Kind.NUMBER, compared=True),
        Field("rounding_type", compared=True, longest=100),
        Field("decimal_place", Kind.INTEGER),
        Field("is_default", Kind.FLAG, detail=True),
    ),
    children=(
        Child(
            table="price_list_items",
            source="pricebook_items",
            fields=(
                Field("zoho_id", Kind.ID, sources=("pricebook_item_id",)),
                Field("item_zoho_id", Kind.ID, sources=("item_id",), indexed=True),
                Field("name", longest=500),
                Field("rate", Kind.MONEY, sources=("pricebook_rate",)),
                Field("discount", sources=("pricebook_discount",), longest=100),
                Field("price_brackets", Kind.JSON),
            ),
        ),
    ),
)
