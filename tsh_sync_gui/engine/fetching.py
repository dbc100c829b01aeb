"""Asking for pages ahead: up to so many requests at once, answers in order, bounded in memory."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class InOrder(Generic[T]):
    """Runs *fetch(page)* for consecutive pages, *ahead* at once, and hands the results out in order.

    No more than *keep* results are asked for and not taken. Beyond *last* (when known) a page is only asked for
    after `know_more` says that there are more; beyond a page that *is_last*, none is. The first page goes alone: most
    walks have no more.
    """

    def __init__(
        self,
        fetch: Callable[[int], Awaitable[T]],
        start: int,
        *,
        ahead: int,
        keep: int,
        last: int | None,
        is_last: Callable[[T], bool] = lambda _result: False,
    ) -> None:
        self._fetch = fetch
        self._next = start
        self._ahead = ahead
        self._keep = max(keep, ahead)
        self._last = last
        self._is_last = is_last
        self._ended = False
        self._arrivals = 0
        self._tasks: deque[asyncio.Task[T]] = deque()
        self._closed = False
        self._held = 0

    def _arrived(self, task: asyncio.Task[T]) -> None:
        self._arrivals += 1
        if not task.cancelled() and task.exception() is None and self._is_last(task.result()):
            self._ended = True
        self._top_up()

    def _top_up(self) -> None:
        if self._closed or (self._ended and self._tasks):
            return
        flying = sum(not task.done() for task in self._tasks)
        ahead = self._ahead if self._arrivals else 1
        while flying < ahead and len(self._tasks) + self._held < self._keep:
            if self._last is not None and self._next > self._last and (self._tasks or self._held):
                return
            task = asyncio.ensure_future(self._fetch(self._next))
            task.add_done_callback(self._arrived)
            self._tasks.append(task)
            self._next += 1
            flying += 1

    @property
    def is_ready(self) -> bool:
        """Tell whether the next result is here already."""
        return bool(self._tasks) and self._tasks[0].done()

    async def take(self) -> T:
        """Return the next page's result; it counts as kept until `release`."""
        self._top_up()
        result = await asyncio.shield(self._tasks[0])
        self._tasks.popleft()
        self._held += 1
        return result

    def at_hand(self) -> T | None:
        """Return the next page's result if it is here already and good, without giving way to other work."""
        task = self._tasks[0] if self._tasks else None
        if task is None or not task.done() or task.cancelled() or task.exception() is not None:
            return None
        self._tasks.popleft()
        self._held += 1
        return task.result()

    def release(self) -> None:
        """Let go of all results taken; more pages may be asked for."""
        self._held = 0
        self._top_up()

    def know_more(self, page: int) -> None:
        """Note that there is a page after *page*."""
        if self._last is not None and page >= self._last:
            self._last = page + 1

    async def close(self) -> None:
        """Break off what is under way."""
        self._closed = True
        tasks = [task for task in self._tasks if not task.done()]
        for task in tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        self._tasks.clear()
