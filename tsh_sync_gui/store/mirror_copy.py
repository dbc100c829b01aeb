"""What all of the mirror's writing stands on: its transaction, COPY in large blocks, and the search for a bad line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import psycopg
from psycopg.errors import UniqueViolation

from tsh_sync_gui.store.database import Database
from tsh_sync_gui.store.errors import is_value_error

Cursor = psycopg.AsyncCursor[Any]
Item = TypeVar("Item")
Result = TypeVar("Result")

# psycopg hands blocks of up to 128 KiB to libpq as they are, and cuts larger ones.
_BLOCK: Final = 120 * 1024


# A planner without figures (the table was empty a moment ago) may read and sort all of a table for a few rows of it.
BY_INDEX: Final = "SET LOCAL enable_seqscan = off"
IN_INDEX_ORDER: Final = f"{BY_INDEX}; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"


@asynccontextmanager
async def transaction(database: Database, *, hint: str = "") -> AsyncIterator[Cursor]:
    """Give a cursor in a transaction whose statements are planned anew each time; *hint* settles how.

    A plan kept from when a table was empty reads all of it, for each page of ids, once it holds a million rows.
    """
    async with database.raw() as connection:
        threshold = connection.prepare_threshold
        connection.prepare_threshold = None
        try:
            async with connection.cursor() as cursor:
                if hint:
                    await cursor.execute(hint)
                yield cursor
        finally:
            connection.prepare_threshold = threshold


async def copy_lines(cursor: Cursor, statement: str, lines: Iterable[bytes]) -> None:
    """Run the COPY *statement* over *lines*."""
    async with cursor.copy(statement.encode()) as copy:
        block: list[bytes] = []
        size = 0
        for line in lines:
            block.append(line)
            size += len(line)
            if size >= _BLOCK:
                await copy.write(b"".join(block))
                block.clear()
                size = 0
        if block:
            await copy.write(b"".join(block))


@dataclass(slots=True)
class Divided(Generic[Item, Result]):
    """What became of items put in together: the results of the parts, and the items refused, each with its error."""

    results: list[Result] = field(default_factory=list)
    refused: list[tuple[Item, psycopg.Error]] = field(default_factory=list)


class NotTakenError(Exception):
    """PostgreSQL did not take what was put in without savepoints: the transaction is over, try it carefully."""


async def divide(
    cursor: Cursor,
    items: Sequence[Item],
    apply: Callable[[Sequence[Item]], Awaitable[Result]],
    *,
    careful: bool = True,
) -> Divided[Item, Result]:
    """Apply *apply* to *items*; where PostgreSQL refuses their values, to halves, until the culprits stand alone.

    Each part has its own savepoint, so the good ones stay, within the caller's transaction. Without *careful* there is
    none, which saves the ways to the server and back that savepoints cost; a refusal is a NotTakenError then.
    """
    divided: Divided[Item, Result] = Divided()
    if not careful:
        try:
            divided.results += [await apply(items)] if items else []
        except psycopg.Error as error:
            if is_value_error(error) or isinstance(error, UniqueViolation):
                raise NotTakenError from error
            raise
        return divided
    waiting = [items] if items else []
    while waiting:
        part = waiting.pop()
        try:
            async with cursor.connection.transaction():
                divided.results.append(await apply(part))
        except psycopg.Error as error:
            if not is_value_error(error):
                raise
            if len(part) == 1:
                divided.refused.append((part[0], error))
            else:
                middle = len(part) // 2
                waiting += [part[middle:], part[:middle]]
    return divided


_ESCAPES: Final = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def last_cell(line: bytes) -> bytes:
    """Return the last column of a COPY line, its escapes undone; empty for NULL."""
    cell = line.rstrip(b"\n").rpartition(b"\t")[2]
    if cell == rb"\N":
        return b""
    first, *rest = cell.split(b"\\")
    parts = [first]
    taken = False
    for piece in rest:
        # Two backslashes in a row split into an empty piece: it stands for one backslash, the next is plain text.
        if taken:
            parts.append(piece)
            taken = False
        elif not piece:
            parts.append(b"\\")
            taken = True
        else:
            parts.append(_ESCAPES.get(piece[:1], piece[:1]) + piece[1:])
    return b"".join(parts)
