"""The dead letters as far as the window uses them; `engine.dead_letters.DeadLetters` fulfils it."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from tsh_sync_gui.engine.letters.values import (
    Difference,
    EditOutcome,
    Letter,
    LetterDetail,
    LetterFigures,
    LetterForecast,
    LetterGroup,
    LetterOrder,
    LetterPage,
    LetterWork,
    PayloadFault,
)

Which = str | tuple[str, ...]
"""Letters by a search, or by id."""


class LetterService(Protocol):
    """What the inspector asks of the engine; every method is awaited on the engine's loop."""

    async def figures(self) -> LetterFigures:
        """Return how things stand."""
        ...

    async def groups(self, query: str = "") -> list[LetterGroup]:
        """Return the groups of what matches, largest first."""
        ...

    async def page(
        self,
        query: str,
        *,
        order: LetterOrder = LetterOrder.LAST_SEEN,
        is_descending: bool = True,
        after: str = "",
        limit: int = 100,
    ) -> LetterPage:
        """Return a page of what matches."""
        ...

    async def detail(self, letter: str) -> LetterDetail | None:
        """Return one letter opened."""
        ...

    async def looked(self, figures: LetterFigures) -> None:
        """Begin "new since I looked" anew: what *figures* count was seen."""
        ...

    async def forecast(self, which: Which) -> LetterForecast:
        """Return what a retry costs; makes no call."""
        ...

    async def retry(self, which: Which, *, careful: bool = False, pace: int | None = None) -> LetterWork:
        """Queue a retry for the workers."""
        ...

    async def work(self, work: str) -> LetterWork | None:
        """Return a retry with its progress."""
        ...

    async def works(self, *, limit: int = 20) -> list[LetterWork]:
        """Return retries, newest first."""
        ...

    async def cancel_work(self, work: str) -> LetterWork:
        """Stop a retry after the record in work."""
        ...

    async def lock(self, letter: str) -> Letter:
        """Keep a letter for this person's edit."""
        ...

    async def unlock(self, letter: str) -> None:
        """Let go of it."""
        ...

    async def check(self, letter: str, text: str) -> tuple[PayloadFault, ...]:
        """Return what is wrong with an edited text; nothing when it is good."""
        ...

    async def difference(self, letter: str, text: str) -> tuple[Difference, ...]:
        """Return what an edited text changes of the refused one."""
        ...

    async def edit_and_retry(
        self, letter: str, text: str, *, key: str = "", made_from: bytes | None = None
    ) -> EditOutcome:
        """Carry an edit of the refused text *made_from* out, once for each *key*."""
        ...

    async def discard(self, which: Which, *, reason: str) -> int:
        """Give letters up; returns how many."""
        ...

    async def restore(self, which: Which) -> int:
        """Bring discarded letters back."""
        ...

    async def snooze(self, which: Which, *, until: datetime | None) -> int:
        """Hide letters until a moment; None shows them again."""
        ...

    async def assign(self, which: Which, *, to: str) -> int:
        """Give letters to a person; "" to nobody."""
        ...

    async def note(self, which: Which, *, text: str) -> int:
        """Write a note at letters."""
        ...
