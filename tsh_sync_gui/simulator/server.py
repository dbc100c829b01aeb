"""A Zoho in a box: serves one made-up organization over HTTP, in a process of its own or in a thread."""

import asyncio
import signal
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tsh_sync_gui.serving import BACKLOG, Server, address_of, bound_to
from tsh_sync_gui.simulator.app import App
from tsh_sync_gui.simulator.collection import Collection
from tsh_sync_gui.simulator.config import SimulatorConfig
from tsh_sync_gui.simulator.simulation import Simulation, register
from tsh_sync_gui.simulator.webhooks_sender import Sender

__all__ = ["Simulator", "SimulatorConfig", "register", "run"]
_STOP_SECONDS = 10


class Simulator:
    """One simulated organization and its HTTP server; a context manager that serves from a thread."""

    def __init__(self, config: SimulatorConfig | None = None, *, extra: Sequence[Collection] = ()) -> None:
        self.simulation = Simulation(config or SimulatorConfig(), extra)
        self.url = ""
        self._server: Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def config(self) -> SimulatorConfig:
        """Return the configuration now in force."""
        return self.simulation.config

    async def serve(
        self, host: str = "127.0.0.1", port: int = 0, *, on_ready: Callable[[str], None] | None = None
    ) -> None:
        """Serve until `request_stop`; port 0 takes a free one, and `on_ready` hears the address."""
        with bound_to(host, port) as bound:
            self.url = address_of(bound, host)
            lines: dict[Any, asyncio.Transport] = {}
            settings = uvicorn.Config(
                App(self.simulation, lines),
                http=_protocol(lines),
                loop="none",
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_keep_alive=120,
                timeout_graceful_shutdown=1,
            )
            self._server = Server(settings)
            if on_ready is not None:
                # Connections wait in the socket's queue from here on, so ready is true already.
                bound.listen(BACKLOG)
                asyncio.get_running_loop().call_soon(on_ready, self.url)
            sender = asyncio.create_task(Sender(self.simulation).run())
            sender.add_done_callback(lambda _: self.request_stop())
            try:
                await self._server.serve(sockets=[bound])
            finally:
                sender.cancel()
                ended = await asyncio.gather(sender, return_exceptions=True)
            for failure in ended:
                if isinstance(failure, Exception):
                    raise failure
        self.simulation.journal.close()

    def request_stop(self) -> None:
        """Ask `serve` to end; safe from other threads and from signal handlers."""
        if self._server is not None:
            self._server.leave()

    def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Serve from a thread of its own and return the address."""
        ready = threading.Event()
        failure: list[BaseException] = []

        def work() -> None:
            try:
                with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                    runner.run(self.serve(host, port, on_ready=lambda _url: ready.set()))
            except BaseException as error:  # noqa: BLE001 - handed to the caller below
                failure.append(error)
            finally:
                ready.set()

        self._thread = threading.Thread(target=work, name="simulator", daemon=True)
        self._thread.start()
        ready.wait()
        if failure:
            raise failure[0]
        return self.url

    def stop(self) -> None:
        """End the thread that `start` began."""
        self.request_stop()
        if self._thread is not None:
            self._thread.join(_STOP_SECONDS)
            self._thread = None

    def __enter__(self) -> Self:
        if not self.url:
            self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def run(
    config: SimulatorConfig,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    on_ready: Callable[[str], None] | None = None,
    extra: Sequence[Collection] = (),
) -> None:
    """Serve in the foreground until SIGINT or SIGTERM; `on_ready` hears the address once requests are answered."""
    simulator = Simulator(config, extra=extra)

    def end(_number: int, _frame: FrameType | None) -> None:
        simulator.request_stop()

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(simulator.serve(host, port, on_ready=on_ready))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _protocol(lines: dict[Any, asyncio.Transport]) -> type[HttpToolsProtocol]:
    """Return uvicorn's protocol, telling *lines* which transport belongs to which client."""

    class Line(HttpToolsProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower in asyncio
            super().connection_made(transport)
            lines[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            lines.pop(self.client, None)
            super().connection_lost(exc)

    return Line
