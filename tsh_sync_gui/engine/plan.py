"""What a request comes to: which walks are made, in which order and mode, and what rides on them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import Lane, Mode
from tsh_sync_gui.engine.ports import Absence, ListOrder, Watermark
from tsh_sync_gui.engine.views import SyncRequest
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Api, Entity, Product, TimeFilter

OVERLAP: Final = timedelta(minutes=5)
"""Filters ask from this long before the watermark; rows met again count as unchanged (design.md 5, Walking)."""
_EVER: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkPlan:
    """One walk: the entities it serves, how, and from when.

    *leader* makes the calls; *members* are all entities the pages are stored for: those asked for, and those that
    are in use already and ride along; *idle* are requested members whose walk is not due. *since* bounds a filter,
    *stop* ends a walk that goes from newest to oldest.
    """

    walk: str
    api: Api
    leader: Entity
    members: tuple[Entity, ...]
    requested: tuple[Entity, ...]
    idle: tuple[Entity, ...] = ()
    mode: Mode
    order: ListOrder
    since: datetime | None = None
    stop: datetime | None = None
    record_id: str = ""
    products: frozenset[Product] = frozenset(Product)

    @property
    def covers_all(self) -> bool:
        """Tell whether the walk meets every record, so that what it does not meet is gone."""
        return self.order is ListOrder.FULL and self.mode in {Mode.FULL, Mode.SWEEP, Mode.INCREMENTAL}

    @property
    def running(self) -> tuple[Entity, ...]:
        """Return the members that get a run: those asked for, and on a complete walk all it serves."""
        if self.covers_all:
            return self.members
        return tuple(one for one in self.members if one in self.requested and one not in self.idle)


def absent_key(api: Api, path: str) -> str:
    """Return the name under which the absence of *path* in this product is remembered."""
    return f"{api.product.value}:{path}"


def usable_api(entity: Entity, products: frozenset[Product], absences: Iterable[Absence]) -> Api | None:
    """Return how *entity* is served, leaving out lists this organization is known not to have."""
    absent = {absence.path for absence in absences}
    return next(
        (api for api in entity.apis if api.product in products and absent_key(api, api.path) not in absent), None
    )


def serves(entity: Entity, api: Api) -> bool:
    """Tell whether the list *api* serves *entity*, too: the same path of the same product."""
    return any((one.product, one.path) == (api.product, api.path) for one in entity.apis)


def missing_words(entity: Entity, products: frozenset[Product]) -> str:
    """Return why *entity* cannot be served, '' when the organization's products serve it."""
    if entity.api(products):
        return ""
    needed = " or ".join(f"Zoho {api.product.value.capitalize()}" for api in entity.apis)
    return f"{entity.title} needs {needed}, which this organization does not have"


def chosen(registry: Registry, request: SyncRequest) -> tuple[Entity, ...]:
    """Return the requested entities in dependency order; ConfigurationError for an unknown name."""
    names = [name for name in request.entities if name != "all"]
    if not names or "all" in request.entities:
        return registry.all
    wanted = {registry.get(name).name for name in names}
    return tuple(entity for entity in registry.all if entity.name in wanted)


def group(entities: Sequence[Entity]) -> list[tuple[str, tuple[Entity, ...]]]:
    """Return the walks that serve *entities*, each with those of its members that were asked for."""
    walks: dict[str, list[Entity]] = {}
    for entity in entities:
        walks.setdefault(entity.walk, []).append(entity)
    return [(walk, tuple(members)) for walk, members in walks.items()]


