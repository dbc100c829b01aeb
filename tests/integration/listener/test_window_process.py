"""The listener as a process of its own, as the window starts and ends it."""

import asyncio
import json
import os
import socket
import threading
from contextlib import suppress
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler

import psutil
import pytest

from tests.integration.listener.conftest import SECRET
from tsh_sync_gui.bootstrap import listener_process
from tsh_sync_gui.bootstrap.demo import open_demo
from tsh_sync_gui.bootstrap.identity import learn, mirror_of
from tsh_sync_gui.bootstrap.listener_process import TICKET, Ticket, TicketHolder, listener_of, read_ticket
from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.core.settings import load
from tsh_sync_gui.store.embedded import EmbeddedServer, ServerState
from tsh_sync_gui.store.identity import identity
from tsh_sync_gui.zoho import reach


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def loaded_of(home, **settings):
    return load(home=home, overrides={"listener_port": free_port()} | settings, environment=False)


def run(work):
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(work)


@pytest.mark.timeout(90)
def test_it_is_started_tested_found_by_another_window_and_ended(database, tmp_path, monkeypatch):
    """One start, because a process takes its time; nothing of it is left at the end."""
    monkeypatch.setenv("TSH_DATABASE_URL", database)
    monkeypatch.setenv("ZOHO_WEBHOOK_SECRET", SECRET)
    loaded = loaded_of(tmp_path, database_url=database)

    before = run(listener_process.look(loaded))
    started = run(listener_process.start(loaded))
    again = run(listener_process.start(loaded))
    told = run(listener_process.send_test(loaded))
    elsewhere = loaded_of(tmp_path, database_url=database)
    moved = run(listener_process.look(elsewhere))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", elsewhere.settings.listener_port))
        taken.listen()
        with pytest.raises(UnreachableError, match="cannot move"):
            run(listener_process.restart(elsewhere))
    restarted = run(listener_process.restart(elsewhere))
    process = read_ticket(tmp_path / TICKET)
    ended = run(listener_process.stop(elsewhere))

    assert (before.is_up, before.is_ours) == (False, False)
    assert "does not run" in before.title
    assert (started.is_up, started.is_ours, started.has_database) == (True, True, True)
    assert started.address == listener_of(loaded.settings)
    assert started.since is not None
    assert again.since == started.since
    assert "/api/webhooks/zoho" in told
    assert (moved.is_up, moved.address) == (True, started.address)
    assert moved.moved_to == restarted.address == listener_of(elsewhere.settings)
    assert (restarted.is_up, restarted.is_ours, restarted.moved_to) == (True, True, "")
    assert process is not None
    assert not process.is_alive
    assert (ended.is_up, ended.is_ours) == (False, False)
    assert not (tmp_path / TICKET).exists()


def test_what_answers_there_for_another_database_or_is_another_program_is_not_ours(listener, tmp_path, monkeypatch):
    port = int(listener.url.rpartition(":")[2])
    monkeypatch.delenv("TSH_DATABASE_URL", raising=False)

    other = run(listener_process.look(loaded_of(tmp_path, listener_port=port)))
    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        (tmp_path / "health").write_text('{"status": "ok"}')
        server.RequestHandlerClass = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
        threading.Thread(target=server.handle_request, daemon=True).start()
        program = run(listener_process.look(loaded_of(tmp_path, listener_port=server.server_port)))

    assert (other.is_up, other.is_taken, program.is_up, program.is_taken) == (False, True, False, True)
    assert "another database" in other.advice
    assert "another program" in program.advice


@pytest.mark.parametrize(
    ("url", "same"),
    [
        ("postgresql://sara:1@LOCALHOST/tsh", True),
        ("postgresql://omar:2@127.0.0.1:5432/tsh", True),
        ("postgresql://127.0.0.1:5433/tsh", False),
        ("", False),
    ],
)
def test_a_mirror_is_known_by_its_database_and_not_by_who_asks(tmp_path, url, same):
    one = load(home=tmp_path, overrides={"database_url": "postgresql://localhost/tsh"}, environment=False)

    assert (
        mirror_of(load(home=tmp_path, overrides={"database_url": url}, environment=False)) == mirror_of(one)
    ) is same


