"""Asks before a deed that would stop runs; one question at a time, and it follows what runs meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.summary import running_here
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question


def _stops() -> str:
    return tr("It stops after the page in work; nothing is half-written, and the next start goes on from there.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """A deed that ends runs: the question while *what* runs, the same when nothing does any more, and the answers."""

    while_running: str
    when_idle: str
    choices: tuple[Choice, ...]
    deed: Callable[[], object]


class StopQuestion(QObject):
    """Stands between a person's wish and the end of runs."""

    def __init__(self, session: Session, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._window = window
        self._asked: Stopping | None = None
        self.dialog: Question | None = None
        session.changed.connect(self._follow)

    def ask(self, stopping: Stopping) -> bool:
        """Do it at once where nothing of ours runs, else ask; True when it was done."""
        if self._session.service is not None:
            self._session.tick()  # what has ended a moment ago is not asked about
        what = running_here(self._session.state)
        self.close()
        if not what:
            stopping.deed()
            return True
        self._asked = stopping
        self.dialog = Question(self._window, stopping.while_running.format(what=what), _stops(), stopping.choices)
        self.dialog.finished.connect(self._forget)
        self.dialog.open()
        return False

    def close(self) -> None:
        """Take the question away; it is answered, or another takes its place."""
        dialog = self.dialog
        self._forget()
        if dialog is not None:
            dialog.reject()

    def _forget(self) -> None:
        self.dialog = self._asked = None

    def _follow(self) -> None:
        if self.dialog is None or self._asked is None:
            return
        what = running_here(self._session.state)
        if what:
            self.dialog.say(self._asked.while_running.format(what=what), _stops())
        else:
            self.dialog.say(self._asked.when_idle, "")
