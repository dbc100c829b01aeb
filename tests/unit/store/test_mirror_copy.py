"""The last cell of a COPY line comes back as the text it was made of."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tsh_sync_gui.engine import copytext
from tsh_sync_gui.store.mirror_copy import last_cell


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), st.booleans())
def test_what_was_escaped_is_unescaped(text, plain):
    document = json.dumps({"text": text}, ensure_ascii=plain).encode()

    line = copytext.line_with(("1", "a\\\\tb"), copytext.escape_json(document))

    assert last_cell(line) == document


def test_every_escape_of_copy_is_known():
    assert last_cell(rb"1	\b\f\n\r\t\v\\n\\\\x" + b"\n") == b"\b\f\n\r\t\v\\n\\\\x"


def test_null_is_empty():
    assert last_cell(b"1\t\\N\n") == b""
