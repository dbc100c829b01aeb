"""The listener's way to the database: it comes and goes, and deliveries are taken in all the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Final

import structlog

from tsh_sync_gui.bootstrap.wiring import Wiring, open_wiring, working
from tsh_sync_gui.core.clock import SystemClock
from tsh_sync_gui.core.errors import SyncError, UnreachableError
from tsh_sync_gui.core.events import DeliveriesChanged
from tsh_sync_gui.core.settings import Loaded, Settings
from tsh_sync_gui.engine.ports.inbox import Arrival, Verdict
from tsh_sync_gui.entities.registry import REGISTRY, Registry
from tsh_sync_gui.listener.spool import Spool
from tsh_sync_gui.store.api_tokens import PgApiTokens
from tsh_sync_gui.store.inbox import InboxWriter, PgInbox

_AGAIN_S: Final = (0.5, 1.0, 2.0, 5.0)
_NOTE_S: Final = 2.0
_TELL_S: Final = 0.5


class Up:
    """What there is while the database is connected."""

    def __init__(self, wiring: Wiring) -> None:
        self.wiring = wiring
        self.service = wiring.service
        self.jobs = wiring.jobs
        self.inbox = PgInbox(wiring.database, wiring.jobs)
        self.tokens = PgApiTokens(wiring.database)
        self.writer = InboxWriter(wiring.database)


class Backend:
    """Fulfils `listener.reception.Desk`: keeps deliveries in the inbox, and in the spool while that is away."""

    def __init__(self, loaded: Loaded, spool: Spool, *, jobs: int = 0, registry: Registry = REGISTRY) -> None:
        self.registry = registry
        self.spool = spool
        self.problem: SyncError | None = None
        self.began_at = datetime.now(UTC)
        self.spooled = 0
        self.replayed = 0
        self._loaded = loaded
        self._jobs = jobs
        self._up: Up | None = None
        self._mirrored = ""
        self._clock = SystemClock()
        self._telling: asyncio.TimerHandle | None = None
        self._spooling = asyncio.Event()
        self._connected = asyncio.Event()

    @property
    def settings(self) -> Settings:
        """Return the settings in force, as far as they are known."""
        return self._up.wiring.settings.now if self._up else self._loaded.settings

    @property
    def organization_id(self) -> str:
        """Return whose deliveries are taken: by the settings, or else by what the database mirrors; '' if unknown."""
        return self.settings.organization_id or self._mirrored

    @property
    def up(self) -> Up:
        """Return the database side; UnreachableError while it is not there."""
        if self._up is None:
            raise UnreachableError(
                "Database not reachable",
                what="database",
                advice="The listener tries again by itself. Deliveries are kept meanwhile.",
                cause=self.problem.cause if self.problem else "",
            )
        return self._up

    @property
    def is_up(self) -> bool:
        """Tell whether the database answered last."""
        return self._up is not None and self.problem is None

    def now(self) -> datetime:
        """Return the present moment, on the database's clock where that is known."""
        return self._up.wiring.database.clock.now() if self._up else self._clock.now()

    async def keep(self, arrival: Arrival) -> Verdict:
        """Return the verdict once *arrival* is in the inbox, or on this machine's disk behind earlier ones."""
        if self._up is not None and self.problem is None and not self.spool.waiting:
            try:
                verdict = await self._up.writer.keep(arrival)
            except UnreachableError as error:
                self._miss(error)
            else:
                self._tell()
                return verdict
        await self.spool.keep(arrival)
        self.spooled += 1
        self._spooling.set()
        return arrival.verdict

    async def note(self, arrival: Arrival) -> None:
        """Keep what was refused if that can be done at once."""
        if self._up is None or self.problem is not None:
            return
        try:
            async with asyncio.timeout(_NOTE_S):
                await self._up.writer.keep(arrival)
                self._tell()
        except (SyncError, TimeoutError) as error:
            structlog.get_logger(__name__).warning("a refused delivery is not kept", error=str(error))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connect, and stay connected, for as long as the context lasts."""
        await asyncio.to_thread(self.spool.open)
        tasks = [
            asyncio.create_task(self._connect(), name="listener's database"),
            asyncio.create_task(self._replay(), name="spool's replay"),
        ]
        if self.spool.waiting:
            self._spooling.set()
        try:
            yield
        finally:
            for task in reversed(tasks):
                task.cancel()
                await asyncio.wait({task})
            await self.spool.close()

    async def wait_until_up(self, seconds: float) -> bool:
        """Return whether the database is there, waiting for it a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._connected.wait()
        return self._up is not None

    async def _connect(self) -> None:
        tries = 0
        while True:
            try:
                async with open_wiring(self._loaded, registry=self.registry) as wiring, working(wiring, self._jobs):
                    up, mirrored = Up(wiring), await wiring.ledger.organization()
                    self._mirrored = mirrored.id if mirrored else ""
                    try:
                        self._up, self.problem, tries = up, None, 0
                        self._connected.set()
                        await asyncio.get_running_loop().create_future()
                    finally:
                        self._up = None
                        await up.writer.close()
            except SyncError as error:
                self._miss(error)
            except Exception as error:  # noqa: BLE001 -- whatever it was, the listener goes on and tries again
                structlog.get_logger(__name__).error("the database is not connected", exc_info=error)
                self._miss(SyncError("Database not connected", cause=repr(error)))
            await self._clock.sleep(_AGAIN_S[min(tries, len(_AGAIN_S) - 1)])
            tries += 1

    async def _replay(self) -> None:
        """Hand over what was spooled, as soon as the database is back; try now and then while it is away."""
        while True:
            if not self.spool.waiting and self.problem is None:
                self._spooling.clear()
                await self._spooling.wait()
            await self._clock.sleep(_AGAIN_S[0])
            if self._up is None:
                continue
            try:
                self.replayed += await self.spool.drain(self._up.writer.keep_all)
                self._tell()
                await self._up.jobs.waiting()
            except SyncError as error:
                self._miss(error)
            except Exception as error:  # noqa: BLE001 -- see above; what is in the spool stays there
                structlog.get_logger(__name__).error("the spool cannot be handed over", error=repr(error))
            else:
                self._found()

    def _tell(self) -> None:
        """Let windows know, a few times a second at most."""
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(_TELL_S, self._told)

    def _told(self) -> None:
        self._telling = None
        if self._up is not None:
            self._up.service.bus.publish(DeliveriesChanged())

    def _miss(self, error: SyncError) -> None:
        if self.problem is None or self.problem.title != error.title:
            structlog.get_logger(__name__).warning("database away", error=error.title, cause=error.cause)
        self.problem = error
        self._spooling.set()

    def _found(self) -> None:
        if self.problem is not None:
            structlog.get_logger(__name__).info("database is back")
        self.problem = None
