"""The list phase: pages in order, stored with their checkpoint; resumed, and checked, where rows may have moved."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

import msgspec
from msgspec.structs import replace

from tsh_sync_gui.core.values import CallKind, Lane, Phase, parse_stamp
from tsh_sync_gui.engine.fetching import InOrder
from tsh_sync_gui.engine.normalize import Normalizer
from tsh_sync_gui.engine.plan import OVERLAP, WalkPlan, pages_of
from tsh_sync_gui.engine.ports import Batch, Caller, Checkpoint, Ledger, ListOrder, PageQuery, PageReply, Source, Step
from tsh_sync_gui.engine.recall import Recall
from tsh_sync_gui.engine.runs import WalkRun
from tsh_sync_gui.entities.spec import Api, Entity, TimeFilter

BATCH_BYTES: Final = 10_000_000
"""At most so much of Zoho's text is stored in one transaction."""
GIVE_WAY: Final = 67
"""After so many records, about a millisecond's work, others have their turn."""
TURNS: Final = 4
KEEP_PAGES: Final = 50
BINDING_PER_MINUTE: Final = 6_000
"""Up to this limit a call is dearer than the time it takes: the next page is asked for when this one is safe."""
_FILTERED_PAGES: Final = 500_000_000
_TAIL_PAGES: Final = 1_000_000_000
TAIL_AFTER: Final = timedelta(minutes=10)
"""A walk that took longer ends with what changed meanwhile; a shorter one leaves that to the next incremental."""


class FilterIgnoredError(Exception):
    """The list answers rows from outside the window: it does not know the filter (zoho-api.md 3.11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How a walk may ask: records a page, requests at once, calls a minute."""

    per_page: int
    concurrency: int
    per_minute: int

    @property
    def is_bound(self) -> bool:
        """Tell whether the minute limit, not the time an answer takes, is what a walk waits for."""
        return self.per_minute <= BINDING_PER_MINUTE

    @property
    def ahead(self) -> int:
        """Return how many pages are asked for at once."""
        return 1 if self.is_bound else self.concurrency


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, its rows rendered for each member of the walk."""

    number: int
    ids: list[str]
    batches: tuple[Batch, ...]
    has_more: bool
    sent_at: datetime
    server_date: datetime | None
    size: int
    oldest_created: datetime | None
    is_kept: bool = False

    @property
    def oldest(self) -> datetime | None:
        """Return the oldest change stamp of the page."""
        return min((one.oldest for one in self.batches if one.oldest), default=None)

    @property
    def newest(self) -> datetime | None:
        """Return the newest change stamp of the page."""
        return max((one.newest for one in self.batches if one.newest), default=None)


def joined(first: Batch, second: Batch) -> Batch:
    """Return *first* with the rows of *second* added."""
    first.ids = list(dict.fromkeys((*first.ids, *second.ids)))
    first.lines.keys += second.lines.keys
    first.lines.lines += second.lines.lines
    first.rejected += second.rejected
    first.oldest = min((one for one in (first.oldest, second.oldest) if one), default=None)
    first.newest = max((one for one in (first.newest, second.newest) if one), default=None)
    first.before_since += second.before_since
    return first


class PageReader:
    """Asks for pages and renders them."""

    def __init__(self, plan: WalkPlan, source: Source, normalizers: Mapping[str, Normalizer], pace: Pace) -> None:
        self._plan = plan
        self._source = source
        self._normalizers = normalizers
        self._per_page = pace.per_page
        self._created_key = plan.leader.pull.created
        # One page at a time: several would take turns with each other, not with the database.
        self._rendering = asyncio.Lock()

    async def read(self, number: int, checkpoint: Checkpoint, caller: Caller) -> Page:
        """Return page *number* of what *checkpoint* asks for."""
        query = PageQuery(page=number, per_page=self._per_page, params=checkpoint.params)
        return await self.render(number, await self._source.page(self._plan.api, query, caller), checkpoint)

    async def render(self, number: int, reply: PageReply, checkpoint: Checkpoint, *, is_kept: bool = False) -> Page:
        """Return the page that *reply* is."""
        async with self._rendering:
            batches = tuple([await self._render(one, reply, checkpoint.since) for one in self._plan.members])
        whole = next((one for one in batches if one.entity.spread is None), batches[0])
        return Page(
            number=number,
            ids=[*whole.ids, *(one.record_id for one in whole.rejected if one.record_id)],
            batches=batches,
            has_more=reply.has_more and bool(reply.records),
            sent_at=reply.sent_at,
            server_date=reply.server_date,
            size=reply.size,
            oldest_created=self._created(reply) if checkpoint.stop else None,
            is_kept=is_kept,
        )

    async def _render(self, entity: Entity, reply: PageReply, since: datetime | None) -> Batch:
        """Return the page's rows, giving way every few records: the database's next statement may be waiting."""
        normalizer = self._normalizers[entity.name]
        whole: Batch | None = None
        for start in range(0, len(reply.records) or 1, GIVE_WAY):
            part = normalizer.page(reply.records[start : start + GIVE_WAY], observed_at=reply.sent_at, since=since)
            whole = part if whole is None else joined(whole, part)
            # An answer of the database passes several hands before the next statement leaves: a turn for each.
            for _ in range(TURNS):
                await asyncio.sleep(0)
        assert whole is not None  # noqa: S101 -- an empty page is one empty part
        return whole

    def _created(self, reply: PageReply) -> datetime | None:
        try:
            record = msgspec.json.decode(reply.records[-1], type=dict[str, msgspec.Raw])
            return parse_stamp(msgspec.json.decode(record[self._created_key], type=str))
        except (IndexError, KeyError, ValueError):
            return None


def first_checkpoint(plan: WalkPlan, source: Source) -> Checkpoint:
    """Return where *plan* begins."""
    return Checkpoint(
        order=plan.order, params=source.params(plan.api, plan.order, plan.since), since=plan.since, stop=plan.stop
    )


def is_end(page: Page, checkpoint: Checkpoint, api: Api) -> bool:
    """Tell whether *page* is the walk's last: no more rows, or the old watermark is reached."""
    if not page.has_more:
        return True
    if checkpoint.order is not ListOrder.NEWEST or checkpoint.stop is None:
        return False
    reached = page.oldest if api.change_sort else page.oldest_created
    return reached is not None and reached < checkpoint.stop


