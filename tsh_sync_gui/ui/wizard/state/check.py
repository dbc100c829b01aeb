"""The check step: a row per entity as the answers come, and what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from tsh_sync_gui.bootstrap.setup.values import EntityCheck
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.wizard.state.cells import Cell, Row

_LEFT_TO_RIGHT: Final = "\u200e"


def check_rows(names: Sequence[tuple[str, str]], lines: Sequence[EntityCheck], *, runs: bool) -> tuple[Row, ...]:
    """Return a row for each entity of *names* (name, title); those without an answer wait while the check *runs*."""
    answered = {line.entity: line for line in lines}
    rows = [
        _row(answered.pop(name)) if name in answered else _open_row(name, title, runs=runs) for name, title in names
    ]
    return (*rows, *map(_row, answered.values()))


def _open_row(name: str, title: str, *, runs: bool) -> Row:
    waiting = Cell(tr("asking…"), tone="muted") if runs else Cell("–", tone="muted")
    return Row(key=name, cells=(Cell(tr(title)), waiting, Cell(""), Cell("", align="end"), Cell("")))


def _row(line: EntityCheck) -> Row:
    if line.is_absent:
        cells = (Cell(tr(line.title)), Cell("–", tone="muted"), Cell(""), Cell("", align="end"))
        return Row(key=line.entity, cells=(*cells, Cell(line.problem, tone="muted", hint=line.advice)))
    return Row(
        key=line.entity,
        cells=(Cell(tr(line.title)), _may(line.may_read), _may_write(line), _sample(line), _note(line)),
    )


def _may(allowed: bool) -> Cell:
    if allowed:
        return Cell(tr("yes"), icon="check", tone="green")
    return Cell(tr("no"), icon="failed", tone="red")


def _may_write(line: EntityCheck) -> Cell:
    if line.may_write is None:
        return Cell(tr("not needed"), tone="muted")
    return _may(line.may_write)


def _sample(line: EntityCheck) -> Cell:
    if line.sample is None:
        return Cell("", align="end")
    text = f"{_LEFT_TO_RIGHT}{number(line.sample)}+{_LEFT_TO_RIGHT}" if line.more else number(line.sample)
    hint = tr("More than one page") if line.more else ""
    return Cell(text, align="end", hint=hint)


def _note(line: EntityCheck) -> Cell:
    if line.missing_scope:
        text = tr("Missing permission: {scope}").format(scope=line.missing_scope)
        return Cell(text, tone="red", hint=" ".join(part for part in (line.problem, line.advice) if part))
    if line.problem:
        tone = "red" if not line.may_read else "amber"
        return Cell(line.problem, tone=tone, hint=line.advice)
    return Cell("")


def missing_scopes(lines: Sequence[EntityCheck]) -> frozenset[str]:
    """Return the permissions another sign-in should ask for."""
    return frozenset(line.missing_scope for line in lines if line.missing_scope)


def summary(lines: Sequence[EntityCheck], *, of: int, runs: bool) -> str:
    """Return one sentence on how far the check is."""
    if runs:
        return tr("{done} of {all} asked").format(done=number(len(lines)), all=number(of))
    if not lines:
        return ""
    lines = [line for line in lines if not line.is_absent]
    bad = sum(not line.may_read or line.may_write is False for line in lines)
    if not bad:
        return tr("All %Ln kinds of records can be synced.", None, len(lines))
    return tr("{good} of {all} kinds of records can be synced.").format(
        good=number(len(lines) - bad), all=number(len(lines))
    )


def check_problem(lines: Sequence[EntityCheck]) -> Problem | None:
    """Return what a missing permission means, None when nothing is missing."""
    scopes = missing_scopes(lines)
    if not scopes:
        return None
    without = [tr(line.title) for line in lines if line.missing_scope]
    return Problem(
        title=tr("Not allowed: {entities}").format(entities=", ".join(without)),
        meaning=tr("The sign-in does not include {scopes}.").format(scopes=", ".join(sorted(scopes))),
        doing=tr("The others are synced all the same."),
        is_grave=True,
    )


def can_go_on(lines: Sequence[EntityCheck]) -> bool:
    """Tell whether at least one entity can be read."""
    return any(line.may_read for line in lines)
