"""Credit notes; zoho-api.md 3.8, captures books-creditnote*. A detail's change stamp is called `updated_time`."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from tsh_sync_gui.simulator import organization as org
from tsh_sync_gui.simulator.clock import DATA_START, day_bytes, stamp
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
from tsh_sync_gui.simulator.documents import Documents, Line
from tsh_sync_gui.simulator.money import money

_SERIES = 7
_FIRST_ID = ID_BASE + _SERIES * ID_SERIES
_STATES = (*("closed",) * 9, *("open",) * 4, *("draft",) * 2, "void")
_ROW = template(
    {
        "creditnote_id": b'"%d"',
        "creditnote_number": b'"CN-%05d"',
        "status": b'"%b"',
        "reference_number": b'"%b"',
        "date": b'"%b"',
        "total": b"%b",
        "balance": b"%b",
        "location_id": b'"%b"',
        "location_name": b'"%b"',
        "customer_id": b'"%b"',
        "customer_name": b'"%b"',
        "company_name": b'"%b"',
        "email": "",
        "currency_id": b'"%b"',
        "currency_code": b'"%b"',
        "salesperson_id": b'"%b"',
        "salesperson_name": b'"%b"',
        "created_time": b'"%b"',
        "last_modified_time": b'"%b"',
        "is_emailed": False,
        "has_attachment": False,
        "color_code": "",
        "current_sub_status": b'"%b"',
        "current_sub_status_id": "",
        "custom_fields": [],
        "custom_field_hash": {},
        "tags": [],
    }
)


class CreditNotes(Documents):
    """Credit notes; closed ones were taken off the invoice they belong to."""

    line_series = 87
    most_lines = 1
    salt = 100

    def __init__(self, world: World) -> None:
        self._invoices = world.sources["invoices"]
        count = world.config.credit_notes if world.config.customers else 0
        created = spread(count, start=DATA_START + 20 * 86400)
        super().__init__(world, "creditnotes", created, created)

    def customer(self, index: int) -> int:  # noqa: D102 - as in the base class
        invoice = self._invoices.billing.credited(index)
        customer: int = super().customer(index) if invoice is None else self._invoices.customer(invoice)
        return customer

    def lines(self, index: int) -> list[Line]:  # noqa: D102 - as in the base class
        invoice = self._invoices.billing.credited(index)
        if invoice is None:
            return super().lines(index)
        lines: list[Line] = self._invoices.lines(invoice)[:1]
        return lines

    def state(self, index: int) -> str:
        """Return the status; without an invoice to take it off, a closed one stays open."""
        state = _STATES[self.words[index] >> 12 & 15]
        return "open" if state == "closed" and self._invoices.billing.credited(index) is None else state

    def taken_off(self, index: int) -> int:
        """Return what the credit note took off its invoice, in hundredths."""
        return self.total(index) if self.state(index) == "closed" else 0

    def balances(self) -> dict[int, int]:
        """Return each customer's open credit."""
        return self._balances

    @cached_property
    def _balances(self) -> dict[int, int]:
        open_credit: dict[int, int] = {}
        for index in range(self.count):
            if self.state(index) == "open":
                customer = self.customer(index)
                open_credit[customer] = open_credit.get(customer, 0) + self.total(index)
        return open_credit

    def one(self, index: int) -> bytes:  # noqa: D102 - as in the base class
        customer = self.customer(index)
        dollars = self.contacts.in_dollars(customer)
        name = self.contacts.name(customer).encode()
        state = self.state(index)
        total = self.total(index)
        invoice = self._invoices.billing.credited(index)
        place_id, place_name = self.place(index)
        salesperson_id, salesperson_name = self.salesperson(index)
        return _ROW % (
            *(_FIRST_ID + index * ID_STEP, index + 1, state.encode()),
            *(b"" if invoice is None else b"INV-%06d" % (invoice + 1), day_bytes(self.date(index)), money(total)),
            *(money(total if state in {"open", "draft"} else 0), place_id.encode(), place_name.encode()),
            *(self.contacts.contact_id(customer).encode(), name, name),
            *((org.USD if dollars else org.IQD).encode(), b"USD" if dollars else b"IQD"),
            *(
                salesperson_id.encode(),
                salesperson_name.encode(),
                stamp(self.created[index]),
                stamp(self.modified[index]),
            ),
            state.encode(),
        )

    def make_column(self, name: str) -> Sequence[Any]:  # noqa: D102 - as in the base class
        if name == "status":
            return [self.state(index) for index in range(self.count)]
        return super().make_column(name)

    def detail(self, index: int, row: Row) -> Row:  # noqa: D102 - as the protocol says
        left_out = {"last_modified_time", "company_name", "has_attachment"}
        taken = self.taken_off(index)
        invoice = self._invoices.billing.credited(index)
        constants: Row = dict.fromkeys(("notes", "terms", "cfdi_usage", "cfdi_reference_type", "vat_treatment"), "")
        return {
            **constants,
            **{key: value for key, value in row.items() if key not in left_out},
            **self.party_of(index),
            **self.remarks_of(index),
            **self.money_of(index),
            "balance": row["balance"],
            "updated_time": row["last_modified_time"],
            "template_id": org.TEMPLATE,
            "template_name": "Standard Template",
            "created_by_id": org.USER,
            "line_items": [
                line
                | {"code": "", "type": 1, "account_id": org.SALES_ACCOUNT, "account_name": "Sales", "project_name": ""}
                | {"tax_treatment_code": "", "line_item_category": "line_item"}
                for line in self.lines_of(index)
            ],
            "invoices": [
                {
                    "invoice_id": str(ID_BASE + 4 * ID_SERIES + invoice * ID_STEP),
                    "invoice_number": f"INV-{invoice + 1:06}",
                    "amount": taken / 100,
                }
            ]
            if taken and invoice is not None
            else [],
            "creditnote_refunds": [],
            "documents": [],
        }


def _changed(_row: Row, serial: int) -> Row:
    return {"reference_number": f"CHANGED-{serial}"}


CREDIT_NOTES = Collection(
    name="creditnotes",
    record_key="creditnote",
    id_key="creditnote_id",
    label="Credit Note",
    report="Credit Notes",
    series=_SERIES,
    source=CreditNotes,
    size=lambda config: config.credit_notes,
    scopes={BOOKS: "creditnotes", INVENTORY: "creditnotes"},
    sorts=dict.fromkeys(
        (BOOKS, INVENTORY),
        ("customer_name", "creditnote_number", "balance", "total", "date", "created_time", "last_modified_time"),
    ),
    default_filter={BOOKS: "Status.All", INVENTORY: "Status.All"},
    time_filter=frozenset({BOOKS}),
    statuses={"open": ("open",), "closed": ("closed",), "draft": ("draft",), "void": ("void",)},
    equal=("status", "customer_id", "customer_name", "creditnote_number", "reference_number", "total"),
    texts=("customer_name", "creditnote_number", "reference_number"),
    numbers=("total",),
    dates=("date",),
    search=("creditnote_number", "reference_number", "customer_name"),
    change=_changed,
)
