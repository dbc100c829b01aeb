"""Exports a table as it is shown: asks for the file, writes it off the window's thread, says how many rows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, QStandardPaths, Qt, Signal
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from tsh_sync_gui.ui.actions import Actions
from tsh_sync_gui.ui.state.export import SUFFIXES, Exported, write_table
from tsh_sync_gui.ui.state.problems import Problem
from tsh_sync_gui.ui.state.texts import tr
from tsh_sync_gui.ui.widgets.table import DataTable

_FOLDER = "export/folder"


def table_around(widget: QWidget | None) -> DataTable[Any] | None:
    """Return the table that *widget* is a part of."""
    while widget is not None and not isinstance(widget, DataTable):
        widget = widget.parentWidget()
    return widget


class Exporter(QObject):
    """Writes tables; *told* carries what to say when it is done or refused."""

    told = Signal(object)

    def __init__(self, window: QWidget, actions: Actions, kept: QSettings | None) -> None:
        super().__init__(window)
        self._window = window
        self._actions = actions
        self._kept = kept

    def ask(self, table: DataTable[Any]) -> None:
        """Ask for the file and write the table there."""
        self._ask(table.name, lambda path: self.write(table, path))

    def ask_file(self, name: str, writing: Callable[[Path], Coroutine[Any, Any, Any]]) -> None:
        """Ask for the file of what the service lists as *name*, and let it be written there."""

        def write(path: Path) -> None:
            self._keep_folder(path)
            self._actions.run(writing(path), then=self._done, otherwise=lambda error: self._failed(path, error))

        self._ask(name, write)

    def _ask(self, name: str, write: Callable[[Path], object]) -> None:
        dialog = QFileDialog(self._window, tr("Export {table}").format(table=name))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([tr("Excel (*.xlsx)"), tr("CSV (*.csv)"), tr("JSON (*.json)")])
        dialog.setDirectory(self._folder())
        dialog.selectFile(f"{name} {datetime.now().astimezone():%Y-%m-%d %H%M}.xlsx")
        dialog.fileSelected.connect(lambda chosen: write(self._named(chosen, dialog)))
        dialog.open()

    @staticmethod
    def _named(name: str, dialog: QFileDialog) -> Path:
        """Return the chosen file; without a suffix of ours it gets that of the chosen kind."""
        path = Path(name)
        if path.suffix.lower() in SUFFIXES:
            return path
        kinds = dialog.nameFilters()
        chosen = SUFFIXES[kinds.index(dialog.selectedNameFilter())] if dialog.selectedNameFilter() in kinds else ".xlsx"
        return path.with_name(path.name + chosen)

    def _folder(self) -> str:
        documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        kept = str(self._kept.value(_FOLDER, "")) if self._kept is not None else ""
        return kept if kept and Path(kept).is_dir() else documents

    def write(self, table: DataTable[Any], path: Path) -> None:
        """Write *table* to *path*: the rows, columns and order on screen."""
        columns, rows = table.visible_columns(), table.visible_rows()
        self._keep_folder(path)
        mirrored = QApplication.layoutDirection() is Qt.LayoutDirection.RightToLeft
        work: Callable[[], Exported] = lambda: write_table(  # noqa: E731 -- a deed, not a function
            path, columns, rows, name=table.name, mirrored=mirrored
        )
        self._actions.run(asyncio.to_thread(work), then=self._done, otherwise=lambda error: self._failed(path, error))

    def _keep_folder(self, path: Path) -> None:
        if self._kept is not None:
            self._kept.setValue(_FOLDER, str(path.parent))

    def _done(self, exported: Exported) -> None:
        title = tr("%Ln row(s) exported", None, exported.rows)
        self.told.emit(Problem(title=title, meaning=str(exported.path), tone="blue"))

    def _failed(self, path: Path, error: BaseException) -> None:
        meaning = tr("Nothing was written to {file}. Is it open in another program, or is the folder protected?")
        self.told.emit(
            Problem(
                title=tr("The table could not be exported"),
                meaning=meaning.format(file=str(path)),
                details=str(error),
                is_grave=True,
            )
        )
