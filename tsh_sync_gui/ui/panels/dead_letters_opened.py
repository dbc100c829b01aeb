"""The letter that is opened beside the list: read when a row was chosen, read again when it has changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QObject, QTimer, Signal

from tsh_sync_gui.engine.letters.values import LetterDetail
from tsh_sync_gui.ui.letter_service import LetterService
from tsh_sync_gui.ui.panels.dead_letters_lists import LetterLists
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.problems import Problem

_SETTLED_MS: Final = 60


class OpenedLetter(QObject):
    """Keeps the detail beside the list true. *told* carries a result whose letter is not in front."""

    told = Signal(object)

    def __init__(self, session: Session, lists: LetterLists, *, is_busy: Callable[[str], bool]) -> None:
        super().__init__(lists)
        self._session = session
        self._lists = lists
        self._is_busy = is_busy
        self.service: LetterService | None = None
        self.letter = ""
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._read)

    def open_letter(self, letter: str) -> None:
        """Open *letter* once the focus rests on it: who runs down the list with J reads none on the way."""
        self.letter = letter
        self._settled.start()

    def read_again(self) -> None:
        """Read what is opened again."""
        if self.letter:
            self._settled.start()

    def _read(self) -> None:
        if self.service is None or not self.letter:
            return
        mine = self.letter
        self._session.actions.run(
            self.service.detail(mine), then=lambda detail: self._show(detail) if mine == self.letter else None
        )

    def _show(self, detail: LetterDetail | None) -> None:
        if detail is None:
            return
        letter, pane = detail.letter, self._lists.detail_pane
        pane.show_detail(detail, self._lists.title_of(letter.entity))
        pane.head.show_busy(busy=self._is_busy(letter.id), now=self._session.now)
        self._lists.open_detail()

    def show_busy(self, letter: str, busy: bool) -> None:
        """Let the buttons rest while the opened letter is being tried."""
        head = self._lists.detail_pane.head
        if letter == self.letter:
            head.show_busy(busy=busy, now=self._session.now)
            if busy:
                head.show_result(None)

    def show_end(self, letter: str, problem: Problem) -> None:
        """Show what became of a letter: at the letter where it is in front, else as a message."""
        detail = self._lists.detail_pane.detail
        is_in_front = self._lists.is_shown and not self._lists.in_groups and self._lists.isVisible()
        if letter == self.letter and is_in_front and detail is not None and detail.letter.id == letter:
            self._lists.detail_pane.head.show_result(problem)
        else:
            self.told.emit(problem)
        self.read_again()
