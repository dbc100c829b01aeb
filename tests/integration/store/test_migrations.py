"""Models and migrations agree, a new entity's tables can be drafted, and the audit keeps its promises."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.integration.store.mirroring import PRODUCTS
from tests.support.stores import opened, query
from tests.unit.engine.things import THINGS
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.engine.letters.search import parse
from tsh_sync_gui.engine.ports.inbox import Change
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.entities.spec import Field
from tsh_sync_gui.store.deliveries import PgDeliveries
from tsh_sync_gui.store.inbox import PgInbox
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.letters import PgLetters
from tsh_sync_gui.store.migrate import create_entity_tables
from tsh_sync_gui.store.migrations import FOLDER, HEAD, KNOWN
from tsh_sync_gui.store.tables import SCHEMAS, metadata

pytestmark = pytest.mark.asyncio

# What SQLAlchemy's comparison does not see: storage options, defaults, identities, partial and descending indexes.
_CATALOGUE = """
SELECT 'table', c.relname, coalesce(c.reloptions::text, '') || coalesce(pg_get_partkeydef(c.oid), '')
FROM pg_class c WHERE c.relnamespace = ANY(%(schemas)s::regnamespace[]) AND c.relkind IN ('r', 'p')
    AND NOT c.relispartition AND c.relname <> 'alembic_version'
UNION ALL
SELECT 'column', c.relname, format('%%s %%s %%s %%s %%s', a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
    a.attidentity, pg_get_expr(d.adbin, d.adrelid))
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
WHERE c.relnamespace = ANY(%(schemas)s::regnamespace[]) AND c.relkind IN ('r', 'p') AND a.attnum > 0
    AND NOT a.attisdropped AND NOT c.relispartition AND c.relname <> 'alembic_version'
