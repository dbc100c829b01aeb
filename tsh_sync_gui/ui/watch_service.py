"""Schedules and alerts as far as the window uses them; the engine's fulfil this, and so do the tests' doubles."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from tsh_sync_gui.engine.alerts import Alert, Cause
from tsh_sync_gui.engine.ports.schedules import Walk
from tsh_sync_gui.engine.schedule import Timing
from tsh_sync_gui.engine.schedules import ScheduleView


class SchedulesDesk(Protocol):
    """The schedules of all machines."""

    async def view(self) -> ScheduleView:
        """Return all schedules with their next runs and costs."""
        ...

    async def set(
        self,
        entity: str,
        walk: Walk = Walk.CHANGES,
        *,
        timing: Timing | None = None,
        off: bool = False,
        default: bool = False,
        quiet: str | None = None,
    ) -> None:
        """Change one schedule; what is not given stays."""
        ...

    async def pause(self, entities: Sequence[str] = (), *, until: datetime | None = None) -> None:
        """Hold schedules (none: all) until a moment, or until somebody resumes them."""
        ...

    async def resume(self, entities: Sequence[str] = ()) -> None:
        """Let schedules go on."""
        ...


class AlertsDesk(Protocol):
    """The alerts of all machines."""

    async def all(self, *, limit: int = 200) -> Sequence[Alert]:
        """Return alerts, open ones first, then the newest."""
        ...

    async def silence(self, which: str, *, seconds: float | None = None) -> Alert | Cause:
        """Tell nobody of an alert's cause and subject, for some time or until it is lifted."""
        ...

    async def lift(self, which: str) -> bool:
        """Tell of it again."""
        ...
