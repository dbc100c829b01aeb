"""Backup and restore: everything comes back, or nothing changes."""

import os
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from tests.support.postgres import SETTINGS
from tsh_sync_gui.core.errors import ConfigurationError, SchemaMismatchError, UnreachableError
from tsh_sync_gui.store.backup import backup, restore
from tsh_sync_gui.store.embedded import Binaries, EmbeddedServer, find_binaries

SCHEMA = """
    CREATE SCHEMA tsh;
    CREATE SCHEMA sync;
    CREATE TABLE tsh.products (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, raw json);
    CREATE TABLE sync.alembic_version (version_num text PRIMARY KEY);
    INSERT INTO sync.alembic_version VALUES ('0007');
    INSERT INTO tsh.products (name, raw) SELECT 'سماعة ' || n, '{"n": 1.10}' FROM generate_series(1, 5000) n;
    CREATE VIEW tsh.names AS SELECT name FROM tsh.products;
"""


def run(endpoint, statement):
    with psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        answer = connection.execute(statement)
        return answer.fetchall() if answer.description else None


def state(endpoint):
    return run(endpoint, "SELECT count(*), min(name), md5(string_agg(raw::text, '' ORDER BY id)) FROM tsh.products")


@pytest.fixture(scope="session")
def tools():
    return find_binaries()


@pytest.fixture
def filled(postgres):
    run(postgres, SCHEMA)
    return postgres


@pytest.fixture
def saved(filled, tools, tmp_path):
    file = tmp_path / "نسخة احتياطية.dump"
    backup(filled.uri, file, tools)
    return file


def test_what_was_saved_comes_back_exactly(filled, saved, tools):
    before = state(filled)
    run(filled, "DELETE FROM tsh.products WHERE id % 2 = 0; UPDATE tsh.products SET name = 'x'")

    restore(filled.conninfo, saved, tools, revisions={"0006", "0007"})

    assert state(filled) == before
    assert run(filled, "SELECT count(*) FROM tsh.names") == [(5000,)]
    assert run(filled, "INSERT INTO tsh.products (name) VALUES ('next') RETURNING id") == [(5001,)]


def test_it_comes_back_into_an_empty_database_and_over_a_newer_schema(filled, saved, tools, databases):
    before = state(filled)
    empty = databases.endpoint()
    run(filled, "CREATE TABLE tsh.added_later (product bigint REFERENCES tsh.products); DROP VIEW tsh.names")

    for target in (empty, filled):
        restore(target.sqlalchemy_url, saved, tools)

        assert state(target) == before
    assert run(filled, "SELECT to_regclass('tsh.added_later')") == [(None,)]
    databases.drop(empty.dbname)


def test_other_schemas_stay_out_of_it(filled, tools, tmp_path):
    run(filled, "CREATE TABLE public.erp AS SELECT 1 AS kept")
    backup(filled.uri, tmp_path / "b", tools)
    run(filled, "UPDATE public.erp SET kept = 2")

    restore(filled.uri, tmp_path / "b", tools)

    assert run(filled, "SELECT kept FROM public.erp") == [(2,)]


def test_what_others_built_on_our_tables_is_named_and_not_deleted(filled, saved, tools):
    run(filled, "CREATE VIEW public.report AS SELECT count(*) FROM tsh.products")

    with pytest.raises(ConfigurationError, match="report"):
        restore(filled.uri, saved, tools)

    assert run(filled, "SELECT * FROM public.report") == [(5000,)]


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9, 0.999])
def test_a_truncated_backup_changes_nothing(filled, saved, tools, share):
    before = state(filled)
    saved.write_bytes(saved.read_bytes()[: int(saved.stat().st_size * share)])

    with pytest.raises(ConfigurationError, match="Nothing was changed"):
        restore(filled.uri, saved, tools)

    assert state(filled) == before


def test_a_backup_with_flipped_bytes_changes_nothing(filled, saved, tools):
    before = state(filled)
    content = bytearray(saved.read_bytes())
    middle = len(content) * 3 // 4
    content[middle : middle + 64] = bytes(64)
    saved.write_bytes(content)

    with pytest.raises(ConfigurationError, match="Nothing was changed"):
        restore(filled.uri, saved, tools)

    assert state(filled) == before


def test_what_is_no_backup_of_ours_is_refused(filled, tools, tmp_path, databases):
    text, foreign = tmp_path / "notes.txt", tmp_path / "foreign.dump"
    text.write_text("hello")
    other = databases.endpoint()
    run(other, "CREATE TABLE public.theirs AS SELECT 1")
    dump = [str(tools.program("pg_dump")), "-Fc", "-f", str(foreign), "-d", other.uri]
    subprocess.run(dump, check=True)

    for file in (text, foreign):
        with pytest.raises(ConfigurationError, match="not a backup of this program"):
            restore(filled.uri, file, tools)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        restore(filled.uri, tmp_path / "missing", tools)

    assert run(filled, "SELECT count(*) FROM tsh.products") == [(5000,)]
    databases.drop(other.dbname)


