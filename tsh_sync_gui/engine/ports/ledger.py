"""The `sync` tables: runs, watermarks, ownership."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol

import msgspec

from tsh_sync_gui.core.values import Calls, Counts, Mode, Phase, RunId, RunState
from tsh_sync_gui.engine.ports.budget import CallRecord
from tsh_sync_gui.engine.ports.mirror import Checkpoint, Rejected
from tsh_sync_gui.engine.ports.zoho import Organization


class Which(StrEnum):
    """Which runs are meant: of all, those that walk a list, or those that people look at.

    Each delivery, and each retry of a dead letter, fetches its record by a run of its own: thousands a day, among which
    nobody finds a walk, or a record that a person asked for.
    """

    ALL = "all"
    WALKS = "walks"
    SHOWN = "shown"


class RunInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One run as the ledger has it. *waiting_for* is a reason, or of a paused run the person who holds it."""

    id: RunId
    leader: RunId
    entity: str
    mode: Mode
    state: RunState
    phase: Phase
    trigger: str
    machine: str
    user: str
    started_at: datetime
    heartbeat_at: datetime
    ended_at: datetime | None = None
    request: dict[str, Any] = {}
    counts: Counts = Counts()
    calls: Calls = Calls()
    pages: int = 0
    expected: int | None = None
    details_done: int = 0
    details_total: int = 0
    forecast_calls: int | None = None
    waiting_for: str = ""
    waiting_until: datetime | None = None
    seconds: float = 0.0
    error_kind: str = ""
    title: str = ""
    advice: str = ""
    cause: str = ""
    dry_run: bool = False


class Watermark(msgspec.Struct, frozen=True, kw_only=True):
    """How far an entity is known: Zoho's clock at the start of the last good walk, and the last totals.

    *live* counts living rows in the mirror, kept exact in every page's transaction; *remote* is what the last
    complete walk met; *filter_absent* that an undocumented time filter was found to be ignored.
    """

    entity: str
    since: datetime | None = None
    walked_at: datetime | None = None
    full_walk_at: datetime | None = None
    last_good_at: datetime | None = None
    last_run: RunId | None = None
    live: int = 0
    remote: int | None = None
    filter_absent: bool = False


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint this organization answers with 404 code 5; asked again after *until*."""

    path: str
    until: datetime


class Asked(NamedTuple):
    """What a person asked of a run, `pause`, `resume` or `cancel`, and who it was."""

    word: str
    by: str = ""


class Ownership(Protocol):
    """The session advisory lock on one walk; a killed owner's goes with its connection."""

    async def held(self) -> bool:
        """Tell whether the lock is still ours; takes it again after a lost connection if nobody else has."""
        ...

    async def release(self) -> None:
        """Let the walk go."""
        ...


class Ledger(Protocol):
    """The `sync` tables: runs, watermarks, ownership, what is known about the organization."""

    async def bind_organization(self, organization: Organization) -> None:
        """Bind the database to *organization*; ConfigurationError when it mirrors another."""
        ...

    async def organization(self) -> Organization | None:
        """Return the organization this database mirrors."""
        ...

    async def own(self, walk: str, *, take_over: bool = False) -> Ownership | None:
        """Take the walk's lock; None when another process has it. *take_over* ends a silent owner's connection."""
        ...

    async def owned(self, walks: Sequence[str]) -> set[str]:
        """Return those of *walks* that some process owns now."""
        ...

    async def live_run(self, entity: str) -> RunInfo | None:
        """Return the newest run of *entity* that is not at an end and no single record's."""
        ...

    async def unfinished(self, walk: Sequence[str]) -> list[RunInfo]:
        """Return the unfinished runs of the newest unfinished walk over the entities *walk*, leader first."""
        ...

    async def open_runs(self, runs: Sequence[RunInfo], checkpoint: Checkpoint) -> None:
        """Write new runs of one walk; the first is the leader and carries the checkpoint."""
        ...

    async def add_ended(self, runs: Sequence[RunInfo]) -> None:
        """Write runs that own no walk and leave nothing to go on with: single records, and what never began."""
        ...

    async def checkpoint(self, leader: RunId) -> Checkpoint | None:
        """Return the walk's checkpoint as committed last."""
        ...

    async def page_ids(self, leader: RunId, page: int) -> list[str] | None:
        """Return the ids stored for *page* of the walk, None when that page is not stored."""
        ...

    async def beat(self, runs: Sequence[RunId]) -> Asked | None:
        """Write the heartbeat; returns what a person asked meanwhile."""
        ...

    async def ask(self, run: RunId, word: str, *, by: str = "") -> None:
        """Leave *word* (`pause`, `resume`, `cancel`) of the person *by* for whoever works on *run*."""
        ...

    async def mark(self, run: RunId, **changes: Any) -> None:
        """Change fields of a run (RunInfo's names)."""
        ...

    async def finish(self, run: RunInfo, watermark: Watermark | None) -> RunInfo:
        """End *run* with its state and words, moving *watermark* in the same transaction; returns it as stored."""
        ...

    async def move(self, watermarks: Sequence[Watermark]) -> None:
        """Move watermarks: what the lists brought is safe, whatever becomes of the details."""
        ...

    async def watermark(self, entity: str) -> Watermark:
        """Return the entity's watermark, an empty one when there is none."""
        ...

    async def absences(self) -> list[Absence]:
        """Return the endpoints known to be absent now."""
        ...

    async def mark_absent(self, absence: Absence) -> None:
        """Remember that an endpoint is absent."""
        ...

    async def runs(self, *, entity: str = "", limit: int = 100, which: Which = Which.ALL) -> list[RunInfo]:
        """Return runs, newest first."""
        ...

    async def under_way(self) -> list[RunInfo]:
        """Return the runs that are not at an end, newest first; of single records' those that give a sign of life."""
        ...

    async def questions(self) -> list[RunInfo]:
        """Return by entity the newest run that asked a person something which no complete walk has answered since."""
        ...

    async def find(self, beginning: str, *, limit: int = 10) -> list[RunInfo]:
        """Return runs whose id begins so, newest first."""
        ...

    async def run(self, run: RunId) -> RunInfo | None:
        """Return one run."""
        ...

    async def calls(self, run: RunId, *, limit: int = 1000) -> list[CallRecord]:
        """Return a run's requests, newest first."""
        ...

    async def rejected(self, run: RunId, *, limit: int = 1000) -> list[Rejected]:
        """Return the records this run put into the dead letters."""
        ...

    async def totals(self) -> dict[str, tuple[int, int]]:
        """Return (living rows, rows with a current detail) by entity, in records."""
        ...

    async def stats(self) -> dict[str, Any]:
        """Return the figures of `GET /api/zoho/sync/stats` (design.md 6)."""
        ...
