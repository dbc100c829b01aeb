"""The wizard's right side: which step this is, its page, and the buttons below."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from tsh_sync_gui.bootstrap.setup.values import Step
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import ElidedLabel, button, label, set_text
from tsh_sync_gui.ui.wizard.page import Page
from tsh_sync_gui.ui.wizard.parts import BusyLine
from tsh_sync_gui.ui.wizard.state.rail import before, counted, leads, titles

_WIDEST, _SIDE = 760, 28
_LAID_OUT_MS = 40


class Sheet(QWidget):
    """Shows one page at a time; what its buttons do is up to the wizard."""

    def __init__(self) -> None:
        super().__init__()
        self._counted, self.title = label("", "section"), label("", "heading")
        self._lead = label("", "muted", wrap=True)
        self._pages = QVBoxLayout()
        self.area = QScrollArea()
        self.opening = BusyLine()
        self.back = button(tr("Back"))
        self.skip = button("", "flat")
        self.next = button(tr("Next"), "primary")
        self.missing = ElidedLabel("", "caption")
        self.missing.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setMaximumWidth(_WIDEST + 2 * _SIDE)
        column = QVBoxLayout(inside)
        column.setContentsMargins(_SIDE, 20, _SIDE, 20)
        column.setSpacing(4)
        for part in (self._counted, self.title, self._lead):
            column.addWidget(part)
        column.addSpacing(12)
        column.addWidget(self.opening)
        column.addLayout(self._pages, 1)
        self.area.setWidget(inside)
        self.area.setWidgetResizable(True)
        self.area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.area, 1)
        whole.addWidget(self._footer())

    def _footer(self) -> QFrame:
        foot = QFrame()
        foot.setObjectName("statusbar")
        inside = QWidget()
        inside.setMaximumWidth(_WIDEST + 2 * _SIDE)
        outer = QHBoxLayout(foot)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(inside, 1000)
        outer.addStretch(1)
        row = QHBoxLayout(inside)
        row.setContentsMargins(_SIDE, 10, _SIDE, 10)
        row.setSpacing(8)
        row.addWidget(self.back)
        row.addWidget(self.missing, 1)
        row.addWidget(self.skip)
        row.addWidget(self.next)
        self.back.setToolTip(tr("Alt+Left"))
        self.next.setToolTip(tr("Enter"))
        self.next.setMinimumWidth(110)
        return foot

    def add_page(self, page: Page) -> None:
        """Take in a page; it is shown when its step comes."""
        page.hide()
        self._pages.addWidget(page)

    def show_step(self, step: Step) -> None:
        """Say which step this is."""
        set_text(self._counted, counted(step))
        set_text(self.title, titles()[step])
        set_text(self._lead, leads()[step])
        self.area.verticalScrollBar().setValue(0)

    def show_offers(self, page: Page | None) -> None:
        """Show what can be pressed on *page*; nothing while there is none."""
        for part in (self.back, self.missing, self.skip, self.next):
            part.setVisible(page is not None)
        if page is None:
            return
        self.back.setEnabled(before(page.step) is not None)
        set_text(self.next, page.next_text)
        self.next.setEnabled(page.can_go_on)
        self.missing.setText("" if page.can_go_on or page.is_busy else page.missing)
        set_text(self.skip, page.skip_text)
        self.skip.setVisible(bool(page.skip_text))
        box = page.problem_box
        if box is not None:
            QTimer.singleShot(_LAID_OUT_MS, box, lambda: self.area.ensureWidgetVisible(box, 0, 24))
