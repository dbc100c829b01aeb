"""Acts on what comes due: in every process with workers, each due time once among all of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from zoneinfo import ZoneInfo

import structlog

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.engine.handlers import enqueue_pull
from tsh_sync_gui.engine.outcomes import machine_name
from tsh_sync_gui.engine.ports.jobs import JobId, Jobs
from tsh_sync_gui.engine.ports.schedules import Book, Claim, ScheduleStore, Walk
from tsh_sync_gui.engine.schedule import GRACE, was_missed, zone_of
from tsh_sync_gui.engine.schedule_book import Block, Schedule, schedules
from tsh_sync_gui.entities.registry import Registry

T = TypeVar("T")
LOOK_S: Final = 15.0
"""At least so often each process looks at the schedules: others change them, and clocks jump."""
_SOONEST_S: Final = 0.5
_FRESH: Final = "synced a short while ago"
# It does what a walk of changes does, too.
_COVERED: Final = "the full walk does it"
WHY: Final = {
    Block.FIRST_SYNC: "waits for the first sync",
    Block.SIGN_IN: "waits for a sign-in",
    Block.SWITCHED_OFF: "syncing is switched off",
}

Missed = Callable[[Schedule, Sequence[datetime]], Awaitable[None]]
Pulse = Callable[[], Awaitable[None]]


async def _untold(_schedule: Schedule, _dues: Sequence[datetime]) -> None:
    """Tell nobody of missed runs."""


async def _still() -> None:
    """Do nothing beside the schedules."""


class Scheduler:
    """Turns due times into jobs. *missed* is told once of runs nobody was there for; *pulse* is done at each look."""

    def __init__(
        self,
        registry: Registry,
        store: ScheduleStore,
        jobs: Jobs,
        *,
        settings: Callable[[], Settings],
        clock: Clock,
        missed: Missed = _untold,
        pulse: Pulse = _still,
    ) -> None:
        self._registry = registry
        self._store = store
        self._jobs = jobs
        self._settings = settings
        self._clock = clock
        self._missed = missed
        self._pulse = pulse

    async def run(self) -> None:
        """Act on due times until cancelled; waits while the database is away."""
        while True:
            seconds = await self._calmly(self.look) or LOOK_S
            await self._calmly(self._pulse)
            await self._clock.sleep(seconds)

    @staticmethod
    async def _calmly(work: Callable[[], Awaitable[T]]) -> T | None:
        """Do *work*; what goes wrong is logged and must end neither the schedules nor the jobs beside them."""
        try:
            return await work()
        except SyncError as error:
            structlog.get_logger(__name__).info("schedules are not looked at", cause=error.cause or error.title)
        except Exception:  # noqa: BLE001 -- see above
            structlog.get_logger(__name__).exception("schedules are not looked at")
        return None

    async def look(self) -> float:
        """Act on what is due; returns in how many seconds to look again."""
        settings = self._settings()
        if not settings.sync_enabled:
            # It may be switched off for this process only: what is due is left to the others.
            return LOOK_S
        book = await self._store.read()
        zone = zone_of(book.zone)
        found = schedules(self._registry, settings, book)
        if new := [one.key for one in found if one.needs_arming(book.now)]:
            await self._store.arm(new)
        due = [(one, dues) for one in found if (dues := one.due(book.now, zone))]
        full = {one.entity for one, _ in due if one.walk is Walk.FULL and one.why is None}
        for one, dues in due:
            is_covered = one.walk is Walk.CHANGES and (one.entity in full or _has_begun(one.entity, book))
            await self._act(one, dues, book, covered=is_covered)
        return _seconds_to_next(found, book.now, zone)

    async def _act(self, schedule: Schedule, dues: tuple[datetime, ...], book: Book, *, covered: bool) -> None:
        """Claim the last of *dues* and put its work into the queue, unless another process has."""
        missed = len(dues) if was_missed(dues, book.now) else 0
        note = _COVERED if covered else self._skipped(schedule, dues[-1], book)
        claim = Claim(
            entity=schedule.entity,
            walk=schedule.walk,
            due=dues[-1],
            machine=machine_name(),
            note=note,
            missed=missed,
            fires=not note,
        )

        async def put(connection: Any) -> JobId | None:
            return await enqueue_pull(
                self._jobs,
                schedule.pulls,
                lane=self._registry.get(schedule.entity).pull.lane,
                mode="full" if schedule.walk is Walk.FULL else "changes",
                connection=connection,
            )

        if await self._store.claim(claim, None if note else put):
            structlog.get_logger(__name__).info(
                "due", entity=schedule.entity, walk=schedule.walk.value, at=dues[-1].isoformat(), note=note
            )
            if missed and not note:
                zone = zone_of(book.zone)
                await self._missed(schedule, tuple(one.astimezone(zone) for one in dues))

    def _skipped(self, schedule: Schedule, due: datetime, book: Book) -> str:
        """Return why nothing is run for *due*, '' when something is."""
        if schedule.why is not None:
            return WHY[schedule.why]
        last, timing = book.mark(schedule.entity).last_good_at, schedule.timing
        if schedule.walk is Walk.CHANGES and timing is not None and timing.minutes and last is not None:
            # Somebody has just synced it: the call can be spared.
            fresh = last > due - timedelta(minutes=timing.minutes) / 2
            return _FRESH if fresh else ""
        return ""


def _has_begun(entity: str, book: Book) -> bool:
    """Tell whether a full walk of *entity* was put into the queue in this very while."""
    fired = book.row(entity, Walk.FULL).fired_at
    return fired is not None and book.now - fired < GRACE


def _seconds_to_next(found: Sequence[Schedule], now: datetime, zone: ZoneInfo) -> float:
    nexts = [due for one in found for due in one.next(now, zone)]
    wait = (min(nexts) - now).total_seconds() if nexts else LOOK_S
    return min(LOOK_S, max(_SOONEST_S, wait))
