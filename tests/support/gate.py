"""A gate in front of a database: shut, the server is away for those who come this way, and for nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit, urlunsplit


class Gate:
    """Carries connections to a server until it is shut; then they end and new ones are refused."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._ways: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Return the database's address through the gate."""
        user = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{user}@127.0.0.1:{self._port}"))

    async def open(self) -> None:
        """Let connections through, always on the same port."""
        if self._server is not None:
            return
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def shut(self) -> None:
        """End all connections and let none through."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for way in self._ways:
            way.cancel()
        if self._ways:
            await asyncio.wait(self._ways)

    def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        way = asyncio.get_running_loop().create_task(self._way(near, back))
        self._ways.add(way)
        way.add_done_callback(self._ways.discard)

    async def _way(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, there = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        try:
            await asyncio.gather(_pour(near, there), _pour(far, back))
        finally:
            there.transport.abort()
            back.transport.abort()


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while block := await source.read(65536):
            target.write(block)
            await target.drain()
    target.close()


@asynccontextmanager
async def gated(url: str) -> AsyncIterator[Gate]:
    """Give an open gate to the database *url*."""
    gate = Gate(url)
    await gate.open()
    try:
        yield gate
    finally:
        await gate.shut()
