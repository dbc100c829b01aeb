"""What goes through the facade: requests for syncs, and what screens and commands show of runs and entities."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from tsh_sync_gui.core.values import EntityState, Lane, Mode, Phase, RunState
from tsh_sync_gui.engine.ports import CallRecord, Foreseen, QuotaStatus, Rejected, RunInfo

Details = int | Literal["all", "none"] | None
NOT_DUE = "not due"
"""What the report of an entity has as its trigger whose walk comes again only after its interval."""


class SyncRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a person, a schedule or a program asks to be synced.

    *entities* are names (empty: all). Without *full*, *sweep*, *since*, *record_id* changes are fetched. *details*
    limits the details phase: a number, `all`, `none`, or None for what the lane has left today and 10 minutes.
    *force* walks what is not due yet, and syncs though ZOHO_SYNC_ENABLED is off; *approve* lets a sweep delete more
    than the safety limit; *wait* waits for the daily quota in place. *goes_on* does for each entity what its
    broken-off run was asked to do, instead of what stands here. *lane* pays; `pulls`: each walk's own; None: the
    walk's own for a schedule, else a person's.
    """

    entities: tuple[str, ...] = ()
    full: bool = False
    sweep: bool = False
    since: datetime | None = None
    record_id: str = ""
    force: bool = False
    details: Details = None
    restart: bool = False
    dry_run: bool = False
    wait: bool = False
    approve: bool = False
    take_over: bool = False
    goes_on: bool = False
    trigger: str = "person"
    lane: Lane | None = None


class SyncReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the runs of a request ended, in dependency order."""

    runs: tuple[RunInfo, ...]

    @property
    def total_synced(self) -> int:
        """Return how many records were created, updated or found unchanged."""
        return sum(run.counts.created + run.counts.updated + run.counts.unchanged for run in self.runs)

    @property
    def exit_code(self) -> int:
        """Return the command line's exit code: of several the first in 1, 4, 5, 3, 0 (design.md 6)."""
        codes = {_EXIT[run.state] for run in self.runs}
        return next((code for code in (130, 1, 4, 5, 3) if code in codes), 0)

    def as_json(self) -> dict[str, Any]:
        """Return the document that `sync --json` prints."""
        return {"runs": [run_json(run) for run in self.runs], "total_synced": self.total_synced}


_EXIT = {
    RunState.UP_TO_DATE: 0,
    RunState.PARTLY_DONE: 3,
    RunState.FAILED: 1,
    RunState.NEEDS_YOU: 4,
    RunState.WAITING: 5,
    RunState.CANCELLED: 130,
    RunState.RUNNING: 0,
    RunState.PAUSED: 0,
}


def run_json(run: RunInfo) -> dict[str, Any]:
    """Return one run as the command line and the HTTP API print it."""
    counts, calls = run.counts, run.calls
    document: dict[str, Any] = {
        "run_id": run.id,
        "entity": run.entity,
        "mode": run.mode.value,
        "state": run.state.value,
        "created": counts.created,
        "updated": counts.updated,
        "unchanged": counts.unchanged,
        "deleted": counts.deleted,
        "failed": counts.failed,
        "calls": {"list": calls.list, "bulk": calls.bulk, "detail": calls.detail, "total": calls.total},
        "seconds": round(run.seconds, 3),
    }
    if run.title:
        document |= {"error": {"kind": run.error_kind, "title": run.title, "advice": run.advice}}
    if run.trigger == NOT_DUE and run.waiting_until:
        document |= {"not_due_until": run.waiting_until.isoformat()}
    if run.dry_run:
        document |= {"dry_run": True}
    return document


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a run will cost: calls (a range), share of the day's limit, seconds with all waits.

    *known* is False when no total is known yet: then *calls_low* is all that can be said ("at least 1 call").
    *fits* tells whether the calls fit in what is left today. *details_later* are the records whose details the run will
    not come to: *later_by_share* for want of the day's calls, else of its time; *details_open* that nobody knows how
    many details come besides. *kept_pages* of its list have been read and are not asked for again.
    """

    entity: str
    calls_low: int
    calls_high: int
    detail_calls: int = 0
    details_later: int = 0
    later_by_share: bool = False
    details_open: bool = False
    kept_pages: int = 0
    share_of_day: float = 0.0
    seconds: float = 0.0
    known: bool = True
    fits: bool = True
    records: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the forecast as the command line prints it."""
        return {
            "entity": self.entity,
            "calls": {"least": self.calls_low, "most": self.calls_high, "details": self.detail_calls},
            "details_later": self.details_later,
            "records": self.records,
            "known": self.known,
            "fits": self.fits,
            "share_of_day": self.share_of_day,
            "seconds": self.seconds,
        }


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """When an entity is synced by itself: *standing* is `on`, `off`, `paused` or `blocked`, *at* the next time.

    A pause lasts *until* a moment, or until somebody resumes; *by* is who paused. *why* is what comes first:
    `first_sync`, `sign_in` or `switched_off`.
    """

    standing: str = "off"
    at: datetime | None = None
    until: datetime | None = None
    by: str = ""
    why: str = ""
    is_late: bool = False


