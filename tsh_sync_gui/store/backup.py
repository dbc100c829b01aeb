"""Saves our schemas into one file and brings them back, with PostgreSQL's own tools."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from tsh_sync_gui.core.errors import ConfigurationError, SchemaMismatchError, SyncError, UnreachableError
from tsh_sync_gui.store.embedded.account import Account, start_options
from tsh_sync_gui.store.embedded.binaries import OVERRIDE, Binaries
from tsh_sync_gui.store.embedded.endpoint import passfile_line

SCHEMAS = ("tsh", "sync", "jobs")
# A backup of a version before the job queue has no third one.
_NEEDED = ("tsh", "sync")
# A schema of that name is ours only where our own tables say so: another program may have had the name first.
_CLEAR = """
DO $$
BEGIN
    IF to_regclass('jobs.procrastinate_jobs') IS NOT NULL AND to_regclass('sync.attempts') IS NOT NULL THEN
        DROP SCHEMA jobs CASCADE;
    END IF;
END
$$;
DROP SCHEMA IF EXISTS tsh, sync CASCADE;
"""
_MARK = b"PGDMP"
# Waiting longer means that another program is at work in these tables.
_LOCK_TIMEOUT = "20s"
_KEPT_OUTPUT = 4000
_TRANSACTION_TIMEOUT_SINCE = 170000
_OUTSIDE_USERS = """
    SELECT DISTINCT view.oid::regclass::text
    FROM pg_rewrite rule
    JOIN pg_class view ON view.oid = rule.ev_class
    JOIN pg_depend link ON link.classid = 'pg_rewrite'::regclass AND link.objid = rule.oid
    JOIN pg_class ours ON link.refclassid = 'pg_class'::regclass AND link.refobjid = ours.oid
    WHERE ours.relnamespace::regnamespace::text = ANY(%(schemas)s)
      AND view.relnamespace::regnamespace::text <> ALL(%(schemas)s)
    UNION
    SELECT DISTINCT key.conrelid::regclass::text
    FROM pg_constraint key
    JOIN pg_class ours ON ours.oid = key.confrelid
    JOIN pg_class theirs ON theirs.oid = key.conrelid
    WHERE key.contype = 'f' AND ours.relnamespace::regnamespace::text = ANY(%(schemas)s)
      AND theirs.relnamespace::regnamespace::text <> ALL(%(schemas)s)
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup."""

    file: Path
    size: int


def backup(conninfo: str, file: Path, binaries: Binaries) -> Backup:
    """Save the database into *file*, which appears when it is complete or not at all."""
    partial = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        if not file.parent.is_dir():
            raise ConfigurationError(f"The folder {file.parent} does not exist", advice="Name a folder that does.")
        if file.exists() and not file.is_file():
            raise ConfigurationError(f"{file} is not a file that can be replaced", advice="Name another file.")
        schemas = [f"--schema={schema}" for schema in SCHEMAS]
        with _reached(conninfo) as (address, options):
            command = ["--format=custom", *schemas, f"--file={partial}", f"--dbname={address}"]
            _run(binaries, "pg_dump", command, options, doing="saving the database")
        try:
            partial.replace(file)
        except OSError as error:
            raise ConfigurationError(
                f"{file} cannot be written", advice="Name another file.", cause=str(error)
            ) from error
        return Backup(file, file.stat().st_size)
    finally:
        partial.unlink(missing_ok=True)


def restore(conninfo: str, file: Path, binaries: Binaries, *, revisions: Collection[str] = ()) -> None:
    """Replace our schemas by those of *file*, all in one transaction.

    *revisions* are the schema versions this program knows; a backup of any other is refused. Empty: not looked at.
    Rights given to other roles are not restored: the roles of one server are unknown to another.
    """
    with _reached(conninfo) as (address, options):
        _check_ours(file, binaries, options, revisions)
        version = _check_target(conninfo)
        _replay(file, binaries, address, options=options, server_version=version)


def _check_ours(file: Path, binaries: Binaries, options: dict[str, Any], revisions: Collection[str]) -> None:
    try:
        with file.open("rb") as stream:
            mark = stream.read(len(_MARK))
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read", advice="Name a backup file.", cause=str(error)) from error
    if mark != _MARK:
        raise _not_ours(file, "the file does not begin as a PostgreSQL archive does")
    contents = _run(binaries, "pg_restore", ["--list", str(file)], options, doing="reading the backup")
    missing = [schema for schema in _NEEDED if not re.search(rf" SCHEMA - {schema} ", contents)]
    if missing or " sync alembic_version " not in contents:
        raise _not_ours(file, f"missing in it: {', '.join(missing) or 'the schema version'}")
    if not revisions:
        return
    wanted = ["--data-only", "--schema=sync", "--table=alembic_version", "--file=-", str(file)]
    rows = _run(binaries, "pg_restore", wanted, options, doing="reading the backup")
    found = re.search(r"^COPY [^\n]*alembic_version[^\n]*\n([^\n\\]*)\n", rows, re.MULTILINE)
    revision = found.group(1) if found else ""
    if revision not in revisions:
        raise SchemaMismatchError(
            f"The backup {file.name} was made by a newer version of this program",
            advice="Update the program on this machine, then restore again. Nothing was changed.",
            cause=f"schema version {revision!r} of the backup is unknown here",
        )


def _not_ours(file: Path, cause: str) -> ConfigurationError:
    return ConfigurationError(
        f"{file.name} is not a backup of this program",
        advice="Name a file that `tsh-sync db backup` made. Nothing was changed.",
        cause=cause,
    )


def _check_target(conninfo: str) -> int:
    """Return the server's version; refuse where other people's views or tables stand on ours."""
    try:
        with psycopg.connect(_plain(conninfo), connect_timeout=10) as connection:
            users = connection.execute(_OUTSIDE_USERS, {"schemas": list(SCHEMAS)}).fetchall()
            version = connection.info.server_version
    except psycopg.OperationalError as error:
        raise UnreachableError(
            "The database does not answer",
            what="database",
            advice="Check its address with `tsh-sync doctor`.",
            cause=str(error),
        ) from error
    if users:
        names = ", ".join(str(name) for (name,) in users)
        raise ConfigurationError(
            f"Restoring would delete what other programs built on these tables: {names}",
            advice="Remove these views or foreign keys, restore, and make them again. Nothing was changed.",
        )
    return version


def _replay(file: Path, binaries: Binaries, address: str, *, options: dict[str, Any], server_version: int) -> None:
    """Stream the backup as SQL into one transaction; only a stream that came to its good end is committed."""
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as read:
        reader = subprocess.Popen(
            [str(binaries.program("pg_restore")), "--no-owner", "--no-privileges", "--file=-", str(file)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=read,
            **options,
        )
        writer = subprocess.Popen(
            [str(binaries.program("psql")), "-X", "-q", "-w", "-v", "ON_ERROR_STOP=1", f"--dbname={address}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            **options,
        )
        try:
            # A broken pipe means that psql has given up; its own words tell why.
            with suppress(BrokenPipeError):
                _feed(reader, writer, server_version)
        finally:
            for process in (writer, reader):
                for stream in (process.stdin, process.stdout):
                    with suppress(BrokenPipeError):
                        if stream is not None:
                            stream.close()
                process.wait()
        if reader.returncode and not writer.returncode:
            raise _explained("reading the backup", _tail(read))
        if writer.returncode:
            raise _explained("restoring the database", _tail(said))


def _feed(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes], server_version: int) -> None:
    if reader.stdout is None or writer.stdin is None:
        return
    writer.stdin.write(f"BEGIN;\nSET LOCAL lock_timeout = '{_LOCK_TIMEOUT}';\n{_CLEAR}".encode())
    head = reader.stdout.read(65536)
    if server_version < _TRANSACTION_TIMEOUT_SINCE:
        # The one setting in the head of a newer backup that an older server does not know.
        head = head.replace(b"SET transaction_timeout = 0;\n", b"", 1)
    writer.stdin.write(head)
    shutil.copyfileobj(reader.stdout, writer.stdin, 1 << 20)
    if reader.wait() == 0:
        writer.stdin.write(b"\nCOMMIT;\n")
        writer.stdin.flush()


def _plain(conninfo: str) -> str:
    return re.sub(r"^postgres(?:ql)?\+\w+://", "postgresql://", conninfo)


@contextmanager
def _reached(conninfo: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the address without its password, and the arguments for starting tools that find it in a file."""
    try:
        parts: dict[str, Any] = conninfo_to_dict(_plain(conninfo))
    except psycopg.ProgrammingError as error:
        raise ConfigurationError(
            "The database's address cannot be read", advice="Look at TSH_DATABASE_URL.", cause=str(error)
        ) from error
    password = parts.pop("password", None)
    # The tools of PostgreSQL 15 do not know it.
    parts.pop("require_auth", None)
    options = start_options(Account(), folder=Path.cwd())
    options["env"] |= {name: value for name, value in os.environ.items() if name.startswith("PG")}
    if password or "passfile" in parts:
        options["env"].pop("PGPASSWORD", None)
    with tempfile.TemporaryDirectory(prefix="tsh-sync-") as folder:
        if password:
            parts.pop("passfile", None)
            passfile = Path(folder, "passfile")
            passfile.touch(mode=0o600)
            passfile.write_text(passfile_line(str(password)), encoding="utf-8")
            options["env"]["PGPASSFILE"] = str(passfile)
        yield make_conninfo("", **parts), options


