"""What stands around the screens: status bar, counts in the navigation, the sentence above the cards."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from tsh_sync_gui.core.values import EntityState, Phase, RunState
from tsh_sync_gui.engine.views import Overview
from tsh_sync_gui.ui.state.cards import CardState, planned_seconds, progress_text, seconds_left
from tsh_sync_gui.ui.state.live import AppState, Connection, RunView
from tsh_sync_gui.ui.state.offers import Do
from tsh_sync_gui.ui.state.prices import Prices
from tsh_sync_gui.ui.state.texts import number, scheduled, span, tr
from tsh_sync_gui.ui.state.words import state_look


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A part of the status bar; a click goes to *screen* (and there to *focus*). *brief* is for a narrow window.

    One that is not shown keeps its place.
    """

    key: str
    icon: str
    text: str
    brief: str = ""
    tone: str = ""
    hint: str = ""
    screen: str = "sync"
    focus: str = ""
    is_shown: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class BarState:
    """The status bar: parts from left to right, and which of the two buttons are offered."""

    parts: tuple[Part, ...]
    can_pause: bool
    can_resume: bool


def bar_state(state: AppState, prices: Prices, *, now: datetime, at: float) -> BarState:
    """Return what the status bar shows."""
    live = state.live
    return BarState(
        parts=(
            _zoho(state),
            _database(state),
            _listener(state),
            _running(state, prices, now=now, at=at),
            _quota(state, now),
            _failed(state),
            _next(state, now),
        ),
        can_pause=any(run.info.state is not RunState.PAUSED for run in live),
        can_resume=any(run.info.state is RunState.PAUSED for run in live),
    )


def _zoho(state: AppState) -> Part:
    if needs_sign_in(state):
        hint = tr("Zoho no longer accepts our sign-in. Nothing is lost; syncs wait.")
        return Part(
            key="zoho",
            icon="cloud-off",
            text=tr("Sign in again"),
            tone="red",
            hint=hint,
            screen="setup",
            focus="sign_in",
        )
    zoho = state.connections.get("zoho", Connection())
    hint = f"{zoho.title}. {zoho.advice}" if not zoho.up else tr("Zoho answers.")
    if "zoho" not in state.connections:
        hint = tr("Zoho has not been asked yet.")
    return Part(
        key="zoho",
        icon="cloud" if zoho.up else "cloud-off",
        text=tr("Zoho"),
        tone="" if zoho.up else "red",
        hint=hint,
        screen="doctor",
    )


def needs_sign_in(state: AppState) -> bool:
    """Tell whether the newest run of an entity ended because Zoho refuses the sign-in."""
    for status in state.overview.entities if state.overview else ():
        run = state.runs.get(status.entity)
        info = run.info if run else status.last
        if info is not None and info.error_kind == "authorisation" and info.state is RunState.NEEDS_YOU:
            return True
    return False


def _database(state: AppState) -> Part:
    database = state.connections.get("database", Connection())
    kind = state.overview.database if state.overview else None
    text = tr("Database")
    hint = f"{database.title}. {database.advice}"
    if database.up and kind is not None:
        where = tr("embedded") if kind.kind == "embedded" else tr("server")
        hint = tr("PostgreSQL {version}, {where}").format(version=kind.version, where=where)
    return Part(
        key="database",
        icon="database",
        text=text,
        tone="" if database.up else "red",
        hint=hint,
        screen="settings",
        focus="Database",
    )


def _listener(state: AppState) -> Part:
    """Return how the listener stands, once it is known that webhooks are used here."""
    found = state.connections.get("listener", Connection())
    return Part(
        key="listener",
        icon="plug",
        text=tr("Listener"),
        tone="" if found.up else "red",
        hint=tr("Deliveries are taken in.") if found.up else f"{found.title}. {found.advice}",
        screen="webhooks",
        is_shown="listener" in state.connections,
    )


def _running(state: AppState, prices: Prices, *, now: datetime, at: float) -> Part:
    live = state.live
    if not live:
        return Part(key="running", icon="idle", text=tr("Nothing runs"))
    first = min(live, key=_turn)
    left = seconds_left(first, planned_seconds(first, prices), now=now, at=at)
    status = state.status(first.info.entity)
    parts = [tr(status.title) if status else first.info.entity, progress_text(first)]
    if left is not None:
        parts.append(tr("{time} left").format(time=span(left)))
    others = len({run.info.entity for run in live} | state.pending) - 1
    if others:
        parts.append(tr("+%Ln more", None, others))
    return Part(key="running", icon="running", text=" · ".join(parts), tone="blue", focus=first.info.entity)


def _turn(run: RunView) -> int:
    """Return who is told of first: who is in the middle of something, or held up in it; last who waits for a turn."""
    begun = run.info.phase is Phase.LIST or bool(run.done)
    if run.info.state is RunState.RUNNING and begun and run.done != run.expected:
        return 0
    return {RunState.WAITING: 1, RunState.RUNNING: 2}.get(run.info.state, 3)


def running_here(state: AppState) -> str:
    """Return what this window is syncing, in words; empty when nothing."""
    names = {run.info.entity for run in state.live if run.here is not False} | state.pending
    titles = [tr(one.title) for one in state.overview.entities if one.entity in names] if state.overview else []
    if len(titles) > 2:
        return tr("{first} and %Ln more", None, len(titles) - 1).format(first=titles[0])
    return ", ".join(titles)


