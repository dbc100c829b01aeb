"""The client over scripted answers: accounting, healing, and what it gives up on."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import httpx
import pytest

from tests.support.memory import MemoryBudget
from tests.support.zoho import NOON, THINGS, Script, answer, fresh_token, refusal, rig, things
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    EndpointAbsentError,
    MissingPermissionError,
    QuotaExhaustedError,
    RateLimitedError,
    RecordGoneError,
    RecordRejectedError,
    SchemaMismatchError,
    SyncError,
    UnreachableError,
    WrongOrganizationError,
)
from tsh_sync_gui.core.values import CallKind
from tsh_sync_gui.engine.ports import ListOrder, PageQuery, RateHeaders
from tsh_sync_gui.zoho.client import Patience

pytestmark = pytest.mark.asyncio
PAGE = PageQuery(page=1, per_page=200)


async def test_a_request_carries_token_organization_and_an_escaped_plus():
    api = Script(things(1))
    async with rig(api) as zoho:
        params = zoho.source.params(THINGS, ListOrder.FILTERED, NOON)
        await zoho.source.page(THINGS, PageQuery(page=3, per_page=200, params=params), zoho.caller)

    request = api.requests[0]
    assert request.url.raw_path == (
        b"/inventory/v1/things?organization_id=748369814&filter_by=Status.All"
        b"&last_modified_time=2026-11-22T12%3A00%3A00%2B0000&sort_column=created_time&sort_order=A&page=3&per_page=200"
    )
    assert request.url.host == "www.zohoapis.com"
    assert request.headers["authorization"].startswith("Zoho-oauthtoken 1000.")
    assert request.headers["user-agent"].startswith("tsh-sync-gui")
    assert request.headers["accept-encoding"] == "gzip"


async def test_a_success_is_settled_counted_and_logged_once():
    figures = {"X_Rate_Limit_Limit": "1000", "X_Rate_Limit_Remaining": "990", "X_Rate_Limit_Reset": "3600"}
    body = {"code": 0, "things": [{}], "page_context": {"has_more_page": True}}
    api = Script(answer(body, Date="Sun, 22 Nov 2026 11:59:58 GMT", **figures))
    async with rig(api) as zoho:
        page = await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert (page.page, len(page.records), page.has_more, page.sent_at) == (1, 1, True, NOON)
    assert page.server_date == NOON - timedelta(seconds=2)
    assert page.size == len(api.steps[0].content)
    assert zoho.heard.sent == [CallKind.LIST]
    assert zoho.budget.settled == [RateHeaders(limit=1000, remaining=990, reset_seconds=3600)]
    assert not zoho.budget.open
    record = zoho.log.records[0]
    assert (record.path, record.status, record.code, record.size) == ("/inventory/v1/things", 200, 0, page.size)
    assert (record.request, record.answer) == ("", "")


async def test_a_server_without_rate_headers_is_lived_with():
    async with rig(Script(things(1))) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert zoho.budget.settled == [None]


async def test_a_dead_token_is_renewed_once_without_a_word():
    async with rig(Script(refusal(401, 57), things(1))) as zoho:
        page = await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert len(page.records) == 1
    assert len(zoho.store.saved) == 2
    assert zoho.heard.sent == [CallKind.LIST] * 2
    assert zoho.heard.waits == []


async def test_a_second_401_names_the_permission_and_costs_no_refresh_again():
    async with rig(Script(refusal(401, 57))) as zoho:
        with pytest.raises(AuthorisationError) as caught:
            await zoho.source.page(THINGS, PAGE, zoho.caller)
        with pytest.raises(AuthorisationError):
            await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert caught.value.title == "Not allowed to read some things"
    assert "ZohoInventory.things.READ" in caught.value.advice
    assert len(zoho.store.saved) == 2
    assert len(zoho.heard.sent) == 3


async def test_five_requests_that_meet_one_dead_token_refresh_it_once():
    api = Script(*[refusal(401, 57)] * 5, things(1))
    accounts = Script(fresh_token)
    async with rig(api, accounts) as zoho:
        await asyncio.gather(*(zoho.source.page(THINGS, PAGE, zoho.caller) for _ in range(5)))

    assert len(accounts.requests) == 2


async def test_the_minute_limit_is_waited_out_and_told():
    async with rig(Script(refusal(429, 44), things(1))) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert zoho.budget.refusals == [44]
    assert zoho.heard.reasons == ["minute_limit", ""]
    assert zoho.clock.monotonic() >= 60


async def test_a_block_that_stays_is_asked_about_ever_more_rarely():
    async with rig(Script(*[refusal(429, 44)] * 8, things(1))) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert len(zoho.heard.sent) == 9
    assert zoho.clock.monotonic() > 30 * 60


async def test_an_old_throttling_code_as_text_counts_as_the_minute_limit():
    async with rig(Script(answer({"code": "43", "message": "wait"}, 429), things(1))) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert zoho.budget.refusals == [44]


async def test_the_used_up_day_stops_with_the_moment_it_turns():
    async with rig(Script(refusal(429, 45))) as zoho:
        with pytest.raises(QuotaExhaustedError) as caught:
            await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert caught.value.resets_at == zoho.budget.resets_at
    assert zoho.budget.refusals == [45]
    assert zoho.heard.sent == [CallKind.LIST]


async def test_no_request_leaves_when_the_budget_has_none_left_today():
    api = Script(things(1))
    clock = ManualClock(NOON)
    async with rig(api, clock=clock, budget=MemoryBudget(clock, per_day=0)) as zoho:
        with pytest.raises(QuotaExhaustedError) as caught:
            await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert caught.value.resets_at == zoho.budget.resets_at
    assert not api.requests


async def test_too_many_at_once_lowers_the_concurrency_and_asks_again():
    async with rig(Script(refusal(429, 1070), refusal(429, 1070), things(1))) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert zoho.budget.refusals == [1070, 1070]
    assert zoho.budget.concurrency == 62
    assert zoho.heard.reasons == ["concurrency", "", "concurrency", ""]


async def test_a_server_that_is_always_full_is_given_up():
    async with rig(Script(refusal(429, 1070)), patience=Patience(waits=(1, 2))) as zoho:
        with pytest.raises(RateLimitedError) as caught:
            await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert caught.value.code == 1070
    assert len(zoho.heard.sent) == 3


TROUBLE = {
    "an error of the server": refusal(500, 1000),
    "a gateway's page": answer(b"<html>Bad gateway</html>", 502, Content_Type="text/html"),
    "a page instead of data": answer(b"<!DOCTYPE html><html></html>", 200, Content_Type="text/html"),
    "cut JSON": answer(b'{"code":0,"things":[{"thing_id":"1"},{"thi'),
    "an empty body": answer(b""),
    "a missing page in HTML": answer(b"<html>not here</html>", 404),
    "a cut connection": httpx.RemoteProtocolError("peer closed connection"),
    "a reset": httpx.ReadError("reset by peer"),
    "a timeout": httpx.ReadTimeout("no answer"),
    "bad gzip": httpx.DecodingError("incorrect header check"),
}


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=list(TROUBLE))
async def test_trouble_on_the_way_is_healed_by_asking_again(trouble):
    async with rig(Script(trouble, things(1))) as zoho:
        page = await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert len(page.records) == 1
    assert zoho.heard.reasons == ["network", ""]
    assert zoho.heard.waits[0].detail.startswith(("Zoho", "The connection to Zoho broke off"))
    assert urlsplit(zoho.source._client.settings.api_base_url).netloc in zoho.heard.waits[0].detail
    assert len(zoho.heard.sent) == 2
    assert len(zoho.log.records) == 2
    assert not zoho.budget.open


@pytest.mark.parametrize("trouble", TROUBLE.values(), ids=list(TROUBLE))
async def test_trouble_that_stays_ends_after_two_minutes_in_words(trouble):
    async with rig(Script(trouble)) as zoho:
        with pytest.raises(UnreachableError) as caught:
            await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert caught.value.what == "zoho"
    assert caught.value.advice
    assert "/things" in caught.value.cause
    assert zoho.clock.slept[:5] == [1, 2, 4, 8, 15]
    assert 110 <= zoho.clock.monotonic() <= 130


async def test_a_refused_connection_costs_no_call():
    async with rig(Script(httpx.ConnectError("refused"), httpx.ConnectTimeout("slow"), things(1))) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert zoho.heard.sent == [CallKind.LIST]
    assert zoho.budget.given_back == 2
    assert zoho.budget.used == 1
    assert len(zoho.log.records) == 1


async def test_one_request_at_a_time_finds_out_whether_an_outage_is_over():
    api = Script(*[refusal(503, 0)] * 9, things(1))
    async with rig(api) as zoho:
        await asyncio.gather(*(zoho.source.page(THINGS, PAGE, zoho.caller) for _ in range(5)))

    assert len(api.requests) == 5 + 5 + 4
    assert zoho.clock.slept == [1, 2, 4, 8, 15, 0, 0, 0, 0]
    assert zoho.heard.reasons.count("network") == 4 + 5
    assert zoho.heard.reasons.count("") == 4 + 5


async def test_a_server_that_says_when_to_come_back_is_heard():
    async with rig(Script(answer({"code": 0}, 503, Retry_After="20"), things(1))) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert zoho.clock.slept == [20]


REFUSALS = [
    (404, 5, "Invalid URL Passed", EndpointAbsentError),
    (404, 1002, "Thing does not exist.", RecordGoneError),
    (404, 1002, "The Customer is not accessible.", RecordRejectedError),
    (400, 6041, "This user is not associated with the CompanyID/CompanyName:1.", WrongOrganizationError),
    (400, 2, "Invalid value passed for last_modified_time", SchemaMismatchError),
    (400, 9, "Not now", SchemaMismatchError),
    (403, 0, "Forbidden", MissingPermissionError),
    (200, 2, "Invalid value passed for page", SchemaMismatchError),
    (200, 5, "Invalid URL Passed", EndpointAbsentError),
    (200, 1002, "Thing does not exist.", RecordGoneError),
]


@pytest.mark.parametrize(("status", "code", "message", "kind"), REFUSALS)
async def test_a_refusal_is_raised_at_once_as_what_it_means(status, code, message, kind):
    api = Script(refusal(status, code, message))
    async with rig(api) as zoho:
        with pytest.raises(SyncError) as caught:
            await zoho.source.detail(THINGS, "7", zoho.caller)

    assert type(caught.value) is kind
    assert len(api.requests) == 1
    assert "/things/{id}" in caught.value.cause
    assert zoho.log.records[0].code == code


async def test_an_absent_endpoint_is_named_without_the_record():
    async with rig(Script(refusal(404, 5))) as zoho:
        with pytest.raises(EndpointAbsentError) as caught:
            await zoho.source.bulk(THINGS, THINGS.bulk, ["1", "2"], zoho.caller)

    assert caught.value.path == "/thingdetails"


@pytest.mark.parametrize(
    "body",
    [{"code": 0, "items": []}, {"code": 0, "things": ""}, {"code": 0, "things": {"a": 1}}, [1, 2]],
    ids=["no key", "text", "an object", "an array"],
)
async def test_a_reply_without_the_records_is_not_understood_and_names_key_and_path(body):
    api = Script(answer(body))
    async with rig(api) as zoho:
        with pytest.raises(SchemaMismatchError) as caught:
            await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert "“things”" in caught.value.advice
    assert "/things" in caught.value.advice
    assert len(api.requests) == 1


async def test_a_cancelled_request_is_counted_and_its_slot_closed():
    started = asyncio.Event()

    async def never(_request):
        started.set()
        await asyncio.Event().wait()

    async with rig(Script(never)) as zoho:
        task = asyncio.create_task(zoho.source.page(THINGS, PAGE, zoho.caller))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    assert zoho.heard.sent == [CallKind.LIST]
    assert not zoho.budget.open
    assert [(record.status, record.error) for record in zoho.log.records] == [(0, "cancelled")]


async def test_kept_bodies_hold_no_secret():
    async with rig(
        Script(answer({"code": 0, "things": [], "seen": "1000.00000000.11111111"})), log_api_calls=True
    ) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    record = zoho.log.records[0]
    assert record.request.startswith("GET /inventory/v1/things?organization_id=748369814")
    assert "1000.00000000" not in record.answer
    assert '"things": []' in record.answer


async def test_without_an_organization_nothing_leaves():
    api = Script(things(1))
    async with rig(api, organization_id="") as zoho:
        with pytest.raises(ConfigurationError, match="ZOHO_ORGANIZATION_ID"):
            await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert not api.requests


async def test_the_region_of_the_token_is_asked_where_both_addresses_are_zohos():
    europe = answer({"access_token": "1000.aaaaaaaa.bbbbbbbb", "api_domain": "https://www.zohoapis.eu"})
    api = Script(things(1))
    async with rig(api, Script(europe)) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert api.requests[0].url.host == "www.zohoapis.eu"


async def test_a_foreign_domain_in_the_token_reply_is_never_sent_the_token():
    foreign = answer({"access_token": "1000.aaaaaaaa.bbbbbbbb", "api_domain": "https://evil.example"})
    api = Script(things(1))
    async with rig(api, Script(foreign)) as zoho:
        await zoho.source.page(THINGS, PAGE, zoho.caller)

    assert api.requests[0].url.host == "www.zohoapis.com"
