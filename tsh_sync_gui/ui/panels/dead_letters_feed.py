"""Reads the lists of dead letters: groups or letters, and how all stands."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from PySide6.QtCore import Signal

from tsh_sync_gui.engine.letters.values import LetterFigures, LetterGroup, LetterOrder, LetterPage
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.letter_service import LetterService
from tsh_sync_gui.ui.panels.feed import ListFeed


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


async def read(service: LetterService, wanted: Wanted, limit: int) -> Reading:
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


class LetterFeed(ListFeed[LetterService, Wanted, Reading, LetterPage]):
    """Reads groups or letters; *counted* carries the figures, which every reading brings."""

    counted = Signal(object)

    def __init__(self, actions: Actions) -> None:
        super().__init__(actions, Wanted(), begin=read, go_on=_page)
        self.read.connect(lambda reading, _is_other: self.counted.emit(reading.figures))

    def count(self) -> None:
        """Read the figures alone: the lists are not looked at."""
        if self._service is not None:
            mine = self._round
            self._actions.run(
                self._service.figures(),
                then=lambda figures: self.counted.emit(figures) if mine == self._round else None,
                otherwise=lambda _error: None,  # the overview tells when the database is away
            )
