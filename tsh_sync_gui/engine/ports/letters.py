"""Dead letters as they are kept: looked at, dealt with, tried again together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, Protocol

from tsh_sync_gui.engine.letters.query import Chosen, LetterQuery
from tsh_sync_gui.engine.letters.values import (
    Deed,
    GivenUpLetter,
    Letter,
    LetterDeed,
    LetterFigures,
    LetterGroup,
    LetterOrder,
    LetterOutline,
    LetterPage,
    LetterWork,
    Sides,
    WorkState,
)


class Letters(Protocol):
    """The letters. *person* is who asks: "new" is what came since they looked."""

    async def groups(self, query: LetterQuery, *, person: str) -> list[LetterGroup]:
        """Return the groups of what matches, largest first."""
        ...

    async def page(
        self,
        query: LetterQuery,
        *,
        person: str,
        order: LetterOrder = LetterOrder.LAST_SEEN,
        is_descending: bool = True,
        after: str = "",
        limit: int = 100,
    ) -> LetterPage:
        """Return a page of what matches; *after* is the last page's."""
        ...

    async def count(self, query: LetterQuery, *, person: str) -> int:
        """Return how many match."""
        ...

    async def ids(self, query: LetterQuery, *, person: str) -> list[str]:
        """Return all that match, those seen last first."""
        ...

    async def letters(self, ids: Sequence[str], *, person: str = "") -> list[Letter]:
        """Return the letters of *ids* that there are, in that order."""
        ...

    async def payload(self, letter: str) -> bytes:
        """Return the refused text."""
        ...

    async def figures(self, *, person: str) -> LetterFigures:
        """Return how things stand."""
        ...

    async def looked(self, person: str, *, as_of: datetime) -> None:
        """Note that *person* has seen what there was at *as_of*: it is not new to them."""
        ...

    async def history(self, letter: str) -> list[LetterDeed]:
        """Return what was done with a letter, newest first."""
        ...

    async def sides(self, letter: Letter) -> Sides:
        """Return the letter's record as the mirror keeps it."""
        ...

    async def others(self, letter: Letter, *, limit: int = 20) -> list[Letter]:
        """Return other letters of the same record, newest first."""
        ...


class LetterDeeds(Protocol):
    """What is done with letters."""

    async def do(self, which: Chosen, deed: Deed, *, by: str, words: str = "", until: datetime | None = None) -> int:
        """Discard, restore, snooze, assign or note letters; returns how many there were to do it with."""
        ...

    async def lock(self, letter: str, *, by: str, seconds: float) -> bool:
        """Keep an open *letter* for one person's edit; False when it is not open, or another has it."""
        ...

    async def renew(self, letter: str, *, by: str, seconds: float) -> bool:
        """Keep it for longer for who has it; False when that is not *by* any more."""
        ...

    async def unlock(self, letter: str, *, by: str) -> None:
        """Let go of it."""
        ...

    def hold(self, letters: Sequence[str]) -> AbstractAsyncContextManager[frozenset[str]]:
        """Keep those of *letters* that nobody tries now for as long as the context lasts; yields which they are.

        So two tries of one letter never run side by side, whoever asked for them; a killed program lets go.
        """
        ...

    async def keep_edit(self, letter: str, *, by: str, key: str, payload: bytes) -> bool:
        """Write an edit down before it is carried out; False when that *key* was written down already."""
        ...

    async def edited(self, letter: str, *, key: str, words: str, run: str) -> None:
        """Say at an edit what became of it."""
        ...

    async def tried(self, letter: str, *, by: str, words: str, run: str = "", work: str = "") -> None:
        """Note a retry, and how it ended, in the letter's history."""
        ...

    async def resolve(self, letters: Sequence[str], *, run: str) -> int:
        """Close open letters as brought by *run*; returns how many there were."""
        ...

    async def resolve_job(self, entity: str, record_key: str, *, run: str) -> None:
        """Close the open letter of a job that has succeeded since."""
        ...

    async def give_up(self, letter: GivenUpLetter, connection: Any) -> None:
        """Keep what was given up as a letter, in that open transaction; one that is known is brought up to date."""
        ...

    async def delivery_of(self, entity: str, record_id: str, connection: Any) -> bytes | None:
        """Return the body of the last delivery for this record that is not done, None when there is none."""
        ...

    async def end_deliveries(self, entity: str, record_id: str, *, run: str) -> None:
        """Write at the deliveries that failed for this record that *run* has brought it since."""
        ...


class LetterWorks(Protocol):
    """Retries of many letters."""

    async def outline(self, which: Chosen, *, person: str) -> tuple[int, list[LetterOutline]]:
        """Return how many letters are chosen, and what those of them are that are open."""
        ...

    async def begin(
        self, which: Chosen, work: LetterWork, *, enqueue: Callable[[str, Any], Awaitable[Any]]
    ) -> LetterWork:
        """Write down which letters are to be retried, in order; *enqueue* takes the work's id and the open connection.

        What it puts into the queue is as sure as the work.
        """
        ...

    async def work(self, work: str) -> LetterWork | None:
        """Return a retry, None when there is none of that id."""
        ...

    async def works(self, *, limit: int = 20) -> list[LetterWork]:
        """Return retries, newest first."""
        ...

    async def next_of(self, work: str, number: int) -> list[str]:
        """Return the next letters of a retry that are not done."""
        ...

    async def advance(self, work: LetterWork, *, succeeded: int, failed: int, skipped: int, calls: int) -> LetterWork:
        """Note what was done since *work*; returns it as it is then, which somebody may have cancelled meanwhile.

        Raises LostOwnershipError when another process has gone on with it since.
        """
        ...

    async def set_state(
        self, work: str, state: WorkState, *, words: str = "", until: datetime | None = None
    ) -> LetterWork:
        """Let a retry run, wait until a time, or end; one that is over stays as it is."""
        ...

    async def give_up(self, work: str, *, words: str, connection: Any) -> None:
        """End a retry as failed, in that open transaction."""
        ...
