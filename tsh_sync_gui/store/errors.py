"""The driver's errors turned into ours, once, by tables.

An error says by its SQLSTATE what happened; only a refused connection must be read from its words, for libpq keeps
no SQLSTATE then.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from sqlalchemy.exc import DBAPIError, InterfaceError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from tsh_sync_gui.core.errors import (
    ConfigurationError,
    SchemaMismatchError,
    SyncError,
    TransientError,
    UnreachableError,
    UnwritableError,
)
from tsh_sync_gui.store.address import VARIABLE, Address

_GONE: Final = "Database not reachable"
_AGAIN: Final = "The program tries again by itself. Nothing was lost."


def _unreachable(cause: str) -> SyncError:
    return UnreachableError(_GONE, what="database", advice=_AGAIN, cause=cause)


def _crowded(cause: str) -> SyncError:
    return UnreachableError(
        "The database takes no more connections",
        what="database",
        advice="Close programs that use it, or raise max_connections on the server.",
        cause=cause,
    )


def _disk_full(cause: str) -> SyncError:
    return UnwritableError(
        "The database's disk is full",
        advice="Free some space on the disk that holds the database, then sync again. Nothing was half-written.",
        cause=cause,
    )


def _memory(cause: str) -> SyncError:
    return TransientError(
        "The database is short of memory", advice="Close other programs, or give the server more memory.", cause=cause
    )


def _read_only(cause: str) -> SyncError:
    return UnwritableError(
        "The database is read-only",
        advice=f"It may be a standby copy. Let {VARIABLE} name the main server, or make the database writable.",
        cause=cause,
    )


def _rights(cause: str) -> SyncError:
    return ConfigurationError(
        "The database user lacks a right",
        advice="Give the user of the address all rights on the schemas tsh, sync and jobs, and CREATE on the database.",
        cause=cause,
    )


def _tables(cause: str) -> SyncError:
    return SchemaMismatchError(
        "The database's tables are not what this program expects",
        advice="Run `tsh-sync db upgrade`; if that does not help, restore a backup.",
        cause=cause,
    )


def _busy(cause: str) -> SyncError:
    return TransientError("The database was busy with another program", advice=_AGAIN, cause=cause)


def _other(cause: str) -> SyncError:
    return SyncError("The database refused a statement", advice="Report this with the log.", cause=cause)


_BY_STATE: Final[dict[str, Callable[[str], SyncError]]] = {
    "53100": _disk_full,
    "58030": _disk_full,
    "53200": _memory,
    "53300": _crowded,
    "25006": _read_only,
    "42501": _rights,
    "42P01": _tables,
    "42703": _tables,
    "42883": _tables,
    "3F000": _tables,
    "40001": _busy,
    "40P01": _busy,
    "55P03": _busy,
    "57014": _busy,
    "57P01": _unreachable,
    "57P02": _unreachable,
    "57P03": _unreachable,
    "57P05": _unreachable,
}

# What is wrong with one record's values: such a record goes to the dead letters and its neighbours go on.
_VALUE_CLASSES: Final = ("22", "23", "54")


def is_value_error(error: psycopg.Error) -> bool:
    """Tell whether PostgreSQL refused values rather than the statement."""
    return (error.sqlstate or "")[:2] in _VALUE_CLASSES


def translate(error: Exception) -> SyncError:
    """Return the error of ours that *error* of psycopg or SQLAlchemy stands for."""
    if isinstance(error, PoolTimeoutError):
        return _busy("no free connection")
    found = error.orig if isinstance(error, DBAPIError) else error
    if not isinstance(found, psycopg.Error):
        return _unreachable(str(found)) if isinstance(error, (InterfaceError, OSError)) else _other(str(found))
    state = found.sqlstate or ""
    cause = f"{state} {found}".strip()
    if known := _BY_STATE.get(state):
        return known(cause)
    if state.startswith("08") or (not state and isinstance(found, (psycopg.OperationalError, psycopg.InterfaceError))):
        return _unreachable(cause)
    return _other(cause)


@contextmanager
def translated() -> Iterator[None]:
    """Turn the driver's errors inside the block into ours."""
    try:
        yield
    except (psycopg.Error, DBAPIError, PoolTimeoutError) as error:
        raise translate(error) from error


# ---------------------------------------------------------------------------------------------- refused connections

_REFUSED: Final[tuple[tuple[re.Pattern[str], str, str], ...]] = (
    (
        re.compile(r"password authentication failed|no password supplied|authentication failed", re.IGNORECASE),
        "The database refuses the user or the password",
        "Correct user “{user}” or its password in {variable}.",
    ),
    (
        re.compile(r'database ".*" does not exist', re.IGNORECASE),
        "The database “{database}” does not exist",
        "Create it on {where} (createdb), or correct {variable}.",
    ),
    (
        re.compile(r'role ".*" (does not exist|is not permitted)', re.IGNORECASE),
        "The database does not know the user “{user}”",
        "Create the user on {where}, or correct {variable}.",
    ),
    (
        re.compile(r"permission denied for database", re.IGNORECASE),
        "The user “{user}” may not enter the database “{database}”",
        "Give it the right CONNECT, or correct {variable}.",
    ),
    (
        re.compile(r"no pg_hba\.conf entry|SSL connection is required|does not support SSL|certificate", re.IGNORECASE),
        "The database server does not let this computer in",
        "Let {where} accept it (pg_hba.conf, sslmode), or correct {variable}.",
    ),
)


def refused(error: psycopg.Error, address: Address, *, kind: str) -> SyncError:
    """Return the error of ours for a connection that could not be made."""
    if (error.sqlstate or "") in _BY_STATE:
        return translate(error)
    text = str(error)
    if "too many clients" in text or "remaining connection slots" in text:
        return _crowded(text)
    words = {"user": address.user, "database": address.database, "where": address.where, "variable": VARIABLE}
    for pattern, title, advice in _REFUSED:
        if pattern.search(text):
            return ConfigurationError(title.format(**words), advice=advice.format(**words), cause=text)
    if kind == "server":
        advice = f"Check that PostgreSQL runs at {address.where} and can be reached, or correct {VARIABLE}."
    else:
        advice = f"The program's own database at {address.where} does not answer; `tsh-sync doctor` looks into it."
    return UnreachableError(_GONE, what="database", advice=advice, cause=text)
