"""The log of requests to Zoho: written in the background, kept for a week."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

import structlog

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.ports import CallRecord
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.ledger_rows import CALL_COLUMNS

KEPT_DAYS: Final = 7

_EVERY_S: Final = 1.0
_FULL: Final = 200
# While the database is away records wait in memory; the oldest go first when it stays away.
_MOST: Final = 20_000
_LONGEST_BODY: Final = 65_536
_RUNS_KNOWN: Final = 500
_COPY: Final = f"COPY sync.api_calls ({CALL_COLUMNS}) FROM STDIN"
_FORGET: Final = "DELETE FROM sync.api_calls WHERE sent_at < clock_timestamp() - %s * interval '1 day'"


class PgCallLog:
    """Keeps every request; *bodies* tells whether request and answer are kept with it (ZOHO_LOG_API_CALLS)."""

    def __init__(self, database: Database, *, bodies: bool = False) -> None:
        self.bodies = bodies
        self._database = database
        self._records: list[CallRecord] = []
        self._last: OrderedDict[RunId, CallRecord] = OrderedDict()
        self._any = asyncio.Event()
        self._full = asyncio.Event()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._lost = 0

    def add(self, record: CallRecord) -> None:
        """Keep *record*; it is in the database within about a second."""
        if not self.bodies and (record.request or record.answer):
            record = replace(record, request="", answer="")
        self._remember(record)
        self._records.append(record)
        self._any.set()
        if len(self._records) >= _FULL:
            self._full.set()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._work(), name="call log")

    def last(self, run: RunId) -> CallRecord | None:
        """Return the last request of a *run* of this process, one that failed before others; None if unknown."""
        return self._last.get(run)

    def _remember(self, record: CallRecord) -> None:
        if record.run is None:
            return
        known = self._last.get(record.run)
        if known is None or known.went_well or not record.went_well:
            self._last[record.run] = record
        self._last.move_to_end(record.run)
        if len(self._last) > _RUNS_KNOWN:
            self._last.popitem(last=False)

    async def flush(self) -> None:
        """Write what is waiting; on an error the records go on waiting."""
        async with self._writing:
            records, self._records = self._records, []
            self._any.clear()
            self._full.clear()
            if not records:
                return
            try:
                await self._write(records)
            except BaseException:
                waiting = records + self._records
                self._lost += max(0, len(waiting) - _MOST)
                self._records = waiting[-_MOST:]
                self._any.set()
                raise

    async def close(self) -> None:
        """Write the rest and end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        try:
            await self.flush()
        except SyncError as error:
            structlog.get_logger(__name__).warning(
                "requests not logged", number=len(self._records), title=error.title, cause=error.cause
            )

    async def _work(self) -> None:
        await self._quietly_forget()
        while True:
            await self._any.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(_EVERY_S):
                    await self._full.wait()
            try:
                await self.flush()
            except SyncError as error:
                structlog.get_logger(__name__).warning("requests wait to be logged", title=error.title, lost=self._lost)
                await self._database.clock.sleep(_EVERY_S)

    async def _write(self, records: list[CallRecord]) -> None:
        async with self._database.raw() as connection:
            # What a crash of the server takes with it is a second of this log at most.
            await connection.execute("SET LOCAL synchronous_commit = off")
            async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                for record in records:
                    await copy.write_row(_row(record))

    async def _quietly_forget(self) -> None:
        try:
            async with self._database.raw() as connection:
                await connection.execute(_FORGET, (KEPT_DAYS,))
        except SyncError as error:
            structlog.get_logger(__name__).warning("old requests not removed", title=error.title, cause=error.cause)


def _row(record: CallRecord) -> tuple[Any, ...]:
    return (
        record.run,
        record.entity,
        record.lane.value,
        record.kind.value,
        record.method,
        _text(record.path),
        record.status,
        record.code,
        record.milliseconds,
        record.size,
        record.sent_at,
        _text(record.error),
        _text(record.request),
        _text(record.answer),
    )


def _text(text: str) -> str:
    """Return *text* as PostgreSQL takes it: without NUL and lone surrogates, and not endless."""
    return text[:_LONGEST_BODY].replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