def _run(binaries: Binaries, program: str, arguments: list[str], options: dict[str, Any], *, doing: str) -> str:
    try:
        done = subprocess.run(
            [str(binaries.program(program)), "--no-password", *arguments],
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            **options,
        )
    except OSError as error:
        raise ConfigurationError(
            f"PostgreSQL's program {program} is missing in {binaries.folder}",
            advice=f"Install PostgreSQL's client programs, or set {OVERRIDE} to their folder.",
            cause=str(error),
        ) from error
    if done.returncode:
        raise _explained(doing, done.stderr.decode("utf-8", errors="replace")[-_KEPT_OUTPUT:])
    text: str = done.stdout.decode("utf-8", errors="replace")
    return text


def _tail(stream: IO[bytes]) -> str:
    stream.seek(0)
    text: str = stream.read().decode("utf-8", errors="replace")
    return text[-_KEPT_OUTPUT:]


# What the tools say, a heading for it, and what to do.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"server version mismatch",
        "The database server is newer than the tools of this program",
        f"Set {OVERRIDE} to the bin folder of a PostgreSQL as new as the server.",
    ),
    (
        r"unsupported version \(",
        "The backup was made by a newer PostgreSQL than the tools of this program",
        f"Update the program, or set {OVERRIDE} to the bin folder of a newer PostgreSQL.",
    ),
    (
        r"SSL support is not compiled in|no encryption",
        "The server wants an encrypted connection, which the bundled tools cannot make",
        f"Set {OVERRIDE} to the bin folder of a PostgreSQL installed on this machine.",
    ),
    (
        r"No space left on device|not enough space|Disk quota exceeded",
        "The disk is full",
        "Free space, or name a file on another disk.",
    ),
    (
        r"no matching schemas were found",
        "There is nothing to save yet",
        "Start a sync first, or look whether this is the right database.",
    ),
    (
        r"could not open output file|Permission denied",
        "The file cannot be written",
        "Name a file in a folder that you may write to.",
    ),
    (r"lock timeout", "Other programs are at work in the database", "Stop them, then try again."),
    (r"password authentication failed|no password supplied", "The database refuses the password", "Check it."),
)


def _explained(doing: str, output: str) -> SyncError:
    for pattern, title, advice in _KNOWN:
        if re.search(pattern, output):
            return ConfigurationError(title, advice=f"{advice} Nothing was changed.", cause=output)
    if re.search(r"could not connect|connection to server|could not translate host", output):
        return UnreachableError(
            "The database does not answer", what="database", advice="Nothing was changed.", cause=output
        )
    if "pg_restore: error" in output:
        return ConfigurationError(
            "The backup is damaged", advice="Use another backup file. Nothing was changed.", cause=output
        )
    return ConfigurationError(f"{doing.capitalize()} failed", advice="Nothing was changed.", cause=output)
