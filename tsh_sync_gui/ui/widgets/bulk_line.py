"""How a retry of many letters stands: a bar, figures, and the way to stop it."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from tsh_sync_gui.engine.letters.values import LetterWork
from tsh_sync_gui.ui.state.dead_letters_work import progress_words, share_done, warning_words, work_tone
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.bar import ProgressLine
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, glyph, label, set_glyph, set_property, set_text, tool

_ICONS = {"green": "check", "red": "failed", "amber": "partly", "blue": "running"}


class BulkLine(QFrame):
    """Shows one retry; *cancelled* and *closed* carry its id."""

    cancelled = Signal(str)
    closed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("note")
        self.work: LetterWork | None = None
        self._icon = glyph("running", "blue")
        self._words = ElidedLabel("", "body")
        self._warning = label("", "small", wrap=True)
        self._bar = ProgressLine(tr("Retry of many records"))
        self.cancel = button(tr("Cancel"), "", icon_name="stop")
        self.close_it = tool("close", tr("Close"))
        self._build()
        self.hide()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._words, 1)
        row.addWidget(self.cancel)
        row.addWidget(self.close_it)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 8, 8)
        column.setSpacing(4)
        column.addLayout(row)
        column.addWidget(self._bar)
        column.addWidget(self._warning)
        self.cancel.clicked.connect(self._cancel)
        self.close_it.clicked.connect(self._close)

    def show_work(self, work: LetterWork, now: datetime, *, is_one_of: bool = False) -> None:
        """Show how *work* stands; it is *one of* several that are told of in turn, so its number is said."""
        if self.work is None or self.work.id != work.id:
            self.cancel.setEnabled(True)
        self.work = work
        tone, words = work_tone(work), progress_words(work, now)
        if is_one_of:
            words = tr("Retry {number}: {words}").format(number=work.id, words=words)
        set_property(self, "tone", tone)
        set_glyph(self._icon, _ICONS[tone], tone)
        self._words.setText(words)
        self._words.setToolTip(words)
        warning = warning_words(work)
        set_text(self._warning, warning)
        set_property(self._warning, "tone", "red" if work.new_failures else "")
        self._warning.setVisible(bool(warning))
        self._bar.show_share(share_done(work), words, calm=work.state.is_over)
        self._bar.setVisible(not work.state.is_over)
        self.cancel.setVisible(not work.state.is_over)
        self.close_it.setVisible(work.state.is_over)
        self.setAccessibleName(words)
        self.show()

    def _cancel(self) -> None:
        if self.work is not None:
            self.cancel.setEnabled(False)
            self.cancelled.emit(self.work.id)

    def _close(self) -> None:
        self.hide()
        if self.work is not None:
            self.closed.emit(self.work.id)
