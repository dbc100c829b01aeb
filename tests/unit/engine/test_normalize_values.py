"""What each kind of field takes, and in which words it refuses the rest."""

import json

import pytest
from msgspec import Raw

from tests.support.copylines import rows
from tests.unit.engine.things import NOW, thing, things

ACCEPTED = [
    ("price", "0", "0"),
    ("price", "-0.0", "0"),
    ("price", "12.50", "12.5"),
    ("price", "100", "100"),
    ("price", "10.0", "10"),
    ("price", "-0.050", "-0.05"),
    ("price", '"007.10"', "7.1"),
    ("price", '"-12"', "-12"),
    ("price", "1.5e3", "1500"),
    ("price", "1E-5", "0.00001"),
    ("price", "0e-7", "0"),
    ("price", "12345678901234567.123456", "12345678901234567.123456"),
    ("price", "1" * 40, "1" * 40),
    ("price", "1" * 20 + "0" * 20, "1" * 20 + "0" * 20),
    ("price", '"1\\u0030"', "10"),
    ("days", "15", "15"),
    ("days", '"-3"', "-3"),
    ("days", "2.0", "2"),
    ("days", "9223372036854775807", "9223372036854775807"),
    ("days", "-9223372036854775808", "-9223372036854775808"),
    ("is_good", "true", "t"),
    ("is_good", "false", "f"),
    ("is_good", '"true"', "t"),
    ("is_good", '"false"', "f"),
    ("due", '"2028-02-29"', "2028-02-29"),
    ("created_time", '"2026-10-06T10:24:19+0530"', "2026-10-06T10:24:19+0530"),
    ("created_time", '"2026-10-06T10:24:19-08:00"', "2026-10-06T10:24:19-08:00"),
    ("created_time", '"2026-10-06T10:24:19.123Z"', "2026-10-06T10:24:19.123Z"),
    ("created_time", '"2026-10-06T10:24:19\\u002b0300"', "2026-10-06T10:24:19+0300"),
    ("owner_id", '"a-1_B.2"', "a-1_B.2"),
    ("owner_id", "0", "0"),
    ("owner_id", '"\\u0037"', "7"),
    ("note", '"\\ud83d\\ude00"', "😀"),
    ("note", '"\\\\u0000"', "\\u0000"),
    ("note", '"\\\\N"', "\\N"),
    ("note", '"\\b\\f\x7f"', "\b\f\x7f"),
    ("note", "1E400", "1E400"),
    ("tags", "[]", "[]"),
    ("tags", '{ "a" :\n"b\\n" }', '{ "a" :\n"b\\n" }'),
    ("tags", "false", "false"),
]

NOT_A_NUMBER = "is not a number"
TOO_MANY_DIGITS = "has more than 40 digits"
NOT_A_TIME = "is not a time such as 2026-11-22T10:24:19+0300"
NO_ZONE = "does not say its time zone"
NO_DAY = "is a day no calendar has"
NOT_A_DAY = "is not a day such as 2026-11-22"

REFUSED = [
    ("price", '"70%"', NOT_A_NUMBER),
    ("price", '"1,200.00"', NOT_A_NUMBER),
    ("price", '" 5"', NOT_A_NUMBER),
    ("price", '"NaN"', NOT_A_NUMBER),
    ("price", '"Infinity"', NOT_A_NUMBER),
    ("price", '"٥"', NOT_A_NUMBER),
    ("price", "true", NOT_A_NUMBER),
    ("price", "[5]", NOT_A_NUMBER),
    ("price", "1" * 41, TOO_MANY_DIGITS),
    ("price", "1e40", TOO_MANY_DIGITS),
    ("price", "1e999999999999999999999", TOO_MANY_DIGITS),
    ("price", "1e-41", TOO_MANY_DIGITS),
    ("price", "1" * 1_000_000, TOO_MANY_DIGITS),
    ("days", "1.5", "is not a whole number"),
    ("days", '"many"', NOT_A_NUMBER),
    ("days", "9223372036854775808", "is too large a whole number"),
    ("is_good", '"yes"', "is neither true nor false"),
    ("is_good", "1", "is neither true nor false"),
    ("due", '"2026-02-30"', NO_DAY),
    ("due", '"0000-01-01"', NO_DAY),
    ("due", '"22.11.2026"', NOT_A_DAY),
    ("due", '"20261122"', NOT_A_DAY),
    ("due", '"2026-W47-7"', NOT_A_DAY),
    ("due", '"2026-11-22T00:00:00Z"', NOT_A_DAY),
    ("due", "20261122", NOT_A_DAY),
    ("created_time", '"2026-10-06T10:24:19"', NO_ZONE),
    ("created_time", '"2026-10-06 10:24:19.5"', NO_ZONE),
    ("created_time", '"2026-02-30T10:24:19Z"', NO_DAY),
    ("created_time", '"2026-10-06T24:00:00Z"', NOT_A_TIME),
    ("created_time", '"2026-10-06T10:60:00Z"', NOT_A_TIME),
    ("created_time", '"2026-10-06T10:24:19+1600"', NOT_A_TIME),
    ("created_time", '"2026-10-06"', NOT_A_TIME),
    ("created_time", '"yesterday"', NOT_A_TIME),
    ("created_time", "1793270659", NOT_A_TIME),
    ("last_modified_time", '"2026-10-06T10:24:19"', NO_ZONE),
    ("owner_id", '"1 2"', "is not an id"),
    ("owner_id", '"1\\u001f2"', "is not an id"),
    ("owner_id", "1.5", "is not an id"),
    ("owner_id", "true", "is not an id"),
    ("owner_id", '"' + "1" * 101 + '"', "is not an id"),
    ("owner_id", "1" * 101, "is not an id"),
    ("note", "true", "is not text"),
    ("note", "[]", "is not text"),
    ("note", "{}", "is not text"),
    ("name", '"' + "x" * 51 + '"', "is longer than 50 characters"),
    ("tags", '"' + "x" * 1_000_000 + '"', "is longer than 1,000,000 bytes"),
]

