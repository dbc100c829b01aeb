"""A small table of facts: no sorting, no filter, rows are kept so that nothing jumps."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableWidget, QTableWidgetItem
from typing_extensions import override

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.icons import icon
from tsh_sync_gui.ui.wizard.state.cells import Cell, Row

_ROW = 34


class FactTable(QTableWidget):
    """Rows of cells; the column *wide* takes what room is left. Ctrl+C copies the chosen rows, all when none is."""

    def __init__(
        self, name: str, columns: Sequence[tuple[str, int]], *, wide: int = -1, ends: Sequence[int] = ()
    ) -> None:
        super().__init__(0, len(columns))
        self._rows: tuple[Row, ...] = ()
        self.setAccessibleName(name)
        self.setObjectName("facts")
        self.setHorizontalHeaderLabels([title for title, _width in columns])
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(_ROW)
        head = self.horizontalHeader()
        head.setHighlightSections(False)
        head.setSectionsClickable(False)
        head.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        for place, (_title, width) in enumerate(columns):
            is_wide = place == (wide % len(columns))
            head.setSectionResizeMode(
                place, QHeaderView.ResizeMode.Stretch if is_wide else QHeaderView.ResizeMode.Fixed
            )
            if not is_wide:
                self.setColumnWidth(place, width)
            item = self.horizontalHeaderItem(place)
            if place in ends and item is not None:
                item.setTextAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self._fit()

    @property
    def rows(self) -> tuple[Row, ...]:
        """Return what is shown."""
        return self._rows

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Show *rows*; only cells that differ are touched."""
        before, self._rows = self._rows, tuple(rows)
        if len(before) != len(self._rows):
            self.setRowCount(len(self._rows))
            self._fit()
        for place, row in enumerate(self._rows):
            for column, cell in enumerate(row.cells):
                old = before[place] if place < len(before) else None
                if old is None or old.strong != row.strong or old.cells[column] != cell:
                    self.setItem(place, column, self._item(cell, strong=row.strong))

    @staticmethod
    def _item(cell: Cell, *, strong: bool) -> QTableWidgetItem:
        made = QTableWidgetItem(cell.text)
        colors = theme.current()
        if cell.tone:
            made.setForeground(colors.color(cell.tone))
        if cell.icon:
            made.setIcon(icon(cell.icon, cell.tone or "muted"))
        end = Qt.AlignmentFlag.AlignTrailing if cell.align == "end" else Qt.AlignmentFlag.AlignLeading
        made.setTextAlignment(end | Qt.AlignmentFlag.AlignVCenter)
        font = theme.fixed_font() if cell.fixed else theme.font("small")
        font.setBold(strong)
        made.setFont(font)
        tip = cell.hint or cell.text
        made.setToolTip(tip)
        made.setData(Qt.ItemDataRole.AccessibleTextRole, cell.text)
        made.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        return made

    def repaint_colors(self) -> None:
        """Take the colours of another theme."""
        rows, self._rows = self._rows, ()
        self.setRowCount(0)
        self.set_rows(rows)

    def _fit(self) -> None:
        self.setFixedHeight(self.sizeHint().height())

    @override
    def sizeHint(self) -> QSize:
        head = max(28, self.horizontalHeader().sizeHint().height())
        return QSize(480, head + max(1, self.rowCount()) * _ROW + 2)

    @override
    def showEvent(self, event: QShowEvent) -> None:
        self._fit()  # its head has got its style in the window
        super().showEvent(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            chosen = sorted({index.row() for index in self.selectedIndexes()}) or range(len(self._rows))
            lines = ["\t".join(cell.copied or cell.text for cell in self._rows[place].cells) for place in chosen]
            QGuiApplication.clipboard().setText("\n".join(lines))
            return
        super().keyPressEvent(event)
