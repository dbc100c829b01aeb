"""HTTP/1.1 under httpx, made for what the API answers: whole replies of some hundred kilobytes on few connections.

httpx's own transport passes a page through four layers of Python, at the price of half of what checking and rendering
its 200 records costs. Here the parser is the server's own, in C, and a reply is handed over in one piece.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from typing import Final

import httptools
import httpx

LONGEST_HEAD: Final = 100_000
LONGEST_BODY: Final = 64 * 1024 * 1024
"""Zoho's longest page has some 2 MB, a picture 10: an answer without an end must not fill the memory."""
READ_AT_ONCE: Final = 256 * 1024
_EYEBALLS_S: Final = 0.25
_ILLEGAL: Final = (b"\r", b"\n", b"\0")

_Origin = tuple[str, str, int]


class Transport(httpx.AsyncBaseTransport):
    """Connections to servers, kept open between requests; as many at once as there are requests."""

    def __init__(self, *, trust: ssl.SSLContext, limits: httpx.Limits) -> None:
        self._trust = trust
        self._most_idle = limits.max_keepalive_connections or 0
        self._expiry = limits.keepalive_expiry or float("inf")
        self._idle: list[_Line] = []
        self._busy: set[_Line] = set()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return the whole answer to *request*; raises httpx's own errors."""
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        message = _message(request, await request.aread())
        line = self._waiting(_origin(request.url)) or await self._connect(request, timeouts.get("connect"))
        self._busy.add(line)
        try:
            answer = await line.ask(message, request, seconds=timeouts.get("read"), write=timeouts.get("write"))
        finally:
            self._busy.discard(line)
            if line.is_open and len(self._idle) < self._most_idle:
                line.rested_at = asyncio.get_running_loop().time()
                self._idle.append(line)
            else:
                line.abort()
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body, request=request)

    async def aclose(self) -> None:
        """Close all connections."""
        lines = [*self._idle, *self._busy]
        self._idle.clear()
        for line in lines:
            line.abort()
        for line in lines:
            await line.closed

    def _waiting(self, origin: _Origin) -> _Line | None:
        """Return an open connection to *origin*, the one used last; those that are over are dropped."""
        oldest = asyncio.get_running_loop().time() - self._expiry
        for line in [one for one in self._idle if not one.is_open or one.rested_at < oldest]:
            self._idle.remove(line)
            line.abort()
        found = next((one for one in reversed(self._idle) if one.origin == origin), None)
        if found is not None:
            self._idle.remove(found)
        return found

    async def _connect(self, request: httpx.Request, seconds: float | None) -> _Line:
        origin = _origin(request.url)
        scheme, host, port = origin
        try:
            async with asyncio.timeout(seconds):
                _, line = await asyncio.get_running_loop().create_connection(
                    lambda: _Line(origin),
                    host,
                    port,
                    ssl=self._trust if scheme == "https" else None,
                    happy_eyeballs_delay=_EYEBALLS_S,
                )
        except TimeoutError as error:
            raise httpx.ConnectTimeout(str(error) or "no connection in time", request=request) from error
        except OSError as error:
            raise httpx.ConnectError(str(error), request=request) from error
        return line


class _UnwrittenError(TimeoutError):
    """The other side has not taken the request."""


class _Answer:
    """A reply while it arrives; the parser calls its methods."""

    def __init__(self, on_end: Callable[[], None]) -> None:
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.keeps_open = False
        self.ends_with_line = False
        self._pieces: list[bytes] = []
        self._head = 0
        self._length = 0
        self._is_over = False
        self._on_end = on_end
        self._parser = httptools.HttpResponseParser(self)

    def feed(self, data: memoryview) -> None:
        """Take what came; HttpParserError when it is no HTTP."""
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        """Refuse a second answer to one request: nobody could tell whose it is, so the line is not used again."""
        if self._is_over:
            self.keeps_open = False
            raise ValueError("more came than was asked for")

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header."""
        self._head += len(name) + len(value)
        if self._head > LONGEST_HEAD:
            raise ValueError("the head of the answer is too long")
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Note what the head says of the body."""
        self.status = self._parser.get_status_code()
        names = {name.lower() for name, _ in self.headers}
        self.ends_with_line = not names & {b"content-length", b"transfer-encoding"}

    def on_body(self, body: bytes) -> None:
        """Keep a piece of the body."""
        self._length += len(body)
        if self._length > LONGEST_BODY:
            raise ValueError("the answer is too long")
        self._pieces.append(body)

    def on_message_complete(self) -> None:
        """End, or go on to the answer proper after one that only says that work goes on."""
        if self.status < httpx.codes.OK:
            self.headers.clear()
            return
        self.keeps_open = self._parser.should_keep_alive() and not self.ends_with_line
        self.end()

    def end(self) -> None:
        """Put the body together."""
        self.body = b"".join(self._pieces)
        self._pieces.clear()
        self._is_over = True
        self._on_end()

    def let_go(self) -> None:
        """Part from the parser: each knows the other, and the body would stay until the next great collection."""
        del self._parser


