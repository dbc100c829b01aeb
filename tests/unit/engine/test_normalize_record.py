"""A record fetched alone: its detail is laid over what its list row said last."""

from tests.support.copylines import rows
from tests.unit.engine.things import NOW, figures, raw, thing, things

LIST_ROW = thing("1", note="from the list", price=5.0, last_modified_time="2026-11-01T00:00:00Z")


def record(detail, stored=LIST_ROW):
    stored_raw = None if stored is None else bytes(stored)
    return things.record(detail, stored_raw=stored_raw, observed_at=NOW)


def test_what_the_detail_lacks_keeps_the_stored_value():
    batch, details = record(thing("1", name="New name", remark="r", lines=[{"text": "a"}]))

    (row,) = rows(batch.lines)
    (detail,) = rows(details.lines)
    assert (row["name"], row["note"], row["price"]) == ("New name", "from the list", "5")
    assert row["zoho_modified_at"] == "2026-11-01T00:00:00Z"
    assert detail["remark"] == "r"
    assert details.children["thing_lines"].keys == ["1"]


def test_what_the_detail_says_is_empty_is_empty():
    batch, _ = record(thing("1", note="", price=None))

    (row,) = rows(batch.lines)
    assert (row["note"], row["price"]) == (None, None)


def test_raw_stays_the_stored_list_row():
    detail = thing("1", remark="r")

    batch, details = record(detail)

    assert rows(batch.lines)[0]["raw"] == bytes(LIST_ROW).decode()
    assert rows(details.lines)[0]["raw_detail"] == bytes(detail).decode()


def test_an_unchanged_record_keeps_its_content_hash():
    (listed,) = rows(things.page([LIST_ROW], observed_at=NOW).lines)

    batch, _ = record(thing("1", remark="only in the detail"))

    assert rows(batch.lines)[0]["content_hash"] == listed["content_hash"]


def test_an_unknown_record_is_made_of_its_detail():
    detail = thing("1", note="n", last_modified_time="2026-11-02T00:00:00Z")

    batch, _ = record(detail, stored=None)

    (row,) = rows(batch.lines)
    assert (row["note"], row["raw"]) == ("n", bytes(detail).decode())
    assert batch.newest is not None


def test_a_record_that_cannot_be_taken_is_rejected_once():
    detail = thing("1", price="70%", limit="also bad")

    batch, details = record(detail)

    (rejected,) = batch.rejected
    assert (rejected.field, rejected.payload) == ("price", bytes(detail))
    assert (batch.ids, details.ids, details.rejected) == ([], [], [])


def test_a_bad_detail_does_not_cost_the_list_row():
    batch, details = record(thing("1", limit="bad"))

    assert batch.ids == ["1"]
    assert [one.field for one in details.rejected] == ["limit"]


def test_a_detail_that_is_no_record_is_rejected():
    batch, details = record(raw(["nothing"]))

    assert len(batch.rejected) == 1
    assert details.rejected == []


def test_text_that_postgresql_does_not_take_is_found_in_the_detail():
    batch, _ = record(raw({"thing_id": "1", "name": "a\0b"}))

    assert batch.rejected[0].field == "name"


def test_a_spread_record_gives_its_total_and_its_rows():
    stored = raw({"thing_id": "1", "name": "Cable", "on_hand": 9})
    detail = raw({"thing_id": "1", "places": [{"place_id": "10", "place_on_hand": 4}]})

    batch, details = figures.record(detail, stored_raw=bytes(stored), observed_at=NOW)

    assert [row["on_hand"] for row in rows(batch.lines)] == ["9"]
    assert [row["on_hand"] for row in rows(details.spread)] == ["4"]
