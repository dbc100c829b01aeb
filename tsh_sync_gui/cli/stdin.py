"""Reads lines while something else is waited for, too; never keeps the program from ending."""

from __future__ import annotations

import asyncio
import io
import os
import sys
import threading


class Lines:
    """The lines of standard input, read from its descriptor: a buffered reader that still waits at the end aborts."""

    def __init__(self) -> None:
        self._rest = b""
        self._coming: asyncio.Future[str | None] | None = None
        try:
            self._source: int | None = sys.stdin.fileno()
            self.is_terminal = sys.stdin.isatty()
        except (AttributeError, ValueError, io.UnsupportedOperation):  # no standard input, as under a test or a service
            self._source, self.is_terminal = None, False

    def next(self) -> str | None:
        """Return the next line without its end, None when there is no more."""
        while b"\n" not in self._rest:
            part = os.read(self._source, 4096) if self._source is not None else b""
            if not part:
                line, self._rest = self._rest, b""
                return line.decode(errors="replace").strip() or None
            self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode(errors="replace").strip()

    async def coming(self) -> str | None:
        """Wait for the next line; where the wait is cancelled, the line comes to who waits next."""
        if self._coming is None:
            self._coming = self._begun()
        coming = self._coming
        line = await asyncio.shield(coming)
        self._coming = None
        return line

    def _begun(self) -> asyncio.Future[str | None]:
        """Begin to read a line, which can't be broken off; no other reader may stand beside it."""
        loop = asyncio.get_running_loop()
        found: asyncio.Future[str | None] = loop.create_future()

        def tell(line: str | None) -> None:
            if not found.done():
                found.set_result(line)

        def read() -> None:
            try:
                line = self.next()
            except OSError:
                line = None
            if not loop.is_closed():
                loop.call_soon_threadsafe(tell, line)

        threading.Thread(target=read, name="stdin", daemon=True).start()
        return found
