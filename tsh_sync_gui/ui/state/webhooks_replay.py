"""What a replay does and costs, and the change of the secret, in words."""

from __future__ import annotations

from datetime import datetime

from tsh_sync_gui.engine.ports import QuotaStatus
from tsh_sync_gui.engine.ports.deliveries import ReplayPlan, SecretState
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import clock, number, tr


def replay_heading(count: int | None) -> str:
    """Return what a replay of so many deliveries, or of all since a time, is called."""
    if count is None:
        return tr("Replay everything since…")
    return tr("Replay this delivery?") if count == 1 else tr("Replay %Ln deliveries?", None, count)


def plan_lines(plan: ReplayPlan, quota: QuotaStatus | None, *, force: bool) -> tuple[str, ...]:
    """Return what a replay would do and cost."""
    if not plan.deliveries:
        lines = [tr("None of them can be replayed.")]
    else:
        deliveries = tr("One delivery") if plan.deliveries == 1 else tr("%Ln deliveries", None, plan.deliveries)
        records = tr("%Ln record(s)", None, plan.records)
        calls = tr("at most %Ln call(s)", None, plan.calls_at_most)
        lines = [
            tr("{deliveries} of {records} once more: {calls}.").format(
                deliveries=deliveries, records=records, calls=calls
            )
        ]
    if plan.duplicates and not force:
        lines.append(tr("Duplicates skipped: %Ln.", None, plan.duplicates))
    if plan.left_out:
        lines.append(tr("Left out, for they were rejected or name no record: %Ln.", None, plan.left_out))
    left = max(0, quota.day_limit - quota.day_used) if quota is not None else None
    if left is not None and plan.calls_at_most > left:
        lines.append(tr("Calls left today: %Ln; the rest waits for the reset.", None, left))
    return tuple(lines)


def go_text(plan: ReplayPlan | None) -> str:
    """Return what the button says, with the price."""
    if plan is None or not plan.deliveries:
        return tr("Replay")
    calls = tr("at most %Ln call(s)", None, plan.calls_at_most)
    return tr("Replay · {price}").format(price=calls)


def replayed_problem(made: int) -> Problem:
    """Return what to tell after a replay."""
    return Problem(
        title=tr("One delivery waits again") if made == 1 else tr("%Ln deliveries wait again", None, made),
        meaning=tr("They stand at the top of the list; duplicates are told apart as always."),
        tone="blue",
    )


def secret_lines(state: SecretState | None, now: datetime) -> tuple[str, ...]:
    """Return how the secret stands."""
    if state is None:
        return (tr("Asking how the secret stands…"),)
    lines = [tr("A secret is set.") if state.is_set else tr("No secret is set: every delivery is rejected.")]
    if state.locked_by:
        lines.append(tr("It comes from {place} and is changed there.").format(place=state.locked_by))
    if state.previous_until is not None:
        lines.append(tr("The one before is valid until {time}.").format(time=clock(state.previous_until, now)))
    return tuple(lines)


def change_lines(state: SecretState | None, now: datetime) -> tuple[str, ...]:
    """Return how the secret stands, and what a change of it brings."""
    lines = secret_lines(state, now)
    if state is None or state.locked_by or not state.is_set:
        return lines
    return (*lines, tr("The present one stays valid for 24 hours, so that Zoho can be changed meanwhile."))


def fresh_words(state: SecretState) -> str:
    """Return what is said of a secret that was just made."""
    if state.previous_until is None:
        return tr("Deliveries are accepted once it stands in all of Zoho's webhooks. The set-up shows it again.")
    return tr(
        "Until it stands in all of Zoho's webhooks the one before is valid for 24 hours. The set-up shows it again."
    )


def typed_fault(text: str) -> str:
    """Return what is wrong with a secret that was typed, "" for none."""
    if text and not (12 <= len(text) <= 50 and text.isascii() and text.isalnum()):
        return tr("12 to 50 letters and digits; these are {number}.").format(number=number(len(text)))
    return ""
