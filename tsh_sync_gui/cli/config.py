"""`tsh-sync config`: shows settings with their sources, and changes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.errors import ConfigurationError

if TYPE_CHECKING:
    from tsh_sync_gui.core.settings import Declared, Loaded

app = typer.Typer(no_args_is_help=True, help="Settings: show, get, set, path.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="A setting's variable or field, such as ZOHO_DAILY_LIMIT.")]
_DOTS = "••••"
_ORIGINS = {
    "command_line": "command line",
    "environment": "environment",
    "env_file": ".env",
    "saved": "saved",
    "default": "default",
}


@app.command()
def show(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show every setting with its value and where that comes from."""
    from tsh_sync_gui.core.settings import DECLARED

    output = Output(as_json)
    loaded = _load_all(context, output)
    if as_json:
        output.document({"settings": [_document(one, loaded) for one in DECLARED]})
        return 0
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Setting", "Value", "From", "Allowed"):
        table.add_column(heading, overflow="fold")
    for one in DECLARED:
        table.add_row(one.variable, escape(_shown(one, loaded)), _ORIGINS[loaded.origins[one.field]], one.range)
    output.show(table)
    return 0


@app.command()
def get(context: typer.Context, name: Name, *, as_json: options.Json = False) -> int:
    """Print one setting's value."""
    from tsh_sync_gui.core.settings import find

    one = find(name)
    output = Output(as_json)
    loaded = _load_all(context, output) if one.scope == "shared" else _doors(context).load()
    if as_json:
        output.document(_document(one, loaded))
    else:
        typer.echo(_shown(one, loaded))
    return 0


@app.command("set")
def set_value(
    context: typer.Context,
    name: Name,
    value: Annotated[str | None, typer.Argument(help="The new value.")] = None,
    *,
    default: Annotated[bool, typer.Option("--default", help="Go back to the default.")] = False,
    as_json: options.Json = False,
) -> int:
    """Change one setting: on this machine, or in the database for all machines that share it."""
    from tsh_sync_gui.core.settings import find

    if (value is None) is not default:
        raise ConfigurationError("A setting needs one value", advice=f"tsh-sync config set {name} VALUE, or --default.")
    one = find(name)
    output = Output(as_json)
    loaded = _doors(context).load()
    _save(one, value, loaded, output)
    loaded = _load_all(context, output) if one.scope == "shared" else _doors(context).load()
    origin = loaded.origins[one.field]
    if origin.is_locked:
        output.aside(f"It is saved, but {one.variable} from the {_ORIGINS[origin]} goes before it.")
    if as_json:
        output.document(_document(one, loaded))
    else:
        where = "this machine" if one.scope == "machine" else "all machines that share this database"
        output.show(f"{one.variable} is {_shown(one, loaded)} now, on {where}.", markup=False)
    return 0


@app.command()
def path(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Print the folder of this program's files."""
    home = _doors(context).load().home
    if as_json:
        files = {"settings": str(home / "settings.toml"), "log": str(home / "logs" / "tsh-sync.log")}
        Output(as_json=True).document({"home": str(home)} | files)
    else:
        typer.echo(home)
    return 0


def _save(one: Declared, value: str | None, loaded: Loaded, output: Output) -> None:
    from tsh_sync_gui.bootstrap.secrets import keep
    from tsh_sync_gui.core.settings import validated

    if one.scope != "shared":
        keep(loaded.home, one.field, value)
        return
    from tsh_sync_gui.bootstrap.databases import share_setting

    if value is not None:
        validated({one.field: value})
    run(share_setting(loaded, one.field, value, progress=output.aside))


def _load_all(context: typer.Context, output: Output) -> Loaded:
    """Return all settings, those shared through the database too, as far as it can be reached."""
    from tsh_sync_gui.bootstrap.databases import with_shared_settings

    return run(with_shared_settings(_doors(context).load(), progress=output.aside))


def _doors(context: typer.Context) -> Doors:
    doors: Doors = context.obj
    return doors


def _shown(one: Declared, loaded: Loaded) -> str:
    text = loaded.text(one.field)
    return (_DOTS + text[-4:] if len(text) >= 12 else _DOTS) if one.is_secret and text else text


def _document(one: Declared, loaded: Loaded) -> dict[str, Any]:
    return {
        "name": one.field,
        "variable": one.variable,
        "value": _shown(one, loaded),
        "from": loaded.origins[one.field].value,
        "default": one.default,
        "allowed": one.range,
        "scope": one.scope,
        "title": one.title,
    }
