"""Price lists, which Zoho's API calls pricebooks; zoho-api.md 3.9, captures books-pricebook*."""

from collections.abc import Iterable

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.clock import stamp_text
from tsh_sync_gui.simulator.collection import (
    BOOKS,
    ID_BASE,
    ID_SERIES,
    ID_STEP,
    INVENTORY,
    Collection,
    Row,
    TemplateSource,
    World,
    spread,
)
from tsh_sync_gui.simulator.money import in_dollars, number
from tsh_sync_gui.simulator.replies import encoded

_SERIES = 6
_FIRST_ID = ID_BASE + _SERIES * ID_SERIES
_ENTRIES = ID_BASE + 88 * ID_SERIES
_MOST_ENTRIES = 400
# name, currency, kind, scheme, percent (negative lowers), status
_LISTS = (
    ("Retail", "IQD", "fixed_percentage", "", 12, "active"),
    ("Wholesale جملة", "IQD", "per_item", "unit", -8, "active"),
    ("Dollar Price List", "USD", "per_item", "unit", -5, "active"),
    ("Volume عروض الكميات", "IQD", "per_item", "volume", -4, "active"),
    ("Erbil Partners", "USD", "fixed_percentage", "", -6, "active"),
    ("Ramadan Offer 2025", "IQD", "per_item", "unit", -10, "inactive"),
)


class PriceLists(TemplateSource):
    """Price lists of three kinds: a percentage, a rate per item, and rates per quantity."""

    def __init__(self, world: World) -> None:
        created = spread(world.config.price_lists)
        super().__init__(world, created, created)
        self._items = world.sources["items"]

    def of_customer(self, chance: int) -> tuple[str, str]:
        """Return id and name of the list a customer buys by, or empty texts."""
        choice = chance % 8
        if choice >= min(self.count, 5):
            return "", ""
        return str(_FIRST_ID + choice * ID_STEP), self._name(choice)

    def _name(self, index: int) -> str:
        again = index // len(_LISTS)
        return _LISTS[index % len(_LISTS)][0] + (f" {again + 1}" if again else "")

    def rows(self, indexes: Iterable[int]) -> list[bytes]:  # noqa: D102 - as the protocol says
        return [encoded(self._row(index)) for index in indexes]

    def _row(self, index: int) -> Row:
        _, currency, kind, scheme, percent, status = _LISTS[index % len(_LISTS)]
        by_percent = kind == "fixed_percentage"
        return {
            "pricebook_id": str(_FIRST_ID + index * ID_STEP),
            "name": self._name(index),
            "description": "For shops that buy by the carton" if scheme else "",
            "currency_id": "" if by_percent else (org.USD if currency == "USD" else org.IQD),
            "currency_code": "" if by_percent else currency,
            "decimal_place": 0,
            "is_increase": percent > 0,
            "percentage": float(abs(percent)) if by_percent else "",
            "pricebook_rate": float(abs(percent)) if by_percent else "",
            "pricebook_type": kind,
            "pricing_scheme": scheme,
            "rounding_type": "round_to_dollar" if by_percent else "no_rounding",
            "sales_or_purchase_type": "sales",
            "status": status,
            "last_modified_time": stamp_text(self.modified[index]),
        }

    def detail(self, index: int, row: Row) -> Row:  # noqa: D102 - as the protocol says
        _, currency, kind, scheme, percent, _ = _LISTS[index % len(_LISTS)]
        detail = {key: value for key, value in row.items() if key != "last_modified_time"}
        entries: list[Row] = []
        if kind == "per_item":
            count = min(self._items.count, _MOST_ENTRIES)
            step = max(self._items.count // max(count, 1), 1)
            for number_of_entry in range(count):
                item = number_of_entry * step
                if (item + index) % 5:
                    entries.append(self._entry(index, number_of_entry, item, (currency, scheme, percent)))
        return {**detail, "is_default": index == 0, "products": [], "pricebook_items": entries}

    def _entry(self, index: int, place: int, item: int, terms: tuple[str, str, int]) -> Row:
        currency, scheme, percent = terms
        product = self._items.product(item)
        rate = self._items.rate(item) * (100 + percent)
        rate = in_dollars(rate) if currency == "USD" else rate
        first = _ENTRIES + (index * 100_000 + place * 4) * ID_STEP
        entry: Row = {
            "item_id": str(ID_BASE + ID_SERIES + item * ID_STEP),
            "name": self._items.name(item),
            "can_be_sold": True,
            "can_be_purchased": product.kind != "service",
        }
        if scheme != "volume":
            return {
                "pricebook_item_id": str(first),
                **entry,
                "pricebook_discount": "" if place % 10 else "2%",
                "pricebook_rate": number(rate),
            }
        brackets = ((1.0, 9.0, 100), (10.0, 49.0, 97), (50.0, "", 94))
        entry["price_brackets"] = [
            {
                "pricebook_item_id": str(first + number_of_bracket * ID_STEP),
                "start_quantity": start,
                "end_quantity": end,
                "pricebook_discount": "",
                "pricebook_rate": number(rate * share // 100),
            }
            for number_of_bracket, (start, end, share) in enumerate(brackets)
        ]
        return entry


def _changed(_row: Row, serial: int) -> Row:
    return {"description": f"Changed {serial}"}


PRICEBOOKS = Collection(
    name="pricebooks",
    record_key="pricebook",
    id_key="pricebook_id",
    label="Price List",
    report="Price Lists",
    series=_SERIES,
    source=PriceLists,
    size=lambda config: config.price_lists,
    scopes={BOOKS: "settings", INVENTORY: "settings"},
    sorts={},
    default_sort=("name", False),
    default_filter={BOOKS: "SalesOrPurchaseType.All", INVENTORY: "SalesOrPurchaseType.All"},
    filter_family="SalesOrPurchaseType",
    status_column="sales_or_purchase_type",
    statuses={"sales": ("sales",), "purchases": ("purchases",)},
    search=("name",),
    change=_changed,
)
