"""Every entity of the registry: a sane spec, and keys that occur where the spec says they stand."""

import re
from collections import Counter

import pytest

from tests.contract.answers import picked
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Direction, Kind

ENTITIES = {entity.name: entity for entity in REGISTRY}
SERVED = [(entity, api) for entity in REGISTRY for api in entity.apis]
WORD = re.compile(r"[a-z][a-z0-9_]*\Z")
# What every main table has besides the spec's columns (design.md 4).
OURS = {
    *("id", "zoho_id", "zoho_modified_at", "observed_at", "synced_at", "detailed_at", "deleted_at", "content_hash"),
    *("raw", "raw_detail"),
}


def _named(served):
    entity, api = served
    return f"{entity.name}-{api.product}"


@pytest.fixture
def rows(answers):
    """Return the list rows that serve an entity."""

    def read(api):
        return answers.values(f"{api.product} {api.path}", f"{api.records}[]", **dict(api.fixed))

    return read


@pytest.fixture
def details(answers):
    """Return the details that serve an entity, single and in bulk."""

    def read(api):
        found = answers.values(f"{api.product} {api.path}/{{id}}", api.record)
        if api.bulk:
            found = found + answers.values(f"{api.product} {api.bulk.path}", f"{api.bulk.records}[]")
        return found

    return read


def keys(records):
    return {key for record in records for key in record}


def elements(records, child):
    """Return the rows inside details: single objects first, which know their key, then the array's."""
    single = [{"@key": key, **record[key]} for record in records for key in child.objects if record.get(key)]
    return single + picked(records, f"{child.source}[]")


def is_filled(record, field):
    return any(record.get(key) not in ("", None, [], {}) for key in field.keys)


def test_no_two_entities_share_a_name_a_rank_a_title_or_a_table():
    for values in (
        [entity.rank for entity in REGISTRY],
        [entity.title for entity in REGISTRY],
        [entity.zoho for entity in REGISTRY],
        [entity.route for entity in REGISTRY],
        [entity.stats_key for entity in REGISTRY],
        [entity.name for entity in REGISTRY] + [child.table for entity in REGISTRY for child in entity.children],
    ):
        assert [value for value, times in Counter(values).items() if times > 1] == []


@pytest.mark.parametrize("name", ENTITIES)
def test_a_spec_is_sane(name):
    entity = ENTITIES[name]
    columns = [field.name for field in entity.fields]

    assert all(WORD.match(word) for word in (entity.name, entity.route, *columns))
    assert len(columns) == len(set(columns))
    assert not OURS & set(columns)
    assert entity.label in columns
    assert any(field.shown for field in entity.fields)
    assert all(not field.detail for field in entity.fields if field.required)
    assert len({api.product for api in entity.apis}) == len(entity.apis) > 0
    assert all(ENTITIES[parent].rank < entity.rank for parent in entity.parents)
    assert entity.one == entity.one.lower()
    for child in entity.children:
        inner = [field.name for field in child.fields]
        assert len(inner) == len(set(inner))
        assert not {"id", "parent_id", "position"} & set(inner)
    if entity.spread:
        assert {field.name for field in entity.spread.fields} <= set(columns)
        assert set(entity.spread.key) <= set(columns)


def test_entities_of_one_walk_are_served_by_the_same_calls():
    for entity in REGISTRY:
        for other in REGISTRY.walk(entity.walk):
            for product in {api.product for api in entity.apis} & {api.product for api in other.apis}:
                assert entity.api(frozenset({product})) == other.api(frozenset({product}))
            assert entity.pull.id == other.pull.id


@pytest.mark.parametrize("name", ENTITIES)
def test_money_and_times_are_typed_as_such(name):
    for field in (*ENTITIES[name].fields, *(one for child in ENTITIES[name].children for one in child.fields)):
        if field.name.endswith("_time"):
            assert field.kind is Kind.STAMP
        if field.name in {"total", "balance", "rate", "amount"}:
            assert field.kind is Kind.MONEY
        if field.name.endswith("_id"):
            assert field.kind is Kind.ID


@pytest.mark.parametrize("served", SERVED, ids=_named)
def test_the_list_carries_what_the_spec_expects_of_it(served, rows):
    entity, api = served
    there = keys(rows(api))

    lacking = [field.name for field in entity.list_fields if field.keys != ("_none",) and not there & {*field.keys}]

    assert entity.pull.id in there
    assert there & {*entity.pull.modified}
    assert lacking == []


@pytest.mark.parametrize("served", SERVED, ids=_named)
def test_what_only_a_detail_carries_is_not_in_the_list(served, rows):
    entity, api = served
    there = keys(rows(api))

    early = {field.name for field in entity.detail_fields if there & {*field.keys}}

    assert early == ALSO_IN_LISTS.get(entity.name, set())


@pytest.mark.parametrize("served", [one for one in SERVED if one[0].has_details], ids=_named)
def test_the_detail_carries_what_the_spec_expects_of_it(served, details):
    entity, api = served
    records = details(api)
    there = keys(records)

    lacking = [field.name for field in entity.detail_fields if not there & {*field.keys}]
    for child in entity.children:
        inner = keys(elements(records, child))
        lacking += [place for place in (child.source, *child.objects) if place not in there]
        lacking += [f"{child.table}.{field.name}" for field in child.fields if not inner & {*field.keys}]
    for array in entity.spread.arrays if entity.spread else ():
        inner = keys(picked(records, f"{array}[]"))
        lacking += [f"{array}.{field.name}" for field in entity.spread.fields if not inner & {*field.keys}]

    assert lacking == []


@pytest.mark.parametrize("name", ENTITIES)
def test_the_simulator_has_a_value_for_every_field(name, rows, details):
    entity = ENTITIES[name]
    empty = set()
    for api in entity.apis:
        listed, detailed = rows(api), details(api)
        filled = {
            field.name
            for field in entity.fields
            for record in (detailed if field.detail else listed)
            if is_filled(record, field)
        }
        inner = {
            f"{child.table}.{field.name}"
            for child in entity.children
            for field in child.fields
            for record in elements(detailed, child)
            if is_filled(record, field)
        }
        wanted = {field.name for field in entity.fields if field.keys != ("_none",)}
        wanted |= {f"{child.table}.{field.name}" for child in entity.children for field in child.fields}
        empty |= wanted - filled - inner

    assert empty == NEVER_FILLED.get(name, set())


@pytest.mark.parametrize("name", ENTITIES)
def test_only_what_we_write_goes_to_zoho(name):
    """Sales orders and customers leave TSH; all else is Zoho's (design.md 1)."""
    writes = ENTITIES[name].direction is not Direction.FROM_ZOHO

    assert writes == (name in {"customers", "sales_orders"})


# What list rows carry too, though not always (website, sub_total) or always empty (custom_fields): a list row must not
# blank what a detail brought, so the spec takes it from the detail.
ALSO_IN_LISTS = {
    "customers": {"website", "custom_fields"},
    "sales_orders": {"sub_total", "custom_fields"},
    "invoices": {"custom_fields"},
    "credit_notes": {"custom_fields"},
}
# What no simulated record has a value for: the organization has custom fields for items and contacts only, and Zoho's
# words about the days to a delivery stand in no source.
NEVER_FILLED = {
    "sales_orders": {"custom_fields", "due_by_days", "due_in_days"},
    "invoices": {"custom_fields"},
    "payments": {"custom_fields"},
    "credit_notes": {"custom_fields"},
}
