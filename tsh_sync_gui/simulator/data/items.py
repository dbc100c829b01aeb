"""Items: goods with stock, services without, variants, sets; zoho-api.md 3.2 and 3.3, captures inventory-item*."""

from array import array
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.catalogue import Product, products
from tsh_sync_gui.simulator.clock import DATA_END, DATA_START, OFFSET_SECONDS, day_bytes, seconds_table, stamp
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
    template,
)
from tsh_sync_gui.simulator.item_details import CUSTOM_FIELDS, STOCK_KEYS, item_detail
from tsh_sync_gui.simulator.selection import ABSENT

_SERIES = 1
_FIRST_ID = ID_BASE + _SERIES * ID_SERIES
_FIRST_GROUP = ID_BASE + 80 * ID_SERIES
_FIRST_PICTURE = ID_BASE + 81 * ID_SERIES
_SWALLOW = b"%.0a"
"""A placeholder that takes a value and prints nothing, so that all templates take the same values."""
_NO_PICTURE = b'"image_name":"%.0a","image_type":"","image_document_id":"%.0a"'
_PICTURE = b'"picture":""'
_STOCKED, _BOUGHT, _SERVICE = 0, 1, 2
_STATUS = (b"active", b"inactive")
_REORDER = (b'""', *(b"%d.0" % (number * 5) for number in range(1, 8)))
_PICTURES = tuple((2 if chance % 16 == 1 else 1) if chance < 22 else 0 for chance in range(32))
"""Which of the three pictures' templates a chance of 32 means: none, JPEG, PNG."""
_JPEG = b'"image_name":"item_%d.jpg","image_type":"jpg","image_document_id":"%d"'
_PNG = b'"image_name":"item_%d.png","image_type":"png","image_document_id":"%d"'
_REVISIONS = 40


def _attributes(product: Product) -> Row:
    first = bool(product.option)
    option_id = org.setting_id(1000 + product.family_number * 20 + product.option_number)
    made: Row = {}
    for part, value in (
        ("id", org.setting_id(900 + product.family_number)),
        ("name", product.axis),
        ("type", "color" if product.axis == "Colour" else "text"),
        ("option_id", option_id),
        ("option_name", product.option),
        ("option_data", ""),
    ):
        for number in (1, 2, 3):
            made[f"attribute_{part}{number}"] = value if first and number == 1 else ""
    return made


def _row_end(product: Product, vendor: str) -> Row:
    """Return the fields behind the stock figures."""
    service = product.kind == "service"
    return {
        "has_attachment": False,
        "is_returnable": not service,
        **_attributes(product),
        "sku": b'"' + product.sku.encode() + b'-%b"',
        "upc": b'"%d"',
        "ean": b'"%d"',
        "isbn": "",
        "part_number": "" if service else product.sku,
        "is_storage_location_enabled": False,
        "*picture": _PICTURE,
        "created_time": b'"%b"',
        "last_modified_time": b'"%b%b"',
        "purpose_of_use": "",
        "vendor_name": vendor if product.kind != "service" else "",
        "length": "",
        "width": "",
        "height": "",
        "weight": "",
        "weight_unit": "kg",
        "dimension_unit": "cm",
        "dimensions_with_unit": "",
        "weight_with_unit": "",
        "tags": [],
    }


def _row_templates(product: Product, vendor: str) -> list[bytes]:
    """Return the row of *product*, without and with pictures, with a placeholder for what differs between lots."""
    name = product.name.replace("%", "%%").replace('"', '\\"').encode()
    service = product.kind == "service"
    item_type = "inventory" if product.tracked else "sales_and_purchases"
    brand = "" if service else product.brand
    family = org.setting_id(800 + product.family_number)
    fields: Row = {
        "*group": b'"group_id":"%d","group_name":"' + product.group_name.replace("%", "%%").encode() + b'"',
        "item_id": b'"%d"',
        "name": b'"' + name + b'%b"',
        "item_name": b'"' + name + b'%b"',
        "category_id": family,
        "category_name": product.family,
        "unit": product.unit,
        "status": b'"%b"',
        "source": "csv",
        "is_combo_product": product.kind == "set",
        "is_linked_with_zohocrm": False,
        "zcrm_product_id": "",
        "description": product.description,
        "brand": brand,
        "manufacturer": brand,
        "rate": b"%d.0",
        "tax_id": org.TAX if product.taxed else "",
        "tax_name": org.TAX_NAME if product.taxed else "",
        "tax_percentage": org.TAX_PERCENT if product.taxed else 0,
        "purchase_account_id": org.COST_ACCOUNT,
        "purchase_account_name": "Cost of Goods Sold",
        "account_id": org.SALES_ACCOUNT,
        "account_name": "Sales",
        "purchase_description": "",
        "purchase_rate": b'""' if service else b"%d.0",
        "can_be_sold": True,
        "can_be_purchased": not service,
        "track_inventory": product.tracked,
        "item_type": "sales" if service else item_type,
        "product_type": "service" if service else "goods",
    }
    if product.tracked:
        fields |= {
            "stock_on_hand": b"%d.0",
            "available_stock": b"%d.0",
            "actual_available_stock": b"%d.0",
            "reorder_level": b"%b",
        }
    fields |= _row_end(product, vendor)
    warranty = 0 if service else (product.family_number % 4) * 6
    for key, value in zip(
        (key for key, _ in CUSTOM_FIELDS), (warranty or "", f"A-{product.model_number:03}"), strict=True
    ):
        fields[key] = value
        fields[f"{key}_unformatted"] = value
    if not product.group_name:
        fields["*group"] = _SWALLOW
    made = template(fields).replace(_SWALLOW + b",", _SWALLOW, 1)
    return [made.replace(_PICTURE, picture) for picture in (_NO_PICTURE, _JPEG, _PNG)]


