"""A fault in four parts: what happened, what it means, what the app does, one button; details are folded."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr, with_whole_paths
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, set_glyph, set_property


class ProblemBox(QFrame):
    """Shows a Problem; *choice* is the text and the deed of its one button, *end* stands behind the title."""

    def __init__(
        self, problem: Problem, choice: tuple[str, Callable[[], object]] | None = None, *, end: QWidget | None = None
    ) -> None:
        super().__init__()
        self.setObjectName("note")
        self._icon = glyph("failed", "red")
        self._title = label("", "strong", wrap=True, selectable=True)
        self._meaning = label("", "body", wrap=True, selectable=True)
        self._doing = label("", "small", wrap=True)
        self._details = QPlainTextEdit()
        self._details.setReadOnly(True)
        self._details.setFont(theme.fixed_font())
        self._details.setMaximumHeight(140)
        self._details.setAccessibleName(tr("Details"))
        self._details.hide()
        self._fold = button(tr("Details"), "flat", icon_name="chevron-right")
        self._fold.setCheckable(True)
        self._fold.toggled.connect(self._unfold)
        self._copy = button(tr("Copy"), "flat", icon_name="copy")
        self._copy.clicked.connect(self._copy_details)
        self.choice: QPushButton | None = None
        self._deed = choice[1] if choice else None
        for part in (self._title, self._meaning):
            part.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)  # no caret in what is only read
            part.setAlignment((part.alignment() & ~Qt.AlignmentFlag.AlignVCenter) | Qt.AlignmentFlag.AlignTop)
        self._build(choice, end)
        self.show_problem(problem)

    def _build(self, choice: tuple[str, Callable[[], object]] | None, end: QWidget | None) -> None:
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 10, 12, 10)
        outer.setSpacing(4)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._title, 1)
        if end is not None:
            head.addWidget(end, 0, Qt.AlignmentFlag.AlignTop)
        outer.addLayout(head)
        outer.addWidget(self._meaning)
        outer.addWidget(self._doing)
        foot = QHBoxLayout()
        foot.setSpacing(4)
        if choice is not None:
            self.choice = button(choice[0], "primary")
            self.choice.clicked.connect(self._choose)
            foot.addWidget(self.choice)
        foot.addStretch(1)
        foot.addWidget(self._fold)
        foot.addWidget(self._copy)
        outer.addLayout(foot)
        outer.addWidget(self._details)

    def show_problem(self, problem: Problem) -> None:
        """Show another fault."""
        tone = "red" if problem.is_grave else problem.tone or "amber"
        set_property(self, "tone", tone)
        quiet = {"": "partly", "green": "check"}.get(problem.tone, "info")
        set_glyph(self._icon, "failed" if problem.is_grave else quiet, tone)
        self._title.setText(with_whole_paths(problem.title))
        for part, text in ((self._meaning, problem.meaning), (self._doing, problem.doing)):
            part.setText(with_whole_paths(text))
            part.setVisible(bool(text))
        self._details.setPlainText(problem.details)
        self._fold.setVisible(bool(problem.details))
        self._copy.setVisible(bool(problem.details))
        self.setAccessibleName(problem.title)

    def _choose(self) -> None:
        if self._deed is not None:
            self._deed()

    def _unfold(self, opened: bool) -> None:
        self._details.setVisible(opened)

    def _copy_details(self) -> None:
        QGuiApplication.clipboard().setText(
            f"{self._title.text()}\n{self._meaning.text()}\n{self._details.toPlainText()}"
        )
