"""Events between processes: this one's go out by NOTIFY, the others' come in on the bus.

A notification is a hint (invariant 5 of the design): it follows the commit, comes at most four times a second and run,
and who missed some is told by `ConnectionChanged` to read the tables anew.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import psycopg
import structlog

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.events import (
    ConnectionChanged,
    DeliveriesChanged,
    Event,
    PageStored,
    PhaseStarted,
    QuotaChanged,
    RecordsRejected,
    RunFinished,
    RunStarted,
    RunWaiting,
)
from tsh_sync_gui.store.database import Database, Driver
from tsh_sync_gui.store.errors import translate

CHANNEL: Final = "tsh_sync"

_SPACING_S: Final = 0.25
# NOTIFY takes 8,000 bytes; longer texts go by the number of a row.
_LONGEST: Final = 7000
_PING_S: Final = 20.0
_RETRY_S: Final = (0.2, 1.0, 2.0, 5.0, 10.0)
_STORE: Final = """
WITH old AS (DELETE FROM sync.events WHERE at < now() - interval '1 hour')
INSERT INTO sync.events (payload) VALUES (%s) RETURNING id
"""
# Of these only the newest counts, for its figures are the sum of all.
_LATEST: Final = (PageStored, QuotaChanged, DeliveriesChanged)
_AT_ONCE: Final = (RunStarted, RunFinished)


class _Letter(msgspec.Struct, frozen=True, omit_defaults=True):
    """What travels: who sent it, and the events, or the row that has them."""

    sender: str
    events: list[msgspec.Raw] = []
    stored: int = 0


@dataclass(slots=True)
class Outbox:
    """The events of one run that have not gone out yet."""

    waiting: list[Event] = field(default_factory=list)
    sent_at: float = float("-inf")
    timer: asyncio.TimerHandle | None = None

    def take(self, event: Event) -> None:
        """Add *event*, replacing what it makes worthless."""
        if isinstance(event, _LATEST):
            self.waiting = [one for one in self.waiting if type(one) is not type(event)]
        elif isinstance(event, RunFinished):
            self.waiting = [one for one in self.waiting if isinstance(one, (RunStarted, RecordsRejected, PhaseStarted))]
        elif isinstance(event, RecordsRejected):
            for at, one in enumerate(self.waiting):
                if isinstance(one, RecordsRejected) and one.reason == event.reason:
                    self.waiting[at] = msgspec.structs.replace(one, number=one.number + event.number)
                    return
        self.waiting.append(event)


def _is_own_view(event: Event) -> bool:
    """Tell whether *event* is how one process sees things, and none of the others' business."""
    follows = isinstance(event, RunWaiting) and event.reason == "other_machine"
    return isinstance(event, ConnectionChanged) or follows


