"""What a setting's value must look like."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.setting_checks import has_password, passwords_in, without_password
from tsh_sync_gui.core.settings import find, validated


def fault(field, text):
    with pytest.raises(ConfigurationError) as caught:
        validated({field: text})
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("postgresql://host:99999/x", "a port from 1 to 65,535 (not 99999)"),
        ("postgresql://host:0/x", "a port from 1 to 65,535"),
        ("postgresql://a:1,b:many/x", "a port from 1 to 65,535."),
        ("postgresql://amal:sara/1@host/x", "%2F"),
        ("postgresql://amal:12/sara@host/x", "%2F"),
        ("postgresql://amal:1@sara@host/x", "%40"),
        ("postgresql://amal:sara?1@host/x", "a port from 1 to 65,535."),
        ("mysql://host/x", "postgresql://"),
        ("host=db user=sara", "postgresql://"),
        ("postgresql://sara:two words@host/x", "%20"),
    ],
)
def test_a_bad_database_address_is_told_without_quoting_it(text, words):
    told = fault("database_url", text)

    assert words in told
    assert "TSH_DATABASE_URL" in told
    assert "sara" not in told


@pytest.mark.parametrize(
    "text",
    [
        "",
        "postgresql://host/x",
        "postgresql://sara:pw@[::1]:5432/x?sslmode=require",
        "postgresql:///x?host=/run/postgresql",
        "postgres://a:5432,b:5433/x",
        "postgresql+psycopg://u:p%40%2F@h/x",
    ],
)
def test_good_database_addresses_are_taken(text):
    assert validated({"database_url": text}).database_url.get_secret_value() == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("http://", "https://"),
        ("https://", "the name of a host"),
        ("https://bad host", "the name of a host"),
        ("http://zoho.com", "http:// only for 127.0.0.1"),
        ("https://zoho.com:70000", "a port from 1 to 65,535"),
        ("https://me:pw@zoho.com", "without a user or password"),
        ("https://zoho.com?x=1", "without ?"),
        ("https://[::1", "https://"),
        ("ftp://zoho.com", "https://"),
    ],
)
def test_a_bad_web_address_is_told(text, words):
    assert words in fault("api_base_url", text)


@pytest.mark.parametrize(
    "text", ["https://www.zohoapis.eu/", "http://127.0.0.1:8000", "http://[::1]:80", "https://a.b:1"]
)
def test_good_web_addresses_are_taken_without_their_last_stroke(text):
    assert validated({"api_base_url": text}).api_base_url == text.rstrip("/")


@pytest.mark.parametrize("text", ["short", "a" * 51, "with space 123456", "sign-s-123456"])
def test_a_webhook_secret_that_zoho_would_refuse_is_refused(text):
    assert "12 to 50 letters and digits" in fault("webhook_secret", text)


def test_a_password_is_found_wherever_libpq_takes_one():
    address = "postgresql://sara:ge%40heim@db/tsh?sslmode=require&password=zwei&sslpassword=drei"

    assert has_password(address)
    assert without_password(address) == "postgresql://sara@db/tsh?sslmode=require"
    assert without_password(address, "••••") == (
        "postgresql://sara:••••@db/tsh?sslmode=require&password=••••&sslpassword=••••"
    )
    assert set(passwords_in(address)) == {"ge%40heim", "ge@heim", "zwei", "drei"}
    assert not has_password("postgresql://sara@db:5432/tsh?passfile=/x")


@given(st.text(st.characters(codec="ascii", categories=("L", "N"), include_characters="%@:/?&=-._"), max_size=40))
def test_without_password_never_fails_and_leaves_none(text):
    assert not has_password(without_password(f"postgresql://{text}"))


def test_a_limit_at_which_zoho_blocks_is_allowed_with_a_word():
    assert find("per_minute").caution("101").startswith("Zoho blocks")
    assert find("per_minute").caution("100") == ""
