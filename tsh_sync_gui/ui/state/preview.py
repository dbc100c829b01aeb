"""The report of a dry run in words."""

from __future__ import annotations

from collections.abc import Mapping

from tsh_sync_gui.engine.views import SyncReport
from tsh_sync_gui.ui.state.texts import number, tr

Entries = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]


def preview_entries(report: SyncReport, titles: Mapping[str, str]) -> Entries:
    """Return, for each run of *report*, its title and what it would do."""
    found = []
    for run in report.runs:
        counts = run.counts
        lines: tuple[tuple[str, str], ...] = (
            (tr("would be created"), number(counts.created)),
            (tr("would be updated"), number(counts.updated)),
            (tr("unchanged"), number(counts.unchanged)),
            (tr("would be deleted"), number(counts.deleted)),
            (tr("cannot be taken"), number(counts.failed)),
            (tr("calls this preview used"), number(run.calls.total)),
            (tr("calls a run would use"), number(run.forecast_calls) if run.forecast_calls is not None else "–"),
        )
        if run.title:
            lines = ((run.title, run.advice), *lines)
        found.append((tr(titles.get(run.entity, run.entity)), lines))
    return tuple(found)
