"""Tries a database address and opens the database again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, set_property, set_text

Test = Callable[[str], Coroutine[Any, Any, str]]


def words_of(error: BaseException) -> str:
    """Return an error as a line."""
    problem = problem_from(error)
    return f"{problem.title}. {problem.meaning}" if problem.meaning else problem.title


class DatabaseTools(QWidget):
    """Two buttons and a verdict; *address* is what is to be tried, *reopen* says that it shall be used."""

    reopen = Signal()

    def __init__(self, actions: Actions, test: Test, address: Callable[[], str]) -> None:
        super().__init__()
        self._actions = actions
        self._test = test
        self._address = address
        self.test_button = button(tr("Test connection"), icon_name="database")
        self.test_button.clicked.connect(self._try)
        again = button(tr("Open the database again"), icon_name="refresh")
        again.setToolTip(tr("A new address counts from the next opening on."))
        again.clicked.connect(self.reopen)
        self.verdict = label("", "small", wrap=True, selectable=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 2, 16, 10)
        row.setSpacing(8)
        row.addWidget(self.test_button)
        row.addWidget(again)
        row.addWidget(self.verdict, 1)

    def _try(self) -> None:
        self._judge(tr("Trying…"), "")
        self._actions.run(
            self._test(self._address()),
            then=lambda words: self._judge(words, "green"),
            otherwise=lambda error: self._judge(words_of(error), "red"),
            busy=self.test_button,
        )

    def _judge(self, words: str, tone: str) -> None:
        set_text(self.verdict, words)
        set_property(self.verdict, "tone", tone)
