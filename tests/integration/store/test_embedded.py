"""The embedded server: made once, shared by all, mended where it can be, else explained."""

import os
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import psycopg
import pytest

from tests.integration.store.embedded_clients import ask, client, place_of, server_of
from tests.support.postgres import SETTINGS
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.store.embedded import EmbeddedServer, ServerState, find_binaries, stop_all_below
from tsh_sync_gui.store.embedded.cluster import kept_port, write_passfile


def test_processes_that_start_at_once_share_one_server(home):
    clients = [client(home) for _ in range(4)]

    told = {one.communicate()[0] for one in clients}

    assert len(told) == 1
    assert [one.returncode for one in clients] == [0, 0, 0, 0]
    assert server_of(home).status().state is ServerState.RUNNING


def test_it_says_what_it_does_only_when_it_does_something(home):
    first, second = [], []

    server_of(home).ensure(first.append)
    server_of(home).ensure(second.append)

    assert first == ["Preparing the database", "Starting the database"]
    assert second == []


def test_a_running_server_is_handed_out_while_another_process_holds_the_lock(running):
    server, endpoint = running

    with FileLock(place_of(server).lock):
        assert server.ensure() == endpoint


def test_only_the_password_opens_it_and_only_on_this_machine(running):
    server, endpoint = running

    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host=endpoint.host, port=endpoint.port, user="app", dbname="tsh", password="guess")

    assert ask(endpoint, "SHOW listen_addresses") == "127.0.0.1"
    assert ask(endpoint, "SELECT DISTINCT auth_method FROM pg_hba_file_rules") == "scram-sha-256"
    assert endpoint.password() not in endpoint.conninfo + endpoint.uri + endpoint.sqlalchemy_url
    if os.name == "posix":
        assert endpoint.passfile.stat().st_mode & 0o777 == 0o600
        assert place_of(server).data.stat().st_mode & 0o777 == 0o700


def test_settings_of_the_starters_environment_do_not_divert_it(home, monkeypatch):
    for name, value in {"PGPASSWORD": "x", "PGHOSTADDR": "192.0.2.1", "PGSSLMODE": "require", "PGPORT": "1"}.items():
        monkeypatch.setenv(name, value)

    server_of(home).ensure()

    assert server_of(home).status().state is ServerState.RUNNING


@pytest.mark.parametrize("folder", ["with a space", "بيانات الشركة", "50% + 'one'"])
def test_psql_takes_the_address_of_any_home(home, folder):
    endpoint = server_of(home / folder).ensure()

    psql = [str(find_binaries().program("psql")), "-XAtw", endpoint.uri, "-c", "SELECT current_database()"]

    assert subprocess.run(psql, capture_output=True, text=True, check=True).stdout == "tsh\n"


def test_two_homes_on_one_machine_have_two_servers(home):
    one, other = server_of(home / "one").ensure(), server_of(home / "other").ensure()

    assert one.port != other.port
    assert ask(one, "SHOW data_directory") != ask(other, "SHOW data_directory")


def test_the_port_stays_over_restarts(running):
    server, endpoint = running

    server.stop()

    assert server.ensure() == endpoint


def test_a_taken_port_is_left_to_its_new_owner(running):
    server, endpoint = running
    server.stop()

    with socket.create_server(("127.0.0.1", endpoint.port)):
        moved = server.ensure()

        assert moved.port != endpoint.port
        assert ask(moved, "SELECT value FROM kept") == 42
    assert server.ensure() == moved


def test_another_cluster_on_the_kept_port_is_not_mistaken_for_ours(running, home):
    server, endpoint = running
    server.stop()
    stranger = server_of(home / "stranger")
    stranger.ensure()
    stranger.stop()
    settings = place_of(stranger).data / "tsh.conf"
    settings.write_text(settings.read_text().replace(str(kept_port(place_of(stranger))), str(endpoint.port)))
    taken = stranger.ensure()

    moved = server.ensure()

    assert taken.port == endpoint.port != moved.port
    assert ask(moved, "SELECT value FROM kept") == 42


