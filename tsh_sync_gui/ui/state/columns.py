"""Columns of tables as data, and rows as text to copy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

Row = TypeVar("Row")


class Keyed(Protocol):
    """A row that can be told apart from others, so that updates keep selection and order."""

    @property
    def key(self) -> str:
        """Return what identifies the row."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Column(Generic[Row]):
    """One column: *text* is shown and searched, *value* sorted and copied as JSON.

    *is_passing* marks a text that time changes though the row stays the same.
    """

    key: str
    title: str
    text: Callable[[Row], str]
    value: Callable[[Row], Any]
    width: int = 100
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
    writer.writerows([column.copy_text(row) for column in columns] for row in rows)
    return out.getvalue()


def as_json(columns: Sequence[Column[Row]], rows: Sequence[Row]) -> str:
    """Return *rows* as a JSON array of objects."""
    documents = [{column.key: _plain(column.value(row)) for column in columns} for row in rows]
    return json.dumps(documents, ensure_ascii=False, indent=2)


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


def _plain(value: Any) -> Any:
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


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
