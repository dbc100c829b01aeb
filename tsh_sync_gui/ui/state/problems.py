"""What went wrong with an entity, in four parts: what happened, what it means, what the app does, one button."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tsh_sync_gui.core.values import EntityState, RunState
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.views import EntityStatus, details_waiting
from tsh_sync_gui.ui.state.live import Connection, RunView
from tsh_sync_gui.ui.state.texts import clock, number, span, tr
from tsh_sync_gui.ui.state.words import wait_advice, wait_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """A fault as a person reads it; *details* are folded away, *tone* is only given for a mere note."""

    title: str
    meaning: str = ""
    doing: str = ""
    details: str = ""
    is_grave: bool = False
    tone: str = ""


def not_due(idle: Sequence[RunInfo], titles: Mapping[str, str], now: datetime, zone: str) -> Problem:
    """Return the note that some of what a person asked for was left out: its walk is not due, and when it is."""
    told = [
        tr("{entity} is not due until {time}").format(
            entity=titles.get(run.entity, run.entity), time=clock(run.waiting_until, now, zone)
        )
        for run in idle
        if run.waiting_until
    ]
    meaning = tr("It was read a short while ago. “Full sync” on its card reads it now.")
    return Problem(title=" · ".join(told) or tr("Nothing is due"), meaning=meaning, tone="blue")


def problem_of(state: EntityState, status: EntityStatus, run: RunView | None, now: datetime) -> Problem | None:
    """Return what the card says is wrong, None when nothing is."""
    if status.unavailable:
        return Problem(title=tr("Not available here"), meaning=status.unavailable)
    info = run.info if run else status.last
    if run is not None and is_long_wait(run):
        return Problem(
            title=wait_text(run.info.waiting_for, run.info.waiting_until, now),
            meaning=wait_advice(run.info.waiting_for),
            tone="blue",
        )
    if status.silent and info is not None:
        silent = span(max(0.0, (now - info.heartbeat_at).total_seconds()))
        return Problem(
            title=tr("No sign of life for {time}").format(time=silent),
            meaning=tr("The other computer may be off."),
            tone="amber",
        )
    if info is None or (run is not None and run.is_live):
        return None
    if state is EntityState.WAITING:
        return Problem(
            title=wait_text(info.waiting_for or "daily_quota", info.waiting_until, now),
            meaning=wait_advice(info.waiting_for or "daily_quota"),
            tone="blue",
        )
    found = run_problem(info)
    if found is None and state is EntityState.LATE and status.last_good is not None:
        late = span((now - status.last_good).total_seconds())
        found = Problem(
            title=tr("No good run for {time}").format(time=late),
            meaning=tr("That is twice its schedule. Runs need this window, or a worker, to be open."),
            tone="amber",
        )
    if found is None and status.note:
        found = Problem(title=status.note, is_grave=state is EntityState.FAILED)
    if found is None:
        found = _details_wait(state, status, info)
    if found is None and state is EntityState.PAUSED:
        title = tr("The program ended in mid-run") if info.error_kind == "interrupted" else tr("Cancelled by a person")
        meaning = tr("Nothing was half-written; the next sync goes on from here.")
        found = Problem(title=title, meaning=meaning, tone="grey")
    return found


def _details_wait(state: EntityState, status: EntityStatus, info: RunInfo) -> Problem | None:
    """Return that details wait although the lists are up to date, and for what."""
    if status.last is None or status.last.id != info.id:
        return None  # the run has ended since the figures were read
    waits = details_waiting(status, info) if state is EntityState.UP_TO_DATE else ""
    if not waits:
        return None
    title, meaning = {
        "calls": (
            tr("Details wait for tomorrow's calls · {done} of {total}"),
            tr("Today's other calls are kept for people, orders and webhooks."),
        ),
        "syncs": (
            tr("The rest of the details waits for the next syncs · {done} of {total}"),
            tr("Each fetches as many as there are calls and time for."),
        ),
        "left_out": (
            tr("Details were left out · {done} of {total}"),
            tr("The last sync was asked for none. The next one fetches them."),
        ),
    }[waits]
    shown = title.format(done=number(status.detailed), total=number(status.local))
    return Problem(title=shown, meaning=meaning, tone="grey")


def letters_wait(number_waiting: int) -> Problem | None:
    """Return that earlier runs could not take records which wait still, None where there are none."""
    if not number_waiting:
        return None
    title = tr("%Ln failed record(s) of earlier runs wait", None, number_waiting)
    return Problem(title=title, meaning=tr("They are kept with their reason: open the dead letters."), tone="amber")


def held_problem(database: Connection) -> Problem:
    """Return the words for a run that was asked for while the database is away: it begins when that is back."""
    title = database.title or tr("Database not reachable")
    return Problem(title=title, meaning=database.advice or wait_advice("database"), tone="amber")


def is_long_wait(run: RunView) -> bool:
    """Tell whether the run waits for something worth a box; the minute limit comes and goes."""
    brief = {"minute_limit", "concurrency"}
    return run.is_live and run.info.state is RunState.WAITING and run.info.waiting_for not in brief


def run_problem(info: RunInfo) -> Problem | None:
    """Return what ended a run badly, None when it ended well."""
    failed = info.counts.failed
    state = str(info.state)
    if state == "partly_done":
        return Problem(
            title=info.title or tr("%Ln record(s) could not be taken", None, failed),
            meaning=info.advice or tr("All others are stored. The failed ones are kept with their reason."),
            doing=tr("They are tried again with the next sync of the record."),
        )
    if state not in {"failed", "needs_you"}:
        return None
    stored = info.counts.created + info.counts.updated
    meaning = (
        tr("%Ln record(s) were stored before; nothing is half-written.", None, stored)
        if stored
        else tr("Nothing was changed.")
    )
    return Problem(
        title=info.title or (tr("The run stopped") if state == "failed" else tr("A decision is needed")),
        meaning=info.advice or meaning,
        doing=meaning if info.advice else tr("The next sync goes on from here."),
        details=info.cause,
        is_grave=True,
    )
