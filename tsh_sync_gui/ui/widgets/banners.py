"""What stands over every screen while something has to be opened: the database, or the place of the secrets."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from tsh_sync_gui.ui.state.live import Connection
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox


class Banners(QWidget):
    """*reopen* wants the database opened again, *unlock* the place of the secrets."""

    reopen = Signal()
    unlock = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.database = ProblemBox(Problem(title=""), (tr("Open the database again"), self.reopen.emit))
        self.vault = ProblemBox(Problem(title=""), (tr("Open it…"), self.unlock.emit))
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 10, 20, 0)
        column.setSpacing(8)
        for one in (self.database, self.vault):
            column.addWidget(one)
            one.hide()
        self._shown: tuple[object, ...] = ()
        self.hide()

    def show_state(self, database: Connection, vault_problem: str) -> None:
        """Show the database's fault while it is down, and why the secrets cannot be read, "" when they can."""
        if (database, vault_problem) == self._shown:
            return
        self._shown = (database, vault_problem)
        if not database.up:
            self.database.show_problem(database_problem(database))
        if vault_problem:
            meaning = tr("Nothing is synced and no webhook is checked until it is opened.")
            self.vault.show_problem(Problem(title=vault_problem, meaning=meaning))
        self.database.setVisible(not database.up)
        self.vault.setVisible(bool(vault_problem))
        self.setVisible(not database.up or bool(vault_problem))


def database_problem(database: Connection) -> Problem:
    """Return the words for a database that is away."""
    title = database.title or tr("Database not reachable")
    return Problem(
        title=title, meaning=database.advice, doing=tr("What is shown is what was read last."), is_grave=True
    )
