"""The kinds of jobs that sync: whole lists and single records; and how each is put into the queue.

All of them are idempotent: what is newer in the mirror stays, and a walk goes on where it was broken off.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Protocol

from msgspec import structs

from tsh_sync_gui.core.errors import QuotaExhaustedError, RecordGoneError
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import Lane, RunId, RunState, iso, parse_moment
from tsh_sync_gui.engine.ports import CallRecord, RunInfo
from tsh_sync_gui.engine.ports.jobs import Handler, JobContext, JobId, Jobs, Kind
from tsh_sync_gui.engine.retrying import PostponedError, RunEndedError
from tsh_sync_gui.engine.views import SyncReport, SyncRequest

PULL: Final = "pull"
FETCH: Final = "fetch"
SETTLE: Final = timedelta(seconds=3)
"""Triggers for one record that come closer than this to its last fetch are answered by one fetch after the last."""

LastCall = Callable[[RunId], CallRecord | None]
Mode = Literal["changes", "full", "sweep", "window"]
_LOOK_AGAIN: Final = timedelta(seconds=30)


class Syncing(Protocol):
    """What the handlers need of the facade."""

    @property
    def settings(self) -> Settings:
        """Return the settings in force."""
        ...

    async def sync(self, request: SyncRequest) -> SyncReport:
        """Sync what *request* asks for, to the end."""
        ...


async def enqueue_fetch(
    jobs: Jobs,
    entity: str,
    record_id: str,
    *,
    lane: Lane = Lane.WEBHOOKS,
    trigger: str = "job",
    settle: timedelta = SETTLE,
    run_at: datetime | None = None,
    connection: Any | None = None,
) -> JobId | None:
    """Have one record fetched: at once, and again *settle* after the last trigger when more come within seconds."""
    return await jobs.enqueue(
        FETCH,
        {"entity": entity, "record_id": record_id, "trigger": trigger},
        key=f"{entity}:{record_id}",
        lane=lane,
        settle=settle,
        run_at=run_at,
        connection=connection,
    )


async def enqueue_pull(
    jobs: Jobs,
    entities: Sequence[str],
    *,
    lane: Lane = Lane.PULLS,
    mode: Mode = "changes",
    since: datetime | None = None,
    trigger: str = "schedule",
    run_at: datetime | None = None,
    connection: Any | None = None,
) -> JobId | None:
    """Have lists walked (*entities* empty: all), due by their interval or not; the same walk waits at most once."""
    names = sorted(entities)
    asked = {"entities": names, "mode": mode, "since": iso(since), "trigger": trigger}
    key = f"{','.join(names) or 'all'}:{mode}{iso(since) or ''}"
    return await jobs.enqueue(PULL, asked, key=key, lane=lane, run_at=run_at, connection=connection)


def syncing_kinds(
    service: Syncing, now: Callable[[], datetime], last_call: LastCall = lambda _run: None
) -> tuple[Kind, ...]:
    """Return the kinds of jobs that *service* does; *last_call* tells of a run what its attempt is to show."""
    return (
        Kind(name=FETCH, handler=_on(service, now, last_call, request=_record)),
        Kind(name=PULL, handler=_on(service, now, last_call, request=_walk), is_long=True),
    )


def _on(
    service: Syncing,
    now: Callable[[], datetime],
    last_call: LastCall,
    *,
    request: Callable[[Mapping[str, Any]], SyncRequest],
) -> Handler:
    async def handle(arguments: Mapping[str, Any], context: JobContext) -> None:
        if not service.settings.sync_enabled:
            # It was switched off between the moment this job was taken and now.
            raise PostponedError("Syncing is switched off", until=now() + _LOOK_AGAIN)
        asked = request(arguments)
        report = await service.sync(structs.replace(asked, lane=context.job.lane))
        if report.runs:
            context.note(run_id=report.runs[0].id)
        for run in report.runs:
            if (call := last_call(run.id)) is not None:
                context.note(request=call.asked, answer=call.answered)
            _check(run, one_record=bool(asked.record_id))

    return handle


def _record(arguments: Mapping[str, Any]) -> SyncRequest:
    return SyncRequest(
        entities=(arguments["entity"],),
        record_id=arguments["record_id"],
        trigger=arguments.get("trigger", "job"),
    )


def _walk(arguments: Mapping[str, Any]) -> SyncRequest:
    mode: Mode = arguments.get("mode", "changes")
    since = arguments.get("since")
    return SyncRequest(
        entities=tuple(arguments["entities"]),
        full=mode == "full",
        sweep=mode == "sweep",
        since=parse_moment(since) if since else None,
        details=arguments.get("details"),
        force=True,
        trigger=arguments.get("trigger", "job"),
    )


def _check(run: RunInfo, *, one_record: bool) -> None:
    """Raise what a run that did not end well says."""
    if run.state is RunState.WAITING:
        raise QuotaExhaustedError(
            run.title or "The day's calls are used up",
            resets_at=run.waiting_until,
            is_share=run.waiting_for == "daily_share",
            advice=run.advice,
        )
    if run.state not in {RunState.FAILED, RunState.NEEDS_YOU}:
        return
    if one_record and run.error_kind == RecordGoneError.kind:
        # Made and deleted before anybody looked: neither side knows it, and there is nothing to mend.
        return
    raise RunEndedError(run)
