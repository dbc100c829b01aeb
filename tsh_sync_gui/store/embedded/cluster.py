"""A cluster's making, settings and port."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.core.replacing import put_in_place
from tsh_sync_gui.store.embedded import endpoint as address
from tsh_sync_gui.store.embedded.location import Place, unwritable
from tsh_sync_gui.store.embedded.processes import end_unfinished
from tsh_sync_gui.store.embedded.tools import Tools, explained

_SETTINGS_FILE = "tsh.conf"
# Below the ports that systems hand out to outgoing connections, so that ours stays free while the server is down.
_PORTS = range(15_500, 32_000)
_INITDB_TIMEOUT_S = 600.0
_REMOVE_TRIES = 40
_PAUSE = 0.05
SETTINGS: Mapping[str, str] = {
    "listen_addresses": "127.0.0.1",
    # Paths of sockets end after some hundred bytes; homes do not.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "4GB",
    "min_wal_size": "160MB",
    "checkpoint_timeout": "15min",
    # The bundled server knows only pglz, and takes longer to compress a page that changed than to write it: with it,
    # changes to a large table after a checkpoint take half as long again.
    "wal_compression": "off",
    # A first sync writes hundreds of megabytes into a log that is still short: to fill each new file of it with zeros
    # first, and to wait for the disk, is up to a sixth of the time. Commits are as safe, and as quick, without.
    "wal_init_zero": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # One file per weekday, begun anew each week.
    "logging_collector": "on",
    "log_directory": "../log",
    "log_filename": "postgresql-%a.log",
    "log_truncate_on_rotation": "on",
    "log_rotation_age": "1d",
    "log_rotation_size": "0",
    "log_file_mode": "0600",
    # Statements hold people's data; a log has no need of them.
    "log_min_error_statement": "panic",
}


def create(place: Place, tools: Tools, settings: Mapping[str, str]) -> None:
    """Make the cluster: aside, then by one rename, so that a kill at any moment leaves none or a whole one."""
    for unfinished in place.folder.glob("cluster.*.new"):
        _remove_unfinished(unfinished)
    for secret in place.folder.glob("cluster.*.secret"):
        secret.unlink()
    partial = place.folder / f"cluster.{os.getpid()}-{secrets.token_hex(4)}.new"
    password = secrets.token_urlsafe(24)
    try:
        partial.mkdir(mode=0o700)
        tools.account.give(partial)
        _initialise(partial, place, tools, password=password, durable=settings.get("fsync") != "off")
        with (partial / "postgresql.conf").open("a", encoding="utf-8") as stream:
            stream.write(
                f"\n# Written anew at each start; what you set below this line wins.\ninclude '{_SETTINGS_FILE}'\n"
            )
        write_settings(partial, tools, free_port(), settings)
        write_passfile(place, password)
        place.version.write_text(f"{tools.binaries.version}\n", encoding="utf-8")
        _rename(partial, place.data)
    except OSError as error:
        raise unwritable(place.folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _remove_unfinished(folder: Path) -> None:
    """Remove what a killed client's initdb was making; it may be at work still, and start a child while we look."""
    for _ in range(_REMOVE_TRIES):
        end_unfinished(folder)
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(_PAUSE)


def _initialise(partial: Path, place: Place, tools: Tools, *, password: str, durable: bool) -> None:
    secret = partial.with_suffix(".secret")
    try:
        _write_private(secret, f"{password}\n")
        tools.account.give(secret)
        done = tools.run(
            "initdb",
            *("-D", partial, "-U", address.USER, "-E", "UTF8", "--locale=C", "--auth=scram-sha-256"),
            f"--pwfile={secret}",
            *(() if durable else ("--no-sync",)),
            folder=place.folder,
            timeout=_INITDB_TIMEOUT_S,
        )
    finally:
        secret.unlink(missing_ok=True)
    if done.code:
        raise explained("making the database", done.output, place)


def _rename(partial: Path, data: Path) -> None:
    for wait in (0.1, 0.3, 1.0, 3.0, None):
        try:
            partial.rename(data)
        except PermissionError:
            # A virus scanner of Windows looks at new files for a moment.
            if wait is None:
                raise
            time.sleep(wait)
        else:
            return


def write_passfile(place: Place, password: str) -> None:
    """Write the password where libpq finds it, for its owner only."""
    line = address.passfile_line(password, host=address.HOST, user=address.USER)
    fresh = place.passfile.with_suffix(".new")
    _write_private(fresh, line)
    if os.name == "posix":
        # It stays the person's when root repairs a person's cluster.
        owner = place.folder.stat()
        os.chown(fresh, owner.st_uid, -1)
    put_in_place(fresh, place.passfile)


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)


def write_settings(data: Path, tools: Tools, port: int, settings: Mapping[str, str]) -> None:
    """Write port and settings into the cluster."""
    chosen = {**SETTINGS, **settings, "port": str(port)}
    text = "".join(f"{name} = '{value}'\n" for name, value in chosen.items())
    path = data / _SETTINGS_FILE
    fresh = path.with_suffix(".new")
    _write_private(fresh, text)
    tools.account.give(fresh)
    fresh.replace(path)


def kept_port(place: Place) -> int | None:
    """Return the port the cluster keeps; None when its settings are gone."""
    try:
        text = (place.data / _SETTINGS_FILE).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    found = re.search(r"^port = '(\d+)'$", text, re.MULTILINE)
    return int(found.group(1)) if found else None


def is_free(port: int) -> bool:
    """Tell whether a server could listen on *port*."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if os.name == "posix":
            # As PostgreSQL does; without it the last connections of a stopped server would count.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address.HOST, port))
            probe.listen(1)
        except OSError:
            return False
    return True


def free_port() -> int:
    """Choose a free port."""
    for _ in range(200):
        port = secrets.choice(_PORTS)
        if is_free(port):
            return port
    raise ConfigurationError(
        f"No port between {_PORTS.start} and {_PORTS.stop} can be used on this machine",
        advice="Allow local connections in the firewall, or set TSH_DATABASE_URL to a running server.",
    )


def check_major(place: Place, tools: Tools) -> None:
    """Refuse a cluster of another major version: its files mean something else."""
    theirs = (place.data / "PG_VERSION").read_text(encoding="utf-8").strip()
    ours = tools.binaries
    if theirs == str(ours.major):
        return
    raise ConfigurationError(
        f"The database was made by PostgreSQL {theirs}, and this program runs PostgreSQL {ours.version}",
        advice=f"Save it with the version of the program that made it (`tsh-sync db backup FILE`), move the folder"
        f" {place.folder} away, and bring it back with this one (`tsh-sync db restore FILE`);"
        f" or set TSH_POSTGRES_BIN to the bin folder of a PostgreSQL {theirs}.",
        cause=f"PG_VERSION {theirs} in {place.data}",
    )
