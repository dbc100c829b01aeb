"""From nothing to a verified connection, against the simulator over real HTTP."""

from __future__ import annotations

import asyncio

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
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.core.errors import AuthorisationError, UnreachableError
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.simulator import ORGANIZATION_ID
from tsh_sync_gui.zoho import signin

pytestmark = pytest.mark.asyncio


async def test_a_browser_that_consents_leads_to_a_kept_and_shared_sign_in(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)

        result = await signed_in(setup, simulator)
        health = await setup.health()

    assert result.location == "us"
    assert result.moved_from == ""
    assert result.sign_ins == 1
    assert "ZohoBooks.salesorders.CREATE" in result.scopes
    assert secrets_of(vaulted)["refresh_token"].startswith("1000.")
    assert (health.state, health.sign_ins, health.scopes) == ("ok", 1, result.scopes)
    assert facts(simulator)["refreshes"] == 0


async def test_the_page_in_the_browser_says_that_it_can_be_closed(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()

        page = await consent(simulator, attempt.url)
        await setup.await_browser()

    assert page.status_code == 200
    assert "You can close this page" in page.text
    assert "code=" not in page.text


async def test_a_first_sync_follows_the_set_up(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        checks = [line async for line in setup.checks()]
        estimate = await setup.estimate()
        service = (await setup.ground.wiring()).service
        report = await service.sync(SyncRequest(full=True, details="none"))

    assert {line.entity for line in checks} == {entity.name for entity in REGISTRY}
    assert all(line.may_read and not line.problem for line in checks)
    assert {line.entity for line in checks if line.may_write} == {"customers", "sales_orders"}
    assert next(line for line in checks if line.entity == "products").sample == 200
    assert estimate
    assert {run.state.value for run in report.runs} == {"up_to_date"}


async def test_the_address_that_a_browser_landed_on_finishes_the_sign_in(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())
        async with httpx.AsyncClient() as http:
            control(simulator, "consent", {"auto": "accept"})
            landed = (await http.get(attempt.url)).headers["location"]

        result = await setup.finish_with_address(f"  {landed}\n")
        same = await waiting

    assert result == same
    assert facts(simulator)["codes_redeemed"] == 1


async def test_a_self_client_code_finishes_without_a_redirect(vaulted, url, simulator):
    code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url, client_type="self")

        result = await setup.finish_with_code(code)

    assert result.scopes == {"ZohoBooks.settings.READ"}
    assert "refresh_token" in secrets_of(vaulted)


async def test_a_desktop_client_needs_no_secret_and_proves_itself(vaulted, url, make_simulator):
    simulator = make_simulator(client_type="mobile")
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url, client_type="desktop", secret="")
        attempt = await setup.begin_sign_in()
        waiting = asyncio.create_task(setup.await_browser())
        await consent(simulator, attempt.url)
        await waiting
        control(simulator, "expire_tokens")

        seen = await setup.organizations()

    assert "code_challenge_method=S256" in attempt.url
    assert [one.id for one in seen] == [ORGANIZATION_ID]


async def test_the_region_in_the_answer_wins_and_is_said(vaulted, url, make_simulator):
    simulator = make_simulator(region="eu")
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)

        result = await signed_in(setup, simulator)
        kept = (await setup.ground.settings()).settings
        seen = await setup.organizations()

    assert (result.location, result.moved_from) == ("eu", "us")
    assert kept.accounts_url == f"{simulator.url}/dc/eu"
    assert seen


async def test_the_region_of_a_client_is_found(vaulted, url, make_simulator):
    simulator = make_simulator(multi_dc=False)
    async with opened(vaulted) as setup:
        await at_zoho(setup, simulator, url)

        found = await setup.find_data_centre(CLIENT_ID, CLIENT_SECRET)

    assert found.location == "us"


