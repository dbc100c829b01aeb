"""The command `tsh-sync`: its subcommands, its errors in words, its exit codes (design.md 6)."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated, Final

import typer

from tsh_sync_gui.cli import (
    alerts,
    auth,
    config,
    database,
    demo,
    doctor,
    letter_deeds,
    listen,
    queue,
    runs,
    schedule,
    simulate,
    status,
    sync,
    token,
    webhooks,
    work,
)
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output, use_utf8
from tsh_sync_gui.cli.running import INTERRUPTED
from tsh_sync_gui.core.errors import (
    AuthorisationError,
    ConfigurationError,
    ConfirmationRequiredError,
    NotConnectedError,
    QuotaExhaustedError,
    SyncError,
    VaultLockedError,
    WrongPassphraseError,
)

PROGRAM: Final = "tsh-sync"
_FAILED, _WRONG_USE, _NEEDS_YOU, _QUOTA = 1, 2, 4, 5

app = typer.Typer(
    name=PROGRAM,
    no_args_is_help=True,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keeps a PostgreSQL database and a Zoho Books / Zoho Inventory organization in step.",
)
app.command("demo")(demo.demo)
app.command("sync", cls=sync.KindsCommand)(sync.sync)
app.command("status")(status.status)
app.command("stats")(status.stats)
app.add_typer(runs.app, name="runs")
app.add_typer(queue.app, name="queue")
app.command("quota")(status.quota)
app.command("listen")(listen.listen)
app.command("work")(work.work)
app.add_typer(schedule.app, name="schedule")
app.add_typer(alerts.app, name="alerts")
app.add_typer(token.app, name="token")
app.add_typer(webhooks.app, name="webhooks")
app.add_typer(letter_deeds.app, name="dead-letters")
app.command("simulate")(simulate.simulate)
app.add_typer(database.app, name="db")
app.add_typer(auth.app, name="auth")
app.add_typer(config.app, name="config")
app.command("doctor")(doctor.doctor)


def _print_version(asked: bool) -> None:
    if asked:
        try:
            typer.echo(f"{PROGRAM} {version('tsh-sync-gui')}")
        except PackageNotFoundError:
            typer.echo(f"{PROGRAM} (from a source tree that is not installed)")
        raise typer.Exit


@app.callback()
def _program(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep a PostgreSQL database and a Zoho Books / Zoho Inventory organization in step."""


def main(arguments: Sequence[str] | None = None, *, doors: Doors | None = None) -> int:
    """Run one command and return its exit code."""
    use_utf8()
    given = list(sys.argv[1:] if arguments is None else arguments)
    output = Output(as_json="--json" in given)
    command = typer.main.get_command(app)
    try:
        code = command.main(given, prog_name=PROGRAM, standalone_mode=False, obj=doors or Doors())
    except typer.TyperException as error:
        return _misused(error, output)
    except SyncError as error:
        output.problem(error)
        return exit_code(error)
    except (asyncio.CancelledError, KeyboardInterrupt, typer.Abort):
        output.failure(kind="interrupted", title="Stopped", advice="Nothing is half-written; the next sync goes on.")
        return INTERRUPTED
    except BrokenPipeError:
        return _reader_left()
    except Exception as error:  # noqa: BLE001 -- the last stop before a person: words here, the trace in the log
        return _unexpected(error, output)
    return code if isinstance(code, int) else 0


def exit_code(error: SyncError) -> int:
    """Return the exit code that says what to do about *error*."""
    match error:
        case WrongPassphraseError():
            return _WRONG_USE
        case AuthorisationError() | ConfirmationRequiredError() | VaultLockedError() | NotConnectedError():
            return _NEEDS_YOU  # a vault is opened, and a sign-in made, by a person; neither is wrong use
        case ConfigurationError():
            return _WRONG_USE
        case QuotaExhaustedError():
            return _QUOTA
        case _:
            return _FAILED


def _misused(error: Exception, output: Output) -> int:
    show, words = getattr(error, "show", None), getattr(error, "format_message", lambda: str(error))()
    if output.as_json or show is None:
        output.failure(kind="usage", title=words or "A command is missing", advice=f"See `{PROGRAM} --help`.")
    else:
        show()
    return _WRONG_USE


def _reader_left() -> int:
    # The reader of a pipe has seen enough (`| head`); what Python still flushes at its end goes nowhere.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _unexpected(error: Exception, output: Output) -> int:
    import structlog

    from tsh_sync_gui.core.log import explained, redact

    if structlog.is_configured():
        structlog.get_logger(__name__).error("unexpected", exc_info=error)
    else:
        sys.stderr.write(explained(error))
    output.failure(
        kind="unexpected",
        title="Something unexpected happened",
        advice=f"{type(error).__name__}: {redact(str(error))}. The log has the details; see `{PROGRAM} config path`.",
    )
    return _FAILED
