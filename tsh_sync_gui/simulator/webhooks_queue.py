"""Deliveries: which change makes which, what waits for another try, what became of the rest."""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import Any, Self

from tsh_sync_gui.simulator.clock import Clock, stamp_text
from tsh_sync_gui.simulator.collection import Collection, Row
from tsh_sync_gui.simulator.config import SimulatorConfig
from tsh_sync_gui.simulator.state import Journal
from tsh_sync_gui.simulator.webhooks import Webhook
from tsh_sync_gui.simulator.webhooks_bodies import Outgoing, composed, module_of

HISTORY = 5000
"""How many ended deliveries are remembered."""
_MOST = {"duplicate": 10, "reorder": 1000, "delay_ms": 86_400_000}
_HOLD_SECONDS = 0.5
"""How long deliveries wait for others that are to overtake them."""


@dataclass(frozen=True, slots=True)
class Mode:
    """How deliveries misbehave."""

    silent: bool = False
    """Nothing is sent; what changes meanwhile is never told."""
    duplicate: int = 0
    """How many more times each delivery is sent."""
    reorder: int = 0
    """So many deliveries are held back, half a second at most, and sent last first."""
    delay_ms: int = 0
    """How much later than its change each delivery is sent."""

    def changed(self, values: Mapping[str, Any]) -> Self:
        """Return the mode with *values*; raises ValueError saying what is wrong with one."""
        known = asdict(self)
        for name, value in values.items():
            if name not in known:
                raise ValueError(f"the mode has no {name}; it has {', '.join(known)}")
            if name == "silent" and not isinstance(value, bool):
                raise ValueError(f"silent must be true or false, not {value!r}")
            if name != "silent" and (not isinstance(value, int) or not 0 <= value <= _MOST[name]):
                raise ValueError(f"{name} must be a whole number up to {_MOST[name]}, not {value!r}")
            # Two are the fewest that can change places.
            known[name] = bool(value) if name == "silent" else 2 if name == "reorder" and value == 1 else int(value)
        return replace(self, **known)


@dataclass(slots=True)
class Delivery:
    """One webhook about one change."""

    id: int
    webhook: str
    event: str
    record: str
    is_copy: bool
    created: float
    outgoing: Outgoing | None
    digest: str
    """SHA-256 of its body, by which a receiver's keeping can be held against what was sent."""
    tries: int = 0
    state: str = "waiting"
    status: int | None = None
    error: str = ""
    sent: float | None = None
    due: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return what the history shows."""
        return {
            "id": self.id,
            "webhook": self.webhook,
            "event": self.event,
            "record_id": self.record,
            "is_copy": self.is_copy,
            "sha256": self.digest,
            "state": self.state,
            "tries": self.tries,
            "status": self.status,
            "error": self.error,
            "created_time": stamp_text(int(self.created)),
            "sent_time": stamp_text(int(self.sent)) if self.sent else "",
            "next_try": stamp_text(int(self.due)) if self.state == "waiting" else "",
        }


@dataclass(slots=True)
class Tally:
    """What became of one webhook's deliveries since the start or the last reset."""

    triggered: int = 0
    """Changes that the webhook's rule spoke of."""
    sent: int = 0
    """Requests made, tries again included."""
    delivered: int = 0
    failed: int = 0
    """Given up after the last try."""
    retries: int = 0
    silenced: int = 0
    over_limit: int = 0
    overflowed: int = 0
    last_status: int | None = None
    last_error: str = ""
    last_time: str = ""