def check(request: SyncRequest, entities: Sequence[Entity]) -> None:
    """Refuse contradictions; ConfigurationError names the remedy."""
    if request.record_id and len(entities) != 1:
        raise ConfigurationError(
            "--id needs exactly one entity", advice=f"Example: tsh-sync sync {entities[0].name} --id 4600."
        )
    if request.record_id and (request.full or request.sweep or request.since):
        raise ConfigurationError("--id fetches one record", advice="Leave --full, --sweep, --days and --since out.")
    if request.since and (request.full or request.sweep):
        walk = "--full" if request.full else "--sweep"
        raise ConfigurationError(f"{walk} and a time window contradict each other", advice="Leave one of them out.")
    if isinstance(request.details, int) and request.details < 0:
        raise ConfigurationError(f"--details is {request.details}", advice="Give 0 or more, `all` or `none`.")


def is_due(mark: Watermark, request: SyncRequest, now: datetime, *, minutes: int) -> bool:
    """Tell whether an entity that only a complete walk brings up to date is due for one."""
    if request.force or request.full or request.sweep or mark.walked_at is None:
        return True
    return now - mark.walked_at >= timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What planning needs to know besides the request; *intervals* are minutes by entity."""

    now: datetime
    marks: Mapping[str, Watermark]
    intervals: Mapping[str, int]
    products: frozenset[Product]


def plan_walk(
    walk: Sequence[Entity], requested: tuple[Entity, ...], api: Api, request: SyncRequest, situation: Situation
) -> WalkPlan | None:
    """Return the plan for one walk, None when nothing of it is due. *walk* are all entities the walk can serve."""
    marks, now = situation.marks, situation.now
    base = WalkPlan(
        walk=requested[0].walk,
        api=api,
        leader=requested[0],
        members=tuple(one for one in walk if serves(one, api) and (one in requested or marks[one.name].since)),
        requested=requested,
        products=situation.products,
        mode=Mode.INCREMENTAL,
        order=ListOrder.FULL,
    )
    by_interval = tuple(one for one in requested if one.pull.by_interval)
    plain = tuple(one for one in requested if not one.pull.by_interval)
    if request.record_id:
        return replace(base, mode=Mode.RECORD, record_id=request.record_id)
    if request.since is not None:
        subject = (*plain, *by_interval)[0]
        return _changes(replace(base, leader=subject, mode=Mode.WINDOW), marks[subject.name], request)
    intervals = situation.intervals
    due = tuple(one for one in by_interval if is_due(marks[one.name], request, now, minutes=intervals[one.name]))
    never = tuple(one for one in plain if marks[one.name].since is None)
    if cause := requested if request.full or request.sweep else (*never, *due):
        mode = Mode.SWEEP if request.sweep and not request.full else Mode.FULL
        return replace(base, leader=min(cause, key=lambda one: one.rank), mode=mode)
    if not plain:
        return None
    idle = tuple(one for one in by_interval if one not in due)
    return _changes(replace(base, leader=plain[0], idle=idle), marks[plain[0].name], request)


def _changes(base: WalkPlan, mark: Watermark, request: SyncRequest) -> WalkPlan:
    """Return *base* as a walk that finds what changed: by filter, newest first, or by reading all."""
    api, pull = base.api, base.leader.pull
    since = request.since or (mark.since or _EVER) - OVERLAP
    if pull.whole and base.mode is not Mode.WINDOW:
        return base
    if api.time_filter is not TimeFilter.NONE and not mark.filter_absent:
        return replace(base, order=ListOrder.FILTERED, since=since)
    if api.change_sort:
        return replace(base, order=ListOrder.NEWEST, stop=since)
    if api.full_sort and api.full_sort.column == base.leader.pull.created:
        stop = since - timedelta(days=pull.overlap_days)
        return replace(base, order=ListOrder.NEWEST, stop=stop)
    return base


def pages_of(records: int, per_page: int) -> int:
    """Return how many pages a list of *records* has; an empty list costs one call too."""
    return max(1, ceil(records / per_page))


def paying_lane(plan: WalkPlan, request: SyncRequest) -> Lane:
    """Return whose share pays for the lists that *request* walks."""
    if request.lane is Lane.PULLS or (request.lane is None and request.trigger == "schedule"):
        return plan.leader.pull.lane
    return request.lane or Lane.PERSON