def test_one_database_is_known_by_each_of_its_addresses_once_it_was_reached(listener, tmp_path):
    """A window may name the host where the listener's service says 127.0.0.1."""
    window = load(home=tmp_path, overrides={"database_url": "postgresql://db.tsh.local/tsh"}, environment=False)

    with pytest.raises(reach.OccupiedError):
        run(reach.ask_state(listener.url, mirror=mirror_of(window)))
    learn(window, listener.run(identity(listener.listener.backend.up.wiring.database)))

    run(reach.ask_state(listener.url, mirror=mirror_of(window)))


@pytest.mark.timeout(60)
def test_why_it_does_not_start_is_said(tmp_path, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("TSH_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
        loaded = loaded_of(tmp_path, listener_port=taken.getsockname()[1])

        with pytest.raises(UnreachableError, match="does not start") as told:
            run(listener_process.start(loaded))

    assert "cannot use 127.0.0.1 port" in f"{told.value.advice}{told.value.cause}"


@pytest.mark.timeout(120)
def test_the_demo_has_a_listener_of_its_own_and_its_simulated_zoho_delivers_there(tmp_path):
    """What is there for a person to see in the demo; nothing of it is left at the end."""

    async def all_done(service):
        for _ in range(400):
            rows = (await service.webhooks.page()).rows
            if len(rows) == 6 and all(one.delay for one in rows):
                break
            await asyncio.sleep(0.05)
        return rows

    async def seen():
        async with open_demo(items=5, home=tmp_path, workers=2) as service:
            before = await listener_process.look(service.loaded)
            changed = await listener_process.stir(service.loaded)
            rows = await all_done(service)
            ticket = read_ticket(tmp_path / "demo" / TICKET)
            await listener_process.send_wrong(service.loaded)
            newest = (await service.webhooks.page(limit=1)).rows[0]
            return before, changed, rows, ticket, await service.webhooks.detail(newest.id)

    before, changed, rows, ticket, wrong = run(seen())

    assert (before.is_up, before.address) == (False, "")
    assert changed == len(rows) == 6, rows
    assert {row.change.value for row in rows} == {"created", "updated", "deleted"}
    assert {row.state.value for row in rows} == {"done"}, rows
    assert wrong.diagnosis["cause"] == "The secret in Zoho has a space at the end"
    with suppress(psutil.NoSuchProcess):
        psutil.Process(ticket.pid).wait(20)
    assert EmbeddedServer(tmp_path / "demo").status().state is ServerState.STOPPED


def test_one_that_was_started_elsewhere_is_not_ended(tmp_path):
    with pytest.raises(ConfigurationError, match="not started from a window"):
        run(listener_process.stop(loaded_of(tmp_path)))


def test_a_ticket_of_a_dead_process_counts_for_nothing(tmp_path):
    ticket = {"pid": os.getpid(), "created": 1.0, "url": "http://127.0.0.1:9"}
    (tmp_path / TICKET).write_text(json.dumps(ticket))

    assert read_ticket(tmp_path / TICKET) == Ticket(**ticket)
    assert not run(listener_process.look(loaded_of(tmp_path))).is_ours


def test_who_takes_the_ticket_ends_the_listening(tmp_path):
    path = tmp_path / TICKET
    cancelled = []

    async def listening() -> None:
        holder = TicketHolder(path)
        with holder.until_taken():
            holder.show("http://127.0.0.1:1")
            path.unlink()
            try:
                await asyncio.get_running_loop().create_future()
            except asyncio.CancelledError:
                cancelled.append(True)

    run(listening())

    assert cancelled


def test_the_address_is_one_that_this_computer_answers_at(tmp_path):
    everywhere = loaded_of(tmp_path, listener_host="0.0.0.0", listener_port=8123).settings  # noqa: S104 -- as people set it

    assert listener_of(everywhere) == "http://127.0.0.1:8123"
    assert listener_of(loaded_of(tmp_path, listener_host="::1", listener_port=8123).settings) == "http://[::1]:8123"


def test_a_listener_outlives_the_window_without_a_console():
    assert listener_process._detached(windows=True) == {"creationflags": 0x08000000 | 0x00000200}
    assert listener_process._detached(windows=False) == {"start_new_session": True}
