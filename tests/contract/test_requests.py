"""What the program asks of Zoho, on the wire, against Zoho's OpenAPI documents."""

import asyncio
import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from tests.contract.openapi import PREFIXES, operation
from tests.contract.slips import Finding, stale, unknown
from tests.support.facts import needs_documents
from tests.support.simulator import SMALL
from tests.support.stores import with_tables
from tests.support.worlds import states, world
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.simulator import Simulator, SimulatorConfig
from tsh_sync_gui.zoho.transport import Transport

SIZES = {**SMALL, "items": 130, "customers": 12, "orders": 9, "invoices": 9, "payments": 7, "credit_notes": 4}
STAMP = re.compile(r"last_modified_time=\d{4}-\d\d-\d\dT\d\d%3A\d\d%3A\d\d(?:%2B|-)\d{4}(?:&|$)")
_ID = re.compile(r"/\d+(?=/|$)")


async def _everything(url, simulator, home, products):
    """Sync all entities in every way the program has."""
    async with world(url, simulator, home, products=products, batch_size=40) as one:
        await one.service.check_connection()
        report = await one.sync(details="all")
        assert states(report) == {"up_to_date"}
        for entity in REGISTRY:
            if not entity.spread and entity.api(frozenset(products)):
                one.control("change", entity=entity.zoho, count=3)
                one.control("delete", entity=entity.zoho, count=1)
        await one.sync(details="all", force=True)
        await one.sync(sweep=True)
        await one.sync(full=True, dry_run=True)
        for run in (await one.sync(since=datetime(2026, 1, 1, tzinfo=UTC))).runs:
            living = one.living(run.entity)
            await one.sync(run.entity, record_id=living[0], force=True)


@pytest.fixture(scope="module")
def asked(databases, tmp_path_factory):
    """All requests of organizations with both products, with Books alone and with Inventory alone."""
    seen: list[httpx.URL] = []
    send = Transport.handle_async_request

    async def recorded(transport, request):
        seen.append(request.url)
        return await send(transport, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Transport, "handle_async_request", recorded)
        for products in ({"books", "inventory"}, {"books"}, {"inventory"}):
            endpoint = databases.endpoint(with_tables)
            with Simulator(SimulatorConfig(**SIZES)) as simulator:
                home = tmp_path_factory.mktemp("home")
                asyncio.run(_everything(endpoint.sqlalchemy_url, simulator, home, products))
            databases.drop(endpoint.dbname)
    return [url for url in seen if not url.path.startswith("/oauth/")]


def _endpoint(url):
    prefix = next(prefix for prefix in PREFIXES if url.path.startswith(f"{prefix}/"))
    return f"{PREFIXES[prefix]} {_ID.sub('/{id}', url.path.removeprefix(prefix))}"


def _misfits(url):
    """Yield what the documents don't know of a request."""
    endpoint = _endpoint(url)
    documented = operation(endpoint)
    if documented is None:
        yield Finding(endpoint, "path", "")
        return
    for name, value in parse_qsl(urlsplit(str(url)).query, keep_blank_values=True):
        allowed = documented.parameters.get(name)
        if allowed is None:
            yield Finding(endpoint, "parameter", name)
        elif allowed and value not in allowed:
            yield Finding(endpoint, "value", f"{name}={value}")


@pytest.fixture(scope="module")
def findings(asked):
    """What the program asks and no document knows."""
    return {finding for url in asked for finding in _misfits(url)}


@needs_documents
def test_the_program_asks_only_what_is_documented(findings):
    assert unknown(findings) == []


@needs_documents
def test_every_known_slip_of_a_request_still_occurs(findings):
    assert stale(findings, "path", "parameter", "value") == []


def test_every_way_of_every_entity_was_asked(asked):
    paths = {_endpoint(url) for url in asked}

    for entity in REGISTRY:
        for api in entity.apis:
            assert f"{api.product} {api.path}" in paths
            assert f"{api.product} {api.path}/{{id}}" in paths or api.bulk
            assert api.bulk is None or f"{api.product} {api.bulk.path}" in paths


def test_times_are_written_as_zoho_reads_them(asked):
    """Whole seconds, an offset without a colon, and a plus that stays a plus (zoho-api.md 7.1, 7.2)."""
    filtered = [url for url in asked if "last_modified_time" in url.params]

    assert filtered
    assert all(STAMP.search(url.query.decode()) for url in filtered)


def test_the_organization_is_named_in_every_request_but_one(asked):
    without = {_endpoint(url).split(" ")[1] for url in asked if "organization_id" not in url.params}

    assert without == {"/organizations"}
