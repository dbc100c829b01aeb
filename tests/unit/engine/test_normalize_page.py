"""A page of list records becomes COPY lines; a bad record never harms its neighbours."""

from datetime import UTC, datetime

import pytest
from msgspec import Raw

from tests.support.copylines import rows
from tests.unit.engine.things import FIGURES, NOW, THINGS, figures, raw, thing, things
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.entities.registry import REGISTRY


def page(*records):
    return things.page(records, observed_at=NOW)


def only_row(record):
    (row,) = rows(page(record).lines)
    return row


def test_a_record_becomes_a_row_of_the_specs_columns():
    record = thing(
        "2646000000000123456",
        note='كابل\tشحن\nسريع \\ "C"',
        owner_id="99",
        price=12.50,
        weight="0.750",
        days=-3,
        is_good=True,
        due="2026-11-30",
        created_time="2026-10-06T10:24:19+0530",
        tags=["a\\b", {"c": 1}],
        stock=7,
        last_modified_time="2026-11-01T00:00:00Z",
        unknown={"never": "heard of"},
    )

    batch = page(record)

    (row,) = rows(batch.lines)
    content_hash = row.pop("content_hash")
    assert batch.lines.columns == THINGS.copy_columns
    assert batch.lines.keys == batch.ids == ["2646000000000123456"]
    assert content_hash.startswith("\\x")
    assert len(bytes.fromhex(content_hash[2:])) == 16
    assert row == {
        "zoho_id": "2646000000000123456",
        "name": "Cable",
        "note": 'كابل\tشحن\nسريع \\ "C"',
        "owner_zoho_id": "99",
        "price": "12.5",
        "weight": "0.75",
        "days": "-3",
        "is_good": "t",
        "due": "2026-11-30",
        "created_time": "2026-10-06T10:24:19+0530",
        "tags": '["a\\\\b",{"c":1}]',
        "stock": "7",
        "thing_name": None,
        "zoho_modified_at": "2026-11-01T00:00:00Z",
        "observed_at": "2026-11-22T08:30:00+00:00",
        "raw": bytes(record).decode(),
    }


@pytest.mark.parametrize("absent", [{}, dict.fromkeys(("note", "owner_id", "price", "days", "is_good", "due"), "")])
def test_missing_empty_and_null_are_all_absent(absent):
    row = only_row(thing(**absent, created_time=None, tags=None, weight=None))

    values = {name: value for name, value in row.items() if name not in {"zoho_id", "name", "content_hash", "raw"}}
    assert {name for name, value in values.items() if value is not None} == {"observed_at"}


def test_ids_may_be_integers_beyond_what_a_float_holds():
    row = only_row(raw({"thing_id": 2646000000000123457, "name": "Cable", "owner_id": 9007199254740993}))

    assert (row["zoho_id"], row["owner_zoho_id"]) == ("2646000000000123457", "9007199254740993")


def test_a_field_is_taken_from_the_first_source_that_has_it():
    first, second = rows(
        page(
            raw({"thing_id": "1", "name": "Long", "thing_name": "Short"}),
            raw({"thing_id": "2", "name": "", "thing_name": "Tab\there", "weight": "", "mass": 5}),
        ).lines
    )

    assert (first["name"], first["thing_name"]) == ("Long", "Short")
    assert (second["name"], second["thing_name"], second["weight"]) == ("Tab\there", "Tab\there", "5")


def test_a_number_where_text_is_expected_counts_as_its_text():
    row = only_row(thing(note=10.50, name=7))

    assert (row["name"], row["note"]) == ("7", "10.5")


def test_raw_is_kept_byte_for_byte_with_its_line_ends():
    record = Raw(b'{\r\n\t"thing_id": "1",\n\t"name": "a\\tb \\\\ \\u00e9 \\/"\r\n}')

    row = only_row(record)

    assert row["name"] == "a\tb \\ é /"
    assert row["raw"] == bytes(record).decode()


def test_a_bad_record_goes_to_the_dead_letters_and_its_neighbours_arrive():
    bad = thing("2", price="70%")

    batch = page(thing("1"), bad, thing("3"))

    (rejected,) = batch.rejected
    assert batch.ids == ["1", "3"]
    assert (rejected.record_id, rejected.field, rejected.value) == ("2", "price", "70%")
    assert rejected.reason == "Zoho sent a value we cannot read: “price” is not a number"
    assert rejected.payload == bytes(bad)


@pytest.mark.parametrize("record", [b"null", b"5", b'"text"', b"[]", b"true"])
def test_what_is_no_record_is_rejected(record):
    batch = page(thing("1"), Raw(record))

    assert batch.ids == ["1"]
    assert batch.rejected[0].reason == "Zoho sent something else where a thing should be"


