"""The Python API: `async with connect() as sync: result = await sync.products(full=True)`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import structlog

from tsh_sync_gui.bootstrap.demo import open_demo
from tsh_sync_gui.bootstrap.gather import gather
from tsh_sync_gui.bootstrap.wiring import open_service
from tsh_sync_gui.core import log
from tsh_sync_gui.engine.service import SyncService
from tsh_sync_gui.engine.views import Details, SyncReport, SyncRequest
from tsh_sync_gui.entities.registry import REGISTRY, Registry


class Connection:
    """A sync service to be entered; each entity is a method, `all` is every one."""

    def __init__(
        self,
        *,
        home: Path | None = None,
        settings: Mapping[str, Any] | None = None,
        demo: bool = False,
        registry: Registry = REGISTRY,
    ) -> None:
        self._home = home
        self._settings = settings
        self._demo = demo
        self._registry = registry
        self._stack = AsyncExitStack()
        self._service: SyncService | None = None

    @property
    def service(self) -> SyncService:
        """Return the service itself: overview, runs, quota, forecasts, events."""
        if self._service is None:
            raise RuntimeError("a connection is used inside `async with connect() as sync:`")
        return self._service

    async def all(self, **options: Any) -> SyncReport:
        """Sync every entity; *options* as for one."""
        return await self._sync((), **options)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[SyncReport]]:
        """Return the sync of the entity called *name*."""
        if name.startswith("_") or all(name not in {one.name, one.zoho, one.route} for one in self._registry):
            raise AttributeError(
                f"there is no entity {name!r}; there are {', '.join(one.name for one in self._registry)}"
            )
        entity = self._registry.get(name).name

        async def sync(**options: Any) -> SyncReport:
            return await self._sync((entity,), **options)

        sync.__name__ = entity
        return sync

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *(entity.name for entity in self._registry)]

    async def _sync(
        self,
        entities: tuple[str, ...],
        *,
        full: bool = False,
        sweep: bool = False,
        since: datetime | None = None,
        record_id: str = "",
        force: bool = False,
        details: Details = None,
        restart: bool = False,
        dry_run: bool = False,
        wait: bool = False,
        approve: bool = False,
    ) -> SyncReport:
        return await self.service.sync(
            SyncRequest(
                entities=entities,
                full=full,
                sweep=sweep,
                since=since,
                record_id=record_id,
                force=force,
                details=details,
                restart=restart,
                dry_run=dry_run,
                wait=wait,
                approve=approve,
                trigger="python",
            )
        )

    async def __aenter__(self) -> Self:
        if not structlog.is_configured():
            # Else structlog prints to the stdout of the program that uses us; so it goes where that program's logs go.
            structlog.configure(
                processors=[
                    structlog.processors.format_exc_info,
                    log.redacted,
                    structlog.stdlib.render_to_log_kwargs,
                ],
                logger_factory=structlog.stdlib.LoggerFactory(),
                wrapper_class=structlog.stdlib.BoundLogger,
            )
        if self._demo:
            opening = open_demo(home=self._home, registry=self._registry)
        else:
            loaded = await asyncio.to_thread(gather, home=self._home, overrides=self._settings)
            opening = open_service(loaded, registry=self._registry)
        self._service = await self._stack.enter_async_context(opening)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._service = None
        await self._stack.aclose()