@lru_cache(maxsize=4)
def _all_templates(seed: int, vendors: tuple[str, ...]) -> list[bytes]:
    """Return three templates per product, in the catalogue's order; tests start many simulators alike."""
    return [
        made
        for product in products(seed)
        for made in _row_templates(product, vendors[product.model_number % len(vendors)] if vendors else "")
    ]


class Items(TemplateSource):
    """The item list: it goes round the catalogue, and each later round is a lot of its own."""

    def __init__(self, world: World) -> None:
        count = world.config.items
        created = spread(count, imported=count, end=DATA_END - 30 * 86400)
        self._words = world.words("items", count)
        super().__init__(world, created, self._modified(created))
        self.catalogue = products(world.config.seed)
        vendors = world.sources["contacts"].vendor_names()
        self._templates = _all_templates(world.config.seed, tuple(vendors))
        self._prices = [product.price for product in self.catalogue]
        self._kinds = [
            _STOCKED if product.tracked else _BOUGHT if product.kind == "parts" else _SERVICE
            for product in self.catalogue
        ]
        self._model_count = max(product.model_number for product in self.catalogue) + 1
        self._group_ids = [_FIRST_GROUP + product.model_number * ID_STEP for product in self.catalogue]
        self._lots = [
            (b" (Lot %04d)" % (lot + 1) if lot else b"", b"%04d" % (lot + 1))
            for lot in range(count // len(self.catalogue) + 1)
        ]
        self._created_stamps = {epoch: stamp(epoch) for epoch in set(created)}
        self._days = {day: day_bytes(day) for day in range(DATA_START // 86400 - 1, DATA_END // 86400 + 2)}

    def _modified(self, created: Sequence[int]) -> "array[int]":
        """Most items were never touched, some by price revisions that share a second, some alone."""
        revisions = [
            DATA_START + (number + 1) * (DATA_END - DATA_START) // (_REVISIONS + 1) for number in range(_REVISIONS)
        ]
        made = array("I", created)
        for index, word in enumerate(self._words):
            kind = word >> 34 & 31
            if kind < 14:
                continue
            start = created[index]
            if kind < 24:
                revision = revisions[(word >> 39) % _REVISIONS]
                made[index] = max(revision, start)
            else:
                made[index] = start + (word >> 39) % (DATA_END - start)
        return made

    # Figures ---------------------------------------------------------------------------------------------------------

    def product(self, index: int) -> Product:
        """Return the catalogue's entry of an item."""
        return self.catalogue[index % len(self.catalogue)]

    def name(self, index: int) -> str:
        """Return the item's name."""
        lot = index // len(self.catalogue)
        return self.product(index).name + (f" (Lot {lot + 1:04})" if lot else "")

    def rate(self, index: int) -> int:
        """Return the sales price in whole dinars."""
        return self._prices[index % len(self._prices)] + (self._words[index] >> 8 & 7) * 250

    def active(self, index: int) -> bool:
        """Say whether the item was made active; one in 25 is not."""
        return self._words[index] & 255 >= 10

    def rows(self, indexes: Iterable[int]) -> list[bytes]:  # noqa: D102 - as the protocol says
        # This loop is what a page costs: look-ups instead of calls, and no placeholder with a width, which is slow.
        words, templates, prices, kinds = self._words, self._templates, self._prices, self._kinds
        created, modified, size, lots = self.created, self.modified, len(self._prices), self._lots
        seconds, days, stamps, groups = seconds_table(), self._days, self._created_stamps, self._group_ids
        group_step = self._model_count * ID_STEP
        made: list[bytes] = []
        add = made.append
        for index in indexes:
            word = words[index]
            lot, place = divmod(index, size)
            suffix, number = lots[lot]
            day, second = divmod(modified[index] + OFFSET_SECONDS, 86400)
            rate = prices[place] + (word >> 8 & 7) * 250
            kind = kinds[place]
            step = index * ID_STEP
            head = (
                groups[place] + lot * group_step,
                _FIRST_ID + step,
                suffix,
                suffix,
                _STATUS[(word & 255) < 10],
                rate,
            )
            tail = (
                number,
                625100000000 + index,
                6251000000000 + index,
                index,
                _FIRST_PICTURE + step,
                stamps[created[index]],
                days[day],
                seconds[second],
            )
            template_number = place * 3 + _PICTURES[word >> 29 & 31]
            if kind == _STOCKED:
                stock = (word >> 11 & 1023) - 8
                figures = (rate * 82 // 25000 * 250, stock, stock - (word >> 21 & 15), stock + (word >> 25 & 3))
                add(templates[template_number] % (*head, *figures, _REORDER[word >> 27 & 7], *tail))
            elif kind == _BOUGHT:
                add(templates[template_number] % (*head, rate * 82 // 25000 * 250, *tail))
            else:
                add(templates[template_number] % (*head, *tail))
        return made

    def sku(self, index: int) -> str:
        """Return the item's stock-keeping unit."""
        return f"{self.product(index).sku}-{index // len(self.catalogue) + 1:04}"

    def key(self, name: str) -> Callable[[int], Any]:  # noqa: D102 - as in the base class
        ways: dict[str, Callable[[int], Any]] = {"name": self.name, "sku": self.sku, "rate": self.rate}
        return ways.get(name) or super().key(name)

    def order(self, column: str) -> Sequence[int] | None:
        """Return the order of a column that follows from the catalogue's, or None."""
        if column not in {"name", "sku"}:
            return None
        keys = [getattr(product, column) for product in self.catalogue]
        made = array("I")
        for place in sorted(range(len(keys)), key=keys.__getitem__):
            made.extend(range(place, self.count, len(keys)))
        return made

    def make_column(self, name: str) -> Sequence[Any]:  # noqa: D102 - as in the base class
        size = len(self.catalogue)
        if name == "status":
            return ["inactive" if word & 255 < 10 else "active" for word in self._words]
        if name == "name":
            return [self.name(index) for index in range(self.count)]
        if name == "sku":
            return [self.sku(index) for index in range(self.count)]
        if name == "rate":
            prices = self._prices
            return array("q", [prices[i % size] + (word >> 8 & 7) * 250 for i, word in enumerate(self._words)])
        if name == "is_combo_product":
            return [self.product(index).kind == "set" for index in range(self.count)]
        if name == "stock_on_hand":
            tracked = [product.tracked for product in self.catalogue]
            return [(w >> 11 & 1023) - 8 if tracked[i % size] else ABSENT for i, w in enumerate(self._words)]
        if name == "reorder_level":
            tracked = [product.tracked for product in self.catalogue]
            levels = (ABSENT, *(number * 5 for number in range(1, 8)))
            return [levels[w >> 27 & 7] if tracked[i % size] else ABSENT for i, w in enumerate(self._words)]
        if name == "purchase_rate":
            bought = [kind != _SERVICE for kind in self._kinds]
            rates = self.column("rate")
            return [rates[i] * 82 // 25000 * 250 if bought[i % size] else ABSENT for i in range(self.count)]
        return super().make_column(name)

    def detail(self, index: int, row: Row) -> Row:  # noqa: D102 - as the protocol says
        return item_detail(self.product(index), row, self.world.config)


def _changed(row: Row, _serial: int) -> Row:
    return {"rate": row["rate"] + 250.0}


def _sold(row: Row, _serial: int) -> Row:
    """Let stock leave through a document."""
    return {key: row[key] - 1.0 for key in STOCK_KEYS[:3]} if row["track_inventory"] else {}


def _pictured(_row: Row, serial: int) -> Row:
    """Replace the picture by another."""
    document = str(_FIRST_PICTURE + (500_000_000 + serial) * ID_STEP)
    return {"image_name": f"new_{serial}.jpg", "image_type": "jpg", "image_document_id": document}


ITEMS = Collection(
    name="items",
    record_key="item",
    id_key="item_id",
    label="Item",
    report="Items",
    series=_SERIES,
    source=Items,
    size=lambda config: config.items,
    scopes={BOOKS: "settings", INVENTORY: "items"},
    sorts={
        BOOKS: ("name", "rate", "tax_name"),
        INVENTORY: (
            *(
                "name",
                "sku",
                "rate",
                "purchase_rate",
                "created_time",
                "last_modified_time",
                "reorder_level",
                "stock_on_hand",
            ),
        ),
    },
    default_sort=("name", False),
    default_filter={BOOKS: "Status.Active", INVENTORY: "Status.All"},
    time_filter=frozenset({BOOKS, INVENTORY}),
    statuses={"active": ("active",), "inactive": ("inactive",)},
    equal=("status", "tax_id", "tax_name", "account_id", "purchase_account_id", "category_id", "group_id", "item_id"),
    texts=("name", "sku", "description"),
    numbers=("rate", "purchase_rate"),
    search=("description", "item_name", "sku"),
    change=_changed,
    quiet_changes={"stock": _sold},
    loud_changes={"image": _pictured},
)


def first_picture_index(document: str) -> int | None:
    """Return the item that was made with the picture of this number, or None if it is no picture's."""
    if not document.isascii() or not document.isdigit():
        return None
    index, rest = divmod(int(document) - _FIRST_PICTURE, ID_STEP)
    return index if rest == 0 and index >= 0 else None