async def test_what_was_done_is_there_after_the_program_was_killed(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        for step in (Step.START, Step.DATABASE, Step.APP, Step.SIGN_IN):
            await setup.mark(step)
    async with opened(vaulted) as setup:
        progress = await setup.progress()
        app = await setup.app()
        organization = await setup.organization()
        health = await setup.health()

    assert progress.current is Step.ORGANIZATION
    assert app is not None
    assert (app.client_id, app.client_secret_shown, app.products) == (CLIENT_ID, "••••6789", BOTH)
    assert organization is not None
    assert organization.name == "TSH Trading"
    assert health.state == "ok"


async def test_a_sign_in_before_a_database_is_noted_in_it_later(vaulted, url, simulator):
    overrides = {"accounts_url": simulator.url, "api_base_url": simulator.url}
    async with opened(vaulted, overrides=overrides) as setup:
        await setup.keep_app(CLIENT_ID, CLIENT_SECRET, client_type="server", location="us", products=BOTH)
        await signed_in(setup, simulator)
        before = await setup.health()

        await setup.choose_database(url, lambda _words: None)
        after = await setup.health()

    assert (before.state, before.sign_ins) == ("ok", 1)
    assert (after.state, after.sign_ins) == ("ok", 1)
    assert after.scopes == before.scopes


async def test_a_rotation_revokes_the_former_sign_in_once_the_new_one_has_worked(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        former = secrets_of(vaulted)["refresh_token"]

        result = await signed_in(setup, simulator, replaces=True)
        health = await setup.health()

    now = secrets_of(vaulted)
    assert now["refresh_token"] != former
    assert "refresh_token.previous" not in now
    assert facts(simulator)["refresh_tokens"] == 1
    assert (health.state, health.sign_ins, result.sign_ins) == ("ok", 1, 1)


async def test_a_rotation_by_code_revokes_the_former_sign_in_too(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        code = control(simulator, "self_client", {"scope": "ZohoBooks.settings.READ"})["code"]

        await setup.finish_with_code(code, replaces=True)

    assert "refresh_token.previous" not in secrets_of(vaulted)
    assert facts(simulator)["refresh_tokens"] == 1


async def test_rotations_whose_revoking_failed_are_all_ended_by_the_next(vaulted, url, simulator, monkeypatch):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        with monkeypatch.context() as away:
            away.setattr(signin, "REVOKE_PATH", "/not/there")
            for _ in range(2):
                with pytest.raises(UnreachableError):
                    await signed_in(setup, simulator, replaces=True)
        alive = facts(simulator)["refresh_tokens"]

        result = await signed_in(setup, simulator, replaces=True)

    assert alive == 3
    assert "refresh_token.previous" not in secrets_of(vaulted)
    assert (facts(simulator)["refresh_tokens"], result.sign_ins) == (1, 1)


async def test_a_former_sign_in_is_ended_in_the_region_that_made_it(vaulted, url, simulator, monkeypatch):
    asked = []

    async def revoke(_server, token, region):
        asked.append((token, region.location))
        return True

    monkeypatch.setattr(signin.AccountsServer, "revoke", revoke)
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        former = secrets_of(vaulted)["refresh_token"]
        moved = {"accounts_url": f"{simulator.url}/dc/eu", "api_base_url": f"{simulator.url}/dc/eu"}
        await setup.ground.keep_shared(moved)
        await setup.ground.keep_secrets({"refresh_token.previous": former})

        await setup.revoke()

    assert asked == [(former, "us")]


async def test_two_who_begin_at_once_leave_one_receiver(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)

        attempts = await asyncio.gather(setup.begin_sign_in(), setup.begin_sign_in())
        await setup.cancel_sign_in()

    for attempt in attempts:
        port = int(httpx.URL(attempt.redirect_uri).port or 0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)


async def test_revoking_ends_the_sign_in_at_zoho_and_here(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)

        await setup.revoke()
        health = await setup.health()

    assert "refresh_token" not in secrets_of(vaulted)
    assert facts(simulator)["refresh_tokens"] == 0
    assert health.state == "none"


async def test_a_sign_in_removed_at_zoho_needs_a_person(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        control(simulator, "revoke")

        with pytest.raises(AuthorisationError):
            await setup.organizations()
        health = await setup.health()

    assert health.state == "needs_you"
    assert health.words.startswith("Zoho no longer accepts our sign-in")
