"""Where the browser comes back to: a small server on this machine, on a registered port, for one sign-in."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from html import escape
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import structlog

from tsh_sync_gui.core.errors import AuthorisationError, ConfigurationError
from tsh_sync_gui.zoho.signin import Answer

PORTS: Final = (8976, 8977, 8978)
"""Registered in Zoho's console; a redirect address must equal a registered one (zoho-api.md 1.2)."""
PATH: Final = "/callback"
_HEAD_SECONDS: Final = 10.0
_HEAD_BYTES: Final = 16_384
_NO_IPV6: Final = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT, errno.EPROTONOSUPPORT, errno.EINVAL}
_HEADERS: Final = (
    "Content-Type: text/html; charset=utf-8\r\nCache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n"
    "Connection: close\r\n"
)
_PAGE: Final = (
    '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
    "<title>{title}</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:32rem;margin:18vh auto 0;"
    "padding:0 1rem}}h1{{font-size:1.5rem}}p{{opacity:.8}}</style></head>"
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)


def redirect_uri(port: int) -> str:
    """Return the address to register for *port*."""
    return f"http://localhost:{port}{PATH}"


class Receiver:
    """Listens on this machine only. A request that is not the awaited answer changes nothing."""

    def __init__(self, sockets: Sequence[socket.socket], is_ours: Callable[[Answer], bool]) -> None:
        self._sockets = sockets
        self._is_ours = is_ours
        self._answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._servers: list[asyncio.Server] = []
        self._talks: set[asyncio.Task[None]] = set()
        self.port = int(sockets[0].getsockname()[1])

    @classmethod
    async def open(cls, is_ours: Callable[[Answer], bool], *, ports: Sequence[int] = PORTS) -> Receiver:
        """Listen on the first free one of *ports* (0: any); *is_ours* tells the awaited answer from others.

        ConfigurationError when all are taken.
        """
        for port in ports:
            if sockets := _listening(port):
                receiver = cls(sockets, is_ours)
                for one in sockets:
                    receiver._servers.append(await asyncio.start_server(receiver._talk, sock=one, limit=_HEAD_BYTES))
                return receiver
        named = ", ".join(str(port) for port in ports)
        raise ConfigurationError(
            f"The ports for the way back from Zoho are taken ({named})",
            advice="Close the program that uses one of them, perhaps another sign-in, or use a self-client code.",
        )

    @property
    def redirect_uri(self) -> str:
        """Return where Zoho is to send the browser."""
        return redirect_uri(self.port)

    async def wait(self, seconds: float) -> Answer:
        """Return the answer; AuthorisationError when none comes within *seconds*."""
        try:
            return await asyncio.wait_for(asyncio.shield(self._answer), seconds)
        except TimeoutError:
            raise AuthorisationError(
                "The browser has not come back from Zoho",
                advice=f"If Zoho showed an error, compare with its console: {self.redirect_uri} must be registered"
                " there letter by letter, and the app be known in this region. Sign in again, or paste the address you"
                " landed on.",
            ) from None

    def give(self, answer: Answer) -> None:
        """Take *answer* as the awaited one, whichever way it came; a second one changes nothing."""
        if not self._answer.done():
            self._answer.set_result(answer)

    async def close(self) -> None:
        """Stop listening; who waits is told by cancellation."""
        for server in self._servers:
            server.close()
        if not self._answer.done():
            self._answer.cancel()
        for talk in list(self._talks):
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)
        for server in self._servers:
            await server.wait_closed()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._talks.add(task)
            task.add_done_callback(self._talks.discard)
        try:
            async with asyncio.timeout(_HEAD_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                status, title, text = self._judge(head)
                writer.write(_response(status, title, text))
                await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError) as failure:
            # A browser opens connections ahead and does not use them all.
            structlog.get_logger(__name__).debug("a request to the receiver broke off", cause=type(failure).__name__)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _judge(self, head: bytes) -> tuple[str, str, str]:
        """Return status, heading and text for one request, and take the answer if it is the awaited one."""
        line = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ")
        if len(line) != 3 or not line[2].startswith("HTTP/"):
            return "400 Bad Request", "Not understood", "This is not a request of a browser."
        try:
            target = urlsplit(line[1])
        except ValueError:
            return "400 Bad Request", "Not understood", "This is not an address."
        if target.path != PATH:
            return "404 Not Found", "Nothing here", "Only the way back from Zoho's sign-in ends here."
        if line[0] != "GET":
            return "405 Method Not Allowed", "Not understood", "The way back from Zoho's sign-in is a plain link."
        answer = dict(parse_qsl(target.query))
        if not self._is_ours(answer):
            return (
                "400 Bad Request",
                "Another sign-in",
                "This answer belongs to another sign-in and was not used. Go back to the program.",
            )
        self.give(answer)
        if "code" in answer:
            return "200 OK", "Zoho has answered", "You can close this page. The program goes on with the sign-in."
        return "200 OK", "Sign-in was refused", "Nothing was changed. You can close this page."


def _response(status: str, title: str, text: str) -> bytes:
    body = _PAGE.format(title=escape(title), text=escape(text)).encode()
    return f"HTTP/1.1 {status}\r\n{_HEADERS}Content-Length: {len(body)}\r\n\r\n".encode() + body


def _listening(port: int) -> list[socket.socket]:
    """Return sockets that listen on *port* at 127.0.0.1, and at ::1 where there is one; empty when it is taken."""
    found: list[socket.socket] = []
    try:
        found.append(_bound(socket.AF_INET, "127.0.0.1", port))
        number = int(found[0].getsockname()[1])
        try:
            # Browsers take `localhost` for either; a stranger on the other one would hear the code.
            found.append(_bound(socket.AF_INET6, "::1", number))
        except OSError as failure:
            if failure.errno not in _NO_IPV6:
                raise
    except OSError as failure:
        for one in found:
            one.close()
        structlog.get_logger(__name__).info("a port for the sign-in is taken", port=port, cause=str(failure))
        return []
    return found


def _bound(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "nt":
            # Without it another program could share the port and hear the code.
            made.setsockopt(socket.SOL_SOCKET, getattr(socket, "SO_EXCLUSIVEADDRUSE", -5), 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((host, port))
        made.listen(16)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made
