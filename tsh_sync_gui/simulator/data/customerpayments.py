"""Customer payments; zoho-api.md 3.7, captures books-customerpayment*."""

from collections.abc import Sequence
from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.clock import DATA_START, OFFSET_SECONDS, day_bytes, day_text, stamp
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
from tsh_sync_gui.simulator.money import money, number

_SERIES = 5
_FIRST_ID = ID_BASE + _SERIES * ID_SERIES
_APPLICATIONS = ID_BASE + 86 * ID_SERIES
_MODES = ("Cash", "Cash", "Bank Transfer", "Check", "ZainCash", "Cash", "Bank Transfer", "FastPay")
_ROW = template(
    {
        "payment_id": b'"%d"',
        "payment_number": b'"%d"',
        "retainerinvoice_id": "",
        "invoice_numbers": b'"%b"',
        "date": b'"%b"',
        "payment_mode": b'"%b"',
        "payment_mode_formatted": b'"%b"',
        "amount": b"%b",
        "bcy_amount": b"%b",
        "unused_amount": b"%b",
        "bcy_unused_amount": b"%b",
        "account_id": b'"%b"',
        "account_name": b'"%b"',
        "description": b'"%b"',
        "product_description": "",
        "reference_number": b'"%b"',
        "location_id": b'"%b"',
        "location_name": b'"%b"',
        "branch_id": b'"%b"',
        "branch_name": b'"%b"',
        "customer_id": b'"%b"',
        "customer_name": b'"%b"',
        "created_time": b'"%b"',
        "last_modified_time": b'"%b"',
        "last_four_digits": "",
        "gateway_transaction_id": "",
        "payment_gateway": "",
        "bcy_refunded_amount": 0.0,
        "applied_invoices": [],
        "is_advance_payment": False,
        "has_attachment": False,
        "documents": "",
        "custom_fields_list": "",
        "tax_account_id": "",
        "tax_account_name": "",
        "tax_amount_withheld": 0.0,
        "payment_type": "Invoice Payment",
        "settlement_status": "",
        "tags": [],
    }
)


class Payments(TemplateSource):
    """Payments; each pays the invoices of one group, all or in part."""

    def __init__(self, world: World) -> None:
        self._invoices = world.sources["invoices"]
        self._contacts = world.sources["contacts"]
        self._billing = self._invoices.billing
        count = self._billing.payments
        created = spread(count, start=DATA_START + 12 * 86400)
        self._words = world.words("customerpayments", count)
        super().__init__(world, created, created)

    def date(self, index: int) -> int:
        """Return the day of a payment, counted from 1970."""
        return (self.created[index] + OFFSET_SECONDS) // 86400

    def applications(self, index: int) -> list[tuple[int, int]]:
        """Return the invoices a payment pays, with the amounts in hundredths."""
        return [
            (invoice, self._invoices.applied(invoice, index))
            for invoice in self._billing.members(self._billing.pays(index))
        ]

    def one(self, index: int) -> bytes:  # noqa: D102 - as in the base class
        word = self._words[index]
        applications = self.applications(index)
        customer = self._invoices.customer(applications[0][0])
        dollars = self._contacts.in_dollars(customer)
        unused = 0 if word & 15 else (500 if dollars else 500_000)
        amount = sum(applied for _, applied in applications) + unused
        rate = org.DOLLAR if dollars else 1
        mode = _MODES[word >> 4 & 7].encode()
        cash = mode == b"Cash"
        place_id, place_name = (text.encode() for text in self._invoices.place(applications[0][0]))
        numbers = b",".join(b"INV-%06d" % (invoice + 1) for invoice, _ in applications)
        return _ROW % (
            *(_FIRST_ID + index * ID_STEP, index + 1, numbers, day_bytes(self.date(index)), mode, mode),
            *(money(amount), money(amount * rate), money(unused), money(unused * rate)),
            *((org.CASH_ACCOUNT if cash else org.BANK_ACCOUNT).encode(), b"Petty Cash" if cash else b"Rafidain Bank"),
            *(
                b"Paid ahead" if unused else b"",
                b"" if cash else b"TRX%08d" % (word >> 16 & 0xFFFFFF),
                place_id,
                place_name,
                place_id,
                place_name,
            ),
            *(self._contacts.contact_id(customer).encode(), self._contacts.name(customer).encode()),
            *(stamp(self.created[index]), stamp(self.modified[index])),
        )

    def make_column(self, name: str) -> Sequence[Any]:  # noqa: D102 - as in the base class
        if name == "date":
            return [day_text(self.date(index)) for index in range(self.count)]
        return super().make_column(name)

    def detail(self, index: int, row: Row) -> Row:  # noqa: D102 - as the protocol says
        applications = self.applications(index)
        dollars = self._contacts.in_dollars(self._invoices.customer(applications[0][0]))
        left_out = {
            *("invoice_numbers", "applied_invoices", "documents", "custom_fields_list", "retainerinvoice_id"),
            *("payment_mode_formatted", "has_attachment", "is_advance_payment", "settlement_status", "payment_type"),
        }
        return {
            **{key: value for key, value in row.items() if key not in left_out},
            "amount_refunded": 0.0,
            "bank_charges": 0.0,
            "status": "success",
            "email": "",
            "currency_id": org.USD if dollars else org.IQD,
            "currency_code": "USD" if dollars else "IQD",
            "currency_symbol": "$" if dollars else "IQD",
            "exchange_rate": float(org.DOLLAR if dollars else 1),
            "invoices": [self._application(index, place, *pair) for place, pair in enumerate(applications)],
            "payment_refunds": [],
            "documents": [],
            "custom_fields": [],
            "tags": [],
        }

    def _application(self, index: int, place: int, invoice: int, applied: int) -> Row:
        _, total, balance = self._invoices.state(invoice)
        return {
            "invoice_payment_id": str(_APPLICATIONS + (index * 4 + place) * ID_STEP),
            "invoice_id": str(ID_BASE + 4 * ID_SERIES + invoice * ID_STEP),
            "invoice_number": f"INV-{invoice + 1:06}",
            "date": self._invoices.date_text(invoice),
            "invoice_amount": number(total),
            "amount_applied": number(applied),
            "balance_amount": number(balance),
            "tax_amount_withheld": 0.0,
        }


def _changed(_row: Row, serial: int) -> Row:
    return {"reference_number": f"CHANGED-{serial}"}


CUSTOMER_PAYMENTS = Collection(
    name="customerpayments",
    record_key="payment",
    id_key="payment_id",
    label="Customer Payment",
    report="Customer Payments",
    series=_SERIES,
    source=Payments,
    size=lambda config: config.payments,
    scopes={BOOKS: "customerpayments", INVENTORY: "customerpayments"},
    sorts=dict.fromkeys(
        (BOOKS, INVENTORY), ("created_time", "date", "payment_number", "customer_name", "amount", "payment_mode")
    ),
    default_filter={BOOKS: "PaymentMode.All", INVENTORY: "PaymentMode.All"},
    filter_family="PaymentMode",
    status_column="payment_mode",
    statuses={
        "cash": ("Cash",),
        "check": ("Check",),
        "banktransfer": ("Bank Transfer",),
        "paypal": (),
        "creditcard": (),
    },
    equal=("customer_id", "customer_name", "reference_number", "payment_mode", "amount"),
    texts=("customer_name", "reference_number", "payment_mode"),
    numbers=("amount",),
    dates=("date",),
    search=("payment_number", "reference_number", "customer_name"),
    change=_changed,
)
