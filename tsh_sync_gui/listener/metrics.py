"""Figures for Prometheus: what came in, what waits, what the day's calls are."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.listener.backend import Backend
from tsh_sync_gui.listener.reception import Reception

_FRESH_S: Final = 5.0
_PATIENCE_S: Final = 2.0


class Figures:
    """Makes the page; what the database knows is asked for at most every few seconds."""

    def __init__(self, backend: Backend, reception: Reception) -> None:
        self._backend = backend
        self._reception = reception
        self._began = time.time()
        self._asked_at = float("-inf")
        self._known: list[str] = []

    async def text(self) -> str:
        """Return the page."""
        backend = self._backend
        lines = [
            *_gauge("tsh_listener_start_time_seconds", "When the listener began.", self._began),
            *_gauge("tsh_database_up", "Whether the database answered last.", int(backend.is_up)),
            *_gauge("tsh_spool_deliveries", "Deliveries on this machine's disk.", backend.spool.waiting),
            *_gauge("tsh_spool_bytes", "Bytes of the spool.", backend.spool.size),
            *_counter("tsh_spooled_total", "Deliveries that went through the spool.", {"": backend.spooled}),
            *_counter("tsh_spool_replayed_total", "Deliveries handed over from the spool.", {"": backend.replayed}),
            *_counter(
                "tsh_webhook_deliveries_total",
                "Deliveries by verdict.",
                {f'{{verdict="{verdict}"}}': number for verdict, number in sorted(self._reception.counts.items())},
            ),
        ]
        return "\n".join([*lines, *await self._database(), ""])

    async def _database(self) -> list[str]:
        now = time.monotonic()
        if now - self._asked_at < _FRESH_S:
            return self._known
        self._asked_at = now
        try:
            async with asyncio.timeout(_PATIENCE_S):
                self._known = await self._ask()
        except (SyncError, TimeoutError):
            self._known = []  # a figure that is not known is not told
        return self._known

    async def _ask(self) -> list[str]:
        up = self._backend.up
        queue, inbox, quota = await up.jobs.waiting(), await up.inbox.figures(), await up.service.quota()
        lines = [
            *_gauge("tsh_queue_depth", "Jobs that wait.", queue.depth),
            *_gauge("tsh_queue_oldest_seconds", "How long the oldest has been due.", round(queue.oldest_seconds, 3)),
            *_gauge("tsh_queue_running", "Jobs that run.", queue.running),
            *_gauge("tsh_queue_failed", "Jobs that were given up.", queue.failed),
            *_gauge("tsh_inbox_waiting", "Deliveries whose work is not done.", inbox.waiting),
            *_gauge("tsh_inbox_today", "Deliveries accepted today.", inbox.received),
            *_gauge("tsh_calls_day_used", "Calls to Zoho used today.", quota.day_used),
            *_gauge("tsh_calls_day_limit", "Calls to Zoho allowed a day.", quota.day_limit),
        ]
        if inbox.delay_p50 is not None and inbox.delay_p95 is not None:
            name = "tsh_inbox_delay_seconds"
            lines += [f"# HELP {name} From receipt to the end of the work, today.", f"# TYPE {name} gauge"]
            lines += [f'{name}{{quantile="0.5"}} {inbox.delay_p50:.3f}']
            lines += [f'{name}{{quantile="0.95"}} {inbox.delay_p95:.3f}']
        return lines


def _gauge(name: str, words: str, value: float) -> list[str]:
    return [f"# HELP {name} {words}", f"# TYPE {name} gauge", f"{name} {value}"]


def _counter(name: str, words: str, values: dict[str, int]) -> list[str]:
    return [f"# HELP {name} {words}", f"# TYPE {name} counter", *(f"{name}{label} {n}" for label, n in values.items())]
