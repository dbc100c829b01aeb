"""`tsh-sync token`: who may use the HTTP API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from tsh_sync_gui.cli import options, words
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run
from tsh_sync_gui.core.values import iso

if TYPE_CHECKING:
    from tsh_sync_gui.store.api_tokens import ApiToken, PgApiTokens

app = typer.Typer(no_args_is_help=True, help="Tokens of the HTTP API.")
T = TypeVar("T")


@app.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="Who will use it.")],
    *,
    as_json: options.Json = False,
) -> int:
    """Make a token; it is shown this once."""
    from tsh_sync_gui.engine.outcomes import user_name

    output = Output(as_json)
    token, text = run(_with(context, output, lambda tokens: tokens.create(name, by=user_name())))
    if as_json:
        output.document({**_document(token), "token": text})
        return 0
    output.show(text, markup=False)
    output.aside("Keep it now: it is not shown again. Callers send it as “Authorization: Bearer …”.")
    return 0


@app.command("list")
def show(context: typer.Context, *, as_json: options.Json = False) -> int:
    """List the tokens; of each only its start is known."""
    output = Output(as_json)
    found = run(_with(context, output, lambda tokens: tokens.all()))
    if as_json:
        output.document({"tokens": [_document(one) for one in found]})
        return 0
    if not found:
        output.show("There are no tokens. `tsh-sync token create NAME` makes one.")
        return 0
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Id", "Name", "Starts", words.in_zone("Made"), "By", words.in_zone("Last used"), "State"):
        table.add_column(heading, no_wrap=True)
    for one in found:
        state = "revoked" if one.revoked_at else "valid"
        made, used = words.local(one.created_at), words.local(one.last_used_at) or "never"
        table.add_row(str(one.id), one.name, f"{one.starts}…", made, one.created_by, used, state)
    output.show(table)
    return 0


@app.command("revoke")
def revoke(
    context: typer.Context,
    token: Annotated[str, typer.Argument(metavar="ID|NAME", help="Its number, or its name.")],
    *,
    as_json: options.Json = False,
) -> int:
    """Let nobody in by a token any more; at once."""
    output = Output(as_json)
    numbers = run(_with(context, output, lambda tokens: tokens.revoke(token)))
    if as_json:
        output.document({"revoked": numbers})
        return 0
    output.show("Revoked." if len(numbers) == 1 else f"{len(numbers)} tokens are revoked.")
    return 0


async def _with(context: typer.Context, output: Output, work: Callable[[PgApiTokens], Awaitable[T]]) -> T:
    from tsh_sync_gui.bootstrap.databases import open_database
    from tsh_sync_gui.store.api_tokens import PgApiTokens

    doors: Doors = context.obj
    async with open_database(doors.load(), progress=output.aside) as database:
        return await work(PgApiTokens(database))


def _document(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "name": token.name,
        "starts": token.starts,
        "created_by": token.created_by,
        "created_at": iso(token.created_at),
        "last_used_at": iso(token.last_used_at),
        "revoked_at": iso(token.revoked_at),
    }