class _Line(asyncio.BufferedProtocol):
    """One connection, one request at a time."""

    def __init__(self, origin: _Origin) -> None:
        self.origin = origin
        self.rested_at = 0.0
        self.closed = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._answer: _Answer | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._watch: asyncio.TimerHandle | None = None
        self._write_watch: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self._is_open = False
        # Read into one place again and again: new memory for each piece costs more than the reading.
        self._buffer = memoryview(bytearray(READ_AT_ONCE))

    @property
    def is_open(self) -> bool:
        """Tell whether another request may be sent."""
        return self._is_open

    async def ask(
        self, message: bytes, request: httpx.Request, *, seconds: float | None, write: float | None = None
    ) -> _Answer:
        """Send *message* and return its answer; silence for *seconds* is a ReadTimeout.

        A message that is not out of our hands after *write* seconds is a WriteTimeout: a connection that takes nothing
        is dead, and what was not taken was never heard.
        """
        if self._transport is None or not self._is_open:
            raise httpx.ReadError("the connection is closed", request=request)
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        self._answer = answer = _Answer(self._ended)
        self._heard_at = loop.time()
        self._watch = None if seconds is None else loop.call_later(seconds, self._look, seconds)
        # Open again only with a whole answer: whatever breaks this off breaks the connection.
        self._is_open = False
        try:
            self._transport.write(message)
            if write is not None and self._transport.get_write_buffer_size():
                self._write_watch = loop.call_later(write, self._look_written)
            await self._waiting
        except _UnwrittenError as error:
            raise httpx.WriteTimeout("the request was not taken in time", request=request) from error
        except TimeoutError as error:
            raise httpx.ReadTimeout("no answer in time", request=request) from error
        except httptools.HttpParserError as error:
            raise httpx.RemoteProtocolError(f"the answer is no HTTP: {error}", request=request) from error
        except EOFError as error:
            raise httpx.RemoteProtocolError(str(error), request=request) from error
        except OSError as error:
            raise httpx.ReadError(str(error), request=request) from error
        finally:
            self._answer = None
            answer.let_go()
            for watch in (self._watch, self._write_watch):
                if watch is not None:
                    watch.cancel()
        self._is_open = answer.keeps_open and not self._transport.is_closing()
        return answer

    def abort(self) -> None:
        """Close at once; whoever waits for an answer learns of it."""
        self._is_open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 -- a socket's transport is one
        self._transport = transport
        self._is_open = True

    def get_buffer(self, _sizehint: int) -> memoryview:
        """Return where the next piece of the answer is put."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Read a piece of the answer; what nobody asked for ends the connection."""
        if self._answer is None:
            self.abort()
            return
        self._heard_at = asyncio.get_running_loop().time()
        try:
            self._answer.feed(self._buffer[:nbytes])
        except httptools.HttpParserError as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """End; an answer without a length ends with its connection."""
        self._is_open = False
        if not self.closed.done():
            self.closed.set_result(None)
        answer = self._answer
        if exc is not None:
            self._fail(exc)
        elif answer is not None and answer.status >= httpx.codes.OK and answer.ends_with_line:
            answer.end()
        else:
            part = "in the middle of its answer" if answer is not None and answer.headers else "without an answer"
            self._fail(EOFError(f"the server closed the connection {part}"))

    def _ended(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _fail(self, error: BaseException) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    def _look_written(self) -> None:
        """Break off where the other side takes nothing of what we send."""
        if self._transport is not None and self._transport.get_write_buffer_size():
            self._fail(_UnwrittenError())

    def _look(self, seconds: float) -> None:
        """Break off after a silence; a slow answer that goes on is none."""
        loop = asyncio.get_running_loop()
        left = self._heard_at + seconds - loop.time()
        if left <= 0:
            self._fail(TimeoutError())
        else:
            self._watch = loop.call_later(left, self._look, seconds)


def _origin(url: httpx.URL) -> _Origin:
    return url.scheme, url.host, url.port or (443 if url.scheme == "https" else 80)


def _message(request: httpx.Request, body: bytes) -> bytes:
    """Return *request* as it goes out; httpx.LocalProtocolError where a value would become a line of its own."""
    parts = [b"%b %b HTTP/1.1" % (request.method.encode("ascii"), request.url.raw_path)]
    parts += [b"%b: %b" % pair for pair in request.headers.raw]
    if any(sign in part for part in parts for sign in _ILLEGAL):
        raise httpx.LocalProtocolError("a header holds what none may hold", request=request)
    return b"\r\n".join((*parts, b"", body))
