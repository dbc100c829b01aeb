"""Invoices; zoho-api.md 3.6, captures books-invoices-list-row and books-invoice-detail."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.billing import Billing
from tsh_sync_gui.simulator.clock import DATA_END, day_bytes, stamp
from tsh_sync_gui.simulator.collection import (
    BOOKS,
    ID_BASE,
    ID_SERIES,
    ID_STEP,
    INVENTORY,
    Collection,
    Row,
    World,
    spread,
    template,
)
from tsh_sync_gui.simulator.documents import Documents
from tsh_sync_gui.simulator.money import money, number

_SERIES = 4
_FIRST_ID = ID_BASE + _SERIES * ID_SERIES
_ADDRESS = {
    "address": b'"%b"',
    "street2": "",
    "city": b'"%b"',
    "state": b'"%b"',
    "zipcode": "",
    "country": "Iraq",
    "phone": "",
    "fax": "",
    "attention": "",
}
_ROW = template(
    {
        "ach_payment_initiated": False,
        "invoice_id": b'"%d"',
        "zcrm_potential_id": "",
        "customer_id": b'"%b"',
        "zcrm_potential_name": "",
        "customer_name": b'"%b"',
        "company_name": b'"%b"',
        "status": b'"%b"',
        "invoice_number": b'"INV-%06d"',
        "reference_number": b'"%b"',
        "date": b'"%b"',
        "due_date": b'"%b"',
        "due_days": b'"%b"',
        "email": "",
        "project_name": "",
        "billing_address": template(_ADDRESS),
        "shipping_address": template(_ADDRESS),
        "country": "Iraq",
        "phone": "",
        "created_by": "tsh-admin",
        "total": b"%b",
        "balance": b"%b",
        "payment_expected_date": "",
        "custom_fields": [],
        "custom_field_hash": {},
        "tags": [],
        "salesperson_name": b'"%b"',
        "shipping_charge": 0.0,
        "adjustment": 0.0,
        "created_time": b'"%b"',
        "last_modified_time": b'"%b"',
        "updated_time": b'"%b"',
        "is_viewed_by_client": False,
        "has_attachment": False,
        "client_viewed_time": "",
        "is_emailed": False,
        "color_code": "",
        "current_sub_status_id": "",
        "current_sub_status": b'"%b"',
        "currency_id": b'"%b"',
        "schedule_time": "",
        "currency_code": b'"%b"',
        "currency_symbol": b'"%b"',
        "template_type": "standard",
        "transaction_type": "renewal",
        "reminders_sent": 0,
        "last_reminder_sent_date": "",
        "last_payment_date": b'"%b"',
        "template_id": org.TEMPLATE,
        "documents": "",
        "salesperson_id": b'"%b"',
        "location_id": b'"%b"',
        "location_name": b'"%b"',
        "write_off_amount": 0.0,
        "exchange_rate": b"%d.0",
        "unprocessed_payment_amount": 0.0,
    }
)


class Invoices(Documents):
    """Invoices in groups of one customer, so that one payment may pay several."""

    line_series = 85
    most_lines = 5

    def __init__(self, world: World) -> None:
        config = world.config
        count = config.invoices if config.customers else 0
        self.billing = Billing(count, config.payments)
        created = spread(count, imported=count // 4)
        words = world.words("invoices", count)
        modified = [
            start + min((word >> 53) * 1800, DATA_END - start) if word >> 20 & 1 else start
            for start, word in zip(created, words, strict=True)
        ]
        super().__init__(world, "invoices", created, modified)

    def customer(self, index: int) -> int:  # noqa: D102 - as in the base class
        return super().customer(self.billing.members(self.billing.group(index))[0])

    def due(self, index: int) -> int:
        """Return the day a bill is due; negative terms mean some month's end."""
        days, _ = self.contacts.terms(self.customer(index))
        return self.date(index) + (days if days >= 0 else 30)

    def paid(self, index: int) -> int:
        """Return what payments have brought, in hundredths."""
        if not self.billing.paid_by(self.billing.group(index)):
            return 0
        total = self.total(index)
        return total if self.words[index] >> 21 & 7 else total * 6 // 10

    def applied(self, index: int, payment: int) -> int:
        """Return what one payment brought to one invoice; the last takes what is left."""
        payments = self.billing.paid_by(self.billing.group(index))
        paid = self.paid(index)
        share = paid // len(payments)
        return share if payment != payments[-1] else paid - share * (len(payments) - 1)

    def credited(self, index: int) -> int:
        """Return what a closed credit note took off, in hundredths."""
        group = self.billing.group(index)
        credit = self.billing.credit_number(group)
        notes = self.world.sources.get("creditnotes")
        if credit is None or notes is None or credit >= notes.count or self.billing.members(group)[0] != index:
            return 0
        taken: int = notes.taken_off(credit)
        return taken

    def state(self, index: int) -> tuple[str, int, int]:
        """Return status, total and balance; overdue follows from the day alone."""
        total = self.total(index)
        paid, credited = self.paid(index), self.credited(index)
        if not paid and not credited:
            chance = self.words[index] >> 56 & 15
            if chance < 3:
                return "draft", total, total
            if chance == 3:
                return "void", total, 0
        balance = total - paid - credited
        if balance <= 0:
            return "paid", total, 0
        if self.due(index) < self.world.clock.books_day():
            return "overdue", total, balance
        return ("partially_paid" if paid or credited else "sent"), total, balance

    def balances(self) -> dict[int, int]:
        """Return what each customer owes."""
        return self._balances

    @cached_property
    def _balances(self) -> dict[int, int]:
        owed: dict[int, int] = {}
        for index in range(self.count):
            status, _, balance = self.state(index)
            if status not in {"draft", "void"}:
                customer = self.customer(index)
                owed[customer] = owed.get(customer, 0) + balance
        return owed

    def last_payment_day(self, index: int) -> bytes:
        """Return the day of the latest payment, or nothing."""
        payments = self.billing.paid_by(self.billing.group(index))
        source = self.world.sources.get("customerpayments")
        return day_bytes(source.date(payments[-1])) if payments and source else b""

    def one(self, index: int) -> bytes:  # noqa: D102 - as in the base class
        customer = self.customer(index)
        dollars = self.contacts.in_dollars(customer)
        name = self.contacts.name(customer).encode()
        status, total, balance = self.state(index)
        address = self.contacts.address(customer, 0)
        street, city = address["address"].encode(), address["city"].encode()
        salesperson_id, salesperson_name = self.salesperson(index)
        place_id, place_name = self.place(index)
        modified = stamp(self.modified[index])
        return _ROW % (
            *(_FIRST_ID + index * ID_STEP, self.contacts.contact_id(customer).encode(), name, name, status.encode()),
            *(index + 1, self._reference(index), day_bytes(self.date(index)), day_bytes(self.due(index))),
            *(self._due_days(index, status), street, city, city, street, city, city, money(total), money(balance)),
            *(salesperson_name.encode(), stamp(self.created[index]), modified, modified, status.encode()),
            (org.USD if dollars else org.IQD).encode(),
            *((b"USD", b"$") if dollars else (b"IQD", b"IQD")),
            *(self.last_payment_day(index), salesperson_id.encode(), place_id.encode(), place_name.encode()),
            org.DOLLAR if dollars else 1,
        )

    def _reference(self, index: int) -> bytes:
        word = self.words[index]
        return b"SO-%05d" % (word >> 30 & 0x7FFF) if word >> 23 & 1 else b""

    def _due_days(self, index: int, status: str) -> bytes:
        if status in {"paid", "void", "draft"}:
            return b""
        days = self.due(index) - self.world.clock.books_day()
        if days == 0:
            return b"Due Today"
        return b"Due in %d day(s)" % days if days > 0 else b"Overdue by %d day(s)" % -days

    def make_column(self, name: str) -> Sequence[Any]:  # noqa: D102 - as in the base class
        if name == "status":
            return [self.state(index)[0] for index in range(self.count)]
        return super().make_column(name)

    def detail(self, index: int, row: Row) -> Row:  # noqa: D102 - as the protocol says
        left_out = {
            "billing_address",
            "shipping_address",
            "country",
            "phone",
            "created_by",
            "documents",
            "updated_time",
        }
        amounts = self.money_of(index)
        return {
            **_detail_constants(),
            **{key: value for key, value in row.items() if key not in left_out},
            **self.party_of(index),
            **self.remarks_of(index),
            **amounts,
            "documents": [],
            "payment_made": number(self.paid(index)),
            "credits_applied": number(self.credited(index)),
            "balance": row["balance"],
            "line_items": [
                line
                | {
                    "line_item_category": "line_item",
                    "time_entry_ids": [],
                    "expense_id": "",
                    "expense_receipt_name": "",
                }
                | {"project_name": "", "salesorder_item_id": ""}
                for line in self.lines_of(index)
            ],
            "invoice_url": f"https://books.zoho.com/portal/tshtrading/secure?CInvoiceID={row['invoice_id']}",
        }


