"""Keeps an alarm while records change in Zoho and no webhook tells of it, or signed deliveries are refused."""

from __future__ import annotations

from typing import Final

import structlog

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import SyncError
from tsh_sync_gui.engine.alerts import Alerts, Cause
from tsh_sync_gui.engine.webhooks_inbox import WebhooksInbox
from tsh_sync_gui.entities.registry import Registry

EVERY_S: Final = 120.0


class SilenceWatch:
    """Looks at the coverage now and then; any number of processes may, the alarm is one."""

    def __init__(self, inbox: WebhooksInbox, alerts: Alerts, registry: Registry, clock: Clock) -> None:
        self._inbox = inbox
        self._alerts = alerts
        self._registry = registry
        self._clock = clock

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.look()
            except SyncError as error:
                structlog.get_logger(__name__).info("webhooks are not watched", cause=error.cause or error.title)
            except Exception:  # noqa: BLE001 -- whatever goes wrong once must not end the watch
                structlog.get_logger(__name__).exception("webhooks are not watched")
            await self._clock.sleep(EVERY_S)

    async def look(self) -> None:
        """Raise what is silent now, and clear what is heard again or was fetched."""
        silences = {one.entity: one for one in await self._inbox.silences()}
        for entity in self._registry:
            silence = silences.get(entity.name)
            if silence is None:
                await self._alerts.clear(Cause.WEBHOOKS_SILENT, entity.name)
                continue
            await self._alerts.raise_(
                Cause.WEBHOOKS_SILENT,
                entity.name,
                title=silence.title,
                remedy=silence.advice,
                evidence=f"{silence.since.isoformat()} {silence.missed}",
            )
        await self._look_at_refusals()

    async def _look_at_refusals(self) -> None:
        found = await self._inbox.refusals()
        if found.newest is None:
            await self._alerts.clear(Cause.DELIVERIES_REFUSED)
            return
        number = "A delivery was refused" if found.count == 1 else f"{found.count:,} deliveries were refused"
        await self._alerts.raise_(
            Cause.DELIVERIES_REFUSED,
            title=f"{number}: signature does not match",
            remedy=f"{found.cause}. {found.advice} Changes are still fetched by polling.",
            evidence=str(found.newest),
        )
