"""Columns of tables on screen: rows as text to copy, and which of them match."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeVar

from tsh_sync_gui.core.table_files import Column, as_csv, as_json

__all__ = ["MARK", "Column", "Keyed", "as_csv", "as_json", "as_markdown", "as_tabs", "matches"]

Row = TypeVar("Row")
MARK: Final = "mark"
"""The key of a column that shows which rows are marked."""


class Keyed(Protocol):
    """A row that can be told apart from others, so that updates keep selection and order."""

    @property
    def key(self) -> str:
        """Return what identifies the row."""
        ...


def as_markdown(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    """Return *rows* as a Markdown table."""
    lines = [
        "| " + " | ".join(column.title for column in columns) + " |",
        "|" + "|".join(" ---: " if column.is_number else " --- " for column in columns) + "|",
    ]
    for row in rows:
        cells = (column.copy_text(row).replace("|", "\\|").replace("\n", " ") for column in columns)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def as_tabs(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    """Return *rows* as tab-separated cells, as spreadsheets take them."""
    return "\n".join("\t".join(column.copy_text(row) for column in columns) for row in rows)


def matches(columns: Sequence[Column[Row]], row: Row, *, search: str, filters: dict[str, str]) -> bool:
    """Tell whether *row* holds *search* in any column and each filter in its own."""
    for column in columns:
        wanted = filters.get(column.key, "")
        if wanted and not _holds(column, row, wanted):
            return False
    words = search.casefold().split()
    if not words:
        return True
    whole = " ".join(column.text(row) for column in columns).casefold()
    return all(word in whole for word in words)


def _holds(column: Column[Row], row: Row, wanted: str) -> bool:
    if column.is_number and wanted[0] in "<>=":
        try:
            bound = float(wanted.lstrip("<>=").replace(",", "") or "0")
        except ValueError:
            return False
        value = float(column.value(row) or 0)
        return {"<": value < bound, ">": value > bound}.get(wanted[0], value == bound)
    return wanted.casefold() in column.text(row).casefold()
