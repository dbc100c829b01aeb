"""The bar of unsaved changes."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout

from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_text


class SaveBar(QFrame):
    """Says what is changed and not saved yet; hidden while nothing is."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("statusbar")
        self._words = label("", "strong")
        self._names = label("", "muted")
        self.save_button = button(tr("Save"), "primary", hint="Ctrl+S")
        self.revert_button = button(tr("Revert"))
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 8, 20, 8)
        row.setSpacing(10)
        row.addWidget(self._words)
        row.addWidget(self._names, 1)
        row.addWidget(self.revert_button)
        row.addWidget(self.save_button)
        self.hide()

    def show_changes(self, titles: list[str], faulty: int) -> None:
        """Show the changed settings by title, and how many of them can't be saved."""
        self.setVisible(bool(titles))
        words = tr("%Ln unsaved change(s)", None, len(titles))
        if faulty:
            words += " · " + tr("%Ln cannot be saved", None, faulty)
        set_text(self._words, words)
        shown = ", ".join(titles[:4]) + (" …" if len(titles) > 4 else "")
        set_text(self._names, shown)
        self.save_button.setEnabled(faulty < len(titles))
