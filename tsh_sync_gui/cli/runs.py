"""`tsh-sync runs`: lists runs, opens one, and stops or pauses them, whichever process works on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tsh_sync_gui.cli import documents, options, words
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.run_shown import print_run
from tsh_sync_gui.cli.status import asking
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.views import RunDetail

if TYPE_CHECKING:
    from tsh_sync_gui.engine.service import SyncService
    from tsh_sync_gui.entities.registry import Registry

app = typer.Typer(no_args_is_help=True, help="List runs, open one, or cancel, pause and resume it.")
RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run's id, or how it begins.")]


@app.command("list")
def list_runs(
    context: typer.Context,
    entity: Annotated[str | None, typer.Argument(help="Only this entity's.")] = None,
    *,
    fetches: Annotated[
        bool, typer.Option("--fetches", help="Also the single records fetched for webhooks, retries and programs.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: options.Json = False,
) -> int:
    """List runs, newest first: all walks, and the records that people asked for."""

    async def ask(service: SyncService, output: Output) -> int:
        name = service.registry.get(entity).name if entity else ""
        found = await service.runs(entity=name, limit=limit, fetches=fetches)
        if output.as_json:
            output.document({"runs": [documents.run(info) for info in found]})
        else:
            _print_list(found, output, service.registry)
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def show(
    context: typer.Context,
    run: RunArgument,
    *,
    requests: Annotated[int, typer.Option(min=0, max=1000, help="How many of the last requests to list.")] = 20,
    as_json: options.Json = False,
) -> int:
    """Show one run: its phases, what it changed and cost, the records it did not take, its last requests to Zoho."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await _find(service, run)
        detail = await service.run_detail(found.id) or RunDetail(run=found, calls=(), rejected=())
        if output.as_json:
            output.document(documents.run_detail(detail))
        else:
            print_run(detail, output, service.registry, requests=requests)
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def cancel(context: typer.Context, run: RunArgument, *, as_json: options.Json = False) -> int:
    """Cancel a run; it stops within one page, and the next sync of that entity goes on from there."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await _live(service, run, "cancel")
        await service.cancel(found.id)
        return _asked(output, service, found, "cancel", "is asked to stop after the page in hand")

    return asking(context, Output(as_json), ask)


@app.command()
def pause(context: typer.Context, run: RunArgument, *, as_json: options.Json = False) -> int:
    """Pause a run until it is resumed."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await _live(service, run, "pause")
        await service.pause(found.id)
        return _asked(output, service, found, "pause", "is asked to pause after the page in hand")

    return asking(context, Output(as_json), ask)


@app.command()
def resume(context: typer.Context, run: RunArgument, *, as_json: options.Json = False) -> int:
    """Let a paused run go on."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await _live(service, run, "resume")
        await service.resume(found.id)
        return _asked(output, service, found, "resume", "is asked to go on")

    return asking(context, Output(as_json), ask)


async def _find(service: SyncService, given: str) -> RunInfo:
    """Return the run whose id is, or begins with, *given*."""
    exact = await service.find_runs(given) if given else []
    if len(exact) == 1:
        return exact[0]
    if exact:
        raise ConfigurationError(f"Several runs begin with “{given}”", advice="Give more of the id.")
    raise ConfigurationError(f"There is no run “{given}”", advice="`tsh-sync runs list` shows the latest.")


async def _live(service: SyncService, given: str, word: str) -> RunInfo:
    found = await _find(service, given)
    if not found.state.is_live or found.ended_at is not None:
        title = service.registry.get(found.entity).title
        next_ = f"`tsh-sync sync {found.entity}` starts a new one, or goes on where this one stopped."
        raise ConfigurationError(
            f"There is nothing to {word}: this run of {title} has ended ({words.state(found.state).lower()})",
            advice="`tsh-sync runs list` shows which run now." if word == "cancel" else next_,
        )
    return found


def _asked(output: Output, service: SyncService, info: RunInfo, word: str, told: str) -> int:
    if output.as_json:
        output.document({"run_id": info.id, "entity": info.entity, "asked": word})
    else:
        output.show(f"The run of {service.registry.get(info.entity).title} {told}.")
    return 0


def _print_list(found: list[RunInfo], output: Output, registry: Registry) -> None:
    from rich.table import Table

    if not found:
        output.show("No runs yet. `tsh-sync sync` starts the first.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Run", words.in_zone("Started"), "Entity", "Mode", "State"):
        table.add_column(heading)
    for heading in ("Created", "Updated", "Unchanged", "Deleted", "Failed", "Details", "Calls", "Time"):
        table.add_column(heading, justify="right")
    for info in found:
        counts = info.counts
        changed = (counts.created, counts.updated, counts.unchanged, counts.deleted, counts.failed)
        figures = (*changed, info.details_done, info.calls.total)
        table.add_row(
            info.id,
            words.local(info.started_at),
            registry.get(info.entity).title,
            words.mode(info.mode),
            words.coloured(info.state),
            *map(words.number, figures),
            words.duration(info.seconds),
        )
    output.show(table)
