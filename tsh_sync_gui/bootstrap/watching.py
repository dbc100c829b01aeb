"""What goes on by itself beside the jobs: due times become work, and what a person should know is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tsh_sync_gui.bootstrap.live_settings import LiveSettings
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.courier.apprised import AppriseCourier
from tsh_sync_gui.engine.alerts import Alerts, Cause, Severity
from tsh_sync_gui.engine.ports import Budget
from tsh_sync_gui.engine.ports.jobs import Jobs
from tsh_sync_gui.engine.schedule_book import Schedule
from tsh_sync_gui.engine.scheduler import Scheduler
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store.alerts import PgAlerts
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.schedules import PgSchedules


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """The schedules as they are kept, the alerts, and who acts on both."""

    schedules: PgSchedules
    alerts: Alerts
    scheduler: Scheduler


def watching(
    database: Database, registry: Registry, jobs: Jobs, *, budget: Budget, live: LiveSettings, bus: Bus
) -> Watch:
    """Return what watches over *database*; the scheduler acts once somebody runs it."""
    store = PgSchedules(database)
    alerts = Alerts(
        registry,
        PgAlerts(database),
        jobs,
        courier=AppriseCourier(lambda: live.now),
        budget=budget,
        settings=lambda: live.now,
        bus=bus,
        clock=database.clock,
    )

    async def missed(schedule: Schedule, dues: Sequence[datetime]) -> None:
        runs = "run" if len(dues) == 1 else "runs"
        # People of all machines read it: by the organization's clock, which is named.
        first, last = (f"{one:%Y-%m-%d %H:%M}" for one in (dues[0], dues[-1]))
        when = f"at {first}" if first == last else f"between {first} and {last}"
        await alerts.raise_(
            Cause.RUNS_MISSED,
            schedule.entity,
            title=f"{schedule.title}: {len(dues):,} {runs} missed {when} ({dues[-1].tzinfo})",
            remedy="The program was not running then. One run makes up for all of them now.",
            severity=Severity.NOTE,
            evidence=dues[-1].astimezone(UTC).isoformat(),
        )

    scheduler = Scheduler(
        registry,
        store,
        jobs,
        settings=lambda: live.now,
        clock=database.clock,
        missed=missed,
        pulse=alerts.pulse,
    )
    return Watch(schedules=store, alerts=alerts, scheduler=scheduler)
