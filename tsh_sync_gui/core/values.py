"""Values the whole program shares: run states and modes, call counts, stamps as Zoho writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from enum import StrEnum
from typing import NewType

import msgspec

RunId = NewType("RunId", str)


class RunState(StrEnum):
    """Where a run stands; the last six are ends (`waiting` ends a run only for the daily quota, without --wait)."""

    RUNNING = "running"
    PAUSED = "paused"
    WAITING = "waiting"
    UP_TO_DATE = "up_to_date"
    PARTLY_DONE = "partly_done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    NEEDS_YOU = "needs_you"

    @property
    def is_final(self) -> bool:
        """Tell whether the run is over and will not be resumed."""
        return self in {RunState.UP_TO_DATE, RunState.PARTLY_DONE}

    @property
    def is_live(self) -> bool:
        """Tell whether some process may be working on the run."""
        return self in {RunState.RUNNING, RunState.PAUSED, RunState.WAITING}


class EntityState(StrEnum):
    """The nine state words of ux.md 1."""

    UP_TO_DATE = "up_to_date"
    RUNNING = "running"
    WAITING = "waiting"
    LATE = "late"
    PARTLY_DONE = "partly_done"
    FAILED = "failed"
    NEEDS_YOU = "needs_you"
    PAUSED = "paused"
    NEVER_RUN = "never_run"


class Mode(StrEnum):
    """What a run walks."""

    FULL = "full"
    INCREMENTAL = "incremental"
    WINDOW = "window"
    RECORD = "record"
    SWEEP = "sweep"


class Phase(StrEnum):
    """The phases of a run, in order."""

    LIST = "list"
    SWEEP = "sweep"
    DETAILS = "details"


class Lane(StrEnum):
    """Whose share of the quota a call is paid from, in order of precedence (design.md 5, Budget)."""

    PERSON = "person"
    ORDERS = "orders"
    WEBHOOKS = "webhooks"
    STOCK = "stock"
    PULLS = "pulls"
    DETAILS = "details"
    IMAGES = "images"


class CallKind(StrEnum):
    """What a call fetched; the keys of `calls` in the command line's JSON."""

    LIST = "list"
    BULK = "bulk"
    DETAIL = "detail"


class Calls(msgspec.Struct, frozen=True, kw_only=True):
    """Calls to Zoho, by kind."""

    list: int = 0
    bulk: int = 0
    detail: int = 0

    @property
    def total(self) -> int:
        """Return the calls of all kinds."""
        return self.list + self.bulk + self.detail

    def plus(self, kind: CallKind, number: int = 1) -> Calls:
        """Return these calls and *number* more of *kind*."""
        return msgspec.structs.replace(self, **{kind.value: getattr(self, kind.value) + number})

    def __add__(self, other: Calls) -> Calls:
        return Calls(list=self.list + other.list, bulk=self.bulk + other.bulk, detail=self.detail + other.detail)


class VaultKind(StrEnum):
    """Where the secrets of a home rest."""

    KEYCHAIN = "keychain"
    FILE = "file"
    ENVIRONMENT = "environment"
    MEMORY = "memory"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What a run did to records; for entities with several rows a record, records are counted, not rows."""

    seen: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    deleted: int = 0
    failed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in self.__struct_fields__})


_STAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)\Z")


def parse_stamp(text: str) -> datetime:
    """Return Zoho's `2026-10-06T10:24:19+0530` as an aware UTC datetime; ValueError when it is none."""
    found = _STAMP.match(text)
    if not found:
        raise ValueError(text)
    return datetime.fromisoformat(found[1] + found[2]).astimezone(UTC)


def zoho_stamp(moment: datetime) -> str:
    """Return *moment* as the only form Zoho's time filter takes: `YYYY-MM-DDTHH:MM:SS+HHMM` (zoho-api.md 0.1)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")


def parse_moment(text: str) -> datetime:
    """Return a person's date or stamp (`2026-11-01`, `2026-11-01T08:00+03:00`) as UTC; ValueError when it is none."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.astimezone()).astimezone(UTC)


def iso(moment: datetime | None) -> str | None:
    """Return *moment* as ISO 8601 in UTC with whole seconds, None for None."""
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
