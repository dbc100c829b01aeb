"""The report of a dry run: figures by entity, and what would become of each record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tsh_sync_gui.engine.ports import Foreseen, RunInfo
from tsh_sync_gui.engine.views import DryRun, SyncReport
from tsh_sync_gui.ui.state.columns import Column
from tsh_sync_gui.ui.state.texts import number, tr

Entries = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]

_LOOKS: Final = {
    "create": ("check", "green"),
    "update": ("refresh", "blue"),
    "delete": ("sweep", "red"),
    "skip": ("never", "grey"),
}
_ORDER: Final = ("delete", "create", "update", "skip")


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


@dataclass(frozen=True, slots=True)
class ForeseenRow:
    """One record in the preview's table."""

    place: int
    record: Foreseen
    title: str

    @property
    def key(self) -> str:
        """Return the record's place: several rows may be of one record."""
        return str(self.place)


def foreseen_rows(report: SyncReport, titles: Mapping[str, str]) -> list[ForeseenRow]:
    """Return the records of *report*: what would change first, then what stays."""
    records = [one for run in report.runs if isinstance(run, DryRun) for one in run.foreseen]
    records.sort(key=lambda one: (_ORDER.index(one.action), one.action == "skip" and not one.reason))
    return [ForeseenRow(place, one, tr(titles.get(one.entity, one.entity))) for place, one in enumerate(records)]


def unlisted(report: SyncReport) -> int:
    """Return how many records are counted, but not listed."""
    return sum(_seen(run) - len(run.foreseen) for run in report.runs if isinstance(run, DryRun))


def _seen(run: RunInfo) -> int:
    counts = run.counts
    return counts.created + counts.updated + counts.unchanged + counts.deleted + counts.failed


def action_word(action: str) -> str:
    """Return what would be done with a record."""
    return {
        "create": tr("Create"),
        "update": tr("Update"),
        "delete": tr("Delete"),
        "skip": tr("Skip"),
    }[action]


def reason_text(record: Foreseen) -> str:
    """Return why that would be done."""
    match record.action:
        case "create":
            return tr("new in Zoho")
        case "update":
            fields = tr(", ").join(one.replace("_", " ") for one in record.fields)
            return tr("differs: {fields}").format(fields=fields) if fields else tr("came back in Zoho")
        case "delete":
            return tr("gone in Zoho")
        case _:
            return tr(record.reason) if record.reason else tr("the same already")


def foreseen_columns() -> tuple[Column[ForeseenRow], ...]:
    """Return the columns of the preview's table."""
    return (
        Column(
            key="action",
            title=tr("Would"),
            text=lambda row: action_word(row.record.action),
            value=lambda row: row.record.action,
            icon=lambda row: _LOOKS[row.record.action][0],
            tone=lambda row: _LOOKS[row.record.action][1],
            width=88,
        ),
        Column(
            key="label",
            title=tr("Record"),
            text=lambda row: row.record.label or row.record.id or tr("(no id)"),
            value=lambda row: row.record.label,
            hint=lambda row: f"{row.title} · {row.record.id}",
            width=130,
        ),
        Column(
            key="reason",
            title=tr("Because"),
            text=lambda row: reason_text(row.record),
            value=lambda row: reason_text(row.record),
            hint=lambda row: reason_text(row.record),
            width=140,
        ),
        Column(key="entity", title=tr("Entity"), text=lambda row: row.title, value=lambda row: row.record.entity),
        Column(
            key="id", title=tr("Zoho id"), text=lambda row: row.record.id, value=lambda row: row.record.id, width=160
        ),
    )