UNION ALL
SELECT 'index', tablename, indexdef FROM pg_indexes
WHERE schemaname = ANY(%(schemas)s::text[]) AND tablename <> 'alembic_version' AND tablename !~ '^audit_'
UNION ALL
SELECT 'constraint', c.relname, conname || ' ' || pg_get_constraintdef(n.oid)
FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
WHERE c.relnamespace = ANY(%(schemas)s::regnamespace[]) AND NOT c.relispartition AND c.relname <> 'alembic_version'
ORDER BY 1, 2, 3
"""


def catalogue(url):
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        return connection.execute(_CATALOGUE, {"schemas": list(SCHEMAS)}).fetchall()


async def test_the_schema_built_from_models_equals_the_schema_built_from_migrations(database_url, migrated_url):
    modelled = database_url()
    engine = create_async_engine(modelled)
    async with engine.begin() as connection:
        for statement in ("CREATE SCHEMA tsh", "CREATE SCHEMA sync", "CREATE SEQUENCE sync.audit_id"):
            await connection.execute(text(statement))
        await connection.run_sync(metadata(REGISTRY).create_all)
    await engine.dispose()

    assert catalogue(modelled) == catalogue(migrated_url)


async def test_a_database_of_an_earlier_version_keeps_its_rows_and_they_are_found(database_url):
    url = database_url()
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(FOLDER))
        config.attributes["connection"] = connection
        command.upgrade(config, "0005")
        connection.exec_driver_sql(
            "INSERT INTO sync.dead_letters (entity, part, record_id, record_key, state, cause, field, reason, payload)"
            " SELECT 'products', CASE WHEN g % 2 = 0 THEN 'list' ELSE 'detail' END, g::text, g::text,"
            " (ARRAY['open', 'resolved', 'discarded'])[1 + g % 3], 'rate: bad', 'rate', E'100%\\n Reason', '{}'"
            " FROM generate_series(101, 110) g"
        )
        connection.exec_driver_sql(
            "INSERT INTO sync.audit (at, entity, row_key, action, run_id) SELECT now() + g * interval '1 month',"
            " 'products', g::text, 'update', 'r1' FROM unnest(ARRAY[-2, 0, 1, 5]) g"
        )
        connection.exec_driver_sql(
            "INSERT INTO sync.webhook_events (key, received_at, entity, change, record_id, verdict, state)"
            " SELECT 'key ' || g, now() - g * interval '1 day', 'products', 'updated', g::text, 'accepted', 'done'"
            " FROM generate_series(1, 9) g"
        )
    engine.dispose()

    async with opened(url) as (database,):
        letters = PgLetters(database, REGISTRY)
        found = {
            text: await letters.count(parse(text, now=datetime.now(UTC)), person="sara")
            for text in ("", "state:all", "state:discarded", "reason state:all", "id:105 state:all", "107 state:all")
        }
        (group,) = await letters.groups(parse("", now=datetime.now(UTC)), person="sara")
        deliveries = PgDeliveries(database, PgInbox(database, PgJobs(database)), REGISTRY)
        heard, brief = await deliveries.heard(), await deliveries.heard(counted=False)
        await query(database, "SELECT sync.make_audit_months(6)")
        audit = await query(database, "SELECT row_key, run_id FROM sync.audit WHERE at > '-infinity' ORDER BY at")
        with pytest.raises(SyncError):
            await query(database, "DELETE FROM sync.audit")

    assert found == {
        "": 3,
        "state:all": 10,
        "state:discarded": 4,
        "reason state:all": 10,
        "id:105 state:all": 1,
        "107 state:all": 1,
    }
    assert (group.count, group.field) == (3, "rate")
    assert audit == [("-2", "r1"), ("0", "r1"), ("1", "r1"), ("5", "r1")]
    assert [(one.entity, one.change, one.week) for one in heard] == [("products", Change.UPDATED, 6)]
    assert brief == [replace(heard[0], week=0)]


async def test_alembic_finds_nothing_to_add_to_the_migrations(migrated_url):
    models = metadata(REGISTRY)

    def compare(connection):
        context = MigrationContext.configure(
            connection,
            opts={
                "include_schemas": True,
                "compare_type": True,
                "include_name": lambda name, kind, _: kind != "schema" or name in SCHEMAS,
                "include_object": lambda _, name, kind, *__: (
                    kind != "table" or not name.startswith(("audit_", "alembic"))
                ),
            },
        )
        return compare_metadata(context, models)

    engine = create_async_engine(migrated_url)
    async with engine.connect() as connection:
        found = await connection.run_sync(compare)
    await engine.dispose()

    assert found == []


async def test_the_known_versions_are_those_of_the_files():
    scripts = ScriptDirectory(str(FOLDER))

    assert scripts.get_current_head() == HEAD
    assert {one.revision for one in scripts.walk_revisions()} == set(KNOWN)


async def test_a_ninth_entitys_tables_are_drafted_and_then_there_is_nothing_to_do(world):
    entities = (*REGISTRY, THINGS)
    async with world.database.engine.begin() as connection:
        made = await create_entity_tables(connection, entities)
        again = await create_entity_tables(connection, entities)

    assert set(made) == {"things", *(child.table for child in THINGS.children)}
    assert again == []
    assert await world.ask("SELECT count(*)::int FROM tsh.things") == [(0,)]


async def test_a_field_added_to_an_entity_is_drafted_as_a_column_with_its_index(world):
    wider = replace(PRODUCTS, fields=(*PRODUCTS.fields, Field("colour", indexed=True)))

    async with world.database.engine.begin() as connection:
        made = await create_entity_tables(connection, (wider,))

    assert made == ["products.colour", "ix_products_colour"]


async def test_the_audit_is_only_ever_added_to(world):
    await world.ask("INSERT INTO sync.audit (entity, row_key, action) VALUES ('products', '1', 'create')")

    for statement in ("UPDATE sync.audit SET action = 'x'", "DELETE FROM sync.audit"):
        with pytest.raises(SyncError):
            await world.ask(statement)

    assert await world.ask("SELECT action FROM sync.audit") == [("create",)]


async def test_the_audit_has_a_partition_a_month_and_months_ahead_take_their_rows_along(world):
    insert = "INSERT INTO sync.audit (at, entity, row_key, action) VALUES (now() + interval '5 months', 'x', '1', 'y')"
    await world.ask(insert)
    before = await world.ask("SELECT tableoid::regclass::text FROM sync.audit")

    [(made,)] = await world.ask("SELECT sync.make_audit_months(6)")
    await world.ask(insert)

    after = await world.ask("SELECT DISTINCT tableoid::regclass::text FROM sync.audit")
    assert before == [("audit_default",)]
    assert made == 3
    assert len(after) == 1
    assert after[0][0].startswith("audit_20")
