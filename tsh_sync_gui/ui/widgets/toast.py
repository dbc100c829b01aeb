"""A message above the screen: an error stays until it is closed, a note goes by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import tool
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox

_WIDTH, _MARGIN, _NOTE_MS = 420, 16, 6000


class Toast(QFrame):
    """Floats in the lower corner of *parent*."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._home = parent
        self.setObjectName("toast")
        self.setFixedWidth(_WIDTH)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 1, 1, 1)
        self._close = tool("close", tr("Close"))
        self._close.setObjectName("close")
        self._close.clicked.connect(self.hide)
        self._box: ProblemBox | None = None
        self._problem: Problem | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        if isinstance(parent, QStackedWidget):
            parent.currentChanged.connect(self.raise_)  # Qt puts the page that comes in front of all else
        self.hide()

    @property
    def shown(self) -> Problem | None:
        """Return what is shown, None when nothing is."""
        return self._problem if not self.isHidden() else None

    def show_problem(self, problem: Problem) -> None:
        """Show *problem*."""
        self._problem = problem
        if self._box is None:
            self._box = ProblemBox(problem, end=self._close)
            self._column.addWidget(self._box)
        else:
            self._box.show_problem(problem)
        self._timer.stop()
        if not problem.is_grave:
            self._timer.start(_NOTE_MS)
        self.setAccessibleName(problem.title)
        self.show()
        self.raise_()
        self._place()

    def _place(self) -> None:
        # Qt reckons words that go on over lines higher than they are.
        self.resize(_WIDTH, self._column.totalHeightForWidth(_WIDTH))
        home = self._home
        mirrored = self.layoutDirection() is Qt.LayoutDirection.RightToLeft
        left = _MARGIN if mirrored else home.width() - self.width() - _MARGIN
        self.move(left, home.height() - self.height() - _MARGIN)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False
