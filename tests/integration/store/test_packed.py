"""Arrays that are made by hand arrive as they are."""

from datetime import UTC, datetime, timedelta, timezone

import psycopg
import pytest

from tsh_sync_gui.store.packed import packed

MOMENT = datetime(2026, 11, 22, 13, 14, 15, 161718, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("text", ["", "a", None, "قائمة الأسعار", "x" * 100, "again", "again"]),
        ("json", [{}, [["a", "ب"]], None]),
        ("bytea", [b"", b"\x00\xff", b"{" * 5000, None]),
        ("bigint", [0, -1, 2**62, None]),
        (
            "timestamptz",
            [MOMENT, None, datetime(1970, 1, 1, tzinfo=UTC), MOMENT.astimezone(timezone(timedelta(hours=3)))],
        ),
    ],
)
def test_an_array_arrives_as_it_is(database_url, kind, values):
    given = ["null" if one is None else str(one).replace("'", '"') for one in values] if kind == "json" else values
    given = [None if one is None else text for one, text in zip(values, given, strict=True)]

    with psycopg.connect(database_url().replace("+psycopg", "")) as connection:
        rows = connection.execute(f"SELECT x FROM unnest(%b::{kind}[]) AS x", (packed(kind, given),)).fetchall()

    assert [row[0] for row in rows] == values
