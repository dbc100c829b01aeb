"""The strip above the inbox: the listener, its address, and today's figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.state.webhooks import Cell
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, label, set_property, set_text, set_tip

_WIDE: Final = frozenset({"address"})


class WebhookStrip(QFrame):
    """One cell for each figure: its name in small above its value; the address takes the room that is left."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("panelbox")
        self.setAccessibleName(tr("Webhooks today"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 8, 14, 8)
        self._row.setSpacing(18)
        self._values: dict[str, QLabel] = {}

    def show_cells(self, cells: Sequence[Cell]) -> None:
        """Show figures."""
        for cell in cells:
            value = self._values.get(cell.key) or self._add(cell)
            if isinstance(value, ElidedLabel):
                value.setText(cell.value)
            else:
                set_text(value, cell.value)
            set_property(value, "tone", cell.tone)
            hint = f"{cell.value}\n{cell.hint}" if cell.key in _WIDE else cell.hint
            set_tip(value, hint)
            value.setAccessibleName(f"{cell.name}: {cell.value}")

    def text(self, key: str) -> str:
        """Return a figure as it is shown."""
        return self._values[key].text()

    def _add(self, cell: Cell) -> QLabel:
        column = QVBoxLayout()
        column.setSpacing(1)
        value = ElidedLabel("", "strong") if cell.key in _WIDE else label("", "strong")
        if cell.key == "address":
            value.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
        column.addWidget(label(cell.name, "caption"))
        column.addWidget(value)
        self._row.addLayout(column, 1 if cell.key in _WIDE else 0)
        self._values[cell.key] = value
        return value
