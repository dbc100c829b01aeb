"""A list and what is opened of it beside; or the words in their place: being read, empty, or why it cannot be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSplitter, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.entities.registry import REGISTRY
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import label
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox

_NARROW: Final = 720
# Until the overview is read.
_TITLES: Final = {one.name: one.title for one in REGISTRY}
_HANDLE: Final = 12
_LIST_HEIGHT: Final = 170
_OPENED_HEIGHT: Final = 310


def _frame(parent: QWidget) -> QFrame:
    # What is put into a window from the top down is styled once, and not again with each container around it.
    made = QFrame(parent)
    made.setObjectName("panelbox")
    return made


class _Held(QWidget):
    """Gives *inside* all its room, and asks for a fixed least height: a layout asks for as much as words may take."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__()
        self._inside = inside
        self.setObjectName("scrolled")
        self.setMinimumHeight(_OPENED_HEIGHT)
        inside.setParent(self)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._inside.setGeometry(self.rect())


class ListPages(QStackedWidget):
    """*again* asks for another reading, *clear* for all that there is."""

    again = Signal()
    clear = Signal()

    def __init__(self, parent: QWidget | None, *, reading: str) -> None:
        super().__init__(parent)
        self.titles: Mapping[str, str] = {}
        self._split = QSplitter(Qt.Orientation.Horizontal, self)
        self._list_box, self._opened_box = _frame(self._split), _frame(self._split)
        self.beside = QStackedWidget(self._opened_box)
        self._nothing = label(tr("Choose a line to see it here."), "muted", wrap=True)
        self._error_page = QWidget()
        self._error_column = QVBoxLayout(self._error_page)
        self._box: ProblemBox | None = None
        self._reading = label(reading, "muted")

    def _fill(self, listed: QWidget, *opened: QWidget, empty: QWidget, least: tuple[int, int]) -> None:
        """Put what is made into its places; *least* is how narrow the list and what is opened may become."""
        inside = QVBoxLayout(self._list_box)
        inside.setContentsMargins(1, 1, 1, 1)
        inside.addWidget(listed)
        column = QVBoxLayout(self._opened_box)
        column.setContentsMargins(14, 12, 14, 10)
        self._nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for one in (self._nothing, *opened):
            self.beside.addWidget(one)
        # In a low window it scrolls, and its parts are not pushed into one another.
        area = QScrollArea(self._opened_box)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(_Held(self.beside))
        column.addWidget(area)
        self._list_box.setMinimumHeight(_LIST_HEIGHT)
        split = self._split
        for box, width in zip((self._list_box, self._opened_box), least, strict=True):
            box.setMinimumWidth(width)
            split.addWidget(box)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(_HANDLE)
        split.setStretchFactor(0, 3)
        split.setStretchFactor(1, 2)
        split.setSizes([590, 390])
        self._error_column.setContentsMargins(0, 0, 0, 0)
        self._error_column.addStretch(1)
        self._reading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        for page in (self._reading, split, empty, self._error_page):
            self.addWidget(page)

    def title_of(self, entity: str) -> str:
        """Return an entity's name as people read it."""
        return tr(self.titles.get(entity) or _TITLES.get(entity, entity)) if entity else ""

    def show_error(self, problem: Problem) -> None:
        """Say why it cannot be read, with the way to try again."""
        if self._box is not None:
            self._error_column.removeWidget(self._box)
            self._box.hide()
            self._box.deleteLater()
        self._box = ProblemBox(problem, (tr("Try again"), self.again.emit))
        self._error_column.insertWidget(0, self._box)
        self.setCurrentWidget(self._error_page)

    def show_reading(self) -> None:
        """Say that it is being read, before anything was."""
        self.setCurrentWidget(self._reading)

    @property
    def is_shown(self) -> bool:
        """Tell whether the list is shown, and not words in its place."""
        return self.currentWidget() is self._split

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # Where there is no room beside the list, what is opened stands below it.
        is_narrow = event.size().width() < _NARROW
        self._split.setOrientation(Qt.Orientation.Vertical if is_narrow else Qt.Orientation.Horizontal)
