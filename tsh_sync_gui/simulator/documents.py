"""What sales orders, invoices and credit notes have in common: customer, currency, lines, totals that add up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.clock import OFFSET_SECONDS, day_text
from tsh_sync_gui.simulator.collection import ID_BASE, ID_SERIES, ID_STEP, Row, TemplateSource, World
from tsh_sync_gui.simulator.money import in_dollars, number, taxed

_MASK = (1 << 64) - 1
_LINES_PER_DOCUMENT = 8
_FIRST_ITEM = ID_BASE + 1 * ID_SERIES


def mixed(word: int, salt: int) -> int:
    """Return 64 further random bits made from *word*."""
    value = (word ^ (salt + 1) * 0x9E3779B97F4A7C15) & _MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    return value ^ value >> 29


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a document, amounts in hundredths."""

    item: int
    quantity: int
    rate: int
    taxed: bool

    @property
    def total(self) -> int:
        """Return rate times quantity."""
        return self.rate * self.quantity

    @property
    def tax(self) -> int:
        """Return the line's tax."""
        return taxed(self.total) if self.taxed else 0


class Documents(TemplateSource):
    """Documents with lines; a subclass says whose they are and renders them."""

    line_series = 0
    most_lines = 6
    salt = 0

    def __init__(self, world: World, name: str, created: Sequence[int], modified: Sequence[int]) -> None:
        super().__init__(world, created, modified)
        self.name = name
        self.contacts = world.sources["contacts"]
        self.items = world.sources["items"]
        self.words = world.words(name, len(created))

    def customer(self, index: int) -> int:
        """Return the index of the contact a document belongs to."""
        customers: list[int] = self.contacts.customers
        return customers[(self.words[index] >> 24) % len(customers)]

    def date(self, index: int) -> int:
        """Return the document's day, counted from 1970."""
        return (self.created[index] + OFFSET_SECONDS) // 86400

    def lines(self, index: int) -> list[Line]:
        """Return the lines of a document."""
        items = self.items
        if not items.count:
            return []
        word = self.words[index]
        dollars = self.contacts.in_dollars(self.customer(index))
        made = []
        for place in range(1 + (word & 255) % self.most_lines):
            mix = mixed(word, place + self.salt)
            item = mix % items.count
            rate = items.rate(item) * 100
            made.append(
                Line(item, 1 + (mix >> 40) % 12, in_dollars(rate) if dollars else rate, items.product(item).taxed)
            )
        return made

    def total(self, index: int) -> int:
        """Return what a document comes to with tax, in hundredths."""
        return sum(line.total + line.tax for line in self.lines(index))

    def place(self, index: int) -> tuple[str, str]:
        """Return id and name of the branch a document belongs to."""
        places = org.place_ids(self.world.config)
        return places[(self.words[index] >> 44) % len(places)]

    def salesperson(self, index: int) -> tuple[str, str]:
        """Return id and name of the salesperson, or empty texts."""
        choice = (self.words[index] >> 48) % (len(org.SALESPEOPLE) + 1)
        return org.SALESPEOPLE[choice] if choice < len(org.SALESPEOPLE) else ("", "")

    # Details ---------------------------------------------------------------------------------------------------------

    def money_of(self, index: int) -> Row:
        """Return the amounts of a detail."""
        lines = self.lines(index)
        dollars = self.contacts.in_dollars(self.customer(index))
        rate = org.DOLLAR if dollars else 1
        sub_total = sum(line.total for line in lines)
        tax = sum(line.tax for line in lines)
        return {
            "exchange_rate": float(rate),
            "discount": 0.0,
            "discount_amount": 0.0,
            "discount_percent": 0.0,
            "discount_total": 0.0,
            "discount_type": "item_level",
            "is_discount_before_tax": True,
            "is_inclusive_tax": False,
            "shipping_charge": 0.0,
            "adjustment": 0.0,
            "adjustment_description": "",
            "sub_total": number(sub_total),
            "bcy_sub_total": number(sub_total * rate),
            "sub_total_inclusive_of_tax": 0.0,
            "tax_total": number(tax),
            "bcy_tax_total": number(tax * rate),
            "total": number(sub_total + tax),
            "bcy_total": number((sub_total + tax) * rate),
            "roundoff_value": 0.0,
            "price_precision": 2,
            "tax_rounding": "item_level",
            "transaction_rounding_type": "no_rounding",
            "taxes": [
                {"tax_id": org.TAX, "tax_name": f"{org.TAX_NAME} ({org.TAX_PERCENT}%)", "tax_amount": number(tax)}
            ]
            if tax
            else [],
        }

    def party_of(self, index: int) -> Row:
        """Return customer, addresses and people of a detail."""
        customer = self.customer(index)
        addresses = [self.contacts.address(customer, place) for place in (0, 1)]
        salesperson_id, salesperson_name = self.salesperson(index)
        place_id, place_name = self.place(index)
        days, label = self.contacts.terms(customer)
        dollars = self.contacts.in_dollars(customer)
        return {
            "customer_id": self.contacts.contact_id(customer),
            "customer_name": self.contacts.name(customer),
            "currency_id": org.USD if dollars else org.IQD,
            "currency_code": "USD" if dollars else "IQD",
            "currency_symbol": "$" if dollars else "IQD",
            "contact_persons": [],
            "contact_persons_associated": [],
            "contact_category": "",
            "payment_terms": days,
            "payment_terms_label": label,
            "billing_address_id": addresses[0]["address_id"],
            "shipping_address_id": addresses[1]["address_id"],
            "billing_address": _without_id(addresses[0]),
            "shipping_address": _without_id(addresses[1]),
            "salesperson_id": salesperson_id,
            "salesperson_name": salesperson_name,
            "location_id": place_id,
            "location_name": place_name,
            "branch_id": place_id,
            "branch_name": place_name,
            "gst_no": "",
            "gst_treatment": "",
            "tax_treatment": "",
            "place_of_supply": "",
            "is_pre_gst": False,
            "is_reverse_charge_applied": False,
        }

    def lines_of(self, index: int) -> list[Row]:
        """Return the lines of a detail."""
        rate = org.DOLLAR if self.contacts.in_dollars(self.customer(index)) else 1
        place_id, place_name = self.place(index)
        place_word = "warehouse" if self.world.config.warehouses else "location"
        return [
            {
                "line_item_id": str(
                    ID_BASE + self.line_series * ID_SERIES + (index * _LINES_PER_DOCUMENT + order) * ID_STEP
                ),
                **self._line_item(line),
                "item_order": order,
                "rate": number(line.rate),
                "bcy_rate": number(line.rate * rate),
                "sales_rate": number(line.rate),
                "quantity": float(line.quantity),
                "discount": 0.0,
                "discount_amount": 0.0,
                "discounts": [],
                "tax_id": org.TAX if line.taxed else "",
                "tax_name": org.TAX_NAME if line.taxed else "",
                "tax_type": "tax" if line.taxed else "",
                "tax_percentage": org.TAX_PERCENT if line.taxed else 0,
                "line_item_taxes": [],
                "item_total": number(line.total),
                "item_sub_total": number(line.total),
                "pricebook_id": "",
                "header_id": "",
                "header_name": "",
                "project_id": "",
                f"{place_word}_id": place_id,
                f"{place_word}_name": place_name,
                "tags": [],
                "item_custom_fields": [],
                "custom_field_hash": {},
            }
            for order, line in enumerate(self.lines(index), start=1)
        ]

    def _line_item(self, line: Line) -> Row:
        product = self.items.product(line.item)
        return {
            "item_id": str(_FIRST_ITEM + line.item * ID_STEP),
            "variant_id": str(_FIRST_ITEM + line.item * ID_STEP),
            "product_id": str(_FIRST_ITEM + line.item * ID_STEP),
            "sku": self.items.sku(line.item),
            "name": self.items.name(line.item),
            "group_name": product.group_name,
            "description": product.description if line.quantity > 6 else "",
            "unit": product.unit,
            "product_type": "service" if product.kind == "service" else "goods",
            "line_item_type": "service" if product.kind == "service" else "goods",
            "item_type": "inventory" if product.tracked else "sales_and_purchases",
            "image_name": "",
            "image_type": "",
            "image_document_id": "",
            "document_id": "",
            "is_combo_product": product.kind == "set",
        }

    def remarks_of(self, index: int) -> Row:
        """Return what a person wrote on a document."""
        word = self.words[index]
        return {
            "notes": "Deliver in the morning / التسليم صباحاً" if word >> 58 & 3 == 0 else "",
            "terms": "Goods once opened are not taken back." if word >> 59 & 1 else "",
        }

    def date_text(self, index: int) -> str:
        """Return the document's day."""
        return day_text(self.date(index))

    def make_column(self, name: str) -> Sequence[Any]:  # noqa: D102 - as in the base class
        if name == "customer_id":
            return [self.contacts.contact_id(self.customer(index)) for index in range(self.count)]
        if name == "date":
            return [self.date_text(index) for index in range(self.count)]
        return super().make_column(name)


def _without_id(address: Row) -> Row:
    return {key: value for key, value in address.items() if key != "address_id"}
