"""One run as `tsh-sync runs show` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tsh_sync_gui.cli import words
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.core.values import Phase
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.views import RunDetail, phases

if TYPE_CHECKING:
    from tsh_sync_gui.entities.registry import Registry

_PHASES: Final = {
    Phase.LIST: "Reading the list",
    Phase.SWEEP: "Looking for deleted records",
    Phase.DETAILS: "Fetching details",
}
_STAGES: Final = {"done": "done", "now": "at work", "open": "to come", "stopped": "stopped here"}
_STARTERS: Final = {"schedule": "the schedule", "webhook": "a webhook"}
_MOST_REFUSED = 50


def print_run(detail: RunDetail, output: Output, registry: Registry, *, requests: int) -> None:
    """Print *detail* with the last *requests*; `--json` has all that are kept."""
    from rich.table import Table

    info = detail.run
    mode = f"{words.mode(info.mode)}, a dry run" if info.dry_run else words.mode(info.mode)
    output.show(f"{registry.get(info.entity).title} · {mode} · {words.coloured(info.state)}\n")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, value in _facts(info):
        table.add_row(name, value)
    output.show(table)
    if info.title:
        output.show(f"\n{words.sentence(info.title)} {info.advice}".rstrip(), markup=False)
    _print_records(detail, output)
    _print_requests(detail, output, requests)


def _facts(info: RunInfo) -> list[tuple[str, str]]:
    counts, calls = info.counts, info.calls
    who = _STARTERS.get(info.trigger) or info.user or info.trigger
    foreseen = "" if info.forecast_calls is None else f"; {info.forecast_calls:,} foreseen"
    changed = f"{counts.created:,} created, {counts.updated:,} updated, {counts.unchanged:,} unchanged"
    records = f"{counts.seen:,} seen: {changed}, {counts.deleted:,} deleted, {counts.failed:,} failed"
    made = f"{calls.list:,} list, {calls.bulk:,} bulk, {calls.detail:,} detail = {calls.total:,}{foreseen}"
    facts = [
        ("Run", info.id),
        ("Started", f"{words.with_zone(info.started_at)} by {who} on {info.machine}"),
        ("Took", words.duration(info.seconds)),
        *((_PHASES[phase], f"{_STAGES[stage]}{_reached(info, phase)}") for phase, stage in phases(info)),
        ("Records", records),
        ("Calls", made),
    ]
    if info.waiting_until is not None:
        waits = words.WAITS.get(info.waiting_for, info.waiting_for)
        facts.append(("Waits", f"for {waits} until {words.with_zone(info.waiting_until)}"))
    return facts


def _reached(info: RunInfo, phase: Phase) -> str:
    if phase is Phase.LIST:
        return f", {words.counted(info.pages, 'page')} stored" if info.pages else ""
    return f", {info.details_done:,} of {info.details_total:,}" if phase is Phase.DETAILS else ""


def _print_records(detail: RunDetail, output: Output) -> None:
    """Print which records were not taken, and which would be deleted."""
    if detail.rejected:
        output.show(f"\n{words.counted(len(detail.rejected), 'record')} not taken:")
    for record in detail.rejected[:_MOST_REFUSED]:
        which = record.record_id or "(no id)"
        output.show(f"  {which}: {record.field} is “{record.value}”: {record.reason}", markup=False)
    if len(detail.rejected) > _MOST_REFUSED:
        output.show(f"  and {len(detail.rejected) - _MOST_REFUSED:,} more")
    if detail.rejected:
        output.show(f"`tsh-sync dead-letters list run:{detail.run.id}` shows what can be done.", markup=False)
    for gone in detail.gone:
        output.show(f"Gone in Zoho: {gone.id} {gone.label}".rstrip(), markup=False)


def _print_requests(detail: RunDetail, output: Output, number: int) -> None:
    """Print the last *number* of the run's requests, oldest first."""
    from rich.markup import escape
    from rich.table import Table

    calls = sorted(detail.calls, key=lambda call: call.sent_at)
    last = calls[len(calls) - min(number, len(calls)) :]
    if not last:
        return
    amount = "Requests" if len(last) == len(calls) else f"The last {len(last)} of {len(calls):,} requests"
    output.show(f"\n{amount} to Zoho:")
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (words.in_zone("Sent"), "Request", "Answer", "Time", "Bytes"):
        table.add_column(heading, justify="right" if heading in {"Time", "Bytes"} else "left")
    for call in last:
        answer = " ".join(filter(None, (f"{call.status}", f"code {call.code}" if call.code else "", call.error)))
        asked = escape(f"{call.method} {call.path}")
        took = f"{call.milliseconds:,} ms"
        table.add_row(words.local(call.sent_at), asked, escape(answer), took, f"{call.size:,}")
    output.show(table)
