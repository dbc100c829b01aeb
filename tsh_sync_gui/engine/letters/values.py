"""Dead letters as values: what could not be done and why, what was tried, and what people did about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports.budget import CallRecord
from tsh_sync_gui.engine.ports.jobs import Attempt

LETTER: Final = "letter"
"""The subject of a letter's attempts."""
TRIGGER: Final = "dead letter"
"""What runs are said to come of that mend letters."""
NOBODY: Final = ""
VALIDATION: Final = "validation"
"""The kind of a letter whose record has a value that cannot be taken; others have the kind of their error."""


class Part(StrEnum):
    """What failed: a record's list row or detail, a job, or what a webhook delivery asked for."""

    LIST = "list"
    DETAIL = "detail"
    JOB = "job"
    DELIVERY = "delivery"

    @property
    def is_record(self) -> bool:
        """Tell whether the letter holds a record's text, which a person can mend."""
        return self in {Part.LIST, Part.DETAIL}


class LetterState(StrEnum):
    """Where a letter stands. A snoozed one is open, and shown again at its time."""

    OPEN = "open"
    RESOLVED = "resolved"
    DISCARDED = "discarded"


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """One failure as a list shows it.

    *cause* is the fingerprint that groups it (`group` with the entity), *reason* the words with their particulars,
    *kind* `validation` or the error's kind. *tries* counts how often it was met. *resolved_by* is the run that brought
    the record; *locked_by* edits it until *locked_until*. At *next_try_at* it is tried again by
    itself: its job, or the retry it is part of, waits until then.
    """

    id: str
    entity: str
    part: Part
    record_id: str
    label: str
    state: LetterState
    cause: str
    field: str
    value: str
    reason: str
    kind: str
    advice: str
    tries: int
    first_seen_at: datetime
    last_seen_at: datetime
    run_id: str = ""
    retried_at: datetime | None = None
    assigned_to: str = NOBODY
    note: str = ""
    snoozed_until: datetime | None = None
    locked_by: str = ""
    locked_until: datetime | None = None
    resolved_at: datetime | None = None
    resolved_by: str = ""
    discarded_at: datetime | None = None
    discarded_by: str = ""
    discard_reason: str = ""
    is_new: bool = False
    next_try_at: datetime | None = None

    @property
    def key(self) -> str:
        """Return what tells this letter from others."""
        return self.id


class LetterGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Letters of one cause and entity. *title* is the cause in words, *example* a letter of it.

    *last_day* and *day_before* count those first seen in the last 24 hours and in the 24 before; *new* those since
    this person looked.
    """

    entity: str
    cause: str
    title: str
    field: str
    kind: str
    part: Part
    count: int
    new: int
    first_seen_at: datetime
    last_seen_at: datetime
    last_day: int
    day_before: int
    example: str
    remedy: str = ""

    @property
    def key(self) -> str:
        """Return what tells this group from others."""
        return f"{self.entity}\x1f{self.cause}"

    @property
    def search(self) -> str:
        """Return the search for the letters of this group."""
        return f"entity:{quoted(self.entity)} cause:={quoted(self.cause)}"


def quoted(text: str) -> str:
    """Return *text* as one value of a search."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class LetterOrder(StrEnum):
    """What a list of letters is sorted by."""

    LAST_SEEN = "last_seen"
    FIRST_SEEN = "first_seen"
    RECORD = "record"
    ENTITY = "entity"
    CAUSE = "cause"
    TRIES = "tries"
    ASSIGNEE = "assignee"


class LetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some letters of a search; *total* match in all, *after* asks for the next page ("" at the end)."""

    letters: tuple[Letter, ...]
    total: int
    after: str = ""


class LetterFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How things stand: *waiting* are open and not snoozed; of these *new* since this person looked, *mine* theirs.

    What came after *as_of* is not among them.
    """

    waiting: int = 0
    snoozed: int = 0
    new: int = 0
    mine: int = 0
    oldest_at: datetime | None = None
    last_resolved_at: datetime | None = None
    looked_at: datetime | None = None
    as_of: datetime | None = None
    by_entity: dict[str, int] = {}


class Deed(StrEnum):
    """What was done with a letter."""

    RETRY = "retry"
    EDIT = "edit"
    DISCARD = "discard"
    RESTORE = "restore"
    SNOOZE = "snooze"
    ASSIGN = "assign"
    NOTE = "note"


