"""The facade as far as the window uses it; `engine.service.SyncService` fulfils it, and so does the tests' double."""

from __future__ import annotations

from typing import Protocol

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.settings import Loaded, Settings
from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.ports import Organization, RunInfo
from tsh_sync_gui.engine.views import Forecast, Overview, RunDetail, SyncReport, SyncRequest
from tsh_sync_gui.ui.letter_service import LetterService
from tsh_sync_gui.ui.watch_service import AlertsDesk, SchedulesDesk
from tsh_sync_gui.ui.webhook_service import WebhookService


class Service(Protocol):
    """What screens ask of the engine; every method is awaited on the engine's loop."""

    @property
    def bus(self) -> Bus:
        """Return where news of all runs is published."""
        ...

    @property
    def clock(self) -> Clock:
        """Return the clock all processes share."""
        ...

    @property
    def settings(self) -> Settings:
        """Return the settings in force."""
        ...

    @property
    def letters(self) -> LetterService:
        """Return the dead letters."""
        ...

    @property
    def schedules(self) -> SchedulesDesk:
        """Return when what is synced by itself."""
        ...

    @property
    def alerts(self) -> AlertsDesk:
        """Return what a person should know though nobody looks."""
        ...

    @property
    def webhooks(self) -> WebhookService:
        """Return the inbox of webhooks."""
        ...

    async def sync(self, request: SyncRequest) -> SyncReport:
        """Run *request* to the end; a cancelled call stops within one page and can be resumed."""
        ...

    async def at_start(self, *, demo: bool = False) -> SyncRequest | None:
        """Return what the window begins by itself, None for nothing."""
        ...

    async def forecast(self, request: SyncRequest) -> list[Forecast]:
        """Return what *request* would cost; makes no call."""
        ...

    async def estimate(self, request: SyncRequest) -> list[Forecast]:
        """Return what *request* would cost, asking Zoho for lengths nobody knows; the next sync uses what was read."""
        ...

    async def overview(self) -> Overview:
        """Return how everything stands."""
        ...

    async def pause(self, run: RunId) -> None:
        """Pause a run of any process."""
        ...

    async def resume(self, run: RunId) -> None:
        """Resume a paused run."""
        ...

    async def cancel(self, run: RunId) -> None:
        """Stop a run within one page."""
        ...

    async def runs(self, *, entity: str = "", limit: int = 100) -> list[RunInfo]:
        """Return runs, newest first."""
        ...

    async def run_detail(self, run: RunId) -> RunDetail | None:
        """Return one run opened."""
        ...

    async def check_connection(self) -> Organization:
        """Ask Zoho who we are; one call."""
        ...

    async def save_setting(self, name: str, value: str | None) -> None:
        """Check and keep a setting where it belongs; None goes back to the default."""
        ...

    @property
    def loaded(self) -> Loaded:
        """Return the settings in force with each value's origin."""
        ...

    async def reveal_setting(self, name: str) -> str:
        """Return a secret setting in the clear; the audit says who looked."""
        ...
