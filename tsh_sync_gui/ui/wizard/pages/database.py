"""2 Database: embedded or a server; reached, rights and tables are shown before anything is made."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QComboBox, QGridLayout, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.values import DatabaseTrial, Step
from tsh_sync_gui.ui import theme
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Facts, Field, Note, Tile, ValueRow
from tsh_sync_gui.ui.wizard.state.database import (
    PORT,
    TLS_MODES,
    ServerForm,
    address_of,
    form_faults,
    form_of,
    next_text,
    tables_heading,
    tables_text,
    tls_titles,
    trial_facts,
)


class DatabasePage(Page):
    """Tests what is chosen, names what is missing, and makes the tables."""

    step = Step.DATABASE

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.embedded = Tile(
            tr("On this computer"),
            tr("A PostgreSQL that comes with the program. Nothing to install; for one computer."),
            "database",
            checkable=True,
        )
        self.server = Tile(
            tr("A PostgreSQL server of ours"),
            tr("The ERP's own server, or any PostgreSQL 15 or newer. For several computers."),
            "server",
            checkable=True,
        )
        self.fields = {
            "host": Field(tr("Server"), hint="erp.example.com"),
            "port": Field(tr("Port"), hint=PORT),
            "name": Field(tr("Database"), hint="tsh_erp"),
            "user": Field(tr("User"), hint="tsh_sync"),
            "password": Field(tr("Password"), secret=True),
        }
        self.paste = Field(tr("Or paste an address"), hint="postgresql://user@host:5432/name")
        self.tls = QComboBox()
        self.facts = Facts()
        self.remedy = ValueRow(tr("A person with rights on the server runs this:"))
        self.create_it = button(tr("Create the database"), "soft", icon_name="database")
        self._form = QWidget()
        self._tables_title = label("", "strong")
        self.tables = QPlainTextEdit()
        self._kept_note = Note()
        self.try_it = button(tr("Test again"), icon_name="refresh")
        self._trial: DatabaseTrial | None = None
        self._tested = ""
        self._kept: DatabaseTrial | None = None
        self._build()

    def _build(self) -> None:
        group = QButtonGroup(self)
        for tile in (self.embedded, self.server):
            group.addButton(tile)
            self.body.addWidget(tile)
            tile.clicked.connect(self._chosen)
        self.embedded.setChecked(True)
        self._build_form()
        self.body.addWidget(self._form)
        self.body.addWidget(self._kept_note)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.remedy)
        row = QHBoxLayout()
        row.addWidget(self.create_it)
        row.addWidget(self.try_it)
        row.addStretch(1)
        self.body.addLayout(row)
        self.body.addWidget(self._tables_title)
        self.tables.setReadOnly(True)
        self.tables.setFont(theme.fixed_font())
        self.tables.setFixedHeight(120)
        self.tables.setAccessibleName(tr("Tables that will be created"))
        self.tables.setTabChangesFocus(True)
        self.body.addWidget(self.tables)
        self.create_it.clicked.connect(self._create)
        self.try_it.clicked.connect(self._try)
        self._show_trial(None)

    def _build_form(self) -> None:
        for mode, title in tls_titles().items():
            self.tls.addItem(title, mode)
        self.tls.setAccessibleName(tr("Encrypt the connection (TLS)"))
        self.tls.currentIndexChanged.connect(self._edited)
        holder = QWidget()
        column = QVBoxLayout(holder)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3)
        column.addWidget(label(tr("Encrypt (TLS)"), "strong"))
        column.addWidget(self.tls)
        column.addStretch(1)
        grid = QGridLayout(self._form)
        grid.setContentsMargins(0, 4, 0, 0)
        grid.setHorizontalSpacing(14)
        grid.setVerticalSpacing(10)
        places = {"host": (0, 0), "port": (0, 1), "name": (1, 0), "user": (2, 0), "password": (2, 1)}
        for name, (across, down) in places.items():
            grid.addWidget(self.fields[name], across, down, Qt.AlignmentFlag.AlignTop)
            self.fields[name].edited.connect(self._edited)
        grid.addWidget(holder, 1, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.paste, 3, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        self.fields["port"].set_text(PORT)
        self.paste.edited.connect(self._pasted)
        self._form.hide()

    # Shown

    @override
    def enter(self) -> None:
        self.quietly(self.setup.database(), self._show_kept)

    def _show_kept(self, kept: DatabaseTrial | None) -> None:
        self._kept = kept
        if kept is not None and self._trial is None and not self.is_busy:
            (self.embedded if kept.is_embedded else self.server).setChecked(True)
            self._form.setVisible(False)
            self._show_trial(None)
            self.facts.show_facts(trial_facts(kept))
        self.changed.emit()

    @property
    def _is_kept(self) -> bool:
        """Tell whether what is chosen is what is kept already."""
        return self._kept is not None and self._trial is None and self._form.isHidden()

    @property
    @override
    def next_text(self) -> str:
        return next_text(self._trial, is_kept=self._is_kept)

    @override
    def focus_first(self) -> None:
        (self.embedded if self.embedded.isChecked() else self.server).setFocus(Qt.FocusReason.TabFocusReason)

    @property
    def form(self) -> ServerForm:
        """Return what is typed."""
        texts = {name: field.text for name, field in self.fields.items()}
        texts["password"] = self.fields["password"].line.text()
        return ServerForm(**texts, tls=TLS_MODES[max(0, self.tls.currentIndex())])

    def _chosen(self) -> None:
        self._kept_note.show_note("")
        self._form.setVisible(self.server.isChecked())
        self._edited()
        if self.server.isChecked():
            self.fields["host"].line.setFocus(Qt.FocusReason.OtherFocusReason)
        elif self._kept is not None and self._kept.is_embedded:
            self.facts.show_facts(trial_facts(self._kept))
            self.changed.emit()

    def _edited(self) -> None:
        if self.is_busy:
            self.give_up()
        self._show_trial(None)
        self.drop_problem()
        faults = form_faults(self.form)
        for name, field in self.fields.items():
            if field.fault:
                field.show_fault(faults.get(name, ""))
        self.changed.emit()

    def _pasted(self) -> None:
        found = form_of(self.paste.text)
        words = tr("An address begins with postgresql:// and names a server.")
        self.paste.show_fault("" if found or not self.paste.text else words)
        if found is None:
            return
        for name, text in (
            ("host", found.host),
            ("port", found.port),
            ("name", found.name),
            ("user", found.user),
            ("password", found.password),
        ):
            self.fields[name].set_text(text)
        self.tls.setCurrentIndex(TLS_MODES.index(found.tls))
        self.paste.line.clear()
        self._edited()

    # Done

    @property
    def _url(self) -> str:
        return address_of(self.form) if self.server.isChecked() else ""

    @override
    def submit(self) -> None:
        if self._is_kept:
            self.finished.emit()
        elif self._trial is None or not self._trial.is_usable or self._tested != self._url:
            self._try()
        else:
            self.run(
                self.setup.choose_database(self._url, self.here(self._say)),
                tr("Creating the tables…"),
                self._chosen_it,
            )

    def _say(self, words: str) -> None:
        if self.is_busy:
            self.busy.show_busy(tr("{what}…").format(what=tr(words).rstrip(".…")))

    def _chosen_it(self, trial: DatabaseTrial) -> None:
        self._kept, self._trial = trial, None
        self.fields["password"].line.clear()
        self._form.hide()
        self._show_trial(None)
        self.facts.show_facts(trial_facts(trial))
        self.finished.emit()

    def _try(self) -> None:
        if self.server.isChecked() and self._form.isHidden():
            self._chosen()
            return
        faults = form_faults(self.form) if self.server.isChecked() else {}
        for name, field in self.fields.items():
            field.show_fault(faults.get(name, ""))
        if faults:
            self.fields[next(iter(faults))].line.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        url = self._url
        words = tr("Trying the server…") if url else tr("Starting the embedded server…")
        self._show_trial(None)
        self.run(self.setup.try_database(url), words, lambda trial: self._tried(url, trial), otherwise=self._untried)

    def _untried(self, error: BaseException) -> None:
        self.show_error(error, (tr("Try again"), self._try))

    def _tried(self, url: str, trial: DatabaseTrial) -> None:
        self._tested = url
        self._show_trial(trial)

    def _create(self) -> None:
        url = self._url
        words = tr("Creating the database…")
        self.run(self.setup.create_database(url), words, lambda trial: self._tried(url, trial))

    def _show_trial(self, trial: DatabaseTrial | None) -> None:
        self._trial = trial
        self.facts.show_facts(trial_facts(trial) if trial else ())
        self.create_it.setVisible(trial is not None and not trial.exists and trial.may_create_database)
        self.try_it.setVisible(trial is not None and trial.is_usable)
        self.remedy.setVisible(trial is not None and bool(trial.remedy))
        if trial is not None:
            self.remedy.show_value(trial.remedy)
            self._tables_title.setText(tables_heading(trial))
            self.tables.setPlainText(tables_text(trial))
        lists = trial is not None and trial.is_usable and bool(trial.tables_missing)
        self._tables_title.setVisible(lists)
        self.tables.setVisible(lists)
        self.changed.emit()
