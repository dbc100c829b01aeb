"""A sync that cannot begin says so on its entities, and is refused before a run where a setting is wrong."""

import pytest

from tests.support.worlds import SERIAL, counts, states
from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError, NotConnectedError
from tsh_sync_gui.engine.views import SyncRequest

pytestmark = pytest.mark.asyncio


async def status(world, entity):
    """Return the entity as card and `status` show it."""
    return next(one for one in (await world.service.overview()).entities if one.entity == entity)


async def test_a_first_sync_with_a_refused_sign_in_leaves_needs_you_on_its_entities(open_world, fresh_url):
    async with open_world(url=fresh_url, refresh_token="revoked") as world:
        report = await world.sync("products", "invoices")
        shown, untouched = await status(world, "products"), await status(world, "customers")

        assert (states(report), report.exit_code) == ({"needs_you"}, 4)
        assert (shown.state, shown.last.id) == ("needs_you", report.runs[0].id)
        assert shown.last.title == "Zoho no longer accepts our sign-in"
        assert shown.last.advice.startswith("Nothing is lost. Syncs wait.")
        assert untouched.state == "never_run"
    async with open_world(url=fresh_url, **SERIAL) as world:
        later = await world.sync("products")

        assert states(later) == {"up_to_date"}
        assert counts(later)["products"][0] == 430


async def test_a_sync_of_an_app_that_nobody_is_signed_in_with_waits_for_the_sign_in(open_world, fresh_url):
    async with open_world(url=fresh_url, refresh_token="") as world:
        report = await world.sync("products")

    assert (states(report), report.exit_code) == ({"needs_you"}, 4)
    assert report.runs[0].error_kind == AuthorisationError.kind


async def test_a_refused_sync_does_not_hide_the_walk_that_can_be_gone_on_with(open_world, fresh_url):
    async with open_world(url=fresh_url, per_day=3, per_minute=6000) as world:
        stopped = await world.sync("products")
        world.query("delete from sync.organization")
        world.query("delete from sync.access_tokens")
    async with open_world(url=fresh_url, refresh_token="revoked", **SERIAL) as world:
        refused = await world.sync("products")
    async with open_world(url=fresh_url, **SERIAL) as world:
        resumed = await world.sync("products")

    assert states(refused) == {"needs_you"}
    assert resumed.runs[0].id == stopped.runs[0].id


async def test_an_organization_that_is_not_set_is_refused_without_a_call_or_a_run(open_world):
    async with open_world(organization_id="") as world:
        with pytest.raises(ConfigurationError, match="ZOHO_ORGANIZATION_ID is not set"):
            await world.sync("products")

        assert world.asked() == {}
        assert await world.service.runs() == []


async def test_after_code_45_the_day_is_shown_as_used_up_until_its_reset(open_world):
    async with open_world(**SERIAL) as world:
        world.fault("/inventory/v1/items", "429_45", times=1)

        report = await world.sync("products")
        quota = await world.service.quota()
        cost = (await world.service.forecast(SyncRequest(entities=("products",))))[0]

        assert (states(report), report.exit_code) == ({"waiting"}, 5)
        assert quota.day_used == quota.day_limit
        assert quota.resets_at == report.runs[0].waiting_until
        assert not cost.fits


async def test_a_computer_without_any_sign_in_is_refused_and_changes_nobody_elses_state(open_world, fresh_url):
    async with open_world(url=fresh_url, **SERIAL) as world:
        await world.sync("price_lists")
    nothing = {"client_id": "", "client_secret": "", "refresh_token": ""}
    async with open_world(url=fresh_url, **nothing) as world:
        with pytest.raises(NotConnectedError):
            await world.sync("price_lists")

        assert (await status(world, "price_lists")).state == "up_to_date"
