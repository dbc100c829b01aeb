"""What the simulator answers, against the reply schemas of Zoho's OpenAPI documents."""

import pytest

from tests.contract.openapi import operation
from tests.contract.slips import Finding, stale, unknown
from tests.support.facts import needs_documents

pytestmark = needs_documents

ENDPOINTS = [
    f"{product} {path}"
    for product, names in {
        "books": ("items", "contacts", "salesorders", "invoices", "customerpayments", "creditnotes"),
        "inventory": ("items", "contacts", "salesorders", "invoices"),
    }.items()
    for path in (
        *(f"/{name}{ending}" for name in names for ending in ("", "/{id}")),
        *("/itemdetails", "/pricebooks", "/locations", "/organizations", "/organizations/{id}"),
    )
]


@pytest.fixture(scope="session")
def findings(answers):
    """The places of replies whose kind of value is not the documented one."""
    return {
        Finding(endpoint, "type", misfit)
        for endpoint in ENDPOINTS
        for reply in answers.of(endpoint)
        for misfit in operation(endpoint).misfits(reply)
    }


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_simulator_sends_the_documented_types(findings, endpoint):
    assert unknown([finding for finding in findings if finding.of == endpoint]) == []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_documents_know_the_endpoint_and_the_simulator_sends_much_of_it(answers, endpoint):
    assert len(operation(endpoint).places()) > 10
    assert answers.of(endpoint)


def test_every_known_slip_of_a_reply_still_occurs(findings):
    assert stale(findings, "type") == []
