"""Addresses, answers and permissions of a sign-in."""

from __future__ import annotations

import asyncio
import base64
import hashlib

import httpx
import pytest

from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, TransientError
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Direction, Product
from tsh_sync_gui.zoho.data_centres import REGIONS, answered, api_address, known_regions, of_accounts, of_location
from tsh_sync_gui.zoho.scopes import covers, missing_scopes, parse_scopes, wanted_scopes, write_scopes
from tsh_sync_gui.zoho.signin import AccountsServer, Client, code_of, is_ours, read_address, read_code, ticket

BOTH = frozenset(Product)
US, EU = REGIONS[0], REGIONS[1]
CLIENT = Client(id="1000.A", secret="hidden secret", kind="server")
LOOPBACK = known_regions("http://127.0.0.1:8123")


def asked(client=CLIENT, region=US):
    return ticket(
        client, region, ("ZohoBooks.settings.READ", "ZohoBooks.contacts.READ"), "http://localhost:8976/callback"
    )


def test_the_address_asks_for_a_lasting_sign_in_and_holds_no_secret():
    made = asked()

    url = httpx.URL(made.url)
    assert f"{url.scheme}://{url.host}{url.path}" == "https://accounts.zoho.com/oauth/v2/auth"
    assert dict(url.params) == {
        "client_id": "1000.A",
        "response_type": "code",
        "redirect_uri": "http://localhost:8976/callback",
        "scope": "ZohoBooks.settings.READ,ZohoBooks.contacts.READ",
        "state": made.state,
        "access_type": "offline",
        "prompt": "consent",
    }
    assert "hidden" not in made.url
    assert made.state not in repr(made)


def test_a_desktop_client_proves_itself_by_s256():
    made = asked(Client(id="1000.A", secret="", kind="desktop"))

    params = httpx.URL(made.url).params
    digest = base64.urlsafe_b64encode(hashlib.sha256(made.verifier.encode()).digest()).rstrip(b"=").decode()
    assert (params["code_challenge"], params["code_challenge_method"]) == (digest, "S256")
    assert 43 <= len(made.verifier) <= 128


def test_no_two_questions_share_a_state():
    assert asked().state != asked().state


def test_the_ten_regions_are_told_apart():
    assert len({region.location for region in REGIONS}) == len({region.accounts_url for region in REGIONS}) == 10
    assert [region.ending for region in REGIONS[:6]] == [".com", ".eu", ".in", ".com.au", ".jp", ".ca"]
    assert of_location("EU") is EU
    assert of_accounts("https://accounts.zoho.eu/") is EU


@pytest.mark.parametrize(
    ("answer", "location"),
    [
        ({}, "us"),
        ({"location": "eu"}, "eu"),
        ({"location": "mars"}, "us"),
        ({"location": "us", "accounts-server": "https://accounts.zoho.eu"}, "eu"),
        ({"location": "in", "accounts-server": "https://accounts.zoho.in/"}, "in"),
    ],
)
def test_the_answers_region_wins_if_it_is_one(answer, location):
    assert answered(US, answer).location == location


@pytest.mark.parametrize(
    "server",
    [
        "https://accounts.zoho.com.evil.example",
        "http://accounts.zoho.com",
        "http://127.0.0.1:80",
        "https://accounts.zoho.eu@evil.example",
        "https://accounts.zoho.eu/evil",
    ],
)
def test_a_server_that_is_not_on_the_list_is_refused(server):
    with pytest.raises(AuthorisationError):
        answered(US, {"location": "eu", "accounts-server": server})


def test_a_server_of_this_machine_serves_only_where_it_was_chosen():
    here = answered(LOOPBACK[0], {"location": "eu", "accounts-server": "http://127.0.0.1:8123/dc/eu"})

    assert (here.location, here.accounts_url) == ("eu", "http://127.0.0.1:8123/dc/eu")
    with pytest.raises(AuthorisationError):
        answered(LOOPBACK[0], {"accounts-server": "https://accounts.zoho.eu"})


def test_the_api_of_the_answer_is_taken_only_from_the_list():
    assert api_address(EU, "https://www.zohoapis.in") == "https://www.zohoapis.in"
    assert api_address(EU, "https://evil.example") == "https://www.zohoapis.eu"
    assert api_address(LOOPBACK[1], "http://127.0.0.1:8123/dc/eu") == "http://127.0.0.1:8123/dc/eu"
    assert api_address(LOOPBACK[1], "https://www.zohoapis.eu") == LOOPBACK[1].api_url


