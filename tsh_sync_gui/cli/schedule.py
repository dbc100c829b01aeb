"""`tsh-sync schedule`: when what is synced by itself, what that costs, and how it is changed or held."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.spans import moment_of, seconds_of
from tsh_sync_gui.cli.status import asking
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import iso

if TYPE_CHECKING:
    from tsh_sync_gui.engine.schedules import Coming, Cost, ScheduleItem, ScheduleView
    from tsh_sync_gui.engine.service import SyncService

app = typer.Typer(no_args_is_help=True, help="When what is synced by itself, and what that costs.")
_WHY: Final = {
    "first_sync": "waits for the first sync (`tsh-sync sync`)",
    "sign_in": "waits for a sign-in (`tsh-sync auth login`)",
    "switched_off": "syncing is switched off (ZOHO_SYNC_ENABLED)",
}
Names = Annotated[list[str] | None, typer.Argument(metavar="ENTITY…", help="Which; none is all.")]


@app.command("list")
def list_(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show all schedules, when they run next and how many calls a day they take."""
    return asking(context, Output(as_json), _list)


@app.command("next")
def next_(
    context: typer.Context,
    *,
    number: Annotated[int, typer.Option("--number", "-n", min=1, max=100, help="How many.")] = 5,
    as_json: options.Json = False,
) -> int:
    """Show the next runs of all schedules with their costs."""

    async def ask(service: SyncService, output: Output) -> int:
        coming = await service.schedules.coming(number)
        if output.as_json:
            output.document({"next": [_coming(one) for one in coming]})
            return 0
        zone = _zone((await service.schedules.view()).zone) if coming else None
        if coming:
            output.show(words.in_zone("Next", zone))
        for one in coming:
            full = ", full" if one.walk.value == "full" else ""
            output.show(f"{words.local(one.at, zone)}  {one.title}{full} ({_calls(one.cost)})", markup=False)
        if not coming:
            output.show("Nothing is scheduled; `tsh-sync schedule list` says why.")
        return 0

    return asking(context, Output(as_json), ask)


@app.command("set")
def set_(
    context: typer.Context,
    entity: Annotated[str, typer.Argument(help="Which.")],
    *,
    every: Annotated[str | None, typer.Option(metavar="SPAN", help="Interval: 30m, 2h, or minutes.")] = None,
    cron: Annotated[str | None, typer.Option(metavar="LINE", help="Five fields, in the organization's zone.")] = None,
    off: Annotated[bool, typer.Option("--off", help="No schedule.")] = False,
    default: Annotated[bool, typer.Option("--default", help="What holds unless something is set.")] = False,
    quiet: Annotated[str | None, typer.Option(metavar="HOURS", help="Nothing then: 22:00-06:00; '' for none.")] = None,
    full: Annotated[bool, typer.Option("--full", help="The full walks, which also find what was deleted.")] = False,
    as_json: options.Json = False,
) -> int:
    """Change one schedule."""
    from tsh_sync_gui.engine.ports.schedules import Walk
    from tsh_sync_gui.engine.schedule import Timing

    given = {"--every": every is not None, "--cron": cron is not None, "--off": off, "--default": default}
    asked = [name for name, is_given in given.items() if is_given]
    if len(asked) > 1:
        raise ConfigurationError(f"{' and '.join(asked)} exclude each other", advice="Give one of them.")
    if not asked and quiet is None:
        raise ConfigurationError("Nothing is to be set", advice="Give --every, --cron, --off, --default or --quiet.")
    timing = None
    if every is not None:
        seconds = seconds_of(every, "--every", plain=60.0)
        if seconds < 60:
            raise ConfigurationError(f"--every is “{every}”", advice="Allowed: a minute at least, such as 5m or 2h.")
        timing = Timing(round(seconds / 60))
    elif cron is not None:
        timing = Timing(cron=cron.strip() or " ")

    async def change(service: SyncService, output: Output) -> int:
        walk = Walk.FULL if full else Walk.CHANGES
        hours = "" if default and quiet is None else quiet  # of what was set nothing is left
        await service.schedules.set(entity, walk, timing=timing, off=off, default=default, quiet=hours)
        return await _list(service, output)

    return asking(context, Output(as_json), change)


@app.command("pause")
def pause(
    context: typer.Context,
    entities: Names = None,
    *,
    for_: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="How long: 30m, 2h, 1d.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Until when: 2026-11-23T08:00.")] = None,
    as_json: options.Json = False,
) -> int:
    """Hold schedules: for some time, until a moment, or until `resume`. Runs under way are not touched."""
    if for_ is not None and until is not None:
        raise ConfigurationError("--for and --until exclude each other", advice="Give one of them.")

    async def hold(service: SyncService, output: Output) -> int:
        end: datetime | None = None
        if for_ is not None:
            end = service.clock.now() + timedelta(seconds=seconds_of(for_, "--for"))
        elif until is not None:
            end = moment_of(until, "--until", service.clock.now())
        await service.schedules.pause(entities or (), until=end)
        return await _list(service, output)

    return asking(context, Output(as_json), hold)


