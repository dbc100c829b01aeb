"""Consent as a person and an application meet it: page, redirects, codes, PKCE."""

import base64
import hashlib
from urllib.parse import urlencode

import httpx
import pytest

from tests.support.consent_page import answers, press, read
from tsh_sync_gui.simulator import STRICT_CLIENT_ID, STRICT_REDIRECT_URIS

BACK = "http://localhost:8976/callback"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
ASKED = {
    "client_id": "1000.C",
    "response_type": "code",
    "redirect_uri": BACK,
    "scope": "ZohoBooks.settings.READ,ZohoInventory.salesorders.ALL",
    "access_type": "offline",
    "state": 'x<>"&ü',
}


def address(simulator, **changes):
    return f"{simulator.url}/oauth/v2/auth?{urlencode(ASKED | changes)}"


def redeemed(simulator, code, **changes):
    form = {"grant_type": "authorization_code", "client_id": "1000.C", "client_secret": "s", "redirect_uri": BACK}
    form |= {"code": code, **changes}
    return httpx.post(f"{simulator.url}/oauth/v2/token", data={k: v for k, v in form.items() if v is not None}).json()


def code(simulator, **changes):
    return answers(press(address(simulator, **changes)))["code"]


def test_the_page_tells_who_asks_for_what_and_where_it_leads(simulator):
    page = read(address(simulator))

    for words in ("TSH Sync", "1000.C", "Zoho Books", "Sales orders: read and write", "Accept", "Deny", BACK):
        assert words in page.text
    assert "TSH Trading" in page.text
    assert page.users == ["0", "1"]


def test_accept_leads_back_with_code_region_and_the_very_state(simulator):
    location = press(address(simulator))

    assert location.startswith(f"{BACK}?")
    assert answers(location) | {"code": ""} == {
        "code": "",
        "location": "us",
        "accounts-server": simulator.url,
        "state": ASKED["state"],
    }


def test_deny_leads_back_with_an_error_and_the_state(simulator):
    assert answers(press(address(simulator), "deny")) == {"error": "access_denied", "state": ASKED["state"]}


def test_a_redirect_uri_with_a_query_keeps_it(simulator):
    location = press(address(simulator, redirect_uri=f"{BACK}?a=1"))

    assert answers(location)["a"] == "1"
    assert "code" in answers(location)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": ""}, "invalid_client"),
        ({"redirect_uri": "nonsense"}, "invalid_redirect_uri"),
        ({"redirect_uri": ""}, "invalid_redirect_uri"),
        ({"redirect_uri": f"{BACK}\r\nSet-Cookie: a=b"}, "invalid_redirect_uri"),
        ({"scope": "ZohoBooks.items.READ"}, "Enter a valid scope"),
        ({"scope": "ZohoBooks.settings"}, "Enter a valid scope"),
        ({"scope": "ZohoInventory.items.WRITE"}, "Enter a valid scope"),
        ({"scope": ""}, "Enter a valid scope"),
        ({"response_type": "token"}, "invalid_response_type"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_code_challenge"),
        ({"code_challenge": CHALLENGE, "code_challenge_method": "plain"}, "invalid_code_challenge"),
    ],
)
def test_what_is_wrong_with_the_request_is_a_page_and_no_redirect(simulator, changes, words):
    asked = httpx.get(address(simulator, **changes))
    forced = httpx.post(f"{simulator.url}/oauth/v2/auth", data=ASKED | changes | {"decision": "allow"})

    for reply in (asked, forced):
        assert reply.status_code == 400
        assert words in reply.text
        assert "location" not in reply.headers


@pytest.mark.parametrize("wrong", [BACK + "/", BACK.replace("8976", "8977"), BACK.replace("localhost", "127.0.0.1")])
def test_a_registered_redirect_uri_is_compared_to_the_letter(make_simulator, wrong):
    simulator = make_simulator(redirect_uris=(BACK,))

    refused = httpx.get(address(simulator, redirect_uri=wrong))

    assert (refused.status_code, "invalid_redirect_uri" in refused.text, BACK in refused.text) == (400, True, True)
    assert "code" in answers(press(address(simulator)))


