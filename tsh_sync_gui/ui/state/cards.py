"""One entity's card: from status, live run and prices to the words and figures on it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tsh_sync_gui.core.values import Counts, EntityState, Mode, Phase, RunState
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.views import EntityStatus
from tsh_sync_gui.ui.state import offers
from tsh_sync_gui.ui.state.live import AppState, Connection, RunView
from tsh_sync_gui.ui.state.offers import Offer
from tsh_sync_gui.ui.state.pace import blended
from tsh_sync_gui.ui.state.prices import Prices
from tsh_sync_gui.ui.state.problems import Problem, held_problem, is_long_wait, letters_wait, problem_of
from tsh_sync_gui.ui.state.schedules import next_text
from tsh_sync_gui.ui.state.texts import ago, clock, exact, number, span, tr
from tsh_sync_gui.ui.state.words import (
    Look,
    direction_text,
    entity_state,
    mode_word,
    phase_word,
    phrase,
    short_wait,
    state_look,
)
from tsh_sync_gui.ui.state.words import wait_text as waiting_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A progress bar: *share* None is indeterminate; *calm* when the run stands still."""

    share: float | None
    text: str
    pace: str
    calm: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its word and tone."""

    value: str
    word: str
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CardState:
    """Everything one card shows."""

    entity: str
    title: str
    direction_icon: str
    direction: str
    look: Look
    state: EntityState
    note: str
    records: str
    records_note: str
    records_spoken: str
    details: str
    bar: Bar | None
    counts: tuple[Figure, ...]
    counts_title: str
    last_good: str
    last_good_exact: str
    next: str
    problem: Problem | None
    offers: tuple[Offer, ...]
    run: RunInfo | None
    spoken: str


def card_state(state: AppState, prices: Prices, entity: str, *, now: datetime, at: float, mode: str = "") -> CardState:
    """Return the card of *entity*; *mode* is the action it was last used with."""
    status = state.status(entity) or EntityStatus(
        entity=entity, title=entity, direction="", state=EntityState.NEVER_RUN
    )
    run = state.runs.get(entity)
    away = state.connections.get("database", Connection())
    is_held = entity in state.pending and not away.up and (run is None or not run.is_live)
    shown = EntityState.WAITING if is_held else _shown_state(status, run, is_pending=entity in state.pending)
    look = state_look(shown)
    icon, direction = direction_text(status.direction)
    info = run.info if run else status.last
    counts, title = _counts(status, run)
    bar = None if is_held else _bar(state, run, entity, prices, now=now, at=at)
    note = _note(status, run, now)
    problem = held_problem(away) if is_held else problem_of(shown, status, run, now)
    if shown is EntityState.UP_TO_DATE and not (info and info.counts.failed):
        problem = letters_wait(state.letters_of(entity)) or problem
    return CardState(
        entity=entity,
        title=tr(status.title),
        direction_icon=icon,
        direction=direction,
        look=look,
        state=shown,
        note=note,
        records=number(_records(status, run)),
        records_note=_records_note(status, _records(status, run)),
        records_spoken=_records_spoken(status, _records(status, run)),
        details=_details(status, run),
        bar=bar,
        counts=_figures(counts, _details_fetched(run, info)),
        counts_title=title,
        last_good=_last_good(status, now),
        last_good_exact=exact(status.last_good, state.overview.time_zone if state.overview else ""),
        next=next_text(status.planned, status.next, now, state.overview.time_zone if state.overview else ""),
        problem=problem,
        offers=offers.offers(state, prices, status, mode=mode),
        run=info,
        spoken=". ".join(part for part in (tr(status.title), look.word, note, bar.text if bar else "") if part),
    )


def _last_good(status: EntityStatus, now: datetime) -> str:
    if status.last_good is None:
        return tr("No good run yet")
    return tr("Last good run {when}").format(when=ago(status.last_good, now))


def _shown_state(status: EntityStatus, run: RunView | None, *, is_pending: bool) -> EntityState:
    if is_pending and (run is None or not run.is_live):
        return EntityState.RUNNING
    return status.state if run is None else entity_state(run.info.state)


def _note(status: EntityStatus, run: RunView | None, now: datetime) -> str:
    if run is None or not run.is_live:
        return ""
    info = run.info
    if info.state is RunState.WAITING:
        return waiting_text(info.waiting_for, info.waiting_until, now)
    if info.state is RunState.PAUSED:
        return tr("by {person}, until it is resumed").format(person=run.paused_by) if run.paused_by else ""
    if run.here is False:
        return phrase(info.user, info.machine)
    if status.last is not None and status.last.state is RunState.FAILED:
        return tr("2nd try, last failed: {title}").format(title=status.last.title)
    return ""


def _records(status: EntityStatus, run: RunView | None) -> int:
    """Return the records in the mirror: what a live run has created since the overview is on top."""
    if run is None or status.live is None or status.live.id != run.info.id:
        gained = run.info.counts.created - run.info.counts.deleted if run is not None and status.live is None else 0
        return max(0, status.local + gained)
    before, after = status.live.counts, run.info.counts
    return max(0, status.local + (after.created - before.created) - (after.deleted - before.deleted))


def _records_note(status: EntityStatus, here: int) -> str:
    if status.remote is None:
        return tr("records")
    # Records that webhooks brought since the last full reading are in Zoho, too.
    return tr("Zoho {remote}").format(remote=number(max(status.remote, here)))


def _records_spoken(status: EntityStatus, here: int) -> str:
    text = tr("%Ln record(s) here", None, here)
    if status.remote is None:
        return text
    return tr("{here}, {remote} in Zoho when it was last read in full").format(here=text, remote=number(status.remote))


def _details(status: EntityStatus, run: RunView | None) -> str:
    if not status.has_details or not _records(status, run):
        return ""
    done = _detailed(status, run)
    total = max(_records(status, run), done)
    return tr("details {done}/{total}").format(done=number(done), total=number(total))


def _detailed(status: EntityStatus, run: RunView | None) -> int:
    """Return how many records have their details: what a live run has fetched since the overview is on top."""
    if run is None or not run.is_live or run.info.phase is not Phase.DETAILS:
        return status.detailed
    if status.live is None or status.live.id != run.info.id:
        return status.detailed
    return status.detailed + max(0, run.done - status.live.details_done)


def _is_part(status: EntityStatus, run: RunView) -> bool:
    """Tell whether *run* fetches only part of the details that are missing: there are no calls, or no time, for all."""
    if run.info.phase is not Phase.DETAILS or run.expected is None:
        return False
    return _records(status, run) - _detailed(status, run) > run.expected - run.done


def _counts(status: EntityStatus, run: RunView | None) -> tuple[Counts, str]:
    if run is not None:
        title = tr("This run") if run.is_live else tr("Last run")
        return run.info.counts, f"{title} · {mode_word(run.info.mode)}"
    if status.last is not None:
        return status.last.counts, f"{tr('Last run')} · {mode_word(status.last.mode, dry_run=status.last.dry_run)}"
    return Counts(), tr("Last run")


def _details_fetched(run: RunView | None, info: RunInfo | None) -> int:
    """Return for how many records a run has fetched the details."""
    if run is not None and run.info.phase is Phase.DETAILS:
        return run.done
    return info.details_done if info is not None else 0


def _figures(counts: Counts, details: int) -> tuple[Figure, ...]:
    failed = Figure(number(counts.failed), tr("failed"), "red" if counts.failed else "")
    if details and not (counts.seen or counts.updated or counts.deleted):
        return (Figure(number(details), tr("details fetched")), failed)
    return (
        Figure(number(counts.created), tr("created")),
        Figure(number(counts.updated), tr("updated")),
        Figure(number(counts.unchanged), tr("unchanged")),
        Figure(number(counts.deleted), tr("deleted")),
        failed,
    )


def _bar(state: AppState, run: RunView | None, entity: str, prices: Prices, *, now: datetime, at: float) -> Bar | None:
    if run is None or not run.is_live:
        return Bar(share=None, text=tr("Starting"), pace="") if entity in state.pending else None
    text, status = progress_text(run), state.status(entity)
    if status is not None and _is_part(status, run):
        text = tr("{progress} in this run").format(progress=text)
    return Bar(
        share=run.share,
        text=text,
        pace=_pace_text(run, prices, now=now, at=at),
        calm=run.info.state is not RunState.RUNNING,
    )


def progress_text(run: RunView) -> str:
    """Return done and total; "counting" while the total is not known, and never 0 of 0."""
    if run.expected is None:
        text = tr("counting")
        if run.done:
            text = tr("{done} · counting").format(done=number(run.done))
    elif run.done > run.expected:
        text = tr("{done}, more than expected").format(done=number(run.done))
    else:
        text = tr("{done} / {total}").format(done=number(run.done), total=number(run.expected))
    return text if run.info.phase is Phase.LIST else f"{phase_word(run.info.phase)} · {text}"


def planned_seconds(run: RunView, prices: Prices) -> float | None:
    """Return what the forecast says a run takes in all, None where it is none."""
    forecast = (prices.full if run.info.mode is Mode.FULL else prices.changes).get(run.info.entity)
    return forecast.seconds if forecast is not None and forecast.known else None


def seconds_left(run: RunView, forecast_seconds: float | None, *, now: datetime, at: float) -> float | None:
    """Return the seconds to go with all waits, None while they are not known."""
    if run.info.state is RunState.PAUSED:
        return None
    measured = run.pace.left(at, run.done, run.expected)
    planned = None
    if forecast_seconds and run.info.phase is Phase.LIST:
        planned = forecast_seconds - (now - run.info.started_at).total_seconds()
        planned = planned if planned > 0 else None
    left = blended(measured, planned, run.share or 0.0)
    if run.expected is not None and run.done >= run.expected:
        left = None  # all that was expected is here: what is still to come, nobody knows
    until = run.info.waiting_until
    if until is None or run.info.state is not RunState.WAITING:
        return left
    pause = max(0.0, (until - now).total_seconds())
    if is_long_wait(run):
        return pause + (left or 0.0)
    return None if left is None or max(left, pause) < 1 else max(left, pause)


def _pace_text(run: RunView, prices: Prices, *, now: datetime, at: float) -> str:
    parts = [_standing(run, now)]
    rate = run.pace.rate(at)
    if rate is not None and run.info.state is RunState.RUNNING:
        parts.append(tr("{rate}/s").format(rate=number(round(rate) if rate >= 10 else round(rate, 1))))
    left = seconds_left(run, planned_seconds(run, prices), now=now, at=at)
    if left is not None:
        parts.append(left_text(left, run, now=now))
    return " · ".join(part for part in parts if part)


def _standing(run: RunView, now: datetime) -> str:
    """Return why the run stands still, or where it runs; what takes more words stands in a box of its own."""
    info = run.info
    if info.state is RunState.WAITING:
        return "" if is_long_wait(run) else short_wait(info.waiting_for, info.waiting_until, now)
    if info.state is RunState.PAUSED:
        return tr("by {person}").format(person=run.paused_by) if run.paused_by else tr("until it is resumed")
    return phrase(info.user, info.machine) if run.here is False else ""


def left_text(left: float, run: RunView, *, now: datetime) -> str:
    """Return the time left, as a moment where it is long."""
    if left < 120:
        return tr("{time} left").format(time=span(left))
    done_at = clock(now + timedelta(seconds=left), now)
    if run.info.waiting_for in {"daily_quota", "daily_share"}:
        return tr("done about {moment}, after quota reset").format(moment=done_at)
    return tr("done about {moment}").format(moment=done_at)
