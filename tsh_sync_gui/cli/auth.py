"""`tsh-sync auth`: signs in to Zoho without a window, and says how the sign-in stands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.errors import ConfirmationRequiredError, NotConnectedError

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.setup.service import Setup
    from tsh_sync_gui.bootstrap.setup.values import EnvFile, Step, TokenHealth

app = typer.Typer(no_args_is_help=True, help="The sign-in at Zoho: login, status, import-env, rotate, revoke.")
_FAILED, _WRONG_USE, _PARTLY, _NEEDS_YOU = 1, 2, 3, 4

ClientId = Annotated[str, typer.Option("--client-id", help="From Zoho's API console. Its secret is asked for.")]
Kind = Annotated[str, typer.Option("--client-type", help="server, desktop or self, as Zoho's console shows it.")]
Region = Annotated[
    str, typer.Option("--data-centre", "--data-center", help="us, eu, in, au, jp, ca, sa, cn, uk, ae, or find.")
]
Products = Annotated[str, typer.Option("--products", help="books, inventory or books,inventory.")]
Code = Annotated[bool, typer.Option("--code", help="Sign in by a self client's code, typed or piped in.")]
Organization = Annotated[str, typer.Option("--organization", help="The number of the organization to work with.")]


@app.command()
def login(
    context: typer.Context,
    *,
    client_id: ClientId = "",
    client_type: Kind = "",
    data_centre: Region = "",
    products: Products = "",
    code: Code = False,
    organization: Organization = "",
    as_json: options.Json = False,
) -> int:
    """Sign in: open the printed address in any browser, or paste the address it landed on.

    Secrets are typed unseen or piped in, one a line: the client secret first, if it is asked for.
    """
    from tsh_sync_gui.cli.signing_in import AppOptions, sign_in

    output = Output(as_json)
    wanted = AppOptions(client_id=client_id, client_type=client_type, data_centre=data_centre, products=products)

    async def work() -> int:
        async with _doors(context).setup(output.aside) as setup:
            return await sign_in(setup, output, wanted, by_code=code, organization=organization)

    return run(work())


@app.command()
def rotate(context: typer.Context, *, code: Code = False, as_json: options.Json = False) -> int:
    """Sign in anew and revoke the former sign-in, as soon as the new one has worked."""
    from tsh_sync_gui.cli.signing_in import AppOptions, sign_in

    output = Output(as_json)

    async def work() -> int:
        async with _doors(context).setup(output.aside) as setup:
            if (await setup.health()).state == "none":
                raise NotConnectedError("Nobody is signed in", advice="Run `tsh-sync auth login`.")
            await setup.settle_rotation()
            return await sign_in(setup, output, AppOptions(), by_code=code, replaces=True)

    return run(work())


@app.command()
def status(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Say how the sign-in stands. Exit code 4: somebody must sign in, or open the vault; 1: it could not be tried."""
    output = Output(as_json)

    async def work() -> TokenHealth:
        async with _doors(context).setup(output.aside) as setup:
            await setup.settle_rotation()
            return await setup.health()

    health = run(work())
    if as_json:
        output.document(_health_document(health))
    else:
        output.show(health.words, markup=False)
        for words in _health_lines(health):
            output.show(words, markup=False)
    if health.state != "ok":
        return _NEEDS_YOU
    return _FAILED if health.problem else 0


@app.command("import-env")
def import_env(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The .env to take over.")],
    *,
    good_only: Annotated[
        bool, typer.Option("--good-only", help="Take over the good lines though others are bad.")
    ] = False,
    as_json: options.Json = False,
) -> int:
    """Take a .env over: its secrets into the vault, the rest as settings.

    Bad lines are named by number; then nothing is changed, and the exit code is 2, or 3 where --good-only took the
    good ones.
    """
    output = Output(as_json)

    async def work() -> tuple[EnvFile, bool]:
        async with _doors(context).setup(output.aside) as setup:
            found = await setup.read_env(file)
            is_taken = bool(found.values) and (good_only or not found.problems)
            if is_taken:
                begun = await is_begun(setup)
                if "database_url" not in found.values:
                    await ensure_database(setup, output)
                await setup.take_over(found)
                await mark(setup, begun=begun)
            return found, is_taken

    found, is_taken = run(work())
    _tell_import(found, output, is_taken=is_taken)
    if not found.problems:
        return 0
    return _PARTLY if is_taken else _WRONG_USE