@pytest.mark.parametrize("harm", [Path.unlink, lambda file: file.write_text("nonsense")])
def test_a_lost_password_is_made_anew(running, harm):
    server, endpoint = running
    old = endpoint.password()

    harm(endpoint.passfile)

    assert ask(server.ensure(), "SELECT value FROM kept") == 42
    assert endpoint.password() not in ("", old)


def test_a_wrong_password_is_made_anew_also_while_stopped(running):
    server, _ = running
    server.stop()

    write_passfile(place_of(server), "wrong")

    assert ask(server.ensure(), "SELECT value FROM kept") == 42


def test_a_missing_database_is_made_again(running):
    server, endpoint = running
    with psycopg.connect(endpoint.conninfo, dbname="postgres", autocommit=True) as connection:
        connection.execute("DROP DATABASE tsh")

    assert ask(server.ensure(), "SELECT current_database()") == "tsh"


def test_a_server_without_free_connections_is_still_ours(home):
    server = EmbeddedServer(home, settings={**SETTINGS, "max_connections": "5"})
    endpoint = server.ensure()

    with ExitStack() as held:
        for _ in range(5):
            held.enter_context(psycopg.connect(endpoint.conninfo))

        assert server.ensure() == endpoint


def test_a_cluster_of_another_major_version_is_refused_with_the_remedy(running):
    server, _ = running
    place = place_of(server)
    server.stop()
    (place.data / "PG_VERSION").write_text("17\n")

    with pytest.raises(ConfigurationError, match=r"PostgreSQL 17.*db backup.*db restore"):
        server.ensure()


def test_a_setting_the_server_refuses_is_reported_with_its_words(home):
    with pytest.raises(Exception, match="starting the database") as refused:
        EmbeddedServer(home, settings={"fsync": "off", "max_connections": "many"}).ensure()

    assert "max_connections" in refused.value.cause


def test_a_home_that_cannot_be_written_is_refused_by_name(home):
    (home / "file").touch()

    with pytest.raises(ConfigurationError, match="TSH_HOME"):
        server_of(home / "file" / "below").ensure()


@pytest.fixture
def small_disk(home):
    """A folder on a disk of its own; what is in it goes with it."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("needs root on Linux to make a small disk")
    folder = home / "small"
    folder.mkdir()

    def sized(size):
        options = f"size={size}m" if not folder.is_mount() else f"remount,size={size}m"
        if subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=False).returncode:
            pytest.skip("no small disk can be made here")
        return folder

    yield sized
    stop_all_below(folder)
    subprocess.run(["umount", str(folder)], check=folder.is_mount())


def fill(file):
    with file.open("wb", buffering=0) as stream, suppress(OSError):
        while True:
            stream.write(bytes(4096))


def test_a_disk_too_small_for_a_database_is_named_and_nothing_stays(small_disk):
    server = server_of(small_disk(20))

    with pytest.raises(ConfigurationError, match="disk is full"):
        server.ensure()

    assert server.status().state is ServerState.STOPPED
    assert not list(small_disk(20).glob("postgres/cluster*"))


def test_a_disk_that_filled_up_while_the_server_was_down_is_named_until_there_is_space(small_disk):
    folder = small_disk(80)
    server = server_of(folder)
    server.ensure()
    server.stop()
    filler = folder / "filler"
    fill(filler)

    with pytest.raises(ConfigurationError, match="disk is full"):
        server.ensure()
    filler.unlink()

    assert ask(server.ensure()) == 1


def test_a_demo_server_ends_with_its_last_client(home):
    server = server_of(home)

    with server.lease() as endpoint:
        with server.lease():
            assert ask(endpoint) == 1
        assert server.status().state is ServerState.RUNNING

    assert server.status().state is ServerState.STOPPED


def test_db_stop_ends_every_server_of_a_home(home):
    own, demo = server_of(home), server_of(home / "demo")
    ports = {own.ensure().port, demo.ensure().port}

    stopped = stop_all_below(home)

    assert {one.port for one in stopped} == ports
    assert {own.status().state, demo.status().state} == {ServerState.STOPPED}
    assert stop_all_below(home) == []
    assert own.stop() is False