@pytest.mark.parametrize(
    ("record", "field", "reason"),
    [
        ({"name": "x"}, "thing_id", "Thing needs an id"),
        ({"thing_id": "", "name": "x"}, "thing_id", "Thing needs an id"),
        ({"thing_id": None, "name": "x"}, "thing_id", "Thing needs an id"),
        ({"thing_id": "7"}, "name", "Thing needs a name"),
        ({"thing_id": "7", "name": "", "thing_name": None}, "name", "Thing needs a name"),
    ],
)
def test_what_a_record_needs_is_named(record, field, reason):
    (rejected,) = page(raw(record)).rejected

    assert (rejected.field, rejected.reason, rejected.value) == (field, reason, "")


def test_a_value_is_shown_shortened():
    (rejected,) = page(thing(note="é" * 1_000_000)).rejected

    assert rejected.value == "é" * 200
    assert rejected.reason == "Zoho sent a value we cannot read: “note” is longer than 20,000 characters"


def test_a_duplicate_id_is_listed_once_and_its_last_row_comes_last():
    batch = page(thing("1", note="old"), thing("2"), thing("1", note="new"))

    assert batch.ids == ["1", "2"]
    assert [row["note"] for row in rows(batch.lines) if row["zoho_id"] == "1"] == ["old", "new"]


def test_the_oldest_and_newest_change_are_found_across_time_zones():
    records = [
        thing("1", last_modified_time="2026-11-01T03:00:00+0300"),
        thing("2", last_modified_time="2026-11-01T02:00:00Z"),
        thing("3", last_modified_time="2026-11-01T04:30:00+0300"),
        thing("4", last_modified_time="", updated_time="2026-11-01T00:30:00.5+00:00"),
        thing("5"),
    ]

    batch = things.page(records, observed_at=NOW, since=datetime(2026, 11, 1, 1, 0, tzinfo=UTC))

    assert batch.oldest == datetime(2026, 11, 1, tzinfo=UTC)
    assert batch.newest == datetime(2026, 11, 1, 2, tzinfo=UTC)
    assert batch.oldest.tzinfo is UTC
    assert batch.before_since == 2
    assert batch.ids == ["1", "2", "3", "4", "5"]


def test_a_page_without_stamps_has_no_times():
    batch = things.page([thing("1")], observed_at=NOW, since=NOW)

    assert (batch.oldest, batch.newest, batch.before_since) == (None, None, 0)


def test_an_empty_page_is_an_empty_batch():
    batch = page()

    assert (batch.ids, batch.lines.lines, batch.rejected) == ([], [], [])


def test_the_content_hash_covers_what_an_edit_changes():
    def content_hash(**members):
        return only_row(thing(**{"note": "n", "price": 5, **members}))["content_hash"]

    usual = content_hash()

    assert content_hash(stock=9, last_modified_time="2026-11-01T00:00:00Z", unknown=1) == usual
    assert content_hash(price="5.00") == usual
    assert content_hash(price=6) != usual
    assert content_hash(note="") != usual
    assert content_hash(note="n", due="2026-11-01") != usual


def test_a_record_has_a_row_of_totals_where_a_spread_counts_it():
    counted, uncounted, unknown = (
        raw({"thing_id": "1", "name": "a", "on_hand": 3.0}),
        raw({"thing_id": "2", "name": "b"}),
        raw({"thing_id": "3", "name": "c", "on_hand": ""}),
    )

    batch = figures.page([counted, uncounted, unknown], observed_at=NOW)

    (row,) = rows(batch.lines)
    assert batch.lines.columns == FIGURES.copy_columns
    assert batch.ids == batch.lines.keys == ["1"]
    assert batch.rejected == []
    assert (row["place_id"], row["place_name"], row["thing_name"], row["on_hand"]) == ("", None, "a", "3")
    assert row["raw"] is None


@pytest.mark.parametrize("entity", REGISTRY.all, ids=lambda entity: entity.name)
def test_every_entity_renders_a_record_of_its_own_keys(entity):
    record = {entity.pull.id: "1", entity.pull.modified[-1]: "2026-11-01T00:00:00+0300"}
    record |= {field.keys[0]: "5" for field in entity.list_fields if field.required}
    if entity.spread:
        record[entity.spread.only_with] = 1

    batch = Normalizer(entity).page([raw(record)], observed_at=NOW)

    (row,) = rows(batch.lines)
    assert batch.rejected == []
    assert tuple(row) == entity.copy_columns


def test_a_vendor_among_customers_is_left_out():
    records = [
        raw({"contact_id": str(at), "contact_name": "x", "contact_type": kind})
        for at, kind in enumerate(("customer", "vendor", ""), start=1)
    ]

    batch = Normalizer(REGISTRY.get("customers")).page(records, observed_at=NOW)

    assert batch.ids == ["1", "3"]
    assert batch.rejected == []