COLUMNS = {"owner_id": "owner_zoho_id", "last_modified_time": "zoho_modified_at"}


def record_with(key, value):
    record = json.loads(bytes(thing("42")))
    record.pop(key, None)
    return Raw((json.dumps(record)[:-1] + f', "{key}": {value}}}').encode())


@pytest.mark.parametrize(("key", "value", "cell"), ACCEPTED)
def test_a_value_is_taken_as(key, value, cell):
    batch = things.page([record_with(key, value)], observed_at=NOW)

    (row,) = rows(batch.lines)
    assert row[COLUMNS.get(key, key)] == cell


@pytest.mark.parametrize(("key", "value", "reason"), REFUSED, ids=lambda value: value[:40])
def test_a_value_is_refused_in_words(key, value, reason):
    batch = things.page([record_with(key, value)], observed_at=NOW)

    (rejected,) = batch.rejected
    assert batch.ids == []
    assert rejected.reason == f"Zoho sent a value we cannot read: “{key}” {reason}"
    assert (rejected.record_id, rejected.field) == ("42", key)
    assert rejected.value == value.strip('"')[:200]


@pytest.mark.parametrize("record_id", ["a b", "1\u001f2", "x" * 101, "ü", "1\n", "back\\slash"])
def test_a_record_needs_an_id_that_can_be_one(record_id):
    batch = things.page([thing(record_id)], observed_at=NOW)

    assert batch.ids == []
    assert batch.rejected[0].reason == "Zoho sent a value we cannot read: “thing_id” is not an id"


@pytest.mark.parametrize(
    ("member", "field", "reason"),
    [
        (rb'"note":"a\u0000b"', "note", "“note” holds the character NUL"),
        (rb'"unknown":[{"deep":"\u0000"}]', "unknown", "“unknown” holds the character NUL"),
        (rb'"unknown":{"\u0000":1}', "unknown", "“unknown” holds the character NUL"),
        (rb'"note":"\ud800"', "note", "“note” holds half a character"),
        (rb'"note":"a \uDC00 b"', "note", "“note” holds half a character"),
        (rb'"unknown":"\ud83d\ud83d\ude00"', "unknown", "“unknown” holds half a character"),
        (b'"note":"caf\xe9"', "note", "“note” is not UTF-8 text"),
        (b'"unknown":"\xed\xa0\x80"', "unknown", "“unknown” is not UTF-8 text"),
    ],
)
def test_text_that_postgresql_does_not_take_is_refused_wherever_it_stands(member, field, reason):
    bad = Raw(b'{"thing_id":"7","name":"x",' + member + b"}")

    batch = things.page([thing("1"), bad, thing("2", note="😀")], observed_at=NOW)

    (rejected,) = batch.rejected
    assert batch.ids == ["1", "2"]
    assert (rejected.record_id, rejected.field, rejected.payload) == ("7", field, bytes(bad))
    assert rejected.reason == f"Zoho sent a value we cannot keep: {reason}"
    assert rejected.value.encode().decode().isprintable()


def test_what_only_looks_like_such_text_is_taken():
    record = Raw(rb'{"thing_id":"7","name":"\\u0000 \\ud800","unknown":"\ud83d\ude00"}')

    (row,) = rows(things.page([record], observed_at=NOW).lines)

    assert row["name"] == "\\u0000 \\ud800"


def test_a_record_nested_beyond_reason_is_refused():
    deep = Raw(b'{"thing_id":"7","name":"x","unknown":' + b"[" * 100_000 + b"]" * 100_000 + b"}")

    batch = things.page([deep, thing("1")], observed_at=NOW)

    assert batch.ids == ["1"]
    assert len(batch.rejected) == 1