@app.command()
def revoke(
    context: typer.Context,
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: options.Json = False,
) -> int:
    """End the sign-in at Zoho and forget it on this machine."""
    output = Output(as_json)
    if not yes:
        _ask_first(output)

    async def work() -> None:
        async with _doors(context).setup(output.aside) as setup:
            await setup.revoke()

    run(work())
    if as_json:
        output.document({"state": "none"})
    else:
        output.show("The sign-in has ended, at Zoho and here.")
    return 0


def _ask_first(output: Output) -> None:
    import sys

    if not sys.stdin.isatty():
        raise ConfirmationRequiredError(
            "Revoking makes syncs wait until somebody signs in again", advice="Add --yes to do it without being asked."
        )
    if not typer.confirm("Syncs wait until somebody signs in again. Revoke?", err=True):
        output.aside("Nothing was changed.")
        raise typer.Exit(_WRONG_USE)


async def is_begun(setup: Setup) -> bool:
    """Tell whether somebody is at the window's set-up."""
    kept = await setup.ground.kept.read()
    return kept is not None and bool(kept.done)


async def mark(setup: Setup, *done: Step, begun: bool) -> None:
    """Note *done* where the window's set-up was *begun*; else it is not asked for any more."""
    from tsh_sync_gui.bootstrap.setup.values import Step

    if begun:
        for step in done:
            await setup.mark(step)
    elif await is_begun(setup):
        progress = await setup.progress()
        for step in Step:
            if step not in progress.done:
                await setup.mark(step, skipped=True)


async def ensure_database(setup: Setup, output: Output) -> None:
    """Choose the database that the settings name, where none was chosen yet: settings are shared through it."""
    if not await setup.ground.has_database():
        await setup.choose_database("", output.aside)


def _tell_import(found: EnvFile, output: Output, *, is_taken: bool) -> None:
    if output.as_json:
        lines = [
            {"line": line.number, "variable": line.variable, "shown": line.shown, "problem": line.problem}
            for line in found.lines
        ]
        output.document({"file": str(found.path), "taken_over": is_taken, "lines": lines})
    for line in found.problems:
        output.aside(f"Line {line.number}: {line.problem}")
    if output.as_json:
        return
    if not is_taken:
        output.aside(
            "Nothing was changed. Mend these lines, or add --good-only." if found.problems else "No value was found."
        )
        return
    names = ", ".join(line.variable for line in found.lines if line.variable and not line.problem)
    output.show(f"Taken over from {found.path}: {names}.", markup=False)


def _health_document(health: TokenHealth) -> dict[str, Any]:
    return {
        "state": health.state,
        "words": health.words,
        "problem": health.problem,
        "where": health.where,
        "minutes_left": health.minutes_left,
        "refreshes": health.refreshes,
        "refresh_limit": health.refresh_limit,
        "sign_ins": health.sign_ins,
        "sign_in_limit": health.sign_in_limit,
        "scopes": sorted(health.scopes),
    }


def _health_lines(health: TokenHealth) -> list[str]:
    lines = []
    if health.where:
        lines.append(f"Region: {health.where}")
    if health.minutes_left is not None:
        lines.append(f"Access token: {health.minutes_left} min left, renewed by itself")
    if health.state != "none":
        lines.append(f"Refreshes in the last 10 minutes: {health.refreshes} of {health.refresh_limit}")
        lines.append(f"Sign-ins of this app: {health.sign_ins} of {health.sign_in_limit}")
    if health.scopes:
        lines.append(f"Permissions: {', '.join(sorted(health.scopes))}")
    return lines


def _doors(context: typer.Context) -> Doors:
    doors: Doors = context.obj
    return doors
