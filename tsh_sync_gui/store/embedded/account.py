"""Which operating-system user a server runs as, and how its programs are started."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tsh_sync_gui.core.errors import ConfigurationError

OWN_ACCOUNT = "tsh-sync"
_CREATE_NO_WINDOW = 0x08000000
_CREATE_NEW_PROCESS_GROUP = 0x00000200
# A server lives long; the secrets and PG… settings of whoever happened to start it do not belong into its environment.
_KEPT = frozenset(
    (
        "PATH",
        "HOME",
        "TMPDIR",
        "TEMP",
        "TMP",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "PATHEXT",
        "USERNAME",
        "USERPROFILE",
        "APPDATA",
        "LOCALAPPDATA",
        "PROGRAMDATA",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
    )
)


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the server: another user when we are root, else ourselves."""

    name: str | None = None
    uid: int = -1
    gid: int = -1

    @property
    def is_other(self) -> bool:
        """Whether the server runs as somebody else than this process."""
        return self.name is not None

    def give(self, path: Path) -> None:
        """Make *path* the server's own."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)

    def can_enter(self, folder: Path) -> bool:
        """Tell whether the server's user reaches *folder*."""
        if not self.is_other:
            return True
        asked = subprocess.run(
            ["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **start_options(self, folder=Path("/")),
        )
        return asked.returncode == 0

    def can_run(self, program: Path) -> bool:
        """Tell whether the server's user reaches and may start *program*."""
        if not self.is_other:
            return True
        try:
            asked = subprocess.run(
                [str(program), "--version"],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                **start_options(self, folder=Path("/")),
            )
        except OSError:
            return False
        return asked.returncode == 0


def server_account(data: Path | None = None) -> Account:
    """Return the user for a server: PostgreSQL refuses to run as root.

    The cluster *data*, where there is one, stays its owner's.
    """
    if os.name == "nt" or os.geteuid() != 0:
        return Account()
    import pwd  # noqa: PLC0415 (POSIX only)

    if data is not None and (owner := data.stat()).st_uid != 0:
        return Account(f"#{owner.st_uid}", owner.st_uid, owner.st_gid)
    for name in ("postgres", "_postgres", OWN_ACCOUNT):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    _add_account()
    try:
        entry = pwd.getpwnam(OWN_ACCOUNT)
    except KeyError as error:
        raise ConfigurationError(
            "The database cannot run as root",
            advice=f"Start the program as an ordinary user, or add a system user named {OWN_ACCOUNT}.",
            cause="neither postgres nor tsh-sync exists, and none could be added",
        ) from error
    return Account(OWN_ACCOUNT, entry.pw_uid, entry.pw_gid)


def _add_account() -> None:
    commands = (
        ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", OWN_ACCOUNT],
        ["adduser", "-S", "-D", "-H", "-s", "/sbin/nologin", OWN_ACCOUNT],
    )
    for command in commands:
        if shutil.which(command[0]):
            subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True)
            return


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the part of *environ* that PostgreSQL's programs need, with messages in English."""
    kept = {name: value for name, value in environ.items() if name.upper() in _KEPT}
    # Messages are compared with known texts, whatever the person's language.
    return kept | {"LC_ALL": "C", "LANG": "C"}


def start_options(account: Account, *, folder: Path, windows: bool = os.name == "nt") -> dict[str, Any]:
    """Return the arguments for `subprocess` under which nothing of ours is inherited and no console appears."""
    options: dict[str, Any] = {"cwd": str(folder), "env": environment(os.environ)}
    if windows:
        options["creationflags"] = _CREATE_NO_WINDOW | _CREATE_NEW_PROCESS_GROUP
        return options
    # In a session of its own the Ctrl+C of a terminal does not reach it.
    options["start_new_session"] = True
    options["umask"] = 0o077
    if account.is_other:
        options |= {"user": account.uid, "group": account.gid, "extra_groups": []}
    return options
