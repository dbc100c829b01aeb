"""Reads lines of PostgreSQL's COPY text format, written apart from the code that renders them."""

from tsh_sync_gui.engine.ports import Lines

Row = dict[str, str | None]
_ESCAPES = {"\\": "\\", "t": "\t", "n": "\n", "r": "\r"}


def cell(text: str) -> str | None:
    """Return what PostgreSQL makes of one cell."""
    if text == r"\N":
        return None
    letters = iter(text)
    return "".join(_ESCAPES[next(letters)] if letter == "\\" else letter for letter in letters)


def rows(lines: Lines) -> list[Row]:
    """Return the rows by column name; every line must be whole and have all its cells."""
    assert len(lines.keys) == len(lines.lines)
    return [_row(lines.columns, line) for line in lines.lines]


def _row(columns: tuple[str, ...], line: bytes) -> Row:
    text = line.decode()
    assert text.endswith("\n")
    assert text.count("\n") == 1
    assert "\r" not in text
    return dict(zip(columns, map(cell, text[:-1].split("\t")), strict=True))
