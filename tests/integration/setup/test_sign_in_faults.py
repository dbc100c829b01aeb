"""Everything that goes wrong with a sign-in has a sentence of its own; the simulator plays it over real HTTP."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest

from tests.support.setups import (
    BOTH,
    CLIENT_ID,
    CLIENT_SECRET,
    at_zoho,
    connected,
    consent,
    control,
    facts,
    opened,
    secrets_of,
    signed_in,
    with_app,
)
from tests.support.stores import eventually
from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, NoVaultError, SyncError, TransientError
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.simulator.config import STRICT_CLIENT_ID

pytestmark = pytest.mark.asyncio


async def landed_address(simulator, url, auto="accept"):
    """Return where the browser is sent, without going there."""
    control(simulator, "consent", {"auto": auto})
    async with httpx.AsyncClient() as http:
        return (await http.get(url)).headers["location"]


async def failure(work):
    """Return the error of *work*, which must be one of ours in words."""
    with pytest.raises(SyncError) as caught:
        await work
    assert caught.value.title
    assert caught.value.advice
    return caught.value


async def test_an_app_that_its_region_does_not_know_names_both_regions(vaulted, url, make_simulator):
    simulator = make_simulator(region="eu")
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        landed = await landed_address(simulator, attempt.url)
        control(simulator, "config", {"multi_dc": False})

        error = await failure(setup.finish_with_address(landed))

    assert error.title == "This account lives in another Zoho region"
    assert error.advice.startswith("You chose .com; Zoho answered from .eu")
    assert "refresh_token" not in secrets_of(vaulted)


async def test_a_region_that_the_environment_fixes_is_named_and_the_sign_in_kept(vaulted, url, make_simulator):
    simulator = make_simulator(region="eu")
    overrides = {"accounts_url": simulator.url, "api_base_url": simulator.url}
    async with opened(vaulted, overrides=overrides) as setup:
        await setup.choose_database(url, lambda _words: None)
        await setup.keep_app(CLIENT_ID, CLIENT_SECRET, client_type="server", location="us", products=BOTH)

        error = await failure(signed_in(setup, simulator))

    assert error.title == "This account lives in another Zoho region"
    assert f"ZOHO_ACCOUNTS_URL to {simulator.url}/dc/eu" in error.advice
    assert "refresh_token" in secrets_of(vaulted)


async def test_an_expired_code_is_named(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        landed = await landed_address(simulator, attempt.url)
        control(simulator, "clock", {"advance_seconds": 121})

        error = await failure(setup.finish_with_address(landed))

    assert error.title == "That code is no longer valid"
    assert error.advice.startswith("Codes last a few minutes and work once.")


async def test_a_code_works_once(vaulted, url, simulator):
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url, client_type="self")
        await setup.finish_with_code(code)
        kept = secrets_of(vaulted)

        error = await failure(setup.finish_with_code(code))

    assert error.title == "That code is no longer valid"
    assert secrets_of(vaulted) == kept


async def test_a_return_address_that_is_not_registered_never_comes_back(vaulted, url, make_simulator):
    simulator = make_simulator(redirect_uris=("http://localhost:1/other",))
    async with opened(vaulted, browser_seconds=0.5) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        page = await consent(simulator, attempt.url)

        error = await failure(setup.await_browser())

    assert page.status_code >= 400
    assert error.title == "The browser has not come back from Zoho"
    assert attempt.redirect_uri in error.advice


async def test_an_unknown_client_id_is_named(vaulted, url, make_simulator):
    simulator = make_simulator(strict=True)
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)

        error = await failure(setup.finish_with_code("1000.aaaa.bbbb"))
        nowhere = await failure(setup.find_data_centre(CLIENT_ID, CLIENT_SECRET))

    assert error.title == "Zoho does not know this client id"
    assert nowhere.title == "No Zoho region knows this client id"


async def test_a_secret_in_the_place_of_the_client_id_is_sent_to_no_region(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await at_zoho(setup, simulator, url)
        before = facts(simulator)["refused"]

        error = await failure(setup.find_data_centre(CLIENT_SECRET, CLIENT_ID))

    assert error.title == "Client id is not right"
    assert "looks like the client secret" in error.advice
    assert facts(simulator)["refused"] == before


async def test_a_wrong_client_secret_is_named(vaulted, url, make_simulator):
    simulator = make_simulator(strict=True)
    async with opened(vaulted) as setup:
        await at_zoho(setup, simulator, url)
        await setup.keep_app(STRICT_CLIENT_ID, "0" * 42, client_type="server", location="us", products=BOTH)

        error = await failure(setup.finish_with_code("1000.aaaa.bbbb"))
        asked = await failure(setup.find_data_centre(STRICT_CLIENT_ID, "0" * 42))

    assert error.title == asked.title == "Zoho refuses the client secret"


async def test_a_denied_consent_is_no_failure_of_the_program(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())

        page = await consent(simulator, attempt.url, auto="deny")
        error = await failure(waiting)

    assert "Sign-in was refused" in page.text
    assert error.title == "Sign-in was refused at Zoho"
    assert error.advice.startswith("Nothing was changed.")


async def test_zohos_throttle_says_for_how_long(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        control(simulator, "config", {"token_refreshes": 0})
        control(simulator, "expire_tokens")

        with pytest.raises(TransientError) as caught:
            await setup.organizations()
        health = await setup.health()

    assert caught.value.title == "Zoho is limiting sign-ins for 10 min"
    assert caught.value.advice == "Another program may share these credentials."
    assert health.words.startswith("Zoho is limiting sign-ins for")


async def test_a_missing_permission_is_named_and_can_be_asked_for(vaulted, url, simulator):
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ,ZohoInventory.items.READ"})["code"]
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url, client_type="self")
        await setup.finish_with_code(code)
        await setup.choose_organization(ORGANIZATION_ID)

        lines = {line.entity: line async for line in setup.checks()}
        attempt = await setup.begin_sign_in(extra_scopes=frozenset({lines["invoices"].missing_scope}))

    assert lines["products"].may_read
    assert not lines["invoices"].may_read
    assert lines["invoices"].missing_scope == "ZohoBooks.invoices.READ"
    assert lines["invoices"].problem == "Not allowed to read invoices"
    assert "Zoho Books" in lines["invoices"].advice
    assert lines["sales_orders"].may_write is False
    assert "ZohoBooks.invoices.READ" in httpx.URL(attempt.url).params["scope"].split(",")


async def test_an_organization_of_another_user_cannot_be_chosen(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())
        await consent(simulator, attempt.url, user=1)
        await waiting

        seen = await setup.organizations()
        error = await failure(setup.choose_organization(ORGANIZATION_ID))

    assert ORGANIZATION_ID not in {one.id for one in seen}
    assert error.title == f"The sign-in does not see organization {ORGANIZATION_ID}"
    assert seen[0].name in error.advice


async def test_an_organization_other_than_the_databases_is_refused_by_name(vaulted, url, make_simulator):
    simulator = make_simulator(organizations=3)
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        await (await setup.ground.wiring()).ledger.bind_organization(
            await (await setup.ground.wiring()).service.check_connection()
        )

        choices = await setup.organizations()
        error = await failure(setup.choose_organization(choices[1].id))

    assert [one.is_chosen for one in choices] == [True, False, False]
    assert choices[0].refusal == ""
    assert choices[1].refusal.startswith("This database mirrors TSH Trading (748369814)")
    assert isinstance(error, ConfigurationError)


async def test_a_taken_port_makes_way_for_the_next_and_all_taken_are_named(vaulted, url, simulator):
    with socket.create_server(("127.0.0.1", 0)) as first, socket.create_server(("127.0.0.1", 0)) as second:
        taken, also, free = first.getsockname()[1], second.getsockname()[1], 0
        async with opened(vaulted, ports=(taken, free)) as setup:
            await with_app(setup, simulator, url)
            attempt = await setup.begin_sign_in()
        async with opened(vaulted, ports=(taken, also)) as setup:
            error = await failure(setup.begin_sign_in())

    assert f":{taken}/" not in attempt.redirect_uri
    assert error.title == f"The ports for the way back from Zoho are taken ({taken}, {also})"


async def test_a_browser_that_never_comes_back_is_waited_for_so_long_only(vaulted, url, simulator):
    async with opened(vaulted, browser_seconds=0.2) as setup:
        await with_app(setup, simulator, url)
        await setup.begin_sign_in()

        error = await failure(setup.await_browser())

    assert error.title == "The browser has not come back from Zoho"


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        ("", "Paste the whole address"),
        ("hello", "Paste the whole address"),
        ("http://localhost:8976/callback", "Paste the whole address"),
        ("1000.abc.def", "looks like a self-client code"),
        ("\x00?=&&%ff", "Paste the whole address"),
    ],
)
async def test_pasted_rubbish_is_told_from_an_address(vaulted, url, simulator, pasted, words):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()

        error = await failure(setup.finish_with_address(pasted))
        result = await setup.finish_with_address(await landed_address(simulator, attempt.url))

    assert error.title == "That is not the address of a finished sign-in"
    assert words in error.advice
    assert result.location == "us"


async def test_an_address_is_no_code(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)

        error = await failure(setup.finish_with_code("http://localhost:8976/callback?code=1000.a.b"))

    assert error.title == "That is not a self-client code"


async def test_the_address_of_another_sign_in_is_refused_and_the_wait_goes_on(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        former = await landed_address(simulator, (await setup.begin_sign_in()).url)
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())

        error = await failure(setup.finish_with_address(former))
        async with httpx.AsyncClient() as http:
            stray = await http.get(attempt.redirect_uri, params={"state": "x", "code": "1000.a.b"})
        await consent(simulator, attempt.url)
        result = await waiting

    assert error.title == "That address belongs to another sign-in"
    assert stray.status_code == 400
    assert result.location == "us"


async def test_a_sign_in_that_was_called_off_is_over_for_all_who_wait(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())
        await asyncio.sleep(0)

        await setup.cancel_sign_in()
        error = await failure(waiting)

    assert isinstance(error, AuthorisationError)


async def test_without_a_place_for_secrets_no_browser_opens(tmp_path, url, simulator):
    overrides = {
        "accounts_url": simulator.url,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "database_url": url,
    }
    async with opened(tmp_path, overrides=overrides) as setup:
        with pytest.raises(NoVaultError) as caught:
            await setup.begin_sign_in()

    assert "tsh-sync config vault file" in caught.value.advice


async def test_a_server_that_is_none_of_zohos_gets_no_code(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        landed = httpx.URL(await landed_address(simulator, attempt.url))
        evil = landed.copy_set_param("accounts-server", "https://accounts.zoho.com.evil.example")

        error = await failure(setup.finish_with_address(str(evil)))

    assert error.title == "The answer names a sign-in server that is not Zoho's"
    assert "refresh_token" not in secrets_of(vaulted)


async def test_a_window_that_closes_while_a_code_is_redeemed_loses_no_sign_in(vaulted, url, make_simulator):
    simulator = make_simulator()

    async def redeemed():
        return facts(simulator)["codes_redeemed"]

    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())
        await consent(simulator, attempt.url)
        await eventually(redeemed)

        waiting.cancel()

    assert "refresh_token" in secrets_of(vaulted)


async def test_of_a_code_and_a_browser_that_come_at_once_one_is_redeemed(vaulted, url, make_simulator):
    simulator = make_simulator(latency_ms=100)
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        landed = await landed_address(simulator, attempt.url)

        both = await asyncio.gather(
            setup.await_browser(), setup.finish_with_code(code), setup.finish_with_address(landed)
        )

    assert both[0] == both[1] == both[2]
    assert (facts(simulator)["codes_redeemed"], facts(simulator)["refresh_tokens"]) == (1, 1)


async def test_a_browser_still_finishes_what_a_bad_code_did_not(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())

        error = await failure(setup.finish_with_code("1000.aaaa.bbbb"))
        await consent(simulator, attempt.url)
        signed = await waiting

    assert error.title == "That code is no longer valid"
    assert signed.location == "us"
