"""The questions for the file of secrets that a step may come to: a passphrase for a new one, or for a closed one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from PySide6.QtWidgets import QWidget

from tsh_sync_gui.core.errors import VaultLockedError
from tsh_sync_gui.ui.actions import problem_from
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.passphrase import PassphraseQuestion
from tsh_sync_gui.ui.wizard.secrets_file import make_file, open_file


class Asker(Protocol):
    """The page that came to it."""

    def run(
        self,
        coroutine: Coroutine[Any, Any, Any],
        words: str,
        then: Callable[[Any], object],
        *,
        otherwise: Callable[[BaseException], object] | None = None,
    ) -> None:
        """Await *coroutine* while *words* say so."""
        ...

    def again(self) -> None:
        """Do once more what failed."""
        ...

    def fail(self, error: BaseException) -> None:
        """Show what went wrong."""
        ...


class FileQuestions:
    """Asks over *window* on behalf of *page*, which goes on when the file is open."""

    def __init__(self, page: Asker, window: QWidget) -> None:
        self._page = page
        self._window = window
        self._question: PassphraseQuestion | None = None

    def ask_new(self) -> None:
        """Ask for the passphrase of a file to be made."""
        text = tr("Secrets are kept in a file of this computer that only the passphrase opens. It can't be recovered.")
        heading = tr("Make an encrypted file for secrets")
        PassphraseQuestion(self._window, heading, text, go=self._make, deed=tr("Make the file"), new=True).open()

    def ask(self) -> None:
        """Ask for the passphrase of the file that is closed; a wrong one is said in the question."""
        heading, text = tr("Open the file of secrets"), tr("It stays open for as long as the program runs.")
        self._question = PassphraseQuestion(self._window, heading, text, go=self._open, stays=True)
        self._question.finished.connect(self._forget)
        self._question.open()

    def _make(self, passphrase: str) -> None:
        self._page.run(make_file(passphrase), tr("Making the file…"), lambda _nothing: self._page.again())

    def _open(self, passphrase: str) -> None:
        self._page.run(open_file(passphrase), tr("Opening the file…"), self._opened, otherwise=self._not_opened)

    def _opened(self, _nothing: None) -> None:
        if self._question is not None:
            self._question.accept()
        self._page.again()

    def _not_opened(self, error: BaseException) -> None:
        """Say it in the question, where another passphrase can be tried; whoever left it is told on the page."""
        if self._question is not None and isinstance(error, VaultLockedError):
            self._question.refuse(problem_from(error))
            return
        if self._question is not None:
            self._question.close()
        self._page.fail(error)

    def _forget(self) -> None:
        self._question = None
