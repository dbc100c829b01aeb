"""What came in while the database was away: on this machine's disk, in order, until the inbox has it.

Deliveries that come in together share one write and one fsync. A segment is a file of frames (length, CRC, the
delivery); what a kill leaves half-written at its end was never acknowledged. A delivery's key keeps it from being kept
twice, so a segment is simply read anew after a kill in the middle of its replay.
"""

from __future__ import annotations

import asyncio
import os
import struct
import time
import uuid
import zlib
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
import structlog

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.engine.ports.inbox import Arrival

MOST_BYTES: Final = 256 * 1024 * 1024
_SEGMENT_BYTES: Final = 16 * 1024 * 1024
_BATCH: Final = 256
_FRAME: Final = struct.Struct(">II")
_ENDING: Final = ".spool"
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Arrival).decode

Take = Callable[[list[Arrival]], Awaitable[None]]


class SpoolFullError(SyncError):
    """Nothing more can be kept on this machine: the spool is full, or its disk."""

    kind = "spool_full"


@dataclass(slots=True)
class _Segment:
    path: Path
    lock: FileLock | None
    size: int = 0
    number: int = 0


class Spool:
    """The spool of one listener; segments that dead listeners left are taken over when it opens."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most_bytes
        self._full: list[_Segment] = []
        self._open: _Segment | None = None
        self._wanted: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._underway = 0

    def open(self) -> None:
        """Make the folder and take over what others left; blocking."""
        self._folder.mkdir(parents=True, exist_ok=True)
        if os.name == "posix":
            self._folder.chmod(0o700)
        for path in sorted(self._folder.glob(f"*{_ENDING}")):
            lock = FileLock(path.with_suffix(".lock"))
            if not lock.try_acquire():
                continue
            if not path.exists():  # its owner was done with it just now
                _forget(_Segment(path, lock))
                continue
            self._full.append(_Segment(path, lock, path.stat().st_size, sum(1 for _ in _frames(path))))

    @property
    def waiting(self) -> int:
        """Return how many deliveries are in the spool, or on their way into it."""
        return sum(one.number for one in self._segments) + self._underway

    @property
    def size(self) -> int:
        """Return how many bytes the spool takes."""
        return sum(one.size for one in self._segments)

    @property
    def _segments(self) -> list[_Segment]:
        return [*self._full, *([self._open] if self._open else [])]

    async def keep(self, arrival: Arrival) -> None:
        """Return once *arrival* is on the disk; SpoolFullError when there is no room."""
        body = _encode(arrival)
        frame = _FRAME.pack(len(body), zlib.crc32(body)) + body
        if self.size + sum(len(one) for one, _ in self._wanted) + len(frame) > self._most:
            raise SpoolFullError(
                "The spool is full", advice="The database has been away for long. Zoho tries again by itself."
            )
        kept = asyncio.get_running_loop().create_future()
        self._wanted.append((frame, kept))
        self._underway += 1
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all(), name="spool")
        try:
            await kept
        finally:
            self._underway -= 1

    async def _write_all(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, []
            try:
                await asyncio.to_thread(self._append, b"".join(frame for frame, _ in wanted), len(wanted))
            except OSError as error:
                problem = SpoolFullError(
                    "The spool cannot be written", advice="Look at the disk's free space.", cause=str(error)
                )
                for _, kept in wanted:
                    if not kept.done():
                        kept.set_exception(problem)
                continue
            for _, kept in wanted:
                if not kept.done():
                    kept.set_result(None)

    def _append(self, frames: bytes, number: int) -> None:
        if self._open is not None and self._open.size + len(frames) > _SEGMENT_BYTES:
            self.seal()
        if self._open is None:
            self._open = self._begin()
        segment = self._open
        try:
            with segment.path.open("r+b") as file:
                file.seek(segment.size)
                file.write(frames)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            # Half a frame may stand there; what follows goes to another file.
            self.seal()
            raise
        segment.size += len(frames)
        segment.number += number

    def _begin(self) -> _Segment:
        # In the order of time, also across listeners and starts.
        path = self._folder / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}{_ENDING}"
        lock = FileLock(path.with_suffix(".lock"))
        lock.acquire()
        path.touch(mode=0o600)
        if os.name == "posix":
            folder = os.open(self._folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        return _Segment(path, lock)

    def seal(self) -> None:
        """Write no more to the open segment."""
        if self._open is not None:
            self._full.append(self._open)
            self._open = None

    async def drain(self, take: Take) -> int:
        """Hand all that waits to *take*, in order, and forget what it took; returns how many deliveries that were.

        What *take* raises ends it; what it took before stays taken.
        """
        done = 0
        while self._full or self._open is not None:
            if not self._full:
                if self._writing is not None and not self._writing.done():
                    await asyncio.wait({self._writing})
                self.seal()
            segment = self._full[0]
            arrivals = await asyncio.to_thread(_arrivals, segment.path)
            for start in range(0, len(arrivals), _BATCH):
                await take(arrivals[start : start + _BATCH])
            done += len(arrivals)
            self._full.remove(segment)
            await asyncio.to_thread(_forget, segment)
        return done

    async def close(self) -> None:
        """Finish what is being written and let others have the segments."""
        if self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing}, timeout=5)
        for segment in self._segments:
            if segment.lock is not None:
                segment.lock.release()
        self._full, self._open = [], None


def _frames(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while len(head := file.read(_FRAME.size)) == _FRAME.size:
            length, check = _FRAME.unpack(head)
            body = file.read(length)
            if len(body) < length or zlib.crc32(body) != check:
                return
            yield body


def _arrivals(path: Path) -> list[Arrival]:
    return [one for one in map(_read, _frames(path)) if one is not None]


def _read(frame: bytes) -> Arrival | None:
    try:
        return _decode(frame)
    except (msgspec.DecodeError, ValueError) as error:
        structlog.get_logger(__name__).error("a spooled delivery cannot be read", error=str(error))
        return None


def _forget(segment: _Segment) -> None:
    segment.path.unlink(missing_ok=True)
    if segment.lock is None:
        return
    name = segment.path.with_suffix(".lock")
    if os.name == "posix":
        name.unlink(missing_ok=True)
        segment.lock.release()
        return
    segment.lock.release()  # an open file cannot be removed there
    with suppress(OSError):  # somebody looks at it just now, and removes it himself
        name.unlink(missing_ok=True)
