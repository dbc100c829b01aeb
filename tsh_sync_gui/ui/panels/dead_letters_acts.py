"""What keys, buttons and menus of the inspector mean: with which letters which deed is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from tsh_sync_gui.engine.letters.values import Letter, LetterDetail, LetterWork, quoted
from tsh_sync_gui.engine.outcomes import user_name
from tsh_sync_gui.ui.letter_service import LetterService
from tsh_sync_gui.ui.panels.dead_letters_deeds import LetterDeeds, Target
from tsh_sync_gui.ui.panels.dead_letters_lists import LetterLists
from tsh_sync_gui.ui.panels.dead_letters_menu import entries, letter_menu
from tsh_sync_gui.ui.session import Session
from tsh_sync_gui.ui.state.dead_letters import Marks, Shown, shown_of
from tsh_sync_gui.ui.state.dead_letters_work import WorkRow, work_columns
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.letter_bar import LetterBar
from tsh_sync_gui.ui.widgets.table import DataTable

_ONLY_ONE: Final = frozenset({"E"})
_NOTHING: Final = Target((), 0)


async def _locked(service: LetterService, letter: str) -> LetterDetail | None:
    await service.lock(letter)
    return await service.detail(letter)


class LetterActs(QObject):
    """Finds the letters that are meant and does the deed. *edited* carries the detail of a letter to be edited.

    *beside* carries a heading and a widget for the side of the window, *table_export_wanted* a table.
    """

    edited = Signal(object)
    beside = Signal(str, object)
    table_export_wanted = Signal(object)

    def __init__(
        self, owner: QWidget, session: Session, *, bar: LetterBar, lists: LetterLists, deeds: LetterDeeds
    ) -> None:
        super().__init__(owner)
        self._owner = owner
        self._session = session
        self._bar = bar
        self._lists = lists
        self._deeds = deeds
        self.service: LetterService | None = None
        self.as_of: datetime | None = None

    # Which letters

    def _shown(self, query: str) -> str:
        """Return the search for what was shown: what came since is done nothing with, for nobody has seen it."""
        return f"{query} before:{self.as_of.isoformat()}".strip() if self.as_of is not None else query

    @property
    def _marks(self) -> Marks:
        return Marks() if self._lists.in_groups else self._lists.letters.model.marks

    @property
    def letter(self) -> Letter | None:
        """Return the letter in focus, else the one that is opened."""
        if self._lists.in_groups:
            return None
        row = self._lists.letters.row(self._lists.letters.current)
        if row is not None:
            return row.letter
        detail = self._lists.detail_pane.detail
        return detail.letter if detail is not None else None

    def opened(self) -> Target:
        """Return the letter whose detail is shown."""
        detail = self._lists.detail_pane.detail
        return Target((detail.letter.id,), 1) if detail is not None else _NOTHING

    def group(self) -> Target:
        """Return all that match of the group in focus, else of the letter's."""
        group = self._lists.group if self._lists.in_groups else None
        if group is not None:
            return Target(self._shown(replace(self._bar.filter, group=group).query), group.count)
        letter = self.letter
        if letter is None:
            return _NOTHING
        known = (row.group for row in self._lists.groups.model.rows if _is_of(row.group.key, letter))
        count = next((one.count for one in known), 1)
        return Target(self._shown(f"entity:{quoted(letter.entity)} cause:={quoted(letter.cause)}"), count)

    def meant(self) -> Target:
        """Return what is marked, else the group or the letter in focus."""
        if len(self._marks):
            return Target(self._marks.which, len(self._marks))
        if self._lists.in_groups:
            return self.group()
        letter = self.letter
        return Target((letter.id,), 1) if letter is not None else _NOTHING

    def listed(self) -> Target:
        """Return what is marked, else all that match."""
        if len(self._marks):
            return Target(self._marks.which, len(self._marks))
        return Target(self._shown(self._bar.filter.query), self.matching)

    @property
    def matching(self) -> int:
        """Return how many letters match what is searched for."""
        if self._lists.in_groups:
            return sum(row.group.count for row in self._lists.groups.model.rows)
        return self._lists.letters.model.total

    @property
    def marked(self) -> int:
        """Return how many letters are marked."""
        return len(self._marks)

    def mark_all(self) -> None:
        """Mark all that match."""
        model = self._lists.letters.model
        model.use_marks(Marks(everything=self._shown(self._bar.filter.query), total=model.total))

    # Deeds

    def retry(self) -> None:
        """Try again what is meant: one at once, many after a question."""
        self._retry(self.meant())

    def retry_opened(self) -> None:
        """Try the opened letter again."""
        self._retry(self.opened())

    def retry_group(self) -> None:
        """Try all of a group again, after a question."""
        target = self.group()
        self._deeds.retry_many(target, tr("Retry all records of this cause?"))

    def retry_listed(self) -> None:
        """Try what is marked again, else all that match; after a question."""
        target = self.listed()
        if self.marked:
            heading = tr("Retry %Ln chosen record(s)?", None, target.count)
        else:
            heading = tr("Retry all %Ln record(s) that match?", None, target.count)
        self._deeds.retry_many(target, heading)

    def _retry(self, target: Target) -> None:
        if isinstance(target.which, tuple) and len(target.which) == 1:
            self._deeds.retry_one(target.which[0])
        else:
            self._deeds.retry_many(target, tr("Retry %Ln record(s)?", None, target.count))

    def edit(self) -> None:
        """Open the editor for the letter in focus, once it is kept for us."""
        letter = self.letter
        if self.service is None or letter is None or self._deeds.is_busy(letter.id):
            return
        detail = self._lists.detail_pane.detail
        if detail is not None and detail.letter.id == letter.id and not detail.can_edit:
            return
        self._session.actions.run(_locked(self.service, letter.id), then=self.edited.emit)

    def discard(self) -> None:
        """Give up what is meant."""
        self._deeds.discard(self.meant())

    def note(self) -> None:
        """Write a note at what is meant."""
        target, letter = self.meant(), self.letter
        self._deeds.note(target, letter.note if target.count == 1 and letter is not None else "")

    def assign(self) -> None:
        """Assign what is meant."""
        target, letter = self.meant(), self.letter
        given = letter.assigned_to if target.count == 1 and letter is not None else ""
        self._deeds.assign(target, self.people(), given)

    def people(self) -> tuple[str, ...]:
        """Return who is known to take care of letters, this person first."""
        known = (row.letter.assigned_to for row in self._lists.letters.model.rows)
        return tuple(dict.fromkeys(one for one in (user_name(), *known) if one))

    def show_past(self) -> None:
        """Show earlier retries at the side."""
        if self.service is not None:
            self._session.actions.run(self.service.works(), then=self._show_past)

    def _show_past(self, works: list[LetterWork]) -> None:
        table: DataTable[WorkRow] = DataTable(
            work_columns(self._session.now), tr("Past retries"), empty=tr("Nothing was tried again yet.")
        )
        table.keep_small()
        table.set_rows([WorkRow(work) for work in works])
        table.export_wanted.connect(lambda: self.table_export_wanted.emit(table))
        self.beside.emit(tr("Past retries"), table)

    # Menus

    def _menu(
        self, which: Callable[[], Target], *, without: frozenset[str] = frozenset(), shown: Shown | None = None
    ) -> QMenu:
        deeds: dict[str, Callable[[], object]] = {
            "retry": lambda: self._retry(which()),
            "edit": self.edit,
            "discard": lambda: self._deeds.discard(which()),
            "restore": lambda: self._deeds.restore(which()),
            "snooze": lambda: self._deeds.snooze(which()),
            "wake": lambda: self._deeds.wake(which()),
            "assign": lambda: self._deeds.assign(which(), self.people()),
            "note": self.note if which == self.meant else lambda: self._deeds.note(which()),
        }
        return letter_menu(self._owner, entries(deeds), shown or self._bar.filter.shown, without=without)

    def drop_listed(self, below: QWidget) -> None:
        """Open the menu for what is marked, else all that match."""
        _drop(self._menu(self.listed, without=_ONLY_ONE | {"R"}), below)

    def drop_opened(self, below: QWidget) -> None:
        """Open the menu for the opened letter."""
        detail = self._lists.detail_pane.detail
        if detail is not None:
            shown = shown_of(detail.letter, self._session.now)
            _drop(self._menu(self.opened, without=frozenset({"R", "E", "D"}), shown=shown), below)

    def drop_group(self, below: QWidget) -> None:
        """Open the menu for the group in focus."""
        _drop(self._menu(self.group, without=_ONLY_ONE | {"R", "D"}), below)

    def drop_row(self, at: QPoint) -> None:
        """Open the menu of the list where it was asked for."""
        letters = self._lists.letters
        menu = self._menu(self.meant, without=_ONLY_ONE if self.marked > 1 else frozenset())
        menu.addSeparator()
        menu.addActions(letters.copy_actions(menu))
        menu.popup(letters.view.viewport().mapToGlobal(at))


def _is_of(key: str, letter: Letter) -> bool:
    return key == f"{letter.entity}\x1f{letter.cause}"


def _drop(menu: QMenu, below: QWidget) -> None:
    menu.popup(below.mapToGlobal(below.rect().bottomLeft()))
