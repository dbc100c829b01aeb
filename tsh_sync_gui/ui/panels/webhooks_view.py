"""The list as it lives: read, followed as deliveries come in or held still, and one of them opened."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from tsh_sync_gui.core.table_files import Exported, write_table
from tsh_sync_gui.engine.ports.deliveries import InboxDetail, InboxPage, InboxRow
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.panels.webhooks_feed import InboxFeed, Reading
from tsh_sync_gui.ui.panels.webhooks_lists import WebhookLists
from tsh_sync_gui.ui.state.dead_letters import Marks
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhooks import Flow, InboxFilter
from tsh_sync_gui.ui.state.webhooks_body import Body, body_of
from tsh_sync_gui.ui.state.webhooks_detail import can_replay
from tsh_sync_gui.ui.state.webhooks_rows import DeliveryRow
from tsh_sync_gui.ui.webhook_service import WebhookService

_SETTLED_MS: Final = 60
_PAGE: Final = 5_000


async def _opened(service: WebhookService, number: int) -> tuple[InboxDetail, Body] | None:
    """Return a delivery, and its body as it is shown."""
    found = await service.detail(number)
    return None if found is None else (found, await asyncio.to_thread(body_of, found.delivery))


class InboxView(QObject):
    """*read* carries a Reading that is shown, *emptied* says that it holds nothing, *moved* how live the list is.

    *opened* says that another delivery is in focus, or other ones are marked.
    """

    read = Signal(object)
    emptied = Signal()
    moved = Signal(object)
    opened = Signal()

    def __init__(self, lists: WebhookLists, actions: Actions) -> None:
        super().__init__(lists)
        self._lists = lists
        self._actions = actions
        self._service: WebhookService | None = None
        self._wanted = ""
        self.is_fresh = False
        self.flow = Flow()
        self.feed = InboxFeed(actions)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._read_detail)
        self._connect()

    def _connect(self) -> None:
        table = self._lists.table
        table.current_changed.connect(self._open)
        table.more.connect(lambda: self.feed.more(table.model.after))
        table.turned.connect(self.turn_live)
        table.newer.connect(self.show_newer)
        table.all_wanted.connect(self._mark_all)
        table.model.marked.connect(self.opened)
        table.view.verticalScrollBar().valueChanged.connect(lambda _at: self._scrolled())
        self._lists.pane.opened.connect(self._open_number)
        self.feed.read.connect(self._take)
        self.feed.paged.connect(self._append)
        self.feed.failed.connect(self._fail)

    def use(self, service: WebhookService | None) -> None:
        """Show the deliveries of *service* from now on."""
        self._service = service
        self.feed.use(service)
        self.is_fresh = False
        self._wanted = ""
        self._settled.stop()
        self._lists.pane.clear()
        self._lists.show_reading()

    def ask(self, wanted: InboxFilter) -> None:
        """Read another list."""
        self.is_fresh = True
        self.flow = replace(self.flow, is_at_top=True, newest=0, held=0)
        self._lists.table.model.use_marks(Marks())
        self.feed.ask(wanted)

    def news(self) -> None:
        """Read the same again soon."""
        if self.is_fresh:
            self.feed.news()

    def renew(self) -> None:
        """Read the same again now."""
        if self.is_fresh:
            self.feed.renew()

    def _take(self, reading: Reading, is_other: bool) -> None:
        table, rows = self._lists.table, reading.page.rows
        if is_other or self.flow.follows or not table.model.rows:
            fresh = 0 if is_other else sum(row.id > self.flow.newest for row in rows)
            shown = rows[: self.feed.held + fresh]
            self.flow = self.flow.shown(rows)
        else:
            self.flow = self.flow.read(rows)
            shown = tuple(row for row in rows if row.id <= self.flow.newest)[: self.feed.held]
        after = str(shown[-1].id) if shown and (len(shown) + self.flow.held < len(rows) or reading.page.after) else ""
        total = max(0, reading.total - self.flow.held)
        if is_other:
            self._lists.pane.clear()
            table.restart(self._lists.rows_of(shown), total=total, after=after)
        else:
            tail = self._tail(shown)
            table.renew([*self._lists.rows_of(shown), *tail], total=total, after=table.model.after if tail else after)
        self.feed.hold(len(table.model.rows))
        self._show_read(is_other=is_other)
        self.read.emit(reading)

    def _tail(self, shown: Sequence[InboxRow]) -> list[DeliveryRow]:
        """Return the rows below those that were read again: who scrolled that far keeps them."""
        known = self._lists.table.model.rows
        if not shown or len(known) <= self.feed.held:
            return []
        return [row for row in known if row.row.id < shown[-1].id]

    def _show_read(self, *, is_other: bool) -> None:
        table = self._lists.table
        if not table.model.rows:
            self.emptied.emit()
        else:
            self._lists.show_list()
            if is_other or not table.current:
                table.step(0)
            elif self._wanted:
                self._settled.start()
        self._show_flow()

    def _append(self, page: InboxPage) -> None:
        table = self._lists.table
        table.append(self._lists.rows_of(page.rows), total=table.model.total, after=str(page.after or ""))
        self.feed.hold(len(table.model.rows))

    def _fail(self, error: BaseException, is_shown: bool) -> None:
        self._lists.table.failed()
        if not (is_shown and self._lists.is_shown):
            self._lists.show_error(problem_from(error))

    # One delivery

    def _open(self, key: str) -> None:
        """Open a delivery once the focus rests on it."""
        self._wanted = key
        self._settled.start()

    def _open_number(self, number: int) -> None:
        self._wanted = str(number)
        self._lists.table.go_to(str(number))
        self._settled.start()

    def _read_detail(self) -> None:
        mine = self._wanted
        if self._service is not None and mine:
            show = lambda found: self._show(found) if mine == self._wanted else None  # noqa: E731 -- of this reading
            self._actions.run(_opened(self._service, int(mine)), then=show)

    def _show(self, found: tuple[InboxDetail, Body] | None) -> None:
        if found is not None and self._lists.table.model.rows:
            detail, body = found
            self._lists.pane.show_detail(detail, self._lists.title_of(detail.row.entity), body)
            if self._lists.is_shown:
                self._lists.show_list()
            self.opened.emit()

    @property
    def detail(self) -> InboxDetail | None:
        """Return the delivery that is opened."""
        return self._lists.pane.detail

    def chosen(self) -> list[int]:
        """Return what a replay is of: what is marked, else the delivery in focus."""
        marks, detail = self._lists.table.model.marks, self.detail
        if marks.ids:
            return [int(one) for one in marks.ids]
        return [detail.row.id] if detail is not None and can_replay(detail) else []

    def _mark_all(self) -> None:
        """Mark all that match, also those that were not scrolled to."""
        service, wanted = self._service, self.feed.wanted

        async def keys() -> tuple[str, ...]:
            return tuple([str(one) for one in await service.ids(wanted.query)]) if service is not None else ()

        self._actions.run(keys(), then=lambda found: self._lists.table.model.use_marks(Marks(found)))

    async def _all(self, service: WebhookService | None, wanted: InboxFilter) -> list[DeliveryRow]:
        """Return all that match."""
        rows: list[DeliveryRow] = []
        after = None
        while service is not None:
            page = await service.page(wanted.query, after=after, limit=_PAGE)
            rows += self._lists.rows_of(page.rows)
            after = page.after
            if after is None:
                break
        return rows

    # How live it is

    def turn_live(self) -> None:
        """Pause the list, or let it follow again."""
        self.flow = replace(self.flow, is_live=not self.flow.is_live)
        if self.flow.is_live:
            self.show_newer()
        else:
            self._show_flow()

    def _scrolled(self) -> None:
        is_at_top = self._lists.table.is_at_top
        if is_at_top != self.flow.is_at_top:
            self.flow = replace(self.flow, is_at_top=is_at_top)
            if self.flow.follows and self.flow.held:
                self.feed.renew()

    def show_newer(self) -> None:
        """Show what was held back, from the beginning of the list."""
        self.flow = replace(self.flow, is_live=True, is_at_top=True)
        self._lists.table.view.scrollToTop()
        self.renew()
        self._show_flow()

    def _show_flow(self) -> None:
        self._lists.table.show_flow(self.flow)
        self.moved.emit(self.flow)

    # Files

    def writing(self, wanted: InboxFilter) -> Callable[[Path], Coroutine[Any, Any, Exported]]:
        """Return what writes all deliveries that match to a file."""
        service, columns = self._service, [one for one in self._lists.table.model.columns if one.title]

        async def write(path: Path) -> Exported:
            rows = await self._all(service, wanted)
            return await asyncio.to_thread(write_table, path, columns, rows, name=tr("Webhooks"))

        return write
