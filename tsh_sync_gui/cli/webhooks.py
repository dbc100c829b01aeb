"""`tsh-sync webhooks`: what Zoho delivered, why something was refused, doing it again, and whether all is told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.status import asking
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.log import redact
from tsh_sync_gui.core.values import iso
from tsh_sync_gui.engine.ports.inbox import EventState, Verdict

if TYPE_CHECKING:
    from tsh_sync_gui.engine.coverage import Coverage
    from tsh_sync_gui.engine.ports.deliveries import InboxDetail, InboxRow, ReplayPlan
    from tsh_sync_gui.engine.service import SyncService

app = typer.Typer(
    no_args_is_help=True, help="Zoho's deliveries: list, open and replay them; coverage, gaps, the secret."
)
Moment = Annotated[str | None, typer.Option(metavar="TIME", help="A date or time such as 2026-11-01T08:00+03:00.")]
_SHOWN = 2_000


@app.command("list")
def list_deliveries(
    context: typer.Context,
    *,
    verdict: Annotated[list[Verdict] | None, typer.Option(help="Only of this verdict; may be repeated.")] = None,
    state: Annotated[list[EventState] | None, typer.Option(help="Only in this state; may be repeated.")] = None,
    entity: Annotated[list[str] | None, typer.Option(help="Only of this entity; may be repeated.")] = None,
    since: Moment = None,
    text: Annotated[str, typer.Option(help="In record, event, address, source or outcome.")] = "",
    after: Annotated[int | None, typer.Option(help="Go on below this delivery's number.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 20,
    as_json: options.Json = False,
) -> int:
    """List deliveries, newest first."""
    from tsh_sync_gui.engine.ports.deliveries import InboxQuery

    begins = options.since(None, since, options.now())

    async def ask(service: SyncService, output: Output) -> int:
        names = tuple(service.registry.get(one).name for one in entity or ())
        query = InboxQuery(
            verdicts=tuple(verdict or ()), states=tuple(state or ()), entities=names, since=begins, text=text
        )
        page = await service.webhooks.page(query, after=after, limit=limit)
        if output.as_json:
            output.document({"deliveries": [_row(row) for row in page.rows], "after": page.after})
            return 0
        if not page.rows:
            output.show("No deliveries." if query == InboxQuery() else "No delivery matches.")
            return 0
        _print_rows(page.rows, output)
        if page.after is not None:
            output.aside(f"There are more: --after {page.after}.")
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def show(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="The delivery's number.")],
    *,
    as_json: options.Json = False,
) -> int:
    """Show one delivery as it came in, what became of it, and why it was refused."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await service.webhooks.detail(number)
        if found is None:
            raise ConfigurationError(f"There is no delivery {number}", advice="Deliveries are kept for 30 days.")
        if output.as_json:
            output.document(_detail(found))
        else:
            _print_detail(found, output)
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def replay(
    context: typer.Context,
    ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="The deliveries' numbers.")] = None,
    *,
    since: Moment = None,
    force: Annotated[bool, typer.Option("--force", help="Duplicates, too.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would do and cost, and do nothing.")] = False,
    as_json: options.Json = False,
) -> int:
    """Do once more what deliveries asked for: those named, or everything since a time."""
    begins = options.since(None, since, options.now())

    async def ask(service: SyncService, output: Output) -> int:
        plan = await service.webhooks.replay_plan(ids or None, since=begins, force=force)
        made = [] if dry_run else await service.webhooks.replay(list(plan.ids), force=force)
        if output.as_json:
            output.document(_plan(plan) | {"replayed": made})
            return 0
        output.show(_plan_words(plan))
        if made:
            output.show(f"{len(made):,} deliveries wait again; the listener, the window or `tsh-sync work` does them.")
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def coverage(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show when each event was last heard, and what changed in Zoho without it; exit code 3 when that is an alarm."""

    async def ask(service: SyncService, output: Output) -> int:
        found = await service.webhooks.coverage()
        if output.as_json:
            output.document(found.as_json())
        else:
            _print_coverage(found, output)
        return 3 if found.silences else 0

    return asking(context, Output(as_json), ask)


@app.command("fetch-gap")
def fetch_gap(
    context: typer.Context,
    entity: Annotated[str, typer.Argument(help="Whose changes were not told of.")],
    *,
    since: Moment = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it costs, and do nothing.")] = False,
    as_json: options.Json = False,
) -> int:
    """Fetch what changed while no webhook told of it: from the silence's begin, or from --since."""
    begins = options.since(None, since, options.now())

    async def ask(service: SyncService, output: Output) -> int:
        request = await service.webhooks.gap_request(entity, since=begins)
        if dry_run:
            costs = await service.forecast(request)
            if output.as_json:
                output.document({"since": iso(request.since), "forecast": [one.as_json() for one in costs]})
            for one in () if output.as_json else costs:
                calls = f"{one.calls_low:,} to {one.calls_high:,}" if one.known else f"at least {one.calls_low:,}"
                output.show(f"{one.entity} since {words.local(request.since)}: {calls} calls")
            return 0
        report = await service.sync(request)
        if output.as_json:
            output.document({"since": iso(request.since), **report.as_json()})
        for run in () if output.as_json else report.runs:
            state, _ = words.STATES[run.state]
            output.show(f"{run.entity} since {words.local(request.since)}: {state}; {run.counts.updated:,} updated")
        return report.exit_code

    return asking(context, Output(as_json), ask)


@app.command("test")
def reachable(
    context: typer.Context,
    *,
    public: Annotated[bool, typer.Option("--public", help="Ping ZOHO_WEBHOOK_URL, as Zoho would call it.")] = False,
    as_json: options.Json = False,
) -> int:
    """Test whether a delivery would arrive: at the listener on this computer, or at the public address."""

    async def ask(service: SyncService, output: Output) -> int:
        told = await service.webhooks.reachability(public=public)
        if output.as_json:
            output.document({"reached": True, "words": told})
        else:
            output.show(told, markup=False)
        return 0

    return asking(context, Output(as_json), ask)


@app.command()
def secret(
    context: typer.Context,
    *,
    new: Annotated[bool, typer.Option("--new", help="Make a new one; it is shown this once.")] = False,
    as_json: options.Json = False,
) -> int:
    """Say how the webhook secret stands, or make a new one; the one before stays valid for 24 hours.

    `tsh-sync config set ZOHO_WEBHOOK_SECRET` keeps one of your own.
    """

    async def ask(service: SyncService, output: Output) -> int:
        inbox = service.webhooks
        state = await (inbox.change_secret() if new else inbox.secret_state())
        if output.as_json:
            document = {"set": state.is_set, "locked_by": state.locked_by or None}
            document |= {"previous_until": iso(state.previous_until)}
            output.document(document | ({"secret": state.fresh} if state.fresh else {}))
            return 0
        if state.fresh:
            output.show(state.fresh, markup=False)
            output.aside("Enter it in Zoho's webhooks now: it is not shown again.")
        else:
            output.show("A webhook secret is set." if state.is_set else "No webhook secret is set.")
        if state.previous_until:
            output.show(f"The one before is valid until {words.local(state.previous_until)}.")
        return 0

    return asking(context, Output(as_json), ask)


def _row(row: InboxRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "received_at": iso(row.received_at),
        "entity": row.entity or None,
        "event": row.event or None,
        "change": row.change.value or None,
        "record_id": row.record_id or None,
        "verdict": row.verdict.value,
        "state": row.state.value,
        "outcome": row.outcome or None,
        "title": row.title or None,
        "delay": row.delay,
        "source": row.source or None,
        "scheme": row.scheme or None,
        "replay_of": row.replay_of,
        "run_id": row.run_id or None,
    }


def _detail(found: InboxDetail) -> dict[str, Any]:
    delivery = found.delivery
    return _row(found.row) | {
        "kept_at": iso(found.kept_at),
        "done_at": iso(found.done_at),
        "modified_at": iso(found.modified_at),
        "organization_id": found.organization_id or None,
        "address": delivery.address,
        "query": [[key, redact(value)] for key, value in delivery.query],
        "content_type": delivery.content_type,
        "headers": {name: redact(value) for name, value in delivery.headers.items()},
        "body": redact(delivery.body.decode("utf-8", "replace")),
        "diagnosis": dict(found.diagnosis),
        "replays": list(found.replays),
    }


def _plan(plan: ReplayPlan) -> dict[str, Any]:
    return {
        "deliveries": plan.deliveries,
        "records": plan.records,
        "calls_at_most": plan.calls_at_most,
        "duplicates": plan.duplicates,
        "left_out": plan.left_out,
    }


def _plan_words(plan: ReplayPlan) -> str:
    told = f"{plan.deliveries:,} deliveries of {plan.records:,} records; {plan.calls_at_most:,} calls at most"
    if plan.duplicates:
        told += f"; {plan.duplicates:,} duplicates among what was named"
    return told + (f"; {plan.left_out:,} left out (refused, or without a record)" if plan.left_out else "")


def _print_rows(rows: tuple[InboxRow, ...], output: Output) -> None:
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (
        "Id",
        words.in_zone("Received"),
        "Verdict",
        "State",
        "Entity",
        "Change",
        "Record",
        "Delay",
        "Outcome",
    ):
        table.add_column(heading, no_wrap=heading != "Outcome")
    for row in rows:
        delay = "" if row.delay is None else words.duration(row.delay)
        change = (row.change.value or "changed") if row.entity else ""
        told = (row.entity, change, escape(row.record_id), delay, escape(row.title or row.outcome))
        table.add_row(str(row.id), words.local(row.received_at), row.verdict.value, row.state.value, *told)
    output.show(table)


def _print_detail(found: InboxDetail, output: Output) -> None:
    row, delivery = found.row, found.delivery
    change = (row.change.value or "changed") if row.entity else ""
    what = " ".join(part for part in (row.entity, change, row.record_id) if part) or "names no record"
    lines = [f"Delivery {row.id}, {words.local(row.received_at)}: {what}", f"{row.verdict.value}, {row.state.value}"]
    lines[1] += "".join(f"; {part}" for part in (row.outcome, row.title, row.run_id and f"run {row.run_id}") if part)
    told = found.diagnosis
    lines += [f"{name.capitalize()}: {told[name]}" for name in ("title", "cause", "advice") if told.get(name)]
    lines += [f"{delivery.address}  ({delivery.content_type or 'no content type'}, from {delivery.source or '?'})"]
    lines += [f"  {name}: {redact(value)}" for name, value in delivery.headers.items()]
    body = redact(delivery.body.decode("utf-8", "replace"))
    lines += [body[:_SHOWN] + (f"… ({len(body):,} characters)" if len(body) > _SHOWN else "")]
    output.show("\n".join(lines), markup=False)


def _print_coverage(found: Coverage, output: Output) -> None:
    from rich.table import Table

    if not found.in_use:
        output.show("No webhook has come yet, and no public address is set: syncs find every change.")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Event", "Hearing", words.in_zone("Last heard"), "A day", "Missed"):
        table.add_column(heading, no_wrap=True)
    for event in found.events:
        if event.is_planned or event.last or event.missed:
            last = words.local(event.last) if event.last else "never"
            table.add_row(event.title, event.hearing.value, last, str(event.per_day), f"{event.missed:,}")
    output.show(table)
    for silence in found.silences:
        output.show(f"{silence.title}. {silence.advice}", markup=False)
        output.aside(f"`tsh-sync webhooks fetch-gap {silence.entity}` fetches what was not told of.")
