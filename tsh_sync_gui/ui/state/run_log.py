"""What a run did, line by line, put together from the ledger: its start, its calls, its refusals, its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.ports import CallRecord, RunInfo
from tsh_sync_gui.engine.views import RunDetail
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.history import result_text, starter
from tsh_sync_gui.ui.state.texts import duration, exact, number, tr
from tsh_sync_gui.ui.state.words import mode_word

_LOOKS = {"info": ("info", ""), "warning": ("partly", "amber"), "error": ("failed", "red")}


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line: when, how grave (`info`, `warning`, `error`), what; *more* is the technical half."""

    place: int
    at: datetime
    level: str
    text: str
    more: str = ""

    @property
    def key(self) -> str:
        """Return the line's place."""
        return str(self.place)


def log_rows(detail: RunDetail) -> list[LogRow]:
    """Return the run's lines, oldest first.

    No process keeps a log of its own for each run: the ledger's records of the run are its log, and outlive it.
    """
    info = detail.run
    found = [_begun(info), *(_called(call) for call in sorted(detail.calls, key=lambda call: call.sent_at))]
    last = info.ended_at or info.heartbeat_at
    for one in detail.rejected:
        text = tr("Record {id} was refused: {field} {reason}").format(
            id=one.record_id or tr("(no id)"), field=one.field, reason=one.reason
        )
        found.append((last, "warning", text, f"{one.field} = {one.value[:500]}"))
    found.append(_ended(info, last))
    return [LogRow(place, *line) for place, line in enumerate(found)]


def _begun(info: RunInfo) -> tuple[datetime, str, str, str]:
    words = tr("{mode}: started by {who}").format(mode=mode_word(info.mode, dry_run=info.dry_run), who=starter(info))
    return info.started_at, "info", words, info.id


def _called(call: CallRecord) -> tuple[datetime, str, str, str]:
    took = tr("%Ln ms", None, call.milliseconds)
    answer = str(call.status or "–") + (f" · {call.code}" if call.code else "")
    good = 200 <= call.status < 300 and not call.error
    text = f"{call.method} {call.path} → {answer}, {took}"
    if good and call.size:
        text += f", {number(round(call.size / 1000, 1))} kB"
    more = "\n".join(part for part in (call.error, call.request, call.answer) if part)
    return call.sent_at, "info" if good else "error" if call.status >= 500 else "warning", text, more


def _ended(info: RunInfo, last: datetime) -> tuple[datetime, str, str, str]:
    if info.ended_at is None:
        return last, "info", tr("Still at work; last sign of life"), ""
    level = {"failed": "error", "needs_you": "error", "partly_done": "warning", "waiting": "warning"}
    words = tr("{result} after {time}").format(result=result_text(info), time=duration(info.seconds))
    if info.title:
        words = f"{words} · {info.title}"
    return (
        last,
        level.get(str(info.state), "info"),
        words,
        "\n".join(part for part in (info.advice, info.cause) if part),
    )


def log_columns() -> tuple[Column[LogRow], ...]:
    """Return the columns of a run's log."""
    return (
        Column(
            key="at",
            title=tr("Time"),
            text=lambda row: row.at.astimezone().strftime("%H:%M:%S"),
            value=lambda row: iso(row.at),
            copied=lambda row: exact(row.at).split("\n")[0],
            hint=lambda row: exact(row.at),
            icon=lambda row: _LOOKS[row.level][0],
            tone=lambda row: _LOOKS[row.level][1],
            width=92,
        ),
        Column(
            key="text",
            title=tr("What happened"),
            text=lambda row: row.text,
            value=lambda row: row.text,
            hint=lambda row: "\n".join(part for part in (row.text, row.more) if part),
            width=270,
        ),
    )
