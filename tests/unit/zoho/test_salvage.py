"""A reply that does not decode as a whole is cut into its records."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.engine.things import NOW, things
from tsh_sync_gui.zoho.salvage import salvage

SCALARS = st.none() | st.booleans() | st.text() | st.integers()
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


def test_only_the_bad_records_of_a_reply_are_lost():
    body = r"""{"code": 0, "things": [
        {"thing_id": "1", "name": "a"}, {"thing_id": "2", "name": "\ud800"}, {"thing_id": "3", "name": "é"} ],
        "page_context": {"has_more_page": true} }""".encode()

    found = salvage(body, "things")
    batch = things.page(found.records, observed_at=NOW)

    assert batch.ids == ["1", "3"]
    assert [one.reason for one in batch.rejected] == ["Zoho sent a value we cannot keep: “name” holds half a character"]
    assert found.envelope == {"code": "0", "page_context": {"has_more_page": True}}


@given(records=st.lists(JSON, max_size=4), before=JSON, after=JSON, indent=st.sampled_from([None, 1]))
def test_records_are_cut_where_they_begin_and_end(records, before, after, indent):
    body = json.dumps({"before": before, "rows": records, "after": after}, indent=indent).encode()

    found = salvage(body, "rows")

    assert [json.loads(bytes(one)) for one in found.records] == records
    assert set(found.envelope) == {"before", "after"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<html>", b'{"rows": [{"a": 1}', b'{"rows": [1 2]}', b'{"rows" 1}', b"{"]
)
def test_what_is_no_reply_is_refused(body):
    with pytest.raises(ValueError):  # noqa: PT011 -- the standard library's own, too
        salvage(body, "rows")
