"""The sweep phase: records that a complete walk did not meet are confirmed to be gone, then tombstoned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import structlog

from tsh_sync_gui.core.errors import (
    ConfirmationRequiredError,
    EndpointAbsentError,
    RecordGoneError,
    RecordRejectedError,
)
from tsh_sync_gui.core.values import CallKind, Lane, Phase
from tsh_sync_gui.engine.absence import Absences
from tsh_sync_gui.engine.ids import record_ids
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import DetailBatch, Lines, Mirror, Rejected, Source, Vanished
from tsh_sync_gui.engine.runs import WalkRun
from tsh_sync_gui.entities.spec import Entity

MOST: Final = 50
SHARE: Final = 0.05
SHARE_FROM: Final = 5


def is_too_many(gone: int, live: int) -> bool:
    """Tell whether so many deletes need a person: more than 50, or more than 5 % where that is at least 5 records."""
    return gone > MOST or (gone > live * SHARE and gone >= SHARE_FROM)


class Sweep:
    """Finds and tombstones what is gone, for one finished complete walk."""

    def __init__(
        self,
        plan: WalkPlan,
        run: WalkRun,
        *,
        source: Source,
        mirror: Mirror,
        absences: Absences,
        lane: Lane,
    ) -> None:
        self._plan = plan
        self._run = run
        self._source = source
        self._mirror = mirror
        self._absences = absences
        self._lane = lane
        self._refused: list[Rejected] = []

    async def sweep(self, *, approved: bool) -> None:
        """Tombstone what is gone; ConfirmationRequiredError when it is too much and not *approved*."""
        found: dict[str, Vanished] = {}
        for entity in self._plan.members:
            vanished = await self._run.patiently(lambda one=entity: self._mirror.vanished(one, self._run.id))  # type: ignore[misc]
            if vanished.ids:
                if not found:
                    await self._run.enter(Phase.SWEEP, expected=None)
                self._guard(entity, vanished, approved=approved)
                found[entity.name] = vanished
        if not found:
            return
        suspects = sorted({one for vanished in found.values() for one in vanished.ids})
        for start in range(0, len(suspects), 100):
            gone = await self._run.work(self._confirmed(suspects[start : start + 100]))
            await self._run.commit(
                self._run.step(
                    Phase.SWEEP,
                    details=self._letters(),
                    gone={name: tuple(one for one in gone if one in set(each.ids)) for name, each in found.items()},
                )
            )

    def _guard(self, entity: Entity, vanished: Vanished, *, approved: bool) -> None:
        number, live = len(vanished.ids), vanished.live
        if approved or not is_too_many(number, live):
            return
        limit = "5 %" if number > live * SHARE else f"{MOST} records"
        raise ConfirmationRequiredError(
            f"{number:,} {entity.title.lower()} are gone in Zoho",
            advice=f"More than the safety limit of {limit} of {live:,}. Nothing was deleted here. Review the list, "
            "then approve (command line: --approve).",
        )

    def _letters(self) -> tuple[DetailBatch, ...]:
        """Return the dead letters of the records whose own call was refused since the last step."""
        refused, self._refused = self._refused, []
        if not refused:
            return ()
        entity = self._plan.leader
        lines = Lines(columns=entity.detail_columns)
        return (DetailBatch(entity=entity, ids=[], lines=lines, children={}, spread=None, rejected=refused),)

    async def _confirmed(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Return those of *ids* that Zoho confirms to be gone: missing from a bulk reply, else 404 code 1002."""
        api = self._plan.api
        if api.bulk and not self._absences.has(api, api.bulk.path):
            caller = self._run.caller(self._plan.leader, self._lane, CallKind.BULK)
            try:
                reply = await self._source.bulk(api, api.bulk, ids, caller)
            except (RecordGoneError, RecordRejectedError) as error:
                # One id may fail the whole call: each is asked for by itself, never all taken for gone.
                structlog.get_logger(__name__).info("bulk call", error=error.kind, entity=self._plan.leader.name)
            except EndpointAbsentError:
                await self._absences.note(api, api.bulk.path, self._plan.leader)
            else:
                known = record_ids(reply.records, self._plan.leader.pull.id)
                absent = tuple(one for one in ids if one not in known)
                # A record without a readable id may be any of those that seem absent.
                return absent if len(known) >= len(reply.records) else await self._singly(absent)
        return await self._singly(ids)

    async def _singly(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Return those of *ids* that a call of their own confirms to be gone."""
        gone = []
        api, caller = self._plan.api, self._run.caller(self._plan.leader, self._lane, CallKind.DETAIL)
        for one in ids:
            try:
                await self._source.detail(api, one, caller)
            except RecordGoneError:
                gone.append(one)
            except RecordRejectedError as error:
                # It is there, though nobody may read it; its neighbours go on.
                self._refused.append(
                    Rejected(record_id=one, field=error.field, value=error.value, reason=error.title, payload=b"")
                )
        return tuple(gone)
