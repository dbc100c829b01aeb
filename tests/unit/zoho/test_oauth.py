"""Tokens: ahead of expiry, once for all, never too often, and what a refused refresh means."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import parse_qs

import httpx
import pytest

from tests.support.memory import MemoryTokenStore
from tests.support.zoho import NOON, THINGS, Script, answer, fresh_token, rig, settings, things
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    SyncError,
    TransientError,
    UnreachableError,
)
from tsh_sync_gui.engine.ports import AccessToken, PageQuery
from tsh_sync_gui.zoho.oauth import TokenKeeper

pytestmark = pytest.mark.asyncio
DENIED = {
    "error_description": "You have made too many requests continuously. Please try again after some time.",
    "error": "Access Denied",
    "status": "failure",
}


def keeper(accounts, clock, store=None, **changes):
    return TokenKeeper(settings(**changes), store=store or MemoryTokenStore(clock), clock=clock, transport=accounts)


async def test_a_refresh_sends_its_secrets_in_the_body_only():
    accounts, clock = Script(fresh_token), ManualClock(NOON)

    token = await keeper(accounts, clock).token()

    request = accounts.requests[0]
    assert (request.method, str(request.url)) == ("POST", "https://accounts.zoho.com/oauth/v2/token")
    assert parse_qs(request.content.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["1000.CLIENT"],
        "client_secret": ["the client secret"],
        "refresh_token": ["1000.aaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbb"],
    }
    assert token.expires_at == NOON + timedelta(hours=1)
    assert token.text not in repr(token)


async def test_a_token_is_used_until_five_minutes_before_its_end():
    accounts, clock = Script(fresh_token), ManualClock(NOON)
    tokens = keeper(accounts, clock)

    first = await tokens.token()
    clock.advance(54 * 60)
    same = await tokens.token()
    clock.advance(2 * 60)
    other = await tokens.token()

    assert first is same
    assert other.text != first.text
    assert len(accounts.requests) == 2


async def test_tasks_and_processes_that_need_a_token_at_once_refresh_it_once():
    accounts, clock = Script(fresh_token), ManualClock(NOON)
    store = MemoryTokenStore(clock)
    processes = [keeper(accounts, clock, store) for _ in range(4)]

    tokens = await asyncio.gather(*(one.token() for one in processes for _ in range(5)))

    assert len(accounts.requests) == 1
    assert len({token.text for token in tokens}) == 1


async def test_a_token_another_process_has_renewed_is_taken_over_after_a_401():
    accounts, clock = Script(fresh_token), ManualClock(NOON)
    store = MemoryTokenStore(clock)
    here, there = keeper(accounts, clock, store), keeper(accounts, clock, store)
    old = await here.token()
    await there.token()

    new = await there.renew(refused=old.text)
    taken = await here.renew(refused=old.text)

    assert taken.text == new.text != old.text
    assert len(accounts.requests) == 2


REFUSED = {
    "invalid_code": "Zoho no longer accepts our sign-in",
    "invalid_client": "Zoho does not know this client id",
    "invalid_client_secret": "Zoho refuses the client secret",
    "general_error": "Zoho refuses our sign-in",
}


@pytest.mark.parametrize(("error", "title"), REFUSED.items())
async def test_an_error_with_http_200_is_an_error(error, title):
    clock = ManualClock(NOON)

    with pytest.raises(AuthorisationError) as caught:
        await keeper(Script(answer({"error": error})), clock).token()

    assert caught.value.title == title
    assert caught.value.advice


async def test_a_refused_sign_in_is_not_tried_again_for_a_minute():
    accounts, clock = Script(answer({"error": "invalid_code"}), fresh_token), ManualClock(NOON)
    tokens = keeper(accounts, clock)

    for _ in range(8):
        with pytest.raises(AuthorisationError):
            await tokens.token()
    clock.advance(61)
    await tokens.token()

    assert len(accounts.requests) == 2


async def test_zohos_throttle_is_told_and_left_alone_until_it_ends():
    accounts, clock = Script(answer(DENIED, 400), fresh_token), ManualClock(NOON)
    tokens = keeper(accounts, clock)

    with pytest.raises(TransientError) as caught:
        await tokens.token()
    clock.advance(121)
    with pytest.raises(TransientError) as later:
        await tokens.token()
    clock.advance(480)
    await tokens.token()

    assert caught.value.title == "Zoho is limiting sign-ins for 10 min"
    assert caught.value.retry_after == 600
    assert later.value.title == "Zoho is limiting sign-ins for 8 min"
    assert len(accounts.requests) == 2


async def test_an_eleventh_refresh_within_ten_minutes_is_not_even_asked_for():
    accounts, clock = Script(fresh_token), ManualClock(NOON)
    store = MemoryTokenStore(clock)
    token = await keeper(accounts, clock, store).token()
    for _ in range(9):
        clock.advance(1)
        token = await keeper(accounts, clock, store).renew(refused=token.text)
    store.current = None

    with pytest.raises(TransientError, match="limiting sign-ins for 10 min"):
        await keeper(accounts, clock, store).token()

    assert len(accounts.requests) == 10


@pytest.mark.parametrize(
    "trouble",
    [answer(DENIED, 400), httpx.ConnectError("refused"), answer(b"<html>", 502)],
    ids=["throttle", "net", "5xx"],
)
async def test_a_token_that_still_lives_serves_while_it_cannot_be_renewed(trouble):
    accounts, clock = Script(fresh_token, trouble), ManualClock(NOON)
    tokens = keeper(accounts, clock)
    first = await tokens.token()
    clock.advance(57 * 60)

    spare = [await tokens.token() for _ in range(5)]

    assert {token.text for token in spare} == {first.text}
    assert len(accounts.requests) == 2


TROUBLE = [httpx.ReadTimeout("slow"), answer(b"<html>server error</html>", 500), answer({"status": "failure"}, 500)]


@pytest.mark.parametrize("trouble", TROUBLE, ids=["timeout", "html", "json"])
async def test_trouble_of_the_accounts_server_is_healed_like_any_other(trouble):
    accounts = Script(trouble, fresh_token)
    async with rig(Script(things(1)), accounts) as zoho:
        page = await zoho.source.page(THINGS, PageQuery(page=1, per_page=200), zoho.caller)

    assert len(page.records) == 1
    assert zoho.heard.reasons == ["network", ""]
    assert len(zoho.heard.sent) == 1


@pytest.mark.parametrize("trouble", [httpx.ConnectError("refused"), answer(b"<html>", 503)], ids=["net", "5xx"])
async def test_an_accounts_server_that_is_down_is_never_called_a_throttle(trouble):
    async with rig(Script(things(1)), Script(trouble)) as zoho:
        with pytest.raises(UnreachableError):
            await zoho.source.page(THINGS, PageQuery(page=1, per_page=200), zoho.caller)

    assert zoho.heard.sent == []
    assert zoho.budget.used == 0


async def test_a_server_that_is_no_accounts_server_is_named():
    with pytest.raises(ConfigurationError, match="ZOHO_ACCOUNTS_URL"):
        await keeper(Script(answer(b"<html>nothing here</html>", 404)), ManualClock(NOON)).token()


async def test_without_a_refresh_token_a_sign_in_is_asked_for_and_nothing_leaves():
    accounts = Script(fresh_token)

    with pytest.raises(AuthorisationError, match="Nobody is signed in"):
        await keeper(accounts, ManualClock(NOON), refresh_token="").token()

    assert not accounts.requests


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
async def test_a_missing_credential_is_named_and_nothing_leaves(missing):
    accounts = Script(fresh_token)

    with pytest.raises(ConfigurationError, match=f"ZOHO_{missing.upper()}"):
        await keeper(accounts, ManualClock(NOON), **{missing: ""}).token()

    assert not accounts.requests


async def test_milliseconds_of_old_servers_are_understood():
    odd = answer({"access_token": "1000.aaaaaaaa.bbbbbbbb", "expires_in": 3_600_000, "expires_in_sec": 3600})

    token = await keeper(Script(odd), ManualClock(NOON)).token()

    assert token.expires_at == NOON + timedelta(hours=1)


async def test_a_shared_token_is_used_without_asking_zoho():
    accounts, clock = Script(fresh_token), ManualClock(NOON)
    store = MemoryTokenStore(clock)
    store.current = AccessToken(text="shared", expires_at=NOON + timedelta(minutes=30))

    token = await keeper(accounts, clock, store).token()

    assert token.text == "shared"
    assert not accounts.requests


@pytest.mark.parametrize("accounts", [answer({"error": "invalid_code"}), answer(DENIED, 400), answer({"x": 1})])
async def test_no_error_of_a_refresh_holds_a_secret(accounts):
    with pytest.raises(SyncError) as caught:
        await keeper(Script(accounts), ManualClock(NOON)).token()

    shown = f"{caught.value} {caught.value.cause} {caught.value!r}"
    assert "the client secret" not in shown
    assert "1000." not in shown


async def test_an_answer_without_token_and_without_error_is_trouble():
    with pytest.raises(UnreachableError):
        await keeper(Script(answer({"x": 1})), ManualClock(NOON)).token()
