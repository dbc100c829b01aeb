"""What a retry of many letters stops at, how it keeps its pace, and that it goes on where it stood."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from msgspec import structs

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import LostOwnershipError, QuotaExhaustedError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.letters.trying import Ended, Tried
from tsh_sync_gui.engine.letters.values import Letter, LetterState, LetterWork, Part, WorkState
from tsh_sync_gui.engine.letters.works import Worker

pytestmark = pytest.mark.asyncio
NOW = datetime(2026, 11, 22, tzinfo=UTC)
GOOD, REFUSED = Tried(ended=Ended.SUCCEEDED, calls=1), Tried(ended=Ended.FAILED, words="no", calls=1, is_refusal=True)
SILENT = Tried(ended=Ended.FAILED, words="Zoho does not answer", calls=1)


def letter(number):
    return Letter(
        id=str(number),
        entity="",
        part=Part.JOB,
        record_id="",
        label="",
        state=LetterState.OPEN,
        cause="",
        field="",
        value="",
        reason="",
        kind="",
        advice="",
        tries=1,
        first_seen_at=NOW,
        last_seen_at=NOW,
    )


@dataclass
class Kept:
    """A retry in memory; the letters are tried as *outcomes* says."""

    outcomes: list[Any]
    work_now: LetterWork
    asked: list[int] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    cancelled: bool = False
    elsewhere: int = 0

    async def set_state(self, _work, state, *, words="", until=None):
        if self.work_now.ended_at is None:
            ended = NOW if state.is_over else None
            self.work_now = structs.replace(self.work_now, state=state, words=words, until=until, ended_at=ended)
        return self.work_now

    async def next_of(self, _work, number):
        self.asked.append(number)
        return [str(one) for one in range(self.work_now.done, self.work_now.total)][:number]

    async def advance(self, work, *, succeeded, failed, skipped, calls):
        now = self.work_now
        if work.done != now.done:
            raise LostOwnershipError("Another process goes on with this retry")
        self.work_now = structs.replace(
            now,
            done=now.done + succeeded + failed + skipped,
            succeeded=now.succeeded + succeeded,
            failed=now.failed + failed,
            skipped=now.skipped + skipped,
            calls=now.calls + calls,
        )
        return self.work_now

    async def letters(self, ids):
        return [letter(one) for one in ids]

    async def work(self, _work):
        if self.cancelled:
            await self.set_state("1", WorkState.CANCELLED)
        self.work_now = structs.replace(self.work_now, done=self.work_now.done + self.elsewhere)
        self.elsewhere = 0
        return self.work_now

    async def one(self, letter, **_about):
        self.tried.append(letter.id)
        outcome = self.outcomes[int(letter.id)]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def own(self, _walk):
        async def release():
            """Let go."""

        return SimpleNamespace(release=release)

    async def load(self):
        """Know of nothing absent."""


def carried_out(*outcomes, **about):
    work = LetterWork(
        id="1",
        by="sara",
        written="",
        is_careful=False,
        pace=None,
        lane=Lane.PULLS,
        state=WorkState.WAITING,
        total=len(outcomes),
        started_at=NOW,
    )
    kept, clock = Kept(list(outcomes), structs.replace(work, **about)), ManualClock(NOW)
    parts = SimpleNamespace(
        ledger=kept,
        absences=kept,
        settings=lambda: SimpleNamespace(sync_enabled=True),
        bus=Bus(),
        clock=clock,
        normalizers={},
    )
    worker = Worker(parts, None, letters=kept, works=kept, trying=kept, bulk=None)
    return kept, clock, worker.carry_out("1")


async def test_a_careful_retry_goes_by_one_five_twenty_five_and_the_rest():
    kept, _, work = carried_out(*[GOOD] * 40, is_careful=True)

    done = await work

    assert kept.asked == [1, 5, 25, 100, 100]
    assert (done.state, done.succeeded, done.calls) == (WorkState.DONE, 40, 40)


async def test_a_careful_retry_stops_at_the_first_failure_and_another_does_not():
    _, _, careful = carried_out(GOOD, GOOD, REFUSED, GOOD, is_careful=True)
    _, _, other = carried_out(GOOD, REFUSED, REFUSED, REFUSED, REFUSED, GOOD)

    stopped, done = await careful, await other

    assert (stopped.state, stopped.done, stopped.exit_code) == (WorkState.STOPPED, 3, 3)
    assert stopped.words == "Stopped at the first failure, a record: no"
    assert (done.state, done.failed, done.exit_code) == (WorkState.DONE, 4, 3)


async def test_failures_that_are_not_about_the_records_stop_a_retry_when_they_come_in_a_row():
    _, _, work = carried_out(SILENT, SILENT, GOOD, SILENT, SILENT, SILENT, GOOD)

    stopped = await work

    assert (stopped.state, stopped.done) == (WorkState.STOPPED, 6)
    assert "Zoho does not answer" in stopped.words


async def test_the_days_end_lets_it_wait_and_it_goes_on_where_it_stood():
    kept, _, work = carried_out(GOOD, QuotaExhaustedError("All used", resets_at=NOW), GOOD)

    waiting = await work

    assert (waiting.state, waiting.done, waiting.until, waiting.exit_code) == (WorkState.WAITING, 1, NOW, 5)
    assert kept.tried == ["0", "1"]


async def test_a_rate_is_kept():
    _, clock, work = carried_out(GOOD, GOOD, GOOD, pace=10)

    await work

    assert clock.slept == [6.0, 6.0, 6.0]


async def test_a_slow_rate_does_not_keep_a_cancel_waiting():
    kept, clock, work = carried_out(GOOD, GOOD, pace=1)
    kept.cancelled = True

    assert (await work).state is WorkState.CANCELLED
    assert clock.slept == [10.0]
    assert kept.tried == ["0"]


async def test_a_retry_that_another_process_took_over_while_it_rested_is_left_to_that_one():
    kept, _, work = carried_out(GOOD, GOOD, GOOD, pace=1)
    kept.elsewhere = 1

    assert await work is None
    assert kept.work_now.done == 2


async def test_one_that_was_cancelled_meanwhile_does_nothing_more():
    kept, _, work = carried_out(GOOD, GOOD, state=WorkState.CANCELLED, ended_at=NOW)

    assert (await work).state is WorkState.CANCELLED
    assert kept.tried == []
