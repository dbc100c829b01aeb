"""Webhooks applied: a delivery is a hint, so its record is fetched, unless its body or the mirror says all already."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

import msgspec
import structlog

from tsh_sync_gui.core.errors import ConfigurationError, TransientError
from tsh_sync_gui.core.events import DeliveriesChanged
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.handlers import FETCH, enqueue_fetch
from tsh_sync_gui.engine.ports import RunInfo, Seen
from tsh_sync_gui.engine.ports.inbox import (
    DELIVER,
    Change,
    Delivery,
    EventState,
    Handled,
    Hint,
    Inbox,
    InboxEvent,
    Verdict,
)
from tsh_sync_gui.engine.ports.jobs import Attempt, Handler, Job, JobContext, Jobs, Kind
from tsh_sync_gui.engine.rows import members_of
from tsh_sync_gui.engine.single_runs import open_run, store_in
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Entity

TRIGGER: Final = "webhook"
_AHEAD: Final = timedelta(minutes=5)
"""A clock goes wrong by less; what is stamped later was written in another zone, or by nobody who knows the time."""
_MARGIN: Final = timedelta(seconds=1)
"""Clocks of two machines differ by less; a detail asked for so long after a delivery shows what it told of."""


class Inbound:
    """Works off the inbox. *understand* reads a kept delivery once more, for the record in its body."""

    def __init__(
        self, parts: Parts, registry: Registry, *, inbox: Inbox, jobs: Jobs, understand: Callable[[Delivery], Hint]
    ) -> None:
        self._parts = parts
        self._registry = registry
        self._inbox = inbox
        self._jobs = jobs
        self._understand = understand

    def kinds(self, syncing: Sequence[Kind]) -> tuple[Kind, ...]:
        """Return the kinds of jobs with those of webhooks: fetching a record ends what its deliveries ask for."""
        found = [
            Kind(name=one.name, handler=self._fetching(one), calls_zoho=one.calls_zoho, is_long=one.is_long)
            if one.name == FETCH
            else one
            for one in syncing
        ]
        resting = lambda: not self._parts.settings().webhook_processing  # noqa: E731 -- asked at each look for jobs
        return (*found, Kind(name=DELIVER, handler=self.deliver, calls_zoho=False, rests=resting))

    async def deliver(self, arguments: Mapping[str, Any], context: JobContext) -> None:
        """Hand on what the kept deliveries of the rows `ids` ask for."""
        del context
        for name, record_id in await self._inbox.records(arguments["ids"]):
            try:
                entity = self._registry.get(name)
            except ConfigurationError as error:
                await self._end(await self._inbox.waiting(name, record_id), EventState.FAILED, title=error.title)
                continue
            if await self._asks_zoho(entity, record_id):
                await enqueue_fetch(self._jobs, entity.name, record_id, lane=Lane.WEBHOOKS, trigger=TRIGGER)

    async def given_up(self, job: Job, attempt: Attempt, connection: Any) -> None:
        """Say at the deliveries of a job that was given up what stood in the way."""
        if job.kind == FETCH:
            record = job.arguments["entity"], job.arguments["record_id"]
            await self._inbox.fail(*record, title=attempt.title, job_id=job.id, connection=connection)
            self._parts.bus.publish(DeliveriesChanged())

    def _fetching(self, fetch: Kind) -> Handler:
        async def handle(arguments: Mapping[str, Any], context: JobContext) -> None:
            name, record_id = arguments["entity"], arguments["record_id"]
            events = await self._inbox.waiting(name, record_id)
            entity = self._registry.get(name)
            if arguments.get("trigger") == TRIGGER and not await self._asks_zoho(entity, record_id):
                return
            await fetch.handler(arguments, context)
            if events:
                outcome = await self._found(entity, record_id)
                await self._end(events, EventState.DONE, outcome=outcome, run_id=context.run_id, job_id=context.job.id)

        return handle

    async def _found(self, entity: Entity, record_id: str) -> str:
        """Return what a fetch found: the record, that it is gone, or what is not kept (a vendor among the contacts)."""
        seen = await self._parts.mirror.seen(entity, record_id)
        if seen is None:
            return "nothing to keep"
        return "gone, marked as deleted" if seen.is_deleted else "fetched"

    async def _asks_zoho(self, entity: Entity, record_id: str) -> bool:
        """Tell whether Zoho has to be asked, which is also so where a delivery cannot be made out."""
        try:
            return await self._needs_fetch(entity, record_id)
        except TransientError:
            raise
        except Exception:  # noqa: BLE001 -- one record's delivery must not hold up those behind it
            structlog.get_logger(__name__).exception("a delivery is not made out", entity=entity.name, id=record_id)
            return True

    async def _needs_fetch(self, entity: Entity, record_id: str) -> bool:
        """Tell whether Zoho has to be asked; deliveries that tell nothing new, or all themselves, end here."""
        events = await self._inbox.waiting(entity.name, record_id)
        if not events:
            return False
        seen = await self._parts.mirror.seen(entity, record_id)
        left = []
        for event in events:
            if (ending := _told_already(event, seen)) is None:
                left.append(event)
            else:
                verdict, outcome = ending
                await self._end([event], EventState.DONE, outcome=outcome, verdict=verdict)
        if not left:
            return False
        newest = max(left, key=lambda event: (event.modified_at is not None, event.modified_at, event.id))
        # Zoho's default payload says nothing of the event: it may be the last state of what was deleted.
        # What else waits may be the delete, and what is deleted here may not come back by a delivery that was late.
        tells_all = all(event.modified_at and event.change in {Change.CREATED, Change.UPDATED} for event in left)
        run = await self._by_body(entity, newest, seen) if tells_all else None
        if run is None:
            return True
        older = [event for event in left if event is not newest]
        await self._end([newest], EventState.DONE, outcome="taken from the body", run_id=run.id)
        await self._end(older, EventState.DONE, outcome="a newer delivery came with it", verdict=Verdict.OUT_OF_ORDER)
        return False

    async def _by_body(self, entity: Entity, event: InboxEvent, seen: Seen | None) -> RunInfo | None:
        """Store the record of a body that is complete and newer than the mirror; None when it is not."""
        if event.modified_at is None or await self._inbox.told_deleted(entity.name, event.record_id):
            return None
        if event.modified_at > event.received_at + _AHEAD:
            # Stored, it would keep every true change out until that time has come.
            return None
        if seen is not None and (seen.is_deleted or seen.modified_at is None or event.modified_at <= seen.modified_at):
            return None
        record = self._understand(event.delivery).record
        members = members_of(record) if record else None
        if record is None or not members:
            return None
        served = [one for one in self._registry.walk(entity.walk) if one == entity or await self._is_kept(one)]
        if not all(is_complete(one, members) for one in served):
            return None
        return await self._store(entity, served, msgspec.Raw(record), event)

    async def _is_kept(self, entity: Entity) -> bool:
        return (await self._parts.ledger.watermark(entity.name)).since is not None

    async def _store(
        self, entity: Entity, served: Sequence[Entity], record: msgspec.Raw, event: InboxEvent
    ) -> RunInfo | None:
        """Store one record as a run of its own; None when a value of it is refused, so that Zoho is asked."""
        parts, batches, details = self._parts, [], []
        for one in served:
            raw = await parts.mirror.raw(one, event.record_id)
            batch, detail = parts.normalizers[one.name].record(record, stored_raw=raw, observed_at=event.received_at)
            if batch.rejected or detail.rejected:
                return None
            batches.append(batch)
            details.append(detail)
        async with open_run(parts, entity, trigger=TRIGGER, calls=0) as info:
            return await store_in(parts, info, batches, details)

    async def _end(
        self,
        events: Sequence[InboxEvent],
        state: EventState,
        *,
        outcome: str = "",
        title: str = "",
        verdict: Verdict | None = None,
        run_id: str = "",
        job_id: str = "",
    ) -> None:
        if events:
            ids = tuple(event.id for event in events)
            await self._inbox.handled(
                Handled(
                    ids=ids,
                    state=state,
                    verdict=verdict,
                    outcome=outcome,
                    title=title,
                    run_id=run_id,
                    job_id=job_id,
                )
            )
            self._parts.bus.publish(DeliveriesChanged())


def _told_already(event: InboxEvent, seen: Seen | None) -> tuple[Verdict | None, str] | None:
    """Return how a delivery ends that the mirror needs nothing of; None for one that it does."""
    if event.change is Change.DELETED and (seen is None or seen.is_deleted):
        return None, "already deleted" if seen else "never known"
    if seen is None or seen.is_deleted:
        return None
    if event.change is not Change.DELETED:
        if event.modified_at is not None and seen.modified_at is not None and event.modified_at < seen.modified_at:
            return Verdict.OUT_OF_ORDER, "the mirror is newer"
        if seen.detailed_at is not None and seen.detailed_at > event.received_at + _MARGIN:
            return None, "fetched since"
    return None


def is_complete(entity: Entity, members: Mapping[str, Any]) -> bool:
    """Tell whether *members* of a record hold every key that *entity*'s row and detail are made of."""
    arrays = entity.spread.arrays if entity.spread else ()
    own = [field for field in entity.fields if not (entity.spread and field.name in _spread_names(entity))]
    fields = all(any(key in members for key in field.keys) for field in own)
    children = all(child.source in members or set(child.objects) <= members.keys() for child in entity.children)
    stamped = any(key in members for key in entity.pull.modified)
    return fields and children and stamped and (not arrays or any(key in members for key in arrays))


def _spread_names(entity: Entity) -> frozenset[str]:
    return frozenset(field.name for field in entity.spread.fields) if entity.spread else frozenset()
