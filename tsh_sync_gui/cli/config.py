"""`tsh-sync config`: shows settings with their sources, and changes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.passphrases import ask_secret
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.errors import ConfigurationError

if TYPE_CHECKING:
    from tsh_sync_gui.core.settings import Declared, Loaded

app = typer.Typer(no_args_is_help=True, help="Settings: show, search, get, set, export, import, vault, path.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="A setting's variable or field, such as ZOHO_DAILY_LIMIT.")]
_ORIGINS = {
    "command_line": "command line",
    "environment": "environment",
    "env_file": ".env",
    "saved": "saved",
    "default": "default",
}
_NO_PLACE = (
    "This computer keeps no secrets: they come from the environment or a .env file only. "
    "`tsh-sync config vault file` makes an encrypted file for them."
)
_PLACES = {
    "keychain": "in this computer's keychain",
    "file": "in an encrypted file in the program's folder",
    "environment": "in the environment",
    "memory": "in memory",
}


@app.command()
def show(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Show every setting with its value and where that comes from."""
    from tsh_sync_gui.core.settings import DECLARED

    output = Output(as_json)
    return _list(DECLARED, _load_all(context, output), output)


@app.command()
def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="Part of a variable, a title or its help.")],
    *,
    as_json: options.Json = False,
) -> int:
    """Show the settings whose variable, title or help has TEXT."""
    from tsh_sync_gui.core.settings import DECLARED

    output = Output(as_json)
    found = [one for one in DECLARED if one.matches(text)]
    if not found:
        raise ConfigurationError(
            f"No setting has “{text}” in its name, title or help", advice="`tsh-sync config show` lists all."
        )
    return _list(found, _load_all(context, output), output)


def _list(settings: Sequence[Declared], loaded: Loaded, output: Output) -> int:
    if output.as_json:
        output.document({"settings": [_document(one, loaded) for one in settings]})
        return 0
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Setting", "Value", "From", "Allowed"):
        table.add_column(heading, overflow="fold")
    for one in settings:
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
    value: Annotated[
        str | None, typer.Argument(help="The new value; left out for a secret, which is asked for or piped in.")
    ] = None,
    *,
    default: Annotated[bool, typer.Option("--default", help="Go back to the default.")] = False,
    as_json: options.Json = False,
) -> int:
    """Change one setting: on this machine (secrets in the vault), or in the database for all machines that share it."""
    from tsh_sync_gui.core.settings import find

    one = find(name)
    if value is None and one.is_secret and not default:
        value = ask_secret(one.title, otherwise="--default empties the setting.")
    elif (value is None) is not default:
        raise ConfigurationError("A setting needs one value", advice=f"tsh-sync config set {name} VALUE, or --default.")
    elif value and one.is_secret and one.shown(value) != value:
        raise ConfigurationError(
            f"{one.variable} is a secret, and others can read the command line",
            advice=f"Run `tsh-sync config set {one.variable}` and type it, or pipe it in.",
        )
    output = Output(as_json)
    loaded = _doors(context).load()
    _save(one, value, loaded, output)
    loaded = _load_all(context, output) if one.scope == "shared" else _doors(context).load()
    origin = loaded.origins[one.field]
    if origin.is_locked:
        output.aside(f"It is saved, but {one.variable} from the {_ORIGINS[origin]} goes before it.")
    if value is not None and (caution := one.caution(value)):
        output.aside(f"Note: {caution}")
    if value and one.field == "alerts_to":
        from tsh_sync_gui.courier.apprised import doubtful

        for address in doubtful(value):
            output.aside(f"Note: nothing can be sent to {address}: no such kind of address, or part of it is missing.")
    if as_json:
        output.document(_document(one, loaded))
    else:
        output.show(_told(one, loaded, went_back=default), markup=False)
    return 0


def _told(one: Declared, loaded: Loaded, *, went_back: bool) -> str:
    """Return in a sentence what a setting is now."""
    shown = _shown(one, loaded)
    where = "for all machines that share this database" if one.scope == "shared" else "on this machine"
    if one.scope == "secret" and loaded.vault is not None and shown:
        return f"{one.variable} is {shown} now, {_PLACES[loaded.vault]}."
    if went_back:
        return f"{one.variable} is its default again{f', {shown},' if shown else ''} {where}."
    return f"{one.variable} is {shown or 'empty'} now, {where}."


