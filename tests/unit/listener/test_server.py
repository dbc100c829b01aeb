"""What uvicorn's protocol does once the listener has changed it."""

import asyncio
import socket

import pytest
import uvicorn

from tsh_sync_gui.listener import server
from tsh_sync_gui.listener.server import _Protocol
from tsh_sync_gui.serving import Server

pytestmark = pytest.mark.asyncio


async def answering(scope, _receive, send):
    """Answer 304 on /same, else a body."""
    is_same = scope["path"] == "/same"
    await send({"type": "http.response.start", "status": 304 if is_same else 200, "headers": []})
    await send({"type": "http.response.body", "body": b"" if is_same else b"body"})


@pytest.mark.timeout(30)
async def test_answers_without_a_body_leave_at_once_and_stand_before_the_next_one():
    running = Server(uvicorn.Config(answering, http=_Protocol, loop="none", lifespan="off", log_config=None))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        serving = asyncio.create_task(running.serve(sockets=[bound]))
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        for method, path, status in (("HEAD", "/", b"200"), ("GET", "/same", b"304"), ("HEAD", "/", b"200")):
            writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 " + status)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        running.leave()
        await serving

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert b"body" in answer


@pytest.mark.timeout(30)
async def test_callers_who_ask_for_nothing_make_room_for_those_who_ask(monkeypatch):
    monkeypatch.setattr(server, "MOST_CONNECTIONS", 5)
    running = Server(uvicorn.Config(answering, http=_Protocol, loop="none", lifespan="off", log_config=None))
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        serving = asyncio.create_task(running.serve(sockets=[bound]))
        silent = [await asyncio.open_connection(*bound.getsockname()) for _ in range(9)]
        for _reader, writer in silent:
            writer.write(b"GET / HTTP/1.1\r\nHost: ")
        reader, writer = await asyncio.open_connection(*bound.getsockname())
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        first = await silent[0][0].read()
        for _reader, one in [*silent, (reader, writer)]:
            one.close()
        running.leave()
        await serving

    assert answer.startswith(b"HTTP/1.1 200 ")
    assert first == b""
