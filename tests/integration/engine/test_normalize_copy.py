"""PostgreSQL takes every line the normalizer renders, and reads in it what Zoho wrote."""

import json
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from tests.unit.engine.test_normalize_properties import RECORDS, written
from tests.unit.engine.test_normalize_values import ACCEPTED, record_with
from tests.unit.engine.things import NOW, THINGS, raw, thing, things
from tsh_sync_gui.entities.spec import Kind
from tsh_sync_gui.store.embedded.probe import connect

TYPES = {
    Kind.MONEY: "numeric",
    Kind.NUMBER: "numeric",
    Kind.INTEGER: "bigint",
    Kind.FLAG: "boolean",
    Kind.DAY: "date",
    Kind.STAMP: "timestamptz",
    Kind.JSON: "json",
}


def table(columns, fields):
    """Return a temporary table's name and columns, typed as the mirror's are."""
    kinds = {field.name: TYPES.get(field.kind, "text") for field in fields}
    kinds |= dict.fromkeys(("zoho_modified_at", "observed_at", "detailed_at"), "timestamptz")
    kinds |= {"content_hash": "bytea", "raw": "json", "raw_detail": "json", "position": "int"}
    return sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kinds.get(name, "text"))) for name in columns
    )


def copied(connection, lines, fields, *, query="select * from landing"):
    """Return what *query* finds after COPY of *lines*."""
    columns = sql.SQL(", ").join(map(sql.Identifier, lines.columns))
    with connection.transaction(force_rollback=True), connection.cursor() as cursor:
        cursor.execute(sql.SQL("create temp table landing ({})").format(table(lines.columns, fields)))
        with cursor.copy(sql.SQL("copy landing ({}) from stdin").format(columns)) as copy:
            for line in lines.lines:
                copy.write(line)
        cursor.execute(query)
        return cursor.fetchall()


def as_rows(lines, found):
    """Return what was found by column name."""
    return [dict(zip(lines.columns, row, strict=True)) for row in found]


def test_postgresql_takes_every_line_that_is_rendered(postgres):
    with connect(postgres) as connection:

        @settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
        @given(records=st.lists(RECORDS, max_size=5), ascii_only=st.booleans(), indent=st.sampled_from([None, "\t"]))
        def check(records, ascii_only, indent):
            raws = [
                written(record | {"thing_id": str(at)}, ascii_only=ascii_only, indent=indent)
                for at, record in enumerate(records)
            ]
            batch = things.page(raws, observed_at=NOW)
            details = things.details(raws, observed_at=NOW)

            landed = as_rows(batch.lines, copied(connection, batch.lines, THINGS.fields))
            copied(connection, batch.lines, THINGS.fields, query="select raw::jsonb, tags::jsonb from landing")
            copied(connection, details.lines, THINGS.fields)
            for child in THINGS.children:
                copied(connection, details.children[child.table], child.fields)

            assert [row["zoho_id"] for row in landed] == batch.ids
            assert [row["raw"] for row in landed] == [json.loads(bytes(raws[int(one)])) for one in batch.ids]

        check()


def test_values_arrive_as_zoho_wrote_them(postgres):
    record = thing(
        "2646000000000123457",
        note="كابل\tشحن\r\n\\N \\. 😀 \x0b",
        price="12345678901234567.123456",
        days=-3,
        is_good=False,
        due="2028-02-29",
        created_time="2026-10-06T10:24:19+0530",
        tags={"a": ["b\n"]},
        last_modified_time="2026-11-01T00:00:00.250Z",
        unknown="\\ \t",
    )
    batch = things.page([record], observed_at=NOW)

    with connect(postgres) as connection:
        (row,) = as_rows(batch.lines, copied(connection, batch.lines, THINGS.fields))

    assert row["zoho_id"] == "2646000000000123457"
    assert row["note"] == "كابل\tشحن\r\n\\N \\. 😀 \x0b"
    assert row["price"] == Decimal("12345678901234567.123456")
    assert (row["days"], row["is_good"], row["due"].isoformat()) == (-3, False, "2028-02-29")
    assert row["created_time"] == datetime(2026, 10, 6, 4, 54, 19, tzinfo=UTC)
    assert row["zoho_modified_at"] == datetime(2026, 11, 1, 0, 0, 0, 250_000, tzinfo=UTC)
    assert row["tags"] == {"a": ["b\n"]}
    assert row["raw"] == json.loads(bytes(record))
    assert row["observed_at"] == NOW
    assert len(row["content_hash"]) == 16


def test_every_value_that_is_accepted_is_taken(postgres):
    records = [record_with(key, value) for key, value, _ in ACCEPTED]
    batch = things.page(records, observed_at=NOW)

    with connect(postgres) as connection:
        landed = copied(connection, batch.lines, THINGS.fields)

    assert batch.rejected == []
    assert len(landed) == len(ACCEPTED)


def test_kept_text_can_be_searched(postgres):
    records = [raw({"thing_id": "1", "name": "\\u0000", "deep": [{"é": "😀\n"}]}), thing("2", note='"')]
    batch = things.page(records, observed_at=NOW)

    with connect(postgres) as connection:
        found = copied(connection, batch.lines, THINGS.fields, query="select raw::jsonb ->> 'name' from landing")

    assert found == [("\\u0000",), ("Cable",)]
