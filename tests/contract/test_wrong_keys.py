"""The simulator can prove a spec wrong: its data files name paths and keys themselves."""

from dataclasses import replace

import pytest

from tests.support.stores import session_url, tables_url
from tests.support.worlds import counts, states, world
from tsh_sync_gui.entities.registry import REGISTRY, Registry

__all__ = ["session_url", "tables_url"]

pytestmark = pytest.mark.asyncio


def wrong(name, *, pull=None, **api):
    """Return a registry in which the spec of one entity is wrong at one place."""
    spec = REGISTRY.get(name)
    spec = replace(spec, pull=replace(spec.pull, **(pull or {})), apis=tuple(replace(one, **api) for one in spec.apis))
    return Registry(spec if entity.name == name else entity for entity in REGISTRY)


@pytest.fixture
def spoiled(tables_url, make_simulator, tmp_path):
    """Open the program with a wrong spec on a small organization."""
    simulator = make_simulator(items=30, customers=8, orders=6, invoices=6, payments=5, credit_notes=3)
    return lambda registry: world(tables_url, simulator, tmp_path, registry=registry)


@pytest.mark.parametrize("name", [entity.name for entity in REGISTRY if not entity.spread])
async def test_a_wrong_key_of_the_list_ends_the_run_in_words(spoiled, name):
    async with spoiled(wrong(name, records="records")) as one:
        report = await one.sync(name)

        assert states(report) == {"failed"}
        assert report.runs[0].title == "Zoho sent a reply this program does not understand"
        assert "records" in report.runs[0].advice
        assert one.living(name) == []


@pytest.mark.parametrize("name", [entity.name for entity in REGISTRY if not entity.spread])
async def test_a_wrong_key_of_the_id_rejects_every_record(spoiled, name):
    async with spoiled(wrong(name, pull={"id": "identifier"})) as one:
        report = await one.sync(name)

        created, *_, failed = counts(report)[name]
        assert states(report) <= {"partly_done", "failed"}
        assert created == 0
        assert failed > 0
        assert one.living(name) == []


@pytest.mark.parametrize("name", [entity.name for entity in REGISTRY if not entity.spread])
async def test_a_wrong_path_ends_the_run_in_words(spoiled, name):
    async with spoiled(wrong(name, path="/nowhere")) as one:
        report = await one.sync(name)

        assert states(report) == {"failed"}
        assert "/nowhere" in report.runs[0].title
        assert one.living(name) == []


@pytest.mark.parametrize("name", [entity.name for entity in REGISTRY if not entity.apis[0].bulk])
async def test_a_wrong_key_of_the_detail_ends_the_run_in_words(spoiled, name):
    async with spoiled(wrong(name, record="thing")) as one:
        report = await one.sync(name, details="all")

        assert states(report) == {"failed"}
        assert report.runs[0].title == "Zoho sent a reply this program does not understand"
        assert one.query(f"select count(*) from tsh.{name} where detailed_at is not null") == [(0,)]


@pytest.mark.parametrize("name", [entity.name for entity in REGISTRY if entity.apis[0].bulk])
async def test_a_wrong_key_of_details_in_bulk_ends_the_run_in_words(spoiled, name):
    bulk = replace(REGISTRY.get(name).apis[0].bulk, records="things")
    async with spoiled(wrong(name, bulk=bulk)) as one:
        report = await one.sync(name, details="all")

        assert states(report) == {"failed"}
        assert report.runs[0].title == "Zoho sent a reply this program does not understand"
        assert one.query(f"select count(*) from tsh.{name} where detailed_at is not null") == [(0,)]