@app.command("export")
def export(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="The file to write.")],
    *,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Secrets too, encrypted by a passphrase that is asked for.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Write all settings that are not the default into FILE; without secrets, unless asked."""
    from tsh_sync_gui.bootstrap.settings_file import export_settings

    output = Output(as_json)
    loaded = _load_all(context, output)
    if with_secrets and loaded.vault_problem:
        raise ConfigurationError("The secrets cannot be read", advice=loaded.vault_problem)
    phrase = ask_secret("Passphrase for the export", confirm=True) if with_secrets else ""
    count = export_settings(loaded, file, passphrase=phrase)
    if as_json:
        output.document({"file": str(file), "settings": count, "with_secrets": with_secrets})
    else:
        kind = "secrets among them, encrypted" if with_secrets else "no secrets"
        output.show(f"{count} settings are in {file} ({kind}).", markup=False)
    return 0


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="A file that `config export` wrote.")],
    *,
    with_secrets: Annotated[
        bool, typer.Option("--with-secrets", help="Its secrets too; their passphrase is asked for.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Take over the settings of FILE; it is checked as a whole before the first is kept."""
    from tsh_sync_gui.bootstrap.databases import share_settings
    from tsh_sync_gui.bootstrap.secrets import keep, keep_secrets
    from tsh_sync_gui.bootstrap.settings_file import read_settings
    from tsh_sync_gui.core.settings import find

    output = Output(as_json)
    read = read_settings(file)
    if with_secrets and not read.sealed:
        raise ConfigurationError(f"The file {file} holds no secrets", advice="Leave --with-secrets out.")
    secrets = read.secrets(ask_secret("Passphrase of the export")) if with_secrets else {}
    loaded = _doors(context).load()
    if secrets:
        keep_secrets(loaded.home, secrets)
        loaded = _doors(context).load()
    shared = {field: value for field, value in read.values.items() if find(field).scope == "shared"}
    run(share_settings(loaded, shared, progress=output.aside))
    for field, value in read.values.items():
        if field not in shared:
            keep(loaded.home, field, value)
    if read.sealed and not with_secrets:
        output.aside("The secrets in it were left out; --with-secrets takes them over.")
    count = len(read.values) + len(secrets)
    if as_json:
        output.document({"file": str(file), "settings": count, "with_secrets": with_secrets})
    else:
        output.show(f"{count} settings of {file} are in force.", markup=False)
    return 0


@app.command()
def vault(
    context: typer.Context,
    kind: Annotated[
        str | None, typer.Argument(metavar="[file|keychain]", help="Move the secrets there; left out: tell.")
    ] = None,
    *,
    as_json: options.Json = False,
) -> int:
    """Tell where the secrets rest, or move them: into an encrypted file, or into the system's keychain."""
    from tsh_sync_gui.bootstrap.secrets import home_vault, make_file_vault, use_keychain

    output = Output(as_json)
    loaded = _doors(context).load()
    if kind == "file":
        make_file_vault(loaded.home, _file_key(loaded))
    elif kind == "keychain":
        use_keychain(loaded.home)
    elif kind is not None:
        raise ConfigurationError(f"There is no vault “{kind}”", advice="Allowed: file or keychain.")
    chosen = home_vault(loaded.home)
    problem = "" if kind else loaded.vault_problem
    if as_json:
        output.document({"vault": chosen.kind.value, "writable": chosen.is_writable, "problem": problem})
        return 0
    if chosen.is_writable:
        output.show(f"Secrets rest {_PLACES[chosen.kind]}.", markup=False)
    else:
        output.show(_NO_PLACE, markup=False)
    return 0


def _file_key(loaded: Loaded) -> str:
    from tsh_sync_gui.core.settings import outside_value

    known = outside_value(loaded.home, "TSH_SECRET_KEY")
    return known or ask_secret("Passphrase for the file of secrets", confirm=True)


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
    from tsh_sync_gui.bootstrap.databases import share_settings

    if value is not None:
        validated({one.field: value})
    run(share_settings(loaded, {one.field: value}, progress=output.aside))


def _load_all(context: typer.Context, output: Output) -> Loaded:
    """Return all settings, those shared through the database too, as far as it can be reached."""
    from tsh_sync_gui.bootstrap.databases import with_shared_settings

    return run(with_shared_settings(_doors(context).load(), progress=output.aside))


def _doors(context: typer.Context) -> Doors:
    doors: Doors = context.obj
    return doors


def _shown(one: Declared, loaded: Loaded) -> str:
    return one.shown(loaded.text(one.field))


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
        "help": one.help,
        "used": not one.is_later,
    }
