"""Pages that an estimate has read and kept: which of them a walk may use, and when it must doubt them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import count, takewhile
from urllib.parse import urlencode

from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import Checkpoint, KeptPages, ListOrder, PageReply, Source
from tsh_sync_gui.entities.spec import Api


def list_name(plan: WalkPlan, source: Source, per_page: int) -> str:
    """Return the name under which pages of the list that *plan* walks are kept."""
    return page_name(plan.api, source.params(plan.api, plan.order, plan.since), per_page)


def page_name(api: Api, params: Sequence[tuple[str, str]], per_page: int) -> str:
    """Return the name of the list that *api* gives for filters and sort in Zoho's words."""
    return f"{api.product.value}:{api.path}?{urlencode(tuple(params))}#{per_page}"


class Recall:
    """The kept pages of one walk's list."""

    def __init__(self, kept: KeptPages, plan: WalkPlan, checkpoint: Checkpoint, name: str) -> None:
        self._kept = kept
        self._plan = plan
        self._first = checkpoint
        self._name = name
        self._fresh: set[int] = set()

    @staticmethod
    def usable(plan: WalkPlan, checkpoint: Checkpoint, fresh: Collection[int]) -> set[int]:
        """Return which of the pages *fresh* a walk may use.

        All of them where rows only move when one before them is deleted, which shows. Elsewhere an edit moves rows
        from a page before a kept one into it, unseen: then only what stands before all pages to come.
        """
        sort = plan.api.full_sort
        by_creation = sort is not None and sort.column == plan.leader.pull.created and not sort.descending
        if checkpoint.order is ListOrder.FULL and by_creation:
            return set(fresh)
        return set(takewhile(lambda page: page in fresh, count(1)))

    async def load(self) -> None:
        """Learn which pages are kept and fresh."""
        kept = await self._kept.look(self._name)
        self._fresh = self.usable(self._plan, self._first, kept.fresh)

    async def page(self, number: int, checkpoint: Checkpoint) -> PageReply | None:
        """Return page *number* of what *checkpoint* asks for, if it is kept."""
        if number not in self._fresh or checkpoint.is_tail or checkpoint.params != self._first.params:
            return None
        return await self._kept.page(self._name, number)

    def doubt(self) -> None:
        """Use no kept page any more: rows have moved since they were read."""
        self._fresh.clear()

    async def forget(self) -> None:
        """Drop the kept pages: the list was walked."""
        await self._kept.forget(self._name)
