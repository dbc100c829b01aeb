"""Zoho's captured replies through the program's own reading and judging."""

from __future__ import annotations

import json

import httpx
import pytest

from tests.support.facts import body, needs_captures
from tests.support.facts import captured as decoded
from tests.support.memory import MemoryTokenStore
from tests.support.zoho import NOON, Script, answer, rig, settings
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import AuthorisationError, RecordGoneError, SchemaMismatchError, WrongOrganizationError
from tsh_sync_gui.engine.ports import PageQuery
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.zoho.errors import Refusal, Remedy, rule_for
from tsh_sync_gui.zoho.oauth import TokenKeeper

pytestmark = needs_captures
LISTS = {
    "inventory-items-list": "products",
    "inventory-items-search": "products",
    "books-contacts-list": "customers",
    "books-pricebooks-list": "price_lists",
    "books-invoices-list-vendor": "invoices",
}
ROWS = {
    "books-contacts-list-row": "customers",
    "books-customerpayments-list-row": "payments",
    "books-invoices-list-row": "invoices",
    "books-salesorders-list-row-vendor": "sales_orders",
}
ODD_LISTS = {"books-customerpayments-list-vendor": "payments", "books-creditnotes-list-vendor": "credit_notes"}
DETAILS = {
    "inventory-item-detail": "products",
    "inventory-item-detail-locations-vendor": "stock_levels",
    "books-contact-detail-customer": "customers",
    "books-contact-detail-customer-sparse": "customers",
    "books-pricebook-detail-unit": "price_lists",
    "books-pricebook-detail-volume": "price_lists",
    "books-invoice-detail-vendor": "invoices",
    "books-customerpayment-detail-vendor": "payments",
    "books-creditnote-detail-vendor": "credit_notes",
}
STATUS = {
    "1038": 400,
    "44": 429,
    "45": 429,
    "1070": 429,
    "57": 401,
    "2-payment-terms": 400,
    "1002-invoice": 404,
    "6041": 400,
}
MEANING = {
    "1038": SchemaMismatchError,
    "44": Remedy.MINUTE,
    "45": Remedy.DAY,
    "1070": Remedy.CROWDED,
    "57": Remedy.RENEW,
    "2-payment-terms": SchemaMismatchError,
    "1002-invoice": RecordGoneError,
    "6041": WrongOrganizationError,
}


def captured(name: str) -> httpx.Response:
    """Return a captured body as an answer."""
    return answer(body(name))


@pytest.mark.asyncio
@pytest.mark.parametrize(("name", "entity"), LISTS.items())
async def test_a_captured_list_is_a_page(name, entity):
    api = REGISTRY.get(entity).apis[0]
    document = decoded(name)
    async with rig(Script(captured(name))) as zoho:
        page = await zoho.source.page(api, PageQuery(page=1, per_page=200), zoho.caller)

    assert [json.loads(bytes(record)) for record in page.records] == document[api.records]
    context = document.get("page_context", {})
    assert page.has_more == (context[0] if isinstance(context, list) else context).get("has_more_page", False)


@pytest.mark.asyncio
@pytest.mark.parametrize(("name", "entity"), ROWS.items())
async def test_a_captured_row_comes_through_as_it_was_sent(name, entity):
    api = REGISTRY.get(entity).apis[0]
    reply = b'{"code":0,"message":"success","%b":[%b],"page_context":{"has_more_page":true}}'
    async with rig(Script(answer(reply % (api.records.encode(), body(name))))) as zoho:
        page = await zoho.source.page(api, PageQuery(page=1, per_page=200), zoho.caller)

    assert [bytes(record) for record in page.records] == [body(name).strip()]
    assert page.has_more


@pytest.mark.asyncio
@pytest.mark.parametrize(("name", "entity"), ODD_LISTS.items())
async def test_a_list_in_another_shape_ends_in_words(name, entity):
    """A wrong key, and one record in place of an array: neither is taken for an empty list."""
    api = REGISTRY.get(entity).apis[0]
    async with rig(Script(captured(name))) as zoho:
        with pytest.raises(SchemaMismatchError, match="does not understand"):
            await zoho.source.page(api, PageQuery(page=1, per_page=200), zoho.caller)


@pytest.mark.asyncio
async def test_captured_details_in_bulk_are_records():
    api = REGISTRY.get("stock_levels").apis[0]
    document = decoded("inventory-itemdetails-vendor")
    async with rig(Script(captured("inventory-itemdetails-vendor"))) as zoho:
        reply = await zoho.source.bulk(api, api.bulk, ["1", "2"], zoho.caller)

    assert [json.loads(bytes(record)) for record in reply.records] == document["items"]


@pytest.mark.asyncio
@pytest.mark.parametrize(("name", "entity"), DETAILS.items())
async def test_a_captured_detail_is_one_record(name, entity):
    api = REGISTRY.get(entity).apis[0]
    document = decoded(name)
    async with rig(Script(captured(name))) as zoho:
        reply = await zoho.source.detail(api, "1", zoho.caller)

    assert [json.loads(bytes(record)) for record in reply.records] == [document[api.record]]


@pytest.mark.asyncio
async def test_captured_organizations_are_read():
    async with rig(Script(captured("inventory-organizations-list")), products="inventory") as zoho:
        found = await zoho.source.organizations(zoho.caller)

    assert found
    assert all(one.id.isdecimal() and one.currency_code and one.time_zone for one in found)


@pytest.mark.parametrize(("name", "meaning"), MEANING.items())
def test_a_captured_error_means_what_the_table_says(name, meaning):
    document = decoded(f"error-{name}")

    refusal = Refusal(
        status=STATUS[name], code=document["code"], message=document["message"], endpoint="/x", organization="1"
    )

    rule = rule_for(refusal)
    assert meaning in {rule.remedy, type(rule.error(refusal))}


@pytest.mark.asyncio
async def test_the_captured_oauth_error_is_one_though_its_status_is_200():
    clock = ManualClock(NOON)
    accounts = Script(captured("oauth-error-invalid-code"))

    with pytest.raises(AuthorisationError, match="no longer accepts"):
        await TokenKeeper(settings(), store=MemoryTokenStore(clock), clock=clock, transport=accounts).token()
