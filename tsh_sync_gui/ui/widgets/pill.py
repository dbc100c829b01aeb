"""A state as icon, word and colour."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from tsh_sync_gui.ui.state.words import Look
from tsh_sync_gui.ui.widgets.basics import glyph, label, set_glyph, set_property, set_text

_ICON, _GAP, _SIDE, _HEIGHT = 13, 5, 9, 22


class StatePill(QFrame):
    """A rounded badge drawn by the theme; "outline" tones have a border and no fill."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("pill")
        self.setFixedHeight(_HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self._look: Look | None = None
        self._icon = glyph(look.icon, look.tone.value.partition("_")[0], side=_ICON)
        self._word = label(look.word, "pill")
        self._word.setAlignment(Qt.AlignmentFlag.AlignCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(_SIDE, 0, _SIDE, 0)
        row.setSpacing(_GAP)
        row.addWidget(self._icon)
        row.addWidget(self._word)
        self.show_look(look)

    def show_look(self, look: Look) -> None:
        """Show another state."""
        if look == self._look:
            return
        self._look = look
        tone = look.tone.value
        set_property(self, "tone", tone)
        set_property(self._word, "tone", tone.partition("_")[0])
        set_glyph(self._icon, look.icon, tone.partition("_")[0])
        set_text(self._word, look.word)
        self.setAccessibleName(look.word)
