"""A number in a small round field."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy

from tsh_sync_gui.ui.state.texts import number
from tsh_sync_gui.ui.widgets.basics import set_property, set_text

_MOST = 1000  # more has no room beside a name; who asks for the number is told it in words


class Badge(QLabel):
    """Hidden at zero; what it counts is said by the control it stands in. The theme draws it."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("badge")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_count(self, count: int, tone: str) -> None:
        """Show *count* in the colours of *tone*."""
        set_text(self, "" if not count else number(count) if count < _MOST else f"{number(_MOST - 1)}+")
        set_property(self, "tone", tone)
        if self.isHidden() is bool(count):
            self.setVisible(bool(count))
