"""Tables as files: CSV, JSON or Excel, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from tsh_sync_gui.ui.state.columns import Column, as_csv, as_json

Row = TypeVar("Row")

SUFFIXES: Final = (".xlsx", ".csv", ".json")
_WIDEST: Final = 60
_MARK: Final = "\ufeff"  # without it Excel takes UTF-8 for the system's old code page


@dataclass(frozen=True, slots=True)
class Exported:
    """A file that was written, and how many rows stand in it."""

    path: Path
    rows: int


def write_table(
    path: Path, columns: Sequence[Column[Row]], rows: Sequence[Row], *, name: str, mirrored: bool = False
) -> Exported:
    """Write *rows* to *path* in the format of its suffix; a file that is there is replaced only by a whole one."""
    handle, rough = tempfile.mkstemp(prefix=".export-", suffix=path.suffix, dir=path.parent)
    os.close(handle)
    try:
        _write(Path(rough), columns, rows, name=name, mirrored=mirrored)
        Path(rough).replace(path)
    except BaseException:
        Path(rough).unlink(missing_ok=True)
        raise
    return Exported(path, len(rows))


def _write(path: Path, columns: Sequence[Column[Row]], rows: Sequence[Row], *, name: str, mirrored: bool) -> None:
    match path.suffix.lower():
        case ".json":
            path.write_text(as_json(columns, rows) + "\n", encoding="utf-8")
        case ".csv":
            path.write_text(_MARK + as_csv(columns, rows), encoding="utf-8", newline="")
        case _:
            _workbook(path, columns, rows, name=name, mirrored=mirrored)


def _workbook(path: Path, columns: Sequence[Column[Row]], rows: Sequence[Row], *, name: str, mirrored: bool) -> None:
    """Write an Excel file: numbers as numbers, everything else as text, ids of nineteen digits among it."""
    import xlsxwriter  # noqa: PLC0415 -- 40 ms that only an export is worth

    book: Any = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet("".join(letter for letter in name if letter not in "[]:*?/\\")[:31] or "Table")
    if mirrored:
        sheet.right_to_left()
    heading = book.add_format({"bold": True, "bottom": 1})
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.title, heading)
        texts = [column.copy_text(row) for row in rows]
        for line, (row, text) in enumerate(zip(rows, texts, strict=True), start=1):
            value = column.value(row) if column.is_number else None
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(line, place, value)
            else:
                sheet.write_string(line, place, text)
        longest = max((len(text) for text in (column.title, *texts)), default=8)
        sheet.set_column(place, place, min(_WIDEST, longest + 2))
    sheet.freeze_panes(1, 0)
    if columns:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    book.close()
