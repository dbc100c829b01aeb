"""Whatever Zoho sends: a whole line or a rejection, the same by the fast and by the careful way."""

import json
from datetime import datetime
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec import Raw

from tests.support.copylines import rows
from tests.unit.engine.things import NOW, THINGS, figures, thing, things
from tsh_sync_gui.core.errors import RecordRejectedError
from tsh_sync_gui.engine.list_rows import id_field, modified_field
from tsh_sync_gui.engine.rows import RowReader

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30) | st.sampled_from(
    ["", "\\N", "\\", "\\.", "a\tb", "a\nb\r\n", "\u2028\x0b\x1f", "كابل", "😀", "70%", '"', "x" * 51]
)
LIKELY = st.sampled_from(
    [
        *(None, True, False, 0, -1, 2**63, 12.5, 1e300, "", "12.50", "-0", "true", "2026-02-28", "2026-02-30"),
        *("2026-10-06T10:24:19+0530", "2026-10-06T10:24:19", "0001-01-01T00:00:00Z", "4261357000000039210"),
    ]
)
VALUES = st.recursive(
    LIKELY | TEXTS | st.integers() | st.decimals(allow_nan=False, allow_infinity=False).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
KEYS = [key for field in (*THINGS.fields, modified_field(THINGS)) for key in field.keys]
RECORDS = st.builds(
    lambda known, unknown: unknown | {"thing_id": "1", "name": "Cable"} | known,
    st.dictionaries(st.sampled_from(["thing_id", *KEYS, "lines", "marks"]), VALUES, max_size=8),
    st.dictionaries(TEXTS, VALUES, max_size=3),
)
GOOD = st.builds(
    lambda known: {"thing_id": "1", "name": "Cable"} | known,
    st.fixed_dictionaries(
        {},
        optional={
            "note": st.sampled_from([None, "", "a\tb", "\\N", "كابل"]),
            "thing_name": st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=9),
            "owner_id": st.sampled_from(["", "4261357000000039210"]),
            "price": st.integers(-5, 5) | st.sampled_from(["12.50", 12.5, "", None]),
            "mass": st.integers(0, 3),
            "created_time": st.sampled_from(["", "2026-10-06T10:24:19+0530", "2026-10-06T10:24:19Z"]),
            "tags": st.just(["a\n"]),
        },
    ),
)


def written(record, *, ascii_only, indent):
    return Raw(json.dumps(record, ensure_ascii=ascii_only, indent=indent).encode())


@given(record=RECORDS, ascii_only=st.booleans(), indent=st.sampled_from([None, "\t"]))
def test_a_record_becomes_one_whole_line_or_one_rejection(record, ascii_only, indent):
    raw = written(record, ascii_only=ascii_only, indent=indent)

    batch = things.page([raw], observed_at=NOW, since=NOW)

    assert len(batch.lines.lines) + len(batch.rejected) == 1
    for row in rows(batch.lines):
        assert row["raw"] == bytes(raw).decode()
        assert row["zoho_id"] == str(record["thing_id"])
    for rejected in batch.rejected:
        assert rejected.reason
        assert len(rejected.value) <= 200
        assert rejected.payload == bytes(raw)


@given(record=RECORDS, ascii_only=st.booleans())
def test_both_ways_of_reading_agree(record, ascii_only):
    raw = bytes(written(record, ascii_only=ascii_only, indent=None))
    reader = RowReader((id_field(THINGS), *THINGS.fields, modified_field(THINGS)), subject="thing")

    def outcome(read):
        try:
            return list(read(raw))
        except RecordRejectedError as error:
            return (error.field, error.value, error.title)

    assert outcome(reader.read) == outcome(reader._slow)


@given(records=st.lists(GOOD | GOOD | GOOD | RECORDS, min_size=8, max_size=40), ascii_only=st.booleans())
def test_many_records_read_together_are_read_as_each_alone(records, ascii_only):
    raws = [written(record, ascii_only=ascii_only, indent=None) for record in records]

    together = things.page(raws, observed_at=NOW, since=NOW)
    alone = [things.page([raw], observed_at=NOW, since=NOW) for raw in raws]

    assert together.lines.lines == [line for one in alone for line in one.lines.lines]
    assert together.lines.keys == [key for one in alone for key in one.lines.keys]
    assert together.rejected == [rejected for one in alone for rejected in one.rejected]
    assert together.before_since == sum(one.before_since for one in alone)
    assert together.newest == max((one.newest for one in alone if one.newest), default=None)


@given(records=st.lists(RECORDS, max_size=4))
def test_details_become_whole_lines_or_rejections(records):
    raws = [written(record | {"thing_id": str(at)}, ascii_only=False, indent=None) for at, record in enumerate(records)]

    batch = things.details(raws, observed_at=NOW)

    assert len(batch.ids) + len(batch.rejected) == len(records)
    assert [row["zoho_id"] for row in rows(batch.lines)] == batch.ids
    for lines in batch.children.values():
        assert {row["parent_zoho_id"] for row in rows(lines)} == set(lines.keys) <= set(batch.ids)


@given(places=VALUES, total=VALUES)
def test_spreads_become_whole_lines_or_rejections(places, total):
    raw = written({"thing_id": "1", "on_hand": total, "places": places}, ascii_only=False, indent=None)

    listed = figures.page([raw], observed_at=NOW)
    detailed = figures.details([raw], observed_at=NOW)

    assert len(rows(listed.lines)) + len(listed.rejected) <= 1
    assert len(detailed.ids) + len(detailed.rejected) == 1
    rows(detailed.spread)


@given(text=TEXTS)
def test_text_arrives_as_it_was(text):
    (row,) = rows(things.page([thing("1", note=text, unknown="\\")], observed_at=NOW).lines)

    assert row["note"] == (text or None)


@given(number=st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=-(10**27), max_value=10**27))
def test_numbers_arrive_with_every_digit(number):
    as_number, as_text = (
        Raw(b'{"thing_id":"1","name":"x","price":%b%b%b}' % (quote, str(number).encode(), quote))
        for quote in (b"", b'"')
    )

    first, second = rows(things.page([as_number, as_text], observed_at=NOW).lines)

    assert Decimal(first["price"]) == number
    assert first["price"] == second["price"]


@given(moment=st.datetimes(timezones=st.timezones()).filter(lambda moment: 1000 <= moment.year <= 2999))
def test_stamps_give_the_pages_times(moment):
    text = moment.strftime("%Y-%m-%dT%H:%M:%S%z")
    assume(len(text) == len("2026-10-06T10:24:19+0530"))  # zones of long ago had seconds

    batch = things.page([thing("1", last_modified_time=text)], observed_at=NOW)

    assert batch.oldest == batch.newest == datetime.fromisoformat(text)
