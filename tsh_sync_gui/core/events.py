"""News of the engine: things that happened, frozen and plain, so that they travel as JSON between processes."""

from __future__ import annotations

from datetime import datetime

import msgspec

from tsh_sync_gui.core.values import Calls, Counts, Mode, Phase, RunId, RunState


class _Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event"):
    """What all events share."""


class RunStarted(_Event, frozen=True, kw_only=True, tag="run_started"):
    """A run was opened, or an unfinished one resumed."""

    run: RunId
    entity: str
    mode: Mode
    trigger: str
    machine: str
    user: str
    at: datetime
    resumed: bool = False
    expected: int | None = None
    forecast_calls: int | None = None
    counts: Counts = Counts()
    calls: Calls = Calls()


class PhaseStarted(_Event, frozen=True, kw_only=True, tag="phase_started"):
    """A run went on to its next phase; *expected* counts records, None when not known."""

    run: RunId
    entity: str
    phase: Phase
    expected: int | None = None


class PageStored(_Event, frozen=True, kw_only=True, tag="page_stored"):
    """One or more pages are safe in the mirror; the figures are the run's so far."""

    run: RunId
    entity: str
    phase: Phase
    counts: Counts
    calls: Calls
    done: int
    expected: int | None = None


class RunWaiting(_Event, frozen=True, kw_only=True, tag="run_waiting"):
    """A run waits by itself; *reason* is that of a `Wait`, `database` or `other_machine`."""

    run: RunId
    entity: str
    reason: str
    until: datetime | None = None
    detail: str = ""


class RunContinued(_Event, frozen=True, kw_only=True, tag="run_continued"):
    """A run that waited or was paused works again."""

    run: RunId
    entity: str


class RunPaused(_Event, frozen=True, kw_only=True, tag="run_paused"):
    """A person paused the run."""

    run: RunId
    entity: str
    by: str = ""


class RunFinished(_Event, frozen=True, kw_only=True, tag="run_finished"):
    """A run ended; *title* and *advice* are the error's words where there is one."""

    run: RunId
    entity: str
    state: RunState
    counts: Counts
    calls: Calls
    seconds: float
    at: datetime
    title: str = ""
    advice: str = ""
    details_outstanding: int | None = None


class RecordsRejected(_Event, frozen=True, kw_only=True, tag="records_rejected"):
    """Records of a page went to the dead letters."""

    run: RunId
    entity: str
    number: int
    reason: str


class QuotaChanged(_Event, frozen=True, kw_only=True, tag="quota_changed"):
    """Calls were made or the server corrected the figures."""

    day_used: int
    day_limit: int
    resets_at: datetime
    minute_used: int
    minute_limit: int


class ConnectionChanged(_Event, frozen=True, kw_only=True, tag="connection_changed"):
    """A connection came or went; *what* is `zoho` or `database`."""

    what: str
    up: bool
    title: str = ""
    advice: str = ""


class Notice(_Event, frozen=True, kw_only=True, tag="notice"):
    """Something a person is told once, such as an endpoint this organization does not have."""

    entity: str
    title: str
    advice: str = ""


class LettersChanged(_Event, frozen=True, kw_only=True, tag="letters_changed"):
    """Dead letters are others than they were: by a person's deed, or by the retry *work*."""

    work: str = ""
    number: int = 0


class DeliveriesChanged(_Event, frozen=True, kw_only=True, tag="deliveries_changed"):
    """Webhooks came in, or the work they ask for went on; the inbox has them."""


class AlertRaised(_Event, frozen=True, kw_only=True, tag="alert_raised"):
    """An alert was opened, or happened once more; the list of alerts has it with its count."""

    cause: str
    subject: str = ""
    title: str = ""
    advice: str = ""


Event = (
    RunStarted
    | PhaseStarted
    | PageStored
    | RunWaiting
    | RunContinued
    | RunPaused
    | RunFinished
    | RecordsRejected
    | QuotaChanged
    | ConnectionChanged
    | Notice
    | LettersChanged
    | DeliveriesChanged
    | AlertRaised
)

RunEvent = (
    RunStarted | PhaseStarted | PageStored | RunWaiting | RunContinued | RunPaused | RunFinished | RecordsRejected
)
