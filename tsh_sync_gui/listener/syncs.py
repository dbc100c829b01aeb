"""Syncs that callers of the HTTP API began: they run in this process and outlast the request."""

from __future__ import annotations

import asyncio
from contextvars import ContextVar
from typing import Any, Final

import structlog

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.events import Event, RunStarted
from tsh_sync_gui.core.values import Mode, RunState
from tsh_sync_gui.engine.service import SyncService
from tsh_sync_gui.engine.views import SyncReport, SyncRequest

_FIRST_NEWS_S: Final = 3.0
MOST_AT_ONCE: Final = 32
_ASKED: ContextVar[SyncRequest | None] = ContextVar("asked", default=None)
"""What the present task, and whatever it begins, was asked for; a run is published by who walks it."""


class Syncs:
    """The syncs under way."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[SyncReport]] = set()

    @property
    def number(self) -> int:
        """Return how many are under way."""
        return len(self._tasks)

    def begin(self, service: SyncService, request: SyncRequest) -> asyncio.Task[SyncReport]:
        """Begin what *request* asks for."""
        task = asyncio.create_task(_sync(service, request), name="sync by the HTTP API")
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def first_news(self, service: SyncService, request: SyncRequest, *, every: str = "all") -> dict[str, Any]:
        """Begin *request* and return its run's id, entity and state as soon as they are known."""
        news: asyncio.Future[RunStarted] = asyncio.get_running_loop().create_future()

        def hear(event: Event) -> None:
            if isinstance(event, RunStarted) and _ASKED.get() is request and not news.done():
                news.set_result(event)

        cut = service.bus.subscribe(hear)
        try:
            task = self.begin(service, request)
            wanted: set[asyncio.Future[Any]] = {task, news}
            await asyncio.wait(wanted, timeout=_FIRST_NEWS_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            cut()
        entity = request.entities[0] if len(request.entities) == 1 else every
        if task.done():
            runs = task.result().runs
            state = runs[0].state.value if runs else RunState.UP_TO_DATE.value
            return {"run_id": runs[0].id if runs else None, "entity": entity, "state": state}
        if news.done():
            return {"run_id": news.result().run, "entity": entity, "state": RunState.RUNNING.value}
        # Another process walks the same list: its run is followed.
        shown = await service.runs(entity=entity if request.entities else "", limit=20)
        run = next((one for one in shown if one.ended_at is None and one.mode is not Mode.RECORD), None)
        return {"run_id": run.id if run else None, "entity": entity, "state": run.state.value if run else "waiting"}

    async def close(self) -> None:
        """Stop all within a page; each can be gone on with."""
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=10)

    def _ended(self, task: asyncio.Task[SyncReport]) -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, SyncError):
            structlog.get_logger(__name__).warning("a sync did not begin", error=error.title)
        elif error is not None:
            structlog.get_logger(__name__).error("a sync broke", exc_info=error)


async def _sync(service: SyncService, request: SyncRequest) -> SyncReport:
    _ASKED.set(request)
    return await service.sync(request)
