"""What came in while the database was away: on this machine's disk, in order, until the inbox has it.

Deliveries that come in together share one write and one fsync. A segment is a file of frames (length, CRC, the
delivery); what a kill leaves half-written at its end was never acknowledged. A delivery's key keeps it from being kept
twice, so a segment is simply read anew after a kill in the middle of its replay. One that holds what cannot be read
any more, though it was acknowledged, stays for a person to look at, under another name.
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

from tsh_sync_gui.core.errors import ConfigurationError, SyncError
from tsh_sync_gui.core.locks import FileLock
from tsh_sync_gui.engine.ports.inbox import Arrival

MOST_BYTES: Final = 256 * 1024 * 1024
_SEGMENT_BYTES: Final = 16 * 1024 * 1024
_BATCH: Final = 256
_FRAME: Final = struct.Struct(">II")
_ENDING: Final = ".spool"
_BAD: Final = ".bad"  # the doctor looks for these
# Behind a place that cannot be read the next delivery is found by its first key, one byte (of the map) after the head.
_FIRST_MEMBER: Final = msgspec.msgpack.encode("key")
_BEFORE_IT: Final = _FRAME.size + 1
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Arrival).decode

Take = Callable[[list[Arrival]], Awaitable[None]]


class SpoolFullError(SyncError):
    """Nothing more can be kept on this machine: the spool is full, or its disk."""

    kind = "spool_full"


@dataclass(slots=True)
class _Segment:
    path: Path
    lock: FileLock
    size: int = 0
    number: int = 0


class Spool:
    """The spool of one listener; segments that dead listeners left are taken over when it opens."""

    def __init__(self, folder: Path, *, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most = most_bytes
        self._segments: list[_Segment] = []
        # The last of them, as long as more is written to it. Only who holds the lock writes, or changes which one that
        # is: what is read while a thread writes to it would be forgotten with what is just being acknowledged.
        self._open: _Segment | None = None
        self._changing = asyncio.Lock()
        self._wanted: list[tuple[bytes, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._underway = 0

    def open(self) -> None:
        """Make the folder and take over what others left; blocking. ConfigurationError where that cannot be."""
        try:
            self._take_over()
        except OSError as error:
            raise ConfigurationError(
                f"The spool's folder {self._folder} cannot be used",
                advice="Deliveries are kept there while the database is away: let this user write there.",
                cause=str(error),
            ) from error

    def _take_over(self) -> None:
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
            content = path.read_bytes()
            self._segments.append(_Segment(path, lock, len(content), sum(1 for _ in _frames(content))))

    @property
    def waiting(self) -> int:
        """Return how many deliveries are in the spool, or on their way into it."""
        return sum(one.number for one in self._segments) + self._underway

    @property
    def size(self) -> int:
        """Return how many bytes the spool takes."""
        return sum(one.size for one in self._segments)

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
                async with self._changing:
                    await asyncio.to_thread(self._append, b"".join(frame for frame, _ in wanted), len(wanted))
            except Exception as error:  # noqa: BLE001 -- whatever it was, callers wait for a word
                problem = SpoolFullError(
                    "The spool cannot be written", advice="Look at the disk's free space.", cause=repr(error)
                )
                for _, kept in wanted:
                    if not kept.done():
                        kept.set_exception(problem)
                continue
            for _, kept in wanted:
                if not kept.done():
                    kept.set_result(None)

    def _append(self, frames: bytes, number: int) -> None:
        segment, self._open = self._open, None
        if segment is None or segment.size + len(frames) > _SEGMENT_BYTES:
            segment = self._begin()
        try:
            with segment.path.open("r+b") as file:
                file.seek(segment.size)
                file.write(frames)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            # Half a frame may stand there; what follows goes to another file. Of a full disk none stays that is empty.
            if not segment.number:
                _forget(segment)
            raise
        if not segment.number:
            self._segments.append(segment)
        segment.size += len(frames)
        segment.number += number
        self._open = segment

    def _begin(self) -> _Segment:
        # In the order of time, also across listeners and starts.
        path = self._folder / f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}{_ENDING}"
        segment = _Segment(path, FileLock(path.with_suffix(".lock")))
        try:
            segment.lock.acquire()
            path.touch(mode=0o600)
            _flush_folder(self._folder)
        except OSError:
            _forget(segment)
            raise
        return segment

    async def drain(self, take: Take) -> int:
        """Hand all that waits to *take*, in order, and forget what it took; returns how many deliveries that were.

        What *take* raises ends it; what it took before stays taken.
        """
        done = 0
        while self._segments:
            segment = self._segments[0]
            async with self._changing:
                if segment is self._open:
                    self._open = None
            arrivals, is_whole = await asyncio.to_thread(_arrivals, segment.path)
            for start in range(0, len(arrivals), _BATCH):
                await take(arrivals[start : start + _BATCH])
            done += len(arrivals)
            self._segments.remove(segment)
            await asyncio.to_thread(_forget if is_whole else _set_aside, segment)
        return done

    async def close(self) -> None:
        """Finish what is being written and let others have the segments."""
        if self._writing is not None and not self._writing.done():
            await asyncio.wait({self._writing}, timeout=5)
        for segment in self._segments:
            segment.lock.release()
        self._segments, self._open = [], None


def _flush_folder(folder: Path) -> None:
    """Have the names of the files in *folder* on the disk, where the system leaves that to us."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _frames(content: bytes) -> Iterator[bytes | None]:
    """Yield each frame's body, and None for a place that cannot be read though a good frame follows."""
    at = 0
    while at < len(content):
        body = _frame(content, at)
        if body is None:
            at = _next_good(content, at + 1)
            if at < 0:  # the end was never written whole, and so never acknowledged
                return
        else:
            at += _FRAME.size + len(body)
        yield body


def _frame(content: bytes, at: int) -> bytes | None:
    begin = at + _FRAME.size
    if begin > len(content):
        return None
    length, check = _FRAME.unpack_from(content, at)
    body = content[begin : begin + length]
    return body if len(body) == length and zlib.crc32(body) == check else None


def _next_good(content: bytes, at: int) -> int:
    while (found := content.find(_FIRST_MEMBER, at + _BEFORE_IT)) >= 0:
        at = found - _BEFORE_IT
        if _frame(content, at) is not None:
            return at
        at += 1
    return -1


def _arrivals(path: Path) -> tuple[list[Arrival], bool]:
    """Return what can be read of a segment, and whether that is all of it."""
    found = [None if frame is None else _read(frame) for frame in _frames(path.read_bytes())]
    arrivals = [one for one in found if one is not None]
    return arrivals, len(arrivals) == len(found)


def _read(frame: bytes) -> Arrival | None:
    try:
        return _decode(frame)
    except (msgspec.DecodeError, ValueError) as error:
        structlog.get_logger(__name__).error("a spooled delivery cannot be read", error=str(error))
        return None


def _set_aside(segment: _Segment) -> None:
    kept = segment.path.with_suffix(_BAD)
    structlog.get_logger(__name__).error("acknowledged deliveries cannot be read; their file stays", file=str(kept))
    segment.path.replace(kept)
    _forget(segment)


def _forget(segment: _Segment) -> None:
    segment.path.unlink(missing_ok=True)
    name = segment.path.with_suffix(".lock")
    if os.name == "posix":
        name.unlink(missing_ok=True)
        segment.lock.release()
        return
    segment.lock.release()  # an open file cannot be removed there
    with suppress(OSError):  # somebody looks at it just now, and removes it himself
        name.unlink(missing_ok=True)
