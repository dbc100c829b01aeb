"""Reads the inbox: the latest question wins, news are gathered, nothing waits in the window."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from tsh_sync_gui.engine.ports.deliveries import InboxFigures, InboxPage
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.state.webhooks import MOST_NEW, InboxFilter
from tsh_sync_gui.ui.webhook_service import WebhookService

PAGE: Final = 100
_RENEWED: Final = 1000
_PAUSE_S: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reading brought; *page* holds as many rows as are shown and some that are new."""

    wanted: InboxFilter
    figures: InboxFigures
    page: InboxPage
    total: int
    is_paused: bool


async def read(service: WebhookService, wanted: InboxFilter, limit: int) -> Reading:
    """Return what *wanted* shows."""
    figures, page, total = await asyncio.gather(
        service.figures(), service.page(wanted.query, limit=limit), service.count(wanted.query)
    )
    return Reading(wanted=wanted, figures=figures, page=page, total=total, is_paused=service.is_paused)


class InboxFeed(QObject):
    """*read* carries a Reading and whether its list is another, *paged* a further page.

    *failed* carries an error and whether the list shown is still good.
    """

    read = Signal(object, bool)
    paged = Signal(object)
    failed = Signal(object, bool)

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._service: WebhookService | None = None
        self._round = 0
        self._held = PAGE
        self._is_reading = self._is_stale = False
        self._read_at = 0.0
        self.wanted = InboxFilter()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.renew)

    def use(self, service: WebhookService | None) -> None:
        """Read from *service* from now on; what was asked of another is dropped."""
        self._service = service
        self._round += 1
        self._is_reading = self._is_stale = False
        self._later.stop()

    def ask(self, wanted: InboxFilter) -> None:
        """Show another list, from its beginning."""
        self.wanted, self._held = wanted, PAGE
        self._round += 1
        self._begin(is_other=True)

    def news(self) -> None:
        """Read the same again soon: something came in or went on. Many news make one reading."""
        if self._is_reading:
            self._is_stale = True
        elif not self._later.isActive():
            self._later.start(max(0, round((self._read_at + _PAUSE_S - time.monotonic()) * 1000)))

    def renew(self) -> None:
        """Read the same list again, as far as it was read."""
        if self._is_reading:
            self._is_stale = True
        else:
            self._begin(is_other=False)

    def hold(self, number: int) -> None:
        """Note how many deliveries are shown, so that as many are read again."""
        self._held = max(PAGE, min(number, _RENEWED))

    @property
    def held(self) -> int:
        """Return how many deliveries are read again."""
        return self._held

    def _begin(self, *, is_other: bool) -> None:
        if self._service is None:
            return
        self._later.stop()
        self._is_reading, self._is_stale = True, False
        mine = self._round
        limit = self._held if is_other else self._held + MOST_NEW
        self._actions.run(
            read(self._service, self.wanted, limit),
            then=lambda reading: self._take(mine, reading, is_other=is_other),
            otherwise=lambda error: self._fail(mine, error, is_other=is_other),
        )

    def _take(self, mine: int, reading: Reading, *, is_other: bool) -> None:
        if mine != self._round:
            return
        self._is_reading, self._read_at = False, time.monotonic()
        self.read.emit(reading, is_other)
        if self._is_stale:
            self.news()

    def _fail(self, mine: int, error: BaseException, *, is_other: bool) -> None:
        if mine == self._round:
            self._is_reading, self._read_at = False, time.monotonic()
            self.failed.emit(error, not is_other)

    def more(self, after: str) -> None:
        """Read the page below *after*."""
        if self._service is None:
            return
        mine = self._round
        self._actions.run(
            self._service.page(self.wanted.query, after=int(after), limit=PAGE * 2),
            then=lambda page: self.paged.emit(page) if mine == self._round else None,
            otherwise=lambda error: self.failed.emit(error, True) if mine == self._round else None,
        )
