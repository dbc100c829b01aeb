"""What the set-up tells and takes, step by step. No value here shows a secret in its repr."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Literal


class Step(StrEnum):
    """The steps of the wizard, in their order (ux.md 2.1)."""

    START = "start"
    DATABASE = "database"
    APP = "app"
    SIGN_IN = "sign_in"
    ORGANIZATION = "organization"
    CHECK = "check"
    WEBHOOKS = "webhooks"
    LIMITS = "limits"
    FIRST_SYNC = "first_sync"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the set-up is; kept in the home, so that closing the program loses nothing."""

    done: frozenset[Step] = frozenset()
    skipped: frozenset[Step] = frozenset()
    current: Step = Step.START

    @property
    def is_complete(self) -> bool:
        """Tell whether every step is done or was skipped on purpose."""
        return self.done | self.skipped >= frozenset(Step)


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvLine:
    """One line of an imported `.env`: a variable we know, or a *problem* in words (unknown, malformed, a bad value)."""

    number: int
    variable: str = ""
    shown: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvFile:
    """A `.env` as read: its lines as a person may see them, and its good values by field (secrets among them)."""

    path: Path
    lines: tuple[EnvLine, ...]
    values: dict[str, str] = field(repr=False)

    @property
    def problems(self) -> tuple[EnvLine, ...]:
        """Return the lines that cannot be taken over."""
        return tuple(line for line in self.lines if line.problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseTrial:
    """What is at a database address. *missing_right* names what the user lacks, *remedy* the SQL that grants it."""

    address: str
    version: str
    is_embedded: bool
    exists: bool = True
    may_create_database: bool = False
    missing_right: str = ""
    remedy: str = ""
    tables_present: int = 0
    tables_missing: tuple[str, ...] = ()
    mirrors: str = ""

    @property
    def is_usable(self) -> bool:
        """Tell whether the program can work with it as it is."""
        return self.exists and not self.missing_right


@dataclass(frozen=True, slots=True, kw_only=True)
class DataCentre:
    """One of Zoho's regions (zoho-api.md 1.4)."""

    location: str
    title: str
    accounts_url: str
    api_url: str
    console_url: str


ClientType = Literal["server", "desktop", "self"]
"""Zoho's client types: server-based (with a secret), mobile or desktop (PKCE), self client (pasted codes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleValues:
    """What a person pastes into Zoho's API console."""

    client_name: str
    homepage_url: str
    redirect_uri: str
    other_redirect_uris: tuple[str, ...]
    scopes: str
    console_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ZohoApp:
    """The registered app as it is kept; the secret only as dots and its last four characters."""

    client_id: str
    client_secret_shown: str
    client_type: ClientType
    location: str
    products: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """A sign-in under way: the address to open, where the browser will come back to, and until when we wait."""

    url: str = field(repr=False)
    redirect_uri: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """A sign-in that has worked and is kept. *moved_from* is the region chosen where the answer named another."""

    location: str
    scopes: frozenset[str]
    moved_from: str = ""
    sign_ins: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationChoice:
    """An organization the sign-in sees; *refusal* says why it can't be chosen (the database mirrors another)."""

    id: str
    name: str
    currency_code: str
    time_zone: str
    is_chosen: bool = False
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityCheck:
    """What the sign-in may do with one entity. *sample* is the number of records on one page, *more* if there are more.

    *may_write* is None for entities that are only read here. *missing_scope* is to be asked for in another sign-in;
    *is_absent* says that the organization does not have it, and syncs do without.
    """

    entity: str
    title: str
    may_read: bool
    may_write: bool | None = None
    sample: int | None = None
    more: bool = False
    missing_scope: str = ""
    problem: str = ""
    advice: str = ""
    is_absent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """One of Zoho's events as it is to be set up there: a *change* of an *entity*; *last_seen* ticks it.

    *module* is what Zoho's workflow rules call the entity's records.
    """

    entity: str
    title: str
    change: str
    module: str
    last_seen: datetime | None = None

    @property
    def key(self) -> str:
        """Return what names the event."""
        return f"{self.entity}.{self.change}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookPlan:
    """What a person enters in Zoho for webhooks. *secret* is shown as dots until it is asked for.

    *listener* says why deliveries are not received, *is_fresh* that the secret was made just now.
    """

    address: str
    secret: str = field(repr=False)
    events: tuple[WebhookEvent, ...]
    listener: str = ""
    is_listening: bool = False
    is_fresh: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanQuota:
    """One of Zoho's plans with its daily calls and calls at once (zoho-api.md 2, limits)."""

    title: str
    per_day: int
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsForm:
    """The limits as they are or shall be."""

    per_day: int
    per_minute: int
    batch_size: int
    concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleCost:
    """What keeping one entity in step costs: every *minutes*, *calls_per_day* in a day without unusual changes.

    *at_least* says that nobody knows yet how long its list is.
    """

    entity: str
    title: str
    minutes: int
    calls_per_day: int
    at_least: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenHealth:
    """How the sign-in stands. *refreshes* of *refresh_limit* in the last 10 minutes; *sign_ins* of Zoho's 20.

    *problem* says why it could not be tried just now; the state is what was known before.
    """

    state: Literal["ok", "needs_you", "none"]
    minutes_left: int | None
    refreshes: int
    refresh_limit: int
    sign_ins: int
    sign_in_limit: int
    scopes: frozenset[str] = frozenset()
    where: str = ""
    words: str = ""
    problem: str = ""