class Webhooks:
    """The webhooks of the organization and their deliveries, without the wire; used from one thread."""

    def __init__(self, clock: Clock, journal: Journal, config: Callable[[], SimulatorConfig]) -> None:
        self.hooks: dict[str, Webhook] = {}
        self.tallies: dict[str, Tally] = {}
        self.mode = Mode()
        self.waiting: dict[int, Delivery] = {}
        self.finished: deque[Delivery] = deque(maxlen=HISTORY)
        self.wake: Callable[[], None] = _nothing
        """Tells the sender that there may be something to send."""
        self._clock = clock
        self._journal = journal
        self._config = config
        self._heap: list[tuple[float, int, int]] = []
        self._held: list[Delivery] = []
        self._order = itertools.count()
        self._next_id = 1
        self._promised = 0
        self._day = 0
        self._today = 0
        self._is_replaying = True
        self._ended: set[int] = set()

    # What is set -----------------------------------------------------------------------------------------------------

    def set(self, values: Sequence[Any]) -> None:
        """Replace all webhooks; what waits for one that is gone is dropped."""
        hooks = described(values)
        self.hooks = {hook.id: hook for hook in hooks}
        self.tallies = {hook.id: self.tallies.get(hook.id) or Tally() for hook in hooks}
        for delivery in [one for one in self.waiting.values() if one.webhook not in self.hooks]:
            self._end(delivery, "dropped")

    def set_mode(self, values: Mapping[str, Any]) -> None:
        """Change how deliveries misbehave."""
        self.mode = self.mode.changed(values)
        self.wake()

    def reset(self) -> None:
        """Forget what was counted and the history; what waits goes on waiting."""
        self.tallies = {identifier: Tally() for identifier in self.hooks}
        self.finished.clear()
        self._today = 0

    @property
    def today(self) -> int:
        """Return how many changes were told on the organization's present day."""
        if self._clock.day() != self._day:
            self._day, self._today = self._clock.day(), 0
        return self._today

    # Restarts --------------------------------------------------------------------------------------------------------

    def recall(self) -> None:
        """Learn from the state file which deliveries have ended, before the changes in it are made again."""
        for entry in self._journal.replay(only="webhooks_ended"):
            self._ended.update(entry["ids"])

    def begin(self) -> None:
        """Go over from what was to what is."""
        self._ended.clear()
        self._is_replaying = False

    def write_down(self) -> None:
        """Note in the state file which deliveries have ended."""
        if self._ended:
            self._journal.append({"op": "webhooks_ended", "ids": sorted(self._ended)})
            self._ended.clear()

    @property
    def has_unwritten(self) -> bool:
        """Say whether `write_down` would write."""
        return bool(self._ended)

    # Changes become deliveries ---------------------------------------------------------------------------------------

    def promise(self, collection: Collection, event: str, *, is_quiet: bool) -> dict[str, Any] | None:
        """Return the deliveries that a change is to make, as the state file keeps them; None if it makes none."""
        config = self._config()
        if is_quiet and not config.webhooks_for_stock:
            return None
        told: list[tuple[str, int, bool]] = []
        counted = 0
        for hook in self.hooks.values():
            if not hook.wants(module_of(collection), event):
                continue
            tally = self.tallies[hook.id]
            tally.triggered += 1
            if self.mode.silent:
                tally.silenced += 1
            elif self.today >= config.webhooks_per_day:
                tally.over_limit += 1
            elif len(self.waiting) + self._promised + self.mode.duplicate >= config.webhooks_waiting:
                tally.overflowed += 1
            else:
                counted += 1
                self._today += 1
                for copy in range(1 + self.mode.duplicate):
                    told.append((hook.id, self._next_id, copy > 0))
                    self._next_id += 1
                    self._promised += 1
        return {"event": event, "day": self._day, "counted": counted, "to": told} if told else None

    def awaits(self, promise: Mapping[str, Any]) -> bool:
        """Say whether any of the promised deliveries is still to be made."""
        self._next_id = max(self._next_id, *(number + 1 for _, number, _ in promise["to"]))
        if self._is_replaying:
            if promise["day"] > self._day:
                self._day, self._today = promise["day"], 0
            self._today += promise["counted"] * (promise["day"] == self._day)
        return any(number not in self._ended for _, number, _ in promise["to"])

    def keep(self, promise: Mapping[str, Any], collection: Collection, document: Row) -> None:
        """Make the promised deliveries, about the record whose detail is *document*."""
        made: dict[str, Outgoing] = {}
        event = promise["event"]
        for identifier, number, is_copy in promise["to"]:
            self._promised -= not self._is_replaying
            hook = self.hooks.get(identifier)
            if hook is None or (self._is_replaying and number in self._ended):
                continue
            if identifier not in made:
                made[identifier] = composed(hook, collection, event, document)
            name = f"{module_of(collection)}.{event}"
            record, digest = document[collection.id_key], sha256(made[identifier].body).hexdigest()
            delivery = Delivery(number, identifier, name, record, is_copy, self._clock.now(), made[identifier], digest)
            self.waiting[number] = delivery
            if self.mode.reorder:
                delivery.due = delivery.created + _HOLD_SECONDS
                self._held.append(delivery)
            else:
                self._put(delivery, delivery.created + self.mode.delay_ms / 1000)
        self.wake()

    def _put(self, delivery: Delivery, due: float) -> None:
        delivery.due = due
        heapq.heappush(self._heap, (due, next(self._order), delivery.id))

    def _release(self, now: float) -> None:
        """Let go, last first, of what was held so that others overtake it."""
        size = self.mode.reorder or len(self._held)
        while self._held and (len(self._held) >= size or self._held[0].due <= now):
            group, self._held = self._held[:size], self._held[size:]
            for delivery in reversed(group):
                self._put(delivery, now + self.mode.delay_ms / 1000)

    # Deliveries are tried --------------------------------------------------------------------------------------------

    def ready(self) -> Delivery | None:
        """Return the next delivery whose time has come, or None."""
        if self.mode.silent:
            return None
        now = self._clock.now()
        self._release(now)
        while self._heap and self._heap[0][0] <= now:
            delivery = self.waiting.get(heapq.heappop(self._heap)[2])
            if delivery is not None:
                return delivery
        return None

    def seconds_to_next(self) -> float | None:
        """Return how long until `ready` may have something; None if nothing is in sight."""
        if self.mode.silent:
            return None
        times = [*(due for due, _, _ in self._heap[:1]), *(one.due for one in self._held[:1])]
        return max(min(times) - self._clock.now(), 0.0) if times else None

    def tried(self, delivery: Delivery, status: int | None, error: str) -> None:
        """Take down what came of a try; anything but a 2xx is tried again, until the last."""
        config = self._config()
        now = self._clock.now()
        delivery.tries += 1
        delivery.status, delivery.error, delivery.sent = status, error, now
        tally = self.tallies.get(delivery.webhook)
        if tally is not None:
            tally.sent += 1
            tally.retries += delivery.tries > 1
            tally.last_status, tally.last_error, tally.last_time = status, error, stamp_text(int(now))
        if delivery.id not in self.waiting:
            return  # its webhook was taken away meanwhile
        if status is not None and 200 <= status < 300:
            self._end(delivery, "delivered")
        elif delivery.tries >= config.webhook_tries:
            self._end(delivery, "failed")
        else:
            self._put(delivery, now + gap_ms(config, delivery.tries) / 1000)

    def _end(self, delivery: Delivery, state: str) -> None:
        delivery.state, delivery.outgoing = state, None
        del self.waiting[delivery.id]
        self.finished.appendleft(delivery)
        if not self._is_replaying:
            self._ended.add(delivery.id)
        tally = self.tallies.get(delivery.webhook)
        if tally is not None:
            tally.delivered += state == "delivered"
            tally.failed += state == "failed"

    # What a person sees ----------------------------------------------------------------------------------------------

    def as_json(self) -> dict[str, Any]:
        """Return webhooks with their figures, the mode, and the day's count."""
        waiting = dict.fromkeys(self.hooks, 0)
        for delivery in self.waiting.values():
            waiting[delivery.webhook] += 1
        return {
            "webhooks": [
                {**hook.as_json(), **asdict(self.tallies[hook.id]), "waiting": waiting[hook.id]}
                for hook in self.hooks.values()
            ],
            "mode": asdict(self.mode),
            "today": self.today,
            "per_day": self._config().webhooks_per_day,
        }

    def history(self) -> Iterable[Delivery]:
        """Return all deliveries that are known, newest first."""
        return heapq.merge(
            sorted(self.waiting.values(), key=_number, reverse=True),
            sorted(self.finished, key=_number, reverse=True),
            key=_number,
            reverse=True,
        )


def described(values: Sequence[Any]) -> list[Webhook]:
    """Return the webhooks that JSON describes; raises ValueError saying what is wrong with one."""
    if not isinstance(values, list | tuple):
        raise ValueError("webhooks must be a list")  # noqa: TRY004 - the caller turns this one error into words
    hooks = [Webhook.of(value, str(place)) for place, value in enumerate(values, start=1)]
    if len({hook.id for hook in hooks}) < len(hooks):
        raise ValueError("two webhooks have the same id")
    return hooks


def gap_ms(config: SimulatorConfig, tries: int) -> int:
    """Return how long to wait after so many tries that failed."""
    growth = {"fixed": 1, "additive": tries, "multiplicative": 1 << (tries - 1)}
    return config.webhook_gap_ms * growth[config.webhook_gap_growth]


def _number(delivery: Delivery) -> int:
    return delivery.id


def _nothing() -> None:
    """Wake nobody."""
