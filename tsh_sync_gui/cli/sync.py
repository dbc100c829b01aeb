"""`tsh-sync sync`: brings entities up to date and says what it cost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperCommand
from typing_extensions import override

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import INTERRUPTED, run
from tsh_sync_gui.core.errors import ConfigurationError, UnreachableError
from tsh_sync_gui.core.events import Event, RunStarted
from tsh_sync_gui.core.values import Lane, RunId, RunState
from tsh_sync_gui.engine.ports import RunInfo
from tsh_sync_gui.engine.views import NOT_DUE, SyncReport, SyncRequest

if TYPE_CHECKING:
    from tsh_sync_gui.engine.service import SyncService


class KindsCommand(TyperCommand):
    """A command whose help ends with the kinds of records there are, read from their declarations."""

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        from tsh_sync_gui.entities.registry import REGISTRY

        kinds = ", ".join(one.name if one.route == one.name else f"{one.name} ({one.route})" for one in REGISTRY)
        self.epilog = f"Entities, and by which other word they are known: {kinds}."
        super().format_help(ctx, formatter)


STOPPING: Final = "Stopping after the page in hand; Ctrl+C again stops at once."


def sync(
    context: typer.Context,
    entity: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ENTITY…|all]", help="What to sync, by name, Zoho's word or route; nothing or all: everything."
        ),
    ] = None,
    *,
    full: Annotated[bool, typer.Option("--full", help="Walk everything, not only what changed.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Look for records that are gone in Zoho.")] = False,
    days: Annotated[int | None, typer.Option(min=1, max=36500, help="Only what changed in the last N days.")] = None,
    since: Annotated[str | None, typer.Option(help="Only what changed since a date or time.")] = None,
    id_: Annotated[str | None, typer.Option("--id", help="One record, by Zoho's id.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Ask Zoho although nothing seems due.")] = False,
    details: Annotated[str | None, typer.Option(metavar="N|all|none", help="How many details to fetch.")] = None,
    restart: Annotated[bool, typer.Option("--restart", help="Begin anew instead of going on.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Write nothing; say what would change.")] = False,
    estimate: Annotated[
        bool, typer.Option("--estimate", help="Sync nothing; find out what it will cost, asking Zoho where needed.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait for tomorrow's quota in place.")] = False,
    approve: Annotated[bool, typer.Option("--approve", help="Delete also more than the safety limit.")] = False,
    take_over: Annotated[bool, typer.Option("--take-over", help="Take a silent run over.")] = False,
    as_json: options.Json = False,
) -> int:
    """Bring records from Zoho into the database.

    Exit codes: 0 done, 1 failed, 2 wrong use, 3 partly done, 4 needs a person, 5 daily quota used up, 130 interrupted.
    """
    from tsh_sync_gui.entities.registry import REGISTRY

    names = options.entities(entity or (), REGISTRY)
    request = SyncRequest(
        entities=names,
        full=full,
        sweep=sweep,
        since=options.since(days, since, options.now()),
        record_id=(id_ or "").strip(),
        force=force,
        details=options.details(details),
        restart=restart,
        dry_run=dry_run,
        wait=wait,
        approve=approve,
        take_over=take_over,
    )
    _check(request, id_given=id_ is not None)
    doors: Doors = context.obj
    output = Output(as_json)
    if estimate:
        return run(_estimate(doors, output, request))
    return run(_sync(doors, output, request), on_stop=lambda: output.aside(STOPPING))


async def _sync(doors: Doors, output: Output, request: SyncRequest) -> int:
    async with doors.service(doors.load(), output.aside) as service:
        return await perform(service, request, output)


async def _estimate(doors: Doors, output: Output, request: SyncRequest) -> int:
    """Print what *request* will cost; lengths nobody knows are asked for, the pages read are kept for the sync."""
    async with doors.service(doors.load(), output.aside) as service:
        before = await service.quota()
        try:
            costs = await service.estimate(request)
        except UnreachableError as error:
            advice = "Nothing was changed, and what was read is kept. Ask again in a while."
            raise UnreachableError(error.title, what=error.what, advice=advice, cause=error.cause) from error
        after = await service.quota()
        lane = Lane.PERSON.value
        asked = max(0, after.by_lane.get(lane, 0) - before.by_lane.get(lane, 0))
        if output.as_json:
            output.document({"forecasts": [cost.as_json() for cost in costs], "asked": asked})
            return 0
        for cost in costs:
            output.show(f"{service.registry.get(cost.entity).title}: {words.price([cost])}.", markup=False)
        if len(costs) > 1:
            output.show(f"Together: {words.price(costs)}.", markup=False)
        if asked:
            output.show(f"Finding this out took {words.counted(asked, 'call')}; a sync soon does not repeat them.")
        if not all(cost.fits for cost in costs):
            output.show("It does not fit in what is left today.")
    return 0


async def perform(service: SyncService, request: SyncRequest, output: Output, *, timed: bool = True) -> int:
    """Say what *request* will cost, *timed* with how long it takes, carry it out in sight, and print its report."""
    from tsh_sync_gui.cli.progress import shown

    # What is not connected costs nothing: it is refused.
    forecasts = await service.forecast(request, patient=True) if service.is_connected else []
    if forecasts:
        output.aside(f"This will take {words.price(forecasts, timed=timed)}.")
        if not request.wait and not all(one.fits for one in forecasts):
            output.aside("It does not fit in what is left today; it stops at the quota, and the next sync goes on.")
    begun: dict[RunId, None] = {}
    others: dict[RunId, None] = {}

    def note(event: Event) -> None:
        if isinstance(event, RunStarted):
            is_asked = not request.entities or event.entity in request.entities
            (begun if is_asked else others)[event.run] = None

    cut = service.bus.subscribe(note)
    try:
        with shown(service.bus, output.asides, service.registry):
            report = await service.sync(request)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None:
            task.uncancel()
        report = await _stopped(service, tuple(begun))
        _print(report, output, service, dry_run=request.dry_run)
        return INTERRUPTED
    finally:
        cut()
    walks = {info.leader for info in report.runs}
    along = () if output.as_json else tuple(one for one in await _found(service, others) if one.leader in walks)
    _print(report, output, service, dry_run=request.dry_run, along=along)
    return report.exit_code


async def _stopped(service: SyncService, begun: Iterable[RunId]) -> SyncReport:
    """Return how the runs stand that were begun before a person stopped them."""
    return SyncReport(runs=await _found(service, begun))


async def _found(service: SyncService, runs: Iterable[RunId]) -> tuple[RunInfo, ...]:
    found = [await service.run_detail(run) for run in runs]
    return tuple(detail.run for detail in found if detail is not None)


def _check(request: SyncRequest, *, id_given: bool) -> None:
    """Refuse what contradicts itself before anything is started."""
    from tsh_sync_gui.engine.plan import check, chosen
    from tsh_sync_gui.entities.registry import REGISTRY

    if id_given and not (request.record_id.isascii() and request.record_id.isdigit()):
        raise ConfigurationError(f"--id is “{request.record_id}”", advice="Zoho's ids are digits only.")
    check(request, chosen(REGISTRY, request))


def _print(
    report: SyncReport, output: Output, service: SyncService, *, dry_run: bool, along: Sequence[RunInfo] = ()
) -> None:
    """Print what became of the runs; those *along* were not asked for, and their walk was."""
    if output.as_json:
        output.document(report.as_json())
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Entity", "State"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Created", "Updated", "Unchanged", "Deleted", "Failed", "Details", "Calls", "Time"):
        table.add_column(heading, justify="right", no_wrap=True)
    rows = [(info, _figures(info)) for info in (*along, *report.runs)]
    for info, figures in rows:
        title = service.registry.get(info.entity).title
        took = words.duration(info.seconds)
        table.add_row(title, words.coloured(info.state), *map(words.number, figures), took)
    if len(rows) > 1:
        sums = (sum(column) for column in zip(*(figures for _, figures in rows), strict=True))
        table.add_row("Together", "", *map(words.number, sums), "", style="bold")
    output.show(table)
    if along:
        titles = words.listed([service.registry.get(info.entity).title for info in along])
        output.show(f"{titles} went along: what you asked for is read in the same walk.")
    for info in report.runs:
        if info.trigger == NOT_DUE and info.waiting_until:
            title, until = service.registry.get(info.entity).title, words.with_zone(info.waiting_until)
            output.show(f"{title}: not due until {until}; --force walks it now.", markup=False)
        if info.title and info.state is not RunState.CANCELLED:
            title = service.registry.get(info.entity).title
            until = f" until {words.with_zone(info.waiting_until)}" if info.waiting_until else ""
            output.show(f"{title}: {words.sentence(info.title + until)} {info.advice}".rstrip(), markup=False)
    if dry_run:
        output.show("A dry run: nothing was written.")
    elif any(info.state is RunState.CANCELLED for info in report.runs):
        told = next(info.title or "Cancelled" for info in report.runs if info.state is RunState.CANCELLED)
        output.show(f"{told}; the next sync goes on from here.", markup=False)


def _figures(info: RunInfo) -> tuple[int, ...]:
    counts = info.counts
    changed = (counts.created, counts.updated, counts.unchanged, counts.deleted, counts.failed)
    return (*changed, info.details_done, info.calls.total)
