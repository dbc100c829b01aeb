"""How quickly deliveries are durably acknowledged, and applied: `python -m tests.benchmarks.listener`.

A listener in a process of its own answers 32 connections; a plain Starlette handler, in a process of its own on the
same server, does one insert and commit per request. The last line of output is JSON: requests a second of both and
their ratio, the listener's p50, p99 and, over one connection, p50; and the seconds from a change at the simulator,
which is delivered at once, to its row.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import re
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.benchmarks.world import FEW, UNLIMITED, environment, home, simulator

SECRET = "Benchmark2026secret"
ADDRESS = "/api/webhooks/zoho"
ENTITY, KEY = "item", "item_id"


def request(number: int, host: str) -> bytes:
    """Return a signed delivery of about 2 KB whose record no other has."""
    record = {KEY: 4_600_000_000_000_000_000 + number, "name": "ر" * 100, "description": "x" * 1600}
    body = json.dumps({"event_type": f"{ENTITY}_updated", "data": record}, ensure_ascii=False).encode()
    signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    head = (
        f"POST {ADDRESS} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"X-Zoho-Webhook-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def drive(port: int, numbers: range, connections: int) -> tuple[float, list[float]]:
    """Send one request a number over *connections*; returns requests a second and each one's seconds.

    Each connection sends the next request when the last was answered. No library: the caller's own work takes from
    both servers the same time, and makes them look alike.
    """
    waiting = [request(number, f"127.0.0.1:{port}") for number in reversed(numbers)]
    times: list[float] = []
    sent: dict[socket.socket, float] = {}
    got: dict[socket.socket, bytes] = {}
    with selectors.DefaultSelector() as selector:
        began = time.perf_counter()
        for _ in range(connections):
            one = socket.create_connection(("127.0.0.1", port))
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(one, selectors.EVENT_READ, one)
            sent[one], got[one] = time.perf_counter(), b""
            one.sendall(waiting.pop())
        while sent:
            for key, _ in selector.select():
                one = key.data
                got[one] += one.recv(65_536)
                if not is_whole(got[one]):
                    continue
                times.append(time.perf_counter() - sent[one])
                assert got[one].startswith(b"HTTP/1.1 200"), got[one][:300]
                if waiting:
                    sent[one], got[one] = time.perf_counter(), b""
                    one.sendall(waiting.pop())
                else:
                    selector.unregister(one)
                    one.close()
                    del sent[one]
        return len(times) / (time.perf_counter() - began), times


def is_whole(answer: bytes) -> bool:
    """Tell whether an answer is there with its body."""
    head, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return length is not None and len(body) >= int(length[1])


@contextmanager
def process(*command: str, env: dict[str, str]) -> Iterator[str]:
    """Run a server that prints its address first."""
    with subprocess.Popen([sys.executable, "-m", *command], env=env, stdout=subprocess.PIPE, text=True) as running:
        try:
            assert running.stdout is not None
            text = ""
            while "http://" not in text:
                text = running.stdout.readline()
                assert text, "the server ended"
            found = re.search(r"http://127\.0\.0\.1:\d+", text)
            assert found, text
            yield found[0]
        finally:
            running.terminate()
            running.wait(timeout=30)


def plain(url: str) -> None:
    """Serve the handler that the listener is held against: one insert and commit per request, ten connections."""
    import uvicorn  # noqa: PLC0415 -- of this process only
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import JSONResponse  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    free: asyncio.Queue[psycopg.AsyncConnection[Any]] = asyncio.Queue()

    async def handle(asked: Request) -> JSONResponse:
        body = await asked.body()
        content = json.loads(body)
        connection = await free.get()
        try:
            await connection.execute(
                "INSERT INTO plain_events (event, record, body) VALUES (%s, %s, %s)",
                (content["event_type"], str(content["data"][KEY]), body),
            )
            await connection.commit()
        finally:
            free.put_nowait(connection)
        return JSONResponse({"status": "accepted"})

    async def serve() -> None:
        for _ in range(10):
            free.put_nowait(await psycopg.AsyncConnection.connect(url))
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as bound:
            bound.bind(("127.0.0.1", 0))
            bound.listen(512)
            print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
            app = Starlette(routes=[Route(ADDRESS, handle, methods=["POST"])])
            settings = uvicorn.Config(app, log_config=None, access_log=False, http="httptools", loop="none", ws="none")
            await uvicorn.Server(settings).serve(sockets=[bound])

    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        runner.run(serve())


def acknowledgement(env: dict[str, str], number: int) -> dict[str, Any]:
    """Return the figures of durable acknowledgement."""
    command = [sys.executable, "-m", "tsh_sync_gui"]
    url = subprocess.run([*command, "db", "url"], env=env, check=True, capture_output=True, text=True).stdout.strip()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE plain_events (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
            " at timestamptz NOT NULL DEFAULT now(), event text, record text, body bytea)"
        )
    start = 0

    def numbers(count: int) -> range:
        nonlocal start
        start += count
        return range(start - count, start)

    found: dict[str, list[float]] = {"listener": [], "plain": []}
    latencies: list[float] = []
    with (
        process("tsh_sync_gui", "listen", "--port", "0", "--workers", "0", env=env) as ours,
        process("tests.benchmarks.listener", "--plain", url, env=env) as theirs,
    ):
        ports = {name: int(url.rpartition(":")[2]) for name, url in (("listener", ours), ("plain", theirs))}
        for port in ports.values():
            drive(port, numbers(300), 32)
        for _round in range(3):
            for name, port in ports.items():
                speed, times = drive(port, numbers(number), 32)
                found[name].append(speed)
                latencies += times if name == "listener" else []
        single = sorted(drive(ports["listener"], numbers(500), 1)[1])
    with psycopg.connect(url) as connection:
        kept = connection.execute("SELECT count(*) FROM sync.webhook_events WHERE state = 'waiting'").fetchone()
    latencies.sort()
    listener, other = (statistics.median(found[name]) for name in ("listener", "plain"))
    return {
        "per_second": round(listener),
        "plain_per_second": round(other),
        "ratio": round(listener / other, 2),
        "p50_ms": round(latencies[len(latencies) // 2] * 1000, 2),
        "p99_ms": round(latencies[int(len(latencies) * 0.99)] * 1000, 2),
        "single_p50_ms": round(single[len(single) // 2] * 1000, 2),
        "kept": kept[0] if kept else 0,
    }


def applied(env: dict[str, str], url: str, changes: int) -> dict[str, Any]:
    """Return the seconds from a delivery to its row, *changes* one after the other."""
    command = [sys.executable, "-m", "tsh_sync_gui"]
    subprocess.run([*command, "sync", "invoices", "--json"], env=env, check=True, capture_output=True)
    database = subprocess.run([*command, "db", "url"], env=env, check=True, capture_output=True, text=True)
    http = httpx.Client(timeout=30)
    times: list[float] = []
    with (
        process("tsh_sync_gui", "listen", "--port", "0", env=env) as ours,
        psycopg.connect(database.stdout.strip(), autocommit=True) as connection,
    ):
        seen: set[str] = set()
        while len(times) < changes:
            changed = http.post(f"{url}/__sim/change", params={"entity": "invoices", "count": 1}).json()["ids"][0]
            if changed in seen:  # repeats within seconds are coalesced, and not what is measured
                continue
            seen.add(changed)
            body = json.dumps({"event_type": "invoice_updated", "data": {"invoice_id": changed}}).encode()
            signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
            began = time.perf_counter()
            headers = {"X-Zoho-Webhook-Signature": signature, "Content-Type": "application/json"}
            answer = http.post(f"{ours}{ADDRESS}", content=body, headers=headers)
            assert answer.status_code == 200, answer.text
            stamp = http.get(f"{url}/__sim/record", params={"entity": "invoices", "id": changed}).json()
            while not connection.execute(
                "SELECT 1 FROM tsh.invoices WHERE zoho_id = %s AND zoho_modified_at = %s::timestamptz",
                (changed, stamp["last_modified_time"]),
            ).fetchone():
                assert time.perf_counter() - began < 60, "the change never came"
                time.sleep(0.005)
            times.append(time.perf_counter() - began)
    times.sort()
    return {
        "changes": changes,
        "row_p50_s": round(times[len(times) // 2], 3),
        "row_p95_s": round(times[int(len(times) * 0.95)], 3),
        "row_slowest_s": round(times[-1], 3),
    }


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=3_000, help="in each of three rounds")
    parser.add_argument("--changes", type=int, default=40)
    parser.add_argument("--plain", metavar="URL", help="serve the plain handler on this database")
    options = parser.parse_args()
    if options.plain:
        plain(options.plain)
        return
    figures: dict[str, Any] = {}
    with home() as folder, simulator(**{**FEW, "items": 100, "invoices": 200}, **UNLIMITED) as url:
        env = environment(folder, url) | {"ZOHO_WEBHOOK_SECRET": SECRET}
        figures |= acknowledgement(env, options.requests)
    with home() as folder, simulator(**{**FEW, "items": 100, "invoices": 200}, **UNLIMITED) as url:
        env = environment(folder, url) | {"ZOHO_WEBHOOK_SECRET": SECRET}
        figures |= applied(env, url, options.changes)
    print(json.dumps(figures))


if __name__ == "__main__":
    os.chdir(Path(__file__).parents[2])
    main()
