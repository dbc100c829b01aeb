"""How long a list is, when nobody knows: its last page is found by doubling and halving, the pages read are kept."""

from __future__ import annotations

from tsh_sync_gui.core.errors import EndpointAbsentError, WrongOrganizationError
from tsh_sync_gui.core.values import CallKind, Lane
from tsh_sync_gui.engine.fallback import by_other_product, without_filter
from tsh_sync_gui.engine.plan import WalkPlan
from tsh_sync_gui.engine.ports import Caller, PageQuery, PageReply
from tsh_sync_gui.engine.recall import list_name
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.engine.walk import FilterIgnoredError, Page, PageReader, first_checkpoint, is_end, outside_window


class Estimate:
    """Looks for the last page of one walk; the first *behind* pages are known not to be it."""

    def __init__(self, plan: WalkPlan, parts: Parts, *, behind: int) -> None:
        self._plan = plan
        self._parts = parts
        self._behind = behind

    async def find(self) -> WalkPlan:
        """Find and note the last page; returns the plan, which falls back as a walk would."""
        while True:
            try:
                await self._find()
            except FilterIgnoredError:
                self._plan = without_filter(self._plan)
            except (EndpointAbsentError, WrongOrganizationError) as error:
                self._plan = await by_other_product(self._plan, error, self._parts.absences)
            else:
                return self._plan

    async def _find(self) -> None:
        """Search between *low*, which is not the last page, and *high*, which is not before it."""
        low, step = self._behind, 1
        while True:
            high = low + step
            page = await self._read(high)
            if self._is_beyond(page):
                break
            low, step = high, step * 2
        while high - low > 1 and not self._is_surely_last(page):
            middle = (low + high) // 2
            tried = await self._read(middle)
            if self._is_beyond(tried):
                high, page = middle, tried
            else:
                low = middle
        if low == self._behind and low and not page.ids:
            await self._read(low)  # stored by the run that goes on, and not kept: only a kept page tells the length
        name = list_name(self._plan, self._parts.source, self._parts.pace().per_page)
        await self._parts.kept.found_last(name, high if page.ids or high == 1 else low)

    def _is_beyond(self, page: Page) -> bool:
        return is_end(page, first_checkpoint(self._plan, self._parts.source), self._plan.api)

    def _is_surely_last(self, page: Page) -> bool:
        """Tell whether *page* has rows and none follow: no page before it can be the end of the list."""
        return bool(page.ids) and not page.has_more and self._plan.stop is None

    async def _read(self, number: int) -> Page:
        parts, plan = self._parts, self._plan
        pace, checkpoint = parts.pace(), first_checkpoint(plan, parts.source)
        name = list_name(plan, parts.source, pace.per_page)
        reader = PageReader(plan, parts.source, parts.normalizers, pace)
        reply = await parts.kept.page(name, number) or await self._ask(name, number, pace.per_page)
        page = await reader.render(number, reply, checkpoint)
        if outside_window(page, checkpoint):
            raise FilterIgnoredError
        return page

    async def _ask(self, name: str, number: int, per_page: int) -> PageReply:
        parts, plan = self._parts, self._plan
        caller = Caller(lane=Lane.PERSON, kind=CallKind.LIST, entity=plan.leader.name)
        params = first_checkpoint(plan, parts.source).params
        reply = await parts.source.page(plan.api, PageQuery(page=number, per_page=per_page, params=params), caller)
        if reply.records or number == 1:
            await parts.kept.keep(name, reply)
        return reply
