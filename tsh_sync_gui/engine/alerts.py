"""Alerts: what a person should know though nobody looks. Raised, merged, cleared by themselves, told once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from tsh_sync_gui.core.bus import Bus
from tsh_sync_gui.core.clock import Clock
from tsh_sync_gui.core.errors import ConfigurationError, SyncError
from tsh_sync_gui.core.events import AlertRaised
from tsh_sync_gui.core.settings import Settings
from tsh_sync_gui.core.values import Lane
from tsh_sync_gui.engine.alert_rules import judge
from tsh_sync_gui.engine.outcomes import person
from tsh_sync_gui.engine.ports import Budget
from tsh_sync_gui.engine.ports.alerts import Alert, AlertState, AlertStore, Cause, Courier, Raised, Severity, Target
from tsh_sync_gui.engine.ports.jobs import Attempt, Job, JobContext, JobId, Jobs, Kind
from tsh_sync_gui.engine.retrying import PostponedError
from tsh_sync_gui.engine.schedule import Quiet, zone_of
from tsh_sync_gui.entities.registry import Registry

__all__ = ["NOTIFY", "Alert", "AlertState", "Alerts", "Cause", "Severity"]
NOTIFY: Final = "notify"
_ELSEWHERE: Final = timedelta(seconds=20)
_ELSEWHERE_AT_MOST: Final = timedelta(minutes=15)
_GIVEN_UP: Final = timedelta(days=1)
_JUDGED_EVERY_S: Final = 14.0
_FORGOTTEN_EVERY_S: Final = 3600.0


class Alerts:
    """The alerts of all machines. Any part may raise and clear; `pulse` judges what the database itself tells."""

    def __init__(
        self,
        registry: Registry,
        store: AlertStore,
        jobs: Jobs,
        *,
        courier: Courier,
        budget: Budget,
        settings: Callable[[], Settings],
        bus: Bus,
        clock: Clock,
    ) -> None:
        self._titles = {one.name: one.title for one in registry}
        self._store = store
        self._jobs = jobs
        self._courier = courier
        self._budget = budget
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._judged_at = self._forgotten_at = float("-inf")

    async def raise_(
        self,
        cause: Cause,
        subject: str = "",
        *,
        title: str,
        remedy: str = "",
        severity: Severity = Severity.WARNING,
        evidence: str = "",
    ) -> Alert | None:
        """Open an alert, or count it once more; None when it was raised for this very *evidence* before."""
        raised = Raised(cause=cause, subject=subject, title=title, remedy=remedy, severity=severity, evidence=evidence)
        alert = await self._store.raise_(raised)
        if alert is not None:
            self._bus.publish(AlertRaised(cause=cause.value, subject=subject, title=alert.title, advice=alert.remedy))
        return alert

    async def clear(self, cause: Cause, subject: str = "") -> bool:
        """Note that the cause is gone; False when it was not open."""
        return await self._store.clear(cause, subject)

    async def all(self, *, limit: int = 200) -> Sequence[Alert]:
        """Return alerts, open ones first, then the newest."""
        return await self._store.all(limit=limit)

    async def silence(self, which: str, *, seconds: float | None = None) -> Alert | Cause:
        """Tell nobody of an alert's cause and subject (by its number), or of a cause; None: until it is lifted."""
        until = None if seconds is None else self._clock.now() + timedelta(seconds=seconds)
        found = await self._found(which)
        cause, subject = (found.cause, found.subject) if isinstance(found, Alert) else (found, None)
        await self._store.silence(cause, subject, until, by=person())
        return found

    async def lift(self, which: str) -> bool:
        """Tell of it again; False when it was not silenced."""
        found = await self._found(which)
        if isinstance(found, Alert):
            return await self._store.lift(found.cause, found.subject) or await self._store.lift(found.cause, None)
        return await self._store.lift(found, None)

    async def _found(self, which: str) -> Alert | Cause:
        if which in set(Cause):
            return Cause(which)
        alert = await self._store.find(int(which)) if which.isascii() and which.isdigit() and len(which) < 19 else None
        if alert is None:
            causes = ", ".join(Cause)
            raise ConfigurationError(
                f"There is no alert “{which}”", advice=f"Give a number of `tsh-sync alerts list`, or a cause: {causes}."
            )
        return alert

    async def pulse(self) -> None:
        """Judge what the database tells, and have this machine's targets told; done at each look of the scheduler."""
        moment = self._clock.monotonic()
        if moment - self._judged_at < _JUDGED_EVERY_S:
            return
        self._judged_at = moment
        facts = await self._store.facts(tuple(self._titles))
        verdict = judge(facts, await self._budget.status(), self._titles)
        for cause, subject in facts.open.intersection(verdict.over):
            await self.clear(cause, subject)
        for one in verdict.raised:
            await self.raise_(
                one.cause,
                one.subject,
                title=one.title,
                remedy=one.remedy,
                severity=one.severity,
                evidence=one.evidence,
            )
        if not self._is_quiet(facts.now, facts.zone):
            await self._tell()
        if moment - self._forgotten_at > _FORGOTTEN_EVERY_S:
            self._forgotten_at = moment
            await self._store.forget()

    def _is_quiet(self, now: datetime, zone: str) -> bool:
        quiet = Quiet.parse(self._settings().alerts_quiet)
        return quiet is not None and quiet.holds(now, zone_of(zone))

    async def _tell(self) -> None:
        for target in self._courier.targets():

            async def put(connection: Any, alert: int, key: str = target.key) -> JobId | None:
                asked = {"alert": alert, "target": key}
                return await self._jobs.enqueue(
                    NOTIFY, asked, key=f"{alert}:{key}", lane=Lane.PERSON, connection=connection
                )

            await self._store.to_tell(target.key, put)

    async def test(self) -> list[tuple[Target, str]]:
        """Send a test to each target of this machine; returns what went wrong with each, '' for nothing."""
        done = []
        for target in self._courier.targets():
            fault = ""
            try:
                await self._courier.send(
                    target.key, title="TSH Sync: a test", body="Alerts arrive here.", severity=Severity.NOTE
                )
            except SyncError as error:
                fault = f"{error.title}: {error.cause}" if error.cause else f"{error.title}. {error.advice}".strip()
            done.append((target, fault))
        return done

    async def given_up(self, job: Job, attempt: Attempt) -> bool:
        """Note that an address was not told of an alert; False when *job* was none that tells.

        A note is sent to nobody: else each address that does not answer would be told so by a job that is given up.
        """
        if job.kind != NOTIFY:
            return False
        shown = {one.key: one.shown for one in self._courier.targets()}.get(str(job.arguments["target"]))
        await self.raise_(
            Cause.NOT_TOLD,
            title=f"An alert did not reach {shown or 'an address of another computer'}",
            remedy=f"{attempt.title}. {attempt.advice}".strip(),
            severity=Severity.NOTE,
            evidence=job.id,
        )
        return True

    def kinds(self) -> tuple[Kind, ...]:
        """Return the kind of job that tells."""
        return (Kind(name=NOTIFY, handler=self._notify, calls_zoho=False),)

    async def _notify(self, arguments: Mapping[str, Any], context: JobContext) -> None:
        target = str(arguments["target"])
        alert = await self._store.find(int(arguments["alert"]))
        if alert is None or alert.is_silenced or alert.state is not AlertState.OPEN:
            context.note(answer="It was over, or silenced, before it was told.")
            return
        if target not in {one.key for one in self._courier.targets()}:
            now = self._clock.now()
            if now - alert.last_at > _GIVEN_UP:
                context.note(answer="No machine has had this address for a day.")
                return
            # The address is a secret of another machine, which takes the job as soon as it looks.
            wait = max(_ELSEWHERE, min((now - alert.first_at) / 20, _ELSEWHERE_AT_MOST))
            raise PostponedError("Another machine has this address", until=now + wait)
        times = f"{alert.count} times since {alert.first_at:%Y-%m-%d %H:%M} UTC. " if alert.count > 1 else ""
        body = f"{times}{alert.remedy}".strip() or alert.title
        context.note(request=f"{alert.title}\n{body}")
        await self._courier.send(target, title=f"TSH Sync: {alert.title}", body=body, severity=alert.severity)
