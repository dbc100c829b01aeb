"""The receiver of the browser's way back: only the awaited answer counts, and nothing of it stays open."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
import pytest_asyncio

from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError
from tsh_sync_gui.zoho.receiver import Receiver
from tsh_sync_gui.zoho.signin import is_ours

pytestmark = pytest.mark.asyncio
STATE = "the-state"


def ours(answer):
    return is_ours(answer, STATE)


@pytest_asyncio.fixture
async def receiver():
    made = await Receiver.open(ours, ports=(0,))
    yield made
    await made.close()


async def get(receiver, query="", path="/callback", host="127.0.0.1", method="GET"):
    async with httpx.AsyncClient(trust_env=False) as http:
        return await http.request(method, f"http://{host}:{receiver.port}{path}{query}")


async def test_the_awaited_answer_ends_the_wait(receiver):
    page = await get(receiver, f"?state={STATE}&code=1000.a.b&location=eu")

    answer = await receiver.wait(5)

    assert (page.status_code, answer["code"], answer["location"]) == (200, "1000.a.b", "eu")
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cache-control"] == "no-store"
    assert "1000.a.b" not in page.text


STRAYS = [
    ("", "/favicon.ico", "GET", 404),
    ("?state=other&code=1000.a.b", "/callback", "GET", 400),
    ("?code=1000.a.b", "/callback", "GET", 400),
    ("?state=%ff&code=x", "/callback", "GET", 400),
    ("?state=the-state&code=1000.a.b", "/callback", "POST", 405),
    ("?state=the-state&code=1000.a.b", "/callback/more", "GET", 404),
]


@pytest.mark.parametrize(("query", "path", "method", "status"), STRAYS)
async def test_a_stray_request_does_not_end_the_wait(receiver, query, path, method, status):
    page = await get(receiver, query, path, method=method)
    with pytest.raises(AuthorisationError):
        await receiver.wait(0.01)
    await get(receiver, f"?state={STATE}&code=good")

    assert page.status_code == status
    assert (await receiver.wait(5))["code"] == "good"


async def test_rubbish_and_silent_connections_are_borne(receiver):
    silent = await asyncio.open_connection("127.0.0.1", receiver.port)
    reader, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
    writer.write(b"\x16\x03\x01hello\r\n\r\n")
    answer = await reader.read()
    writer.close()
    long = await asyncio.open_connection("127.0.0.1", receiver.port)
    long[1].write(b"GET /" + b"a" * 40_000)

    page = await get(receiver, f"?state={STATE}&code=good")

    assert answer.startswith(b"HTTP/1.1 400")
    assert page.status_code == 200
    silent[1].close()
    long[1].close()


async def test_a_second_answer_changes_nothing(receiver):
    await get(receiver, f"?state={STATE}&code=first")
    await get(receiver, f"?state={STATE}&code=second")

    assert (await receiver.wait(5))["code"] == "first"


async def test_it_listens_on_this_machine_only(receiver):
    addresses = {one.getsockname()[0] for one in receiver._sockets}

    assert addresses <= {"127.0.0.1", "::1"}
    assert receiver.redirect_uri == f"http://localhost:{receiver.port}/callback"


async def test_an_answer_comes_by_the_other_loopback_too(receiver):
    if len(receiver._sockets) < 2:
        pytest.skip("this machine has no IPv6 loopback")

    page = await get(receiver, f"?state={STATE}&code=six", host="[::1]")

    assert page.status_code == 200


async def test_a_port_is_free_again_after_the_end():
    first = await Receiver.open(ours, ports=(0,))
    talking = await asyncio.open_connection("127.0.0.1", first.port)
    await asyncio.sleep(0)
    await first.close()

    second = await Receiver.open(ours, ports=(first.port,))
    talking[1].close()
    await second.close()

    assert second.port == first.port


async def test_the_end_tells_who_waits():
    receiver = await Receiver.open(ours, ports=(0,))
    waiting = asyncio.create_task(receiver.wait(30))
    await asyncio.sleep(0)

    await receiver.close()

    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_taken_ports_are_named():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=str(port)):
            await Receiver.open(ours, ports=(port,))
