"""A sign-in takes another's place only after it was looked at, and what it replaces is ended after it has worked."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.support.setups import connected, consent, control, facts, opened, secrets_of, signed_in
from tests.support.stores import eventually
from tsh_sync_gui.bootstrap import open_service
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.secrets import keep_secrets
from tsh_sync_gui.core.errors import AuthorisationError
from tsh_sync_gui.store.sign_ins import mark_of

pytestmark = pytest.mark.asyncio
FULL = "ZohoBooks.fullaccess.all,ZohoInventory.fullaccess.all"


async def test_rotating_as_somebody_of_another_organization_leaves_the_sign_in_as_it_was(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        before = secrets_of(vaulted)
        attempt = await setup.begin_sign_in(replaces=True)
        waiting = asyncio.create_task(setup.await_browser())
        await consent(simulator, attempt.url, user=1)

        with pytest.raises(AuthorisationError, match="does not see organization 748369814") as caught:
            await waiting
        health = await setup.health()
        seen = await setup.organizations()

    assert "The new sign-in" in caught.value.title
    assert "It was ended again, and the former one stays in use. It sees: Elsewhere GmbH" in caught.value.advice
    assert secrets_of(vaulted) == before
    assert facts(simulator)["refresh_tokens"] == 1
    assert (health.state, health.sign_ins, facts(simulator)["refreshes"]) == ("ok", 1, 0)
    assert [one.name for one in seen] == ["TSH Trading"]


async def test_a_new_sign_in_that_cannot_be_looked_at_now_is_not_put_to_work(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        before = secrets_of(vaulted)
        code = control(simulator, "self_client", {"scope": "ZohoBooks.invoices.READ"})["code"]

        with pytest.raises(AuthorisationError, match="Not allowed"):
            await setup.finish_with_code(code, replaces=True)

    assert secrets_of(vaulted) == before
    assert facts(simulator)["refresh_tokens"] == 1


async def test_a_rotation_that_was_broken_off_is_ended_when_the_program_starts(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        former = secrets_of(vaulted)["refresh_token"]
        await signed_in(setup, simulator)
        present = secrets_of(vaulted)["refresh_token"]
        await signed_in(setup, simulator)
        unused = secrets_of(vaulted)["refresh_token"]
    long_ago = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    broken = {
        "refresh_token": present,
        "refresh_token.previous": former,
        "refresh_token.next": f"{long_ago} {unused}",
    }
    await asyncio.to_thread(keep_secrets, vaulted, broken)
    before = facts(simulator)["refresh_tokens"]

    loaded = await asyncio.to_thread(gather, home=vaulted, environment=False)
    async with open_service(loaded) as service:

        async def is_settled():
            return set(secrets_of(vaulted)).isdisjoint({"refresh_token.previous", "refresh_token.next"})

        settled = await eventually(is_settled)
        seen = await service.check_connection()

    assert (before, settled, facts(simulator)["refresh_tokens"]) == (3, True, 1)
    assert (secrets_of(vaulted)["refresh_token"], seen.id) == (present, "748369814")
    assert mark_of(present) != mark_of(unused)


async def test_a_sign_in_that_is_looked_at_just_now_is_not_ended_by_another_start(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        now = datetime.now(UTC).isoformat()
        await setup.ground.keep_secrets({"refresh_token.next": f"{now} 1000.aaaa.bbbb"})

        await setup.settle_rotation()

    assert "refresh_token.next" in secrets_of(vaulted)


async def test_the_token_that_came_with_the_code_serves_from_the_organizations_list_to_the_first_sync(
    vaulted, url, make_simulator
):
    simulator = make_simulator(organizations=3)
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        checks = [line async for line in setup.checks()]
        health = await setup.health()

    assert all(line.may_read for line in checks)
    assert (facts(simulator)["refreshes"], health.refreshes) == (0, 0)
