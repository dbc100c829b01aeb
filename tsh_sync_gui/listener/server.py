"""Runs the listener: one socket, uvicorn, and an end that loses nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Final, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from tsh_sync_gui.bootstrap.identity import mirror_of
from tsh_sync_gui.bootstrap.webhook_secrets import WebhookSecrets
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.settings import Loaded
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.listener.answers import answer, reason
from tsh_sync_gui.listener.api import Api
from tsh_sync_gui.listener.app import Front, make_app
from tsh_sync_gui.listener.backend import Backend
from tsh_sync_gui.listener.limits import Patience
from tsh_sync_gui.listener.metrics import Figures
from tsh_sync_gui.listener.reception import House, Reception
from tsh_sync_gui.listener.spool import Spool
from tsh_sync_gui.listener.syncs import Syncs
from tsh_sync_gui.serving import BACKLOG, Server, address_of, bound_to

HEAD_S: Final = 10.0
MOST_CONNECTIONS: Final = 400
"""Windows' loop serves 512 sockets at most."""
LONGEST_HEAD: Final = 65_536
"""Bytes of headers; an address is as long as the parser lets it be, which is the same."""
_KEEP_ALIVE_S: Final = 30
_GRACE_S: Final = 10
_START_S: Final = 3.0
_GO_ON: Final = b"HTTP/1.1 100 "
"""Nothing follows it until the caller has gone on."""

Ready = Callable[[str], None]


class _Joined:
    """A transport that sends an answer's head together with its body: one packet, one wake-up at the other end.

    uvicorn writes a body after each head, be it empty, but none to HEAD: the end of an answer sends what waits.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""

    def write(self, data: bytes) -> None:
        """Send *data*; a head waits for what follows."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head + data)
        elif data.startswith(b"HTTP/1.1 ") and data.endswith(b"\r\n\r\n") and not data.startswith(_GO_ON):
            self._head = data
        elif data:
            self._transport.write(data)

    def close(self) -> None:
        """Send what waits and close."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Send a head that nothing followed."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def __getattr__(self, name: str) -> Any:
        """Return whatever else the transport can do."""
        return getattr(self._transport, name)


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, which waits neither for a head that does not come nor for more callers than it can serve."""

    _look: asyncio.TimerHandle | None = None
    _due: float | None = None
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # narrower in asyncio
        super().connection_made(cast("asyncio.Transport", _Joined(transport)))
        self._due = self.loop.time() + HEAD_S
        self._look_at(self._due)
        if len(self.connections) > MOST_CONNECTIONS:
            self._make_room()

    def _make_room(self) -> None:
        """End who has kept his place longest without asking for anything: Zoho asks at once."""
        others = [one for one in self.connections if isinstance(one, _Protocol) and one is not self]
        silent = {one: due for one in others if (due := one.silent_until) is not None}
        leaves = min(silent, key=silent.__getitem__, default=self)
        self.connections.discard(leaves)  # it is counted no more, though its end comes a moment later
        leaves.transport.abort()

    @property
    def silent_until(self) -> float | None:
        """Return until when a request's head is waited for, `inf` between two requests, None while one is served."""
        if self._due is None and (self.cycle is None or self.cycle.response_complete):
            return float("inf")
        return self._due

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._due = self.loop.time() + HEAD_S
        self._head_bytes = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; the parser itself knows no end of them."""
        self._head_bytes += len(name) + len(value)
        if self._head_bytes > LONGEST_HEAD:
            raise ValueError("too many headers")  # the parser passes it on as its own error
        super().on_header(name, value)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._due is not None:  # the head is not whole yet, and a header of it may be without end
            self._head_bytes += len(data)
            if self._head_bytes > LONGEST_HEAD and not self.transport.is_closing():
                self.send_400_response("")

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no request, with a reason like every other refusal."""
        del msg
        status, words = b"400 Bad Request", "This is no HTTP request that can be read"
        if self._head_bytes > LONGEST_HEAD:
            status, words = b"431 Request Header Fields Too Large", f"More than {LONGEST_HEAD:,} bytes of headers"
        body = answer(reason("request", words)).body
        head = b"HTTP/1.1 %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
        self.transport.write(head % (status, len(body)) + bytes(body))
        self.transport.close()

    def on_headers_complete(self) -> None:
        self._due = None
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """Send what waits before uvicorn looks for the next request."""
        cast("_Joined", self.transport).flush()
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._look is not None:
            self._look.cancel()
            self._look = None
        super().connection_lost(exc)

    def _look_at(self, when: float) -> None:
        self._look = self.loop.call_at(when, self._end_if_late)

    def _end_if_late(self) -> None:
        """End the connection if its head is late. One timer looks now and then; two a request would cost more."""
        now = self.loop.time()
        if self._due is not None and now >= self._due:
            self.transport.abort()
            return
        self._look_at(self._due if self._due is not None else now + HEAD_S)


class Listener:
    """One listener on the settings *loaded*; with *jobs* it also does so many jobs of the queue at once."""

    def __init__(self, loaded: Loaded, *, jobs: int = 0, registry: Registry = REGISTRY) -> None:
        self.backend = Backend(loaded, Spool(loaded.home / "spool"), jobs=jobs, registry=registry)
        self.syncs = Syncs()
        self._patience = Patience()
        self.reception = Reception(
            registry,
            WebhookSecrets(loaded),
            self.backend,
            house=self._house,
            now=self.backend.now,
            patience=self._patience,
        )
        api = Api(self.backend, self.syncs, self._patience, Figures(self.backend, self.reception))
        self.app = make_app(self.backend, self.reception, api, mirror=partial(mirror_of, loaded))

    def _house(self) -> House:
        return House(organization_id=self.backend.organization_id, header=self.backend.settings.webhook_header)

    async def serve(self, host: str, port: int, *, on_ready: Ready = lambda _address: None) -> None:
        """Serve until cancelled; then finish what is being answered. Port 0 takes a free one."""
        with ExitStack() as stack:
            with _explained(host, port):
                bound = stack.enter_context(bound_to(host, port))
            server = Server(_config(Front(self.app, self.reception)))
            async with self.backend.running():
                await self.backend.wait_until_up(_START_S)
                serving = asyncio.create_task(server.serve(sockets=[bound]), name="listener")
                try:
                    with _explained(host, port):
                        # Connections wait in the socket's queue from here on, so ready is true already.
                        bound.listen(BACKLOG)
                    on_ready(address_of(bound, host))
                    await asyncio.shield(serving)
                finally:
                    server.leave()
                    await asyncio.wait({serving}, timeout=_GRACE_S + 2)
                    await self.syncs.close()


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=_Protocol,
        loop="none",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=BACKLOG,
    )


@contextmanager
def _explained(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"The listener cannot use {host} port {port}",
            advice="Another program may have it. Name another with --port; 0 takes a free one.",
            cause=str(error),
        ) from error
