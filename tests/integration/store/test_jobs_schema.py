"""The queue's tables: they are procrastinate's own, come by migration, and go along in a backup."""

from __future__ import annotations

import asyncio
from importlib.resources import files

import psycopg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine

from tests.integration.store.mirroring import prepare
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.backup import backup, restore
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.embedded import find_binaries
from tsh_sync_gui.store.migrations import FOLDER, HEAD

_CATALOGUE = """
SELECT 'column', attrelid::regclass::text, attname, format_type(atttypid, atttypmod) || attnotnull FROM pg_attribute
WHERE attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'jobs'::regnamespace AND relkind = 'r') AND attnum > 0
UNION ALL SELECT 'index', tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'jobs'
UNION ALL SELECT 'function', proname, proconfig::text, prosrc FROM pg_proc WHERE pronamespace = 'jobs'::regnamespace
UNION ALL SELECT 'trigger', tgname, '', pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    AND tgrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'jobs'::regnamespace)
ORDER BY 1, 2, 3, 4
"""


def ask(url, statement):
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def before_jobs(url):
    """Make the tables as the version before the queue had them."""
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    engine = create_engine(url)
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0003")
    engine.dispose()


def open_and_close(url):
    async def go():
        await (await Database.open(url, registry=REGISTRY)).close()

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(go())


def test_the_queues_tables_are_those_of_the_installed_procrastinate():
    ours = (FOLDER / "versions" / "0004_jobs.sql").read_text(encoding="utf-8")
    theirs = files("procrastinate").joinpath("sql/schema.sql").read_text(encoding="utf-8")

    assert ours.partition("\n\n")[2] == theirs


def test_a_database_of_the_version_before_is_brought_up_to_date_with_its_rows(database_url, migrated_url):
    url = database_url(before_jobs)
    ask(url, "INSERT INTO sync.audit (entity, row_key, action) VALUES ('products', '1', 'create')")

    open_and_close(url)

    assert ask(url, "SELECT version_num FROM sync.alembic_version") == [(HEAD,)]
    assert ask(url, "SELECT row_key FROM sync.audit") == [("1",)]
    assert ask(url, _CATALOGUE) == ask(migrated_url, _CATALOGUE)
    assert ask(url, "SHOW search_path") == [('"$user", public',)]


def test_a_schema_of_somebody_elses_that_has_the_queues_name_is_left_alone(database_url):
    url = database_url(before_jobs)
    ask(url, "CREATE SCHEMA jobs; CREATE TABLE jobs.theirs (id int)")

    with pytest.raises(ConfigurationError, match="“jobs”"):
        open_and_close(url)

    assert ask(url, "SELECT version_num FROM sync.alembic_version") == [("0003",)]


def test_a_job_that_waits_is_in_the_backup_and_comes_back_with_what_it_works_on(database_url, tmp_path):
    url, tools, file = database_url(prepare), find_binaries(), tmp_path / "all.dump"
    waits = "SELECT id, task_name, args FROM jobs.procrastinate_jobs"
    ask(url, "SET search_path = jobs; INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('pull', 'pull')")
    backup(url.replace("+psycopg", ""), file, tools)
    kept, made = ask(url, waits), ask(url, _CATALOGUE)
    ask(url, "DELETE FROM jobs.procrastinate_jobs")

    restore(url, file, tools)

    assert ask(url, waits) == kept
    assert ask(url, _CATALOGUE) == made
    open_and_close(url)


def test_a_backup_made_before_the_queue_comes_back_and_gets_one(database_url, tmp_path):
    old, url, tools, file = database_url(before_jobs), database_url(prepare), find_binaries(), tmp_path / "old.dump"
    backup(old.replace("+psycopg", ""), file, tools)

    restore(url, file, tools)
    open_and_close(url)

    assert ask(url, "SELECT version_num FROM sync.alembic_version") == [(HEAD,)]
    assert ask(url, "SELECT count(*) FROM jobs.procrastinate_jobs") == [(0,)]


def test_restoring_leaves_a_schema_of_the_queues_name_that_is_not_ours(database_url, tmp_path):
    old, tools, file = database_url(before_jobs), find_binaries(), tmp_path / "old.dump"
    backup(old.replace("+psycopg", ""), file, tools)
    target = database_url()
    ask(target, "CREATE SCHEMA jobs; CREATE TABLE jobs.theirs (id int)")

    restore(target, file, tools)

    assert ask(target, "SELECT count(*) FROM jobs.theirs") == [(0,)]
