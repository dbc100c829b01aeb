"""`tsh-sync doctor`: checks everything and says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from tsh_sync_gui.cli import options
from tsh_sync_gui.cli.doors import Doors
from tsh_sync_gui.cli.output import Output
from tsh_sync_gui.cli.running import run

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.doctor import Finding

_MARKS = {"ok": ("✓", "green"), "warning": ("!", "yellow"), "fault": ("✗", "red")}


def doctor(context: typer.Context, *, as_json: options.Json = False) -> int:
    """Check the database, the sign-in, the organization, its permissions, the disk and the clock.

    It costs about one call to Zoho per kind of record.
    """
    from tsh_sync_gui.bootstrap.doctor import examine

    doors: Doors = context.obj
    output = Output(as_json)
    findings: list[Finding] = []

    async def work() -> None:
        async for finding in examine(doors.load(), progress=output.aside):
            findings.append(finding)
            if not as_json:
                _print(finding, output)

    run(work())
    if as_json:
        output.document(
            {
                "ok": all(one.exit_code == 0 for one in findings),
                "checks": [
                    {"check": one.check, "grade": one.grade.value, "sentence": one.sentence, "advice": one.advice}
                    for one in findings
                ],
            }
        )
    codes = {one.exit_code for one in findings}
    return next((code for code in (2, 1, 4, 5) if code in codes), 0)


def _print(finding: Finding, output: Output) -> None:
    from rich.markup import escape

    mark, colour = _MARKS[finding.grade.value]
    output.show(f"[{colour}]{mark}[/] [bold]{finding.check:<14}[/] {escape(finding.sentence)}")
    if finding.advice:
        output.show(f"{'':17}{escape(finding.advice)}")
