"""Dead letters, wired: the facade, and what makes letters of given-up jobs."""

from __future__ import annotations

from collections.abc import Sequence

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.dead_letters import DeadLetters
from tsh_sync_gui.engine.letters.given_up import GivenUps
from tsh_sync_gui.engine.ports.jobs import Handler, Kind
from tsh_sync_gui.engine.service import SyncService
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.engine.views import SyncReport, SyncRequest
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.store.attempts import PgAttempts
from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.letter_deeds import PgLetterDeeds
from tsh_sync_gui.store.letter_works import PgLetterWorks
from tsh_sync_gui.store.letters import PgLetters


class LetterDesk:
    """The parts of dead letters; what they are retried with is made after them, and told by `kinds`."""

    def __init__(
        self,
        parts: Parts,
        registry: Registry,
        database: Database,
        *,
        jobs: PgJobs,
    ) -> None:
        deeds, works = PgLetterDeeds(database), PgLetterWorks(database, registry)
        self._handlers: dict[str, Handler] = {}
        self._service: SyncService | None = None
        self.letters = DeadLetters(
            parts,
            registry,
            letters=PgLetters(database, registry),
            deeds=deeds,
            works=works,
            attempts=PgAttempts(database),
            jobs=jobs,
            sync=self._sync,
            handlers=lambda: self._handlers,
        )
        self.given_ups = GivenUps(
            deeds=deeds,
            works=works,
            carry_on=self.letters.carry_on,
            bus=parts.bus,
            clock=parts.clock,
        )

    def kinds(self, service: SyncService, kinds: Sequence[Kind]) -> tuple[Kind, ...]:
        """Return *kinds* with those of dead letters.

        Letters of records are retried by *service*, those of given-up jobs by the handlers of *kinds*.
        """
        self._service = service
        self._handlers = {one.name: one.handler for one in kinds}
        return self.given_ups.kinds(kinds)

    async def _sync(self, request: SyncRequest) -> SyncReport:
        if self._service is None:
            raise ConfigurationError("There is nothing to retry letters with")
        return await self._service.sync(request)