@app.command("resume")
def resume(context: typer.Context, entities: Names = None, *, as_json: options.Json = False) -> int:
    """Let schedules go on; what was due meanwhile is not made up for."""

    async def go_on(service: SyncService, output: Output) -> int:
        await service.schedules.resume(entities or ())
        return await _list(service, output)

    return asking(context, Output(as_json), go_on)


async def _list(service: SyncService, output: Output) -> int:
    view = await service.schedules.view()
    if output.as_json:
        output.document(document(view))
    else:
        _print(view, output, {one.name: one.title for one in service.registry})
    return 0


def _zone(name: str) -> tzinfo:
    """Return the organization's zone, in which schedules go; UTC until it is known."""
    return words.zone_named(name) or words.zone_named("UTC") or UTC


def _print(view: ScheduleView, output: Output, titles: Mapping[str, str]) -> None:
    from rich.markup import escape
    from rich.table import Table

    zone = _zone(view.zone)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Entity", "What", "When", words.in_zone("Next", zone), "A day"):
        table.add_column(heading, justify="right" if heading == "A day" else "left", no_wrap=True)
    table.add_column("Note")
    for one in view.items:
        schedule = one.schedule
        quiet = f", quiet {schedule.quiet}" if schedule.quiet else ""
        table.add_row(
            schedule.title,
            schedule.walk.value.capitalize(),
            f"{words.timing(schedule.timing)}{quiet}",
            words.local(one.nexts[0], zone) if one.nexts else "",
            words.counted(one.calls, "call") if schedule.timing is not None else "",
            escape(_note(one, zone, titles)),
        )
    output.show(table)
    known = view.zone or "UTC, until the organization is known"
    output.show(f"\nAll times are those of {known}.")
    used = f"All schedules take about {words.counted(view.calls, 'call')} a day"
    used += f"; {view.share:,} of {view.limit:,} are theirs."
    output.show(used if view.fits else f"{used}\nThey do not fit: make some rarer, or take a larger plan.")


def _note(one: ScheduleItem, zone: tzinfo, titles: Mapping[str, str]) -> str:
    schedule, row = one.schedule, one.schedule.row
    if one.standing.value == "paused":
        until = f"until {words.local(row.paused_until, zone)}" if row.paused_until else "until it is resumed"
        return f"paused {until}" + (f" by {row.paused_by}" if row.paused_by else "")
    if schedule.why is not None and schedule.timing is not None:
        return _WHY[schedule.why.value]
    if schedule.served_by:
        return f"done by the runs of {titles.get(schedule.served_by, schedule.served_by)}"
    late = "late; " if one.is_late else ""
    missed = f"{row.missed:,} missed, made up for once" if row.missed and not row.note else row.note
    return late + missed if missed else late.rstrip("; ")


def _calls(cost: Cost) -> str:
    if not cost.is_known:
        return f"at least {words.counted(max(1, cost.least), 'call')}"
    low, high = cost.least, cost.most
    return words.counted(high, "call") if low == high else f"{low:,} to {words.counted(high, 'call')}"


def _coming(one: Coming) -> dict[str, Any]:
    return {"at": iso(one.at), "entity": one.entity, "walk": one.walk.value, "calls": one.cost.as_json()}


def document(view: ScheduleView) -> dict[str, Any]:
    """Return what `schedule list --json` prints."""
    return {
        "at": iso(view.now),
        "time_zone": view.zone,
        "schedules": [_item(one) for one in view.items],
        "next": [_coming(one) for one in view.coming],
        "a_day": {"calls": view.calls, "share": view.share, "limit": view.limit, "fits": view.fits},
    }


def _item(one: ScheduleItem) -> dict[str, Any]:
    schedule, row = one.schedule, one.schedule.row
    timing = schedule.timing
    return {
        "entity": schedule.entity,
        "walk": schedule.walk.value,
        "standing": one.standing.value,
        "minutes": timing.minutes or None if timing else None,
        "cron": timing.cron or None if timing else None,
        "quiet": str(schedule.quiet) if schedule.quiet else None,
        "own": schedule.is_own,
        "served_by": schedule.served_by or None,
        "waits_for": schedule.why.value if schedule.why and timing else None,
        "late": one.is_late,
        "next": [iso(moment) for moment in one.nexts],
        "runs_a_day": round(one.a_day, 2),
        "calls": one.cost.as_json(),
        "calls_a_day": one.calls,
        "paused": {"until": iso(row.paused_until), "by": row.paused_by} if one.standing.value == "paused" else None,
        "last": {"due": iso(row.last_due), "machine": row.machine, "note": row.note, "missed": row.missed}
        if row.last_due
        else None,
    }
