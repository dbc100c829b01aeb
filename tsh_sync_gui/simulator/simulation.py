"""The organization at work: its tables, clock, limits, faults and journal, without any HTTP."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tsh_sync_gui.simulator.clock import DATA_END, Clock
from tsh_sync_gui.simulator.collection import Collection, Row, World
from tsh_sync_gui.simulator.config import LOCATIONS, SimulatorConfig
from tsh_sync_gui.simulator.data import COLLECTIONS
from tsh_sync_gui.simulator.faults import Faults
from tsh_sync_gui.simulator.grants import OPERATIONS, Grants
from tsh_sync_gui.simulator.limits import Limits
from tsh_sync_gui.simulator.state import Journal
from tsh_sync_gui.simulator.table import Table
from tsh_sync_gui.simulator.webhooks_queue import Webhooks, described

_REGISTERED: list[Collection] = []
_EVENTS = {"create": "created", "patch": "edited", "delete": "deleted"}
_NUMBER = re.compile(r"/\d+(?=/|$)")


def register(collection: Collection) -> None:
    """Make every simulator that starts from now on serve *collection* too."""
    if all(known.name != collection.name for known in _REGISTERED):
        _REGISTERED.append(collection)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, as far as the simulator looks at it."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    origin: str = ""
    region: str = LOCATIONS[0]
    """The data centre that was asked."""
    prefix: str = ""
    """What stood before the path and named the data centre."""

    def form(self) -> dict[str, Any]:
        """Return the body as a JSON object; raises ValueError when it is none."""
        if not self.body:
            return {}
        value = json.loads(self.body)
        if not isinstance(value, dict):
            raise ValueError("the body must be an object")  # noqa: TRY004 - the caller turns one error into words
        return value


@dataclass(slots=True)
class Counts:
    """What was asked since the last reset; ids in paths are written `{id}`."""

    total: int = 0
    by_path: Counter[str] = field(default_factory=Counter)
    by_status: Counter[str] = field(default_factory=Counter)
    sign_in: Counter[str] = field(default_factory=Counter)

    def path(self, path: str) -> None:
        """Count a request for *path*."""
        self.by_path[_NUMBER.sub("/{id}", path)] += 1

    def as_json(self) -> dict[str, Any]:
        """Return the counts as `/__sim/requests` tells them."""
        return {"total": self.total, "by_path": dict(self.by_path), "by_status": dict(self.by_status)}


class Simulation:
    """One organization; everything but the wire."""

    def __init__(self, config: SimulatorConfig, extra: Sequence[Collection] = ()) -> None:
        self.config = config
        self.clock = Clock()
        self.limits = Limits(self.clock)
        self.faults = Faults()
        self.faults.set(list(config.faults))
        self.counts = Counts()
        self.grants = Grants()
        self.journal = Journal(config.state_file)
        self._last_stamp = DATA_END
        self._serial = 0
        world = World(config, self.clock)
        self.world = world
        self.tables: dict[str, Table] = {}
        for collection in (*COLLECTIONS, *_REGISTERED, *extra):
            table = Table(collection, world)
            world.sources[collection.name] = table.source
            self.tables[collection.name] = table
        self.webhooks = Webhooks(self.clock, self.journal, lambda: self.config)
        self.webhooks.recall()
        for entry in self.journal.replay():
            self._apply(entry)
        self.webhooks.begin()
        if config.webhooks:
            self.set_webhooks(config.webhooks)

    # Changes ---------------------------------------------------------------------------------------------------------

    def next_stamp(self) -> int:
        """Return now in whole seconds, later than any stamp given before."""
        self._last_stamp = max(int(self.clock.now()), self._last_stamp + 1)
        return self._last_stamp

    def change(self, table: Table, count: int, what: str = "") -> list[str]:
        """Change *count* records; `what` names another kind of change. Returns their ids."""
        collection = table.collection
        quiet = collection.quiet_changes.get(what)
        make: Callable[[Row, int], Row] = quiet or collection.loud_changes.get(what) or collection.change
        modified = None if quiet else self.next_stamp()
        entries: list[dict[str, Any]] = []
        for index in table.choose(count * 4 if quiet else count):
            if len(entries) == count:
                break
            self._serial += 1
            values = make(table.row(index), self._serial)
            if values:
                entries.append(self._patch_entry(table, index, values, modified))
        self.commit(entries)
        return [entry["id"] for entry in entries]

    def update(self, table: Table, index: int, values: Row) -> None:
        """Change given fields of one record."""
        self.commit([self._patch_entry(table, index, values, self.next_stamp())])

    def create(self, table: Table, count: int, values: Row) -> list[str]:
        """Make *count* new records, each like another but for its id, its names and *values*; returns their ids."""
        likes = table.choose(count)
        if count and not likes:
            raise ValueError(f"{table.collection.name} holds no record that a new one could be like")
        collection, stamp = table.collection, self.next_stamp()
        entries: list[dict[str, Any]] = [
            {
                "op": "create",
                "entity": collection.name,
                "id": collection.id_of(table.next_index + place),
                "like": collection.id_of(likes[place % len(likes)]),
                "values": values,
                "modified": stamp,
            }
            for place in range(count)
        ]
        self.commit(entries)
        return [entry["id"] for entry in entries]

    def delete(self, table: Table, indexes: Sequence[int]) -> list[str]:
        """Take records away; returns their ids."""
        ids = [table.collection.id_of(index) for index in indexes]
        self.commit([{"op": "delete", "entity": table.collection.name, "id": identifier} for identifier in ids])
        return ids

    def advance(self, seconds: float) -> None:
        """Move the clock, and with it what is computed from the day."""
        self.commit([{"op": "advance", "seconds": seconds}])

    def reset(self) -> None:
        """Forget what was counted: requests, limits, token requests. Data, clock, faults and settings stay."""
        self.counts = Counts()
        self.limits.reset()
        self.webhooks.reset()

    def set_webhooks(self, values: Sequence[Any]) -> None:
        """Replace all webhooks; raises ValueError saying what is wrong with one."""
        hooks = [hook.as_json(with_secret=True) for hook in described(values)]
        self.commit([{"op": "webhooks", "webhooks": hooks}])

    def set_webhook_mode(self, values: dict[str, Any]) -> None:
        """Change how deliveries misbehave; raises ValueError saying what is wrong with a value."""
        self.webhooks.mode.changed(values)
        self.commit([{"op": "webhooks_mode", "values": values}])

    def commit(self, entries: Sequence[dict[str, Any]]) -> None:
        """Write *entries* down, then apply them."""
        for entry in entries if self.webhooks.hooks else ():
            table = self.tables.get(entry.get("entity", ""))
            if table is not None and entry["op"] in _EVENTS:
                quiet = entry["op"] == "patch" and entry["modified"] is None
                promise = self.webhooks.promise(table.collection, _EVENTS[entry["op"]], is_quiet=quiet)
                entry.update({"webhooks": promise} if promise else {})
        self.journal.append(*entries)
        for entry in entries:
            self._apply(entry)

    @staticmethod
    def _patch_entry(table: Table, index: int, values: Row, modified: int | None) -> dict[str, Any]:
        name, identifier = table.collection.name, table.collection.id_of(index)
        return {"op": "patch", "entity": name, "id": identifier, "values": values, "modified": modified}

    def _apply(self, entry: dict[str, Any]) -> None:
        match entry["op"]:
            case "advance":
                self.clock.advance(entry["seconds"])
                for table in self.tables.values():
                    table.forget_computed()
                self.webhooks.wake()
            case "webhooks":
                self.webhooks.set(entry["webhooks"])
            case "webhooks_mode":
                self.webhooks.set_mode(entry["values"])
            case "webhooks_ended":
                return  # was read before all else
            case operation if operation in OPERATIONS:
                self.grants.apply(entry)
            case _:
                self._apply_to_record(entry)

    def _apply_to_record(self, entry: dict[str, Any]) -> None:
        table = self.tables.get(entry["entity"])
        index = table.find(entry["like"] if entry["op"] == "create" else entry["id"]) if table else None
        if table is None or index is None:
            return  # the state file was written with other sizes or another list
        promise = entry.get("webhooks")
        told = promise is not None and self.webhooks.awaits(promise)
        if entry["op"] == "delete":
            before = table.detail(index) if told else {}
            table.delete(index)
            if promise and told:
                self.webhooks.keep(promise, table.collection, before)
            return
        changed = self._patch(table, index, entry)
        if promise and told:
            self.webhooks.keep(promise, table.collection, table.detail(changed))

    def _patch(self, table: Table, index: int, entry: dict[str, Any]) -> int:
        """Change a record, or create one like it; returns the index of which it is."""
        modified = entry["modified"]
        self._last_stamp = max(self._last_stamp, modified or 0)
        if entry["op"] == "create":
            made = table.collection.index_of(entry["id"])
            if made is not None and made >= table.next_index:
                table.create(made, index, entry["values"], modified=modified)
            return index if made is None else made
        table.patch(index, entry["values"], modified=modified)
        return index