def test_what_is_asked_for_is_what_the_entities_read_and_write():
    wanted = wanted_scopes(REGISTRY, BOTH)

    assert {api.scope for entity in REGISTRY for api in entity.apis} <= set(wanted)
    assert {one.rpartition(".")[2] for one in wanted} == {"READ", "CREATE", "UPDATE"}
    for entity in REGISTRY:
        assert bool(write_scopes(entity, BOTH)) == (entity.direction is not Direction.FROM_ZOHO)
    assert not any(one.startswith("ZohoInventory") for one in wanted_scopes(REGISTRY, frozenset({Product.BOOKS})))


@pytest.mark.parametrize(
    ("granted", "is_enough"),
    [
        ("ZohoBooks.contacts.READ", True),
        ("ZohoBooks.contacts.ALL", True),
        ("zohobooks.FullAccess.all", True),
        ("ZohoBooks.contacts.CREATE", False),
        ("ZohoInventory.contacts.READ", False),
    ],
)
def test_wider_permissions_cover_narrower_ones(granted, is_enough):
    assert covers([granted], "ZohoBooks.contacts.READ") is is_enough
    assert (missing_scopes([granted], ["ZohoBooks.contacts.READ"]) == ()) is is_enough


def test_permissions_are_read_however_they_are_joined():
    assert parse_scopes("ZohoBooks.a.READ ZohoBooks.b.READ,ZohoBooks.c.READ") == {
        "ZohoBooks.a.READ",
        "ZohoBooks.b.READ",
        "ZohoBooks.c.READ",
    }


def test_states_are_compared_whole():
    assert is_ours({"state": "abc"}, "abc")
    assert not any(is_ours(answer, "abc") for answer in ({}, {"state": "ab"}, {"state": "abcd"}, {"state": "ä"}))


@pytest.mark.parametrize(
    "pasted",
    [
        "http://localhost:8976/callback?state=s&code=1000.a.b&location=eu",
        "  <http://localhost:8976/callback?code=1000.a.b&state=s#top>\n",
        "localhost:8976/callback?code=1000.a.b&state=s",
        "code=1000.a.b&state=s",
    ],
)
def test_an_address_is_read_however_it_was_copied(pasted):
    answer = read_address(pasted)

    assert (answer["code"], answer["state"]) == ("1000.a.b", "s")


def test_a_code_is_read_however_it_was_copied():
    assert read_code(' "1000.abc.def" \n') == "1000.abc.def"
    for rubbish in ("", "abc", "1000.a", "1000..b", "1000.a.b.c", "1000.a b.c"):
        with pytest.raises(ConfigurationError):
            read_code(rubbish)


def test_errors_in_an_answer_are_raised_in_words():
    with pytest.raises(AuthorisationError, match="refused at Zoho"):
        code_of({"error": "access_denied"})
    with pytest.raises(AuthorisationError, match="invalid_scope"):
        code_of({"error": "invalid_scope"})
    with pytest.raises(AuthorisationError, match="no code"):
        code_of({})


def revoking(answer):
    """Revoke a token at a server that gives *answer*."""
    server = AccountsServer(transport=httpx.MockTransport(lambda _request: answer))
    return asyncio.run(server.revoke("1000.secret.token", US))


@pytest.mark.parametrize(
    ("answer", "was_known"),
    [
        (httpx.Response(200, json={"status": "success"}), True),
        (httpx.Response(400, json={"error": "invalid_token"}), False),
        (httpx.Response(400, text="<html>bad request</html>"), False),
        (httpx.Response(200, json={"error": "invalid_code"}), False),
        (httpx.Response(200, json={"status": "failure"}), False),
    ],
)
def test_a_token_that_zoho_does_not_know_has_ended_before(answer, was_known):
    assert revoking(answer) is was_known


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(400, json={"error": "Access Denied", "error_description": "You have made too many requests"}),
        httpx.Response(503, json={"error": "later"}),
        httpx.Response(404, text="<html>no such page</html>"),
        httpx.Response(302, headers={"location": "https://portal.example/"}),
        httpx.Response(200, text="<html>welcome to our guest network</html>"),
    ],
)
def test_an_answer_that_tells_of_no_end_is_not_taken_for_one(answer):
    with pytest.raises(TransientError) as caught:
        revoking(answer)

    assert "secret" not in f"{caught.value} {caught.value.cause}"
