"""Exporting settings to a file and taking them over from one, with the questions that belong to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.settings_deeds import SettingsDeeds
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.dialogs import Choice, Question
from tsh_sync_gui.ui.widgets.passphrase import PassphraseQuestion

if TYPE_CHECKING:
    from tsh_sync_gui.bootstrap.settings_file import SettingsFile

_NAME = "tsh-sync-settings.toml"
_FILTER = "TSH Sync (*.toml)"


class Transfer(QObject):
    """*fill* gets the values of an imported file, to be looked at and saved; *tell* what a person should know."""

    def __init__(
        self,
        parent: QWidget,
        actions: Actions,
        *,
        fill: Callable[[Mapping[str, str]], object],
        tell: Callable[[Problem], object],
    ) -> None:
        super().__init__(parent)
        self._window = parent
        self._actions = actions
        self._fill = fill
        self._tell = tell
        self.deeds: SettingsDeeds | None = None

    def ask_export(self) -> None:
        """Ask whether secrets go along, then where to."""
        choices = (
            Choice(tr("Without secrets"), "primary", lambda: self._choose_target("")),
            Choice(tr("With secrets…"), "", self._ask_new),
            Choice(tr("Cancel")),
        )
        text = tr("What is not the default is written into a file. Secrets go along only encrypted by a passphrase.")
        Question(self._window, tr("Export settings"), text, choices).open()

    def _ask_new(self) -> None:
        text = tr("Whoever has the file and this passphrase has your sign-in. A forgotten one opens nothing.")
        heading = tr("A passphrase for the secrets")
        PassphraseQuestion(
            self._window, heading, text, go=self._choose_target, deed=tr("Choose the file"), new=True
        ).open()

    def _choose_target(self, passphrase: str) -> None:
        dialog = QFileDialog(self._window, tr("Export settings"), str(Path.home() / _NAME), _FILTER)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("toml")
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name), passphrase))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def export_to(self, path: Path, passphrase: str) -> None:
        """Write the file and say so."""
        if self.deeds is not None:
            self._actions.run(
                self.deeds.export(path, passphrase),
                then=lambda count: self._tell(
                    Problem(
                        title=tr("%Ln setting(s) exported", None, count),
                        meaning=tr("{file}, with secrets, encrypted.").format(file=path)
                        if passphrase
                        else tr("{file}, without secrets.").format(file=path),
                        tone="green",
                    )
                ),
                otherwise=self._failed,
            )

    def ask_import(self) -> None:
        """Ask which file."""
        dialog = QFileDialog(self._window, tr("Import settings"), str(Path.home()), _FILTER)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.import_from(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def import_from(self, path: Path) -> None:
        """Read the file; its values are shown as changes that are not saved yet."""
        if self.deeds is not None:
            self._actions.run(self.deeds.read(path), then=self._taken, otherwise=self._failed)

    def _taken(self, file: SettingsFile) -> None:
        self._fill(file.values)
        if file.sealed:
            text = tr("The file {file} has secrets too. Its passphrase opens them.").format(file=file.path.name)
            heading = tr("Take the secrets over?")
            PassphraseQuestion(self._window, heading, text, go=lambda phrase: self._open(file, phrase)).open()

    def _open(self, file: SettingsFile, passphrase: str) -> None:
        async def opened() -> Mapping[str, str]:
            return await asyncio.to_thread(file.secrets, passphrase)

        self._actions.run(opened(), then=self._fill, otherwise=self._failed)

    def _failed(self, error: BaseException) -> None:
        self._tell(problem_from(error))
