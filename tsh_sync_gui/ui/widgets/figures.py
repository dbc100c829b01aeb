"""A row of numbers, each with its word below."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from tsh_sync_gui.ui.state.cards import Figure
from tsh_sync_gui.ui.state.texts import number
from tsh_sync_gui.ui.widgets.basics import label, set_property, set_text, set_tip


class FigureRow(QWidget):
    """Equal in height, as wide as the words need; zero is quiet."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 2, 0, 2)
        self._row.setSpacing(10)
        self._shown: tuple[Figure | None, ...] = ()
        self._cells: list[tuple[QLabel, QLabel]] = []

    def show_figures(self, figures: Sequence[Figure], title: str) -> None:
        """Show *figures*; *title* says of which run they are."""
        while len(self._cells) < len(figures):
            self._add()
        if len(self._shown) != len(figures):
            for place, cell in enumerate(self._cells):
                for part in cell:
                    part.setVisible(place < len(figures))
        before = self._shown + (None,) * len(figures)
        self._shown = tuple(figures)
        for (value, word), figure, old in zip(self._cells, figures, before, strict=False):
            if figure == old:
                continue
            set_text(value, figure.value)
            set_text(word, figure.word)
            set_property(value, "tone", figure.tone)
            set_property(value, "role", "muted" if figure.value == number(0) else "strong")
        spoken = ", ".join(f"{figure.value} {figure.word}" for figure in figures)
        self.setAccessibleName(f"{title}: {spoken}")
        set_tip(self, title)

    def _add(self) -> None:
        if self._cells:
            self._row.addStretch(1)
        value, word = label("", "muted"), label("", "caption")
        column = QVBoxLayout()
        column.setSpacing(0)
        column.addWidget(value)
        column.addWidget(word)
        self._row.addLayout(column)
        self._cells.append((value, word))
