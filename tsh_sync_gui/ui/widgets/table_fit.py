"""Lays the columns of a table out by the room there is, until a person arranges them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QTableView
from typing_extensions import override

from tsh_sync_gui.ui.state.column_fit import widths
from tsh_sync_gui.ui.state.columns import Column

_BESIDE: Final = 28
"""Room beside a heading: its margins and the mark of the order."""


class TableFit(QObject):
    """Belongs to a *view*; without a column that grows it leaves the table alone.

    *by_hand* tells that a person has arranged the columns: then they stay as they are.
    """

    def __init__(self, view: QTableView, columns: Sequence[Column[Any]]) -> None:
        super().__init__(view)
        self._view = view
        self._columns = columns
        self._yielded: frozenset[int] = frozenset()
        self._is_fitting = False
        self.is_used = any(one.grows for one in columns)
        self.by_hand = not self.is_used
        if self.is_used:
            view.viewport().installEventFilter(self)

    @property
    def is_moving(self) -> bool:
        """Tell whether what changes now is changed by the layout, and not by a person's hand."""
        pressed = bool(QGuiApplication.mouseButtons() & Qt.MouseButton.LeftButton)
        return self._is_fitting or (self.is_used and not pressed)

    def has_yielded(self, place: int) -> bool:
        """Tell whether a column is only hidden for want of room."""
        return place in self._yielded

    def arranged(self) -> None:
        """Leave the columns as a person has arranged them."""
        if not self.by_hand:
            self.by_hand = True
            self._yielded = frozenset()
            self._view.horizontalHeader().setStretchLastSection(True)

    def begin_anew(self) -> None:
        """Lay them out again, whoever arranged them."""
        self.by_hand = not self.is_used
        self.fit()

    def fit(self) -> None:
        """Lay the columns out by the room there is."""
        room = self._view.viewport().width()
        if self.by_hand or self._is_fitting or room <= 0:
            return
        self._is_fitting = True
        header = self._view.horizontalHeader()
        header.setStretchLastSection(False)
        found = widths(self._columns, self._least(), room)
        for place, width in enumerate(found):
            header.setSectionHidden(place, not width)
            if width and header.sectionSize(place) != width:
                header.resizeSection(place, width)
        self._yielded = frozenset(place for place, width in enumerate(found) if not width)
        self._is_fitting = False

    def _least(self) -> list[int]:
        """Return what each column needs: its own width, and room for its heading."""
        font = QFont(self._view.horizontalHeader().font())
        font.setBold(True)
        text = QFontMetrics(font)
        return [max(one.width, text.horizontalAdvance(one.title) + _BESIDE) for one in self._columns]

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)
