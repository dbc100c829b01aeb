"""The details phase: what lists leave out, newest first, as far as the budget goes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final

import structlog

from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import (
    ConfirmationRequiredError,
    EndpointAbsentError,
    QuotaExhaustedError,
    RecordGoneError,
    RecordRejectedError,
    SyncError,
)
from tsh_sync_gui.core.values import CallKind, Lane, Phase
from tsh_sync_gui.engine.absence import Absences
from tsh_sync_gui.engine.ids import record_ids
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import Budget, DetailBatch, Ledger, Mirror, PageReply, Rejected, Source
from tsh_sync_gui.engine.runs import WalkRun
from tsh_sync_gui.engine.sweep import MOST, SHARE, is_too_many
from tsh_sync_gui.engine.views import Details
from tsh_sync_gui.engine.walk import Pace
from tsh_sync_gui.entities.spec import Entity

DEFAULT_TIME: Final = timedelta(minutes=10)
SINGLES_A_STEP: Final = 20
_NAMED: Final = 5
"""So many of the records that are gone are named in words."""


class ManyGoneError(ConfirmationRequiredError):
    """More records turned out to be gone than the details phase may take away unasked."""

    kind = "many_gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """Answers to one chunk of ids: the replies, the ids that are gone, and what broke the rest off."""

    replies: tuple[PageReply, ...]
    gone: tuple[str, ...]
    rejected: tuple[Rejected, ...] = ()
    error: BaseException | None = None

    @property
    def answered(self) -> int:
        """Return for how many records there is an answer."""
        return sum(len(one.records) for one in self.replies) + len(self.gone) + len(self.rejected)

    def plus(self, other: Fetched) -> Fetched:
        """Return both answers as one; the first error counts."""
        return Fetched(
            replies=(*self.replies, *other.replies),
            gone=(*self.gone, *other.gone),
            rejected=(*self.rejected, *other.rejected),
            error=self.error or other.error,
        )


class DetailWork:
    """Works off the queue of outstanding details of one walk."""

    def __init__(
        self,
        plan: WalkPlan,
        run: WalkRun,
        *,
        source: Source,
        mirror: Mirror,
        ledger: Ledger,
        budget: Budget,
        absences: Absences,
        normalizers: Mapping[str, Normalizer],
        pace: Pace,
        clock: Clock,
        lane: Lane,
    ) -> None:
        self._plan = plan
        self._run = run
        self._source = source
        self._mirror = mirror
        self._ledger = ledger
        self._budget = budget
        self._absences = absences
        self._normalizers = normalizers
        self._pace = pace
        self._clock = clock
        self._lane = lane
        self._members = tuple(one for one in plan.members if one.has_details)
        self._gone: list[str] = []
        self._done = 0

    async def waiting(self, limit: Details) -> int:
        """Return how many details *limit* would fetch now."""
        if not self._members or limit in {"none", 0}:
            return 0
        waiting = await self._outstanding()
        return min(waiting, await self._allowed(limit, waiting)) if waiting else 0

    async def work(self, limit: Details, *, approved: bool = False) -> int | None:
        """Fetch details up to *limit*; returns how many stay outstanding, None when nobody looked.

        Work that broke off is gone on with by the same call: what was fetched before counts.
        A used-up lane is an end, not a failure. ManyGoneError when more records turn out to be gone than may be taken
        away unless it is *approved*; none of them is, then.
        """
        if not self._members:
            return 0
        if limit in {"none", 0}:
            return None
        waiting = await self._outstanding()
        allowed = await self._allowed(limit, waiting) if waiting else 0
        if allowed <= 0:
            return waiting
        await self._run.enter(Phase.DETAILS, expected=min(waiting, allowed))
        ends = self._clock.monotonic() + DEFAULT_TIME.total_seconds() if limit is None else None
        try:
            await self._work_off(allowed, ends=ends, approved=approved)
        except ManyGoneError:
            raise
        except SyncError as error:
            await self._bury()
            if limit is not None or not isinstance(error, QuotaExhaustedError):
                raise
        else:
            await self._bury()
        return await self._outstanding()

    async def _work_off(self, left: int, *, ends: float | None, approved: bool) -> None:
        async with aclosing(self._chunks()) as chunks:
            async for ids in chunks:
                left -= await self._step(ids[:left], approved=approved)
                if left <= 0 or (ends is not None and self._clock.monotonic() >= ends):
                    return

    async def _bury(self) -> None:
        """Tombstone what turned out to be gone: at the end, when it is known that it is not too much."""
        if self._gone:
            gone, self._gone = tuple(self._gone), []
            await self._commit((), gone={one.name: gone for one in self._plan.members})

    async def _guard(self) -> None:
        """Stop, and ask a person, when too many records are gone."""
        number = len(self._gone)
        marks = [await self._run.patiently(partial(self._ledger.watermark, one.name)) for one in self._plan.members]
        live = max(mark.live for mark in marks)
        if not is_too_many(number, live):
            return
        leader = self._plan.leader
        limit = "5 %" if number > live * SHARE else f"{MOST} records"
        named = ", ".join(self._gone[:_NAMED])
        raise ManyGoneError(
            f"{number:,} {leader.title.lower()} or more are gone in Zoho",
            advice=f"More than the safety limit of {limit} of {live:,}. Nothing was deleted here. The first are "
            f"{named}. Look in Zoho, then approve (command line: --approve).",
        )

    async def _outstanding(self) -> int:
        return await self._run.patiently(lambda: self._mirror.outstanding_count(self._members))

    async def _allowed(self, limit: Details, waiting: int) -> int:
        """Return how many records may be asked for."""
        if limit == "all":
            return waiting
        if limit is not None:
            return min(waiting, int(limit) - self._done)
        calls = await self._run.patiently(lambda: self._budget.left(self._lane))
        calls = min(calls, int(self._pace.per_minute * DEFAULT_TIME.total_seconds() / 60))
        return min(waiting, calls * self._chunk_size())

    def _bulk_is_known(self) -> bool:
        api = self._plan.api
        return api.bulk is not None and not self._absences.has(api, api.bulk.path)

    def _chunk_size(self) -> int:
        bulk = self._plan.api.bulk
        return bulk.size if bulk and self._bulk_is_known() else 1

    def _chunks(self) -> AsyncGenerator[list[str], None]:
        bulk = self._plan.api.bulk
        return self._mirror.outstanding(self._members, size=bulk.size if bulk else SINGLES_A_STEP)

    async def _step(self, ids: Sequence[str], *, approved: bool) -> int:
        """Fetch and store the details of *ids*; returns how many were asked for."""
        for part in self._parts(ids):
            fetched = await self._run.work(self._fetch(part))
            batches = [
                self._normalizers[one.name].details(reply.records, observed_at=reply.sent_at)
                for reply in fetched.replies
                for one in self._members
            ]
            if fetched.rejected:
                batches += [await self._refused(one, fetched.rejected) for one in self._members]
            await self._commit(batches)
            self._done += fetched.answered
            self._gone += fetched.gone
            if fetched.gone and not approved:
                await self._guard()
            if fetched.error is not None:
                raise fetched.error
        return len(ids)

    async def _commit(self, batches: Sequence[DetailBatch], *, gone: dict[str, tuple[str, ...]] | None = None) -> None:
        await self._run.commit(self._run.step(Phase.DETAILS, details=tuple(batches), gone=gone or {}))

    async def _refused(self, entity: Entity, rejected: Sequence[Rejected]) -> DetailBatch:
        """Return the dead letters for those of the *rejected* records that *entity* has."""
        batch = self._normalizers[entity.name].details((), observed_at=self._clock.now())
        for one in rejected:
            if await self._run.patiently(partial(self._mirror.raw, entity, one.record_id)) is not None:
                batch.rejected.append(one)
        return batch

    def _parts(self, ids: Sequence[str]) -> list[Sequence[str]]:
        """Cut *ids* so that a step's calls fit the pace: one bulk call, or as many single ones as go at once."""
        size = self._plan.api.bulk.size if self._plan.api.bulk and self._bulk_is_known() else self._single_size()
        return [ids[start : start + size] for start in range(0, len(ids), size)]

    def _single_size(self) -> int:
        return 1 if self._pace.per_minute <= 100 else SINGLES_A_STEP

    async def _fetch(self, ids: Sequence[str]) -> Fetched:
        bulk = self._plan.api.bulk
        if bulk and self._bulk_is_known():
            try:
                reply = await self._source.bulk(
                    self._plan.api, bulk, ids, self._run.caller(self._plan.leader, self._lane, CallKind.BULK)
                )
            except EndpointAbsentError:
                await self._absences.note(self._plan.api, bulk.path, self._plan.leader)
            except (RecordGoneError, RecordRejectedError) as error:
                # One id may fail the whole call: each is asked for by itself, never all taken for gone or refused.
                structlog.get_logger(__name__).info("bulk call", error=error.kind, entity=self._plan.leader.name)
            else:
                return Fetched(replies=(reply,), gone=()).plus(await self._missing(ids, reply))
        return await self._singles(ids)

    async def _missing(self, ids: Sequence[str], reply: PageReply) -> Fetched:
        """Return the single answers for the ids that the bulk reply lacks: only those confirm what is gone."""
        known = record_ids(reply.records, self._plan.leader.pull.id)
        return await self._singles([one for one in ids if one not in known])

    async def _singles(self, ids: Sequence[str]) -> Fetched:
        gate = asyncio.Semaphore(self._pace.concurrency)
        caller = self._run.caller(self._plan.leader, self._lane, CallKind.DETAIL)

        async def one(record_id: str) -> PageReply | Rejected | None:
            async with gate:
                try:
                    reply = await self._source.detail(self._plan.api, record_id, caller)
                except RecordGoneError:
                    structlog.get_logger(__name__).info("gone", entity=self._plan.leader.name, record=record_id)
                    return None
                except RecordRejectedError as error:
                    return Rejected(
                        record_id=record_id, field=error.field, value=error.value, reason=error.title, payload=b""
                    )
                return self._other(record_id, reply) or reply

        if not ids:
            return Fetched(replies=(), gone=())
        outcomes = await asyncio.gather(*(one(record_id) for record_id in ids), return_exceptions=True)
        return Fetched(
            replies=tuple(reply for reply in outcomes if isinstance(reply, PageReply)),
            gone=tuple(record_id for record_id, reply in zip(ids, outcomes, strict=True) if reply is None),
            rejected=tuple(reply for reply in outcomes if isinstance(reply, Rejected)),
            error=next((reply for reply in outcomes if isinstance(reply, BaseException)), None),
        )

    def _other(self, record_id: str, reply: PageReply) -> Rejected | None:
        """Return the dead letter for an answer that does not name the record that was asked for, None for a good one.

        Without it, nothing would tell that the record was asked for, and each sync would ask again.
        """
        key = self._plan.leader.pull.id
        known = record_ids(reply.records, key)
        if record_id in known:
            return None
        return Rejected(
            record_id=record_id,
            field=key,
            value=", ".join(sorted(known)),
            reason="Zoho's answer names another record" if known else "Zoho's answer names no record",
            payload=bytes(reply.records[0]),
        )
