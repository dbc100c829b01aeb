"""The steps at the wizard's side: which are done, open, skipped, and which may be gone to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tsh_sync_gui.bootstrap.setup.values import Progress, Step
from tsh_sync_gui.ui.state.texts import number, tr

Look = Literal["now", "done", "skipped", "open"]
STEPS = tuple(Step)


@dataclass(frozen=True, slots=True, kw_only=True)
class RailEntry:
    """One step at the side; *reason* says why it can't be gone to yet."""

    step: Step
    number: int
    title: str
    look: Look
    word: str
    reason: str = ""


def titles() -> dict[Step, str]:
    """Return the steps' names."""
    return {
        Step.START: tr("Start"),
        Step.DATABASE: tr("Database"),
        Step.APP: tr("Zoho app"),
        Step.SIGN_IN: tr("Sign in"),
        Step.ORGANIZATION: tr("Organization"),
        Step.CHECK: tr("Check"),
        Step.WEBHOOKS: tr("Webhooks"),
        Step.LIMITS: tr("Limits"),
        Step.FIRST_SYNC: tr("First sync"),
    }


def leads() -> dict[Step, str]:
    """Return a sentence for each step: what it is about."""
    return {
        Step.START: tr("From nothing to a first sync in a few minutes. You can stop at any step and go on later."),
        Step.DATABASE: tr("Where the copy of your Zoho data lives."),
        Step.APP: tr("Zoho lets programs in by an app you register there once. It is free and takes two minutes."),
        Step.SIGN_IN: tr("You sign in at Zoho, in your browser. This program never sees your password."),
        Step.ORGANIZATION: tr("Which of your organizations shall be kept in step."),
        Step.CHECK: tr("One small request for each kind of record shows what the sign-in may read and write."),
        Step.WEBHOOKS: tr("Zoho can call this program the moment something changes. Without it, changes are polled."),
        Step.LIMITS: tr("Zoho counts every call. These limits keep the program inside your plan."),
        Step.FIRST_SYNC: tr("Everything is connected. The first sync fetches all records once."),
    }


def rail(progress: Progress, now: Step) -> tuple[RailEntry, ...]:
    """Return all steps with *now* in front."""
    names = titles()
    words = {"now": tr("now"), "done": tr("done"), "skipped": tr("skipped"), "open": tr("open")}
    found = []
    for place, step in enumerate(STEPS):
        look = _look(step, progress, now)
        missing = None if look != "open" else first_missing(progress, step)
        found.append(
            RailEntry(
                step=step,
                number=place + 1,
                title=names[step],
                look=look,
                word=words[look],
                reason=tr("First: {step}").format(step=names[missing]) if missing else "",
            )
        )
    return tuple(found)


def _look(step: Step, progress: Progress, now: Step) -> Look:
    if step is now:
        return "now"
    if step in progress.done:
        return "done"
    return "skipped" if step in progress.skipped else "open"


def first_missing(progress: Progress, step: Step) -> Step | None:
    """Return the step that has to come before *step* and is neither done nor skipped; None when there is none."""
    settled = progress.done | progress.skipped
    return next((one for one in STEPS[: STEPS.index(step)] if one not in settled), None)


def after(step: Step) -> Step | None:
    """Return the step that follows, None after the last."""
    place = STEPS.index(step) + 1
    return STEPS[place] if place < len(STEPS) else None


def before(step: Step) -> Step | None:
    """Return the step that goes before, None before the first."""
    place = STEPS.index(step)
    return STEPS[place - 1] if place else None


def counted(step: Step) -> str:
    """Return which of how many *step* is."""
    return tr("Step {number} of {count}").format(number=number(STEPS.index(step) + 1), count=number(len(STEPS)))


def open_steps(progress: Progress) -> int:
    """Return how many steps are still to be done."""
    return sum(step not in progress.done | progress.skipped for step in STEPS)


def is_begun(progress: Progress) -> bool:
    """Tell whether somebody began the set-up and has not ended it."""
    return Step.START in progress.done and not progress.is_complete
