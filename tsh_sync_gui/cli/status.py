"""`tsh-sync status`, `stats` and `quota`: how things stand. None of them calls Zoho."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Final

import typer

from tsh_sync_gui.cli import documents, options, words
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.values import Lane, Phase, RunState
from tsh_sync_gui.engine.ports import QuotaStatus
from tsh_sync_gui.engine.views import EntityStatus, Overview, details_waiting

if TYPE_CHECKING:
    from tsh_sync_gui.engine.service import SyncService

_WAITS: Final = {
    "calls": "details wait for tomorrow's calls, {done:,} of {total:,}",
    "syncs": "the rest of the details waits for the next syncs, {done:,} of {total:,}",
    "left_out": "details were left out as asked, {done:,} of {total:,}",
}


def status(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show each entity's state, the day's calls and the database."""
    return asking(context, Output(as_json), _status)


def stats(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show today's syncs in figures."""
    return asking(context, Output(as_json), _stats)


def quota(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show how many calls to Zoho were made, and how many are left."""
    return asking(context, Output(as_json), _quota)


def asking(
    context: typer.Context, output: Output, ask: Callable[[SyncService, Output], Coroutine[Any, Any, int]]
) -> int:
    """Open the service, put one question to it, and return the exit code."""
    doors: Doors = context.obj

    async def work() -> int:
        async with doors.service(doors.load(), output.aside) as service:
            return await ask(service, output)

    return run(work())


async def _status(service: SyncService, output: Output) -> int:
    view, letters = await service.overview(), (await service.letters.figures()).by_entity
    if output.as_json:
        output.document(documents.overview(view))
    else:
        _print_overview(view, output, letters)
    return 0


def _print_overview(view: Overview, output: Output, letters: Mapping[str, int]) -> None:
    from rich.table import Table

    if view.organization:
        output.show(f"{view.organization} ({view.organization_id})\n", markup=False)
    zone = words.zone_named(view.time_zone)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Entity", "State", "Records", "Details", "Last good", "Next"):
        table.add_column(heading, justify="right" if heading in {"Records", "Details"} else "left", no_wrap=True)
    for one in view.entities:
        detailed = f"{one.detailed:,}/{one.local:,}" if one.has_details else ""
        times = (words.minute(one.last_good, zone), words.minute(one.next, zone))
        table.add_row(one.title, words.coloured(one.state), f"{one.local:,}", detailed, *times)
    output.show(table)
    # Below, not beside: with a column of sentences the table would be cut in a terminal of 80 columns.
    for one in view.entities:
        if note := _note(one, zone):
            output.show(f"{one.title}: {note}", markup=False)
        if waiting := letters.get(one.entity, 0):
            output.show(f"{one.title}: {words.counted(waiting, 'dead letter')} to look at: `dead-letters groups`")
    output.show(f"Times are those of {words.zone_words(zone)}.", markup=False)
    output.show(f"\n{_used(view.quota, zone)}")
    output.show(f"Database: {view.database.kind} PostgreSQL {view.database.version}")


def _note(one: EntityStatus, zone: tzinfo | None) -> str:
    if one.unavailable:
        return one.unavailable
    last = one.live or one.last
    if one.live is not None:
        counts = one.live.counts
        total = "" if one.live.expected is None else f" of {one.live.expected:,}"
        held = one.live.state is RunState.PAUSED and one.live.waiting_for
        by = f", paused by {one.live.waiting_for} until it is resumed" if held else ""
        done = f"{counts.seen:,}{total}"
        if one.live.phase is Phase.DETAILS:
            done = f"details {one.live.details_done:,} of {one.live.details_total:,}"
        return f"{done} on {one.live.machine}{by}"
    if one.planned.standing == "paused":
        until = f"until {words.local(one.planned.until, zone)}" if one.planned.until else "until it is resumed"
        return f"schedule paused {until}"
    waits = _WAITS.get(details_waiting(one, one.last), "").format(done=one.detailed, total=one.local)
    return one.note or (last.title if last is not None else "") or waits


async def _stats(service: SyncService, output: Output) -> int:
    figures = await service.stats()
    if output.as_json:
        output.document(figures)
        return 0
    begun = figures.get("total_syncs_today", 0)
    output.show(f"Runs begun today (one for each entity of a sync): {begun:,}")
    if begun:
        output.show(f"Success rate: {figures.get('success_rate', 100.0)} % of those that have ended")
        output.show(f"Mean time: {words.duration(figures.get('avg_sync_time_seconds', 0.0))} a run")
    if "calls_today" in figures:
        output.show(f"Calls these runs made: {figures['calls_today']:,}")
        output.show("The day's count (`tsh-sync quota`) has the calls of checks, estimates and webhooks, too.")
    output.show("Today began at midnight in the organization's time zone.")
    titles = {one.stats_key: one.title for one in service.registry}
    output.show("Records in the database:")
    for key, rows in figures.get("entities_synced", {}).items():
        output.show(f"  {titles.get(key, key):<14}{rows:>12,}")
    return 0


async def _quota(service: SyncService, output: Output) -> int:
    figures = await service.quota()
    if output.as_json:
        output.document(documents.quota(figures) | {"by_lane": figures.by_lane, "source": figures.source})
        return 0
    output.show(_used(figures))
    output.show(f"The day's figure comes from: {figures.source}")
    if figures.by_lane:
        output.show("Counted here, by what the calls were for; when few are left, those further up go first:")
    for lane in Lane:
        if used := figures.by_lane.get(lane.value):
            output.show(f"  {lane.value:<10}{used:>10,}  {words.LANES[lane]}")
    return 0


def _used(figures: QuotaStatus, zone: tzinfo | None = None) -> str:
    day = f"{figures.day_used:,} of {figures.day_limit:,} calls today, until {words.with_zone(figures.resets_at, zone)}"
    return f"{day}; {figures.minute_used:,} of {figures.minute_limit:,} in this minute"
