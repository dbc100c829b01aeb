"""Which addresses hear a secret, and where each product lives."""

from __future__ import annotations

import pytest

from tests.support.zoho import settings
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.entities.spec import Product
from tsh_sync_gui.zoho.addresses import api_base, is_loopback, product_root, secure
from tsh_sync_gui.zoho.wire import LOOPBACK_ENCODING, open_client


@pytest.mark.parametrize(
    "address", ["https://www.zohoapis.eu/", "http://127.0.0.1:8080", "http://localhost:1", "http://[::1]:2"]
)
def test_an_address_that_cannot_be_overheard_is_taken(address):
    assert secure(address, variable="ZOHO_API_BASE_URL") == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://www.zohoapis.com",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
        "https://user:secret@www.zohoapis.com",
        "https://www.zohoapis.com?x=1",
        "https://www.zohoapis.com:99999",
        "ftp://127.0.0.1",
        "www.zohoapis.com",
        "https://",
        "http://[::1",
        "",
    ],
)
def test_an_address_that_could_be_overheard_is_refused_by_its_variable(address):
    with pytest.raises(ConfigurationError, match="ZOHO_API_BASE_URL"):
        secure(address, variable="ZOHO_API_BASE_URL")


def test_both_products_have_their_own_root():
    assert product_root(Product.BOOKS, "v3") == "/books/v3"
    assert product_root(Product.INVENTORY, "v3") == "/inventory/v1"


@pytest.mark.parametrize(
    ("configured", "domain", "expected"),
    [
        ("https://www.zohoapis.com", "https://www.zohoapis.eu", "https://www.zohoapis.eu"),
        ("https://www.zohoapis.com", "", "https://www.zohoapis.com"),
        ("https://www.zohoapis.com", "https://evil.example", "https://www.zohoapis.com"),
        ("https://www.zohoapis.com", "http://www.zohoapis.eu", "https://www.zohoapis.com"),
        ("https://www.zohoapis.com", "https://www.zohoapis.eu@evil.example", "https://www.zohoapis.com"),
        ("https://www.zohoapis.com", "https://www.zohoapis.eu:8443", "https://www.zohoapis.com"),
        ("http://127.0.0.1:9000", "https://www.zohoapis.com", "http://127.0.0.1:9000"),
        ("https://gateway.example/zoho/", "https://www.zohoapis.com", "https://gateway.example/zoho"),
    ],
)
def test_a_chosen_address_stays_and_a_region_is_followed(configured, domain, expected):
    assert api_base(configured, domain) == expected


def test_loopback_is_a_number_or_localhost():
    assert is_loopback("http://127.8.9.1:80")
    assert not is_loopback("http://10.0.0.1")


def test_nothing_is_packed_on_the_way_to_this_machine():
    client = open_client(settings(api_base_url="http://127.0.0.1:9").api_base_url)

    assert client.headers["accept-encoding"] == LOOPBACK_ENCODING == "identity"
    assert client.trust_env is False
