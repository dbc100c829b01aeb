"""1 Start: connect to Zoho, take over a `.env`, or try the demo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QVBoxLayout, QWidget
from typing_extensions import override

from tsh_sync_gui.bootstrap.setup.values import EnvFile, Progress, Step
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.basics import button, label
from tsh_sync_gui.ui.wizard.page import Desk, Page
from tsh_sync_gui.ui.wizard.parts import Field, Note, Tile
from tsh_sync_gui.ui.wizard.state.env import env_rows, env_summary, take_over_text
from tsh_sync_gui.ui.wizard.table import FactTable


class StartPage(Page):
    """Three big choices; *demo* says that the sample Zoho is wanted, *taken* carries the progress after an import."""

    step = Step.START
    demo = Signal()
    taken = Signal(object)

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.connect_tile = Tile(
            tr("Connect to Zoho"), tr("Step by step: database, Zoho app, sign-in. Takes about ten minutes."), "cloud"
        )
        self.import_tile = Tile(
            tr("Import an existing .env"),
            tr("Take over the settings and the sign-in of a program that was connected before."),
            "import",
        )
        self.demo_tile = Tile(
            tr("Look at the demo"), tr("A built-in sample Zoho: no account, nothing leaves this computer."), "flask"
        )
        self.path = Field(tr("Path of the .env file"), hint=tr("such as C:\\Zoho\\.env"))
        self._browse = button(tr("Choose file…"), icon_name="search")
        self._table = FactTable(
            tr("Lines of the file"),
            ((tr("Line"), 54), (tr("Variable"), 230), (tr("Value"), 150), (tr("What happens"), 200)),
            ends=(0,),
        )
        self._summary = Note()
        self._lines_box = QFrame()
        self._import = QWidget()
        self.others = button(tr("Other ways to begin"), "flat", icon_name="chevron-left")
        self._file: EnvFile | None = None
        self._build()

    def _build(self) -> None:
        for tile in (self.connect_tile, self.import_tile, self.demo_tile):
            self.body.addWidget(tile)
        column = QVBoxLayout(self._import)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(label(tr("Import a .env file"), "title"))
        self.path.row.addWidget(self._browse)
        column.addWidget(self.path)
        column.addWidget(self._summary)
        self._lines_box.setObjectName("panelbox")
        inside = QVBoxLayout(self._lines_box)
        inside.setContentsMargins(6, 4, 6, 6)
        inside.addWidget(self._table)
        column.addWidget(self._lines_box)
        column.addWidget(self.others, 0, Qt.AlignmentFlag.AlignLeading)
        self.body.addWidget(self._import)
        self._import.hide()
        self._lines_box.hide()
        self.others.clicked.connect(self.show_choices)
        self.connect_tile.clicked.connect(self.finished)
        self.import_tile.clicked.connect(self.show_import)
        self.demo_tile.clicked.connect(self.demo)
        self._browse.clicked.connect(self._choose_file)
        self.path.edited.connect(self._forget)

    @property
    def table(self) -> FactTable:
        """Return the table of the file's lines."""
        return self._table

    @property
    @override
    def next_text(self) -> str:
        if self._import.isHidden():
            return tr("Connect to Zoho")
        return take_over_text(self._file) if self._file is not None else tr("Read the file")

    @property
    @override
    def can_go_on(self) -> bool:
        if not self._import.isHidden():
            return not self.is_busy and bool(self._file.values if self._file else self.path.text)
        return not self.is_busy

    @property
    @override
    def missing(self) -> str:
        return tr("Choose a .env file first")

    @override
    def focus_first(self) -> None:
        first = self.connect_tile if self._import.isHidden() else self.path.line
        first.setFocus(Qt.FocusReason.TabFocusReason)

    def show_import(self) -> None:
        """Open the part where a file is named."""
        self._swap(is_import=True)
        self.path.line.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def show_choices(self) -> None:
        """Go back to the three choices."""
        self._swap(is_import=False)
        self.import_tile.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _swap(self, *, is_import: bool) -> None:
        self.drop_problem()
        self._import.setVisible(is_import)
        for tile in (self.connect_tile, self.import_tile, self.demo_tile):
            tile.setVisible(not is_import)

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, tr("Choose a .env file"), str(Path.home()))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([tr("Settings (.env *.env *.txt)"), tr("All files (*)")])
        dialog.fileSelected.connect(self.read)
        dialog.open()

    def read(self, path: str) -> None:
        """Read the file at *path* and show its lines."""
        self.path.set_text(path)
        self._forget()
        self.run(
            self.setup.read_env(Path(path).expanduser()),
            tr("Reading the file…"),
            self._show_file,
            otherwise=lambda error: self.show_error(error, (tr("Choose file…"), self._choose_file)),
        )

    def _show_file(self, file: EnvFile) -> None:
        self._file = file
        self._table.set_rows(env_rows(file))
        self._lines_box.show()
        self._summary.show_note(env_summary(file), "amber" if file.problems else "green")

    def _forget(self) -> None:
        self._file = None
        self._lines_box.hide()
        self._summary.show_note("")
        self.changed.emit()

    @override
    def submit(self) -> None:
        if self._import.isHidden():
            self.finished.emit()
        elif self._file is None:
            self.read(self.path.text)
        else:
            self.run(self.setup.take_over(self._file), tr("Taking over the values…"), self._taken)

    def _taken(self, progress: Progress) -> None:
        self.taken.emit(progress)

    @override
    def recolor(self) -> None:
        self._table.repaint_colors()
