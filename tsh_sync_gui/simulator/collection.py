"""What a list of the organization is: names, filters and sorts as data, and where its rows come from.

An entity is one `Collection` in one module of `simulator/data`; a test hands a ninth to `Simulator(extra=…)`.
"""

import json
import random
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tsh_sync_gui.simulator.clock import DATA_END, DATA_START, Clock, parse_stamp, stamp_text
from tsh_sync_gui.simulator.config import SimulatorConfig
from tsh_sync_gui.simulator.replies import encoded
from tsh_sync_gui.simulator.selection import ABSENT

Row = dict[str, Any]
BOOKS = "books"
INVENTORY = "inventory"
BOTH = frozenset({BOOKS, INVENTORY})
ID_BASE = 5_461_470_000_000_000_000
"""Ids have 19 digits and lie beyond 2^53, where a float no longer tells neighbours apart."""
ID_SERIES = 100_000_000_000
ID_STEP = 3


class Source(Protocol):
    """Where the rows of a list come from; index 0 is the oldest record."""

    created: Sequence[int]
    modified: Sequence[int]

    def rows(self, indexes: Iterable[int]) -> list[bytes]:
        """Return the list rows as JSON."""
        ...

    def detail(self, index: int, row: Row) -> Row:
        """Return the detail of the record whose current list row is *row*."""
        ...

    def column(self, name: str) -> Sequence[Any]:
        """Return a sortable value per record."""
        ...

    def key(self, name: str) -> Callable[[int], Any]:
        """Return what tells one record's value in a column."""
        ...

    def order(self, column: str) -> Sequence[int] | None:
        """Return the ascending order of a column where it is known without sorting, or None."""
        ...

    def forget_columns(self) -> None:
        """Drop what was worked out, because what it was made from moved."""
        ...


@dataclass(slots=True)
class World:
    """What the sources of one organization share."""

    config: SimulatorConfig
    clock: Clock
    sources: dict[str, Any] = field(default_factory=dict)
    changed: Callable[[str, int], Row | None] = lambda _name, _index: None
    """Returns what was changed in a record since the simulator started, or None."""

    def words(self, name: str, count: int) -> "array[int]":
        """Return 64 random bits per record, the same for the same seed and position."""
        words = array("Q")
        words.frombytes(random.Random(f"{self.config.seed}:{name}").randbytes(8 * count))  # noqa: S311 - made-up data
        return words


@dataclass(frozen=True, kw_only=True)
class Collection:
    """One list of the organization; `name` is its path and its name in the control endpoints."""

    name: str
    record_key: str
    id_key: str
    label: str
    report: str
    series: int
    source: Callable[[World], Source]
    size: Callable[[SimulatorConfig], int]
    rows_key: str = ""
    products: frozenset[str] = BOTH
    scopes: Mapping[str, str] = field(default_factory=dict)
    """OAuth module per product; a product that is absent asks for none."""
    sorts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    default_sort: tuple[str, bool] = ("created_time", True)
    """Column, and whether descending."""
    default_filter: Mapping[str, str] = field(default_factory=dict)
    time_filter: frozenset[str] = frozenset()
    """The products whose list obeys `last_modified_time`; the others ignore it."""
    status_column: str = "status"
    statuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of the status column per lower-case `filter_by=Status.<key>`; a missing key filters nothing."""
    filter_family: str = "Status"
    equal: tuple[str, ...] = ()
    """Columns filtered by a parameter of their own name."""
    texts: tuple[str, ...] = ()
    """Columns that also take `_startswith` and `_contains`."""
    numbers: tuple[str, ...] = ()
    """Columns that also take `_less_than`, `_less_equals`, `_greater_than`, `_greater_equals`."""
    dates: tuple[str, ...] = ()
    """Columns that also take `_start`, `_end`, `_before`, `_after`."""
    search: tuple[str, ...] = ()
    """Columns that `search_text` looks at."""
    id_filter: str = ""
    """Parameter that takes comma-separated ids."""
    mirrored: tuple[str, str] | None = None
    """Column and value that the control endpoints keep to, where the list also holds what nobody mirrors."""
    mirrored_size: Callable[[SimulatorConfig], int] | None = None
    """How many records those are, where it is not all."""
    change: Callable[[Row, int], Row] = lambda row, serial: {"description": f"{row.get('description', '')}·{serial}"}
    """Returns the visible fields that `/__sim/change` alters."""
    quiet_changes: Mapping[str, Callable[[Row, int], Row]] = field(default_factory=dict)
    """Changes of another kind, by name, that leave the record's stamp as it is; an empty answer passes it over."""
    loud_changes: Mapping[str, Callable[[Row, int], Row]] = field(default_factory=dict)
    """Changes of another kind, by name, that move the stamp."""
    localise: Callable[[bytes, str], bytes] | None = None
    """Rewrites an answer's body for one product, where the products use different words."""

    @property
    def plural(self) -> str:
        """Return the reply key of the list."""
        return self.rows_key or self.name

    def id_of(self, index: int) -> str:
        """Return the id of the record at *index*."""
        return str(ID_BASE + self.series * ID_SERIES + index * ID_STEP)

    def index_of(self, identifier: str) -> int | None:
        """Return the index that *identifier* would have, or None if it can't be an id of this list."""
        if not identifier.isascii() or not identifier.isdigit():
            return None
        index, rest = divmod(int(identifier) - ID_BASE - self.series * ID_SERIES, ID_STEP)
        return index if rest == 0 and index >= 0 else None


