"""Reads a list for a screen: the latest question wins, news are gathered, nothing waits in the window."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any, Final, Generic, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from tsh_sync_gui.ui.actions import Actions

PAGE: Final = 100
_RENEWED: Final = 1000
_PAUSE_S: Final = 1.0
Service = TypeVar("Service")
Wanted = TypeVar("Wanted")
Reading = TypeVar("Reading")
Page = TypeVar("Page")


class ListFeed(QObject, Generic[Service, Wanted, Reading, Page]):
    """*read* carries a Reading and whether its list is another, *paged* a further page.

    *failed* carries an error and whether the list shown is still good. What is read, and how, is told by who makes it:
    *begin* reads a list from its beginning, *go_on* the page behind a mark; *ahead* more are read of a list that is
    shown already, for what is new in it.
    """

    read = Signal(object, bool)
    paged = Signal(object)
    failed = Signal(object, bool)

    def __init__(
        self,
        actions: Actions,
        wanted: Wanted,
        *,
        begin: Callable[[Service, Wanted, int], Coroutine[Any, Any, Reading]],
        go_on: Callable[[Service, Wanted, str, int], Coroutine[Any, Any, Page]],
        ahead: int = 0,
    ) -> None:
        super().__init__()
        self._actions = actions
        self._read_first, self._read_on, self._ahead = begin, go_on, ahead
        self._service: Service | None = None
        self._round = 0
        self._held = PAGE
        self._is_reading = self._is_stale = False
        self._read_at = 0.0
        self.wanted = wanted
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.renew)

    def use(self, service: Service | None) -> None:
        """Read from *service* from now on; what was asked of another is dropped."""
        self._service = service
        self._round += 1
        self._is_reading = self._is_stale = False
        self._later.stop()

    def ask(self, wanted: Wanted) -> None:
        """Show another list, from its beginning."""
        self.wanted, self._held = wanted, PAGE
        self._round += 1
        self._begin(is_other=True)

    def news(self) -> None:
        """Read the same again soon: something has changed. Many news make one reading."""
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
        """Note how many rows are shown, so that as many are read again."""
        self._held = max(PAGE, min(number, _RENEWED))

    @property
    def held(self) -> int:
        """Return how many rows are read again."""
        return self._held

    def _begin(self, *, is_other: bool) -> None:
        if self._service is None:
            return
        self._later.stop()
        self._is_reading, self._is_stale = True, False
        mine = self._round
        limit = self._held if is_other else self._held + self._ahead
        self._actions.run(
            self._read_first(self._service, self.wanted, limit),
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
        """Read the page behind *after*."""
        if self._service is None:
            return
        mine = self._round
        self._actions.run(
            self._read_on(self._service, self.wanted, after, PAGE * 2),
            then=lambda page: self.paged.emit(page) if mine == self._round else None,
            otherwise=lambda error: self.failed.emit(error, True) if mine == self._round else None,
        )
