"""Sign-in: consent, codes, refresh, throttle, revocation, scopes."""

from collections import Counter
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support.simulator import REFRESH_TOKEN, SimulatedZoho
from tsh_sync_gui.simulator import (
    ORGANIZATION_ID,
    STRICT_CLIENT_ID,
    STRICT_CLIENT_SECRET,
    STRICT_REFRESH_TOKEN,
    SimulatorConfig,
)

TOKEN = "/oauth/v2/token"
CLIENT = {"client_id": "1000.C", "client_secret": "s"}
BACK = "http://127.0.0.1:1/back"


def refresh(zoho, token=REFRESH_TOKEN, **changes):
    return zoho.post(TOKEN, data={"grant_type": "refresh_token", **CLIENT, "refresh_token": token, **changes})


def code_for(zoho, scope, **more):
    consent = {
        "client_id": "1000.C",
        "response_type": "code",
        "redirect_uri": BACK,
        "scope": scope,
    }
    page = zoho.get("/oauth/v2/auth", params={**consent, **more})
    assert "Accept" in page.text
    assert "Deny" in page.text
    return zoho.post("/oauth/v2/auth", data={**consent, **more, "decision": "allow"}).headers["location"]


def redeem(zoho, location):
    code = parse_qs(urlsplit(location).query)["code"][0]
    asked = {"grant_type": "authorization_code", **CLIENT, "redirect_uri": BACK, "code": code}
    return zoho.post(TOKEN, params=asked).json()


def test_a_refresh_answers_with_its_own_origin_and_no_refresh_token(zoho, simulator):
    reply = refresh(zoho)

    assert reply.json().keys() == {"access_token", "scope", "api_domain", "token_type", "expires_in"}
    assert reply.json()["api_domain"] == simulator.url
    assert reply.json()["expires_in"] == 3600


@pytest.mark.parametrize("token", ["", "nonsense", "1000.two"])
def test_a_token_that_is_none_gets_status_200_and_an_error(zoho, token):
    reply = refresh(zoho, token)

    assert (reply.status_code, reply.json()) == (200, {"error": "invalid_code"})


def test_json_bodies_and_get_are_refused(zoho):
    body = {"grant_type": "refresh_token", **CLIENT, "refresh_token": REFRESH_TOKEN}

    assert zoho.post(TOKEN, json=body).json() == {"error": "invalid_client"}
    assert zoho.get(TOKEN, params=body).status_code == 500


def test_the_eleventh_refresh_in_ten_minutes_is_refused_until_the_clock_moves_on(make_simulator):
    with SimulatedZoho(make_simulator(token_refreshes=10)) as zoho:
        for _ in range(9):
            assert "access_token" in refresh(zoho).json()

        refused = refresh(zoho)
        zoho.control("clock", {"advance_seconds": 601})

        assert refused.status_code == 400
        assert refused.json()["error"] == "Access Denied"
        assert "access_token" in refresh(zoho).json()


def test_consent_leads_back_with_a_code_that_works_once(zoho, simulator):
    location = code_for(zoho, "ZohoBooks.fullaccess.all", state="xyz", access_type="offline")
    query = parse_qs(urlsplit(location).query)

    first = redeem(zoho, location)

    assert (query["state"], query["location"], query["accounts-server"]) == (["xyz"], ["us"], [simulator.url])
    assert "refresh_token" in first
    assert redeem(zoho, location) == {"error": "invalid_code"}


def test_a_code_is_dead_after_two_minutes(zoho):
    location = code_for(zoho, "ZohoBooks.fullaccess.all")

    zoho.control("clock", {"advance_seconds": 121})

    assert redeem(zoho, location) == {"error": "invalid_code"}


def test_denial_leads_back_with_an_error(zoho):
    reply = zoho.post("/oauth/v2/auth", data={"redirect_uri": "http://127.0.0.1:1/b", "state": "s", "decision": "deny"})

    assert parse_qs(urlsplit(reply.headers["location"]).query) == {"state": ["s"], "error": ["access_denied"]}


def test_online_consent_gives_no_refresh_token(zoho):
    assert "refresh_token" not in redeem(zoho, code_for(zoho, "ZohoBooks.fullaccess.all"))


def test_a_missing_scope_is_401_with_code_57(zoho):
    granted = redeem(zoho, code_for(zoho, "ZohoBooks.contacts.READ,ZohoInventory.items.ALL", access_type="offline"))
    zoho.headers["Authorization"] = f"Zoho-oauthtoken {granted['access_token']}"

    assert zoho.ask("/books/v3/contacts").status_code == 200
    assert zoho.ask("/inventory/v1/items").status_code == 200
    assert (zoho.ask("/books/v3/invoices").status_code, zoho.ask("/books/v3/invoices").json()["code"]) == (401, 57)


