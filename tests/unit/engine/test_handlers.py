"""The kinds of jobs that sync: what they ask the service for, and what they make of its answer."""

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tests.support.memory_jobs import MemoryJobs
from tests.support.stores import a_run
from tsh_sync_gui.core.clock import ManualClock
from tsh_sync_gui.core.errors import QuotaExhaustedError
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import CallKind, Lane, RunId, RunState
from tsh_sync_gui.engine.handlers import enqueue_fetch, enqueue_pull, syncing_kinds
from tsh_sync_gui.engine.ports import CallRecord
from tsh_sync_gui.engine.ports.jobs import JobContext
from tsh_sync_gui.engine.retrying import PostponedError, RunEndedError
from tsh_sync_gui.engine.views import SyncReport, SyncRequest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@dataclass
class Service:
    """Answers a sync with *state*, and remembers what it was asked."""

    state: RunState = RunState.UP_TO_DATE
    error_kind: str = ""
    settings: Settings = field(default_factory=Settings)
    asked: list[SyncRequest] = field(default_factory=list)

    async def sync(self, request):
        self.asked.append(request)
        return SyncReport(runs=(a_run("run-9", state=self.state, error_kind=self.error_kind, waiting_until=NOW),))


def done(service, enqueue, *arguments, **options):
    """Enqueue a job and do it; returns its context."""

    async def go():
        jobs = MemoryJobs(ManualClock(NOW))
        job = await jobs.find(await enqueue(jobs, *arguments, **options))
        context = JobContext(job)
        kinds = {kind.name: kind for kind in syncing_kinds(service, lambda: NOW)}
        await kinds[job.kind].handler(job.arguments, context)
        return context

    return asyncio.run(go())


def test_a_fetch_syncs_one_record_at_its_lanes_expense_and_notes_its_run():
    service = Service()

    context = done(service, enqueue_fetch, "products", "123")

    assert service.asked == [SyncRequest(entities=("products",), record_id="123", trigger="job", lane=Lane.WEBHOOKS)]
    assert (context.job.key, context.run_id) == ("products:123", "run-9")


def test_a_pull_walks_as_it_was_asked_to():
    service = Service()

    done(service, enqueue_pull, ["stock_levels", "customers"], lane=Lane.STOCK)
    done(service, enqueue_pull, [], mode="full", trigger="night")
    done(service, enqueue_pull, ["invoices"], mode="window", since=NOW)

    assert service.asked == [
        SyncRequest(entities=("customers", "stock_levels"), force=True, trigger="schedule", lane=Lane.STOCK),
        SyncRequest(full=True, force=True, trigger="night", lane=Lane.PULLS),
        SyncRequest(entities=("invoices",), since=NOW, force=True, trigger="schedule", lane=Lane.PULLS),
    ]


@pytest.mark.parametrize("state", [RunState.UP_TO_DATE, RunState.PARTLY_DONE, RunState.CANCELLED])
def test_runs_that_ended_well_or_as_a_person_wished_end_the_job(state):
    done(Service(state), enqueue_pull, ["invoices"])


def test_a_used_up_quota_is_waited_for():
    with pytest.raises(QuotaExhaustedError) as caught:
        done(Service(RunState.WAITING), enqueue_pull, ["invoices"])

    assert caught.value.resets_at == NOW


def test_a_run_that_failed_fails_the_job_in_its_own_words():
    with pytest.raises(RunEndedError) as caught:
        done(Service(RunState.FAILED, "unreachable"), enqueue_pull, ["invoices"])

    assert caught.value.kind == "unreachable"


def test_an_attempt_shows_the_request_that_failed_and_its_answer():
    call = CallRecord(
        run=RunId("run-9"),
        entity="products",
        lane=Lane.WEBHOOKS,
        kind=CallKind.DETAIL,
        method="GET",
        path="/books/v3/items/123",
        status=400,
        code=1002,
        milliseconds=80,
        size=40,
        sent_at=NOW,
        error="Resource does not exist.",
    )
    kinds = {one.name: one for one in syncing_kinds(Service(RunState.FAILED), lambda: NOW, {"run-9": call}.get)}

    async def go():
        jobs = MemoryJobs(ManualClock(NOW))
        context = JobContext(await jobs.find(await enqueue_fetch(jobs, "products", "123")))
        with pytest.raises(RunEndedError):
            await kinds["fetch"].handler(context.job.arguments, context)
        return context

    context = asyncio.run(go())

    assert context.request == "GET /books/v3/items/123"
    assert context.answer == "HTTP 400, code 1002, Resource does not exist."


def test_a_record_that_neither_side_knows_is_no_failure():
    done(Service(RunState.FAILED, "gone"), enqueue_fetch, "products", "123")


def test_nothing_is_asked_while_syncing_is_off():
    service = Service(settings=Settings(sync_enabled=False))

    with pytest.raises(PostponedError):
        done(service, enqueue_fetch, "products", "123")

    assert service.asked == []
