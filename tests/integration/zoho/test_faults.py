"""Each fault of the simulator, over real HTTP: healed where it can be, else ended in words."""

from __future__ import annotations

import httpx
import pytest

from tests.support.simulator import SMALL, SimulatedZoho
from tests.support.zoho import NOON, rig
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    QuotaExhaustedError,
    SchemaMismatchError,
    UnreachableError,
)
from tsh_sync_gui.engine.ports import PageQuery
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.simulator import Simulator, SimulatorConfig

pytestmark = pytest.mark.asyncio
ITEMS = REGISTRY.get("products").apis[0]
PAGE = PageQuery(page=1, per_page=200)


@pytest.fixture
def fault(zoho: SimulatedZoho):
    """Return a function that sets one fault on the list of items."""

    def set_fault(kind, **more):
        return zoho.control("faults", {"rules": [{"path": "/items", "kind": kind, **more}]})

    return set_fault


@pytest.fixture
def urls(simulator: Simulator) -> dict[str, str]:
    """Return both base addresses of the simulator."""
    return {"api_base_url": simulator.url, "accounts_url": simulator.url}


@pytest.mark.parametrize("kind", ["500", "cut", "truncated", "html", "lost_answer"])
async def test_trouble_that_passes_is_healed_with_every_try_counted(kind, fault, urls, zoho: SimulatedZoho):
    zoho.control("reset")
    fault(kind, times=2)
    async with rig(**urls) as client:
        page = await client.source.page(ITEMS, PAGE, client.caller)

    assert len(page.records) == 200
    assert client.clock.slept[:2] == [1, 2]
    assert len(client.heard.sent) == zoho.requests()["total"] == 3
    assert not client.budget.open


@pytest.mark.parametrize("kind", ["500", "cut", "truncated", "html", "lost_answer"])
async def test_trouble_that_stays_ends_in_words(kind, fault, urls):
    fault(kind)
    async with rig(**urls) as client:
        with pytest.raises(UnreachableError) as caught:
            await client.source.page(ITEMS, PAGE, client.caller)

    assert caught.value.what == "zoho"
    assert client.clock.monotonic() >= 110


async def test_a_slow_answer_is_waited_for_and_one_too_slow_is_asked_again(fault, urls):
    fault("slow", times=2, delay_ms=300)
    async with rig(**urls) as client:
        await client.source.page(ITEMS, PAGE, client.caller)
        client.client._http.timeout = httpx.Timeout(0.1)
        await client.source.page(ITEMS, PAGE, client.caller)

    assert len(client.heard.sent) == 3
    assert [record.status for record in client.log.records] == [200, 0, 200]
    assert "ReadTimeout" in client.log.records[1].error


async def test_a_401_is_renewed_once_and_never_twice_for_one_request(fault, urls):
    fault("401", times=1)
    async with rig(**urls) as client:
        await client.source.page(ITEMS, PAGE, client.caller)
        renewed = len(client.store.saved)
        fault("401", times=2)
        with pytest.raises(AuthorisationError, match=r"ZohoInventory\.items\.READ"):
            await client.source.page(ITEMS, PAGE, client.caller)

    assert (renewed, len(client.store.saved)) == (2, 3)


async def test_the_minute_limit_is_waited_out(fault, urls):
    fault("429_44", times=1)
    async with rig(**urls) as client:
        await client.source.page(ITEMS, PAGE, client.caller)

    assert client.heard.reasons == ["minute_limit", ""]
    assert [record.code for record in client.log.records] == [44, 0]


async def test_the_used_up_day_stops(fault, urls):
    fault("429_45")
    async with rig(**urls) as client:
        with pytest.raises(QuotaExhaustedError):
            await client.source.page(ITEMS, PAGE, client.caller)

    assert client.budget.settled[0].limit == SMALL["per_day"]
    assert client.budget.settled[0].reset_seconds > 0


async def test_too_many_at_once_is_asked_again_with_less(fault, urls):
    fault("429_1070", times=2)
    async with rig(**urls) as client:
        await client.source.page(ITEMS, PAGE, client.caller)

    assert client.budget.refusals == [1070, 1070]


async def test_records_under_a_wrong_key_are_not_understood(fault, urls):
    fault("wrong_key")
    async with rig(**urls) as client:
        with pytest.raises(SchemaMismatchError, match="“items”"):
            await client.source.page(ITEMS, PAGE, client.caller)

    assert len(client.heard.sent) == 1


async def test_a_wrong_organization_is_named(urls):
    async with rig(**urls, organization_id="1") as client:
        with pytest.raises(ConfigurationError, match="organization 1") as caught:
            await client.source.page(ITEMS, PAGE, client.caller)

    assert "ZOHO_ORGANIZATION_ID" in caught.value.advice


async def test_an_organization_without_inventory_is_served_by_books(make_simulator):
    simulator = make_simulator(books_only=True)
    books = REGISTRY.get("products").apis[1]
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url, products="books") as client:
        page = await client.source.page(books, PAGE, client.caller)

    assert len(page.records) == 200


async def test_an_organization_without_rate_headers_is_served(make_simulator):
    simulator = make_simulator(no_rate_headers=True)
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        await client.source.page(ITEMS, PAGE, client.caller)

    assert client.budget.settled == [None]


async def test_nobody_at_the_address_is_said_without_a_call():
    gone = Simulator(SimulatorConfig(**SMALL))
    url = gone.start()
    gone.stop()
    async with rig(api_base_url=url, accounts_url=url) as client:
        with pytest.raises(UnreachableError, match="Zoho cannot be reached"):
            await client.source.page(ITEMS, PAGE, client.caller)

    assert client.heard.sent == []
    assert client.budget.used == 0


async def test_a_server_that_goes_and_comes_back_is_waited_for():
    first = Simulator(SimulatorConfig(**SMALL))
    url = first.start()
    second = Simulator(SimulatorConfig(**SMALL))

    class Restarting(ManualClock):
        async def sleep(self, seconds):
            await super().sleep(seconds)
            if len(self.slept) == 3:
                second.start(port=int(url.rsplit(":", 1)[1]))

    async with rig(api_base_url=url, accounts_url=url, clock=Restarting(NOON)) as client:
        try:
            await client.source.page(ITEMS, PAGE, client.caller)
            first.stop()
            page = await client.source.page(ITEMS, PageQuery(page=2, per_page=200), client.caller)
        finally:
            second.stop()

    assert len(page.records) == 200
    assert set(client.heard.reasons) == {"network", ""}
    assert not client.budget.open
