"""One run opened: what it did phase by phase, what failed, which calls it made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QTabWidget, QVBoxLayout, QWidget

from tsh_sync_gui.engine.views import RunDetail
from tsh_sync_gui.ui.state.columns import Column, Keyed
from tsh_sync_gui.ui.state.offers import is_review
from tsh_sync_gui.ui.state.run_detail import (
    CallRow,
    DetailState,
    FailureRow,
    GoneRow,
    Step,
    call_columns,
    detail_state,
    failure_columns,
    gone_columns,
)
from tsh_sync_gui.ui.state.run_log import log_columns, log_rows
from tsh_sync_gui.ui.state.texts import number, tr
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, line
from tsh_sync_gui.ui.widgets.pill import StatePill
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox
from tsh_sync_gui.ui.widgets.table import DataTable

Row = TypeVar("Row", bound=Keyed)

_STAGES = {
    "done": ("check", "green"),
    "now": ("running", "blue"),
    "open": ("never", "grey"),
    "stopped": ("stop", "amber"),
}


class RunPanel(QWidget):
    """Shows a RunDetail; *approved* says that the deletes may be made, *export_wanted* carries a table.

    *letters_wanted* carries the run whose dead letters are to be shown.
    """

    approved = Signal(str)
    letters_wanted = Signal(str)
    export_wanted = Signal(object)

    def __init__(self, detail: RunDetail, title: str, *, now: datetime, zone: str, settings: QSettings | None) -> None:
        super().__init__()
        self._detail = detail
        self._settings = settings
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(18, 4, 18, 18)
        self._column.setSpacing(12)
        self.state = detail_state(detail, title, now=now, zone=zone)
        self._head(self.state)
        if is_review(detail.run):
            self._review(self.state)
        elif self.state.problem is not None:
            self._column.addWidget(ProblemBox(self.state.problem))
        if detail.run.counts.failed or detail.rejected:
            self._letters(detail.run.id)
        self._steps(self.state.steps)
        self._facts(self.state)
        self._tables()

    def _head(self, state: DetailState) -> None:
        row = QHBoxLayout()
        row.addWidget(StatePill(state.look))
        extra = state.result.removeprefix(state.look.word).lstrip(", ،")
        row.addWidget(label(extra, "muted"), 1)
        self._column.addLayout(row)

    def _steps(self, steps: tuple[Step, ...]) -> None:
        box = QVBoxLayout()
        box.setSpacing(4)
        for step in steps:
            icon_name, tint = _STAGES[step.stage]
            row = QHBoxLayout()
            row.setSpacing(8)
            row.addWidget(glyph(icon_name, tint))
            row.addWidget(label(step.word))
            row.addStretch(1)
            row.addWidget(label(step.note, "muted"))
            box.addLayout(row)
        self._column.addWidget(label(tr("PHASES"), "section"))
        self._column.addLayout(box)
        self._column.addWidget(line())

    def _facts(self, state: DetailState) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(5)
        grid.setColumnStretch(1, 1)
        for place, (name, value) in enumerate(state.lines):
            grid.addWidget(label(name, "small"), place, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(value, "body", wrap=True, selectable=True), place, 1)
        self._column.addLayout(grid)

    def _letters(self, run: str) -> None:
        """Put the way to the records that could not be taken."""
        self.letters = button(tr("Open dead letters of this run"), "soft", icon_name="failed-records")
        self.letters.clicked.connect(lambda: self.letters_wanted.emit(run))
        row = QHBoxLayout()
        row.addWidget(self.letters)
        row.addStretch(1)
        self._column.addLayout(row)

    def _review(self, state: DetailState) -> None:
        """Put the list of what would go first, and the one decision below it."""
        gone = self._detail.gone
        if state.problem is not None:
            self._column.addWidget(ProblemBox(state.problem))
        table: DataTable[GoneRow] = DataTable(
            gone_columns(), tr("Records to delete"), empty=tr("The list is not kept.")
        )
        table.set_rows([GoneRow(one) for one in gone])
        table.export_wanted.connect(lambda: self.export_wanted.emit(table))
        table.setMinimumHeight(240)
        self._column.addWidget(table)
        yes = button(tr("Delete %Ln record(s) here", None, len(gone)) if gone else tr("Approve the deletes"), "danger")
        yes.setToolTip(tr("They are marked as deleted and can be brought back."))
        yes.clicked.connect(self._approve)
        row = QHBoxLayout()
        row.addWidget(yes)
        row.addStretch(1)
        self._column.addLayout(row)

    def _approve(self) -> None:
        self.approved.emit(self._detail.run.entity)

    def _tables(self) -> None:
        tabs = QTabWidget()
        tabs.setDocumentMode(True)
        tabs.setMinimumHeight(260)
        self._add_tab(tabs, call_columns(), tr("Calls"), tr("No calls are kept for this run.")).set_rows(
            [CallRow(place, call) for place, call in enumerate(self._detail.calls)]
        )
        self._add_tab(tabs, failure_columns(), tr("Failures"), tr("No record failed in this run.")).set_rows(
            [FailureRow(place, one) for place, one in enumerate(self._detail.rejected)]
        )
        self._add_tab(tabs, log_columns(), tr("Log"), tr("Nothing is kept of this run.")).set_rows(
            log_rows(self._detail)
        )
        counts = (len(self._detail.calls), len(self._detail.rejected))
        for place, count in enumerate(counts):
            tabs.setTabText(place, f"{tabs.tabText(place)} {number(count)}")
        if self._detail.rejected:
            tabs.setCurrentIndex(1)
        self._column.addWidget(tabs, 1)

    def _add_tab(self, tabs: QTabWidget, columns: Sequence[Column[Row]], name: str, empty: str) -> DataTable[Row]:
        table: DataTable[Row] = DataTable(columns, name, empty=empty, settings=self._settings)
        table.export_wanted.connect(lambda: self.export_wanted.emit(table))
        tabs.addTab(table, name)
        return table
