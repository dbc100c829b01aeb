"""`tsh-sync doctor`: checks everything and says what to do; `--connection` asks Zoho one question."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.doctor import Finding, Readout

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "fault": ("✗", "red")}
_ENDS = {
    "ok": "All is well.",
    "warning": "Syncs can work; some things had better be another way.",
    "fault": "Something must be mended before syncs can work.",
}
_WIDE = 16

Connection = Annotated[
    bool, typer.Option("--connection", help="Only ask Zoho who we are: one call, and the answer in one line.")
]


def doctor(context: typer.Context, *, connection: Connection = False, as_json: options.Json = False) -> int:
    """Check settings, secrets, disk, database, sign-in, organization, permissions, quota, clocks and deliveries.

    It costs about one call to Zoho per kind of record.
    """
    doors: Doors = context.obj
    output = Output(as_json)
    return _connection(doors, output) if connection else _everything(doors, output)


def _everything(doors: Doors, output: Output) -> int:
    from tsh_sync_gui.bootstrap.doctor import document, examine, exit_code, worst

    findings: list[Finding] = []

    async def work() -> None:
        async with aclosing(examine(_read(doors), progress=output.aside)) as found:
            async for finding in found:
                findings.append(finding)
                if not output.as_json:
                    _print(finding, output)

    run(work())
    if output.as_json:
        output.document(document(findings))
    else:
        output.show(_ENDS[worst(findings).value])
    return exit_code(findings)


def _read(doors: Doors) -> Readout:
    """Load the settings; one bad value is named, and does not hide what else there is to find."""
    from tsh_sync_gui.bootstrap.doctor import Readout, read
    from tsh_sync_gui.core import log
    from tsh_sync_gui.core.errors import ConfigurationError

    try:
        return Readout(loaded=doors.load())
    except ConfigurationError:
        found = read()
        if found.loaded is not None:
            log.configure(found.loaded.home)
        return found


def _connection(doors: Doors, output: Output) -> int:
    from tsh_sync_gui.bootstrap.connection import ConnectionTest, try_connection
    from tsh_sync_gui.bootstrap.doctor import code_of
    from tsh_sync_gui.core.errors import ConfigurationError

    try:
        tested = run(try_connection(doors.load(), progress=output.aside))
    except ConfigurationError as error:
        tested = ConnectionTest(error=error)
    if output.as_json:
        output.document(tested.document())
    elif tested.error is None:
        output.show(
            f"Connected: {tested.organization} ({tested.organization_id}), API {tested.api_version}.", markup=False
        )
    if tested.error is None:
        return 0
    if not output.as_json:
        output.problem(tested.error)
    return code_of(tested.error)


def _print(finding: Finding, output: Output) -> None:
    from rich.markup import escape

    mark, colour = _MARKS[finding.grade.value]
    output.show(f"[{colour}]{mark}[/] [bold]{escape(finding.title):<{_WIDE}}[/] {escape(finding.sentence)}")
    if finding.advice:
        output.show(f"{'':{_WIDE + 3}}{escape(finding.advice)}")
