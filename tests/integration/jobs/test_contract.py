"""What every queue promises, on PostgreSQL and in memory alike."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.integration.jobs.conftest import SOON
from tests.support.stores import eventually
from tsh_sync_gui.core.errors import ConfigurationError, QuotaExhaustedError, RecordRejectedError, TransientError
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.ports.jobs import JobId, JobState, Kind

pytestmark = pytest.mark.asyncio

LATER = timedelta(hours=1)


class Recorder:
    """A handler that notes what it did, and waits where it is told to."""

    def __init__(self, *errors):
        self.did = []
        self.errors = list(errors)
        self.gate = asyncio.Event()
        self.gate.set()
        self.at_once = self.most_at_once = 0

    async def __call__(self, arguments, _context):
        self.did.append(arguments.get("n"))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.gate.wait()
            if self.errors:
                raise self.errors.pop(0)
        finally:
            self.at_once -= 1


async def put(bench, n=0, *, key="", lane=Lane.WEBHOOKS, kind="k", **options):
    return await bench.jobs.enqueue(kind, {"n": n}, key=key, lane=lane, **options)


async def test_a_job_is_done_once_with_its_arguments_and_its_attempt_is_kept(any_bench):
    done = Recorder()
    job = await put(any_bench, 7)

    async with any_bench.working(("k", done)):
        await any_bench.settled()

    assert done.did == [7]
    assert await any_bench.state(job) == "done"
    assert await any_bench.outcomes(job) == ["done"]


async def test_twenty_triggers_while_one_runs_make_one_more_run_and_never_none(any_bench):
    done = Recorder()
    done.gate.clear()
    first = await put(any_bench, key="products:1")

    async with any_bench.working(("k", done)):
        assert await eventually(lambda: asyncio.sleep(0, done.did))
        more = [await put(any_bench, n, key="products:1") for n in range(1, 21)]
        done.gate.set()
        await any_bench.settled()

    assert first is not None
    assert [job is None for job in more] == [False, *[True] * 19]
    assert done.did == [0, 1]
    assert done.most_at_once == 1


async def test_twenty_triggers_within_seconds_of_a_quick_run_are_answered_by_one_more(any_bench):
    done, settle = Recorder(), timedelta(seconds=0.8)

    async with any_bench.working(("k", done)):
        for n in range(20):
            await put(any_bench, n, key="products:1", settle=settle)
            if n == 0:
                await any_bench.settled()
            await asyncio.sleep(0.02)
        await any_bench.settled()

    assert len(done.did) == 2


async def test_what_settles_is_not_put_off_for_ever(any_bench):
    done, settle = Recorder(), timedelta(seconds=0.2)

    async with any_bench.working(("k", done)):
        for n in range(60):
            await put(any_bench, n, key="a", settle=settle)
            await asyncio.sleep(0.05)

    assert len(done.did) >= 2


async def test_jobs_of_other_keys_run_beside_each_other(any_bench):
    done = Recorder()
    done.gate.clear()
    for n in range(4):
        await put(any_bench, n, key=f"a:{n}")

    async with any_bench.working(("k", done), concurrency=4):
        assert await eventually(lambda: asyncio.sleep(0, done.at_once == 4))
        done.gate.set()
        await any_bench.settled()


async def test_lanes_go_in_the_order_of_the_budgets(any_bench):
    done = Recorder()
    for n, lane in enumerate(reversed(Lane)):
        await put(any_bench, n, lane=lane)

    async with any_bench.working(("k", done), concurrency=1):
        await any_bench.settled()

    assert done.did == list(reversed(range(len(Lane))))


async def test_a_job_due_later_waits_and_holds_nobody_of_its_key_back(any_bench):
    done = Recorder()
    later = await put(any_bench, 1, key="a", run_at=datetime.now(UTC) + LATER)

    async with any_bench.working(("k", done)):
        await asyncio.sleep(0.3)
        assert done.did == []
        assert await put(any_bench, 2, key="a") is None
        await any_bench.settled()

    assert done.did == [1]
    assert await any_bench.state(later) == "done"


async def test_a_later_trigger_never_puts_a_waiting_job_off(any_bench):
    soon = datetime.now(UTC) + timedelta(minutes=1)
    job = await put(any_bench, key="a", run_at=soon)

    await put(any_bench, key="a", run_at=soon + LATER)

    assert (await any_bench.jobs.find(job)).scheduled_at == soon


async def test_a_coalesced_job_goes_in_the_most_urgent_lane_asked_for(any_bench):
    job = await put(any_bench, key="a", lane=Lane.DETAILS)

    await put(any_bench, key="a", lane=Lane.PERSON)

    assert (await any_bench.jobs.find(job)).lane is Lane.PERSON


async def test_a_job_that_fails_is_tried_five_times_and_then_given_up(any_bench):
    failing = Recorder(*[TransientError("Zoho hiccups")] * 5)
    job = await put(any_bench, key="a")

    async with any_bench.working(("k", failing)):
        await any_bench.settled()

    assert len(failing.did) == 5
    assert await any_bench.outcomes(job) == ["failed"] * 4 + ["given_up"]
    assert await any_bench.state(job) == "failed"
    [(given_up, attempt)] = any_bench.given_up
    assert (given_up.id, given_up.arguments, attempt.attempt) == (job, {"n": 0}, 5)
    assert "Zoho hiccups" in attempt.title
    assert (await any_bench.jobs.waiting()).failed == 1


async def test_what_cannot_heal_is_given_up_at_once(any_bench):
    job = await put(any_bench)

    async with any_bench.working(("k", Recorder(RecordRejectedError("The total is no number", field="total")))):
        await any_bench.settled()

    assert await any_bench.outcomes(job) == ["given_up"]


async def test_a_used_up_quota_is_waited_for_without_a_try_being_counted(any_bench):
    resets_at = datetime.now(UTC) + LATER
    job = await put(any_bench)

    async with any_bench.working(("k", Recorder(QuotaExhaustedError("Used up", resets_at=resets_at)))):
        assert await eventually(lambda: any_bench.outcomes(job))
        found = await eventually(lambda: waiting(any_bench, job))

    assert (found.attempts, found.scheduled_at) == (0, resets_at)
    assert await any_bench.outcomes(job) == ["postponed"]


async def waiting(bench, job):
    found = await bench.jobs.find(job)
    return found if found.state is JobState.WAITING else None


async def test_a_trigger_during_a_retrys_wait_runs_at_once_and_begins_anew(any_bench):
    failing = Recorder(TransientError("Zoho hiccups"))
    job = await put(any_bench, key="a")
    slow = type(SOON)(waits=(3600,))

    async with any_bench.working(("k", failing), retrying=slow):
        assert await eventually(lambda: any_bench.outcomes(job))
        assert await eventually(lambda: waiting(any_bench, job))
        assert await put(any_bench, key="a") is None
        await any_bench.settled()

    assert await any_bench.outcomes(job) == ["failed", "done"]


async def test_who_looks_sees_the_try_that_failed_and_may_have_the_next_one_now(any_bench):
    failing = Recorder(TransientError("Zoho hiccups"))
    job = await put(any_bench, key="a")

    async with any_bench.working(("k", failing), retrying=type(SOON)(waits=(3600,))):
        assert await eventually(lambda: any_bench.outcomes(job))
        found = await eventually(lambda: waiting(any_bench, job))
        (tried,) = (await any_bench.jobs.tries(job))[job]
        assert await any_bench.jobs.waits("k", "a") == found
        assert await any_bench.jobs.hurry(job)
        await any_bench.settled()

    assert (found.attempts, tried.title) == (1, "Zoho hiccups")
    assert await any_bench.outcomes(job) == ["failed", "done"]
    assert await any_bench.jobs.waits("k", "a") is None
    assert not await any_bench.jobs.hurry(job)
    assert await any_bench.jobs.tries() == {}


async def test_a_failed_job_whose_follow_up_waits_leaves_the_work_to_it(any_bench):
    failing = Recorder(TransientError("Zoho hiccups"))
    failing.gate.clear()
    first = await put(any_bench, 1, key="a")

    async with any_bench.working(("k", failing)):
        assert await eventually(lambda: asyncio.sleep(0, failing.did))
        second = await put(any_bench, 2, key="a")
        failing.gate.set()
        await any_bench.settled()

    assert failing.did == [1, 2]
    assert await any_bench.state(first) == "cancelled"
    assert await any_bench.state(second) == "done"


async def test_a_waiting_job_is_cancelled_and_never_done(any_bench):
    done = Recorder()
    job = await put(any_bench)

    assert await any_bench.jobs.cancel(job)
    async with any_bench.working(("k", done)):
        await any_bench.settled()

    assert done.did == []
    assert await any_bench.state(job) == "cancelled"
    assert not await any_bench.jobs.cancel(job)


async def test_a_running_job_is_stopped_and_not_tried_again(any_bench):
    endless = Recorder()
    endless.gate.clear()
    job = await put(any_bench)

    async with any_bench.working(("k", endless)):
        assert await eventually(lambda: asyncio.sleep(0, endless.did))
        assert await any_bench.jobs.cancel(job)
        await any_bench.settled()

    assert len(endless.did) == 1
    assert await any_bench.state(job) == "cancelled"
    assert await any_bench.outcomes(job) == ["cancelled"]


async def test_a_stopped_worker_puts_its_jobs_back_and_no_try_is_counted(any_bench):
    done = Recorder()
    done.gate.clear()
    job = await put(any_bench, key="a")
    async with any_bench.working(("k", done)):
        assert await eventually(lambda: asyncio.sleep(0, done.did))

    stopped = await any_bench.jobs.find(job)
    done.gate.set()
    async with any_bench.working(("k", done)):
        await any_bench.settled()

    assert (stopped.state, stopped.attempts) == (JobState.WAITING, 0)
    assert await any_bench.outcomes(job) == ["postponed", "done"]


async def test_a_failed_job_can_be_put_back_as_new(any_bench):
    failing = Recorder(*[RecordRejectedError("The total is no number", field="total")])
    job = await put(any_bench)

    async with any_bench.working(("k", failing)):
        await any_bench.settled()
        await any_bench.jobs.retry(job)
        await any_bench.settled()

    assert await any_bench.state(job) == "done"
    assert await any_bench.outcomes(job) == ["given_up", "done"]


async def test_a_job_nobody_knows_is_found_by_nobody(any_bench):
    for unknown in ("987654", "abc", "9" * 40, "-1"):
        assert await any_bench.jobs.find(JobId(unknown)) is None
        assert not await any_bench.jobs.cancel(JobId(unknown))
        with pytest.raises(ConfigurationError):
            await any_bench.jobs.retry(JobId(unknown))


async def test_the_queue_in_figures(any_bench):
    empty = await any_bench.jobs.waiting()
    await put(any_bench, lane=Lane.WEBHOOKS)
    await put(any_bench, lane=Lane.WEBHOOKS)
    await put(any_bench, lane=Lane.STOCK, run_at=datetime.now(UTC) + LATER)
    await asyncio.sleep(0.05)

    status = await any_bench.jobs.waiting()

    assert empty.as_json() == {"depth": 0, "oldest_seconds": 0.0, "running": 0, "failed": 0, "by_lane": {}}
    assert (status.depth, status.running, status.failed) == (3, 0, 0)
    assert status.by_lane == {"webhooks": 2, "stock": 1}
    assert status.oldest_seconds >= 0.05


async def test_a_kind_nobody_here_knows_waits_for_who_does(any_bench):
    job = await put(any_bench, kind="of a newer version")

    async with any_bench.working(("k", Recorder())):
        await asyncio.sleep(0.3)

    assert await any_bench.state(job) == "waiting"


async def test_a_kind_that_rests_waits_without_a_try_and_is_done_afterwards(any_bench):
    resting, other, is_resting = Recorder(), Recorder(), [True]
    job = await put(any_bench, kind="resting")
    await put(any_bench, kind="other")

    kind = Kind(name="resting", handler=resting, calls_zoho=False, rests=lambda: is_resting[0])
    async with any_bench.working(kind, ("other", other)):
        assert await eventually(lambda: asyncio.sleep(0, other.did))
        await asyncio.sleep(0.2)
        before = list(resting.did)
        is_resting[0] = False
        await any_bench.settled()

    assert (before, resting.did) == ([], [0])
    assert await any_bench.outcomes(job) == ["done"]


async def test_while_syncing_is_off_only_jobs_that_call_nobody_are_done(any_bench):
    calls, local = Recorder(), Recorder()
    any_bench.allowed = False
    await put(any_bench, kind="calls")
    await put(any_bench, kind="local")

    async with any_bench.working(("calls", calls), Kind(name="local", handler=local, calls_zoho=False)):
        assert await eventually(lambda: asyncio.sleep(0, local.did))
        await asyncio.sleep(0.2)
        before = list(calls.did)
        any_bench.allowed = True
        await any_bench.settled()

    assert before == []
    assert calls.did == [0]


async def test_an_attempts_record_has_what_was_sent_what_came_and_what_went_wrong_without_secrets(any_bench):
    secret = "1000.0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef"

    async def handler(arguments, context):
        context.note(request="GET /items/1", answer="<html>", run_id="run-7")
        raise RecordRejectedError(f"The token {secret} was no good", field="x")

    job = await put(any_bench)
    async with any_bench.working(("k", handler)):
        await any_bench.settled()

    [attempt] = await any_bench.attempts.of("job", job)
    assert (attempt.request, attempt.answer, attempt.run_id) == ("GET /items/1", "<html>", "run-7")
    assert (attempt.error_kind, attempt.attempt) == ("validation", 1)
    assert "RecordRejectedError" in attempt.traceback
    assert secret not in attempt.title + attempt.traceback
