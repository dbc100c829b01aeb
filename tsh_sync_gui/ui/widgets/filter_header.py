"""A table's header with a row of filters below the titles."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHeaderView, QLineEdit
from typing_extensions import override

from tsh_sync_gui.ui.state.texts import tr

_GAP = 3


class FilterHeader(QHeaderView):
    """Titles that sort, and a field each that filters; *filtered* carries column and text."""

    filtered = Signal(int, str)

    def __init__(self, titles: Sequence[str]) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self.setSectionsClickable(True)
        self.setHighlightSections(False)
        self.setDefaultAlignment(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        self._fields: list[QLineEdit] = []
        self._has_fields = True
        for place, title in enumerate(titles):
            field = QLineEdit(self)
            field.setProperty("kind", "filter")
            field.setAccessibleName(tr("Filter {column}").format(column=title))
            field.setPlaceholderText(tr("Filter") if place == 0 else "")
            field.textChanged.connect(lambda text, place=place: self.filtered.emit(place, text))
            self._fields.append(field)
        self.sectionResized.connect(self._place)
        self.sectionMoved.connect(self._place)

    def hide_fields(self) -> None:
        """Show titles alone, for a list of a few rows."""
        self._has_fields = False
        self.updateGeometries()

    def set_filter(self, place: int, text: str) -> None:
        """Write *text* into a field."""
        self._fields[place].setText(text)

    @property
    def filters(self) -> list[str]:
        """Return what stands in the fields."""
        return [field.text() for field in self._fields]

    def focus_first(self) -> None:
        """Go to the first field."""
        self._fields[self.logicalIndex(0)].setFocus(Qt.FocusReason.ShortcutFocusReason)

    def clear(self) -> bool:
        """Empty all fields; False when they were empty."""
        full = [field for field in self._fields if field.text()]
        for field in full:
            field.clear()
        return bool(full)

    def _field_height(self) -> int:
        return self._fields[0].sizeHint().height() if self._fields else 0

    def _row_height(self) -> int:
        """Return the height of the row of fields with its margins."""
        return self._field_height() + 2 * _GAP if self._has_fields else 0

    @override
    def sizeHint(self) -> QSize:
        size = super().sizeHint()
        return QSize(size.width(), size.height() + self._row_height())

    @override
    def updateGeometries(self) -> None:
        self.setViewportMargins(0, 0, 0, self._row_height())
        super().updateGeometries()
        self._place()

    @override
    def setOffset(self, offset: int) -> None:
        super().setOffset(offset)
        self._place()

    def _place(self) -> None:
        height = self._field_height()
        top = self.height() - height - _GAP
        for place, field in enumerate(self._fields):
            hidden = self.isSectionHidden(place) or not self._has_fields
            field.setVisible(not hidden)
            if not hidden:
                left = self.sectionViewportPosition(place)
                field.setGeometry(left + _GAP, top, max(0, self.sectionSize(place) - 2 * _GAP), height)
