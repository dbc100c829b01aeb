"""Runs PostgreSQL's programs as the server's user, and turns what they say into errors a person can read."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tsh_sync_gui.core.errors import ConfigurationError, SyncError, UnreachableError
from tsh_sync_gui.store.embedded.account import Account, start_options
from tsh_sync_gui.store.embedded.binaries import Binaries
from tsh_sync_gui.store.embedded.location import Place

_KEPT_OUTPUT = 4000


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended, and the last of what it said."""

    code: int
    output: str


@dataclass(frozen=True, slots=True)
class Tools:
    """The programs, and who runs them."""

    binaries: Binaries
    account: Account

    def run(self, program: str, *arguments: str | Path, folder: Path, timeout: float, text: str = "") -> Done:
        """Run *program* in *folder* to its end, with *text* as its input."""
        command = [str(self.binaries.program(program)), *map(str, arguments)]
        # A file, not a pipe: on Windows a server started here would inherit the pipe and keep us waiting for its end.
        with tempfile.TemporaryFile() as said:
            try:
                ended = subprocess.run(
                    command,
                    check=False,
                    input=text.encode(),
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    timeout=timeout,
                    **start_options(self.account, folder=folder),
                )
                code = ended.returncode
            except subprocess.TimeoutExpired:
                code = -1
            except OSError as error:
                raise ConfigurationError(
                    f"PostgreSQL's program {program} does not start",
                    advice="Install the program again; a virus scanner may have removed it.",
                    cause=str(error),
                ) from error
            said.seek(0)
            return Done(code, said.read().decode("utf-8", errors="replace")[-_KEPT_OUTPUT:])


def log_marks(place: Place) -> dict[Path, int]:
    """Return how far each log is written, to tell later what is new in it."""
    return {path: path.stat().st_size for path in place.log.glob("*.log")}


def log_since(place: Place, marks: Mapping[Path, int]) -> str:
    """Return the last of what the server has written since *marks* were taken."""
    texts = []
    for path, size in sorted(log_marks(place).items()):
        begin = marks.get(path, 0)
        if begin > size:
            # Begun anew in the meantime.
            begin = 0
        with path.open("rb") as stream:
            stream.seek(max(begin, size - _KEPT_OUTPUT))
            texts.append(stream.read().decode("utf-8", errors="replace"))
    return "\n".join(texts)


def explained(doing: str, output: str, place: Place) -> SyncError:
    """Return the error for a program that failed while *doing*."""
    if re.search(r"No space left on device|Check free disk space|not enough space|Disk quota exceeded", output):
        return ConfigurationError(
            f"The disk is full: {doing} did not work",
            advice=f"Free space on the disk of {place.folder}, or set TSH_HOME to a folder on another disk.",
            cause=output,
        )
    if re.search(r"Read-only file system|Permission denied|Access is denied", output):
        return ConfigurationError(
            f"Access is denied: {doing} did not work",
            advice=f"Allow writing to {place.folder}, or set TSH_HOME to another folder.",
            cause=output,
        )
    if re.search(r"valid checkpoint|invalid checkpoint|checksum in control file|invalid page in", output):
        return ConfigurationError(
            "The database's files are damaged",
            advice=f"Move the folder {place.folder} away, start again, and bring back a backup with"
            " `tsh-sync db restore FILE`; what came from Zoho comes again by itself.",
            cause=output,
        )
    return UnreachableError(
        f"The database did not work: {doing} failed",
        what="database",
        advice=f"Try again; if it goes on, send the files of {place.log} with your question.",
        cause=output,
    )
