"""Dead letters for people: found, understood, tried again one by one or all together, mended, put away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from msgspec import structs

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.table_files import Exported
from tsh_sync_gui.core.values import RunId
from tsh_sync_gui.engine.letters.edits import LOCK_SECONDS, Edits, busy, unknown
from tsh_sync_gui.engine.letters.export import write_letters
from tsh_sync_gui.engine.letters.given_up import job_id_of
from tsh_sync_gui.engine.letters.remedies import remedy
from tsh_sync_gui.engine.letters.retries import LetterRetries, Which
from tsh_sync_gui.engine.letters.texts import differences, laid_out
from tsh_sync_gui.engine.letters.trying import Sync, Trying
from tsh_sync_gui.engine.letters.values import (
    LETTER,
    Deed,
    Difference,
    EditOutcome,
    Letter,
    LetterDetail,
    LetterFigures,
    LetterGroup,
    LetterOrder,
    LetterPage,
    LetterState,
    Part,
    PayloadFault,
)
from tsh_sync_gui.engine.outcomes import person
from tsh_sync_gui.engine.ports import CallRecord
from tsh_sync_gui.engine.ports.jobs import JOB, Attempt, Attempts, Handler, Jobs
from tsh_sync_gui.engine.ports.letters import LetterDeeds, Letters, LetterWorks
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.registry import Registry

_PAGES: Final = 10_000
_CALLS: Final = 20


class DeadLetters(LetterRetries):
    """What windows, commands and servers do with dead letters. *me* is who asks."""

    def __init__(
        self,
        parts: Parts,
        registry: Registry,
        *,
        letters: Letters,
        deeds: LetterDeeds,
        works: LetterWorks,
        attempts: Attempts,
        jobs: Jobs,
        sync: Sync,
        handlers: Callable[[], Mapping[str, Handler]],
        me: Callable[[], str] = person,
    ) -> None:
        trying = Trying(parts, registry, letters=letters, deeds=deeds, attempts=attempts, sync=sync, handlers=handlers)
        super().__init__(parts, registry, letters=letters, works=works, jobs=jobs, trying=trying, me=me)
        self._letters = letters
        self._deeds = deeds
        self._attempts = attempts
        self._edits = Edits(parts, letters=letters, deeds=deeds, trying=trying)

    # What there is.

    async def figures(self) -> LetterFigures:
        """Return how things stand."""
        return await self._letters.figures(person=self._me())

    async def groups(self, query: str = "") -> list[LetterGroup]:
        """Return the groups of what matches, largest first."""
        found = await self._letters.groups(self.query(query), person=self._me())
        return [structs.replace(one, remedy=remedy(one)) for one in found]

    async def page(
        self,
        query: str = "",
        *,
        order: LetterOrder = LetterOrder.LAST_SEEN,
        is_descending: bool = True,
        after: str = "",
        limit: int = 100,
    ) -> LetterPage:
        """Return a page of what matches; *after* is the last page's."""
        return await self._letters.page(
            self.query(query),
            person=self._me(),
            order=order,
            is_descending=is_descending,
            after=after,
            limit=limit,
        )

    async def count(self, query: str = "") -> int:
        """Return how many match."""
        return await self._letters.count(self.query(query), person=self._me())

    async def ids(self, query: str = "") -> list[str]:
        """Return all that match, those seen last first."""
        return await self._letters.ids(self.query(query), person=self._me())

    async def detail(self, letter: str) -> LetterDetail | None:
        """Return one letter opened, None when there is none of that id."""
        found = await self._letters.letters([letter], person=self._me())
        if not found:
            return None
        one = found[0]
        payload, sides = await self._letters.payload(letter), await self._letters.sides(one)
        text, is_json = laid_out(payload)
        good = sides.zoho_detail or sides.zoho_row if one.part is Part.DETAIL else sides.zoho_row
        cost, attempts = await self.forecast((letter,)), await self._tries(one)
        return LetterDetail(
            letter=one,
            payload=payload,
            text=text,
            is_json=is_json,
            differences=differences(good, payload) if one.part.is_record else (),
            attempts=tuple(attempts),
            history=tuple(await self._letters.history(letter)),
            sides=sides,
            requests=tuple(await self._requests(one, [each.run_id for each in attempts])),
            others=tuple(await self._letters.others(one)),
            remedy=remedy(one),
            calls=None if cost.cannot else cost.calls,
            can_edit=one.state is LetterState.OPEN and one.part is not Part.DELIVERY,
        )

    async def _requests(self, letter: Letter, runs: Sequence[str]) -> list[CallRecord]:
        """Return the calls for the letter's record: of its tries all, of the walk that met it those that name it."""
        found: list[CallRecord] = []
        for run in dict.fromkeys(runs):
            found += await self._parts.ledger.calls(RunId(run), limit=_CALLS) if run else ()
        if letter.run_id and letter.run_id not in runs:
            calls = await self._parts.ledger.calls(RunId(letter.run_id))
            found += [one for one in calls if letter.record_id and letter.record_id in one.path]
        return sorted(found, key=lambda one: one.sent_at, reverse=True)[:_CALLS]

    async def _tries(self, letter: Letter) -> Sequence[Attempt]:
        """Return the letter's tries, newest first; before them those of the job that was given up."""
        own = list(await self._attempts.of(LETTER, letter.id))
        if job := job_id_of(letter):
            own = [*await self._attempts.of(JOB, job), *own]
        return own[::-1]

    async def looked(self, figures: LetterFigures) -> None:
        """Note that this person has seen what *figures* count: it is not new to them."""
        if figures.as_of is not None:
            await self._letters.looked(self._me(), as_of=figures.as_of)
        self._changed(0)

    # Mending one.

    async def lock(self, letter: str) -> Letter:
        """Keep a letter for this person's edit, a quarter of an hour at most."""
        found = await self._one(letter)
        if not await self._deeds.lock(letter, by=self._me(), seconds=LOCK_SECONDS):
            raise busy(found, self._me())
        self._changed(1)
        return await self._one(letter)

    async def unlock(self, letter: str) -> None:
        """Let go of it."""
        await self._deeds.unlock(letter, by=self._me())
        self._changed(1)

    async def check(self, letter: str, text: str) -> tuple[PayloadFault, ...]:
        """Return what is wrong with an edited text, none when it can be taken.

        Who edits the letter keeps it for another quarter of an hour. ConfigurationError when another has it by now.
        """
        is_mine = await self._deeds.renew(letter, by=self._me(), seconds=LOCK_SECONDS)
        found = await self._one(letter)
        if not is_mine and found.locked_by not in {"", self._me()}:
            raise busy(found, self._me())
        return self._edits.check(found, text)

    async def difference(self, letter: str, text: str) -> tuple[Difference, ...]:
        """Return what an edited text changes in the refused one."""
        return differences(await self._letters.payload(letter), text)

    async def edit_and_retry(
        self, letter: str, text: str, *, key: str = "", made_from: bytes | None = None
    ) -> EditOutcome:
        """Take *text* in place of the refused one, exactly once for each *key*, and return what really became of it.

        *made_from* is the refused text it was made of: where Zoho has sent another since, it is not taken.
        """
        outcome = await self._edits.edit_and_retry(letter, text, by=self._me(), key=key, made_from=made_from)
        self._changed(1)
        return outcome

    async def _one(self, letter: str) -> Letter:
        found = await self._letters.letters([letter], person=self._me())
        if not found:
            raise unknown(letter)
        return found[0]

    # Putting away, and to whom.

    async def discard(self, which: Which, *, reason: str) -> int:
        """Put open letters away; what meets the same fault again stays put away. Returns how many."""
        if not reason.strip():
            raise ConfigurationError("A reason is wanted", advice="Say why these records need not be mended.")
        return await self._do(which, Deed.DISCARD, words=reason.strip())

    async def restore(self, which: Which) -> int:
        """Take discarded letters back; returns how many."""
        return await self._do(which, Deed.RESTORE)

    async def snooze(self, which: Which, *, until: datetime | None) -> int:
        """Hide open letters until a time, None shows them again; returns how many."""
        return await self._do(which, Deed.SNOOZE, until=until)

    async def assign(self, which: Which, *, to: str) -> int:
        """Give open letters to a person, "" to nobody; returns how many."""
        return await self._do(which, Deed.ASSIGN, words=to.strip())

    async def note(self, which: Which, *, text: str) -> int:
        """Write a note on letters, over the one before, which stays in the history; returns how many."""
        return await self._do(which, Deed.NOTE, words=text.strip())

    async def _do(self, which: Which, deed: Deed, *, words: str = "", until: datetime | None = None) -> int:
        number = await self._deeds.do(self._chosen(which), deed, by=self._me(), words=words, until=until)
        self._changed(number)
        return number

    async def export(self, query: str, path: Path) -> Exported:
        """Write what matches to a file: CSV, JSON or Excel by its suffix."""
        rows: list[Letter] = []
        after = ""
        while True:
            page = await self.page(query, order=LetterOrder.FIRST_SEEN, is_descending=False, after=after, limit=_PAGES)
            rows += page.letters
            after = page.after
            if not after:
                return await asyncio.to_thread(write_letters, path, rows)
