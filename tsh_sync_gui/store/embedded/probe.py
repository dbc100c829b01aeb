"""Asks whoever listens on a port whether it is our cluster."""

from __future__ import annotations

import errno
import time
from enum import Enum, auto
from typing import Any

import psycopg
from psycopg import pq, sql

from tsh_sync_gui.store.embedded.endpoint import Endpoint
from tsh_sync_gui.store.embedded.location import Place, is_same

_TIMEOUT_S = 5
_PAUSE = 0.05
_REQUIRE_AUTH_SINCE = 160000


class Answer(Enum):
    """What came of asking."""

    OURS = auto()
    NO_DATABASE = auto()
    PASSWORD_REFUSED = auto()
    FULL = auto()
    OTHER = auto()
    SILENT = auto()


def ask(endpoint: Endpoint, place: Place) -> Answer:
    """Sign in at *endpoint* and compare the server's folder with ours.

    Scram proves both sides: a stranger on the port neither passes nor learns the password.
    """
    try:
        with connect(endpoint) as connection:
            row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    except FileNotFoundError:
        return Answer.PASSWORD_REFUSED
    except psycopg.OperationalError as error:
        return _understood(str(error), endpoint)
    return Answer.OURS if row is not None and is_same(row[0], place.data) else Answer.OTHER


def connect(endpoint: Endpoint) -> psycopg.Connection[tuple[str, ...]]:
    """Open a connection that no PG… variable of the environment can divert."""
    # A stranger must not talk the driver into sending the password in the clear.
    extra: dict[str, Any] = {"require_auth": "scram-sha-256"} if pq.version() >= _REQUIRE_AUTH_SINCE else {}
    return psycopg.connect(
        host=endpoint.host,
        hostaddr=endpoint.host,
        port=endpoint.port,
        user=endpoint.user,
        dbname=endpoint.dbname,
        password=endpoint.password(),
        sslmode="disable",
        gssencmode="disable",
        channel_binding="disable",
        options="",
        client_encoding="utf8",
        connect_timeout=_TIMEOUT_S,
        autocommit=True,
        **extra,
    )


def _understood(message: str, endpoint: Endpoint) -> Answer:
    # The driver gives no SQLSTATE for a refused connection; our servers speak English (lc_messages).
    if f'database "{endpoint.dbname}" does not exist' in message:
        return Answer.NO_DATABASE
    if "password authentication failed" in message or "no password supplied" in message:
        return Answer.PASSWORD_REFUSED
    if "too many clients" in message or "remaining connection slots" in message:
        return Answer.FULL
    return Answer.SILENT


def create_database(server: Endpoint, name: str) -> None:
    """Try to make the database *name*; whether it is there then is for the next question to find out.

    A client that was killed may have left the server at the same work. *server* names a database to sign in to.
    """
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name))
    try:
        with connect(server) as connection:
            connection.execute(statement)
    except psycopg.errors.DiskFull as error:
        raise OSError(errno.ENOSPC, str(error)) from error
    except (psycopg.errors.DuplicateDatabase, psycopg.errors.UniqueViolation, psycopg.OperationalError):
        time.sleep(_PAUSE)
