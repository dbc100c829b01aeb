"""What deserves an alert: judged from facts of the database, so that it holds whatever process dies. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from tsh_sync_gui.engine.ports import QuotaStatus
from tsh_sync_gui.engine.ports.alerts import Cause, Facts, Raised, RunFact, Severity
from tsh_sync_gui.engine.schedule import zone_of

QUOTA_SHARE: Final = 0.8
FEWEST_RUNS: Final = 6
"""Of fewer runs in an hour no rate is made."""
ERROR_SHARE: Final = 0.3
_AUTHORISATION: Final = "authorisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to be raised, and which causes (with subject) are gone."""

    raised: list[Raised] = field(default_factory=list)
    over: list[tuple[Cause, str]] = field(default_factory=list)

    def say(self, raised: Raised | None, cause: Cause, subject: str = "") -> None:
        """Note that a cause is there, or that it is gone."""
        if raised is None:
            self.over.append((cause, subject))
        else:
            self.raised.append(raised)


def judge(facts: Facts, quota: QuotaStatus, titles: Mapping[str, str]) -> Verdict:
    """Return what *facts* and *quota* deserve; *titles* are the entities' names for people."""
    verdict = Verdict()
    # A walk that went well since does not answer what an earlier one asked.
    questions = {run.entity: run for run in facts.questions}
    for run in facts.runs:
        title = titles.get(run.entity, run.entity)
        verdict.say(_failed(run, title), Cause.RUN_FAILED, run.entity)
        verdict.say(_asks(questions.get(run.entity, run), title), Cause.NEEDS_YOU, run.entity)
    verdict.say(_sign_in(facts), Cause.SIGN_IN_LOST)
    verdict.say(_error_rate(facts), Cause.ERROR_RATE)
    verdict.say(_letters(facts), Cause.DEAD_LETTERS)
    verdict.say(_quota(quota, facts.zone), Cause.QUOTA)
    return verdict


def _failed(run: RunFact, title: str) -> Raised | None:
    if run.state != "failed":
        return None
    return Raised(
        cause=Cause.RUN_FAILED,
        subject=run.entity,
        title=f"{title}: {run.title or 'the run failed'}",
        remedy=run.advice or "The next sync goes on from there.",
        severity=Severity.GRAVE,
        evidence=run.id,
    )


def _asks(run: RunFact, title: str) -> Raised | None:
    if run.state != "needs_you" or run.error_kind == _AUTHORISATION:
        return None
    return Raised(
        cause=Cause.NEEDS_YOU,
        subject=run.entity,
        title=f"{title}: {run.title or 'a decision is needed'}",
        remedy=run.advice,
        severity=Severity.GRAVE,
        evidence=run.id,
    )


def _sign_in(facts: Facts) -> Raised | None:
    refused = [
        run
        for run in facts.runs
        if run.state == "needs_you"
        and run.error_kind == _AUTHORISATION
        and (facts.signed_in_at is None or run.ended_at > facts.signed_in_at)
    ]
    if not refused:
        return None
    last = max(refused, key=lambda run: run.ended_at)
    return Raised(
        cause=Cause.SIGN_IN_LOST,
        title=last.title or "Zoho no longer accepts our sign-in",
        remedy=last.advice or "Nothing is lost; syncs wait. Sign in again.",
        severity=Severity.GRAVE,
        evidence=last.id,
    )


def _error_rate(facts: Facts) -> Raised | None:
    if facts.ended < FEWEST_RUNS or facts.failed / facts.ended < ERROR_SHARE:
        return None
    return Raised(
        cause=Cause.ERROR_RATE,
        title=f"{facts.failed} of {facts.ended} runs failed in the last hour",
        remedy="The run history says why; `tsh-sync doctor` checks what they have in common.",
        severity=Severity.GRAVE,
        evidence=f"{facts.now:%Y-%m-%dT%H}",
    )


def _letters(facts: Facts) -> Raised | None:
    if not facts.letters:
        return None
    number = "More than 100,000" if facts.letters > 100_000 else f"{facts.letters:,}"
    return Raised(
        cause=Cause.DEAD_LETTERS,
        title=f"{number} failed record{'' if facts.letters == 1 else 's'} to look at",
        remedy="The others were stored. Dead letters show the reason of each and how it is mended.",
        evidence=str(facts.newest_letter),
    )


def _quota(quota: QuotaStatus, zone: str) -> Raised | None:
    share = quota.day_used / quota.day_limit if quota.day_limit else 1.0
    if share < QUOTA_SHARE:
        return None
    level = next(one for one in (100, 95, 80) if share * 100 >= one)
    resets = quota.resets_at.astimezone(zone_of(zone))
    used = f"{quota.day_used:,} of {quota.day_limit:,} calls of today are used"
    return Raised(
        cause=Cause.QUOTA,
        title="Zoho's daily quota is used up" if level == 100 else used,
        remedy=f"It resets at {resets:%H:%M}{'' if zone else ' UTC'}. What does not fit waits; orders have a reserve.",
        severity=Severity.GRAVE if level == 100 else Severity.WARNING,
        evidence=f"{quota.resets_at:%Y-%m-%dT%H}:{level}",
    )
