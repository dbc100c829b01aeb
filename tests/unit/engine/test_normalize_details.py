"""Details become their own columns, children, and the rows a spread makes; lists stand in them."""

import pytest

from tests.support.copylines import rows
from tests.unit.engine.things import FIGURES, NOW, THINGS, figures, raw, thing, things
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.entities.registry import REGISTRY


def details(*records):
    return things.details(records, observed_at=NOW)


def test_a_detail_becomes_a_row_of_the_detail_columns():
    record = thing(
        "1", remark="a\nb", limit="5.0", custom_fields=[{"x": "\t"}], last_modified_time="2026-11-01T00:00:00Z"
    )

    batch = details(record)

    (row,) = rows(batch.lines)
    assert batch.ids == batch.lines.keys == ["1"]
    assert batch.lines.columns == THINGS.detail_columns
    assert batch.spread is None
    assert row == {
        "zoho_id": "1",
        "remark": "a\nb",
        "limit": "5",
        "custom_fields": '[{"x":"\\t"}]',
        "zoho_modified_at": "2026-11-01T00:00:00Z",
        "detailed_at": "2026-11-22T08:30:00+00:00",
        "raw_detail": bytes(record).decode(),
    }


def test_children_stand_in_zohos_order_below_their_parent():
    first = thing("1", lines=[{"line_id": "8", "text": "a\\b", "rate": 1.5}, {"line_id": 9, "text": 5}])
    second = thing("2", lines=[{"text": "c"}], marks=[{"mark": "m"}])

    batch = details(first, second)

    lines = batch.children["thing_lines"]
    assert lines.columns == ("parent_zoho_id", "position", "zoho_id", "text", "rate")
    assert lines.keys == ["1", "1", "2"]
    assert [tuple(row.values()) for row in rows(lines)] == [
        ("1", "1", "8", "a\\b", "1.5"),
        ("1", "2", "9", "5", None),
        ("2", "1", None, "c", None),
    ]
    assert [tuple(row.values()) for row in rows(batch.children["thing_marks"])] == [("2", "1", "m")]


@pytest.mark.parametrize("absent", [{}, {"lines": ""}, {"lines": None}, {"lines": []}])
def test_a_parent_without_children_is_told_by_its_id(absent):
    batch = details(thing("1", **absent))

    assert batch.ids == ["1"]
    assert batch.children["thing_lines"].lines == []


@pytest.mark.parametrize(
    ("members", "field", "value", "reason"),
    [
        (
            {"lines": [{"rate": 1}, {"rate": "70%"}]},
            "lines[2].rate",
            "70%",
            "Zoho sent a value we cannot read: “rate” is not a number",
        ),
        ({"lines": [5]}, "lines[1]", "5", "Zoho sent something else where an entry of lines should be"),
        ({"marks": [{"mark": ""}]}, "marks[1].mark", "", "Entry of marks needs a mark"),
        ({"lines": "many"}, "lines", "many", "Zoho sent a value we cannot read: “lines” is not a list"),
        ({"lines": {"a": 1}}, "lines", '{"a":1}', "Zoho sent a value we cannot read: “lines” is not a list"),
        ({"limit": "x"}, "limit", "x", "Zoho sent a value we cannot read: “limit” is not a number"),
        (
            {"lines": [{"text": "\0"}]},
            "lines",
            "␀",
            "Zoho sent a value we cannot keep: “lines” holds the character NUL",
        ),
    ],
)
def test_a_bad_value_anywhere_rejects_the_whole_detail_alone(members, field, value, reason):
    batch = details(thing("1", marks=[{"mark": "a"}]), thing("2", **members))

    (rejected,) = batch.rejected
    assert batch.ids == ["1"]
    assert batch.lines.keys == batch.children["thing_marks"].keys == ["1"]
    assert (rejected.record_id, rejected.field, rejected.value, rejected.reason) == ("2", field, value, reason)


