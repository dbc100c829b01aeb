"""What the first sync is said to cost, from what the check has seen."""

from __future__ import annotations

import httpx
import pytest

from tests.support.setups import connected, control, opened, signed_in, with_app
from tsh_sync_gui.bootstrap.setup import limits_step
from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.core.errors import QuotaExhaustedError
from tsh_sync_gui.core.values import RunState
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.simulator import ORGANIZATION_ID

pytestmark = pytest.mark.asyncio


def asked(simulator):
    """Return the calls that the simulator has counted."""
    return httpx.get(f"{simulator.url}/__sim/requests").json()["total"]


async def test_the_organizations_other_calls_of_today_do_not_stop_a_set_up_whose_plan_is_not_known(
    vaulted, url, make_simulator
):
    simulator = make_simulator(per_day=10_000, organizations=2)
    simulator.simulation.limits.used_today = 1_600
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url)
        await signed_in(setup, simulator)
        seen = [await setup.organizations() for _ in range(2)]  # the first answer's headers tell of the 1,600
        await setup.choose_organization(ORGANIZATION_ID)
        checks = [line async for line in setup.checks()]
        status = await (await setup.ground.wiring()).service.quota()
        await setup.mark(Step.LIMITS)
        with pytest.raises(QuotaExhaustedError):  # now the limit is a person's own word
            await setup.organizations()

    assert [len(one) for one in seen] == [2, 2]
    assert all(line.may_read for line in checks)
    assert (status.day_limit, status.day_used > 1_600) == (10_000, True)


async def test_what_cannot_be_counted_in_time_is_told_as_the_least(vaulted, url, simulator, monkeypatch):
    monkeypatch.setattr(limits_step, "_SEARCH_SECONDS", 0.0)
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        async for _line in setup.checks():
            pass
        before = asked(simulator)

        told = {one.entity: one for one in await setup.estimate()}

    assert asked(simulator) == before
    assert (told["products"].known, told["products"].detail_calls) == (False, 2)  # of 200 seen, 100 a call
    assert (told["customers"].known, told["customers"].records, told["customers"].detail_calls) == (True, 60, 60)


async def test_the_schedules_cost_is_told_by_what_the_check_has_seen(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        blind = {cost.entity: cost for cost in await setup.schedule_cost(await setup.limits())}
        async for _line in setup.checks():
            pass
        before = asked(simulator)
        checked = {cost.entity: cost for cost in await setup.schedule_cost(await setup.limits())}
        searched = asked(simulator) - before
        await setup.estimate()
        counted = {cost.entity: cost for cost in await setup.schedule_cost(await setup.limits())}

    stock = [one["stock_levels"] for one in (blind, checked, counted)]
    assert searched == 0
    assert [(one.calls_per_day, one.at_least) for one in stock] == [(48, True), (96, True), (144, False)]
    assert not checked["customers"].at_least


async def test_a_list_that_may_not_be_read_hides_no_other_from_the_estimate(vaulted, url, simulator):
    scopes = "ZohoBooks.settings.READ,ZohoBooks.contacts.READ,ZohoBooks.invoices.READ,ZohoInventory.settings.READ"
    code = control(simulator, "self_client", {"scope": scopes})["code"]
    async with opened(vaulted) as setup:
        await with_app(setup, simulator, url, client_type="self", products=frozenset({"books"}))
        await setup.finish_with_code(code)
        await setup.choose_organization(ORGANIZATION_ID)

        told = {one.entity: one for one in await setup.estimate()}

    assert {name for name, one in told.items() if one.known} == {"products", "customers", "invoices", "price_lists"}
    assert (told["invoices"].records, told["payments"].calls_low) == (90, 1)


async def test_the_first_sync_costs_what_the_wizard_says_details_included(vaulted, url, simulator):
    async with opened(vaulted) as setup:
        await connected(setup, simulator, url)
        checks = {line.entity: line async for line in setup.checks()}
        await setup.mark(Step.LIMITS, skipped=True)
        before = asked(simulator)
        told = await setup.estimate()
        searched = asked(simulator) - before
        again = await setup.estimate()
        service = (await setup.ground.wiring()).service
        repeated = asked(simulator) - before - searched
        report = await service.sync(SyncRequest(full=True))

    used = asked(simulator) - before - searched
    said = sum(one.calls_high for one in told)
    assert {run.state for run in report.runs} == {RunState.UP_TO_DATE}
    assert all(one.known for one in told)
    assert sum(one.detail_calls for one in told) > said / 2
    assert abs(said - used) <= 0.1 * used
    assert again == told
    assert repeated == 0
    assert searched <= 2 * sum(line.more for line in checks.values())
