"""The control endpoints of sign-in, and what a state file keeps of it."""

import json

import httpx
import pytest

from tests.support.consent_page import answers
from tests.support.simulator import REFRESH_TOKEN, SimulatedZoho

BACK = "http://localhost:8976/callback"
SCOPE = "ZohoBooks.contacts.READ"
ASKED = {"client_id": "1000.C", "response_type": "code", "redirect_uri": BACK, "scope": SCOPE, "access_type": "offline"}
CLIENT = {"client_id": "1000.C", "client_secret": "s"}


def signed_in(zoho, **changes):
    zoho.control("consent", {"auto": "accept"})
    code = answers(zoho.get("/oauth/v2/auth", params=ASKED | changes).headers["location"])["code"]
    form = {"grant_type": "authorization_code", **CLIENT, "redirect_uri": BACK, "code": code}
    return zoho.post("/oauth/v2/token", data=form).json()


def refreshed(zoho, token):
    return zoho.post("/oauth/v2/token", data={"grant_type": "refresh_token", **CLIENT, "refresh_token": token}).json()


def contacts(zoho, token):
    return zoho.ask("/books/v3/contacts") if token is None else _with(zoho, token)


def _with(zoho, token):
    zoho.headers["Authorization"] = f"Zoho-oauthtoken {token}"
    return zoho.ask("/books/v3/contacts")


def test_consent_can_be_given_and_denied_without_a_person(zoho):
    zoho.control("consent", {"auto": "accept", "user": 1})
    accepted = answers(zoho.get("/oauth/v2/auth", params=ASKED).headers["location"])
    zoho.control("consent", {"auto": "deny"})
    denied = answers(zoho.get("/oauth/v2/auth", params=ASKED).headers["location"])
    wrong = zoho.get("/oauth/v2/auth", params=ASKED | {"scope": "x"})
    zoho.control("consent", {"auto": "off"})
    page = zoho.get("/oauth/v2/auth", params=ASKED)

    assert "code" in accepted
    assert denied == {"error": "access_denied"}
    assert (wrong.status_code, page.status_code) == (400, 200)
    assert zoho.get("/__sim/oauth").json()["user"] == 1


@pytest.mark.parametrize(("minutes", "lives"), [(3, 179), (10, 599)])
def test_a_self_clients_code_lives_as_long_as_asked_and_needs_no_redirect_uri(zoho, minutes, lives):
    made = [zoho.control("self_client", {"scope": SCOPE, "minutes": minutes})["code"] for _ in range(2)]
    form = {"grant_type": "authorization_code", **CLIENT}

    zoho.control("clock", {"advance_seconds": lives})
    in_time = zoho.post("/oauth/v2/token", data=form | {"code": made[0]}).json()
    again = zoho.post("/oauth/v2/token", data=form | {"code": made[0]}).json()
    zoho.control("clock", {"advance_seconds": 2})
    late = zoho.post("/oauth/v2/token", data=form | {"code": made[1]}).json()

    assert "refresh_token" in in_time
    assert in_time["scope"] == SCOPE
    assert again == late == {"error": "invalid_code"}


def test_a_self_clients_code_can_be_made_by_a_person(zoho):
    page = zoho.get("/dc/eu/console", follow_redirects=True)
    made = zoho.post("/__sim/self_client", data={"scope": SCOPE, "minutes": "5"})
    wrong = zoho.post("/__sim/self_client", data={"scope": "ZohoBooks.items.READ", "minutes": "5"})

    assert "generate code" in page.text
    assert '<code id="code">1000.' in made.text
    assert (wrong.status_code, "Enter a valid scope" in wrong.text) == (400, True)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("consent", {"auto": "maybe"}, "auto must be one of off, accept, deny"),
        ("consent", {"user": 7}, "user must be 0 to 1"),
        ("self_client", {"scope": SCOPE, "minutes": 11}, "minutes must be 3 to 10"),
        ("self_client", {"scope": SCOPE, "minutes": "3"}, "minutes must be a whole number"),
        ("self_client", {"scope": ""}, "Enter a valid scope"),
        ("self_client", {"scope": SCOPE, "user": 2}, "user must be 0 to 1"),
        ("revoke", {"token": "nonsense"}, "there is no such token"),
    ],
)
def test_wrong_orders_are_refused_in_words(zoho, name, body, words):
    reply = zoho.post(f"/__sim/{name}", json=body)

    assert reply.status_code == 400
    assert words in reply.json()["error"]


