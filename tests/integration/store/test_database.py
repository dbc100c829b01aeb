"""Opening a database: what is checked, what is said, and how it comes back after an outage."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncConnection

from tests.integration.store.mirroring import PRODUCTS
from tests.support.postgres import SETTINGS
from tsh_sync_gui.core.errors import (
    ConfigurationError,
    SchemaMismatchError,
    SyncError,
    TransientError,
    UnreachableError,
    UnwritableError,
)
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.embedded import EmbeddedServer

pytestmark = pytest.mark.asyncio

SECRET = "s3cret-p4ss"


async def opened(url):
    """Open and close; returns the error that came, None without."""
    try:
        database = await Database.open(url, registry=REGISTRY)
    except SyncError as error:
        return error
    await database.close()
    return None


def plain(url):
    """Return *url* as libpq takes it."""
    return url.replace("+psycopg", "")


def as_superuser(url, *statements):
    with psycopg.connect(plain(url), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def with_user(url, user, password=SECRET):
    """Return *url* for another user, with the password in it."""
    bare = re.sub(r"passfile=[^&]*&?", "", plain(url))
    return re.sub(r"//[^@]*@", f"//{user}:{password}@", bare)


@pytest.fixture
def role(database_url):
    """A login without any rights, and the address of an empty database."""
    url = database_url()
    name = f"role_{os.urandom(6).hex()}"
    as_superuser(url, sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(SECRET)))
    yield name, url
    as_superuser(url, f"DROP OWNED BY {name}", f"DROP ROLE {name}")


async def test_an_empty_database_gets_its_tables_and_says_so(database_url):
    said = []
    url = database_url()

    database = await Database.open(url, registry=REGISTRY, progress=said.append, kind="embedded")
    info = await database.info()
    await database.close()

    assert said == ["Creating the tables"]
    assert (info.kind, info.version.split(".")[0]) == ("embedded", "18")
    assert info.size_bytes > 1_000_000


async def test_a_start_at_the_newest_version_imports_no_migration_tool_and_says_nothing(migrated_url):
    code = (
        "import asyncio, sys\n"
        "from tsh_sync_gui.entities.registry import REGISTRY\n"
        "from tsh_sync_gui.store.database import Database\n"
        "async def main():\n"
        "    await (await Database.open(sys.argv[1], registry=REGISTRY, progress=print)).close()\n"
        "asyncio.Runner(loop_factory=asyncio.SelectorEventLoop).run(main())\n"
        "assert 'alembic' not in sys.modules\n"
    )

    done = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", code, migrated_url], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


async def test_processes_that_start_together_make_the_tables_once(database_url):
    url = database_url()

    databases = await asyncio.gather(*(Database.open(url, registry=REGISTRY) for _ in range(5)))

    async with databases[0].raw() as connection:
        cursor = await connection.execute("SELECT count(*)::int FROM sync.alembic_version")
        assert await cursor.fetchone() == (1,)
    for database in databases:
        await database.close()


async def test_a_newer_schema_is_refused_in_words_and_left_alone(migrated_url):
    as_superuser(migrated_url, "UPDATE sync.alembic_version SET version_num = '9999'")

    error = await opened(migrated_url)

    assert isinstance(error, SchemaMismatchError)
    assert error.title == "This database was made by a newer version of the program"
    assert "9999" in error.cause


async def test_a_table_that_no_migration_made_is_named(migrated_url):
    with pytest.raises(SchemaMismatchError, match="no table for gadgets"):
        await Database.open(migrated_url, registry=Registry((*REGISTRY, replace(PRODUCTS, name="gadgets"))))


@pytest.mark.parametrize(
    ("address", "title"),
    [
        (f"mysql://u:{SECRET}@host/db", "TSH_DATABASE_URL names a database that is not PostgreSQL"),
        (f"postgresql://u:{SECRET}@[::1/db", "TSH_DATABASE_URL cannot be read"),
        (f"host=localhost passwrd={SECRET}", "TSH_DATABASE_URL cannot be read"),
        (f"user {SECRET}", "TSH_DATABASE_URL cannot be read"),
        ("", "TSH_DATABASE_URL cannot be read"),
    ],
)
async def test_an_address_that_is_none_is_named_and_never_shown(address, title):
    error = await opened(address)

    assert isinstance(error, ConfigurationError)
    assert error.title == title
    assert SECRET not in f"{error}{error.cause}{error!r}{error.__cause__}"


async def test_a_server_that_does_not_answer_is_unreachable_and_named():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        error = await opened(f"postgresql://user:{SECRET}@127.0.0.1:{port}/db")

    assert isinstance(error, UnreachableError)
    assert (error.title, error.what) == ("Database not reachable", "database")
    assert f"127.0.0.1:{port}" in error.advice
    assert "TSH_DATABASE_URL" in error.advice
    assert SECRET not in f"{error}{error.cause}"


async def test_a_host_that_is_unknown_is_unreachable():
    error = await opened("postgresql://user@no-such-host.invalid/db")

    assert isinstance(error, UnreachableError)
    assert "no-such-host.invalid" in error.advice


async def test_a_wrong_password_and_an_unknown_user_are_named(role):
    name, url = role

    wrong = await opened(with_user(url, name, "wrong-one"))
    unknown = await opened(with_user(url, "nobody_here"))

    for error, user in ((wrong, name), (unknown, "nobody_here")):
        assert isinstance(error, ConfigurationError)
        assert error.title == "The database refuses the user or the password"
        assert user in error.advice
        assert "wrong-one" not in f"{error}{error.cause}"


async def test_a_missing_database_is_named(database_url):
    url = re.sub(r"/test_\w+", "/not_there", database_url())

    error = await opened(url)

    assert isinstance(error, ConfigurationError)
    assert error.title == "The database “not_there” does not exist"


async def test_a_user_without_the_right_to_create_is_told_which_right(role):
    name, url = role

    error = await opened(with_user(url, name))

    assert isinstance(error, ConfigurationError)
    assert "may not create tables" in error.title
    assert f"TO {name}" in error.advice


async def test_a_user_who_may_not_use_the_tables_is_told_so(role):
    name, url = role
    assert await opened(url) is None

    outside = await opened(with_user(url, name))
    as_superuser(
        url, f"GRANT USAGE ON SCHEMA tsh, sync, jobs TO {name}", f"GRANT SELECT ON sync.alembic_version TO {name}"
    )
    inside = await opened(with_user(url, name))
    as_superuser(
        url,
        f"GRANT ALL ON ALL TABLES IN SCHEMA tsh, sync, jobs TO {name}",
        f"GRANT ALL ON ALL SEQUENCES IN SCHEMA tsh, sync, jobs TO {name}",
    )
    allowed = await opened(with_user(url, name))

    assert isinstance(outside, ConfigurationError)
    assert "may not use the schema sync" in outside.title
    assert isinstance(inside, ConfigurationError)
    assert "may not read and write" in inside.title
    assert allowed is None


async def test_a_read_only_server_is_refused(migrated_url):
    name = re.search(r"/(test_\w+)", migrated_url)[1]
    as_superuser(migrated_url, f"ALTER DATABASE {name} SET default_transaction_read_only = on")

    error = await opened(migrated_url)

    assert isinstance(error, ConfigurationError)
    assert error.title == "The database is read-only"


async def test_a_database_in_another_encoding_is_refused(database_url):
    url = database_url()
    name = f"latin_{os.urandom(4).hex()}"
    as_superuser(url, f"CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")

    error = await opened(re.sub(r"/test_\w+", f"/{name}", url))
    as_superuser(url, f"DROP DATABASE {name} WITH (FORCE)")

    assert isinstance(error, ConfigurationError)
    assert "LATIN1" in error.advice


@pytest.mark.parametrize(
    ("statement", "kind", "title"),
    [
        ("DO $$ BEGIN RAISE disk_full; END $$", UnwritableError, "The database's disk is full"),
        ("DO $$ BEGIN RAISE insufficient_privilege; END $$", ConfigurationError, "The database user lacks a right"),
        ("SELECT * FROM tsh.nothing", SchemaMismatchError, "The database's tables are not what this program expects"),
        ("DO $$ BEGIN RAISE admin_shutdown; END $$", UnreachableError, "Database not reachable"),
        ("DO $$ BEGIN RAISE deadlock_detected; END $$", TransientError, "The database was busy with another program"),
        ("SELECT pg_terminate_backend(pg_backend_pid())", UnreachableError, "Database not reachable"),
        ("SELECT 1/0", SyncError, "The database refused a statement"),
    ],
)
async def test_the_drivers_errors_become_ours(world, statement, kind, title):
    with pytest.raises(SyncError) as caught:
        await world.ask(statement)

    assert type(caught.value) is kind
    assert caught.value.title == title
    assert await world.ask("SELECT 1") == [(1,)]


async def test_work_is_repeated_when_the_database_was_busy_or_the_connection_lost(world):
    tries = []

    async def work(connection):
        tries.append(1)
        if len(tries) < 3:
            await connection.execute(
                "SELECT pg_terminate_backend(pg_backend_pid())"
                if len(tries) == 1
                else "DO $$ BEGIN RAISE serialization_failure; END $$"
            )
        return "done"

    assert await world.database.again(work) == "done"
    assert len(tries) == 3


async def test_a_dedicated_connection_is_named_and_outside_of_the_pool(world):
    async with await world.database.dedicated("walk lock") as connection:
        names = await world.ask(
            "SELECT application_name FROM pg_stat_activity WHERE pid = %s", connection.info.backend_pid
        )
        assert connection.autocommit

    assert names == [("tsh-sync walk lock",)]


async def test_the_clock_follows_the_database(world):
    [(now,)] = await world.ask("SELECT clock_timestamp()")

    assert abs((world.database.clock.now() - now).total_seconds()) < 1


async def occupied(port):
    """Take *port* with a program that hangs up on whoever calls."""
    for _ in range(200):
        try:
            return await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
    raise AssertionError("the port did not come free")


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
async def test_a_server_killed_and_started_on_another_port_is_found_again(home):
    """The embedded server is restarted by whoever opened the database; many tasks ask for it only once."""
    server = EmbeddedServer(home, settings=SETTINGS)
    endpoint = await asyncio.to_thread(server.ensure)
    database = await Database.open(endpoint.sqlalchemy_url, registry=REGISTRY, kind="embedded")
    asked = []

    async def restart():
        asked.append(1)
        return (await asyncio.to_thread(server.ensure)).sqlalchemy_url

    database.on_unreachable = restart
    async with database.raw() as connection:
        cursor = await connection.execute("SELECT pg_postmaster_start_time(), pg_read_file('postmaster.pid')")
        row = await cursor.fetchone()
    os.kill(int(row[1].split()[0]), signal.SIGKILL)
    thief = await occupied(endpoint.port)

    async def look(connection):
        cursor = await connection.execute("SELECT pg_postmaster_start_time()")
        return (await cursor.fetchone())[0]

    async with thief:
        found = await asyncio.gather(*(database.again(look) for _ in range(6)))

    assert {moment > row[0] for moment in found} == {True}
    assert len(asked) == 1
    assert database.address.params["port"] != str(endpoint.port)
    await database.close()


async def test_work_that_is_cut_off_within_a_statement_gives_its_connection_up_without_a_word(database_url, caplog):
    """As a COPY leaves it that is cancelled: the server has not answered, and would refuse even a rollback."""
    database = await Database.open(database_url(), registry=REGISTRY)

    async def cut_off():
        async with database.raw() as connection:
            connection.pgconn.send_query(b"SELECT pg_sleep(1)")
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await cut_off()
    async with database.raw() as connection:
        answer = await (await connection.execute("SELECT 1")).fetchone()
    await database.close()

    assert answer == (1,)
    assert [record.getMessage() for record in caplog.records if record.levelname in {"WARNING", "ERROR"}] == []


async def test_a_database_that_is_closed_waits_for_what_tasks_cut_off_give_back(migrated_url, monkeypatch):
    database = await Database.open(migrated_url, registry=REGISTRY)
    held, given_back, close = asyncio.Event(), asyncio.Event(), AsyncConnection.close

    async def close_slowly(connection):
        await asyncio.sleep(0.05)
        await close(connection)
        given_back.set()

    async def work():
        async with database.raw():
            held.set()
            await asyncio.sleep(60)

    monkeypatch.setattr(AsyncConnection, "close", close_slowly)
    task = asyncio.create_task(work())
    await held.wait()
    while not task.done():  # a task may be cut off again while it gives its connection back
        task.cancel()
        await asyncio.sleep(0)

    await database.close()

    assert given_back.is_set()
