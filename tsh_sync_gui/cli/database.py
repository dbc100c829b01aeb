"""`tsh-sync db`: the address of the database, its schema, backup, restore, and stopping the embedded server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.errors import ConfigurationError

app = typer.Typer(no_args_is_help=True, help="The database: address, upgrade, backup, restore, stop.")


@app.command()
def url(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Print the database's address as psql takes it; starts the embedded server."""
    from tsh_sync_gui.bootstrap.databases import public_address

    output, doors = Output(as_json), _doors(context)
    loaded = doors.load()
    address, note = public_address(loaded, output.aside)
    if note:
        output.aside(note)
    if as_json:
        output.document({"url": address})
    else:
        typer.echo(address)
    return 0


@app.command()
def upgrade(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Bring the database's tables to this program's version; every start does so too."""
    from tsh_sync_gui.bootstrap.databases import open_database

    output, doors = Output(as_json), _doors(context)
    loaded = doors.load()

    async def work() -> int:
        async with open_database(loaded, progress=output.aside) as database:
            info = await database.info()
        if as_json:
            output.document({"database": {"kind": info.kind, "version": info.version}, "up_to_date": True})
        else:
            output.show(f"The tables are up to date ({info.kind} PostgreSQL {info.version}).")
        return 0

    return run(work())


@app.command()
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    *,
    replace: Annotated[bool, typer.Option("--replace", help="Replace the file if it is there.")] = False,
    as_json: options.Json = False,
) -> int:
    """Save our schemas into one file."""
    output, doors = Output(as_json), _doors(context)
    target = file.expanduser().absolute()
    if target.exists() and not replace:
        raise ConfigurationError(f"{file} is already there", advice="Name another file, or add --replace.")
    from tsh_sync_gui.bootstrap.databases import save_to

    loaded = doors.load()
    made = save_to(loaded, target, output.aside)
    if as_json:
        output.document({"file": str(made.file), "bytes": made.size})
    else:
        output.show(f"Saved to {made.file} ({words.number(made.size)} bytes).", markup=False)
    return 0


@app.command()
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `tsh-sync db backup` made.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: options.Json = False,
) -> int:
    """Replace what is in the database by what a backup holds."""
    output, doors = Output(as_json), _doors(context)
    source = file.expanduser().absolute()
    if not source.is_file():
        raise ConfigurationError(f"There is no file {file}", advice="Name a file that `tsh-sync db backup` made.")
    if not yes:
        _ask_first(output)
    from tsh_sync_gui.bootstrap.databases import bring_back

    loaded = doors.load()
    bring_back(loaded, source, output.aside)
    if as_json:
        output.document({"file": str(source), "restored": True})
    else:
        output.show(f"Restored from {source}.", markup=False)
    return 0


@app.command()
def stop(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Stop every embedded server of this home, a demo's too."""
    from tsh_sync_gui.bootstrap.databases import stop_all

    output, doors = Output(as_json), _doors(context)
    home = doors.load().home
    stopped = stop_all(home)
    if as_json:
        output.document({"stopped": [{"folder": str(one.folder), "port": one.port} for one in stopped]})
    elif stopped:
        output.show(f"Stopped {words.counted(len(stopped), 'server')}.")
    else:
        output.show("No server was running.")
    return 0


def _doors(context: typer.Context) -> Doors:
    doors: Doors = context.obj
    return doors


def _ask_first(output: Output) -> None:
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "Restoring replaces everything that is in the database", advice="Add --yes to do it without being asked."
        )
    if not typer.confirm("This replaces everything that is in the database. Go on?", err=True):
        output.aside("Nothing was changed.")
        raise typer.Exit(2)
