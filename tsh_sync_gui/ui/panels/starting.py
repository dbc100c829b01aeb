"""What stands in the window until the service is open, or why it does not open."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.bar import ProgressLine
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, set_text
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox

_LOOK_MS = 100


class Way(Enum):
    """What a person can do about a service that does not open."""

    AGAIN = auto()
    SETTINGS = auto()
    UNLOCK = auto()


class StartingPage(QWidget):
    """A calm page with what is being done now; *again*, *settings*, *unlock* and *setup* are its one button's deed."""

    again = Signal()
    settings = Signal()
    unlock = Signal()
    setup = Signal()
    check_up = Signal()

    def __init__(self, words: Callable[[], str]) -> None:
        super().__init__()
        self.setObjectName("page")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._words = words
        self._line = label(tr("Starting database…"), "muted")
        self._line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._heading = label(tr("Starting"), "heading")
        self._bar = ProgressLine(tr("Starting"))
        self._bar.setFixedWidth(320)
        self._bar.show_share(None, tr("Starting database…"))
        self._box: ProblemBox | None = None
        self._is_asking = False
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self.check_button = button(tr("Check everything"), "flat", icon_name="check")
        self.check_button.clicked.connect(self.check_up)
        self.check_button.hide()
        self._column = QVBoxLayout(self)
        self._column.setSpacing(14)
        self._column.addStretch(2)
        for part in (glyph("logo", side=52), self._heading, self._bar, self._line):
            self._column.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addWidget(self.check_button, 0, Qt.AlignmentFlag.AlignHCenter)
        self._column.addStretch(3)

    def begin(self) -> None:
        """Show that the service is being opened."""
        self._forget_box()
        self._heading.setText(tr("Starting"))
        self._bar.show()
        self._line.show()
        self._timer.start()
        self._look()

    def fail(self, problem: Problem, way: Way) -> None:
        """Show why the service does not open, with one button."""
        choices: dict[Way, tuple[str, Callable[[], object]]] = {
            Way.SETTINGS: (tr("Open settings"), self.settings.emit),
            Way.UNLOCK: (tr("Open it…"), self.unlock.emit),
            Way.AGAIN: (tr("Try again"), self.again.emit),
        }
        self._show_box(problem, choices[way], tr("The program could not start its work"))
        self.check_button.show()

    def _show_box(self, problem: Problem, choice: tuple[str, Callable[[], object]], heading: str) -> None:
        self._timer.stop()
        self._forget_box()
        self._heading.setText(heading)
        self._bar.hide()
        self._line.hide()
        self._box = ProblemBox(problem, choice)
        self._box.setFixedWidth(560)
        self._column.insertWidget(self._column.count() - 2, self._box, 0, Qt.AlignmentFlag.AlignHCenter)
        if self._box.choice is not None:
            self._box.choice.setFocus()

    def ask_setup(self) -> None:
        """Say that the set-up is to be finished first, with the way there."""
        problem = Problem(
            title=tr("Not connected to Zoho yet"),
            meaning=tr("Finish the set-up, then everything is synced by itself. What you did so far is kept."),
            tone="blue",
        )
        self._show_box(problem, (tr("Go on with the set-up"), self.setup.emit), tr("Almost there"))
        self._is_asking = True

    @property
    def asks_setup(self) -> bool:
        """Tell whether the set-up is waited for."""
        return self._is_asking and self._box is not None

    @property
    def problem_box(self) -> ProblemBox | None:
        """Return the box with the fault, None while there is none."""
        return self._box

    def end(self) -> None:
        """Stop looking for words."""
        self._timer.stop()

    def _forget_box(self) -> None:
        self._is_asking = False
        self.check_button.hide()
        if self._box is not None:
            self._column.removeWidget(self._box)
            self._box.deleteLater()
            self._box = None

    def _look(self) -> None:
        words = self._words()
        set_text(self._line, tr(words) if words else tr("Starting database…"))
