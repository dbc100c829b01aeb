"""One access token for all processes, readable only to those who know the secret."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio

from tests.support.stores import opened, query, session_url, tables_url
from tsh_sync_gui.engine.ports import AccessToken
from tsh_sync_gui.store.tokens import PgTokenStore

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]

TEXT = "1000.f00dfeed.cafe"
SIGN_IN = {
    "client_id": "1000.CLIENT",
    "client_secret": "a client secret",
    "organization_id": "748369814",
    "accounts_url": "https://accounts.zoho.com",
    "refresh_token": "1000.refresh.token",
}


def token(text=TEXT, minutes=60):
    return AccessToken(
        text=text, expires_at=datetime.now(UTC) + timedelta(minutes=minutes), api_domain="https://www.zohoapis.com"
    )


@pytest_asyncio.fixture
async def processes(tables_url):
    async with opened(tables_url, 3) as databases:
        yield databases


def store(database, **changed):
    return PgTokenStore(database, **{**SIGN_IN, **changed})


async def save(keeper, one):
    async with keeper.locked() as locked:
        await locked.save(one)


async def test_a_token_is_shared_by_all_processes(processes):
    one, other = store(processes[0]), store(processes[1])
    assert await one.load() is None
    fresh = token()

    await save(one, fresh)

    assert await other.load() == fresh


async def test_nothing_readable_rests_in_the_database(processes):
    await save(store(processes[0]), token())

    rows = await query(processes[0], "SELECT t::text FROM sync.access_tokens t")

    dump = str(rows)
    for secret in (TEXT, SIGN_IN["client_secret"], SIGN_IN["refresh_token"]):
        assert secret not in dump
        assert secret.encode().hex() not in dump


@pytest.mark.parametrize(
    "changed",
    [
        {"refresh_token": "1000.another.token"},
        {"client_secret": "another secret"},
        {"client_id": "1000.OTHER"},
        {"organization_id": "42"},
        {"accounts_url": "https://accounts.zoho.eu"},
    ],
    ids=lambda changed: next(iter(changed)),
)
async def test_a_token_made_for_other_credentials_is_not_handed_out(processes, changed):
    await save(store(processes[0]), token())

    assert await store(processes[1], **changed).load() is None


async def test_a_token_that_was_tampered_with_is_none(processes):
    keeper = store(processes[0])
    await save(keeper, token())
    await query(processes[0], "UPDATE sync.access_tokens SET sealed = set_byte(sealed, 3, 255 - get_byte(sealed, 3))")

    assert await keeper.load() is None


async def test_a_token_moved_to_another_row_is_none(processes):
    await save(store(processes[0]), token())
    await query(processes[0], "UPDATE sync.access_tokens SET client_id = '1000.OTHER'")

    assert await store(processes[0], client_id="1000.OTHER").load() is None


async def test_ten_that_need_a_token_refresh_it_once(processes):
    refreshes = 0

    async def needy(keeper):
        nonlocal refreshes
        async with keeper.locked() as locked:
            if locked.current is None:
                refreshes += 1
                await asyncio.sleep(0.1)
                await locked.save(token())
            return locked.current.text

    texts = await asyncio.gather(*(needy(store(processes[number % 3])) for number in range(10)))

    assert refreshes == 1
    assert set(texts) == {TEXT}


async def test_refreshes_of_the_last_ten_minutes_are_kept(processes):
    keeper = store(processes[0])
    await save(keeper, token())
    await query(processes[0], "UPDATE sync.access_tokens SET refreshed = array[now() - interval '11 min'] || refreshed")
    await save(keeper, token("1000.second"))

    async with store(processes[1]).locked() as locked:
        refreshed = locked.refreshed

    assert len(refreshed) == 2
    assert all(datetime.now(UTC) - moment < timedelta(minutes=1) for moment in refreshed)


async def test_a_refresh_that_fails_changes_nothing_and_lets_the_next_one_try(processes):
    keeper = store(processes[0])
    before = token()
    await save(keeper, before)

    async def fail():
        async with keeper.locked() as locked:
            await locked.save(token("1000.never"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert await keeper.load() == before
    await save(keeper, token("1000.next"))
    assert (await keeper.load()).text == "1000.next"


async def test_an_access_token_does_not_show_itself():
    assert TEXT not in repr(token())
