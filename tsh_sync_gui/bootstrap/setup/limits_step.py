"""Steps 8 and 9: the plan's limits, what the schedule will cost within them, and the first sync."""

from __future__ import annotations

import asyncio
from datetime import datetime
from math import ceil
from typing import Final

import structlog
from msgspec import structs

from tsh_sync_gui.bootstrap.setup.ground import Ground
from tsh_sync_gui.bootstrap.setup.kept import Kept
from tsh_sync_gui.bootstrap.setup.values import LimitsForm, PlanQuota, ScheduleCost
from tsh_sync_gui.bootstrap.wiring import Wiring
from tsh_sync_gui.core.errors import (
    ConfigurationError,
    MissingPermissionError,
    QuotaExhaustedError,
    TransientError,
    VaultError,
)
from tsh_sync_gui.core.settings import validated
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.plan import group, pages_of
from tsh_sync_gui.engine.ports import Watermark
from tsh_sync_gui.engine.views import Forecast, SyncRequest
from tsh_sync_gui.entities.spec import Entity

_PLANS: Final = (
    PlanQuota(title="Free", per_day=1_000, concurrency=5),
    PlanQuota(title="Standard", per_day=2_000, concurrency=10),
    PlanQuota(title="Professional", per_day=5_000, concurrency=10),
    PlanQuota(title="Premium, Elite or Ultimate (Inventory: Enterprise)", per_day=10_000, concurrency=10),
)
_DAY_MINUTES: Final = 1440
_WEEK: Final = 7
_SEARCH_SECONDS: Final = 30.0
_FIELDS: Final = ("per_day", "per_minute", "batch_size", "concurrency")


class LimitsStep:
    """Prices are told before anything is spent."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def plans(self) -> tuple[PlanQuota, ...]:
        """Return Zoho's plans."""
        return _PLANS

    async def limits(self) -> LimitsForm:
        """Return the limits as they are."""
        now = (await self._ground.settings()).settings
        return LimitsForm(
            per_day=now.per_day, per_minute=now.per_minute, batch_size=now.batch_size, concurrency=now.concurrency
        )

    async def keep_limits(self, limits: LimitsForm) -> None:
        """Keep the limits; ConfigurationError names variable, value and range."""
        wanted = {name: str(getattr(limits, name)) for name in _FIELDS}
        validated(wanted)
        loaded = await self._ground.settings()
        await self._ground.keep_shared({name: text for name, text in wanted.items() if loaded.text(name) != text})

    async def schedule_cost(self, limits: LimitsForm) -> tuple[ScheduleCost, ...]:
        """Return what the proposed schedule costs a day; makes no call."""
        validated({name: str(getattr(limits, name)) for name in _FIELDS})
        loaded = await self._ground.settings()
        registry = self._ground.terms.registry
        products = self._ground.products(frozenset(loaded.settings.products))
        marks: dict[str, Watermark] = {}
        if await self._ground.has_database():
            ledger = (await self._ground.wiring()).ledger
            marks = {entity.name: await ledger.watermark(entity.name) for entity in registry}
        costs = []
        for entity in registry:
            api = entity.api(products)
            if api is None:
                continue
            members = [one for one in registry.walk(entity.walk) if one.api(products)]
            leader = min(members, key=lambda one: _minutes(one, loaded.settings.stock_interval_minutes))
            minutes = _minutes(leader, loaded.settings.stock_interval_minutes)
            total = max((_total(marks.get(one.name)) for one in members), default=0)
            calls = _calls_a_day(leader, minutes, total, limits.batch_size) if entity is leader else 0
            costs.append(ScheduleCost(entity=entity.name, title=entity.title, minutes=minutes, calls_per_day=calls))
        return tuple(costs)

    async def estimate(self) -> list[Forecast]:
        """Return what the first full sync will cost, by entity, details included.

        Lists that the check has read to their end are known. Of longer ones the last page is looked for; those pages
        are kept, and the sync does not ask for them again. What cannot be found out in time is told as "at least".
        """
        wiring = await self._ground.wiring()
        if wiring.settings.now.sync_enabled:
            try:
                async with asyncio.timeout(_SEARCH_SECONDS):
                    await self._count(wiring)
            except (TimeoutError, TransientError, QuotaExhaustedError) as trouble:
                _not_counted(trouble)
        return await wiring.service.forecast(SyncRequest(full=True))

    async def _count(self, wiring: Wiring) -> None:
        """Find the length of each list, one after the other; what may not be read, or is not there, is left out."""
        products = self._ground.products(frozenset(wiring.settings.now.products))
        for _, entities in group([one for one in self._ground.terms.registry if one.api(products)]):
            try:
                await wiring.service.estimate(SyncRequest(entities=tuple(one.name for one in entities), full=True))
            except VaultError:
                raise
            except (MissingPermissionError, ConfigurationError) as trouble:
                _not_counted(trouble)

    async def first_sync_at(self, when: datetime | None) -> None:
        """Keep when the first sync shall run by itself; None: not by itself."""
        if when is not None and when.tzinfo is None:
            raise ConfigurationError("The time of the first sync has no zone", advice="Give a time with its zone.")
        await self._ground.kept.change(lambda kept: structs.replace(kept, first_sync_at=when))

    async def first_sync(self) -> datetime | None:
        """Return when the first sync shall run by itself, None when it need not."""
        return (await self._ground.kept.read() or Kept()).first_sync_at


def _not_counted(trouble: Exception) -> None:
    cause = getattr(trouble, "title", "") or type(trouble).__name__
    structlog.get_logger(__name__).info("a list was not counted for the estimate", cause=cause)


def _minutes(entity: Entity, stock_minutes: int) -> int:
    return stock_minutes if entity.pull.lane is Lane.STOCK else entity.pull.interval_minutes


def _total(mark: Watermark | None) -> int:
    return 0 if mark is None else mark.remote or mark.live


def _calls_a_day(entity: Entity, minutes: int, total: int, batch: int) -> int:
    """Return the list calls of a day without unusual changes; a filtered walk mostly fits one page."""
    runs, pages = _DAY_MINUTES / minutes, max(1, pages_of(total, batch))
    pull = entity.pull
    if pull.whole or pull.by_interval:
        details = total / pull.details_age_days if pull.details_age_days else 0.0
        return ceil(runs * pages + details)
    return ceil(runs + pages / _WEEK)