def outside_window(page: Page, checkpoint: Checkpoint) -> bool:
    """Tell whether *page* has rows from outside the window that *checkpoint* asks for."""
    return checkpoint.order is ListOrder.FILTERED and any(one.before_since for one in page.batches)


class _KeptInDoubtError(Exception):
    """A page that was kept repeats rows of the page before it, read since: rows have moved, some may be missed."""


class ListWalk:
    """Walks one list for one run."""

    def __init__(
        self,
        plan: WalkPlan,
        run: WalkRun,
        reader: PageReader,
        recall: Recall,
        *,
        source: Source,
        ledger: Ledger,
        pace: Pace,
        lane: Lane,
        expected: int | None,
        filter_absent: bool = False,
    ) -> None:
        self._plan = plan
        self._run = run
        self._reader = reader
        self._recall = recall
        self._source = source
        self._ledger = ledger
        self._pace = pace
        self._expected = expected
        self._filter_absent = filter_absent
        self._caller = run.caller(plan.leader, lane, CallKind.LIST)
        self._ready: dict[int, Page] = {}
        self._moved_at: datetime | None = None
        self._before: Page | None = None

    async def walk(self) -> None:
        """Store all pages from the run's checkpoint to the end, and what changed meanwhile after a long walk.

        Raises FilterIgnoredError when a row stands outside the window; what was stored until then is right.
        """
        if self._run.checkpoint.done:
            return
        await self._run.patiently(self._recall.load)
        await self._to_the_end()
        await self._run.patiently(self._recall.forget)

    async def _to_the_end(self) -> None:
        start = await self._place(self._run.checkpoint.next_page - 1)
        while not self._run.checkpoint.done:
            try:
                back = await self._stretch(start)
            except _KeptInDoubtError:
                self._recall.doubt()
                self._run.restart(first_checkpoint(self._plan, self._source))
                start = 1
                continue
            if back is not None:
                self._recall.doubt()
                start = await self._place(back)
            elif tail := self._tail():
                await self._run.commit(self._step([], tail))
                start = 1

    async def _stretch(self, start: int) -> int | None:
        """Walk from page *start* on; returns the page to look back to when rows have moved, None at the end."""
        last = pages_of(self._expected, self._pace.per_page) if self._expected and self._plan.covers_all else None
        pages = InOrder(
            self._page,
            start,
            ahead=self._pace.ahead,
            keep=self._keep(),
            last=last,
            is_last=lambda page: is_end(page, self._run.checkpoint, self._plan.api),
        )
        pending: list[Page] = []
        try:
            while True:
                page = (pages.at_hand() if pending else None) or await self._next(pages)
                self._check(page)
                pending.append(page)
                end = is_end(page, self._run.checkpoint, self._plan.api)
                moved = self._has_moved(page)
                pages.know_more(page.number)
                if end or moved or not pages.is_ready or sum(one.size for one in pending) >= BATCH_BYTES:
                    await self._run.commit(self._step(pending, self._after(pending, end=end)))
                    pending = []
                    if end:
                        return None
                    if moved:
                        return page.number - 1
                    pages.release()
        finally:
            await pages.close()

    async def _next(self, pages: InOrder[Page]) -> Page:
        return await self._run.work(pages.take())

    def _mark(self, number: int) -> int:
        """Return under which number a page's ids are kept; other lists than the whole one stand apart.

        A walk that goes on without its filter would else write over what it has met.
        """
        if self._run.checkpoint.is_tail:
            return number + _TAIL_PAGES
        return number + _FILTERED_PAGES if self._run.checkpoint.order is ListOrder.FILTERED else number

    def _keep(self) -> int:
        return 1 if self._pace.is_bound else KEEP_PAGES

    async def _page(self, number: int) -> Page:
        if page := self._ready.pop(number, None):
            return page
        checkpoint = self._run.checkpoint
        if reply := await self._run.patiently(partial(self._recall.page, number, checkpoint)):
            return await self._reader.render(number, reply, checkpoint, is_kept=True)
        return await self._reader.read(number, checkpoint, self._caller)

    def _check(self, page: Page) -> None:
        if outside_window(page, self._run.checkpoint):
            raise FilterIgnoredError
        before, self._before = self._before, page
        if page.is_kept and before and not before.is_kept and not set(before.ids).isdisjoint(page.ids):
            raise _KeptInDoubtError

    def _has_moved(self, page: Page) -> bool:
        """Tell whether rows may have shifted: the order is one that an edit changes, and there was an edit."""
        checkpoint, sort = self._run.checkpoint, self._plan.api.full_sort
        if checkpoint.order is not ListOrder.FULL or (sort and sort.column == self._plan.leader.pull.created):
            return False
        newest, started = page.newest, checkpoint.started
        if page.number == 1 or not (newest and started and newest > max(started, self._moved_at or started)):
            return False
        self._moved_at = newest
        return True

    async def _place(self, page: int) -> int:
        """Return the page to go on with: behind the newest stored page that still reads as it was stored."""
        self._ready.clear()
        while page >= 1:
            again = await self._run.work(self._reader.read(page, self._run.checkpoint, self._caller))
            stored = await self._run.patiently(partial(self._ledger.page_ids, self._run.id, self._mark(page)))
            if stored == again.ids:
                self._before = again
                if is_end(again, self._run.checkpoint, self._plan.api) and not self._ready:
                    started = self._run.checkpoint.started or again.sent_at
                    done = not self._needs_tail(again, started)
                    await self._run.commit(self._step([], replace(self._run.checkpoint, done=done)))
                return page + 1
            self._ready[page] = again
            self._ready.pop(page + KEEP_PAGES, None)
            page -= 1
        return 1

    def _after(self, pages: Sequence[Page], *, end: bool) -> Checkpoint:
        first, last = pages[0], pages[-1]
        started = self._run.checkpoint.started or first.server_date or first.sent_at
        return replace(
            self._run.checkpoint,
            next_page=last.number + 1,
            started=started,
            done=end and not self._needs_tail(last, started),
        )

    def _needs_tail(self, last: Page, started: datetime) -> bool:
        checkpoint, api = self._run.checkpoint, self._plan.api
        has_way = self._has_filter() or api.change_sort is not None
        lasted = (last.server_date or last.sent_at) - started
        return self._plan.covers_all and not checkpoint.is_tail and has_way and lasted > TAIL_AFTER

    def _has_filter(self) -> bool:
        return self._plan.api.time_filter is not TimeFilter.NONE and not self._filter_absent

    def _tail(self) -> Checkpoint | None:
        """Return where to read what changed during the walk, None when it is done."""
        checkpoint, api = self._run.checkpoint, self._plan.api
        if checkpoint.done or checkpoint.started is None:
            return None
        since = checkpoint.started - OVERLAP
        filtered = self._has_filter()
        order = ListOrder.FILTERED if filtered else ListOrder.NEWEST
        return Checkpoint(
            order=order,
            params=self._source.params(api, order, since),
            since=since if filtered else None,
            stop=None if filtered else since,
            started=checkpoint.started,
            is_tail=True,
        )

    def _step(self, pages: Sequence[Page], checkpoint: Checkpoint) -> Step:
        return self._run.step(
            Phase.LIST,
            batches=tuple(batch for page in pages for batch in page.batches),
            page_ids={self._mark(page.number): page.ids for page in pages},
            checkpoint=checkpoint,
        )
