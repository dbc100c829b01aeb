"""Settings: all that is declared, with source, range and reset; checked before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.core.settings import Loaded, find
from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.panels.settings_connection import Connection
from tsh_sync_gui.ui.panels.settings_transfer import Transfer
from tsh_sync_gui.ui.settings_deeds import SettingsDeeds
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.settings_form import Section, finds, sections
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, line
from tsh_sync_gui.ui.widgets.database_tools import DatabaseTools, Test, words_of
from tsh_sync_gui.ui.widgets.problem_box import ProblemBox
from tsh_sync_gui.ui.widgets.save_bar import SaveBar
from tsh_sync_gui.ui.widgets.setting_row import SettingRow

__all__ = ["Save", "SettingsPanel", "Test"]
Save = Callable[[str, str | None], Coroutine[Any, Any, None]]
_ADDRESS = "database_url"
_LOOK = "theme"
_LANGUAGE = "language"


class SettingsPanel(Panel):
    """A form by section.

    *themed* carries a new appearance, *reopen* says that the database or the secrets are others now, *told* what a
    person should know. The wishes of the connection (`connection.box`) are wired by the program.
    """

    key = "settings"
    icon_name = "settings"
    themed = Signal(str)
    spoken = Signal(str)
    reopen = Signal()
    told = Signal(object)

    def __init__(self, actions: Actions, *, save: Save, test: Test) -> None:
        super().__init__()
        self._actions = actions
        self._save = save
        self.loaded: Loaded | None = None
        self._saved: dict[str, str | None] = {}
        self._has_database = False
        self._keeps = 0
        self._deeds: SettingsDeeds | None = None
        self.rows: dict[str, SettingRow] = {}
        self._lines: dict[str, QFrame] = {}
        self._heads: dict[str, QWidget] = {}
        self._inside = QVBoxLayout()
        self.search = QLineEdit()
        self._none = label(tr("No setting is called that."), "muted")
        self._reading = label(tr("Reading the settings…"), "muted")
        self.unreadable: ProblemBox | None = None
        self._scroll = QScrollArea()
        self.bar = SaveBar()
        self.tools = DatabaseTools(actions, test, self._address)
        self.tools.reopen.connect(self.reopen)
        self.connection = Connection(self, actions, tell=self.told.emit)
        self.connection.opened.connect(self.reopen)
        self.transfer = Transfer(self, actions, fill=self.fill, tell=self.told.emit)
        self.inbox = button(tr("The listener and what came in: open the Webhooks screen"), "link")
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Settings")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (
            ("Ctrl+F", tr("search settings")),
            ("Ctrl+S", tr("save")),
            ("Ctrl+Z", tr("take back what was typed into the field")),
        )

    def use(self, deeds: SettingsDeeds) -> None:
        """Do with *deeds* what goes beyond saving."""
        self._deeds = self.transfer.deeds = self.connection.deeds = deeds

    def _build(self) -> None:
        self.search.setPlaceholderText(tr("Search settings by title or variable"))
        self.search.setAccessibleName(tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(160)
        self.search.setMaximumWidth(260)
        self.search.textChanged.connect(self._search)
        export, take = button(tr("Export…")), button(tr("Import…"), icon_name="import")
        export.clicked.connect(self.transfer.ask_export)
        take.clicked.connect(self.transfer.ask_import)
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(label(self.title, "heading"))
        head.addStretch(1)
        head.addWidget(self.search, 2)
        for one in (take, export):
            head.addWidget(one)
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setMaximumWidth(980)
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(14)
        column.addLayout(head)
        column.addWidget(self._none)
        column.addWidget(self._reading)
        self._inside.setSpacing(18)
        column.addLayout(self._inside)
        column.addStretch(1)
        self._none.hide()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.bar.save_button.clicked.connect(self.save)
        self.bar.revert_button.clicked.connect(self.revert)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(self.bar)

    def show_settings(self, loaded: Loaded, *, has_database: bool) -> None:
        """Show *loaded*; shared settings can be changed while the database is open."""
        self.loaded, self._has_database, self._saved = loaded, has_database, {}
        self._reading.hide()
        self._drop_unreadable()
        self._show()
        self.connection.show_loaded(loaded)

    def show_unreadable(self, problem: Problem) -> None:
        """Show which setting keeps all of them from being read; it has to be mended where it stands."""
        if self.loaded is not None:
            return
        self._reading.hide()
        self._drop_unreadable()
        self.unreadable = ProblemBox(problem, (tr("Read them again"), self.reopen.emit))
        self._inside.insertWidget(0, self.unreadable)

    def _drop_unreadable(self) -> None:
        if self.unreadable is not None:
            self._inside.removeWidget(self.unreadable)
            self.unreadable.deleteLater()
            self.unreadable = None

    def _show(self) -> None:
        if self.loaded is None:
            return
        for section in sections(self.loaded, has_database=self._has_database, saved=self._saved):
            if not any(field.field in self.rows for field in section.fields):
                self._add(section)
            for field in section.fields:
                self.rows[field.field].show_state(field)
        self._count()

    def _add(self, section: Section) -> None:
        box = QFrame()
        box.setObjectName("panelbox")
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(0)
        if section.key == "Connection":
            column.addWidget(self.connection.box)
            column.addWidget(line())
        for place, field in enumerate(section.fields):
            row = self._row(SettingRow(field))
            if place:
                self._lines[field.field] = line()
                column.addWidget(self._lines[field.field])
            column.addWidget(row)
        if section.key == "Database":
            column.addWidget(self.tools)
        if section.key == "Webhooks":
            column.addWidget(self.inbox, 0, Qt.AlignmentFlag.AlignLeading)
        holder = QWidget()
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(7)
        inner.addWidget(label(section.title, "title"))
        inner.addWidget(box)
        self._heads[section.key] = holder
        self._inside.addWidget(holder)

    def _row(self, row: SettingRow) -> SettingRow:
        row.edited.connect(self._edited)
        row.reset.connect(self._reset)
        row.reveal.connect(self._reveal)
        self.rows[row.state.field] = row
        return row

    def _address(self) -> str:
        """Return the address to be tried: what is typed, else what is kept, with its password."""
        row = self.rows[_ADDRESS]
        if row.is_changed or self.loaded is None:
            return row.text
        return self._saved.get(_ADDRESS) or self.loaded.text(_ADDRESS)

    def _edited(self, field: str) -> None:
        row = self.rows[field]
        if field == _LOOK and row.is_changed:
            self.themed.emit(row.text)
            self._keep(field, row.text)
        if field == _LANGUAGE and row.is_changed:
            self._keep(field, row.text)
            self.spoken.emit(row.text)
        self._count()

    def _reset(self, field: str) -> None:
        self._keep(field, None)
        if field == _LOOK:
            self.themed.emit(find(field).default)
        if field == _LANGUAGE:
            self.spoken.emit(find(field).default)

    def _reveal(self, field: str) -> None:
        row = self.rows[field]
        if self._deeds is not None:
            self._actions.run(
                self._deeds.reveal(field),
                then=row.show_secret,
                otherwise=lambda error: row.show_fault(words_of(error)),
                busy=row.eye,
            )

    def _keep(self, field: str, text: str | None) -> None:
        self._keeps += 1
        self._actions.run(
            self._save(field, text),
            then=lambda _: self._kept(field, text),
            otherwise=lambda error: self.rows[field].show_fault(words_of(error)),
        )

    def _kept(self, field: str, text: str | None) -> None:
        self._saved[field] = text
        typed = {name: row.text for name, row in self.rows.items() if row.is_changed and name != field}
        self._show()
        self.fill(typed)
        self.connection.look()

    def fill(self, values: Mapping[str, str]) -> None:
        """Show *values* by field as changes that are not saved yet, where they can be changed here."""
        for field, text in values.items():
            row = self.rows.get(field)
            if row is not None and not row.state.locked and text != row.state.value:
                row.set_text(text)
        self._count()

    def save(self) -> None:
        """Save what was changed and is good."""
        for field, row in self.rows.items():
            if row.is_changed and not row.fault:
                self._keep(field, row.text)

    def revert(self) -> None:
        """Drop what was changed."""
        self._show()

    def _count(self) -> None:
        changed = [row for row in self.rows.values() if row.is_changed]
        self.bar.show_changes([row.state.title for row in changed], sum(bool(row.fault) for row in changed))

    def _search(self, text: str) -> None:
        for holder in self._heads.values():
            is_first = True
            for row in holder.findChildren(SettingRow):
                found, above = finds(row.state, text), self._lines.get(row.state.field)
                row.setVisible(found)
                if above is not None:
                    above.setVisible(found and not is_first)
                is_first = is_first and not found
            holder.setVisible(not is_first)
        self._none.setVisible(all(holder.isHidden() for holder in self._heads.values()) and bool(self._heads))

    @override
    def open_at(self, focus: str) -> None:
        head = self._heads.get("Connection" if focus == "Zoho" else focus)
        if row := self.rows.get(focus):
            self.search.clear()
            self._scroll.ensureWidgetVisible(row, 0, 60)
            row.focus_field()
        elif head is not None:
            self._scroll.ensureWidgetVisible(head, 0, 20)
            head.findChildren(SettingRow)[0].focus_field()
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self._look_again()

    def _look_again(self) -> None:
        """Show what other windows and machines have saved meanwhile, unless something is typed here."""
        self.connection.look()
        if self._deeds is not None and self.loaded is not None:
            kept = self._keeps
            self._actions.run(
                self._deeds.now(), then=lambda loaded: self._refresh(loaded, kept), otherwise=lambda _error: None
            )

    def _refresh(self, loaded: Loaded, kept: int) -> None:
        """Show *loaded* unless something is typed, or was saved since it was asked for."""
        if kept == self._keeps and not any(row.is_changed or row.eye.isChecked() for row in self.rows.values()):
            self.show_settings(loaded, has_database=self._has_database)

    @override
    def filter_row(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @override
    def escape(self) -> bool:
        had = bool(self.search.text())
        self.search.clear()
        return had
