"""Steps 8 and 9: the plan's limits, what the schedule will cost within them, and the first sync."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
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
from tsh_sync_gui.engine.plan import group
from tsh_sync_gui.engine.ports.schedules import Book
from tsh_sync_gui.engine.schedule import a_day, zone_of
from tsh_sync_gui.engine.schedule_book import calls_a_day, schedules, serving
from tsh_sync_gui.engine.views import Forecast, SyncRequest
from tsh_sync_gui.store.schedules import PgSchedules

_PLANS: Final = (
    PlanQuota(title="Free", per_day=1_000, concurrency=5),
    PlanQuota(title="Standard", per_day=2_000, concurrency=10),
    PlanQuota(title="Professional", per_day=5_000, concurrency=10),
    PlanQuota(title="Premium, Elite or Ultimate (Inventory: Enterprise)", per_day=10_000, concurrency=10),
)
_DAY_MINUTES: Final = 1440
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
        """Return what the proposed schedule costs a day, by what the check has seen of the lists; makes no call."""
        validated({name: str(getattr(limits, name)) for name in _FIELDS})
        loaded = await self._ground.settings()
        registry = self._ground.terms.registry
        settings = loaded.settings.model_copy(update={name: getattr(limits, name) for name in _FIELDS})
        book = Book(now=datetime.now(UTC))
        if await self._ground.has_database():
            book = await PgSchedules((await self._ground.wiring()).database).read()
        seen = await self._seen(book) if await self._ground.has_database() else {}
        # As it will be after the first sync: then one walk serves all that its list holds.
        marks = {one.name: book.mark(one.name) for one in registry}
        totals = {name: seen[name][0] if name in seen else mark.remote for name, mark in marks.items()}
        done = {name: replace(mark, since=mark.since or book.now, remote=totals[name]) for name, mark in marks.items()}
        book = replace(book, marks=done)
        found = schedules(registry, settings, book)
        calls = calls_a_day(found, registry, book, settings.batch_size)
        zone = zone_of(book.zone)
        costs = []
        for entity in registry:
            schedule = serving(found, entity.name)
            if any(one.entity == entity.name for one in found):
                often = a_day(schedule.timing, book.now, zone) if schedule and schedule.timing else 0.0
                minutes = round(_DAY_MINUTES / often) if often else 0
                cost = calls.get(entity.name, 0)
                costs.append(
                    ScheduleCost(
                        entity=entity.name,
                        title=entity.title,
                        minutes=minutes,
                        calls_per_day=cost,
                        at_least=bool(cost) and not seen.get(entity.name, (0, True))[1],
                    )
                )
        return tuple(costs)

    async def _seen(self, book: Book) -> dict[str, tuple[int, bool]]:
        """Return how many records each list has at least, and whether that is all, of what no sync has counted."""
        wiring = await self._ground.wiring()
        products = self._ground.products(frozenset(wiring.settings.now.products))
        per_page = wiring.settings.now.batch_size
        seen: dict[str, tuple[int, bool]] = {}
        for _, entities in group([one for one in self._ground.terms.registry if one.api(products)]):
            names = [one.name for one in entities if not book.mark(one.name).remote]
            request = SyncRequest(entities=tuple(one.name for one in entities), full=True, force=True, details="none")
            try:
                told = (await wiring.service.forecast(request))[0]
            except ConfigurationError as trouble:  # a list that is not there
                _not_counted(trouble)
                continue
            # Of a list that goes on after the pages seen there is one record more, at least.
            met = (told.calls_low + told.kept_pages - 1) * per_page + 1
            least = (told.records or 0) if told.known else met
            seen |= dict.fromkeys(names, (least, told.known))
        return seen

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
