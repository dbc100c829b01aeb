"""Endpoints this organization does not have: asked once, said once, lived without for a day."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.events import Notice
from tsh_sync_gui.engine.plan import absent_key
from tsh_sync_gui.engine.ports import Absence, Ledger
from tsh_sync_gui.entities.spec import Api, Entity

REMEMBERED: Final = timedelta(hours=24)


class Absences:
    """What is known to be absent, shared by all processes through the ledger."""

    def __init__(self, ledger: Ledger, bus: Bus, clock: Clock) -> None:
        self._ledger = ledger
        self._bus = bus
        self._clock = clock
        self.all: tuple[Absence, ...] = ()

    async def load(self) -> None:
        """Read what is known."""
        self.all = tuple(await self._ledger.absences())

    def has(self, api: Api, path: str) -> bool:
        """Tell whether *path* of the api's product is known to be absent."""
        key = absent_key(api, path)
        return any(one.path == key for one in self.all)

    async def note(self, api: Api, path: str, entity: Entity) -> None:
        """Remember that *path* is absent, and say so once."""
        absence = Absence(path=absent_key(api, path), until=self._clock.now() + REMEMBERED)
        await self._ledger.mark_absent(absence)
        self.all = (*self.all, absence)
        self._bus.publish(
            Notice(
                entity=entity.name,
                title=f"This organization's Zoho {api.product.value.capitalize()} does not know {path}",
                advice="It is lived without and asked again in 24 hours.",
            )
        )
