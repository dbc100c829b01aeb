"""What the engine gets: undecoded records, one reply for pages, details and bulk details."""

from __future__ import annotations

import pytest

from tests.support.zoho import THINGS, Script, answer, rig, things
from tsh_sync_gui.core.errors import SchemaMismatchError
from tsh_sync_gui.engine.ports import Organization, PageQuery

pytestmark = pytest.mark.asyncio


async def test_records_stay_zohos_own_text():
    row = b'{"rate": 12.50,  "name":"\xd8\xb4\xd8\xa7\xd8\xb4\xd8\xa9", "thing_id":"9007199254740993"}'
    body = b'{"code":0,"things":[' + row + b'],"page_context":{"has_more_page":false}}'
    async with rig(Script(answer(body))) as zoho:
        page = await zoho.source.page(THINGS, PageQuery(page=1, per_page=200), zoho.caller)

    assert bytes(page.records[0]) == row
    assert not page.has_more


async def test_a_page_asks_for_no_more_than_the_settings_allow():
    api = Script(things())
    async with rig(api, batch_size=25) as zoho:
        await zoho.source.page(THINGS, PageQuery(page=1, per_page=200), zoho.caller)
        await zoho.source.page(THINGS, PageQuery(page=1, per_page=10), zoho.caller)

    assert [request.url.params["per_page"] for request in api.requests] == ["25", "10"]


async def test_a_list_that_is_not_paged_has_no_more():
    async with rig(Script(answer({"code": 0, "things": [{}, {}]}))) as zoho:
        page = await zoho.source.page(THINGS, PageQuery(page=1, per_page=200), zoho.caller)

    assert len(page.records) == 2
    assert not page.has_more


async def test_unknown_keys_beside_the_records_are_no_matter():
    body = {"code": 0, "message": "success", "instrumentation": {"a": 1}, "things": [{}]}
    body["page_context"] = {"page": 1, "has_more_page": True, "custom_fields": []}
    async with rig(Script(answer(body))) as zoho:
        page = await zoho.source.page(THINGS, PageQuery(page=1, per_page=200), zoho.caller)

    assert page.has_more


async def test_a_detail_is_a_reply_of_one_record():
    api = Script(answer({"code": 0, "thing": {"thing_id": "a/b"}}))
    async with rig(api) as zoho:
        reply = await zoho.source.detail(THINGS, "a/b", zoho.caller)

    assert bytes(reply.records[0]) == b'{"thing_id": "a/b"}'
    assert api.requests[0].url.raw_path == b"/inventory/v1/things/a%2Fb?organization_id=748369814"


async def test_a_detail_without_its_record_is_not_understood():
    async with rig(Script(answer({"code": 0, "other": {}}))) as zoho:
        with pytest.raises(SchemaMismatchError, match="“thing”"):
            await zoho.source.detail(THINGS, "7", zoho.caller)


async def test_bulk_details_name_their_ids_and_miss_what_is_gone():
    api = Script(things(1, 3))
    async with rig(api) as zoho:
        reply = await zoho.source.bulk(THINGS, THINGS.bulk, ["1", "2", "3"], zoho.caller)

    assert len(reply.records) == 2
    assert api.requests[0].url.raw_path.endswith(b"/thingdetails?organization_id=748369814&thing_ids=1%2C2%2C3")


@pytest.mark.parametrize("ids", [[], ["1", "2", "3", "4"]])
async def test_no_or_too_many_ids_are_a_mistake_of_the_program(ids):
    api = Script(things())
    async with rig(api) as zoho:
        with pytest.raises(ValueError, match="1 to 3 ids"):
            await zoho.source.bulk(THINGS, THINGS.bulk, ids, zoho.caller)

    assert not api.requests


@pytest.mark.parametrize(("products", "root"), [("books,inventory", "/books/v3"), ("inventory", "/inventory/v1")])
async def test_organizations_are_asked_of_a_product_there_is_and_for_none(products, root):
    place = {"organization_id": 748369814, "name": "TSH", "currency_code": "IQD", "time_zone": "Asia/Baghdad"}
    api = Script(answer({"code": 0, "organizations": [place]}))
    async with rig(api, products=products, organization_id="") as zoho:
        found = await zoho.source.organizations(zoho.caller)

    assert found == [Organization(id="748369814", name="TSH", currency_code="IQD", time_zone="Asia/Baghdad")]
    assert api.requests[0].url.raw_path.decode() == f"{root}/organizations"


async def test_the_version_of_books_is_a_setting():
    api = Script(answer({"code": 0, "organizations": []}))
    async with rig(api, api_version="v4") as zoho:
        await zoho.source.organizations(zoho.caller)

    assert api.requests[0].url.path == "/books/v4/organizations"
