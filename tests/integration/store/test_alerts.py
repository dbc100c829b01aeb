"""Alerts on PostgreSQL: merged, cleared by themselves, silenced, told once to each target; judged from what is kept."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from tests.support.memory import MemoryBudget
from tests.support.stores import opened, query, session_url, tables_url
from tsh_sync_gui.core import log
from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import SystemClock
from tsh_sync_gui.core.errors import ConfigurationError, TransientError
from tsh_sync_gui.core.settings import validated
from tsh_sync_gui.engine.alerts import NOTIFY, Alerts, AlertState, Cause, Severity
from tsh_sync_gui.engine.ports.alerts import Target
from tsh_sync_gui.engine.ports.jobs import Attempt, Job, JobContext, Outcome
from tsh_sync_gui.engine.retrying import PostponedError
from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.store.alerts import PgAlerts
from tsh_sync_gui.store.jobs import PgJobs
from tsh_sync_gui.store.stats import stats

pytestmark = pytest.mark.asyncio
__all__ = ["session_url", "tables_url"]


class Courier:
    """Remembers what it was given; fails where it is told to."""

    def __init__(self, *keys, broken=False):
        self.keys, self.broken, self.sent = keys, broken, []

    def targets(self):
        return tuple(Target(key=key, shown=f"mailto://{key}") for key in self.keys)

    async def send(self, target, *, title, body, severity):  # noqa: ARG002 -- as the port has it
        if self.broken:
            raise TransientError("The alert could not be sent", advice="Look at the address.")
        self.sent.append((target, title, body))


def alerts_of(database, courier=None, *, used=0, bus=None, **settings):
    budget = MemoryBudget(SystemClock(), per_day=1000)
    budget.used = used
    return Alerts(
        REGISTRY,
        PgAlerts(database),
        PgJobs(database),
        courier=courier or Courier(),
        budget=budget,
        settings=lambda: validated(settings),
        bus=bus or Bus(),
        clock=SystemClock(),
    )


@pytest_asyncio.fixture
async def machines(tables_url):
    async with opened(tables_url, 2) as found:
        yield found


async def a_run(database, name, entity, state, *, minutes=0, kind=""):
    await query(
        database,
        "INSERT INTO sync.runs (id, leader, entity, mode, state, phase, started_at, heartbeat_at, ended_at, title,"
        " error_kind) VALUES (%s, %s, %s, 'full', %s, 'list', now() - make_interval(mins => %s), now(),"
        " now() - make_interval(mins => %s), 'Zoho has trouble', %s)",
        *(name, name, entity, state, minutes, minutes, kind),
    )


async def jobs(database):
    return [
        one for (one,) in await query(database, "SELECT args->'arguments' FROM jobs.procrastinate_jobs ORDER BY id")
    ]


async def test_the_same_cause_and_subject_is_one_alert_with_a_count_until_it_is_cleared(machines):
    heard = []
    bus = Bus()
    bus.subscribe(heard.append)
    alerts = alerts_of(machines[0], bus=bus)

    raised = [await alerts.raise_(Cause.WEBHOOKS_SILENT, "items", title="Silent", evidence=one) for one in "aab"]
    other = await alerts.raise_(Cause.WEBHOOKS_SILENT, "invoices", title="Silent")
    again = [await alerts.clear(Cause.WEBHOOKS_SILENT, "items") for _ in range(2)]
    merged = await alerts.raise_(Cause.WEBHOOKS_SILENT, "items", title="Silent again", evidence="c")

    assert [one and one.count for one in raised] == [1, None, 2]
    assert again == [True, False]
    assert (merged.id, merged.count, merged.state, merged.title) == (raised[0].id, 3, AlertState.OPEN, "Silent again")
    assert {one.id for one in await alerts.all()} == {merged.id, other.id}
    assert [one.subject for one in heard] == ["items", "items", "invoices", "items"]


async def test_two_processes_that_see_the_same_at_once_raise_it_once(machines):
    both = [alerts_of(one) for one in machines]

    found = await asyncio.gather(
        *(one.raise_(Cause.RUN_FAILED, "items", title="Failed", evidence="run-1") for one in both for _ in range(4))
    )

    assert sum(one is not None for one in found) == 1
    assert [one.count for one in await both[0].all()] == [1]


async def test_what_the_database_says_is_judged_and_over_when_it_is_over(machines):
    alerts = alerts_of(machines[0], used=960)
    await a_run(machines[0], "r1", "invoices", "failed")
    await a_run(machines[0], "r2", "customers", "needs_you", kind="authorisation")
    await a_run(machines[0], "r3", "payments", "needs_you", kind="confirmation_required")
    await query(
        machines[0],
        "INSERT INTO sync.dead_letters (entity, record_key, state, snoozed_until) VALUES"
        " ('invoices', '1', 'open', NULL), ('invoices', '2', 'open', now() - interval '1 h'),"
        " ('invoices', '3', 'open', now() + interval '9 days')",
    )

    await alerts.pulse()
    found = {(one.cause, one.subject): one for one in await alerts.all()}

    assert set(found) == {
        (Cause.RUN_FAILED, "invoices"),
        (Cause.NEEDS_YOU, "payments"),
        (Cause.SIGN_IN_LOST, ""),
        (Cause.DEAD_LETTERS, ""),
        (Cause.QUOTA, ""),
    }
    assert found[Cause.RUN_FAILED, "invoices"].title == "Invoices: Zoho has trouble"
    assert found[Cause.DEAD_LETTERS, ""].title == "2 failed records to look at"
    assert found[Cause.QUOTA, ""].title == "960 of 1,000 calls of today are used"

    for name, entity in (("g1", "invoices"), ("g2", "customers"), ("g3", "payments")):
        await a_run(machines[0], name, entity, "up_to_date")
    await query(machines[0], "UPDATE sync.dead_letters SET state = 'resolved'")
    await alerts_of(machines[0], used=1).pulse()

    assert {one.state for one in await alerts.all()} == {AlertState.CLEARED}


async def test_an_error_rate_needs_enough_runs(machines):
    for number in range(6):
        await a_run(machines[0], f"r{number}", "invoices", "failed" if number % 2 else "up_to_date", minutes=number)

    await alerts_of(machines[0]).pulse()

    rates = [one for one in await alerts_of(machines[0]).all() if one.cause is Cause.ERROR_RATE]
    assert [one.title for one in rates] == ["3 of 6 runs failed in the last hour"]


async def test_records_that_zoho_has_no_more_are_no_errors(machines):
    for number in range(9):
        await a_run(machines[0], f"r{number}", "invoices", "failed", minutes=number, kind="gone")
    await a_run(machines[0], "last", "invoices", "up_to_date")

    await alerts_of(machines[0]).pulse()

    assert list(await alerts_of(machines[0]).all()) == []
    assert (await stats(machines[0], REGISTRY))["success_rate"] == 100.0


async def test_each_target_is_told_once_whichever_machine_looks(machines):
    both = [alerts_of(one, Courier("mail", "chat"), used=900) for one in machines]

    await asyncio.gather(*(one.pulse() for one in both))

    asked = await jobs(machines[0])
    [alert] = await both[0].all()
    assert sorted(one["target"] for one in asked) == ["chat", "mail"]
    assert {one["alert"] for one in asked} == {alert.id}


async def test_nobody_is_told_in_quiet_hours_or_of_what_is_silenced_until_it_is_lifted(machines):
    quiet = alerts_of(machines[0], Courier("mail"), used=900, alerts_quiet="00:00-23:59")
    await quiet.pulse()
    loud = alerts_of(machines[0], Courier("mail"), used=900)
    await loud.silence("quota", seconds=3600)

    await loud.pulse()
    silenced = await jobs(machines[0])
    shown = (await loud.all())[0]
    lifted = [await loud.lift(str(shown.id)), await loud.lift("quota")]
    await alerts_of(machines[0], Courier("mail"), used=900).pulse()

    assert silenced == []
    assert (shown.is_silenced, shown.state) == (True, AlertState.OPEN)
    assert lifted == [True, False]
    assert len(await jobs(machines[0])) == 1


async def test_the_job_tells_and_what_is_over_or_elsewhere_is_not_told_here(machines):
    courier = Courier("mail")
    alerts = alerts_of(machines[0], courier)
    alert = await alerts.raise_(Cause.QUOTA, title="Nearly used up", remedy="Wait.", severity=Severity.GRAVE)
    [kind] = alerts.kinds()
    context = JobContext(
        Job(id="1", kind=NOTIFY, arguments={}, key="", lane=None, attempts=0, scheduled_at=None, state=None)
    )

    await kind.handler({"alert": alert.id, "target": "mail"}, context)
    elsewhere = {"alert": alert.id, "target": "another machine's"}
    with pytest.raises(PostponedError):
        await kind.handler(elsewhere, context)
    await query(machines[0], "UPDATE sync.alerts SET last_at = last_at - interval '25 hours'")
    await kind.handler(elsewhere, context)  # the address is gone for good
    await query(machines[0], "UPDATE sync.alerts SET last_at = now()")
    await alerts.clear(Cause.QUOTA)
    await kind.handler(elsewhere, context)
    await kind.handler({"alert": alert.id, "target": "mail"}, context)

    assert courier.sent == [("mail", "TSH Sync: Nearly used up", "Wait.")]
    assert not kind.calls_zoho
    assert await alerts.test() == [(courier.targets()[0], "")]
    assert [fault for _, fault in await alerts_of(machines[0], Courier("x", broken=True)).test()] == [
        "The alert could not be sent. Look at the address."
    ]


async def test_an_address_that_was_not_reached_is_noted_and_nobody_is_sent_word_of_it(machines):
    alerts = alerts_of(machines[0], Courier("mail"))
    told = {"alert": 1, "target": "mail"}
    job = Job(id="7", kind=NOTIFY, arguments=told, key="1:mail", lane=None, attempts=5, scheduled_at=None, state=None)
    now = datetime.now(UTC)
    failed = {"subject": "job", "subject_id": "7", "attempt": 5, "started_at": now, "ended_at": now}
    attempt = Attempt(**failed, outcome=Outcome.GIVEN_UP, title="The mail server refused", advice="Look at it.")

    noted = await alerts.given_up(job, attempt)
    other = await alerts.given_up(replace(job, kind="pull"), attempt)
    await alerts.pulse()

    (found,) = await alerts.all()
    assert (noted, other) == (True, False)
    assert (found.cause, found.severity, found.state) == (Cause.NOT_TOLD, Severity.NOTE, AlertState.CLEARED)
    assert (found.title, found.remedy) == (
        "An alert did not reach mailto://mail",
        "The mail server refused. Look at it.",
    )
    assert await jobs(machines[0]) == []


@pytest.mark.parametrize("which", ["999999", "nothing", "", "9" * 30, "٣"])
async def test_silencing_what_there_is_not_names_what_there_is(machines, which):
    with pytest.raises(ConfigurationError, match="no alert"):
        await alerts_of(machines[0]).silence(which)


async def test_secrets_never_come_into_the_table(machines):
    log.conceal(["a-very-secret-word"])
    alert = await alerts_of(machines[0]).raise_(
        Cause.QUOTA, title="x a-very-secret-word\0", remedy="a-very-secret-word"
    )

    assert "secret-word" not in alert.title + alert.remedy