class Notifier:
    """Carries the bus's events to other processes and theirs to the bus; neither twice."""

    def __init__(self, database: Database, bus: Bus) -> None:
        self._database = database
        self._bus = bus
        self._sender = uuid.uuid4().hex
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = 0
        self._cut: Callable[[], None] | None = None
        self._outboxes: dict[str, Outbox] = {}
        self._queue: asyncio.Queue[list[Event]] = asyncio.Queue()
        self._relayed: Event | None = None
        self._listening = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to carry; returns when the database's events are heard, or the first try to hear them failed."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._cut = self._bus.subscribe(self._on_event)
        self._tasks = [
            asyncio.create_task(self._listen(), name="notifications"),
            asyncio.create_task(self._send(), name="notifications out"),
        ]
        await self._listening.wait()

    async def close(self) -> None:
        """Send what waits and end."""
        if self._cut is not None:
            self._cut()
        for outbox in self._outboxes.values():
            self._post(outbox)
        for task in self._tasks[1:]:
            with suppress(TimeoutError):
                async with asyncio.timeout(2.0):
                    await self._queue.join()
            task.cancel()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)

    # ------------------------------------------------------------------------------ out

    def _on_event(self, event: Event) -> None:
        """Hear the bus, in the publisher's thread."""
        if event is self._relayed or _is_own_view(event) or self._loop is None:
            return
        if threading.get_ident() == self._thread:
            self._take(event)
        else:
            self._loop.call_soon_threadsafe(self._take, event)

    def _take(self, event: Event) -> None:
        assert self._loop is not None  # noqa: S101 -- _on_event looked
        key = getattr(event, "run", "")
        outbox = self._outboxes.setdefault(key, Outbox())
        outbox.take(event)
        due = outbox.sent_at + _SPACING_S
        if isinstance(event, _AT_ONCE) or due <= self._loop.time():
            self._post(outbox)
        elif outbox.timer is None:
            outbox.timer = self._loop.call_at(due, self._post, outbox)
        if isinstance(event, RunFinished):
            self._outboxes.pop(key, None)

    def _post(self, outbox: Outbox) -> None:
        if outbox.timer is not None:
            outbox.timer.cancel()
            outbox.timer = None
        if outbox.waiting and self._loop is not None:
            self._queue.put_nowait(outbox.waiting)
            outbox.waiting = []
            outbox.sent_at = self._loop.time()

    async def _send(self) -> None:
        while True:
            events = await self._queue.get()
            try:
                await self._notify(events)
            except SyncError as error:
                structlog.get_logger(__name__).warning("other processes were not told", title=error.title)
            finally:
                self._queue.task_done()

    async def _notify(self, events: list[Event]) -> None:
        async def tell(connection: Driver) -> None:
            letter = _Letter(self._sender, [msgspec.Raw(msgspec.json.encode(event)) for event in events])
            text = msgspec.json.encode(letter)
            await connection.execute("SET LOCAL synchronous_commit = off")
            if len(text) > _LONGEST:
                row = await (await connection.execute(_STORE, (text.decode(),))).fetchone()
                text = msgspec.json.encode(_Letter(self._sender, stored=row[0] if row else 0))
            await connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, text.decode()))

        await self._database.again(tell)

    # ------------------------------------------------------------------------------ in

    async def _listen(self) -> None:
        is_up, tries = True, 0
        while True:
            connection: Driver | None = None
            try:
                connection = await self._database.dedicated("listener")
                await connection.execute(f"LISTEN {CHANNEL}")
                self._listening.set()
                if not is_up:
                    is_up = True
                    self._relay(ConnectionChanged(what="database", up=True))
                tries = 0
                await self._hear(connection)
            except (psycopg.Error, SyncError) as error:
                found = error if isinstance(error, SyncError) else translate(error)
                structlog.get_logger(__name__).warning("notifications are not heard", cause=found.cause)
                if is_up:
                    is_up = False
                    self._relay(ConnectionChanged(what="database", up=False, title=found.title, advice=found.advice))
            finally:
                self._listening.set()
                if connection is not None:
                    await connection.close()
            await self._database.clock.sleep(_RETRY_S[min(tries, len(_RETRY_S) - 1)])
            tries += 1

    async def _hear(self, connection: Driver) -> None:
        while True:
            async for note in connection.notifies(timeout=_PING_S):
                await self._receive(note.payload)
            # Nothing came for a while: a connection that died silently is found out so.
            await connection.execute("SELECT 1")

    async def _receive(self, text: str) -> None:
        letter = _decoded(text)
        if letter is None or letter.sender == self._sender:
            return
        if letter.stored:
            async with self._database.raw() as connection:
                found = await connection.execute("SELECT payload FROM sync.events WHERE id = %s", (letter.stored,))
                row: tuple[Any, ...] | None = await found.fetchone()
            letter = _decoded(row[0]) if row else None
        for raw in letter.events if letter else ():
            event = _event(raw)
            if event is not None:
                self._relay(event)

    def _relay(self, event: Event) -> None:
        self._relayed = event
        try:
            self._bus.publish(event)
        finally:
            self._relayed = None


_LETTERS: Final = msgspec.json.Decoder(_Letter)
_EVENTS: Final[msgspec.json.Decoder[Event]] = msgspec.json.Decoder(Event)


def _decoded(text: str) -> _Letter | None:
    """Return the letter, None for what another version of the program wrote."""
    try:
        return _LETTERS.decode(text)
    except msgspec.DecodeError:
        structlog.get_logger(__name__).debug("a notification of another kind", size=len(text))
        return None


def _event(raw: msgspec.Raw) -> Event | None:
    try:
        return _EVENTS.decode(raw)
    except msgspec.DecodeError:
        structlog.get_logger(__name__).debug("an event of another version")
        return None
