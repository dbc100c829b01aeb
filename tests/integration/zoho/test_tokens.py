"""Signing in against the simulator's accounts server."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.support.memory import MemoryTokenStore
from tests.support.simulator import SimulatedZoho
from tests.support.zoho import NOON, rig, settings
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import AuthorisationError, TransientError
from tsh_sync_gui.engine.ports import PageQuery
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.zoho.oauth import TokenKeeper

pytestmark = pytest.mark.asyncio
ITEMS, BOOKS_ITEMS = REGISTRY.get("products").apis
STOCK_WORDS = "stock_levels"
PAGE = PageQuery(page=1, per_page=200)


def signed_in_with(zoho: SimulatedZoho, scope: str) -> str:
    """Return a refresh token that a person gave for *scope* only."""
    here = "http://localhost:8976/callback"
    asked = {"client_id": "c", "scope": scope, "access_type": "offline", "prompt": "consent", "redirect_uri": here}
    location = zoho.post("/oauth/v2/auth", data=asked | {"decision": "allow"}).headers["location"]
    code = parse_qs(urlsplit(location).query)["code"][0]
    form = {"grant_type": "authorization_code", "client_id": "c", "client_secret": "s", "redirect_uri": here}
    refresh_token: str = zoho.post("/oauth/v2/token", data=form | {"code": code}).json()["refresh_token"]
    return refresh_token


async def test_a_missing_permission_names_scope_and_entity_and_leaves_the_rest(simulator, zoho):
    refresh_token = signed_in_with(zoho, "ZohoBooks.settings.READ")
    urls = {"api_base_url": simulator.url, "accounts_url": simulator.url}
    async with rig(**urls, refresh_token=refresh_token) as client:
        with pytest.raises(AuthorisationError) as caught:
            await client.source.page(ITEMS, PAGE, client.heard.caller(entity=STOCK_WORDS))
        page = await client.source.page(BOOKS_ITEMS, PAGE, client.caller)

    assert caught.value.title == "Not allowed to read stock levels"
    assert "ZohoInventory.items.READ" in caught.value.advice
    assert len(page.records) == 200


async def test_a_revoked_sign_in_is_said_as_such(simulator, zoho):
    refresh_token = signed_in_with(zoho, "ZohoInventory.items.READ")
    urls = {"api_base_url": simulator.url, "accounts_url": simulator.url}
    async with rig(**urls, refresh_token=refresh_token) as client:
        await client.source.page(ITEMS, PAGE, client.caller)
        zoho.post("/oauth/v2/token/revoke", params={"token": refresh_token})
        with pytest.raises(AuthorisationError, match="Zoho no longer accepts our sign-in"):
            await client.source.page(ITEMS, PAGE, client.caller)


async def test_a_token_past_its_time_is_renewed_ahead_of_it(simulator):
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        await client.source.page(ITEMS, PAGE, client.caller)
        client.clock.advance(56 * 60)
        await client.source.page(ITEMS, PAGE, client.caller)

    assert len(client.store.saved) == 2
    assert len(client.heard.sent) == 2


async def test_a_token_that_died_early_is_renewed_by_its_401(simulator, zoho):
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        await client.source.page(ITEMS, PAGE, client.caller)
        zoho.control("clock", {"advance_seconds": 3700})
        await client.source.page(ITEMS, PAGE, client.caller)

    assert [record.status for record in client.log.records] == [200, 401, 200]


@pytest.mark.parametrize(
    ("wrong", "title"),
    [
        ({"client_id": "other"}, "Zoho does not know this client id"),
        ({"client_secret": "other secret"}, "Zoho refuses the client secret"),
        ({"refresh_token": "1000.other.token"}, "Zoho no longer accepts our sign-in"),
    ],
)
async def test_each_wrong_credential_has_its_own_words(wrong, title, make_simulator):
    strict = make_simulator(strict=True)
    config = strict.config
    good = {
        "client_id": config.client_id,
        "client_secret": config.client_secret,
        "refresh_token": config.refresh_token,
    }
    async with rig(api_base_url=strict.url, accounts_url=strict.url, **(good | wrong)) as client:
        with pytest.raises(AuthorisationError) as caught:
            await client.source.page(ITEMS, PAGE, client.caller)

    assert caught.value.title == title


async def test_zohos_throttle_is_told_with_its_minutes(make_simulator):
    simulator = make_simulator(token_refreshes=0)
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        with pytest.raises(TransientError) as caught:
            await client.source.page(ITEMS, PAGE, client.caller)

    assert caught.value.title == "Zoho is limiting sign-ins for 10 min"
    assert caught.value.retry_after == 600


async def test_six_processes_share_one_refresh(simulator, zoho):
    clock = ManualClock(NOON)
    store = MemoryTokenStore(clock)
    chosen = settings(api_base_url=simulator.url, accounts_url=simulator.url)
    before = zoho.requests()["by_path"].get("/oauth/v2/token", 0)
    keepers = [TokenKeeper(chosen, store=store, clock=clock) for _ in range(6)]

    tokens = await asyncio.gather(*(keeper.token() for keeper in keepers))
    for keeper in keepers:
        await keeper.aclose()

    assert len({token.text for token in tokens}) == 1
    assert tokens[0].expires_at == NOON + timedelta(hours=1)
    assert zoho.requests()["by_path"]["/oauth/v2/token"] - before == 1
