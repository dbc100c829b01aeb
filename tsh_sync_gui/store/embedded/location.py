"""Where below a home, or for root beside it, a cluster lives, and what its files are called."""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.store.embedded.account import Account

SYSTEM_FOLDER = Path("/var/lib/tsh-sync-gui")
_DEEPEST = 4
_NOT_HOMES = frozenset(("cluster", "images", "log", "logs", "leases", "backups"))


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of one cluster: data, passfile, logs, leases and lock side by side."""

    folder: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's own folder; it exists as a whole or not at all."""
        return self.folder / "cluster"

    @property
    def passfile(self) -> Path:
        """The password, in libpq's format."""
        return self.folder / "passfile"

    @property
    def log(self) -> Path:
        """The folder of the server's logs."""
        return self.folder / "log"

    @property
    def start_log(self) -> Path:
        """What the server says before its logs are open."""
        return self.log / "start.log"

    @property
    def leases(self) -> Path:
        """The folder of the clients that keep a demo's server up."""
        return self.folder / "leases"

    @property
    def lock(self) -> Path:
        """The file whose lock guards start, stop and move."""
        return self.folder / "lock"

    @property
    def stopped(self) -> Path:
        """The mark of a person who stopped the server: it is there until somebody opens the database again."""
        return self.folder / "stopped"

    @property
    def version(self) -> Path:
        """The version of PostgreSQL that made the cluster."""
        return self.folder / "version"

    @property
    def has_cluster(self) -> bool:
        """Whether the cluster has been made."""
        return (self.data / "PG_VERSION").is_file()


def existing_place(home: Path, name: str, *, system_folder: Path) -> Place | None:
    """Return where the cluster already is; found again even when rights have changed since."""
    for folder in (home / name, _beside(home, name, system_folder)):
        if (place := Place(folder)).has_cluster:
            return place
    return None


def new_place(home: Path, name: str, account: Account, *, system_folder: Path) -> Place:
    """Choose and make the folder for a cluster; outside *home* where the server's user cannot reach that."""
    folder = home / name
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not account.can_enter(home):
            folder = _beside(home, name, system_folder)
            _make_beside(folder, home, system_folder)
        folder.mkdir(exist_ok=True)
        # The server's user passes through a folder of root's; nobody else needs to.
        folder.chmod(0o711 if account.is_other else 0o700)
        place = Place(folder)
        place.leases.mkdir(exist_ok=True)
        place.log.mkdir(exist_ok=True)
        account.give(place.log)
    except OSError as error:
        raise unwritable(folder, error) from error
    return place


def unwritable(folder: Path, error: OSError) -> ConfigurationError:
    """Return the error for a folder that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ConfigurationError(
            f"The disk is full: {folder} cannot be written",
            advice="Free space on it, or set TSH_HOME to a folder on another disk.",
            cause=str(error),
        )
    return ConfigurationError(
        f"The program's folder {folder} cannot be written",
        advice="Start the program as the user it belongs to, allow writing to it, or set TSH_HOME to another folder.",
        cause=str(error),
    )


def _beside(home: Path, name: str, system_folder: Path) -> Path:
    mark = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:16]
    return system_folder / mark / name


def _make_beside(folder: Path, home: Path, system_folder: Path) -> None:
    for parent in (system_folder, folder.parent):
        parent.mkdir(parents=True, exist_ok=True)
        parent.chmod(0o755)
    # Says whose cluster this is: to people, and to `db stop`.
    (folder.parent / "home").write_bytes(os.fsencode(home.resolve()))


def places_below(home: Path, *, system_folder: Path) -> Iterator[Place]:
    """Find every cluster of *home* and of the homes below it."""
    yield from _search(home, _DEEPEST)
    resolved = home.resolve()
    for mark in sorted(system_folder.glob("*/home")):
        theirs = Path(os.fsdecode(mark.read_bytes()))
        if theirs == resolved or resolved in theirs.parents:
            yield from _search(mark.parent, 1)


def _search(folder: Path, depth: int) -> Iterator[Place]:
    try:
        children = sorted(entry.path for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False))
    except (FileNotFoundError, PermissionError):
        return
    for child in map(Path, children):
        try:
            found = Place(child).has_cluster
        except PermissionError:
            # Another person's, on a machine that several share.
            continue
        if found:
            yield Place(child)
        elif depth > 1 and child.name not in _NOT_HOMES:
            yield from _search(child, depth - 1)


def native(path: Path, *, windows: bool = os.name == "nt", shorten: Callable[[str], str] | None = None) -> Path:
    """Return *path* as PostgreSQL's programs can read it.

    On Windows they take names in the system's code page only, where the short 8.3 name stands in for others.
    """
    if not windows or str(path).isascii():
        return path
    short = (shorten or _short_name)(str(path))
    if not short.isascii():
        raise ConfigurationError(
            f"PostgreSQL cannot use the folder {path} on this Windows",
            advice="Set TSH_HOME to a folder whose name has only English letters, such as C:\\tsh-sync.",
            cause="the volume keeps no short 8.3 names",
        )
    return Path(short)


def _short_name(path: str) -> str:
    buffer = ctypes.create_unicode_buffer(32768)
    # getattr: the name exists on Windows only.
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009
    length: int = kernel.GetShortPathNameW(path, buffer, len(buffer))
    return buffer.value if length else path


def is_same(one: Path | str, other: Path | str) -> bool:
    """Tell whether both names are one existing folder."""
    try:
        return Path(one).samefile(other)
    except OSError:
        return False
