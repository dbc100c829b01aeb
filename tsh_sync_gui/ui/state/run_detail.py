"""One run opened: phases, figures, failures, calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tsh_sync_gui.core.values import Phase, iso
from tsh_sync_gui.engine.ports import CallRecord, Rejected, RunInfo
from tsh_sync_gui.engine.views import GoneRecord, RunDetail, phases
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.history import result_text, seconds_of, starter
from tsh_sync_gui.ui.state.problems import Problem, run_problem
from tsh_sync_gui.ui.state.texts import duration, exact, number, tr
from tsh_sync_gui.ui.state.words import Look, mode_word, phase_word, run_look


@dataclass(frozen=True, slots=True)
class Step:
    """A phase of a run: *stage* is `done`, `now`, `open` or `stopped`."""

    word: str
    stage: str
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailState:
    """Everything the run's panel shows above its tables."""

    heading: str
    look: Look
    result: str
    lines: tuple[tuple[str, str], ...]
    steps: tuple[Step, ...]
    problem: Problem | None
    technical: str


def detail_state(detail: RunDetail, title: str, *, now: datetime, zone: str = "") -> DetailState:
    """Return what the panel shows of *detail*."""
    info = detail.run
    counts, calls = info.counts, info.calls
    lines = [
        (tr("Started"), exact(info.started_at, zone)),
        (tr("Started by"), starter(info)),
        (tr("Duration"), duration(seconds_of(info, now))),
        (tr("Records seen"), number(counts.seen)),
        (tr("Created · updated · unchanged"), _three(counts.created, counts.updated, counts.unchanged)),
        (tr("Deleted · failed"), f"{number(counts.deleted)} · {number(counts.failed)}"),
        (tr("Calls: list · bulk · detail"), f"{_three(calls.list, calls.bulk, calls.detail)} = {number(calls.total)}"),
    ]
    if info.forecast_calls is not None:
        lines.append((tr("Calls foreseen"), number(info.forecast_calls)))
    if info.pages:
        lines.append((tr("Pages stored"), number(info.pages)))
    return DetailState(
        heading=f"{tr(title)} · {mode_word(info.mode, dry_run=info.dry_run)}",
        look=run_look(info.state),
        result=result_text(info),
        lines=tuple(lines),
        steps=steps(info),
        problem=run_problem(info),
        technical=technical(info),
    )


def _three(first: int, second: int, third: int) -> str:
    return " · ".join(number(one) for one in (first, second, third))


def steps(info: RunInfo) -> tuple[Step, ...]:
    """Return the phases of a run with where it stands."""
    return tuple(Step(phase_word(phase), stage, _step_note(info, phase)) for phase, stage in phases(info))


def _step_note(info: RunInfo, phase: Phase) -> str:
    if phase is Phase.DETAILS and info.details_total:
        return f"{number(info.details_done)}/{number(info.details_total)}"
    if phase is Phase.LIST and info.counts.seen:
        return tr("%Ln record(s)", None, info.counts.seen)
    return ""


def technical(info: RunInfo) -> str:
    """Return what goes under Details: plain facts for who helps, without secrets."""
    facts = {
        "run": info.id,
        "entity": info.entity,
        "mode": str(info.mode),
        "state": str(info.state),
        "phase": str(info.phase),
        "started": iso(info.started_at),
        "ended": iso(info.ended_at),
        "kind": info.error_kind,
        "title": info.title,
        "advice": info.advice,
        "cause": info.cause,
    }
    return "\n".join(f"{name}: {value}" for name, value in facts.items() if value)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call in the panel's table."""

    place: int
    call: CallRecord

    @property
    def key(self) -> str:
        """Return the call's place."""
        return str(self.place)


def call_columns() -> tuple[Column[CallRow], ...]:
    """Return the columns of a run's calls to Zoho."""
    return (
        Column(
            key="sent_at",
            title=tr("Time"),
            text=lambda row: row.call.sent_at.astimezone().strftime("%H:%M:%S"),
            value=lambda row: iso(row.call.sent_at),
            hint=lambda row: exact(row.call.sent_at),
            width=72,
        ),
        Column(
            key="status",
            title=tr("Answer"),
            text=lambda row: str(row.call.status or "–") + (f" · {row.call.code}" if row.call.code else ""),
            value=lambda row: row.call.status,
            tone=lambda row: "" if 200 <= row.call.status < 300 else "red",
            hint=lambda row: row.call.error,
            width=76,
        ),
        Column(
            key="milliseconds",
            title=tr("ms"),
            text=lambda row: number(row.call.milliseconds),
            value=lambda row: row.call.milliseconds,
            is_number=True,
            width=56,
        ),
        Column(
            key="path",
            title=tr("Call"),
            text=lambda row: f"{row.call.method} {row.call.path}",
            value=lambda row: f"{row.call.method} {row.call.path}",
            hint=lambda row: row.call.path,
            width=220,
        ),
    )


@dataclass(frozen=True, slots=True)
class FailureRow:
    """A refused record in the panel's table."""

    place: int
    failure: Rejected

    @property
    def key(self) -> str:
        """Return the record's place: several may lack an id."""
        return str(self.place)


def failure_columns() -> tuple[Column[FailureRow], ...]:
    """Return the columns of a run's refused records."""
    return (
        Column(
            key="record",
            title=tr("Record"),
            text=lambda row: row.failure.record_id or tr("(no id)"),
            value=lambda row: row.failure.record_id,
            width=150,
        ),
        Column(
            key="field",
            title=tr("Field"),
            text=lambda row: row.failure.field,
            value=lambda row: row.failure.field,
            width=90,
        ),
        Column(
            key="reason",
            title=tr("Reason"),
            text=lambda row: row.failure.reason,
            value=lambda row: row.failure.reason,
            hint=lambda row: f"{row.failure.field} = {row.failure.value[:500]}",
            width=200,
        ),
    )


@dataclass(frozen=True, slots=True)
class GoneRow:
    """A record that would be deleted."""

    record: GoneRecord

    @property
    def key(self) -> str:
        """Return the record's id."""
        return self.record.id


def gone_columns() -> tuple[Column[GoneRow], ...]:
    """Return the columns of the records a person is asked to approve."""
    return (
        Column(
            key="label",
            title=tr("Record"),
            text=lambda row: row.record.label or "–",
            value=lambda row: row.record.label,
            width=200,
        ),
        Column(
            key="id", title=tr("Zoho id"), text=lambda row: row.record.id, value=lambda row: row.record.id, width=170
        ),
    )