def test_a_detail_met_twice_counts_once_with_its_last_state():
    batch = details(thing("1", lines=[{"text": "old"}, {"text": "old"}]), thing("1", lines=[{"text": "new"}]))

    assert batch.ids == ["1"]
    assert [row["text"] for row in rows(batch.children["thing_lines"])] == ["new"]


def test_a_spread_gives_a_row_for_each_element_with_the_records_own_fields():
    record = raw(
        {
            "thing_id": "1",
            "name": "Cable",
            "on_hand": 9,
            "last_modified_time": "2026-11-01T00:00:00Z",
            "places": [
                {"place_id": "10", "place_name": "Baghdad", "place_on_hand": "4.0"},
                {"place_id": 11, "place_name": "", "place_on_hand": -5.5},
            ],
        }
    )

    batch = figures.details([record], observed_at=NOW)

    first, second = rows(batch.spread)
    assert batch.spread.columns == FIGURES.copy_columns
    assert batch.spread.keys == ["1\x1f10", "1\x1f11"]
    assert first.pop("content_hash") != second.pop("content_hash")
    assert first == {
        "zoho_id": "1",
        "place_id": "10",
        "place_name": "Baghdad",
        "thing_name": "Cable",
        "on_hand": "4",
        "zoho_modified_at": "2026-11-01T00:00:00Z",
        "observed_at": "2026-11-22T08:30:00+00:00",
        "raw": None,
    }
    assert (second["place_id"], second["place_name"], second["on_hand"]) == ("11", None, "-5.5")


def test_the_total_rows_detail_has_the_records_stamps_but_its_text_stands_once_elsewhere():
    record = raw({"thing_id": "1", "on_hand": 9, "places": []})

    batch = figures.details([record], observed_at=NOW)

    (row,) = rows(batch.lines)
    assert batch.spread.lines == []
    assert row == {
        "zoho_id": "1",
        "zoho_modified_at": None,
        "detailed_at": "2026-11-22T08:30:00+00:00",
        "raw_detail": None,
    }


def test_the_first_list_that_has_elements_is_spread():
    shed = {"shed_id": "7", "shed_name": "Yard", "shed_on_hand": -1}

    batch = figures.details([raw({"thing_id": "1", "places": "", "sheds": [shed]})], observed_at=NOW)

    (row,) = rows(batch.spread)
    assert (row["place_id"], row["place_name"], row["on_hand"]) == ("7", "Yard", "-1")


def test_an_element_without_its_key_rejects_the_detail():
    batch = figures.details([raw({"thing_id": "1", "places": [{"place_name": "x"}]})], observed_at=NOW)

    assert batch.ids == []
    assert batch.rejected[0].field == "places[1].place_id"
    assert batch.rejected[0].reason == "Entry of places needs a place id"


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
def test_every_entity_renders_a_detail_of_its_own_keys(entity):
    record = {entity.pull.id: "1"}
    for child in entity.children:
        record[child.source] = [{child.fields[0].keys[0]: "2"}]
    if entity.spread:
        record[entity.spread.arrays[0]] = [{field.keys[0]: "3" for field in entity.spread.fields}]

    batch = Normalizer(entity).details([raw(record)], observed_at=NOW)

    assert batch.rejected == []
    assert batch.ids == ["1"]
    assert [len(rows(lines)) for lines in batch.children.values()] == [1] * len(entity.children)
    assert len(rows(batch.spread)) == 1 if entity.spread else batch.spread is None


def test_single_objects_are_children_too_and_say_where_they_stood():
    address = {"address_id": "7", "city": "Basra"}
    contact = {"contact_id": "1", "billing_address": address, "shipping_address": {"city": ""}, "addresses": [address]}

    batch = Normalizer(REGISTRY.get("customers")).details([raw(contact)], observed_at=NOW)

    found = rows(batch.children["customer_addresses"])
    assert [(row["position"], row["kind"], row["city"]) for row in found] == [
        ("1", "billing_address", "Basra"),
        ("2", "addresses", "Basra"),
    ]
