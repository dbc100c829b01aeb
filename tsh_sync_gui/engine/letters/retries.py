"""What retrying letters costs, and doing it: by a worker, or here and now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import accumulate
from typing import Any, Final

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.events import LettersChanged
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.letters.bulk import BulkFetch
from tsh_sync_gui.engine.letters.given_up import RETRY
from tsh_sync_gui.engine.letters.query import Chosen, LetterQuery
from tsh_sync_gui.engine.letters.search import parse
from tsh_sync_gui.engine.letters.trying import Trying
from tsh_sync_gui.engine.letters.values import LetterForecast, LetterOutline, LetterWork, WorkState
from tsh_sync_gui.engine.letters.works import CAREFUL_STEPS, Worker
from tsh_sync_gui.engine.ports.jobs import Jobs
from tsh_sync_gui.engine.ports.letters import Letters, LetterWorks
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.registry import Registry

Which = str | tuple[str, ...]
"""A search as a person types it, or letters by id."""

_FASTEST: Final = 1_000_000
FEW: Final = 25
"""So many letters are retried as a person's action; more are paid from the share of other pulls."""

_A_WORKER_GOES_ON: Final = timedelta(seconds=60)
"""After this a worker goes on with what a program began to do itself, if that died meanwhile."""


class LetterRetries:
    """Retries of letters, with their cost. *me* is who asks."""

    def __init__(
        self,
        parts: Parts,
        registry: Registry,
        *,
        letters: Letters,
        works: LetterWorks,
        jobs: Jobs,
        trying: Trying,
        me: Callable[[], str],
    ) -> None:
        self._parts = parts
        self._registry = registry
        self._works = works
        self._jobs = jobs
        self._me = me
        self._bulk = BulkFetch(parts, registry)
        self._worker = Worker(parts, registry, letters=letters, works=works, trying=trying, bulk=self._bulk)

    def query(self, text: str) -> LetterQuery:
        """Return a search as it is understood; SearchError says what is wrong and where."""
        return parse(
            text,
            now=self._parts.clock.now(),
            me=self._me(),
            resolve=lambda name: self._registry.get(name).name,
        )

    async def forecast(self, which: Which) -> LetterForecast:
        """Return what retrying letters costs; makes no call."""
        await self._parts.absences.load()
        chosen, outlines = await self._works.outline(self._chosen(which), person=self._me())
        letters = sum(one.letters for one in outlines)
        calls, without = self._calls(outlines)
        # A step's end parts letters that one call would bring.
        parted = sum(end < letters for end in accumulate(CAREFUL_STEPS)) if calls < letters - without else 0
        quota = await self._parts.budget.status()
        lane = Lane.PERSON if letters <= FEW else Lane.PULLS
        left = await self._parts.budget.left(lane)
        minute = max(1, quota.minute_limit)
        return LetterForecast(
            letters=letters,
            calls=calls,
            careful_calls=calls + parted,
            without_call=without,
            cannot=chosen - letters,
            left_today=left,
            fits=calls <= left,
            nights=-(-max(0, calls - left) // quota.day_limit) if quota.day_limit else 0,
            seconds=0.0 if calls <= minute else 60.0 * calls / minute,
            lane=lane,
        )

    def _calls(self, outlines: Sequence[LetterOutline]) -> tuple[int, int]:
        """Return the calls, and the letters that need none: one call brings a record, or many where Zoho can do so."""
        calls = without = 0
        for one in outlines:
            if not one.is_record:
                calls += one.records if one.is_asked_for else one.letters
            elif not one.is_asked_for:
                without += one.letters
            else:
                members = self._registry.walk(one.walk)
                size = self._bulk.size(members[0]) if members else 1
                calls += -(-one.records // size)
        return calls, without

    async def retry(
        self, which: Which, *, careful: bool = False, pace: int | None = None, here: bool = False
    ) -> LetterWork:
        """Begin to retry the open ones of *which*; a worker carries it out, or with *here* the caller by `carry_out`.

        *careful* tries 1, 5, 25 and the rest, and stops at the first failure; *pace* is records a minute at most.
        """
        if pace is not None and not 1 <= pace <= _FASTEST:
            raise ConfigurationError(f"The rate is {pace}", advice=f"Allowed: 1 to {_FASTEST:,} records a minute.")
        chosen = self._chosen(which)
        cost = await self.forecast(which)
        if not cost.letters:
            raise ConfigurationError(
                "There is nothing to retry",
                advice="No letter that was chosen is open. `state:all` shows what they are.",
            )
        now = self._parts.clock.now()
        work = LetterWork(
            id="",
            by=self._me(),
            written=chosen.written if isinstance(chosen, LetterQuery) else f"{len(chosen)} chosen",
            is_careful=careful,
            pace=pace,
            lane=cost.lane,
            state=WorkState.WAITING,
            total=cost.letters,
            started_at=now,
        )
        begun = await self._works.begin(chosen, work, enqueue=partial(self._enqueue, lane=cost.lane, here=here))
        self._changed(0, work=begun.id)
        return begun

    async def _enqueue(self, work: str, connection: Any, *, lane: Lane, here: bool) -> None:
        run_at = self._parts.clock.now() + _A_WORKER_GOES_ON if here else None
        await self._jobs.enqueue(RETRY, {"work": work}, key=work, lane=lane, run_at=run_at, connection=connection)

    async def carry_out(self, work: str) -> LetterWork:
        """Carry a retry out here and now, to its end; a cancelled call cancels the retry."""
        try:
            done = await self._worker.carry_out(work)
        except asyncio.CancelledError:
            await asyncio.shield(self.cancel_work(work))
            raise
        while done is None or not (done.state.is_over or done.state is WorkState.WAITING):
            # A worker was quicker: it is watched.
            await self._parts.clock.sleep(0.5)
            done = await self.work(work)
        return await self._works.work(work) or done

    async def carry_on(self, work: str) -> LetterWork | None:
        """Go on with a retry as a worker does; None while another process does."""
        return await self._worker.carry_out(work)

    async def work(self, work: str) -> LetterWork | None:
        """Return a retry with its progress, None when there is none of that id."""
        return await self._works.work(work)

    async def works(self, *, limit: int = 20) -> list[LetterWork]:
        """Return retries, newest first."""
        return await self._works.works(limit=limit)

    async def cancel_work(self, work: str) -> LetterWork:
        """Stop a retry after the letter in hand, whichever process carries it out."""
        ended = await self._works.set_state(work, WorkState.CANCELLED, words=f"Cancelled by {self._me()}")
        self._changed(0, work=work)
        return ended

    def _chosen(self, which: Which) -> Chosen:
        return self.query(which) if isinstance(which, str) else which

    def _changed(self, number: int, *, work: str = "") -> None:
        self._parts.bus.publish(LettersChanged(work=work, number=number))
