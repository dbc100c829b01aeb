"""Settings: all that is declared, with source, range and reset; checked before it is saved."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QScrollArea, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.core.settings import Loaded, find
from tsh_sync_gui.ui.actions import Actions, problem_from
from tsh_sync_gui.ui.panels.panel import Panel
from tsh_sync_gui.ui.state.settings_form import Section, sections
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label, line, set_property, set_text
from tsh_sync_gui.ui.widgets.setting_row import SettingRow

Save = Callable[[str, str | None], Coroutine[Any, Any, None]]
Test = Callable[[str], Coroutine[Any, Any, str]]


class SettingsPanel(Panel):
    """A form by section; *themed* carries a new appearance, *reopen* says that the database is another now."""

    key = "settings"
    icon_name = "settings"
    themed = Signal(str)
    reopen = Signal()

    def __init__(self, actions: Actions, *, save: Save, test: Test) -> None:
        super().__init__()
        self._actions = actions
        self._save = save
        self._test = test
        self._loaded: Loaded | None = None
        self._saved: dict[str, str | None] = {}
        self._has_database = False
        self.rows: dict[str, SettingRow] = {}
        self._heads: dict[str, QWidget] = {}
        self._boxes: list[tuple[Section, QFrame]] = []
        self._inside = QVBoxLayout()
        self.search = QLineEdit()
        self._none = label(tr("No setting is called that."), "muted")
        self._scroll = QScrollArea()
        self._bar, self._bar_text = QFrame(), label("", "strong")
        self.save_button = button(tr("Save"), "primary")
        self._revert = button(tr("Revert"))
        self._verdict = label("", "small", wrap=True, selectable=True)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._build()

    @property
    def title(self) -> str:
        """Return the screen's name."""
        return tr("Settings")

    @property
    def help_lines(self) -> tuple[tuple[str, str], ...]:
        """Return the keys of this screen."""
        return (("Ctrl+F", tr("search settings")), ("Ctrl+S", tr("save")))

    def _build(self) -> None:
        self.search.setPlaceholderText(tr("Search settings by title or variable"))
        self.search.setAccessibleName(tr("Search settings"))
        self.search.setClearButtonEnabled(True)
        self.search.setMinimumWidth(280)
        self.search.textChanged.connect(self._search)
        head = QHBoxLayout()
        head.addWidget(label(self.title, "heading"))
        head.addStretch(1)
        head.addWidget(self.search)
        inside = QWidget()
        inside.setObjectName("scrolled")
        inside.setMaximumWidth(980)
        column = QVBoxLayout(inside)
        column.setContentsMargins(20, 16, 20, 20)
        column.setSpacing(14)
        column.addLayout(head)
        column.addWidget(self._none)
        self._inside.setSpacing(18)
        column.addLayout(self._inside)
        column.addStretch(1)
        self._none.hide()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self._scroll, 1)
        outer.addWidget(self._unsaved())

    def _unsaved(self) -> QFrame:
        self._bar.setObjectName("statusbar")
        row = QHBoxLayout(self._bar)
        row.setContentsMargins(20, 8, 20, 8)
        row.addWidget(self._bar_text, 1)
        row.addWidget(self._revert)
        row.addWidget(self.save_button)
        self.save_button.clicked.connect(self.save)
        self._revert.clicked.connect(self.revert)
        self._bar.hide()
        return self._bar

    def show_settings(self, loaded: Loaded, *, has_database: bool) -> None:
        """Show *loaded*; shared settings can be changed while the database is open."""
        self._loaded, self._has_database, self._saved = loaded, has_database, {}
        self._show()

    def _show(self) -> None:
        if self._loaded is None:
            return
        for section in sections(self._loaded, has_database=self._has_database, saved=self._saved):
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
        for place, field in enumerate(section.fields):
            if place:
                column.addWidget(line())
            row = SettingRow(field)
            row.edited.connect(self._edited)
            row.reset.connect(self._reset)
            self.rows[field.field] = row
            column.addWidget(row)
        if section.key == "Database":
            column.addWidget(self._database_tools())
        holder = QWidget()
        inner = QVBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(7)
        inner.addWidget(label(section.title, "title"))
        inner.addWidget(box)
        self._heads[section.key] = holder
        self._inside.addWidget(holder)

    def _database_tools(self) -> QWidget:
        box = QWidget()
        row = QHBoxLayout(box)
        row.setContentsMargins(16, 2, 16, 10)
        row.setSpacing(8)
        test = button(tr("Test connection"), icon_name="database")
        test.clicked.connect(lambda: self._try(test))
        again = button(tr("Open the database again"), icon_name="refresh")
        again.setToolTip(tr("A new address counts from the next opening on."))
        again.clicked.connect(self.reopen)
        row.addWidget(test)
        row.addWidget(again)
        row.addWidget(self._verdict, 1)
        return box

    def _try(self, test: QPushButton) -> None:
        row = self.rows["database_url"]
        self._judge(tr("Trying…"), "")
        self._actions.run(
            self._test(row.text),
            then=lambda words: self._judge(words, "green"),
            otherwise=lambda error: self._judge(self._words(error), "red"),
            busy=test,
        )

    @staticmethod
    def _words(error: BaseException) -> str:
        problem = problem_from(error)
        return f"{problem.title}. {problem.meaning}" if problem.meaning else problem.title

    def _judge(self, words: str, tone: str) -> None:
        set_text(self._verdict, words)
        set_property(self._verdict, "tone", tone)

    def _edited(self, field: str) -> None:
        row = self.rows[field]
        if field == "theme" and row.is_changed:
            self.themed.emit(row.text)
            self._keep(field, row.text)
        self._count()

    def _reset(self, field: str) -> None:
        self._keep(field, None)
        if field == "theme":
            self.themed.emit(find(field).default)

    def _keep(self, field: str, text: str | None) -> None:
        self._actions.run(
            self._save(field, text),
            then=lambda _: self._kept(field, text),
            otherwise=lambda error: self.rows[field].show_fault(self._words(error)),
        )

    def _kept(self, field: str, text: str | None) -> None:
        self._saved[field] = text
        typed = {name: row.text for name, row in self.rows.items() if row.is_changed and name != field}
        self._show()
        for name, value in typed.items():
            self.rows[name].set_text(value)
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
        faulty = [row for row in changed if row.fault]
        self._bar.setVisible(bool(changed))
        words = tr("%Ln unsaved change(s)", None, len(changed))
        if faulty:
            words += " · " + tr("%Ln cannot be saved", None, len(faulty))
        set_text(self._bar_text, words)
        self.save_button.setEnabled(len(faulty) < len(changed))

    def _search(self, text: str) -> None:
        wanted = text.casefold().strip()
        for row in self.rows.values():
            known = f"{row.state.title} {row.state.variable} {row.state.field}".casefold()
            row.setVisible(not wanted or wanted in known)
        for holder in self._heads.values():
            holder.setVisible(any(not row.isHidden() for row in holder.findChildren(SettingRow)))
        self._none.setVisible(all(holder.isHidden() for holder in self._heads.values()) and bool(self._heads))

    @override
    def open_at(self, focus: str) -> None:
        head = self._heads.get(focus)
        if head is not None:
            self._scroll.ensureWidgetVisible(head, 0, 20)
            head.findChildren(SettingRow)[0].focus_field()
        else:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    @override
    def filter_row(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @override
    def escape(self) -> bool:
        had = bool(self.search.text())
        self.search.clear()
        return had
