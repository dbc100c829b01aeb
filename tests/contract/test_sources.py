"""The simulator invents no key: each stands in a capture, in a document, or in the fact sheet."""

import re

import pytest

from tests.contract.openapi import property_names
from tests.contract.shapes import shape
from tests.contract.slips import Finding, stale, unknown
from tests.contract.test_replies import ENDPOINTS
from tests.support.facts import CAPTURES, FACTS, captured, needs_captures, needs_documents

pytestmark = [needs_captures, needs_documents]

ALL = [*ENDPOINTS, "books /pricebooks/{id}", "inventory /pricebooks/{id}"]


def names(places):
    return {re.split(r"[.\[]", place.removesuffix("[]"))[-1] for place in places} - {""}


@pytest.fixture(scope="session")
def known():
    """The keys of captured replies and of documented ones, and all words of the fact sheet."""
    found = set(property_names())
    for path in CAPTURES.glob("*.json"):
        found |= names(shape([captured(path.stem)]))
    return found | set(re.findall(r"\w+", (FACTS / "zoho-api.md").read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def findings(answers, known):
    """The keys that the simulator sends and no source has."""
    return {
        Finding(endpoint, "source", name) for endpoint in ALL for name in names(shape(answers.of(endpoint))) - known
    }


def test_every_key_has_a_source(findings):
    assert unknown(findings) == []


def test_every_known_slip_of_a_source_still_occurs(findings):
    assert stale(findings, "source") == []