def _quota(state: AppState, now: datetime) -> Part:
    quota = state.quota
    if quota is None:
        return Part(key="quota", icon="gauge", text=tr("API today –"))
    text = tr("API today {used}/{limit}").format(used=number(quota.day_used), limit=number(quota.day_limit))
    share = quota.day_used / quota.day_limit if quota.day_limit else 1.0
    hint = tr("Resets at {time}. This minute {used}/{limit}.").format(
        time=scheduled(quota.resets_at, now, state.overview.time_zone if state.overview else ""),
        used=number(quota.minute_used),
        limit=number(quota.minute_limit),
    )
    tone = "red" if share >= 1 else "amber" if share >= 0.8 else ""
    return Part(
        key="quota",
        icon="gauge",
        text=text,
        brief=tr("{used}/{limit}").format(used=number(quota.day_used), limit=number(quota.day_limit)),
        tone=tone,
        hint=f"{text}. {hint}",
        screen="settings",
        focus="Limits",
    )


def _failed(state: AppState) -> Part:
    letters = state.letters
    if letters is not None:
        text = tr("%Ln dead letter(s)", None, letters.waiting)
        if letters.new:
            text = tr("{letters}, %Ln new", None, letters.new).format(letters=text)
        return Part(
            key="failed",
            icon="failed-records",
            text=text,
            brief=number(letters.waiting),
            tone="amber" if letters.waiting else "",
            screen="dead_letters",
        )
    if state.overview is None:
        return Part(key="failed", icon="failed-records", text=tr("Dead letters –"), brief="–", screen="dead_letters")
    failed = failed_records(state)
    text = tr("%Ln failed record(s)", None, failed)
    tone = "amber" if failed else ""
    return Part(key="failed", icon="failed-records", text=text, brief=number(failed), tone=tone, focus="failed")


def _next(state: AppState, now: datetime) -> Part:
    """Return the next run that comes by itself."""
    if state.overview is None:
        return Part(key="next", icon="calendar", text=tr("Next run –"), brief="–", screen="schedules")
    entities = state.overview.entities if state.overview else ()
    coming = [(one.next, one) for one in entities if one.next is not None]
    if not coming:
        hint = tr("Nothing is scheduled, or something else has to come first; the Schedules screen says what.")
        return Part(key="next", icon="calendar", text=tr("No next run"), brief="–", hint=hint, screen="schedules")
    at = min(moment for moment, _ in coming)
    first = [one for moment, one in coming if moment == at]
    names = ", ".join(tr(one.title) for one in first)
    brief = scheduled(at, now, state.overview.time_zone if state.overview else "")
    text = tr("Next {when}").format(when=brief)
    return Part(key="next", icon="calendar", text=text, brief=brief, hint=f"{text}: {names}", screen="schedules")


def organization_name(overview: Overview | None) -> str:
    """Return what the organization is called; its name comes with the first sync."""
    if overview is None:
        return ""
    return overview.organization or (tr("Organization") if overview.organization_id else tr("No organization yet"))


def failed_records(state: AppState) -> int:
    """Return the records that the newest run of each entity could not take."""
    found = 0
    for status in state.overview.entities if state.overview else ():
        run = state.runs.get(status.entity)
        info = run.info if run else status.last
        found += info.counts.failed if info else 0
    return found


def headline(cards: tuple[CardState, ...]) -> str:
    """Return one sentence on how all entities stand."""
    if not cards:
        return ""
    by_state = Counter(card.state for card in cards)
    if by_state[EntityState.NEVER_RUN] == len(cards):
        return tr("Nothing synced yet.")
    if by_state[EntityState.UP_TO_DATE] == len(cards):
        return tr("All %Ln entities up to date.", None, len(cards))
    order = (
        EntityState.NEEDS_YOU,
        EntityState.FAILED,
        EntityState.RUNNING,
        EntityState.WAITING,
        EntityState.PAUSED,
        EntityState.PARTLY_DONE,
        EntityState.LATE,
        EntityState.UP_TO_DATE,
        EntityState.NEVER_RUN,
    )
    parts = [f"{number(by_state[one])} {state_look(one).word.lower()}" for one in order if by_state[one]]
    return " · ".join(parts)


def everything_reason(state: AppState, cards: tuple[CardState, ...]) -> str:
    """Return why all entities can't be synced now, empty when they can."""
    if state.pending:
        return tr("It is starting.")
    if any(offer.do is Do.SYNC and offer.is_enabled for card in cards for offer in card.offers):
        return ""
    return tr("Everything runs already.") if state.live else tr("There is nothing to sync yet.")


def sync_count(cards: tuple[CardState, ...]) -> tuple[int, str]:
    """Return the number beside Sync in the navigation and its tone: what needs a person, else what runs."""
    grave = sum(card.state in {EntityState.NEEDS_YOU, EntityState.FAILED} for card in cards)
    if grave:
        return grave, "red"
    return sum(card.state in {EntityState.RUNNING, EntityState.WAITING} for card in cards), "blue"
