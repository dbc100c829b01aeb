"""Customers: Zoho's contacts of type customer."""

from tsh_sync_gui.entities.spec import Api, Child, Direction, Entity, Field, Kind, Product, Pull, Sort, TimeFilter

_FIXED = (("contact_type", "customer"), ("filter_by", "Status.All"))
_FULL = Sort(column="created_time")
_CHANGES = Sort(column="last_modified_time", descending=True)


def _api(product: Product, scope: str) -> Api:
    return Api(
        product=product,
        path="/contacts",
        records="contacts",
        record="contact",
        scope=scope,
        fixed=_FIXED,
        full_sort=_FULL,
        change_sort=_CHANGES,
        time_filter=TimeFilter.NONE,
    )


CUSTOMERS = Entity(
    name="customers",
    title="Customers",
    one="customer",
    zoho="contacts",
    route="contacts",
    apis=(_api(Product.BOOKS, "ZohoBooks.contacts.READ"), _api(Product.INVENTORY, "ZohoInventory.contacts.READ")),
    pull=Pull(id="contact_id", only=("contact_type", "customer")),
    direction=Direction.BOTH,
    rank=40,
    events=("created", "updated"),
    module="Customers",
    fields=(
        Field("name", sources=("contact_name",), required=True, indexed=True, shown=True, compared=True, longest=500),
        Field("company_name", shown=True, compared=True, longest=500),
        Field("status", shown=True, compared=True, longest=100),
        Field("customer_sub_type", longest=100),
        Field("first_name", compared=True, longest=500),
        Field("last_name", compared=True, longest=500),
        Field("email", shown=True, compared=True, longest=500),
        Field("phone", shown=True, compared=True, longest=200),
        Field("mobile", compared=True, longest=200),
        Field("currency_code", longest=20),
        Field("payment_terms", Kind.INTEGER, compared=True),
        Field("payment_terms_label", longest=200),
        Field("outstanding_receivable_amount", Kind.MONEY, volatile=True, shown=True),
        Field("unused_credits_receivable_amount", Kind.MONEY, volatile=True),
        Field("created_time", Kind.STAMP),
        Field("price_list_zoho_id", Kind.ID, sources=("pricebook_id",), detail=True),
        Field("website", detail=True, longest=2000),
        Field("notes", detail=True),
        Field("credit_limit", Kind.MONEY, detail=True),
        Field("contact_persons", Kind.JSON, detail=True),
        Field("custom_fields", Kind.JSON, detail=True),
    ),
    children=(
        Child(
            table="customer_addresses",
            source="addresses",
            objects=("billing_address", "shipping_address"),
            fields=(
                Field("kind", sources=("@key",)),
                Field("zoho_id", Kind.ID, sources=("address_id",)),
                Field("attention", longest=500),
                Field("address", longest=2000),
                Field("street2", longest=2000),
                Field("city", longest=500),
                Field("state", longest=500),
                Field("zip", sources=("zip", "zipcode"), longest=100),
                Field("country", longest=200),
                Field("phone", longest=200),
            ),
        ),
    ),
)
