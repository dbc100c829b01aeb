import subprocess

import psycopg

from tests.integration.cli.conftest import SIZES


def _count(url: str) -> int:
    with psycopg.connect(url) as connection:
        return connection.execute("SELECT count(*) FROM tsh.products").fetchone()[0]


def test_the_embedded_database_is_saved_brought_back_and_stopped(at_home, home):
    at_home("sync", "products", "--details", "none")
    url = at_home("db", "url").out.strip()
    saved = at_home("db", "backup", "copy.dump", "--json")
    again = at_home("db", "backup", "copy.dump")
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE tsh.products CASCADE")
    unasked = at_home("db", "restore", "copy.dump")
    restored = at_home("db", "restore", "copy.dump", "--yes", "--json")

    assert "passfile=" in url
    assert saved.code == 0, saved.err
    assert saved.document["bytes"] == (home / "copy.dump").stat().st_size
    assert again.code == 2
    assert unasked.code == 2
    assert restored.code == 0, restored.err
    assert _count(url) == SIZES["items"]
    assert at_home("db", "upgrade", "--json").document["database"]["kind"] == "embedded"
    assert len(at_home("db", "stop", "--json").document["stopped"]) == 1
    assert at_home("db", "stop", "--json").document["stopped"] == []


def test_the_address_of_a_server_is_printed_without_its_password(tsh_sync):
    ended = tsh_sync(
        "db", "url", TSH_DATABASE_URL="postgresql+psycopg://sara:geheim@db.example:5433/tsh?sslmode=require"
    )

    assert ended.out == "postgresql://sara@db.example:5433/tsh?sslmode=require\n"
    assert "geheim" not in ended.err
    assert "password" in ended.err


def test_what_is_no_backup_is_refused(tsh_sync, home):
    (home / "notes.txt").write_text("hello", encoding="utf-8")

    ended = tsh_sync("db", "restore", "notes.txt", "--yes", "--json")

    assert ended.code == 2
    assert "not a backup" in ended.document["error"]["title"]


def test_the_simulator_serves_until_it_is_told_to_stop(tsh_sync):
    program = tsh_sync.begin("simulate", "--port", "0", "--items", "3", "--json")
    try:
        lines = [program.stdout.readline() for _ in range(4)]
        assert '"url": "http://127.0.0.1:' in "".join(lines)
        assert program.poll() is None
    finally:
        program.terminate()
        program.communicate(timeout=30)

    assert program.returncode == 0


def test_a_port_that_is_taken_is_named(tsh_sync, zoho):
    ended = tsh_sync("simulate", "--port", zoho.url.rpartition(":")[2], "--items", "3", "--json")

    assert ended.code == 2
    assert "cannot be used" in ended.document["error"]["title"]


def test_nothing_secret_stands_in_the_list_of_processes(tsh_sync):
    program = tsh_sync.begin("sync", "products", "--details", "none")
    listed = ""
    while program.poll() is None:
        listed += subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=False).stdout
    program.communicate()

    assert "geheim" not in listed
