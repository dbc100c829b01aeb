"""Alerts as they are kept: one for each cause and subject, however often it is raised; and who carries the word."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

from tsh_sync_gui.engine.ports.jobs import JobId

MERGED_FOR: Final = timedelta(hours=1)
"""What comes again within this is the same alert, and is not told a second time."""


class Cause(StrEnum):
    """What alerts are raised for (design.md 5)."""

    ERROR_RATE = "error_rate"
    RUN_FAILED = "run_failed"
    NEEDS_YOU = "needs_you"
    DEAD_LETTERS = "dead_letters"
    QUOTA = "quota"
    WEBHOOKS_SILENT = "webhooks_silent"
    DELIVERIES_REFUSED = "deliveries_refused"
    SIGN_IN_LOST = "sign_in_lost"
    RUNS_MISSED = "runs_missed"
    NOT_TOLD = "not_told"


class Severity(StrEnum):
    """How grave an alert is. A note asks for nothing and is over as soon as it is told."""

    NOTE = "note"
    WARNING = "warning"
    GRAVE = "grave"


class AlertState(StrEnum):
    """Whether the cause lasts."""

    OPEN = "open"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One cause with one subject (an entity, or '' for all), merged: *count* times from *first_at* to *last_at*.

    *evidence* is what it was raised for last: the same is not counted twice. *is_silenced* keeps it in the list but
    from being told.
    """

    id: int
    cause: Cause
    subject: str
    title: str
    remedy: str
    severity: Severity
    first_at: datetime
    last_at: datetime
    count: int = 1
    state: AlertState = AlertState.OPEN
    evidence: str = ""
    cleared_at: datetime | None = None
    is_silenced: bool = False
    silenced_until: datetime | None = None
    silenced_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What is raised."""

    cause: Cause
    subject: str = ""
    title: str
    remedy: str = ""
    severity: Severity = Severity.WARNING
    evidence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFact:
    """The last ended run of an entity."""

    entity: str
    id: str
    state: str
    error_kind: str
    title: str
    advice: str
    ended_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database says at *now* of all that alerts are raised for.

    *runs* are each entity's last walk, *questions* those that asked a person something nobody has answered;
    *ended* and *failed* are the runs of the last hour; *letters* are open dead letters, *newest_letter* the highest
    number among them; *signed_in_at* is the last sign-in; *open* are the causes, with subject, that last.
    """

    now: datetime
    zone: str = ""
    runs: Sequence[RunFact] = ()
    questions: Sequence[RunFact] = ()
    ended: int = 0
    failed: int = 0
    letters: int = 0
    newest_letter: int = 0
    signed_in_at: datetime | None = None
    open: frozenset[tuple[Cause, str]] = frozenset()


class AlertStore(Protocol):
    """Keeps alerts and silences for all machines."""

    async def raise_(self, raised: Raised) -> Alert | None:
        """Open an alert or count it once more; None when this very evidence was counted before."""
        ...

    async def clear(self, cause: Cause, subject: str) -> bool:
        """Note that the cause is gone; False when it was not open."""
        ...

    async def all(self, *, limit: int = 200) -> Sequence[Alert]:
        """Return alerts, open ones first, then the newest."""
        ...

    async def find(self, alert: int) -> Alert | None:
        """Return one alert."""
        ...

    async def silence(self, cause: Cause, subject: str | None, until: datetime | None, *, by: str) -> None:
        """Tell nobody of a cause (*subject* None: whatever its subject) until a moment, or until it is lifted."""
        ...

    async def lift(self, cause: Cause, subject: str | None) -> bool:
        """Tell of a cause again; False when it was not silenced."""
        ...

    async def to_tell(self, target: str, put: Callable[[Any, int], Awaitable[JobId | None]]) -> int:
        """Take, for *target* and once among all machines, the alerts it has not been told of; returns how many.

        One that comes again within an hour of its last telling waits for the hour's end. *put* enqueues, in the same
        transaction, the work that tells of the alert of a number.
        """
        ...

    async def facts(self, entities: Sequence[str]) -> Facts:
        """Return what alerts about *entities* are judged by."""
        ...

    async def forget(self) -> None:
        """Drop what is long over."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where alerts are sent: *key* recognises it without telling its address, *shown* is its kind and place."""

    key: str
    shown: str


class Courier(Protocol):
    """Sends alerts by mail and chat."""

    def targets(self) -> Sequence[Target]:
        """Return where this machine sends to, none where nothing is set up."""
        ...

    async def send(self, target: str, *, title: str, body: str, severity: Severity) -> None:
        """Send to the target of a key; TransientError says in words why it could not be sent."""
        ...
