"""The part of the settings that shows sign-in and vault, and opens or makes the file of secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.settings_deeds import SettingsDeeds
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.connection_box import ConnectionBox
from tsh_sync_gui.ui.widgets.passphrase import PassphraseQuestion

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.setup.values import TokenHealth
    from tsh_sync_gui.core.settings import Loaded


class Connection(QObject):
    """*opened* says that the secrets can be read now; *wanted* asks for `show_health` with how the sign-in stands.

    `box.sign_in`, `box.rotate` and `box.set_up` are wishes that who wires the program fulfils.
    """

    opened = Signal()
    wanted = Signal()

    def __init__(self, window: QWidget, actions: Actions, *, tell: Callable[[Problem], object]) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._tell = tell
        self._loaded: Loaded | None = None
        self._health: TokenHealth | None = None
        self.deeds: SettingsDeeds | None = None
        self._question: PassphraseQuestion | None = None
        self.box = ConnectionBox()
        self.box.unlock.connect(self._ask_unlock)
        self.box.make_file.connect(self._ask_new)

    def show_loaded(self, loaded: Loaded) -> None:
        """Show the sign-in of *loaded*; how it really stands comes later."""
        if self._loaded is not None and self._loaded.home != loaded.home:
            self._health = None
        self._loaded = loaded
        self.box.show_sign_in(loaded, self._health)

    def show_health(self, health: TokenHealth) -> None:
        """Show how the sign-in stands."""
        self._health = health
        if self._loaded is not None:
            self.box.show_sign_in(self._loaded, health)

    def look(self) -> None:
        """Look again at vault and sign-in."""
        if self._loaded is None or self._loaded.is_demo:
            return
        self.wanted.emit()
        if self.deeds is not None:
            self._actions.run(self.deeds.vault(), then=self.box.show_vault, otherwise=self._failed)

    @property
    def closed_why(self) -> str:
        """Return why a file of secrets that is closed cannot be read, "" when it is none or open."""
        return self._loaded.vault_problem if self._loaded is not None and self.is_vault_closed else ""

    @property
    def is_vault_closed(self) -> bool:
        """Tell whether the secrets rest in a file that is closed."""
        return self._loaded is not None and self._loaded.vault is VaultKind.FILE and bool(self._loaded.vault_problem)

    def open_vault(self) -> None:
        """Open the place of the secrets: a file by its passphrase; a keychain is opened outside of the program."""
        if self.is_vault_closed:
            self._ask_unlock()
        else:
            self.opened.emit()

    def _ask_unlock(self) -> None:
        text = tr("It stays open until the program ends. TSH_SECRET_KEY in the environment opens it without asking.")
        self._question = PassphraseQuestion(
            self._window, tr("Open the file of secrets"), text, go=self._unlock, stays=True
        )
        self._question.finished.connect(self._forget_question)
        self._question.open()

    def _unlock(self, passphrase: str) -> None:
        if self.deeds is not None:
            self._actions.run(self.deeds.unlock(passphrase), then=self._unlocked, otherwise=self._not_unlocked)

    def _unlocked(self, _done: None) -> None:
        if self._question is not None:
            self._question.accept()
        self.opened.emit()

    def _not_unlocked(self, error: BaseException) -> None:
        """Say it in the question, where another passphrase can be tried."""
        if self._question is None:
            self._failed(error)
        else:
            self._question.refuse(problem_from(error))

    def _forget_question(self) -> None:
        self._question = None

    def _ask_new(self) -> None:
        text = tr("The secrets are encrypted with it. Write it down: without it nobody can open the file again.")
        PassphraseQuestion(
            self._window,
            tr("A passphrase for the file of secrets"),
            text,
            go=self._make,
            deed=tr("Make the file"),
            new=True,
        ).open()

    def _make(self, passphrase: str) -> None:
        if self.deeds is not None:
            self._actions.run(self.deeds.make_file(passphrase), then=lambda _: self.look(), otherwise=self._failed)

    def _failed(self, error: BaseException) -> None:
        self._tell(problem_from(error))