class EntityStatus(msgspec.Struct, frozen=True, kw_only=True):
    """One entity as a card shows it. *local* and *detailed* count records in the mirror, *remote* those in Zoho."""

    entity: str
    title: str
    direction: str
    state: EntityState
    local: int = 0
    detailed: int = 0
    remote: int | None = None
    last_good: datetime | None = None
    next: datetime | None = None
    live: RunInfo | None = None
    last: RunInfo | None = None
    here: bool = True
    silent: bool = False
    unavailable: str = ""
    has_details: bool = True
    note: str = ""
    planned: Planned = Planned()


def details_waiting(status: EntityStatus, last: RunInfo | None) -> Literal["", "calls", "syncs", "left_out"]:
    """Return for what the rest of the details waits though *last*, the entity's newest run, ended well.

    For `calls` of another day, for the next `syncs`, or it was `left_out` as asked; empty where none waits.
    """
    if last is None or last.state is not RunState.UP_TO_DATE or last.dry_run:
        return ""
    if not status.has_details or status.detailed >= status.local or last.mode in {Mode.WINDOW, Mode.RECORD}:
        return ""
    if last.request.get("details") in {"none", 0}:
        return "left_out"
    return "calls" if not last.details_total or last.details_done < last.details_total else "syncs"


def phases(run: RunInfo) -> tuple[tuple[Phase, Literal["done", "now", "open", "stopped"]], ...]:
    """Return the phases of *run* with where each stands."""
    order = list(Phase)
    found: list[tuple[Phase, Literal["done", "now", "open", "stopped"]]] = []
    for place, phase in enumerate(order):
        if phase is Phase.SWEEP and run.mode not in {Mode.FULL, Mode.SWEEP}:
            continue
        if phase is Phase.DETAILS and run.state.is_final and not run.details_total:
            continue
        if phase is Phase.DETAILS and run.state.is_final and run.details_done < run.details_total:
            found.append((phase, "stopped"))
        elif run.state.is_final or place < order.index(run.phase):
            found.append((phase, "done"))
        elif place > order.index(run.phase):
            found.append((phase, "open"))
        else:
            found.append((phase, "now" if run.state.is_live else "stopped"))
    return tuple(found)


class DatabaseInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Which database this is: kind `embedded` or `server`."""

    kind: str
    version: str
    size_bytes: int = 0


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the Sync screen, the status bar and `status` show."""

    entities: tuple[EntityStatus, ...]
    quota: QuotaStatus
    database: DatabaseInfo
    organization: str = ""
    organization_id: str = ""
    time_zone: str = ""
    at: datetime


class DryRun(RunInfo, frozen=True, kw_only=True):
    """A run that was only previewed: *foreseen* are the records it would touch or leave, not all where they are many.

    The counts are always whole.
    """

    foreseen: tuple[Foreseen, ...] = ()


class GoneRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A record of the mirror that Zoho no longer has; *label* is what a person knows it by."""

    id: str
    label: str = ""


class RunDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One run opened: its figures, its requests to Zoho, the records it rejected.

    *gone* are the records that a run at "Needs you" would delete.
    """

    run: RunInfo
    calls: tuple[CallRecord, ...]
    rejected: tuple[Rejected, ...]
    gone: tuple[GoneRecord, ...] = ()
