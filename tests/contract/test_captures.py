"""The simulator against Zoho's captured replies: the same keys, the same kinds of values, the same errors."""

import re

import pytest

from tests.contract.answers import picked
from tests.contract.shapes import differing, lacking, shape
from tests.contract.slips import Finding, stale, unknown
from tests.support.facts import CAPTURES, captured, needs_captures
from tests.support.simulator import SimulatedZoho

pytestmark = needs_captures

# Which endpoint answers a capture, where in its reply, and where in the capture.
ANSWERS = {
    "books-contact-detail-customer": ("books /contacts/{id}", "", ""),
    "books-contact-detail-customer-sparse": ("books /contacts/{id}", "", ""),
    "books-contacts-list": ("books /contacts", "", ""),
    "books-contacts-list-row": ("books /contacts", "contacts[]", ""),
    "books-creditnote-detail-vendor": ("books /creditnotes/{id}", "", ""),
    "books-creditnotes-list-vendor": ("books /creditnotes", "creditnotes[]", "creditnotes"),
    "books-customerpayment-detail-vendor": ("books /customerpayments/{id}", "", ""),
    "books-customerpayments-list-row": ("books /customerpayments", "customerpayments[]", ""),
    "books-customerpayments-list-vendor": ("books /customerpayments", "customerpayments[]", "customer_payments[]"),
    "books-invoice-detail-vendor": ("books /invoices/{id}", "", ""),
    "books-invoices-list-row": ("books /invoices", "invoices[]", ""),
    "books-invoices-list-vendor": ("books /invoices", "invoices[]", "invoices[]"),
    "books-locations-list-vendor": ("books /locations", "", ""),
    "books-pricebook-detail-unit": ("books /pricebooks/{id}", "", ""),
    "books-pricebook-detail-volume": ("books /pricebooks/{id}", "", ""),
    "books-pricebooks-list": ("books /pricebooks", "", ""),
    "books-salesorders-list-row-vendor": ("books /salesorders", "salesorders[]", ""),
    "books-webhook-salesorder-vendor": ("books /salesorders/{id}", "salesorder", "salesorder"),
    "inventory-item-detail": ("inventory /items/{id}", "", ""),
    "inventory-item-detail-locations-vendor": ("inventory /items/{id}", "", ""),
    "inventory-item-warehouses-entry": ("inventory /items/{id}", "item.warehouses[]", ""),
    "inventory-itemdetails-vendor": ("inventory /itemdetails", "", ""),
    "inventory-items-list": ("inventory /items", "", ""),
    "inventory-items-search": ("inventory /items", "", ""),
    "inventory-organizations-list": ("inventory /organizations", "", ""),
    "inventory-webhook-salesorder": ("inventory /salesorders/{id}", "salesorder", "salesorder"),
}
PARAMS = {"inventory-items-list": {"per_page": 5}, "inventory-items-search": {"search_text": "a"}}
NOT_ASKED = {"books-categories-list": "the program asks for no categories"}
ERRORS = (
    *("error-1002-invoice", "error-1038", "error-1070", "error-2-payment-terms", "error-44", "error-45", "error-57"),
    *("error-6041", "oauth-error-invalid-code"),
)


def test_every_capture_is_held_against_the_simulator():
    there = {path.stem for path in CAPTURES.glob("*.json")}

    assert there == {*ANSWERS, *NOT_ASKED, *ERRORS}


@pytest.fixture(scope="session")
def findings(answers):
    """What the simulator sends otherwise than Zoho did."""
    found = set()
    for name, (endpoint, place, within) in ANSWERS.items():
        wanted = shape(picked([captured(name)], within))
        have = shape(answers.values(endpoint, place, **PARAMS.get(name, {})))
        found |= {Finding(name, "missing", at) for at in lacking(wanted, have)}
        found |= {Finding(name, "kind", f"{at}: {words}") for at, words in differing(wanted, have).items()}
    return found


@pytest.mark.parametrize("name", ANSWERS)
def test_the_simulator_sends_the_keys_and_kinds_of_a_capture(findings, name):
    assert unknown([finding for finding in findings if finding.of == name]) == []


def test_every_known_slip_of_a_capture_still_occurs(findings):
    assert stale(findings, "missing", "kind") == []


@pytest.mark.parametrize("name", ERRORS)
def test_the_simulator_refuses_in_zohos_words(make_simulator, name):
    fact = captured(name)
    with SimulatedZoho(make_simulator(items=3, customers=1, orders=1, invoices=1, **LIMITS.get(name, {}))) as zoho:
        reply = PROVOKE[name](zoho)

    have = reply.json()
    assert reply.status_code == STATUS[name]
    assert have.keys() == fact.keys()
    assert have.get("code") == fact.get("code")
    assert all(_words(have[key]) == _words(fact[key]) for key in fact if isinstance(fact[key], str))


def _words(text):
    """Return a message without what is said of one organization, limit or field."""
    return re.sub(r"\d+|(?<=passed for ).*", "…", text)


LIMITS = {"error-44": {"per_minute": 1}, "error-45": {"per_day": 1000}}
STATUS = {
    **dict.fromkeys(ERRORS, 400),
    **dict.fromkeys(("error-44", "error-45", "error-1070"), 429),
    "error-57": 401,
    "error-1002-invoice": 404,
    "oauth-error-invalid-code": 200,
}


def _twice(zoho):
    zoho.ask("/books/v3/invoices")
    return zoho.ask("/books/v3/invoices")


def _faulty(kind):
    def ask(zoho):
        zoho.control("faults", {"rules": [{"path": "*", "kind": kind, "times": 1}]})
        return zoho.ask("/books/v3/invoices")

    return ask


def _unknown_token(zoho):
    zoho.headers["Authorization"] = "Zoho-oauthtoken 1000.dead.dead"
    return zoho.ask("/books/v3/invoices")


def _bad_refresh(zoho):
    client = {"client_id": "1000.CLIENT", "client_secret": "secret"}
    return zoho.post("/oauth/v2/token", params={"grant_type": "refresh_token", "refresh_token": "revoked", **client})


def _bad_json(zoho):
    first = zoho.read("/books/v3/contacts")["contacts"][0]["contact_id"]
    params = {"organization_id": "748369814"}
    return zoho.put(f"/books/v3/contacts/{first}", params=params, content=b"{not json")


PROVOKE = {
    "error-1002-invoice": lambda zoho: zoho.ask("/books/v3/invoices/5461470000000000001"),
    "error-1038": _bad_json,
    "error-1070": _faulty("429_1070"),
    "error-2-payment-terms": lambda zoho: zoho.ask("/books/v3/invoices", last_modified_time="2026-01-01T00:00:00Z"),
    "error-44": _twice,
    "error-45": _faulty("429_45"),
    "error-57": _unknown_token,
    "error-6041": lambda zoho: zoho.ask("/books/v3/invoices", organization_id="1"),
    "oauth-error-invalid-code": _bad_refresh,
}
