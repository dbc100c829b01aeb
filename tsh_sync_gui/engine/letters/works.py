"""The retry of many letters: in order, carefully when asked, at a pace, to the end or to what stops it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import structlog

from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    LostOwnershipError,
    QuotaExhaustedError,
    TransientError,
    UnreachableError,
)
from tsh_sync_gui.core.events import LettersChanged
from tsh_sync_gui.engine.letters.bulk import BulkFetch
from tsh_sync_gui.engine.letters.trying import Ended, NeedsPersonError, Tried, Trying, refused_again
from tsh_sync_gui.engine.letters.values import Letter, LetterState, LetterWork, WorkState
from tsh_sync_gui.engine.ports.letters import Letters, LetterWorks
from tsh_sync_gui.engine.syncing import Parts
from tsh_sync_gui.entities.registry import Registry

CAREFUL_STEPS: Final = (1, 5, 25)
STEP: Final = 100
_IN_A_ROW: Final = 3
"""So many failures in a row that are not about a record stop a retry: Zoho or the network is in trouble."""

_LOOK_S: Final = 10.0
"""A retry that keeps to a rate looks so often whether it was cancelled."""

_HELD: Final = "letters"
STOPPED: Final = "Stopped at the first failure, "


class Worker:
    """Carries out retries; each is carried out by one process at a time."""

    def __init__(
        self, parts: Parts, registry: Registry, *, letters: Letters, works: LetterWorks, trying: Trying, bulk: BulkFetch
    ) -> None:
        self._parts = parts
        self._registry = registry
        self._letters = letters
        self._works = works
        self._trying = trying
        self._bulk = bulk

    async def carry_out(self, work: str) -> LetterWork | None:
        """Go on with *work* to its end; None while another process does.

        It waits (state `waiting`) when the day's calls are used up. Raises UnreachableError for the database; what is
        done is done, and the rest is gone on with.
        """
        held = await self._parts.ledger.own(f"{_HELD}/{work}")
        if held is None:
            return None
        try:
            return await self._carry_out(work)
        except LostOwnershipError as error:
            # As when the server was restarted: our lock went with its connection, and a worker was quick.
            structlog.get_logger(__name__).warning("a retry is carried out elsewhere", work=work, cause=error.title)
            return None
        finally:
            await held.release()

    async def _carry_out(self, work: str) -> LetterWork:
        at = await self._works.set_state(work, WorkState.RUNNING)
        if at.state.is_over:
            return at
        if not self._parts.settings().sync_enabled:
            return await self._end(work, WorkState.FAILED, "Syncing is switched off: ZOHO_SYNC_ENABLED is false.")
        await self._parts.absences.load()
        trouble = 0
        try:
            while not at.state.is_over and (ids := await self._works.next_of(work, _step(at))):
                for group in self._groups(await self._letters.letters(ids), skipped=len(ids)):
                    at, stop, trouble = await self._group(at, group, trouble)
                    if stop is not None:
                        return await self._end(work, WorkState.STOPPED, stop)
                    if at.state.is_over:
                        return at
        except QuotaExhaustedError as error:
            waiting = await self._works.set_state(work, WorkState.WAITING, words=error.title, until=error.resets_at)
            self._tell(waiting)
            return waiting
        except (NeedsPersonError, AuthorisationError, ConfigurationError) as error:
            return await self._end(work, WorkState.FAILED, f"{error.title}. {error.advice}".strip())
        return await self._end(work, WorkState.DONE)

    async def _end(self, work: str, state: WorkState, words: str = "") -> LetterWork:
        ended = await self._works.set_state(work, state, words=words)
        self._tell(ended)
        return ended

    def _tell(self, work: LetterWork) -> None:
        self._parts.bus.publish(LettersChanged(work=work.id, number=work.done))

    def _groups(self, letters: Sequence[Letter], *, skipped: int) -> list[list[Letter]]:
        """Cut *letters* into those that one call serves and single ones, in their order."""
        groups: list[list[Letter]] = []
        for letter in letters:
            last = groups[-1][-1] if groups else None
            normalizer = self._parts.normalizers.get(letter.entity)
            together = (
                last is not None
                and normalizer is not None
                and _is_fetched(letter)
                and _is_fetched(last)
                and last.entity == letter.entity
                and len(groups[-1]) < self._bulk.size(normalizer.entity)
            )
            if together:
                groups[-1].append(letter)
            else:
                groups.append([letter])
        # Letters that are no longer there count as well: the work's place is by number.
        groups += [[] for _ in range(skipped - len(letters))]
        return groups

    async def _group(
        self, work: LetterWork, group: Sequence[Letter], trouble: int
    ) -> tuple[LetterWork, str | None, int]:
        """Try the letters of *group*; returns the work, why it stops (None: it goes on), and the failures in a row."""
        if not group:
            return await self._works.advance(work, succeeded=0, failed=0, skipped=1, calls=0), None, trouble
        if len(group) == 1:
            tries = [await self._trying.one(group[0], by=work.by, lane=work.lane, work=work.id, since=work.started_at)]
        else:
            tries = await self._together(work, group, trouble)
        calls = sum(one.calls for one in tries)
        failures = [one for one in tries if one.ended is Ended.FAILED]
        at = await self._works.advance(
            work,
            succeeded=sum(one.ended is Ended.SUCCEEDED for one in tries),
            failed=len(failures),
            skipped=sum(one.ended is Ended.SKIPPED for one in tries),
            calls=calls,
        )
        self._tell(at)
        if failures and work.is_careful:
            met = next(letter for letter, one in zip(group, tries, strict=False) if one.ended is Ended.FAILED)
            return at, f"{STOPPED}{met.label or met.record_id or 'a record'}: {failures[0].words}", 0
        trouble = _in_a_row(tries, trouble)
        if trouble >= _IN_A_ROW:
            return (
                at,
                f"Stopped: {_IN_A_ROW} in a row failed, and not for their own sake: {failures[-1].words}",
                trouble,
            )
        if work.pace and calls:
            at = await self._rest(at, 60.0 / work.pace * len(group))
        return at, None, trouble

    async def _rest(self, work: LetterWork, seconds: float) -> LetterWork:
        """Wait as the rate asks for; returns the work as it is when it is cancelled meanwhile, at once."""
        while seconds > 0:
            step = min(seconds, _LOOK_S)
            await self._parts.clock.sleep(step)
            seconds -= step
            # Only its end is heard: whoever took *work* over while it rested is found out by its place.
            now = await self._works.work(work.id) if seconds > 0 else None
            if now is not None and now.state.is_over:
                return now
        return work

    async def _together(self, work: LetterWork, group: Sequence[Letter], trouble: int) -> list[Tried]:
        """Fetch the records of *group* by one call; what it does not bring is asked for alone.

        Where it brought nothing, as when Zoho is in trouble, no more are asked for than it takes to stop the retry.
        """
        started = self._parts.clock.now()
        ids = [one.id for one in group]
        known: dict[str, Tried] = {}
        async with self._trying.hold(ids) as held:
            run, calls = await self._fetched(work, [one for one in await self._letters.letters(ids) if one.id in held])
            after = {one.id: one for one in await self._letters.letters(ids)} if run else {}
            for letter in group:
                now = after.get(letter.id)
                tried = Tried(ended=Ended.SUCCEEDED, run_id=run, request=f"{len(group)} records by one call")
                if now is None or letter.id not in held or run not in {now.resolved_by, now.run_id}:
                    continue
                known[letter.id] = tried if now.resolved_by == run else refused_again(letter, now, tried)
                await self._trying.note(letter, known[letter.id], started=started, by=work.by, work=work.id)
        tries: list[Tried] = []
        for letter in group:
            known_now = known.get(letter.id) or await self._trying.one(
                letter, by=work.by, lane=work.lane, work=work.id, since=work.started_at
            )
            # The call is booked once.
            tries.append(replace(known_now, calls=known_now.calls + calls))
            calls = 0
            is_stopped = work.is_careful and known_now.ended is Ended.FAILED
            if not known and (is_stopped or _in_a_row(tries, trouble) >= _IN_A_ROW):
                break
        return tries

    async def _fetched(self, work: LetterWork, group: Sequence[Letter]) -> tuple[str, int]:
        """Fetch the records of the open letters of *group* together; returns the run, "" for none, and the calls."""
        if not group:
            return "", 0
        wanted = dict.fromkeys(one.record_id for one in group if _is_free(one, work.by))
        if len(wanted) < 2:
            return "", 0
        try:
            run, calls = await self._bulk.fetch(self._registry.get(group[0].entity), list(wanted), lane=work.lane)
        except UnreachableError as error:
            if error.what == "database":
                raise
        except TransientError as error:
            structlog.get_logger(__name__).info("bulk call", error=error.kind, entity=group[0].entity)
        else:
            return (run.id if run else ""), calls
        # What stands in the way is said at each letter when it is asked for alone.
        return "", 0


def _in_a_row(tries: Sequence[Tried], before: int) -> int:
    """Return how many failures not about a record stand in a row after *tries*, with those *before* them."""
    number = before
    for one in tries:
        number = number + 1 if one.ended is Ended.FAILED and not one.is_refusal else 0
    return number


def _step(work: LetterWork) -> int:
    """Return how many letters are next: 1, 5, 25, then the rest where care is asked for."""
    done = 0
    for size in CAREFUL_STEPS if work.is_careful else ():
        done += size
        if work.done < done:
            return done - work.done
    return STEP


def _is_fetched(letter: Letter) -> bool:
    return letter.part.is_record and bool(letter.record_id)


def _is_free(letter: Letter, by: str) -> bool:
    return letter.state is LetterState.OPEN and letter.locked_by in {"", by}
