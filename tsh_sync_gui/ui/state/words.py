"""The words of ux.md 1: states, modes, phases, waits; each state with its icon and tone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tsh_sync_gui.core.values import EntityState, Mode, Phase, RunState
from tsh_sync_gui.ui.state.texts import clock, span, tr


class Tone(StrEnum):
    """A colour by meaning; themes say which colour that is."""

    GREEN = "green"
    BLUE = "blue"
    BLUE_OUTLINE = "blue_outline"
    AMBER = "amber"
    RED = "red"
    RED_OUTLINE = "red_outline"
    GREY = "grey"


@dataclass(frozen=True, slots=True)
class Look:
    """A state as it is shown: never by colour alone."""

    word: str
    icon: str
    tone: Tone


def state_look(state: EntityState) -> Look:
    """Return word, icon and tone of an entity's state."""
    match state:
        case EntityState.UP_TO_DATE:
            return Look(tr("Up to date"), "check", Tone.GREEN)
        case EntityState.RUNNING:
            return Look(tr("Running"), "running", Tone.BLUE)
        case EntityState.WAITING:
            return Look(tr("Waiting"), "clock", Tone.BLUE_OUTLINE)
        case EntityState.LATE:
            return Look(tr("Late"), "late", Tone.AMBER)
        case EntityState.PARTLY_DONE:
            return Look(tr("Partly done"), "partly", Tone.AMBER)
        case EntityState.FAILED:
            return Look(tr("Failed"), "failed", Tone.RED)
        case EntityState.NEEDS_YOU:
            return Look(tr("Needs you"), "person", Tone.RED_OUTLINE)
        case EntityState.PAUSED:
            return Look(tr("Paused"), "pause", Tone.GREY)
        case EntityState.NEVER_RUN:
            return Look(tr("Never run"), "never", Tone.GREY)


_OF_RUN = {
    RunState.RUNNING: EntityState.RUNNING,
    RunState.PAUSED: EntityState.PAUSED,
    RunState.WAITING: EntityState.WAITING,
    RunState.UP_TO_DATE: EntityState.UP_TO_DATE,
    RunState.PARTLY_DONE: EntityState.PARTLY_DONE,
    RunState.FAILED: EntityState.FAILED,
    RunState.CANCELLED: EntityState.PAUSED,
    RunState.NEEDS_YOU: EntityState.NEEDS_YOU,
}


def entity_state(state: RunState) -> EntityState:
    """Return the entity's state that a run's state makes; a cancelled run was stopped by a person: Paused."""
    return _OF_RUN[state]


def run_look(state: RunState) -> Look:
    """Return word, icon and tone of a run's state."""
    return state_look(entity_state(state))


def mode_word(mode: Mode, *, dry_run: bool = False) -> str:
    """Return what a run walks."""
    words = {
        Mode.FULL: tr("Full"),
        Mode.INCREMENTAL: tr("Changes"),
        Mode.WINDOW: tr("Window"),
        Mode.RECORD: tr("One record"),
        Mode.SWEEP: tr("Find deleted"),
    }
    return tr("{mode}, preview").format(mode=words[mode]) if dry_run else words[mode]


def phase_word(phase: Phase) -> str:
    """Return what a run does in *phase*."""
    return {
        Phase.LIST: tr("Reading the list"),
        Phase.SWEEP: tr("Looking for deleted records"),
        Phase.DETAILS: tr("Fetching details"),
    }[phase]


def wait_text(reason: str, until: datetime | None, now: datetime) -> str:
    """Return for what a run waits and until when."""
    left = max(0.0, (until - now).total_seconds()) if until else None
    if reason == "minute_limit":
        if left is None:
            return tr("Waiting for Zoho's per-minute limit")
        return tr("Waiting {time} for Zoho's per-minute limit").format(time=span(max(1.0, left)))
    if reason == "daily_quota":
        if until is None:
            return tr("Daily quota used up")
        return tr("Daily quota used up until {time}").format(time=clock(until, now))
    if reason == "daily_share":
        if until is None:
            return tr("Share of today's calls used up")
        return tr("Share of today's calls used up until {time}").format(time=clock(until, now))
    texts = {
        "network": tr("Zoho cannot be reached"),
        "database": tr("Database not reachable"),
        "other_machine": tr("Waiting for another machine"),
        "concurrency": tr("Waiting for other calls to Zoho to end"),
    }
    text = texts.get(reason, tr("Waiting"))
    return text if left is None else tr("{what} · next try in {time}").format(what=text, time=span(max(1.0, left)))


def short_wait(reason: str, until: datetime | None, now: datetime) -> str:
    """Return the same in the few words that fit beside a bar."""
    if reason == "minute_limit" and until is not None:
        return tr("minute limit, {time}").format(time=span(max(1.0, (until - now).total_seconds())))
    return wait_text(reason, until, now)


def wait_advice(reason: str) -> str:
    """Return what happens meanwhile."""
    if reason == "daily_share":
        return tr("The rest is kept for people, orders and webhooks. Nothing is lost; the next sync goes on from here.")
    if reason == "daily_quota":
        return tr("Nothing is lost. The next sync goes on from here.")
    return tr("Goes on by itself. Nothing was lost.")


def direction_text(direction: str) -> tuple[str, str]:
    """Return icon and words of a direction."""
    return {
        "to_zoho": ("arrow-to-zoho", tr("From TSH to Zoho")),
        "both": ("arrow-both", tr("Both ways between Zoho and TSH")),
    }.get(direction, ("arrow-from-zoho", tr("From Zoho to TSH")))


def phrase(person: str, machine: str) -> str:
    """Return on which machine and by whom."""
    if person and machine:
        return tr("on {machine} by {person}").format(machine=machine, person=person)
    return tr("on {machine}").format(machine=machine) if machine else tr("by {person}").format(person=person)
