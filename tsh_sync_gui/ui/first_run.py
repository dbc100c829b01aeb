"""Keeps the set-up open beside the service: whether it comes first, and when the first sync is due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import structlog
from PySide6.QtCore import QObject, QTimer, Signal

from tsh_sync_gui.bootstrap.setup.port import SetupPort
from tsh_sync_gui.bootstrap.setup.values import Progress
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.bridge import EngineThread
from tsh_sync_gui.ui.opening import Opening, SetupOpener
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.wizard.state.first_sync import waiting_text
from tsh_sync_gui.ui.wizard.state.rail import is_begun

_LOOK_MS: Final = 1000
_TRIGGER: Final = "first sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What the set-up says at the program's start; *is_needed* that it comes before everything else."""

    progress: Progress
    is_needed: bool
    first_sync: datetime | None
    zone: str


async def look(setup: SetupPort) -> Start:
    """Ask *setup* how things stand; makes no call to Zoho."""
    progress = await setup.progress()
    is_needed = is_begun(progress) or (not progress.is_complete and (await setup.health()).state == "none")
    chosen = None if is_needed else await setup.organization()
    first = None if is_needed else await setup.first_sync()
    return Start(progress=progress, is_needed=is_needed, first_sync=first, zone=chosen.time_zone if chosen else "")


class FirstRun(QObject):
    """Opens the set-up once; *told* carries what a person should know."""

    told = Signal(object)

    def __init__(self, engine: EngineThread, session: Session, open_it: SetupOpener | None) -> None:
        super().__init__()
        self._engine = engine
        self._session = session
        self._open_it = open_it
        self._opening: Opening[SetupPort] | None = None
        self.setup: SetupPort | None = None
        self.start: Start | None = None
        self._due: datetime | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)

    async def begin(self) -> Start | None:
        """Open the set-up and look how it stands; None where there is none or it can't be opened."""
        if self._open_it is None:
            return None
        self._opening = Opening(self._engine, self._open_it)
        try:
            self.setup = await self._opening.begin()
            self.start = await self._engine.call(look(self.setup), is_long=False)
        except Exception as error:  # noqa: BLE001 -- shown with its details; the service may open all the same
            structlog.get_logger(__name__).warning("the set-up does not open", exc_info=error)
            self.told.emit(problem_from(error))
            return None
        return self.start

    async def close(self, seconds: float) -> bool:
        """Close the set-up; False when that took longer than *seconds*."""
        self._timer.stop()
        self.setup = None
        return self._opening is None or await self._opening.close(seconds)

    @property
    def words(self) -> str:
        """Return what is being done while the set-up opens."""
        return self._opening.words if self._opening is not None and self.setup is None else ""

    def watch(self) -> None:
        """Look from now on whether the first sync is due; the service is open."""
        if self.setup is not None:
            self._session.actions.run(look(self.setup), then=self._watch)

    def _watch(self, start: Start) -> None:
        self.start, self._due = start, start.first_sync
        now = datetime.now(UTC)
        if self._due is None:
            return
        if self._due > now:
            words = waiting_text(self._due, now, start.zone)
            self.told.emit(Problem(title=tr("The first sync waits for the night"), meaning=words, tone="blue"))
        self._timer.start()

    def _look(self) -> None:
        """Begin the first sync when its time has come; one that was missed begins at once."""
        if self._due is None or self.setup is None or self._session.service is None:
            self._timer.stop()
            return
        if self._due > datetime.now(UTC) or self._session.state.overview is None:
            return
        self._due = None
        self._timer.stop()
        self._session.start(SyncRequest(full=True, trigger=_TRIGGER))
        self._session.actions.run(self.setup.first_sync_at(None))