def _detail_constants() -> Row:
    empty = ("cfdi_usage", "recurring_invoice_id", "notes", "terms", "attachment_name", "vat_reg_no", "tax_reg_no")
    return {
        **dict.fromkeys(empty, ""),
        "payment_reminder_enabled": True,
        "tax_amount_withheld": 0.0,
        "allow_partial_payments": False,
        "payment_options": {"payment_gateways": []},
        "can_send_in_mail": False,
        "template_name": "Standard Template",
        "created_by_id": org.USER,
        "last_modified_by_id": org.USER,
        "salesorders": [],
        "creditnotes": [],
    }


def _changed(_row: Row, serial: int) -> Row:
    return {"reference_number": f"CHANGED-{serial}"}


INVOICES = Collection(
    name="invoices",
    record_key="invoice",
    id_key="invoice_id",
    label="Invoice",
    report="Invoices",
    series=_SERIES,
    source=Invoices,
    size=lambda config: config.invoices,
    scopes={BOOKS: "invoices", INVENTORY: "invoices"},
    sorts=dict.fromkeys(
        (BOOKS, INVENTORY),
        ("customer_name", "invoice_number", "date", "due_date", "total", "balance", "created_time"),
    ),
    default_filter={BOOKS: "Status.All", INVENTORY: "Status.All"},
    time_filter=frozenset({BOOKS}),
    statuses={
        "sent": ("sent",),
        "draft": ("draft",),
        "overdue": ("overdue",),
        "paid": ("paid",),
        "void": ("void",),
        "unpaid": ("sent", "overdue", "partially_paid"),
        "partiallypaid": ("partially_paid",),
        "viewed": (),
    },
    equal=("status", "customer_id", "customer_name", "invoice_number", "reference_number", "email", "total", "balance"),
    texts=("customer_name", "invoice_number", "reference_number"),
    numbers=("total", "balance"),
    dates=("date", "due_date"),
    search=("invoice_number", "reference_number", "customer_name"),
    id_filter="invoice_ids",
    change=_changed,
)
