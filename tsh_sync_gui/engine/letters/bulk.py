"""Many letters of one list by one call, where Zoho has a call for many records."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw

from tsh_sync_gui.core.errors import EndpointAbsentError, RecordGoneError, RecordRejectedError
from tsh_sync_gui.core.values import CallKind, Calls, Lane
from tsh_sync_gui.engine.ids import record_ids
from tsh_sync_gui.engine.letters.values import TRIGGER
from tsh_sync_gui.engine.plan import usable_api
from tsh_sync_gui.engine.ports import Batch, Caller, DetailBatch, PageReply, RunInfo
from tsh_sync_gui.engine.single_runs import open_run, store_in
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.registry import Registry
from tsh_sync_gui.entities.spec import Api, Bulk, Entity, Product


class BulkFetch:
    """Fetches and stores up to a call's worth of records of one list."""

    def __init__(self, parts: Parts, registry: Registry) -> None:
        self._parts = parts
        self._registry = registry

    def size(self, entity: Entity) -> int:
        """Return how many records of *entity* one call brings, 1 where there is no such call."""
        found = self._endpoint(entity)
        return found[1].size if found else 1

    def _endpoint(self, entity: Entity) -> tuple[Api, Bulk] | None:
        products = frozenset(Product(one) for one in self._parts.settings().products)
        api = usable_api(entity, products, self._parts.absences.all)
        if api is None or api.bulk is None or self._parts.absences.has(api, api.bulk.path):
            return None
        return api, api.bulk

    async def fetch(self, entity: Entity, ids: Sequence[str], *, lane: Lane) -> tuple[RunInfo | None, int]:
        """Fetch the records *ids* and store those that came; returns the run and how many calls left.

        No run: this organization does not have the call, or one id failed it for all. Then each is asked for alone,
        as what did not come is.
        """
        found = self._endpoint(entity)
        if found is None:
            return None, 0
        api, bulk = found
        sent: list[CallKind] = []
        try:
            async with open_run(self._parts, entity, trigger=TRIGGER, calls=1) as info:
                caller = Caller(lane=lane, kind=CallKind.BULK, run=info.id, entity=entity.name, on_sent=sent.append)
                reply = await self._parts.source.bulk(api, bulk, ids, caller)
                wanted = [one for one in reply.records if record_ids([one], entity.pull.id) & set(ids)]
                batches, details = await self._rendered(entity, wanted, reply)
                ended = await store_in(self._parts, info, batches, details, calls=Calls(bulk=len(sent)))
        except EndpointAbsentError:
            await self._parts.absences.note(api, bulk.path, entity)
            return None, len(sent)
        except (RecordGoneError, RecordRejectedError):
            return None, len(sent)
        return ended, len(sent)

    async def _rendered(
        self, entity: Entity, records: Sequence[Raw], reply: PageReply
    ) -> tuple[list[Batch], list[DetailBatch]]:
        parts = self._parts
        members = [one for one in self._registry.walk(entity.walk) if one == entity or await self._is_kept(one)]
        batches: list[Batch] = []
        details: list[DetailBatch] = []
        for record in records:
            (record_id,) = record_ids([record], entity.pull.id)
            for member in members:
                stored = await parts.mirror.raw(member, record_id)
                batch, detail = parts.normalizers[member.name].record(
                    record, stored_raw=stored, observed_at=reply.sent_at
                )
                batches.append(batch)
                details.append(detail)
        return batches, details

    async def _is_kept(self, entity: Entity) -> bool:
        return (await self._parts.ledger.watermark(entity.name)).since is not None
