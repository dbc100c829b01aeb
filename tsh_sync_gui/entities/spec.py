"""What an entity is: data from which table, upsert, walk, panel, command line choices and tests are derived."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from tsh_sync_gui.core.values import Lane


class Product(StrEnum):
    """The Zoho product that serves an endpoint."""

    BOOKS = "books"
    INVENTORY = "inventory"


class Kind(StrEnum):
    """What a value is; each kind has one column type, one check and one rendering."""

    TEXT = "text"
    ID = "id"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    DAY = "day"
    STAMP = "stamp"
    JSON = "json"


class TimeFilter(StrEnum):
    """Whether a list takes `last_modified_time` as a filter (zoho-api.md 3.11)."""

    DOCUMENTED = "documented"
    UNDOCUMENTED = "undocumented"
    NONE = "none"


class Direction(StrEnum):
    """Which side is the source."""

    FROM_ZOHO = "from_zoho"
    TO_ZOHO = "to_zoho"
    BOTH = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """A `sort_column` and its `sort_order`."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """One typed column and where its value stands in Zoho's record.

    *sources* are the keys to look under, first found wins (default: the column's name). *detail* marks what only a
    detail carries, *volatile* what moves without an edit: stored, but neither an update nor audited.
    """

    name: str
    kind: Kind = Kind.TEXT
    sources: tuple[str, ...] = ()
    title: str = ""
    required: bool = False
    detail: bool = False
    volatile: bool = False
    indexed: bool = False
    shown: bool = False
    compared: bool = False
    longest: int = 20_000

    @property
    def keys(self) -> tuple[str, ...]:
        """Return the keys of Zoho's record, in order of precedence."""
        return self.sources or (self.name,)

    @property
    def heading(self) -> str:
        """Return the words above the column."""
        return self.title or self.name.replace("_", " ").capitalize()


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """Rows inside a detail, such as line items: *source* is the array's key, *table* their own table.

    *objects* are keys of single objects that are rows too, before the array's; a field whose source is `@key` holds
    the key a row stood under.
    """

    table: str
    source: str
    fields: tuple[Field, ...]
    objects: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """One record gives several rows: the arrays (first found wins) in its detail, with the fields of an element.

    The list row gives one row with '' in the key columns. A record without *only_with* gives none.
    """

    arrays: tuple[str, ...]
    fields: tuple[Field, ...]
    only_with: str
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bulk:
    """A call that fetches many details at once, such as `/itemdetails?item_ids=` (zoho-api.md 3.2)."""

    path: str
    param: str
    records: str
    size: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """How one Zoho product serves an entity. *fixed* are query parameters of every list call."""

    product: Product
    path: str
    records: str
    record: str
    scope: str
    fixed: tuple[tuple[str, str], ...] = ()
    full_sort: Sort | None = None
    change_sort: Sort | None = None
    time_filter: TimeFilter = TimeFilter.NONE
    bulk: Bulk | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """How an entity is walked.

    *walk* names the walk; entities of one walk are served by the same calls. *overlap_days* widens a walk that stops
    at the watermark; *whole* means that changes are found by reading all; *details_age_days* re-reads details that
    old (0: only when the record changed); *interval_minutes* is how often the default schedule runs, unless the setting
    called *interval_setting* says otherwise; *by_interval* marks an entity that no filter shows to be stale, so that
    its walk is due only after its interval. *only* is a key and the value its records must have, where a server may
    ignore the filter that asks for them.
    """

    id: str
    created: str = "created_time"
    modified: tuple[str, ...] = ("last_modified_time",)
    walk: str = ""
    details: bool = True
    overlap_days: int = 0
    whole: bool = False
    details_age_days: int = 0
    interval_minutes: int = 60
    interval_setting: str = ""
    by_interval: bool = False
    lane: Lane = Lane.PULLS
    only: tuple[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Entity:
    """One kind of record that is kept in step.

    *apis* stand in order of preference. *counted_as* is its key in the statistics where that is not the route.
    *events* are the changes that Zoho is set up to tell of by webhooks: created, updated, deleted; *module* is what
    its workflow rules call these records.
    """

    name: str
    title: str
    one: str
    zoho: str
    route: str
    apis: tuple[Api, ...]
    pull: Pull
    fields: tuple[Field, ...]
    children: tuple[Child, ...] = ()
    spread: Spread | None = None
    parents: tuple[str, ...] = ()
    direction: Direction = Direction.FROM_ZOHO
    label: str = "name"
    rank: int = 0
    counted_as: str = ""
    events: tuple[str, ...] = ()
    module: str = ""

    @property
    def stats_key(self) -> str:
        """Return the key of this entity in the statistics."""
        return self.counted_as or self.route

    @property
    def walk(self) -> str:
        """Return the name of the walk that serves this entity."""
        return self.pull.walk or self.name

    @cached_property
    def key(self) -> tuple[str, ...]:
        """Return the columns that identify a row."""
        return ("zoho_id", *(self.spread.key if self.spread else ()))

    @cached_property
    def list_fields(self) -> tuple[Field, ...]:
        """Return the fields a list row carries, in column order."""
        return tuple(field for field in self.fields if not field.detail)

    @cached_property
    def detail_fields(self) -> tuple[Field, ...]:
        """Return the fields that only a detail carries, in column order."""
        return tuple(field for field in self.fields if field.detail)

    @cached_property
    def copy_columns(self) -> tuple[str, ...]:
        """Return the columns of a list row's COPY line, in order."""
        names = (field.name for field in self.list_fields)
        return ("zoho_id", *names, "zoho_modified_at", "content_hash", "observed_at", "raw")

    @cached_property
    def detail_columns(self) -> tuple[str, ...]:
        """Return the columns of a detail's COPY line, in order."""
        names = (field.name for field in self.detail_fields)
        return ("zoho_id", *names, "zoho_modified_at", "detailed_at", "raw_detail")

    @property
    def has_details(self) -> bool:
        """Tell whether a record's detail is worth a call."""
        return self.pull.details

    def api(self, products: frozenset[Product]) -> Api | None:
        """Return how this entity is served by an organization that has *products*, None when it is not."""
        return next((api for api in self.apis if api.product in products), None)
