"""Tables as data and as files: CSV, JSON or Excel, written whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

Row = TypeVar("Row")

SUFFIXES: Final = (".xlsx", ".csv", ".json")
_WIDEST: Final = 60
_MANY: Final = 5_000
_LONGEST_CELL: Final = 32_767  # Excel's own
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_NUMBER: Final = re.compile(r"[+-]?[\d.,:/% -]*")
_MARK: Final = "\ufeff"  # without it Excel takes UTF-8 for the system's old code page


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column: *text* is shown and searched, *value* sorted and copied as JSON.

    *is_passing* marks a text that time changes though the row stays the same. *width* is what it needs; where there is
    no room for all, the column that *yields* most gives way first (0: none), and those that grow take what is left.
    """

    key: str
    title: str
    text: Callable[[Row], str]
    value: Callable[[Row], Any]
    width: int = 100
    yields: int = 0
    grows: int = 0
    is_number: bool = False
    is_passing: bool = False
    hint: Callable[[Row], str] | None = None
    copied: Callable[[Row], str] | None = None
    tone: Callable[[Row], str] | None = None
    icon: Callable[[Row], str] | None = None

    def copy_text(self, row: Row) -> str:
        """Return the cell as it is copied: exact where the screen is rough."""
        return self.copied(row) if self.copied else self.text(row)


def as_csv(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    """Return *rows* as CSV with a heading line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.title for column in columns])
    writer.writerows([_no_formula(column.copy_text(row)) for column in columns] for row in rows)
    return out.getvalue()


def _no_formula(text: str) -> str:
    """Return *text* as a spreadsheet takes it for text: names come from others, and `=…` would be carried out."""
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def as_json(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    """Return *rows* as a JSON array of objects."""
    documents = [{column.key: _plain(column.value(row)) for column in columns} for row in rows]
    return json.dumps(documents, ensure_ascii=False, indent=2)


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


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

    # A long table is written row by row and not kept; its texts are not shared then, which makes the file larger.
    options = {"strings_to_formulas": False, "strings_to_urls": False, "constant_memory": len(rows) > _MANY}
    book: Any = xlsxwriter.Workbook(str(path), options)
    sheet = book.add_worksheet("".join(letter for letter in name if letter not in "[]:*?/\\")[:31] or "Table")
    if mirrored:
        sheet.right_to_left()
    heading = book.add_format({"bold": True, "bottom": 1})
    widths = [len(column.title) for column in columns]
    for place, column in enumerate(columns):
        sheet.write_string(0, place, column.title, heading)
    for line, row in enumerate(rows, start=1):
        for place, column in enumerate(columns):
            text, value = column.copy_text(row), column.value(row) if column.is_number else None
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                sheet.write_number(line, place, value)
            else:
                sheet.write_string(line, place, text[:_LONGEST_CELL])
            widths[place] = max(widths[place], len(text))
    for place, width in enumerate(widths):
        sheet.set_column(place, place, min(_WIDEST, width + 2))
    sheet.freeze_panes(1, 0)
    if columns:
        sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    book.close()
