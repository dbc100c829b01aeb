"""A `.env` that is about to be taken over: its lines as rows, and what will happen in words."""

from __future__ import annotations

from tsh_sync_gui.bootstrap.setup.values import EnvFile
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.wizard.state.cells import Cell, Row


def env_rows(file: EnvFile) -> tuple[Row, ...]:
    """Return a row per line: number, variable, value as it may be seen, and what is wrong."""
    return tuple(
        Row(
            key=str(line.number),
            cells=(
                Cell(number(line.number), align="end", tone="muted"),
                Cell(line.variable, fixed=True),
                Cell(line.shown, fixed=True),
                Cell(line.problem, icon="partly", tone="amber")
                if line.problem
                else Cell(tr("will be taken over"), icon="check", tone="green"),
            ),
        )
        for line in file.lines
    )


def env_summary(file: EnvFile) -> str:
    """Return how many lines are good and how many are not."""
    good = tr("%Ln value(s) can be taken over", None, len(file.values))
    if not file.problems:
        return f"{good}."
    named = ", ".join(number(line.number) for line in file.problems[:6])
    bad = tr("%Ln line(s) cannot: {lines}", None, len(file.problems)).format(lines=named)
    return f"{good}; {bad}."


def take_over_text(file: EnvFile) -> str:
    """Return what the button says."""
    return tr("Take over %Ln value(s)", None, len(file.values))
