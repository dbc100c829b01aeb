"""The table of past and present runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.live import RunView
from tsh_sync_gui.ui.state.texts import ago, duration, exact, number, tr
from tsh_sync_gui.ui.state.words import mode_word, run_look


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRow:
    """One run in the table."""

    info: RunInfo
    title: str
    zone: str = ""

    @property
    def key(self) -> str:
        """Return the run's id."""
        return self.info.id


def run_rows(
    runs: Sequence[RunInfo],
    live: Mapping[str, RunView],
    titles: Mapping[str, str],
    zone: str = "",
) -> list[RunRow]:
    """Return rows newest first; runs that go on show their live figures."""
    known = {run.id: run for run in runs}
    for view in live.values():
        old = known.get(view.info.id)
        known[view.info.id] = view.info if old is None else _fresher(old, view.info)
    ordered = sorted(known.values(), key=lambda run: run.started_at, reverse=True)
    return [RunRow(info=run, title=tr(titles.get(run.entity, run.entity)), zone=zone) for run in ordered]


def _fresher(read: RunInfo, heard: RunInfo) -> RunInfo:
    """Return the ledger's row with the event's figures, unless the ledger knows the end already."""
    if read.ended_at is not None:
        return read
    return msgspec.structs.replace(
        read,
        state=heard.state,
        phase=heard.phase,
        counts=heard.counts,
        calls=heard.calls,
        ended_at=heard.ended_at,
        seconds=heard.seconds or read.seconds,
        title=heard.title,
        advice=heard.advice,
    )


def result_text(info: RunInfo) -> str:
    """Return how a run stands or ended, in the words of the cards."""
    word = run_look(info.state).word
    if str(info.state) == "cancelled":
        return tr("{word}, cancelled").format(word=word)
    if str(info.state) == "partly_done":
        return tr("{word}, %Ln failed", None, info.counts.failed).format(word=word)
    return word


def seconds_of(info: RunInfo, now: datetime) -> float:
    """Return how long a run took, or takes so far."""
    if info.ended_at is not None:
        return info.seconds or (info.ended_at - info.started_at).total_seconds()
    return max(0.0, (now - info.started_at).total_seconds())


def starter(info: RunInfo) -> str:
    """Return who or what started a run."""
    # Whose program does what falls due or comes in says nothing about who wanted it.
    own = {"schedule": tr("the schedule"), "webhook": tr("a webhook")}.get(info.trigger)
    what = own or info.user or (tr("a person") if info.trigger == "person" else info.trigger)
    return f"{what} · {info.machine}" if info.machine else what


def _count(key: str, title: str) -> Column[RunRow]:
    def value(row: RunRow) -> int:
        return int(getattr(row.info.counts, key))

    def text(row: RunRow) -> str:
        return number(value(row)) if value(row) else "–"

    red = (lambda row: "red" if value(row) else "") if key == "failed" else None
    return Column(key=key, title=title, text=text, value=value, width=86, is_number=True, tone=red)


def _figure_columns(now: Callable[[], datetime]) -> tuple[Column[RunRow], ...]:
    """Return the columns of what a run brought and what it took."""
    return (
        _count("created", tr("Created")),
        _count("updated", tr("Updated")),
        _count("unchanged", tr("Unchanged")),
        _count("deleted", tr("Deleted")),
        _count("failed", tr("Failed")),
        Column(
            key="details",
            title=tr("Details"),
            text=lambda row: number(row.info.details_done) if row.info.details_done else "–",
            value=lambda row: row.info.details_done,
            width=86,
            is_number=True,
        ),
        Column(
            key="calls",
            title=tr("Calls"),
            text=lambda row: number(row.info.calls.total),
            value=lambda row: row.info.calls.total,
            width=94,
            is_number=True,
        ),
        Column(
            key="seconds",
            title=tr("Duration"),
            text=lambda row: duration(seconds_of(row.info, now())),
            value=lambda row: round(seconds_of(row.info, now()), 3),
            width=92,
            is_number=True,
            is_passing=True,
        ),
    )


def history_columns(now: Callable[[], datetime]) -> tuple[Column[RunRow], ...]:
    """Return the columns of the run history; *now* is asked whenever a row is shown."""
    return (
        Column(
            key="when",
            title=tr("When"),
            text=lambda row: ago(row.info.started_at, now()),
            value=lambda row: iso(row.info.started_at),
            copied=lambda row: exact(row.info.started_at).split("\n")[0],
            hint=lambda row: exact(row.info.started_at, row.zone),
            width=104,
            is_passing=True,
        ),
        Column(key="entity", title=tr("Entity"), text=lambda row: row.title, value=lambda row: row.info.entity),
        Column(
            key="result",
            title=tr("Result"),
            text=lambda row: result_text(row.info),
            value=lambda row: str(row.info.state),
            hint=lambda row: ". ".join(part for part in (row.info.title, row.info.advice) if part),
            tone=lambda row: run_look(row.info.state).tone.value,
            icon=lambda row: run_look(row.info.state).icon,
            width=150,
        ),
        Column(
            key="mode",
            title=tr("Mode"),
            text=lambda row: mode_word(row.info.mode, dry_run=row.info.dry_run),
            value=lambda row: str(row.info.mode),
            width=88,
        ),
        *_figure_columns(now),
        Column(
            key="starter",
            title=tr("Started by"),
            text=lambda row: starter(row.info),
            value=lambda row: starter(row.info),
            width=170,
        ),
    )
