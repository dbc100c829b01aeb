"""Serves HTTP in this process by uvicorn: what the listener and the simulator have in common."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import uvicorn

__all__ = ["BACKLOG", "Server", "address_of", "bound_to"]
BACKLOG: Final = 512
_TICK_S: Final = 0.1
_PAUSE_S: Final = 0.005


class Server(uvicorn.Server):
    """A uvicorn that leaves signals to whoever runs it, and ends without pauses. Made on the loop that it serves."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop = asyncio.get_running_loop()
        self._asked = asyncio.Event()

    def leave(self) -> None:
        """End as soon as what is being answered has come to its end; safe from other threads and signal handlers."""
        self.should_exit = True
        with suppress(RuntimeError):  # the loop is closed: it has ended already
            self._loop.call_soon_threadsafe(self._asked.set)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    async def main_loop(self) -> None:
        """Look around as often as uvicorn does, because Windows tells of Ctrl+C only then; but hear `leave` at once."""
        asked = asyncio.create_task(self._asked.wait())
        counter = 0
        while not await self.on_tick(counter):
            counter += 1
            await asyncio.wait({asked}, timeout=_TICK_S)
        asked.cancel()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more connections, and let what is being answered come to its end."""
        for server in self.servers:
            server.close()
        for bound in sockets or ():
            bound.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        with suppress(TimeoutError):
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                while state.connections or state.tasks:  # noqa: ASYNC110 -- uvicorn has no event for the last one
                    await asyncio.sleep(_PAUSE_S)
        for task in state.tasks:
            task.cancel()


@contextmanager
def bound_to(host: str, port: int) -> Iterator[socket.socket]:
    """Hold a socket bound to *host* and *port* that does not listen yet; port 0 takes a free one.

    Raises OSError (the port is taken, the name unknown) and OverflowError (no such port).
    """
    # asyncio switches Nagle's delay off only where the protocol is named.
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere the option would let two servers share a port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        yield bound
    finally:
        bound.close()


def address_of(bound: socket.socket, host: str) -> str:
    """Return the address *bound* is reached at, as `http://host:port`."""
    return f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}"
