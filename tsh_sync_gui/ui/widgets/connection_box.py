"""How the sign-in stands and where the secrets rest, with the buttons that change it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QLayout, QPushButton, QVBoxLayout, QWidget

from tsh_sync_gui.core.values import VaultKind
from tsh_sync_gui.ui.state.connection import is_signed_in, scope_words, sign_in_words, vault_words
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, glyph, label, set_glyph, set_icon, set_property, set_text, set_tip
from tsh_sync_gui.ui.widgets.flow import FlowLayout

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.secrets import VaultState
    from tsh_sync_gui.bootstrap.setup.values import TokenHealth
    from tsh_sync_gui.core.settings import Loaded


class ConnectionBox(QWidget):
    """Two lines: the sign-in and the vault. Its signals are wishes; who wires the program fulfils them."""

    sign_in = Signal()
    rotate = Signal()
    set_up = Signal()
    check_up = Signal()
    unlock = Signal()
    make_file = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._sign = glyph("info", "muted")
        self.words = label("", "strong", wrap=True)
        self._more = label("", "caption", wrap=True)
        self.sign_in_button = button(tr("Sign in again"), icon_name="person")
        self.rotate_button = button(tr("Renew the sign-in"), icon_name="refresh")
        self.rotate_button.setToolTip(tr("Gets a new refresh token; the old one is kept until the new one has worked."))
        self.set_up_button = button(tr("Open the set-up"), icon_name="settings")
        self.check_button = button(tr("Check everything"), icon_name="check")
        self._lock = glyph("lock", "muted")
        self.vault_words = label("", "small", wrap=True, selectable=True)
        self.unlock_button = button(tr("Open it…"), icon_name="lock")
        self.file_button = button(tr("Make an encrypted file…"))
        self._build()

    def _build(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.words)
        words.addWidget(self._more)
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(self._sign)
        first.addLayout(words, 1)
        second = QHBoxLayout()
        second.setSpacing(8)
        second.addWidget(self._lock)
        second.addWidget(self.vault_words, 1)
        buttons = FlowLayout()
        beside = QHBoxLayout()
        beside.addSpacing(24)
        beside.addLayout(buttons, 1)
        pairs: tuple[tuple[QLayout, QPushButton, SignalInstance], ...] = (
            (buttons, self.sign_in_button, self.sign_in),
            (buttons, self.rotate_button, self.rotate),
            (buttons, self.set_up_button, self.set_up),
            (buttons, self.check_button, self.check_up),
            (second, self.unlock_button, self.unlock),
            (second, self.file_button, self.make_file),
        )
        for row, made, signal in pairs:
            made.clicked.connect(signal)
            row.addWidget(made)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 12, 10)
        column.setSpacing(10)
        column.addLayout(first)
        column.addLayout(beside)
        column.addLayout(second)
        self.show_vault(None)

    def show_sign_in(self, loaded: Loaded, health: TokenHealth | None) -> None:
        """Show how the sign-in stands; without *health* as far as the settings tell."""
        good = is_signed_in(loaded, health)
        needs = health is not None and health.state == "needs_you"
        tone = "red" if needs else "green" if good else "amber"
        set_glyph(self._sign, "failed" if needs else "check" if good else "info", tone)
        set_text(self.words, sign_in_words(loaded, health))
        more = scope_words(health)
        set_text(self._more, more)
        self._more.setVisible(bool(more))
        set_tip(self._more, "\n".join(sorted(health.scopes)) if health is not None else "")
        set_text(self.sign_in_button, tr("Sign in again") if good or needs else tr("Sign in"))
        kind = "" if good or loaded.vault_problem else "primary"
        set_property(self.sign_in_button, "kind", kind)
        set_icon(self.sign_in_button, "person", kind)
        self.rotate_button.setVisible(good)
        for one in (self.sign_in_button, self.set_up_button):
            one.setVisible(not loaded.is_demo)
        if loaded.is_demo:
            self.rotate_button.hide()

    def show_vault(self, state: VaultState | None) -> None:
        """Show where the secrets rest; None while that is not known, or for the demo."""
        self._lock.setVisible(state is not None)
        self.vault_words.setVisible(state is not None)
        closed = state is not None and state.kind is VaultKind.FILE and bool(state.problem)
        self.unlock_button.setVisible(closed)
        self.file_button.setVisible(state is not None and not state.is_writable)
        if state is not None:
            set_text(self.vault_words, vault_words(state.kind, state.problem, is_writable=state.is_writable))
            set_property(self.vault_words, "tone", "red" if state.problem else "")
