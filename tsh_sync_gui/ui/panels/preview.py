"""The report of a dry run at the side: what a real one would do with which record, and its price."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from tsh_sync_gui.engine.views import SyncReport
from tsh_sync_gui.ui.state.preview import (
    Entries,
    ForeseenRow,
    foreseen_columns,
    foreseen_rows,
    preview_entries,
    unlisted,
)
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, line
from tsh_sync_gui.ui.widgets.table import DataTable


class PreviewPanel(QWidget):
    """Shows a dry run's report; *wanted* says that the real run may begin, *export_wanted* carries the table."""

    wanted = Signal()
    export_wanted = Signal(object)

    def __init__(self, report: SyncReport, titles: Mapping[str, str], *, settings: QSettings | None) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(18, 4, 18, 18)
        self._column.setSpacing(10)
        self._column.addWidget(label(tr("The same checks as a real run. Nothing was written."), "muted", wrap=True))
        run = button(tr("Sync now"), "primary", icon_name="sync")
        run.clicked.connect(self.wanted)
        row = QHBoxLayout()
        row.addWidget(run)
        row.addStretch(1)
        self._column.addLayout(row)
        self._figures(preview_entries(report, titles))
        self._column.addWidget(label(tr("RECORDS"), "section"))
        self.table: DataTable[ForeseenRow] = DataTable(
            foreseen_columns(), tr("Preview"), empty=tr("No record would be touched."), settings=settings
        )
        self.table.set_rows(foreseen_rows(report, titles))
        self.table.setMinimumHeight(340)
        self.table.export_wanted.connect(lambda: self.export_wanted.emit(self.table))
        self._column.addWidget(self.table, 1)
        more = unlisted(report)
        if more > 0:
            self._column.addWidget(label(tr("%Ln more record(s) are counted above, not listed.", None, more), "small"))

    def _figures(self, entries: Entries) -> None:
        for title, lines in entries:
            self._column.addWidget(label(title, "strong"))
            grid = QGridLayout()
            grid.setVerticalSpacing(3)
            grid.setColumnStretch(0, 1)
            for place, (name, value) in enumerate(lines):
                grid.addWidget(label(name, "small"), place, 0)
                amount = label(value, "body")
                amount.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
                grid.addWidget(amount, place, 1)
            self._column.addLayout(grid)
            self._column.addWidget(line())
