"""Data centres on one origin: an account lives in one, and only that one serves it."""

from urllib.parse import urlencode

import httpx
import pytest

from tests.support.consent_page import answers, press
from tests.support.simulator import REFRESH_TOKEN
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.simulator.config import LOCATIONS, SimulatorConfig, reconfigured

BACK = "http://localhost:8976/callback"
CLIENT = {"client_id": "1000.C", "client_secret": "s"}


def code(base):
    asked = {"client_id": "1000.C", "response_type": "code", "redirect_uri": BACK, "access_type": "offline"}
    asked["scope"] = "ZohoBooks.fullaccess.all"
    return answers(press(f"{base}/oauth/v2/auth?{urlencode(asked)}"))


def redeemed(base, text):
    form = {"grant_type": "authorization_code", **CLIENT, "redirect_uri": BACK, "code": text}
    return httpx.post(f"{base}/oauth/v2/token", data=form).json()


def refreshed(base, token=REFRESH_TOKEN):
    form = {"grant_type": "refresh_token", **CLIENT, "refresh_token": token}
    return httpx.post(f"{base}/oauth/v2/token", data=form).json()


def contacts(base, token):
    header = {"Authorization": f"Zoho-oauthtoken {token}"}
    return httpx.get(f"{base}/books/v3/contacts", params={"organization_id": ORGANIZATION_ID}, headers=header)


@pytest.mark.parametrize("asked_at", ["", "/dc/eu", "/dc/jp"])
def test_consent_anywhere_names_the_data_centre_of_the_account(make_simulator, asked_at):
    simulator = make_simulator(region="eu")
    home = f"{simulator.url}/dc/eu"

    back = code(simulator.url + asked_at)
    reply = redeemed(home, back["code"])

    assert (back["location"], back["accounts-server"]) == ("eu", home)
    assert reply["api_domain"] == home
    assert contacts(home, reply["access_token"]).status_code == 200


@pytest.mark.parametrize("error", ["invalid_client", "invalid_code"])
def test_elsewhere_neither_codes_nor_tokens_are_known_and_nothing_is_used_up(make_simulator, error):
    simulator = make_simulator(region="eu", wrong_region_error=error)
    home = f"{simulator.url}/dc/eu"
    back = code(simulator.url)

    wrong = redeemed(simulator.url, back["code"])
    right = redeemed(home, back["code"])

    assert wrong == refreshed(simulator.url, right["refresh_token"]) == refreshed(simulator.url) == {"error": error}
    assert "access_token" in refreshed(home, right["refresh_token"])
    elsewhere = contacts(simulator.url, right["access_token"])
    assert (elsewhere.status_code, elsewhere.json()["code"]) == (401, 57)


def test_serverinfo_names_every_data_centre(make_simulator):
    simulator = make_simulator(regions={"eu": "http://127.0.0.1:1/europe/"})

    found = httpx.get(f"{simulator.url}/oauth/serverinfo").json()

    assert found["result"] == "success"
    assert list(found["locations"]) == list(LOCATIONS)
    assert found["locations"]["us"] == simulator.url
    assert found["locations"]["eu"] == "http://127.0.0.1:1/europe"
    assert found["locations"]["ae"] == f"{simulator.url}/dc/ae"


def test_the_root_can_belong_to_another_data_centre(make_simulator):
    simulator = make_simulator(region="in", regions={"in": "", "us": "/america"})

    back = code(f"{simulator.url}/america")

    assert back["accounts-server"] == simulator.url
    assert redeemed(f"{simulator.url}/america", back["code"]) == {"error": "invalid_client"}
    assert redeemed(simulator.url, back["code"])["api_domain"] == simulator.url


def test_a_client_that_is_not_enabled_elsewhere_is_unknown_there(make_simulator):
    simulator = make_simulator(region="eu", multi_dc=False)
    asked = {"client_id": "1000.C", "redirect_uri": BACK, "scope": "ZohoBooks.fullaccess.all"}

    page = httpx.get(f"{simulator.url}/oauth/v2/auth", params=asked)

    assert "invalid_client" in page.text
    assert refreshed(f"{simulator.url}/dc/eu") == {"error": "invalid_client"}


def test_calls_are_counted_with_their_data_centre(make_simulator):
    simulator = make_simulator(region="eu")
    home = f"{simulator.url}/dc/eu"

    contacts(home, refreshed(home)["access_token"])

    by_path = httpx.get(f"{simulator.url}/__sim/requests").json()["by_path"]
    assert by_path == {"/dc/eu/oauth/v2/token": 1, "/dc/eu/books/v3/contacts": 1}


def test_an_unknown_data_centre_is_a_wrong_address(simulator):
    reply = httpx.get(f"{simulator.url}/dc/mars/oauth/v2/auth")

    assert (reply.status_code, reply.json()["code"]) == (404, 5)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"region": "mars"}, "region must be one of us, eu"),
        ({"client_type": "self"}, "client_type must be one of server, mobile"),
        ({"regions": {"mars": ""}}, "regions names mars"),
        ({"redirect_uris": [1]}, "redirect_uris must hold texts"),
        ({"redirect_uris": BACK}, "redirect_uris must be a tuple"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(changes, words):
    with pytest.raises(ValueError, match=words):
        reconfigured(SimulatorConfig(), changes)


def test_a_token_is_revoked_where_it_was_made_and_nowhere_else(make_simulator):
    simulator = make_simulator(region="eu")
    home = f"{simulator.url}/dc/eu"
    granted = redeemed(home, code(simulator.url)["code"])

    def revoke(base, name):
        return httpx.post(f"{base}/oauth/v2/token/revoke", params={"token": granted[name]}).status_code

    elsewhere = [revoke(simulator.url, name) for name in ("refresh_token", "access_token")]
    still = contacts(home, granted["access_token"]).status_code
    there = revoke(home, "refresh_token")

    assert (elsewhere, still, there) == ([400, 400], 200, 200)
    assert contacts(home, granted["access_token"]).status_code == 401
