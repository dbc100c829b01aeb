"""One list with what changed in it since the start: pages in any order, filters, details."""

import json
import random
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tsh_sync_gui.simulator.clock import stamp_text
from tsh_sync_gui.simulator.collection import Collection, Row, Source, World
from tsh_sync_gui.simulator.created import Origin
from tsh_sync_gui.simulator.replies import encoded
from tsh_sync_gui.simulator.selection import Query, Selection, Test

MODIFIED = "last_modified_time"
_CACHED_SELECTIONS = 64


@dataclass(slots=True)
class Changed:
    """What lies over a made-up record: the changed fields, its stamp, and the rendered row."""

    patch: Row
    modified: int
    rendered: bytes = b""
    origin: Origin | None = None
    """The made-up record that a record created later is like."""


class Table:
    """The records of one collection; the base is made up on the fly, changes lie over it."""

    def __init__(self, collection: Collection, world: World) -> None:
        self.collection = collection
        self.world = world
        self.source: Source = collection.source(world)
        self.base_count = len(self.source.created)
        self.changed: dict[int, Changed] = {}
        self.deleted: set[int] = set()
        self._history: list[tuple[int, int]] = []
        """Stamps given and the records that got them; stamps only ever grow."""
        self._unstamped: set[int] = set()
        self._orders: dict[str, Sequence[int]] = {}
        self._selections: dict[tuple[Query, int], Selection] = {}
        self._changes = 0
        self.next_index = self.base_count
        """Where the next record that is created goes."""
        if collection.time_filter:
            self.order(MODIFIED)  # at once, so that the first small incremental isn't the one that pays for sorting

    # Records ---------------------------------------------------------------------------------------------------------

    def find(self, identifier: str) -> int | None:
        """Return the index of a live record."""
        index = self.collection.index_of(identifier)
        if index is None or index in self.deleted:
            return None
        return index if index < self.base_count or index in self.changed else None

    def row(self, index: int) -> Row:
        """Return the current list row."""
        over = self.changed.get(index)
        origin = over.origin if over else None
        base: Row = json.loads(self.source.rows((origin.index if origin else index,))[0])
        if over is None:
            return base
        base.update(origin.values if origin else {})
        base.update({key: value for key, value in over.patch.items() if key in base})
        for key in (MODIFIED, "updated_time"):
            if key in base:
                base[key] = stamp_text(over.modified)
        return base

    def detail(self, index: int) -> Row:
        """Return the current detail."""
        over = self.changed.get(index)
        if over is not None and over.origin is not None:
            detail = over.origin.parted(self.source.detail(over.origin.index, self.row(index)), index)
        else:
            detail = self.source.detail(index, self.row(index))
        if over is not None:
            detail.update({key: value for key, value in over.patch.items() if key in detail})
            for key in (MODIFIED, "updated_time"):
                if key in detail:
                    detail[key] = stamp_text(over.modified)
        return detail

    def rendered(self, indexes: Iterable[int]) -> list[bytes]:
        """Return current list rows as JSON."""
        changed = self.changed
        if not changed:
            return self.source.rows(indexes)
        wanted = list(indexes)
        if changed.keys().isdisjoint(wanted):
            return self.source.rows(wanted)
        return [self._one(index) for index in wanted]

    def _one(self, index: int) -> bytes:
        over = self.changed.get(index)
        if over is None:
            return self.source.rows((index,))[0]
        if not over.rendered:
            over.rendered = encoded(self.row(index))
        return over.rendered

    # Changes ---------------------------------------------------------------------------------------------------------

    def patch(self, index: int, values: Row, *, modified: int | None) -> None:
        """Lay *values* over a record; without *modified* its stamp stays, as for stock that moves by documents."""
        over = self.changed.get(index)
        if over is None:
            before = self.source.modified[index] if index < self.base_count else 0
            over = self.changed[index] = Changed({}, before)
        over.patch.update(values)
        if modified is None:
            self._unstamped.add(index)
        else:
            over.modified = modified
            self._history.append((modified, index))
        over.rendered = b""
        self._selections.clear()

    def create(self, index: int, like: int, values: Row, *, modified: int) -> None:
        """Make a record at *index* that is like the one at *like*, but for its id, its names and *values*."""
        origin = self.origin(like)
        before = json.loads(self.source.rows((origin,))[0])
        self.changed[index] = Changed(
            {}, modified, origin=Origin.of(self.collection, before, (origin, index), modified)
        )
        self.next_index = max(self.next_index, index + 1)
        self.patch(index, values, modified=modified)

    def origin(self, index: int) -> int:
        """Return the made-up record that a record is or is like."""
        over = self.changed.get(index)
        return over.origin.index if over is not None and over.origin is not None else index

    def delete(self, index: int) -> None:
        """Take a record away."""
        self.deleted.add(index)
        self._selections.clear()

    def choose(self, count: int) -> list[int]:
        """Return *count* live records spread over the list, others each time."""
        self._changes += 1
        live = self.control_indexes()
        if count >= len(live):
            return list(live)
        picker = random.Random(f"{self.world.config.seed}:{self.collection.name}:{self._changes}")  # noqa: S311 - made up
        return sorted(picker.sample(live, count))

    def control_indexes(self) -> Sequence[int]:
        """Return the live records that the control endpoints speak of."""
        mirrored = self.collection.mirrored
        tests = (Test((mirrored[0],), "eq", mirrored[1]),) if mirrored else ()
        return self.select(Query(tests, "created_time", descending=False)).indexes

    def forget_computed(self) -> None:
        """Drop cached selections, orders, columns and rows, because computed values moved with the clock."""
        self._selections.clear()
        self._orders.clear()
        self.source.forget_columns()
        for over in self.changed.values():
            over.rendered = b""

    # Selections ------------------------------------------------------------------------------------------------------

    def select(self, query: Query) -> Selection:
        """Return the live records that pass all tests, in order; repeated requests cost a look-up."""
        key = (query, self.world.clock.books_day())
        found = self._selections.get(key)
        if found is None:
            if len(self._selections) >= _CACHED_SELECTIONS:
                self._selections.clear()
            found = self._selections[key] = Selection(self._ordered(query), query.descending)
        return found

    def order(self, column: str) -> Sequence[int]:
        """Return all base records in ascending order of *column*; equal values by age."""
        if column == "created_time":
            return range(self.base_count)
        found = self._orders.get(column)
        if found is None:
            found = self.source.order(column)
            if found is None:
                found = array("I", sorted(range(self.base_count), key=self._base(column).__getitem__))
            self._orders[column] = found
        return found

    def _base(self, column: str) -> Sequence[Any]:
        if column == MODIFIED:
            return self.source.modified
        if column == "created_time":
            return self.source.created
        return self.source.column(column)

    def _key(self, column: str) -> Callable[[int], Any]:
        """Return what tells a base record's value, without working out a whole column where that can be spared."""
        if column in {MODIFIED, "created_time"}:
            return self._base(column).__getitem__
        return self.source.key(column)

    def _current(self, column: str) -> Callable[[int], Any]:
        """Return what tells any record's value, changes included."""
        base = self._key(column)

        def value(index: int) -> Any:
            over = self.changed.get(index)
            if over is None:
                return base(index)
            if column == MODIFIED:
                return over.modified
            if column in over.patch:
                return over.patch[column]
            if over.origin is None:
                return base(index)
            return over.origin.value(column, base(over.origin.index))

        return value

    def _ordered(self, query: Query) -> Sequence[int]:
        order = self.order(query.sort)
        touched = self.changed.keys() | self.deleted
        by_age = query.sort == "created_time" and not self.deleted and self.next_index == self.base_count
        if not query.tests and (not touched or by_age):
            return order
        kept = self._passing_base(query, touched)
        values = [(test, [self._current(column) for column in test.columns]) for test in query.tests]
        fresh = [
            index
            for index in self._perhaps(query)
            if index not in self.deleted
            and all(test.holds([value(index) for value in columns]) for test, columns in values)
        ]
        return _merged(kept, fresh, self._current(query.sort))

    def _perhaps(self, query: Query) -> Iterable[int]:
        """Return the changed records that may pass, without a look at each when only the latest are asked for."""
        since = _since(query)
        if since is None:
            return self.changed
        first = bisect_left(self._history, (since.value,))
        return {index for _, index in self._history[first:]} | self._unstamped

    def _passing_base(self, query: Query, touched: set[int]) -> "array[int]":
        tests = list(query.tests)
        since = _since(query)
        if since is None:
            found: Iterable[int] = self.order(query.sort)
            ordered = True
        else:
            tests.remove(since)
            by_time = self.order(MODIFIED)
            first = since.value + (since.operation == "gt")
            found = by_time[bisect_left(by_time, first, key=self.source.modified.__getitem__) :]
            ordered = query.sort == MODIFIED
        for test in tests:
            found = self._filtered(test, found)
        kept = [index for index in found if index not in touched] if touched else list(found)
        if not ordered:
            kept.sort()
            kept.sort(key=self._key(query.sort))
        return array("I", kept)

    def _filtered(self, test: Test, indexes: Iterable[int]) -> list[int]:
        columns = [self._base(column) for column in test.columns]
        if len(columns) == 1:
            column = columns[0]
            if test.operation == "eq":
                return [index for index in indexes if column[index] == test.value]
            if test.operation == "in":
                return [index for index in indexes if column[index] in test.value]
        return [index for index in indexes if test.holds([column[index] for column in columns])]


def _since(query: Query) -> Test | None:
    """Return the query's time filter."""
    return next((test for test in query.tests if test.columns == (MODIFIED,) and test.operation in {"ge", "gt"}), None)


def _merged(kept: "array[int]", fresh: list[int], key: Callable[[int], Any]) -> "array[int]":
    """Return *kept*, which is in order, with *fresh* put where they belong; few among many cost little."""

    def full_key(index: int) -> tuple[Any, int]:
        return key(index), index

    made = array("I")
    done = 0
    for index in sorted(fresh, key=full_key):
        place = bisect_left(kept, full_key(index), lo=done, key=full_key)
        made.extend(kept[done:place])
        made.append(index)
        done = place
    made.extend(kept[done:])
    return made
