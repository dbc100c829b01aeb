"""`tsh-sync alerts`: what a person should know, and who is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.spans import seconds_of
from tsh_sync_gui.cli.status import asking
from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.values import iso

if TYPE_CHECKING:
    from tsh_sync_gui.engine.alerts import Alert
    from tsh_sync_gui.engine.service import SyncService

app = typer.Typer(no_args_is_help=True, help="What a person should know though nobody looks.")
_EXAMPLE: Final = "mailtos://mail.example.com?user=NAME&pass=PASSWORD&to=me@example.com"
_COLOURS = {"note": "bright_black", "warning": "yellow", "grave": "red"}


@app.command("list")
def list_(
    context: typer.Context,
    *,
    open_only: Annotated[bool, typer.Option("--open", help="Only what lasts.")] = False,
    as_json: options.Json = False,
) -> int:
    """Show alerts: what lasts first, then what is over."""

    async def ask(service: SyncService, output: Output) -> int:
        found = [one for one in await service.alerts.all() if not open_only or one.state.value == "open"]
        if output.as_json:
            output.document({"alerts": [_document(one) for one in found]})
        else:
            _print(found, output)
        return 0

    return asking(context, Output(as_json), ask)


@app.command("silence")
def silence(
    context: typer.Context,
    which: Annotated[str, typer.Argument(help="An alert's number, or a cause such as dead_letters.")],
    *,
    for_: Annotated[str | None, typer.Option("--for", metavar="SPAN", help="How long: 30m, 2h, 1d.")] = None,
    lift: Annotated[bool, typer.Option("--lift", help="Tell of it again.")] = False,
    as_json: options.Json = False,
) -> int:
    """Keep a cause from being told: for some time, or until it is lifted. The list goes on to show it."""
    if lift and for_ is not None:
        raise ConfigurationError("--lift and --for exclude each other", advice="Give one of them.")
    seconds = None if for_ is None else seconds_of(for_, "--for")

    from tsh_sync_gui.engine.alerts import Alert

    async def do(service: SyncService, output: Output) -> int:
        if lift:
            done = await service.alerts.lift(which)
            words_ = f"{which} is told of again" if done else f"{which} was not silenced"
            output.document({"which": which, "lifted": done}) if output.as_json else output.show(words_, markup=False)
            return 0
        found = await service.alerts.silence(which, seconds=seconds)
        title = found.title if isinstance(found, Alert) else found.value
        if output.as_json:
            output.document({"which": which, "silenced": title, "seconds": seconds})
        else:
            output.show(f"Nobody is told of: {title}", markup=False)
        return 0

    return asking(context, Output(as_json), do)


@app.command("test")
def send_test(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Send a test to the mail and chat addresses of this computer (TSH_ALERTS_TO)."""

    async def do(service: SyncService, output: Output) -> int:
        done = await service.alerts.test()
        if not done:
            raise ConfigurationError(
                "There is no address to send to",
                # A password before an @ would be printed as dots.
                advice=f"Set TSH_ALERTS_TO, such as {_EXAMPLE}"
                " (`tsh-sync config set TSH_ALERTS_TO`); see docs/schedules.md.",
            )
        if output.as_json:
            output.document({"sent": [{"to": to.shown, "error": fault or None} for to, fault in done]})
        else:
            for to, fault in done:
                output.show(f"{to.shown}: {fault or 'sent'}", markup=False)
        return 1 if any(fault for _, fault in done) else 0

    return asking(context, Output(as_json), do)


def _print(found: list[Alert], output: Output) -> None:
    from rich.markup import escape

    for one in found:
        colour = _COLOURS[one.severity.value] if one.state.value == "open" else "bright_black"
        over = "" if one.state.value == "open" else ", over"
        times = f", {one.count:,} times since {words.with_zone(one.first_at)}" if one.count > 1 else ""
        quiet = ", silenced" if one.is_silenced else ""
        output.show(f"[{colour}]{one.id:>5}  {words.local(one.last_at)}  {escape(one.title)}[/]{times}{over}{quiet}")
        if one.remedy and one.state.value == "open":
            output.show(f"       {one.remedy}", markup=False)
    if not found:
        output.show("No alerts.")


def _document(one: Alert) -> dict[str, Any]:
    return {
        "id": one.id,
        "cause": one.cause.value,
        "subject": one.subject or None,
        "title": one.title,
        "remedy": one.remedy,
        "severity": one.severity.value,
        "state": one.state.value,
        "count": one.count,
        "first_at": iso(one.first_at),
        "last_at": iso(one.last_at),
        "cleared_at": iso(one.cleared_at),
        "silenced": {"until": iso(one.silenced_until), "by": one.silenced_by} if one.is_silenced else None,
    }
