"""`tsh-sync queue`: how much work waits; its jobs listed and opened, one cancelled or tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.status import asking
from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.ports.jobs import JobState

if TYPE_CHECKING:
    from tsh_sync_gui.engine.ports.jobs import Attempt, Job
    from tsh_sync_gui.engine.queue import Queue, Queued
    from tsh_sync_gui.engine.service import SyncService

app = typer.Typer(
    invoke_without_command=True, help="How much work waits, and in which lanes; its jobs, one cancelled or tried again."
)
Number = Annotated[str, typer.Argument(metavar="ID", help="The job's number.")]
_OVER = "It is over already."


@app.callback()
def queue(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show how much work waits, and in which lanes."""
    return asking(context, Output(as_json), _figures) if context.invoked_subcommand is None else 0


@app.command("list")
def list_jobs(
    context: typer.Context,
    *,
    state: Annotated[
        list[JobState] | None, typer.Option(help="Only in this state; may be repeated. [default: waiting, running]")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: options.Json = False,
) -> int:
    """List jobs, newest first: what is done by whom, when it is tried next, and what went wrong before."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await _queue(service).jobs(*(state or (JobState.WAITING, JobState.RUNNING)), limit=limit)
        if output.as_json:
            output.document({"jobs": [_document(one) for one in found]})
        elif found:
            _print(found, output)
        else:
            output.show("No job." if state else "No job waits or runs.")
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def show(context: typer.Context, number: Number, *, as_json: options.Json = False) -> int:
    """Show one job with each of its tries: when, on which machine, what was asked and answered, what went wrong."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await _queue(service).job(number)
        if output.as_json:
            output.document(_document(found) | {"tries": [_attempt(one) for one in found.tries]})
            return 0
        lines = [f"Job {found.job.id}: {_what(found.job)}", f"{found.job.state.value}{_next(found.job)}"]
        for one in found.tries:
            lines.append(
                f"Try {one.attempt}, {words.local(one.started_at)} on {one.machine or '?'}: {one.outcome.value}"
            )
            lines += [f"  {text}" for text in (one.title, one.advice, one.request, one.answer) if text]
        output.show("\n".join(lines), markup=False)
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def cancel(context: typer.Context, number: Number, *, as_json: options.Json = False) -> int:
    """Take a job out of the queue, or stop it where it runs; deliveries that waited for it are let go."""

    async def ask(service: SyncService, output: Output) -> int:
        is_done = await _queue(service).cancel(number)
        if output.as_json:
            output.document({"job": number, "cancelled": is_done})
        else:
            output.show(f"Job {number} is cancelled." if is_done else _OVER)
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def retry(context: typer.Context, number: Number, *, as_json: options.Json = False) -> int:
    """Have a job tried now: one that waits for its next try at once, an ended one as if it were new."""

    async def ask(service: SyncService, output: Output) -> int:
        await _queue(service).retry(number)
        if output.as_json:
            output.document({"job": number, "queued": True})
        else:
            output.show(f"Job {number} is tried as soon as a worker is free.")
        return 0

    return asking(context, Output(as_json), ask)


def _queue(service: SyncService) -> Queue:
    from tsh_sync_gui.engine.queue import Queue

    return Queue(service.jobs, service.webhooks)


async def _figures(service: SyncService, output: Output) -> int:
    status = await service.jobs.waiting()
    if output.as_json:
        output.document(status.as_json())
        return 0
    oldest = f", the oldest for {words.duration(status.oldest_seconds)}" if status.oldest_seconds else ""
    output.show(f"{status.depth:,} jobs wait{oldest}; {status.running:,} run, {status.failed:,} failed")
    for lane, number in status.by_lane.items():
        output.show(f"  {lane:<14}{number:>10,}")
    return 0


def _what(job: Job) -> str:
    """Return in a few words what a job does."""
    return f"{job.kind} {job.key}".strip()


def _next(job: Job) -> str:
    return f", next try {words.local(job.scheduled_at)}" if job.state is JobState.WAITING and job.scheduled_at else ""


def _document(one: Queued) -> dict[str, Any]:
    job, trouble = one.job, one.trouble
    return {
        "id": job.id,
        "kind": job.kind,
        "key": job.key or None,
        "lane": job.lane.value,
        "state": job.state.value,
        "attempts": job.attempts,
        "next_try": iso(job.scheduled_at),
        "arguments": dict(job.arguments),
        "trouble": _attempt(trouble) if trouble else None,
    }


def _attempt(one: Attempt) -> dict[str, Any]:
    return {
        "attempt": one.attempt,
        "started_at": iso(one.started_at),
        "ended_at": iso(one.ended_at),
        "outcome": one.outcome.value,
        "title": one.title or None,
        "advice": one.advice or None,
        "request": one.request or None,
        "answer": one.answer or None,
        "run": one.run_id or None,
        "machine": one.machine or None,
    }


def _print(found: Any, output: Output) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Id", "What", "Lane", "State", "Tries", words.in_zone("Next try"), "Trouble"):
        table.add_column(heading, no_wrap=heading != "Trouble")
    for one in found:
        job, trouble = one.job, one.trouble
        told = (job.lane.value, job.state.value, str(job.attempts))
        when = words.local(job.scheduled_at) if job.scheduled_at and job.state is JobState.WAITING else ""
        table.add_row(job.id, escape(_what(job)), *told, when, escape(trouble.title) if trouble else "")
    output.show(table)
