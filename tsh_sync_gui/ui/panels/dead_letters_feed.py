"""Reads the lists of dead letters: the latest question wins, news are gathered, nothing waits in the window."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from tsh_sync_gui.engine.letters.values import LetterFigures, LetterGroup, LetterOrder, LetterPage
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.letter_service import LetterService

PAGE: Final = 100
_RENEWED: Final = 1000
_PAUSE: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A list: its search, whether its groups or its letters, and their order."""

    query: str = ""
    in_groups: bool = True
    order: LetterOrder = LetterOrder.LAST_SEEN
    is_descending: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a reading brought: the groups or the first letters, and how all stands."""

    wanted: Wanted
    figures: LetterFigures
    groups: tuple[LetterGroup, ...] = ()
    page: LetterPage | None = None


async def read(service: LetterService, wanted: Wanted, limit: int = PAGE) -> Reading:
    """Return what *wanted* shows."""
    if wanted.in_groups:
        figures, groups = await asyncio.gather(service.figures(), service.groups(wanted.query))
        return Reading(wanted=wanted, figures=figures, groups=tuple(groups))
    figures, page = await asyncio.gather(service.figures(), _page(service, wanted, "", limit))
    return Reading(wanted=wanted, figures=figures, page=page)


async def _page(service: LetterService, wanted: Wanted, after: str, limit: int) -> LetterPage:
    return await service.page(
        wanted.query, order=wanted.order, is_descending=wanted.is_descending, after=after, limit=limit
    )


class Feed(QObject):
    """*read* carries a Reading and whether its list is another; *paged* a further page, *counted* the figures.

    *failed* carries an error and whether the list shown is still good.
    """

    read = Signal(object, bool)
    paged = Signal(object)
    counted = Signal(object)
    failed = Signal(object, bool)

    def __init__(self, actions: Actions) -> None:
        super().__init__()
        self._actions = actions
        self._service: LetterService | None = None
        self._round = 0
        self._held = PAGE
        self._is_reading = False
        self._is_stale = False
        self._read_at = 0.0
        self.wanted = Wanted()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.renew)

    def use(self, service: LetterService | None) -> None:
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
            self._later.start(max(0, round((self._read_at + _PAUSE - time.monotonic()) * 1000)))

    def renew(self) -> None:
        """Read the same list again, as far as it was read."""
        if self._is_reading:
            self._is_stale = True
        else:
            self._begin(is_other=False)

    def hold(self, number: int) -> None:
        """Note how many letters are shown, so that as many are read again."""
        self._held = max(PAGE, min(number, _RENEWED))

    def _begin(self, *, is_other: bool) -> None:
        if self._service is None:
            return
        self._later.stop()
        self._is_reading, self._is_stale = True, False
        mine = self._round
        self._actions.run(
            read(self._service, self.wanted, self._held),
            then=lambda reading: self._take(mine, reading, is_other=is_other),
            otherwise=lambda error: self._fail(mine, error, is_other=is_other),
        )

    def _take(self, mine: int, reading: Reading, *, is_other: bool) -> None:
        if mine != self._round:
            return
        self._is_reading, self._read_at = False, time.monotonic()
        self.counted.emit(reading.figures)
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
            _page(self._service, self.wanted, after, PAGE * 2),
            then=lambda page: self.paged.emit(page) if mine == self._round else None,
            otherwise=lambda error: self.failed.emit(error, True) if mine == self._round else None,
        )

    def count(self) -> None:
        """Read the figures alone: the lists are not looked at."""
        if self._service is not None:
            mine = self._round
            self._actions.run(
                self._service.figures(),
                then=lambda figures: self.counted.emit(figures) if mine == self._round else None,
                otherwise=lambda _error: None,  # the overview tells when the database is away
            )
