r"""PostgreSQL's COPY text format: cells apart by tabs, `\N` for null, backslash escapes, one line a row.

Only backslash, tab, newline and carriage return have a meaning there; every other character stands for itself.
A cell is rendered text (`str`) until its line is done, so that lines are encoded once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

NULL: Final = r"\N"

_BETWEEN: Final = "\0"
"""Stands between texts that are escaped together; no text may hold it, PostgreSQL does not take it."""


def escape(text: str) -> str:
    """Return *text* as a cell."""
    return text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def escape_all(texts: list[str]) -> list[str]:
    """Return *texts* as cells, at the price of escaping one; none may hold a NUL."""
    together = _BETWEEN.join(texts)
    escaped = escape(together)
    return texts if escaped == together else escaped.split(_BETWEEN)


def escape_json(document: bytes) -> bytes:
    """Return a JSON document as a cell, byte for byte (line ends and tabs can only stand between its tokens)."""
    cell = document.replace(b"\\", b"\\\\")
    if b"\n" in cell or b"\t" in cell or b"\r" in cell:
        return cell.replace(b"\t", b"\\t").replace(b"\n", b"\\n").replace(b"\r", b"\\r")
    return cell


def escape_documents(documents: Sequence[bytes]) -> Sequence[bytes]:
    """Return JSON documents as cells; those that are in order, as almost all are, at the price of one look."""
    together = b"".join(documents)
    if any(special in together for special in (b"\\", b"\n", b"\t", b"\r")):
        return [escape_json(bytes(document)) for document in documents]
    return documents


def stamp(moment: datetime) -> str:
    """Return an aware *moment* as a cell."""
    return moment.isoformat()


def line(cells: Sequence[str]) -> bytes:
    """Return *cells* as a line."""
    return ("\t".join(cells) + "\n").encode()


def line_with(cells: Sequence[str], document: bytes) -> bytes:
    """Return *cells* and a last one, an escaped JSON *document*, as a line."""
    return b"%b\t%b\n" % ("\t".join(cells).encode(), document)