def test_a_backup_of_a_newer_program_is_refused_in_words(filled, saved, tools):
    run(filled, "DELETE FROM tsh.products")

    with pytest.raises(SchemaMismatchError, match="newer version of this program"):
        restore(filled.uri, saved, tools, revisions={"0005", "0006"})

    assert run(filled, "SELECT count(*) FROM tsh.products") == [(0,)]


def test_a_backup_is_there_as_a_whole_or_not_at_all(postgres, filled, tools, tmp_path):
    file = tmp_path / "b.dump"
    file.write_text("the last good one")
    empty = replace(filled, dbname="missing")

    with pytest.raises(UnreachableError):
        backup(empty.uri, file, tools)

    assert file.read_text() == "the last good one"
    assert list(tmp_path.iterdir()) == [file]


def test_an_empty_database_has_nothing_to_save(postgres, tools, tmp_path):
    with pytest.raises(ConfigurationError, match="nothing to save"):
        backup(postgres.uri, tmp_path / "b", tools)


def test_a_wrong_password_and_a_missing_folder_are_named(filled, tools, tmp_path):
    wrong = f"postgresql+psycopg://app:wrong@{filled.host}:{filled.port}/{filled.dbname}"

    with pytest.raises(ConfigurationError, match="refuses the password"):
        backup(wrong, tmp_path / "b", tools)
    with pytest.raises(ConfigurationError, match="does not exist"):
        backup(filled.uri, tmp_path / "missing" / "b", tools)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        backup("postgresql://[", tmp_path / "b", tools)


@pytest.mark.skipif(os.name != "posix", reason="stand-in programs are shell scripts")
def test_the_password_of_an_address_reaches_the_tools_in_a_file_of_their_own(filled, tools, tmp_path):
    spy, told = tmp_path / "bin", tmp_path / "told"
    spy.mkdir()
    script = f'#!/bin/sh\n{{ echo "$@"; env; cat "$PGPASSFILE"; stat -c %a "$PGPASSFILE"; }} > "{told}"\nexit 1\n'
    (spy / "pg_dump").write_text(script)
    (spy / "pg_dump").chmod(0o755)
    address = f"postgresql://app:se%3Acret@{filled.host}:{filled.port}/{filled.dbname}"

    with pytest.raises(ConfigurationError):
        backup(address, tmp_path / "b", Binaries(spy))

    lines = told.read_text().splitlines()
    assert "se:cret" not in lines[0]
    assert [line for line in lines if "cret" in line] == [r"*:*:*:*:se\:cret"]
    assert lines[-1] == "600"
    assert not Path(next(line for line in lines if line.startswith("PGPASSFILE=")).partition("=")[2]).exists()


@pytest.mark.skipif(os.name != "posix", reason="stand-in programs are shell scripts")
@pytest.mark.parametrize(
    ("says", "words"),
    [
        ("pg_dump: error: aborting because of server version mismatch", "server is newer than the tools"),
        ("invalid sslmode value: SSL support is not compiled in", "encrypted connection"),
        ("pg_dump: error: could not write: No space left on device", "disk is full"),
    ],
)
def test_what_the_tools_cannot_do_is_said_in_words(filled, tmp_path, says, words):
    program = tmp_path / "pg_dump"
    program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
    program.chmod(0o755)

    with pytest.raises(ConfigurationError, match=words):
        backup(filled.uri, tmp_path / "b", Binaries(tmp_path))


def test_restoring_waits_for_readers_that_end(filled, saved, tools):
    before = state(filled)
    reader = psycopg.connect(filled.conninfo)
    reader.execute("SELECT count(*) FROM tsh.products")

    threading.Timer(0.3, reader.close).start()
    restore(filled.uri, saved, tools)

    assert state(filled) == before


def older():
    """The bin folder of a PostgreSQL of the system, if there is one with an older major version."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    found = (Binaries(folder) for folder in folders)
    return next((one for one in found if one.is_complete and 15 <= one.major < 17), None)


@pytest.mark.skipif(older() is None, reason="no older PostgreSQL of the system here")
def test_an_embedded_database_moves_to_an_older_server(filled, saved, tools, home):
    server = EmbeddedServer(home, binaries=older(), settings=SETTINGS)
    target = server.ensure()

    restore(target.uri, saved, tools)

    assert state(target) == state(filled)
    with pytest.raises(ConfigurationError, match="server is newer than the tools"):
        backup(filled.uri, home / "b", older())