class LetterDeed(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a letter's history; *payload* is the edited text of an edit."""

    at: datetime
    by: str
    deed: Deed
    words: str = ""
    run_id: str = ""
    work: str = ""
    payload: str = ""


class WorkState(StrEnum):
    """Where the retry of many letters stands.

    `stopped` is what a careful one does at its first failure; `failed` says that no letter can be retried before a
    person has acted, as when the sign-in is refused.
    """

    RUNNING = "running"
    DONE = "done"
    STOPPED = "stopped"
    WAITING = "waiting"
    CANCELLED = "cancelled"
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        """Tell whether nothing more is done."""
        return self not in {WorkState.RUNNING, WorkState.WAITING}


class LetterWork(msgspec.Struct, frozen=True, kw_only=True):
    """The retry of letters, with its progress: *done* of *total*. *skipped* were no longer open, or cannot be retried.

    *pace* is how many records a minute at most, None for no limit but Zoho's. *new_failures* are letters of the same
    causes that were first seen since it began.
    """

    id: str
    by: str
    written: str
    is_careful: bool
    pace: int | None
    lane: Lane
    state: WorkState
    total: int
    done: int = 0
    succeeded: int = 0
    failed: int = 0
    skipped: int = 0
    calls: int = 0
    new_failures: int = 0
    started_at: datetime
    ended_at: datetime | None = None
    until: datetime | None = None
    words: str = ""

    @property
    def exit_code(self) -> int:
        """Return the command line's exit code (design.md 6)."""
        if self.state is WorkState.WAITING:
            return 5
        if self.state is WorkState.CANCELLED:
            return 130
        if self.state is WorkState.FAILED:
            return 4
        if self.failed and not self.succeeded:
            return 1
        return 3 if self.failed or self.state is WorkState.STOPPED else 0


class LetterForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a retry costs: calls, whether they fit in what is left today, seconds at the present limits.

    *careful_calls* are those of a careful retry, whose steps part what one call would bring. *without_call* letters are
    checked again as they are kept, *cannot* are not open or cannot be retried; *left_today* is what such work may still
    use. What does not fit goes on by itself after so many resets of the quota (*nights*; 0 when it fits, or never can).
    """

    letters: int
    calls: int
    careful_calls: int = 0
    without_call: int = 0
    cannot: int = 0
    left_today: int = 0
    fits: bool = True
    nights: int = 0
    seconds: float = 0.0
    lane: Lane = Lane.PERSON


class LetterOutline(msgspec.Struct, frozen=True, kw_only=True):
    """How many letters of one walk are to be retried, of how many records, each counted once.

    *is_record* tells records from jobs and deliveries, *is_asked_for* those that Zoho can be asked for by an id.
    """

    walk: str
    is_record: bool
    is_asked_for: bool
    letters: int
    records: int


class PayloadFault(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with an edited text; *line* counts from 1, 0 when it is not known."""

    field: str
    value: str
    reason: str
    line: int = 0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One value that differs: *path* like `line_items[2].rate`; None where one side has none."""

    path: str
    before: str | None
    after: str | None


class EditOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an edit: mended, or why not. *run_id* is the run that stored it.

    *kind* is the error's; *refused* is the text that was refused anew, if it was: what another edit is made from.
    """

    is_mended: bool
    letter: Letter
    run_id: str = ""
    title: str = ""
    advice: str = ""
    kind: str = ""
    faults: tuple[PayloadFault, ...] = ()
    refused: bytes = b""


class Sides(msgspec.Struct, frozen=True, kw_only=True):
    """A record on both sides as the mirror keeps it: Zoho's last good texts, and our row as a JSON object."""

    zoho_row: str | None = None
    zoho_detail: str | None = None
    ours: str | None = None
    synced_at: datetime | None = None
    deleted_at: datetime | None = None


class LetterDetail(msgspec.Struct, frozen=True, kw_only=True):
    """One letter opened. *differences* are from the last good text to the refused one; *others* of the same record.

    *attempts*, *history* and *requests* (those to Zoho for this record, with their answers as far as they are kept) are
    newest first. *calls* is what a retry costs, None when it cannot be retried.
    """

    letter: Letter
    payload: bytes
    text: str
    is_json: bool
    differences: tuple[Difference, ...]
    attempts: tuple[Attempt, ...]
    history: tuple[LetterDeed, ...]
    sides: Sides
    requests: tuple[CallRecord, ...] = ()
    others: tuple[Letter, ...] = ()
    remedy: str = ""
    calls: int | None = None
    can_edit: bool = False


class GivenUpLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A job or delivery that was given up, as a letter to be."""

    entity: str
    part: Part
    record_id: str
    record_key: str
    kind: str
    reason: str
    advice: str
    payload: bytes
    run_id: str = ""
    label: str = ""
    job_id: str = ""