def spread(count: int, *, imported: int = 0, start: int = DATA_START, end: int = DATA_END) -> "array[int]":
    """Return ascending stamps; the first *imported* come in blocks of 250 of the same second, as imports do."""
    step = (end - start) / max(count, 1)
    made = array("I", bytes(4 * count))
    for index in range(count):
        place = index - index % 250 if index < imported else index
        made[index] = start + int(place * step)
    return made


class SimpleSource:
    """Rows made by a function of the index; enough for small lists and for tests' own entities."""

    def __init__(self, count: int, make: Callable[[int], Row], extra: Callable[[Row], Row] | None = None) -> None:
        self._make = make
        self._extra = extra
        self.count = count
        rows = [make(index) for index in range(count)]
        stamps = spread(count)
        self.created = [parse_stamp(str(row.get("created_time", ""))) or stamps[n] for n, row in enumerate(rows)]
        self.modified = [
            parse_stamp(str(row.get("last_modified_time", ""))) or created
            for row, created in zip(rows, self.created, strict=True)
        ]

    def row(self, index: int) -> Row:
        """Return one list row."""
        stamps = {
            "created_time": stamp_text(self.created[index]),
            "last_modified_time": stamp_text(self.modified[index]),
        }
        return {**stamps, **self._make(index)}

    def rows(self, indexes: Iterable[int]) -> list[bytes]:
        """Return list rows as JSON."""
        return [encoded(self.row(index)) for index in indexes]

    def detail(self, index: int, row: Row) -> Row:  # noqa: ARG002 - as the protocol says
        """Return the row, with what only a detail has."""
        return {**row, **(self._extra(row) if self._extra else {})}

    def column(self, name: str) -> Sequence[Any]:
        """Return a sortable value per record."""
        return comparable([self.row(index).get(name, "") for index in range(self.count)])

    def key(self, name: str) -> Callable[[int], Any]:
        """Return what tells one record's value in a column."""
        return self.column(name).__getitem__

    def order(self, _column: str) -> Sequence[int] | None:
        """Return None: short lists are sorted."""
        return None

    def forget_columns(self) -> None:
        """Keep nothing, so forget nothing."""


class TemplateSource:
    """Rows made by filling byte templates: the fast way, for lists of a million."""

    def __init__(self, world: World, created: Sequence[int], modified: Sequence[int]) -> None:
        self.world = world
        self.count = len(created)
        self.created = created
        self.modified = modified
        self._columns: dict[str, Sequence[Any]] = {}

    def rows(self, indexes: Iterable[int]) -> list[bytes]:
        """Return list rows as JSON."""
        return [self.one(index) for index in indexes]

    def one(self, index: int) -> bytes:
        """Return one list row as JSON; a source renders either this or all `rows` at once."""
        return self.rows((index,))[0]

    def row(self, index: int) -> Row:
        """Return one list row."""
        made: Row = json.loads(self.rows((index,))[0])
        return made

    def column(self, name: str) -> Sequence[Any]:
        """Return a sortable value per record, worked out once."""
        found = self._columns.get(name)
        if found is None:
            found = self._columns[name] = self.make_column(name)
        return found

    def make_column(self, name: str) -> Sequence[Any]:
        """Work out a column by reading every row; sources with long lists know shorter ways."""
        return comparable([self.row(index).get(name, "") for index in range(self.count)])

    def key(self, name: str) -> Callable[[int], Any]:
        """Return what tells one record's value in a column."""
        return self.column(name).__getitem__

    def order(self, _column: str) -> Sequence[int] | None:
        """Return None: sources that know an order without sorting say so themselves."""
        return None

    def forget_columns(self) -> None:
        """Drop the columns, because what they were made from moved."""
        self._columns.clear()


def comparable(values: list[Any]) -> list[Any]:
    """Return *values* so that they sort: absent numbers, which Zoho writes as empty text, come first."""
    if any(not isinstance(value, str) for value in values):
        return [ABSENT if isinstance(value, str) else value for value in values]
    return values


def template(fields: Mapping[str, Any]) -> bytes:
    """Return a bytes template of an object; a `bytes` value is put in as it stands, as a placeholder of `%`.

    A key that starts with a star stands for its value alone, which then holds keys of its own.
    """
    # One call of the encoder for all fields, with marks where bytes go: a catalogue has thousands of templates.
    marked = {key: f"\x00{key}\x00" if isinstance(value, bytes) else value for key, value in fields.items()}
    made = encoded(marked).replace(b"%", b"%%")
    for key, value in fields.items():
        if isinstance(value, bytes):
            mark = encoded(f"\x00{key}\x00")
            made = made.replace(encoded(key) + b":" + mark if key.startswith("*") else mark, value)
    return made