def test_an_access_token_dies_after_its_hour(zoho):
    zoho.control("clock", {"advance_seconds": 3601})

    reply = zoho.ask("/books/v3/contacts")

    assert (reply.status_code, reply.json()["code"]) == (401, 57)


def test_no_token_is_code_14_and_a_bearer_word_code_57(zoho, simulator):
    params = {"organization_id": ORGANIZATION_ID}
    none = httpx.get(f"{simulator.url}/books/v3/contacts", params=params)
    token = zoho.headers["Authorization"].split()[1]
    bearer = httpx.get(
        f"{simulator.url}/books/v3/contacts", params=params, headers={"Authorization": f"Bearer {token}"}
    )

    assert (none.status_code, none.json()["code"]) == (401, 14)
    assert (bearer.status_code, bearer.json()["code"]) == (401, 57)


def test_revoking_a_refresh_token_kills_its_access_tokens(zoho):
    assert zoho.post("/oauth/v2/token/revoke", params={"token": REFRESH_TOKEN}).json() == {"status": "success"}

    assert refresh(zoho).json() == {"error": "invalid_code"}
    assert zoho.ask("/books/v3/contacts").status_code == 401
    assert zoho.post("/oauth/v2/token/revoke", params={"token": REFRESH_TOKEN}).status_code == 400


def test_strict_takes_only_its_own_client_and_tokens(make_simulator):
    right = {"client_id": STRICT_CLIENT_ID, "client_secret": STRICT_CLIENT_SECRET}
    with httpx.Client(base_url=make_simulator(strict=True).url) as client:
        wrong_client = refresh(client, STRICT_REFRESH_TOKEN).json()
        wrong_secret = refresh(client, STRICT_REFRESH_TOKEN, client_id=STRICT_CLIENT_ID).json()
        wrong_token = refresh(client, **right).json()
        taken = refresh(client, STRICT_REFRESH_TOKEN, **right).json()

    assert [wrong_client, wrong_secret, wrong_token] == [
        {"error": "invalid_client"},
        {"error": "invalid_client_secret"},
        {"error": "invalid_code"},
    ]
    assert "access_token" in taken
    assert SimulatorConfig().refresh_token == STRICT_REFRESH_TOKEN


def test_a_secret_has_to_be_sent_unless_the_client_is_a_mobile_one(make_simulator):
    with SimulatedZoho(make_simulator()) as zoho:
        server = refresh(zoho, client_secret="").json()
        zoho.control("config", {"client_type": "mobile"})
        mobile = refresh(zoho, client_secret="").json()

    assert server == {"error": "invalid_client_secret"}
    assert "access_token" in mobile


def test_the_sixteenth_access_token_ends_the_first_without_a_word(make_simulator):
    with SimulatedZoho(make_simulator(most_access_tokens=15)) as zoho:
        first = zoho.headers["Authorization"]
        made = [refresh(zoho).json()["access_token"] for _ in range(15)]

        answers = Counter()
        for token in (first.split()[1], *made):
            zoho.headers["Authorization"] = f"Zoho-oauthtoken {token}"
            answers[token] = zoho.ask("/books/v3/contacts").status_code

    assert [answers[token] for token in (first.split()[1], made[0], made[-1])] == [401, 200, 200]


def test_tokens_that_have_ended_do_not_push_living_ones_out(make_simulator):
    with SimulatedZoho(make_simulator(most_access_tokens=2)) as zoho:
        zoho.control("clock", {"advance_seconds": 3000})
        living = refresh(zoho).json()["access_token"]
        zoho.control("clock", {"advance_seconds": 1000})
        refresh(zoho)
        zoho.headers["Authorization"] = f"Zoho-oauthtoken {living}"

        assert zoho.ask("/books/v3/contacts").status_code == 200


def test_the_twenty_first_refresh_token_of_a_user_ends_the_first(zoho):
    given = [
        redeem(zoho, code_for(zoho, "ZohoBooks.settings.READ", access_type="offline", prompt="consent"))
        for _ in range(21)
    ]

    first, second = (refresh(zoho, one["refresh_token"]).json() for one in given[:2])
    zoho.headers["Authorization"] = f"Zoho-oauthtoken {given[0]['access_token']}"

    assert first == {"error": "invalid_code"}
    assert "access_token" in second
    assert zoho.ask("/books/v3/items").status_code == 401


def test_revoking_an_access_token_leaves_its_refresh_token_alone(zoho):
    token = zoho.headers["Authorization"].split()[1]

    revoked = zoho.post("/oauth/v2/token/revoke", data={"token": token})

    assert revoked.json() == {"status": "success"}
    assert zoho.ask("/books/v3/contacts").status_code == 401
    assert "access_token" in refresh(zoho).json()


def test_an_access_token_is_no_refresh_token(zoho):
    assert refresh(zoho, zoho.headers["Authorization"].split()[1]).json() == {"error": "invalid_code"}
