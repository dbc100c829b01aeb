"""Every list, detail and bulk call of every entity, over HTTP, as the simulator has them."""

from __future__ import annotations

import json

import pytest

from tests.support.simulator import SimulatedZoho
from tests.support.zoho import NOON, Rig, rig
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import EndpointAbsentError, RecordGoneError
from tsh_sync_gui.core.values import CallKind, parse_stamp
from tsh_sync_gui.engine.ports import ListOrder, PageQuery
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Api, TimeFilter

pytestmark = pytest.mark.asyncio
EACH_API = [
    pytest.param(entity, api, id=f"{entity.name}-{api.product.value}") for entity in REGISTRY for api in entity.apis
]


async def walked(zoho: Rig, api: Api, order: ListOrder, *, since=None, per_page=50) -> list[dict]:
    """Return all rows of a walk."""
    rows, page = [], 1
    while True:
        query = PageQuery(page=page, per_page=per_page, params=zoho.source.params(api, order, since))
        reply = await zoho.source.page(api, query, zoho.caller)
        rows += [json.loads(bytes(record)) for record in reply.records]
        if not reply.has_more:
            return rows
        page += 1


@pytest.mark.parametrize(("entity", "api"), EACH_API)
async def test_a_full_walk_meets_each_record_once(entity, api, simulator, zoho: SimulatedZoho):
    expected = zoho.get("/__sim/ids", params={"entity": api.path.removeprefix("/")}).json()["ids"]
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        rows = await walked(client, api, ListOrder.FULL)

    met = [str(row[entity.pull.id]) for row in rows]
    assert len(met) == len(set(met))
    if api.path == "/contacts":
        assert set(met) <= set(expected)  # vendors are contacts too
        assert {row["contact_type"] for row in rows} == {"customer"}
    else:
        assert set(met) == set(expected)


@pytest.mark.parametrize(("entity", "api"), EACH_API)
async def test_a_detail_of_a_record_carries_its_id(entity, api, simulator):
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        rows = await walked(client, api, ListOrder.FULL, per_page=200)
        record_id = str(rows[0][entity.pull.id])
        reply = await client.source.detail(api, record_id, client.heard.caller(CallKind.DETAIL))

    assert [str(json.loads(bytes(record))[entity.pull.id]) for record in reply.records] == [record_id]
    assert client.heard.sent[-1] is CallKind.DETAIL


@pytest.mark.parametrize(
    ("entity", "api"), [case for case in EACH_API if case.values[1].time_filter is not TimeFilter.NONE]
)
async def test_a_filter_brings_what_changed_since(entity, api, simulator):
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        rows = await walked(client, api, ListOrder.FULL, per_page=200)
        stamps = {str(row[entity.pull.id]): parse_stamp(row["last_modified_time"]) for row in rows}
        since = sorted(stamps.values())[-5]
        changed = await walked(client, api, ListOrder.FILTERED, since=since)

    got, wanted = ({str(row[entity.pull.id]) for row in changed}, {one for one, at in stamps.items() if at >= since})
    assert got >= wanted
    if api.time_filter is TimeFilter.DOCUMENTED:
        assert got == wanted  # an undocumented filter may be ignored; the engine looks at each row


@pytest.mark.parametrize(("entity", "api"), [case for case in EACH_API if case.values[1].change_sort])
async def test_the_newest_change_comes_first(entity, api, simulator):
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        rows = await walked(client, api, ListOrder.NEWEST, per_page=200)

    stamps = [parse_stamp(row["last_modified_time"]) for row in rows]
    assert stamps == sorted(stamps, reverse=True)


@pytest.mark.parametrize(("entity", "api"), [case for case in EACH_API if case.values[1].bulk])
async def test_bulk_details_bring_a_hundred_and_miss_an_unknown_one(entity, api, simulator, zoho: SimulatedZoho):
    ids = zoho.get("/__sim/ids", params={"entity": "items"}).json()["ids"][:99]
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        reply = await client.source.bulk(api, api.bulk, [*ids, "1"], client.heard.caller(CallKind.BULK))

    assert {str(json.loads(bytes(record))[entity.pull.id]) for record in reply.records} == set(ids)
    assert client.heard.sent == [CallKind.BULK]


async def test_a_deleted_record_is_gone_and_an_unknown_path_is_absent(make_simulator):
    simulator = make_simulator(bulk_missing=True)
    api = REGISTRY.get("products").apis[0]
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        with pytest.raises(RecordGoneError):
            await client.source.detail(api, "460000000000000001", client.caller)
        with pytest.raises(EndpointAbsentError) as caught:
            await client.source.bulk(api, api.bulk, ["1"], client.caller)

    assert caught.value.path == "/itemdetails"


async def test_the_organization_is_found(simulator):
    async with rig(api_base_url=simulator.url, accounts_url=simulator.url) as client:
        found = await client.source.organizations(client.caller)

    assert [(one.id, one.currency_code, one.time_zone) for one in found] == [("748369814", "IQD", "Asia/Baghdad")]


async def test_twenty_a_minute_are_used_without_one_refusal(make_simulator):
    simulator = make_simulator(per_minute=20, items=430)
    api = REGISTRY.get("products").apis[0]
    with SimulatedZoho(simulator) as control:
        clock = ManualClockOfBoth(control)
        async with rig(api_base_url=simulator.url, accounts_url=simulator.url, clock=clock) as client:
            client.budget.per_minute = 20
            await walked(client, api, ListOrder.FULL, per_page=8)
        statuses = control.requests()["by_status"]

    assert statuses == {"200": 54}
    assert clock.monotonic() == pytest.approx(2 * 60.5, abs=1)


class ManualClockOfBoth(ManualClock):
    """Our clock and the simulator's move together."""

    def __init__(self, control: SimulatedZoho) -> None:
        super().__init__(NOON)
        self._control = control

    async def sleep(self, seconds: float) -> None:
        """Move both on."""
        self._control.control("clock", {"advance_seconds": seconds})
        await super().sleep(seconds)
