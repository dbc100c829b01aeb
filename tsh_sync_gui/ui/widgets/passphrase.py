"""Asks for a passphrase, unseen; for a new one twice."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QLineEdit, QWidget
from typing_extensions import override

from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr, with_whole_paths
from tsh_sync_gui.ui.widgets.basics import label, set_text
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question

SHORTEST = 8


class PassphraseQuestion(Question):
    """A question whose answer is a passphrase; *go* gets it, *new* asks for it twice and for its length.

    One that *stays* is open until whoever got the passphrase calls `accept`, or `refuse` with what is wrong with it.
    """

    def __init__(
        self,
        parent: QWidget,
        heading: str,
        text: str,
        *,
        go: Callable[[str], object],
        deed: str = "",
        new: bool = False,
        stays: bool = False,
    ) -> None:
        super().__init__(parent, heading, text, (Choice(deed or tr("Open"), "primary", self._go), Choice(tr("Cancel"))))
        self._deed = go
        self._new = new
        self._stays = stays
        self._why = label(" ", "caption", wrap=stays)
        self.first = self._field(tr("Passphrase, at least %Ln characters", None, SHORTEST) if new else tr("Passphrase"))
        self.second = self._field(tr("The same again")) if new else self.first
        self.content.addWidget(self._why)
        self._why.setVisible(new or stays)
        self._judge()
        self.first.setFocus()

    def _field(self, words: str) -> QLineEdit:
        made = QLineEdit()
        made.setEchoMode(QLineEdit.EchoMode.Password)
        made.setPlaceholderText(words)
        made.setAccessibleName(words)
        made.textChanged.connect(self._judge)
        self.content.addWidget(made)
        return made

    def _judge(self) -> None:
        text, why = self.first.text().strip(), ""
        if self._new and 0 < len(text) < SHORTEST:
            why = tr("Still %Ln character(s) too short.", None, SHORTEST - len(text))
        elif self._new and self.second.text().strip() not in {"", text}:
            why = tr("The two are not the same.")
        good = bool(text) and (not self._new or self.second.text().strip() == text) and not why
        self.buttons[0].setEnabled(good)
        set_text(self._why, why or " ")

    @override
    def _choose(self, choice: Choice) -> None:
        if not self._stays or choice.deed is None:
            super()._choose(choice)
            return
        self.buttons[0].setEnabled(False)
        self.first.setEnabled(False)
        choice.deed()

    def refuse(self, problem: Problem) -> None:
        """Say why it was not the right one, and ask again."""
        self.first.setEnabled(True)
        self.first.selectAll()
        self.first.setFocus()
        self._judge()
        set_text(self._why, with_whole_paths("\n".join(part for part in (problem.title, problem.meaning) if part)))
        self.fit()

    def _go(self) -> None:
        self._deed(self.first.text().strip())