def test_strict_knows_its_client_and_its_redirect_uris_only(make_simulator):
    simulator = make_simulator(strict=True)
    foreign = httpx.get(address(simulator))
    elsewhere = httpx.get(address(simulator, client_id=STRICT_CLIENT_ID, redirect_uri="http://localhost:1/callback"))

    assert "invalid_client" in foreign.text
    assert "invalid_redirect_uri" in elsewhere.text
    for uri in STRICT_REDIRECT_URIS:
        assert "code" in answers(press(address(simulator, client_id=STRICT_CLIENT_ID, redirect_uri=uri)))


@pytest.mark.parametrize("sent", [None, "", BACK + "/"])
def test_a_code_wants_the_redirect_uri_of_its_consent(simulator, sent):
    made = code(simulator)

    assert redeemed(simulator, made, redirect_uri=sent) == {"error": "invalid_redirect_uri"}
    assert "refresh_token" in redeemed(simulator, made)


def test_a_code_belongs_to_its_client(simulator):
    assert redeemed(simulator, code(simulator), client_id="1000.D") == {"error": "invalid_code"}


def test_a_refresh_token_comes_with_the_first_offline_consent_or_when_asked_for_again(simulator):
    online = redeemed(simulator, code(simulator, access_type="online"))
    first = redeemed(simulator, code(simulator))
    second = redeemed(simulator, code(simulator))
    other_user = redeemed(simulator, answers(press(address(simulator), user=1))["code"])
    asked_for = redeemed(simulator, code(simulator, prompt="consent"))

    had = ["refresh_token" in reply for reply in (online, first, second, other_user, asked_for)]
    assert had == [False, True, False, True, True]
    assert first["refresh_token"] != asked_for["refresh_token"]


def test_after_a_revocation_the_next_offline_consent_is_a_first_one(simulator):
    first = redeemed(simulator, code(simulator))
    httpx.post(f"{simulator.url}/oauth/v2/token/revoke", params={"token": first["refresh_token"]})

    assert "refresh_token" in redeemed(simulator, code(simulator))


@pytest.mark.parametrize(("verifier", "works"), [(VERIFIER, True), ("w" * 43, False), (None, False)])
def test_a_challenge_is_verified_where_it_was_sent(simulator, verifier, works):
    reply = redeemed(simulator, code(simulator, **PKCE), code_verifier=verifier)

    assert ("access_token" in reply) is works
    assert works or reply == {"error": "invalid_code"}


def test_a_mobile_client_has_to_send_a_challenge_and_needs_no_secret(make_simulator):
    simulator = make_simulator(client_type="mobile")

    refused = httpx.get(address(simulator))
    reply = redeemed(simulator, code(simulator, **PKCE), client_secret=None, code_verifier=VERIFIER)

    assert "invalid_code_challenge" in refused.text
    assert "access_token" in reply


def test_the_eleventh_code_in_ten_minutes_is_denied_until_the_clock_moves_on(make_simulator):
    simulator = make_simulator(codes_per_client=10)
    given = [answers(press(address(simulator))) for _ in range(11)]
    other = answers(press(address(simulator, client_id="1000.D")))
    httpx.post(f"{simulator.url}/__sim/clock", json={"advance_seconds": 601})

    assert ["code" in one for one in given] == [True] * 10 + [False]
    assert given[-1]["error"] == "access_denied"
    assert "code" in other
    assert "code" in answers(press(address(simulator)))


@pytest.mark.parametrize("text", ["", "nonsense", "1000.0.0", f"1000.{'a' * 32}.{'b' * 32}"])
def test_a_code_that_nobody_was_given_is_refused(simulator, text):
    assert redeemed(simulator, text) == {"error": "invalid_code"}
