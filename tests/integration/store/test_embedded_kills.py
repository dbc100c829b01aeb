"""The embedded server survives the kill of any process at any moment."""

import os
import secrets
import signal
import threading
import time
from contextlib import suppress

import psutil
import psycopg
import pytest

from tests.integration.store.embedded_clients import ask, client, place_of, server_of
from tests.support.postgres import reachable_home
from tsh_sync_gui.store.embedded import ServerState
from tsh_sync_gui.store.embedded.processes import leftovers

# Kills come at random moments; more of them than the suite has time for: TSH_TEST_KILLS=100.
KILLS = int(os.environ.get("TSH_TEST_KILLS", "5"))
pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")


def test_a_killed_postmaster_is_replaced_and_nothing_committed_is_lost(running):
    server, endpoint = running

    os.kill(server.status().pid, signal.SIGKILL)
    said = []

    assert ask(server.ensure(said.append), "SELECT value FROM kept") == 42
    assert server.ensure() == endpoint
    assert said == ["Starting the database after a hard end"]


def write_until_it_breaks(endpoint, written):
    with suppress(psycopg.OperationalError), psycopg.connect(endpoint.conninfo, autocommit=True) as connection:
        while True:
            number = len(written)
            connection.execute("INSERT INTO rows SELECT %s, repeat('x', 2000)", (number,))
            written.append(number)


def test_postmasters_killed_while_rows_are_written_lose_no_row_that_was_confirmed(running):
    server, endpoint = running
    ask(endpoint, "CREATE TABLE rows (number int, filling text)")
    written = []
    for _ in range(KILLS):
        writer = threading.Thread(target=write_until_it_breaks, args=(server.ensure(), written))
        writer.start()
        time.sleep(secrets.randbelow(300) / 1000)
        os.kill(server.status().pid, signal.SIGKILL)
        writer.join()

        found = ask(server.ensure(), "SELECT array_agg(DISTINCT number ORDER BY number) FROM rows") or []
        assert set(written) <= set(found)
        # What was written and not confirmed may be there or not; both are right.
        assert len(set(found) - set(written)) <= 1


def test_orphans_that_hold_the_shared_memory_are_ended_and_no_others(running, home):
    server, endpoint = running
    neighbour = server_of(home / "neighbour")
    neighbour.ensure()
    with psycopg.connect(endpoint.conninfo) as busy:
        worker = psutil.Process(busy.info.backend_pid)
        worker.suspend()
        os.kill(server.status().pid, signal.SIGKILL)

        assert ask(server.ensure(), "SELECT value FROM kept") == 42

        assert worker.pid not in [process.pid for process in leftovers(place_of(server))]
    assert neighbour.status().state is ServerState.RUNNING


def test_a_stale_pid_file_that_names_another_program_is_passed_over(running):
    server, endpoint = running
    pid_file = place_of(server).data / "postmaster.pid"
    text = pid_file.read_text()
    server.stop()

    pid_file.write_text(text.replace(text.split()[0], str(os.getpid()), 1))

    assert server.status().state is ServerState.STOPPED
    assert server.ensure() == endpoint


def test_clients_killed_at_any_moment_leave_a_database_that_the_next_one_gets():
    for _ in range(KILLS):
        with reachable_home("kill-") as home:
            for _ in range(2):
                victim = client(home)
                victim.stdout.readline()
                time.sleep(secrets.randbelow(700) / 1000)
                victim.kill()
                victim.communicate()

            server = server_of(home)
            assert ask(server.ensure()) == 1
            assert not list(place_of(server).folder.glob("cluster.*"))


def test_a_killed_initdb_is_begun_anew(home):
    server = server_of(home)
    victim = client(home)
    victim.stdout.readline()
    while not (found := [one for one in psutil.Process(victim.pid).children() if one.name() == "initdb"]):
        time.sleep(0.001)

    found[0].kill()
    victim.communicate()

    assert victim.returncode == 0
    assert ask(server.ensure()) == 1
    assert not list(place_of(server).folder.glob("cluster.*"))


def test_postmasters_killed_while_starting_are_replaced(running):
    server, _ = running
    for _ in range(3):
        server.stop()
        starter = client(server.status().folder.parent)
        starter.stdout.readline()
        while not (pid := server.status().pid):
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
        starter.communicate()

        assert starter.returncode == 0
        assert ask(server.ensure(), "SELECT value FROM kept") == 42


def test_a_killed_client_does_not_keep_a_demo_server_up_for_ever(home):
    server = server_of(home)
    killed = client(home, "lease")
    assert [killed.stdout.readline() for _ in range(2)][1].strip().isdigit()
    killed.kill()
    killed.communicate()

    with server.lease() as endpoint:
        assert ask(endpoint) == 1

    assert server.status().state is ServerState.STOPPED