def test_access_tokens_can_end_at_once_and_new_ones_work(zoho):
    old = zoho.headers["Authorization"].split()[1]

    ended = zoho.control("expire_tokens")
    dead = contacts(zoho, old)
    fresh = contacts(zoho, refreshed(zoho, REFRESH_TOKEN)["access_token"])

    assert ended == {"expired": 1}
    assert (dead.status_code, fresh.status_code) == (401, 200)


def test_the_person_can_remove_the_application_in_mid_run(zoho):
    mine = signed_in(zoho)

    assert zoho.control("revoke")["revoked"] >= 2

    assert contacts(zoho, mine["access_token"]).status_code == 401
    assert refreshed(zoho, mine["refresh_token"]) == refreshed(zoho, REFRESH_TOKEN) == {"error": "invalid_code"}
    assert "refresh_token" in signed_in(zoho)


def test_one_token_can_be_revoked_alone(zoho):
    mine = signed_in(zoho)

    assert zoho.control("revoke", {"token": mine["refresh_token"]}) == {"revoked": 1}

    assert refreshed(zoho, mine["refresh_token"]) == {"error": "invalid_code"}
    assert "access_token" in refreshed(zoho, REFRESH_TOKEN)


def test_the_state_of_sign_ins_can_be_seen_without_any_secret(make_simulator):
    with SimulatedZoho(make_simulator(token_refreshes=2)) as zoho:
        mine = signed_in(zoho)
        for _ in range(3):
            refreshed(zoho, mine["refresh_token"])
        state = zoho.get("/__sim/oauth").json()
        requests = zoho.requests()
        zoho.control("reset")
        after = zoho.get("/__sim/oauth").json()

    assert {
        "refreshes": 3,
        "throttled": 1,
        "codes_issued": 1,
        "codes_redeemed": 1,
        "accepted": 1,
    }.items() <= state.items()
    assert (state["refresh_tokens"], state["access_tokens"], state["refused"]) == (2, 4, 1)
    assert state["grants"][0] | {"scope": SCOPE} == state["grants"][0]
    text = json.dumps(state)
    assert not any(str(value) in text for key, value in mine.items() if key.endswith("token"))
    assert requests["total"] == 0
    assert (after["refreshes"], after["refresh_tokens"]) == (0, 2)


def test_grants_tokens_and_revocations_outlive_a_restart(make_simulator, tmp_path):
    kept = {"state_file": tmp_path / "state.jsonl", "most_access_tokens": 3}
    with SimulatedZoho(make_simulator(**kept)) as zoho:
        mine, gone = signed_in(zoho), signed_in(zoho, prompt="consent")
        pushed_out = mine["access_token"]
        last = [refreshed(zoho, mine["refresh_token"])["access_token"] for _ in range(3)][-1]
        zoho.control("revoke", {"token": gone["refresh_token"]})

    with SimulatedZoho(make_simulator(**kept)) as zoho:
        answers_of = [contacts(zoho, token).status_code for token in (last, pushed_out, gone["access_token"])]
        zoho.headers["Authorization"] = f"Zoho-oauthtoken {last}"
        other_module = zoho.ask("/books/v3/invoices").status_code
        second_consent = signed_in(zoho)
        refused = refreshed(zoho, gone["refresh_token"])
        zoho.control("expire_tokens")

    with SimulatedZoho(make_simulator(**kept)) as zoho:
        ended = contacts(zoho, last).status_code
        again = refreshed(zoho, mine["refresh_token"])

    assert answers_of == [200, 401, 401]
    assert other_module == 401
    assert "refresh_token" not in second_consent
    assert refused == {"error": "invalid_code"}
    assert (ended, again["scope"]) == (401, SCOPE)


def test_a_state_file_of_an_earlier_version_is_still_read(make_simulator, tmp_path):
    state = tmp_path / "state.jsonl"
    state.write_text(
        '{"op": "grant", "key": "k", "scope": "ZohoBooks.contacts.READ"}\n{"op": "revoke", "token": "t"}\n'
    )

    with httpx.Client(base_url=make_simulator(state_file=state).url) as client:
        found = client.get("/__sim/oauth").json()

    assert found["grants"][0]["scope"] == SCOPE
